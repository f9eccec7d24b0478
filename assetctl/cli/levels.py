"""levels: how far attestations and evidence carry each zone and conduit."""

from typing import Annotated, Any

import typer

from assetctl.cli.app import finish, of
from assetctl.cli.clock import now
from assetctl.errors import Exit, InputError
from assetctl.text import counted

COLUMNS = ("place", "fr", "target", "attested", "confirmed", "if indicated", "verdict", "rows", "note")


def add_to(app: typer.Typer) -> None:
    """Put the command of this file into the program."""
    app.command(epilog="Example: assetctl levels --zone cell-1")(levels)


def levels(
    context: typer.Context,
    zone: Annotated[list[str] | None, typer.Option("--zone", help="Only this zone or conduit; more than once.")] = None,
) -> None:
    """How far answers and evidence carry each zone and conduit, by FR, and what stands against it.

    target: SL-T. attested: attested or evidenced up to. confirmed: not contradicted up to, by what assessors confirmed.
    if indicated: the same if all indications hold. An owner's estimate; not a certification, no maturity level.
    """
    from assetctl.policy.frameworks import IEC
    from assetctl.policy.load import load_frameworks
    from assetctl.report.words import words
    from assetctl.text import near
    from assetctl.work.check import pack
    from assetctl.work.levelling import levels as gathered
    from assetctl.work.levelling import record
    from assetctl.work.papers import read_papers, word_of_run

    app, today = of(context), now().date()
    zones, checks = app.zones_file, pack(app.settings)
    known = (*(one.id for one in zones.zones), *(one.id for one in zones.conduits))
    if not known:
        raise InputError("no zone is named; set [files] zones in assetctl.toml")
    for name in zone or ():
        if name not in known:
            raise InputError(f"{name}: there is no such zone or conduit{near(name, known)}")
    papers = read_papers(app.settings, zones, today=today, checks=[one.id for one in checks])
    with app.store() as store:
        found = gathered(store, zones, checks, load_frameworks()[IEC], papers)
        for line in word_of_run(store, papers, today).notices:
            app.output.warn(line)
    if not found.has_run:
        app.output.warn("nothing was judged yet: assetctl check")
    if found.nowhere:
        app.output.warn(
            f"{counted(found.nowhere, 'open finding')} in no zone, lowering no level; complete the zones file"
        )
    code = Exit.DONE if found.has_run else Exit.NOTHING
    rows = [record(one) for one in found.cells if not zone or one.place in zone]
    if app.output.format in ("table", "csv"):
        rows = [_line(row) for row in rows]
    app.output.rows("levels", rows, columns=COLUMNS, command="levels", code=code)
    app.output.say(words().label)
    finish(code)


def _line(row: dict[str, Any]) -> dict[str, Any]:
    """A cell as one line of a table."""
    counts = row["counts"]
    return row | {
        "target": "none" if row["target"] is None else row["target"],
        "attested": row["attested_or_evidenced"],
        "confirmed": row["not_contradicted"],
        "if indicated": row["not_contradicted_if_indications_hold"],
        "rows": f"{counts['met'] + counts['not_applicable']} of {counts['rows']}",
    }
