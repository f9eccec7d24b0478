"""Options that several commands share, declared once; a form is a dataclass with an option in each field."""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import Annotated, Any, get_type_hints

import typer

from assetctl.errors import InputError

By = Annotated[str, typer.Option("--by", help="Who says so.")]
Reason = Annotated[str, typer.Option("--reason", help="Why.")]
OnlyRealm = Annotated[str | None, typer.Option("--realm", help="Only this address space.")]
WriteUnasked = Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")]

Command = Callable[..., None]


def realm_pairs(option: str, given: Iterable[str]) -> dict[str, str]:
    """Our realm by the name that others give it, from an option of THEIRS=OURS. Raises InputError."""
    from assetctl.values import realm_name

    found: dict[str, str] = {}
    for text in given:
        theirs, is_there, ours = text.partition("=")
        if not is_there or not theirs:
            raise InputError(f"{option} {text[:60]}: THEIRS=OURS is expected, such as plant=cell-1")
        try:
            found[theirs] = realm_name(ours)
        except ValueError as fault:
            raise InputError(f"{option} {text[:60]}: {fault}") from None
    return found


def with_options_of(form: type[Any]) -> Callable[[Command], Command]:
    """Gives a command the options of a form where it has one parameter of that type, and calls it with the form.

    Fields are `Annotated` with their typer option, and have a default.
    """
    hints = get_type_hints(form, include_extras=True)
    options = [
        inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, default=one.default, annotation=hints[one.name])
        for one in fields(form)
    ]

    def given(command: Command) -> Command:
        plain = inspect.signature(command, eval_str=True)
        place = next(one.name for one in plain.parameters.values() if one.annotation is form)

        def called(**values: Any) -> None:
            told = {one.name: values.pop(one.name) for one in options}
            command(**values, **{place: form(**told)})

        shown = [
            option
            for one in plain.parameters.values()
            for option in (options if one.name == place else [one.replace(kind=inspect.Parameter.KEYWORD_ONLY)])
        ]
        called.__name__, called.__doc__ = command.__name__, command.__doc__
        called.__annotations__ = {one.name: one.annotation for one in shown}
        called.__signature__ = plain.replace(parameters=shown)  # type: ignore[attr-defined]
        return called

    return given
