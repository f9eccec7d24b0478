"""findings import, assets import: what auditors filled in, in the workbook of a report."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assetctl.cli.app import App, finish, of
from assetctl.cli.assets import assets
from assetctl.cli.clock import now
from assetctl.cli.declaring import again, register_of
from assetctl.cli.findings import findings
from assetctl.errors import Exit, InputError
from assetctl.text import counted

if TYPE_CHECKING:
    from assetctl.work.returning import Difference

Workbook = Annotated[Path, typer.Argument(help="Workbook of `report xlsx` in which the amber cells were filled in.")]
Apply = Annotated[bool, typer.Option("--apply", help="Do it; without it the differences are only shown.")]
COLUMNS = ("id", "about", "field", "old", "new", "note")


def add_to(_app: typer.Typer) -> None:
    """The commands of this file stand in the groups `findings` and `assets`."""


@findings.command("import", epilog="Example: assetctl findings import report.xlsx --apply --by 'A. Auditor'")
def import_findings(
    context: typer.Context,
    workbook: Workbook,
    apply: Apply = False,
    by: Annotated[str, typer.Option("--by", help="Who says so; needed with --apply.")] = "",
) -> None:
    """Decisions, comments, owners and days from the sheet Findings. With anything wrong in it, nothing is taken in."""
    from assetctl.work.finding_entries import compared, take_in

    app = of(context)
    if apply and not by.strip():
        raise InputError("--apply needs to know who says so; give --by NAME")
    with app.store() as store:
        found = compared(store, workbook, at=now())
        _show(app, "findings import", found.differences, found.notices, found.problems)
        if not apply or not found.differences:
            return
        count = take_in(store, found.wishes, by=by, at=now())
    app.output.say(f"taken in: entries of {counted(count, 'finding')}")


@assets.command("import", epilog="Example: assetctl assets import report.xlsx --apply")
def import_assets(context: typer.Context, workbook: Workbook, apply: Apply = False) -> None:
    """Declared facts from the sheet Assets, into the register. With anything wrong in it, nothing is written."""
    from assetctl.work.asset_entries import compared

    app = of(context)
    register = register_of(app)
    with app.store() as store:
        found = compared(store, workbook, register)
    _show(app, "assets import", found.differences, found.notices, found.problems)
    if not apply or not found.declarations:
        return
    register.write_all(found.declarations)
    for realm in found.realms:
        again(app, realm)
    app.output.say(f"written: {counted(len(found.declarations), 'position')} in {register.path}")


def _show(
    app: App,
    command: str,
    differences: "Sequence[Difference]",
    notices: Iterable[str],
    problems: Sequence[str],
) -> None:
    """The differences; ends the command when something is wrong."""
    from dataclasses import asdict

    for line in notices:
        app.output.warn(line)
    code = Exit.USAGE if problems else Exit.DONE
    schema = command.replace(" ", "-")
    app.output.rows(schema, map(asdict, differences), columns=COLUMNS, command=command, code=code)
    for line in problems:
        app.output.error(line)
    if problems:
        app.output.error(f"nothing was taken in: {counted(len(problems), 'entry')} cannot be used")
        finish(code)
    app.output.say(f"{counted(len(differences), 'difference')}" + ("" if differences else "; nothing to do"))
