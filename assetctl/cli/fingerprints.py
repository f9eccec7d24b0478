"""fingerprint: the patterns over what devices write of themselves: how many there are, and whether they hold."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assetctl.cli.app import finish, of
from assetctl.errors import Exit, InputError
from assetctl.text import counted

if TYPE_CHECKING:
    from assetctl.prints import Fingerprint, Fingerprints

fingerprint = typer.Typer(help="The patterns that read what devices write of themselves.", no_args_is_help=True)

Folder = Annotated[
    Path | None, typer.Option("--fingerprints", help="A folder with fingerprints of your own, tried before the others.")
]


def add_to(app: typer.Typer) -> None:
    """Put the commands of this file into the program."""
    app.add_typer(fingerprint, name="fingerprint")


@fingerprint.command("test", epilog="Example: assetctl fingerprint test --fingerprints ./fingerprints")
def try_fingerprints(context: typer.Context, folder: Folder = None) -> None:
    """Read every example with every fingerprint of its field: own values, nothing that must not match, no theft."""
    from assetctl.fingerprint import faults

    output = of(context).output
    prints = _prints(folder)
    rows = [{"problem": fault} for fault in faults(prints)]
    code = Exit.BUG if rows else Exit.DONE
    output.rows("fingerprint-test", rows, columns=("problem",), command="fingerprint test", code=code)
    fields = ", ".join(f"{field} {len(found)}" for field, found in sorted(prints.by_field.items()))
    every = _every(prints)
    examples = sum(len(one.examples) for one in every)
    output.say(f"{counted(len(every), 'fingerprint')} over {counted(len(prints.by_field), 'field')}: {fields}")
    output.say(
        f"{counted(examples, 'example')},"
        f" {counted(sum(len(one.others) for one in every), 'counter-example')}, {counted(len(rows), 'complaint')}"
    )
    finish(code)


@fingerprint.command("list", epilog="Example: assetctl --format json fingerprint list --makers")
def list_fingerprints(
    context: typer.Context,
    folder: Folder = None,
    by_maker: Annotated[bool, typer.Option("--makers", help="One line per maker instead.")] = False,
) -> None:
    """All fingerprints with what they give, or the makers they know and in how many ways."""
    output = of(context).output
    prints = _prints(folder)
    if by_maker:
        columns: tuple[str, ...] = ("manufacturer", "fingerprints", "fields", "enterprises")
        output.rows("fingerprint-makers", _makers(prints), columns=columns, command="fingerprint list")
        return
    rows = [
        {
            "name": one.name,
            "field": one.field,
            "gives": sorted({*one.gives, *one.pattern.groupindex}),
            "set": dict(one.gives),
            "only": one.only,
            "pattern": one.pattern.pattern,
            "confidence": one.confidence,
            "examples": [{"text": text, "gives": dict(values)} for text, values in one.examples],
            "not": one.others,
            "provenance": one.provenance,
        }
        for one in _every(prints)
    ]
    output.rows("fingerprints", rows, columns=("field", "name", "gives", "confidence"), command="fingerprint list")


def _makers(prints: "Fingerprints") -> list[dict[str, object]]:
    """Each maker on the list, with the fields over which it is known and its enterprise numbers."""
    from assetctl.makers import makers

    known = makers()
    found: dict[str, dict[str, int]] = {name: {} for name in set(known.spellings.values())}
    for one in _every(prints):
        maker = one.gives.get("manufacturer")
        if maker is not None:
            fields = found.setdefault(str(maker), {})
            fields[one.field] = fields.get(one.field, 0) + 1
    numbers = {name: sorted(n for n, maker in known.enterprises.items() if maker == name) for name in found}
    return [
        {"manufacturer": name, "fingerprints": sum(fields.values()), "fields": fields, "enterprises": numbers[name]}
        for name, fields in sorted(found.items(), key=lambda row: row[0].casefold())
    ]


def _every(prints: "Fingerprints") -> "list[Fingerprint]":
    return [one for rows in prints.by_field.values() for one in rows]


def _prints(folder: Path | None) -> "Fingerprints":
    """The shipped fingerprints, behind those of a folder, not yet tried."""
    from importlib.resources import files

    from assetctl.fingerprint import parse

    shipped = files("assetctl").joinpath("fingerprints")
    if folder is None:
        return parse(shipped)
    if not folder.is_dir():
        raise InputError(f"--fingerprints {folder}: not a folder")
    return parse(folder, shipped)
