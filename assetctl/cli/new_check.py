"""policy new: asks an engineer what a check shall say, and writes a file to be filled in."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from assetctl.cli.app import of
from assetctl.errors import InputError

MOST_TRIES = 5


def add_to(app: typer.Typer) -> None:
    app.command("new", epilog="Example: assetctl policy new SITE-001 --checks ./checks")(new_check)


def new_check(
    context: typer.Context,
    id: Annotated[str, typer.Argument(help="Id of the new check, such as SITE-001.")],
    folder: Annotated[Path, typer.Option("--checks", help="The folder with checks of your own.")] = Path("checks"),
    title: Annotated[str | None, typer.Option("--title", help="The statement that a pass makes true.")] = None,
    severity: Annotated[str | None, typer.Option("--severity", help="critical, high, medium or low.")] = None,
    for_each: Annotated[str | None, typer.Option("--for-each", help="asset, service, certificate, zone, ...")] = None,
    assertion: Annotated[str | None, typer.Option("--assert", help="The expression that must hold.")] = None,
    applies_to: Annotated[str | None, typer.Option("--applies-to", help="When the check is of any matter.")] = None,
    fail: Annotated[str | None, typer.Option("--fail", help="The sentence of a failure.")] = None,
    unknown: Annotated[str | None, typer.Option("--unknown", help="The sentence when it is open.")] = None,
    max_age: Annotated[str, typer.Option("--max-age", help="Oldest evidence that counts.")] = "30d",
) -> None:
    """Write a check that loads, with tests that fail until they are filled in. Asks for what is not given."""
    from assetctl.policy.load import load_check
    from assetctl.policy.skeleton import Draft, checked_expression, checked_id, checked_subject, skeleton

    path = folder / f"{checked_id(id)}.yaml"
    _refuse_taken(context, id, path)
    subject = _asked("--for-each", "What is judged (asset, service, ...)", for_each, checked_subject)
    draft = Draft(
        id=id,
        title=_asked("--title", "Title: the statement that a pass makes true", title, _filled),
        severity=_asked("--severity", "Severity (critical, high, medium, low)", severity, _severity),
        for_each=subject,
        assertion=_asked("--assert", "Expression that must hold", assertion, lambda t: checked_expression(t, subject)),
        applies_to=checked_expression(applies_to, subject) if applies_to else "",
        fail=_asked("--fail", "Sentence when it fails", fail, _filled),
        unknown=_asked("--unknown", "Sentence when it is open; {reason} says why", unknown, _filled),
        max_age=max_age,
    )
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(skeleton(draft), encoding="utf-8")
    try:
        load_check(path)
    except InputError:
        path.unlink()
        raise
    of(context).output.say(f"written: {path}; fill in its tests, then: assetctl policy test --checks {folder}")


def _refuse_taken(context: typer.Context, id: str, path: Path) -> None:
    from assetctl.work.check import pack

    if path.exists():
        raise InputError(f"{path} exists; take another id, or edit the file")
    for one in pack(of(context).settings):
        if one.id == id:
            raise InputError(f"{id} is already that of {one.path}; take another id")


def _filled(text: str) -> str:
    if not text.strip():
        raise InputError("a sentence is expected, nothing was given")
    return text


def _severity(text: str) -> str:
    from assetctl.model import Severity

    if text not in set(Severity):
        raise InputError(f"{text[:40]}: one of {', '.join(Severity)} is expected")
    return text


def _asked(flag: str, question: str, given: str | None, check: Callable[[str], str]) -> str:
    """The answer of a flag, or of a person at the terminal, who may try again."""
    if given is not None:
        return check(given)
    if not sys.stdin.isatty():
        raise InputError(f"no terminal to ask on; give {flag}")
    for _ in range(MOST_TRIES):
        print(f"{question}: ", end="", file=sys.stderr, flush=True)
        try:
            return check(sys.stdin.readline().strip())
        except InputError as error:
            print(f"  {error}", file=sys.stderr)
    raise InputError(f"{flag}: no usable answer in {MOST_TRIES} tries")
