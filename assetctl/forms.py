"""From a document to a checked form (a pydantic model), with errors that name file, line, key and what to do."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from assetctl import text
from assetctl.documents import Document, Way
from assetctl.errors import InputError

MOST_ERRORS = 20

# pydantic's error types in the words of somebody who edits a file
_EXPECTED = {
    "model_type": "a table of keys",
    "dict_type": "a table of keys",
    "tuple_type": "a list",
    "list_type": "a list",
    "string_type": "a text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
}


class Form(BaseModel):
    """What every file form shares: unknown keys are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False, allow_inf_nan=False)


F = TypeVar("F", bound=Form)


def fill(form: type[F], document: Document, *, secret: frozenset[str] = frozenset()) -> F:
    """The form with the document's values. secret: top-level keys whose values are never repeated in an error."""
    return fill_from(form, document.root, place=document.place, secret=secret)


def fill_from(form: type[F], root: Any, *, place: Callable[[Way], str], secret: frozenset[str] = frozenset()) -> F:
    """The form with the values of `root`. place: "file:line" or another origin of the value at a way."""
    if not isinstance(root, dict):
        raise InputError(f"{place(())}: keys with values are expected, {_found(root)} was found")
    try:
        return form.model_validate(root)
    except ValidationError as error:
        found = _first_hand(error.errors(include_url=False))
    # raised outside the handler: the pydantic error holds the values, secrets included
    lines = [_line(form, problem, place, secret) for problem in found[:MOST_ERRORS]]
    if len(found) > MOST_ERRORS:
        lines.append(f"{place(())}: and {len(found) - MOST_ERRORS} more")
    raise InputError("\n".join(dict.fromkeys(lines)))


def flat(value: Any, way: Way = ()) -> Iterator[tuple[Way, Any]]:
    """Every value that is not a list or mapping, and every empty one of these, with the way to it."""
    inner: Any = ()
    if isinstance(value, Mapping):
        inner = value.items()
    elif isinstance(value, list | tuple):
        inner = enumerate(value)
    if not inner:
        yield way, value
    for key, below in inner:
        yield from flat(below, (*way, key))


def dotted(way: Way) -> str:
    """A way as text for people, such as networks[0].range."""
    shown = ""
    for step in way:
        if step == "[key]":  # pydantic's mark for "the key itself is wrong"
            continue
        shown += f"[{step}]" if isinstance(step, int) else f".{text.one_line(step, most=60)}"
    return shown.lstrip(".")


def _first_hand(problems: Iterable[Any]) -> list[Any]:
    """The problems without those that only follow: a list is not short because its items were refused."""
    told = list(problems)
    places = {one["loc"][:-1] for one in told if one["loc"]}
    return [one for one in told if one["type"] != "too_short" or one["loc"] not in places]


def _line(form: type[Form], problem: Mapping[str, Any], place: Callable[[Way], str], secret: frozenset[str]) -> str:
    way: Way = tuple(problem["loc"])
    key = dotted(way)
    match problem["type"]:
        case "extra_forbidden":
            known = _keys_at(form, way[:-1])
            hint = text.near(str(way[-1]), known) or (f"; known here: {', '.join(known)}" if known else "")
            return f'{place(way)}: unknown key "{key}"{hint}'
        case "missing":
            return f'{place(way)}: the key "{key}" is missing; add it'
        case "value_error":
            return f"{place(way)}: {key + ': ' if key else ''}{problem['ctx']['error']}"
        case _:
            said = _EXPECTED.get(problem["type"]) or _reworded(problem["msg"])
            quiet = bool(way) and way[0] in secret
            found = "" if quiet else f", {_found(problem['input'])} was found"
            return f"{place(way)}: {key}: {said} is expected{found}"


def _reworded(message: str) -> str:
    """Pydantic's sentence as a noun phrase: "less than or equal to 50", "at most 3 items"."""
    for start in ("Input should be ", "Tuple should have ", "String should have ", "Value should have "):
        message = message.removeprefix(start)
    return message.partition(" after validation")[0].replace("'", '"')


def _found(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return f"{value}"[:40]
        case str():
            return f'"{text.one_line(value, most=60)}"'
        case dict():
            return "a table"
        case list() | tuple():
            return "a list"
        case None:
            return "nothing"
        case _:
            return f"a {type(value).__name__}"


def _keys_at(form: type[Form], way: Way) -> tuple[str, ...]:
    """Names of the keys that the form has at `way`, as they are spelled in the file; () where any key may stand."""
    here: type[Form] | None = form
    for step in way:
        if here is None:
            return ()
        if isinstance(step, int):
            continue
        names = {field.alias or name: field for name, field in here.model_fields.items()}
        here = _form_in(names[step].annotation) if step in names else None
    return tuple(field.alias or name for name, field in here.model_fields.items()) if here else ()


def _form_in(annotation: Any) -> type[Form] | None:
    """The form that an annotation holds: itself, an item of a tuple, or one side of "or None"."""
    if isinstance(annotation, type) and issubclass(annotation, Form):
        return annotation
    return next((form for inner in get_args(annotation) if (form := _form_in(inner))), None)
