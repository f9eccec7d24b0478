"""assets history and diff: what was known when, and what is otherwise."""

from typing import TYPE_CHECKING, Annotated

import typer

from assetctl.cli.app import App, finish, of
from assetctl.cli.assets import Name, assets, check_field, find
from assetctl.cli.clock import now
from assetctl.errors import Exit

if TYPE_CHECKING:
    from datetime import datetime

    from assetctl.work.sides import Side


def add_to(app: typer.Typer) -> None:
    """Put `diff` into the program; `history` stands in the group `assets`."""
    app.command(epilog="Example: assetctl diff golden/cell-1.yaml 2026-03-01")(diff)


@assets.command("history", epilog="Example: assetctl assets history 10.20.1.7 --changes")
def asset_history(
    context: typer.Context,
    name: Name,
    field: Annotated[str, typer.Option("--field", help="Only this value.")] = "",
    changes: Annotated[bool, typer.Option("--changes", help="Only values that were once otherwise.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Also values that change by themselves.")] = False,
) -> None:
    """What was said of an asset, from when to when and by whom; its position, keys and joins."""
    from assetctl.work.history import COLUMNS, changed, history

    app = of(context)
    check_field(field)
    with app.store() as store:
        asset = find(store, name)
        rows = history(store, asset, app.register or store.positions(), volatile=every or bool(field))
    if changes:
        rows = changed(rows)
    if field:
        rows = [row for row in rows if row["field"].rpartition(": ")[2] == field]
    app.output.rows("history", rows, columns=COLUMNS, command="assets history")


def diff(
    context: typer.Context,
    before: Annotated[str, typer.Argument(help="Scan id, time, golden file or inventory as .json.")],
    after: Annotated[str, typer.Argument(help="The same, of later.")],
) -> None:
    """What differs between two scans, times, golden files or inventories; returns 4 when anything does."""
    from assetctl.work.diff import COLUMNS
    from assetctl.work.diff import diff as compared
    from assetctl.work.sides import file_side, is_file

    app = of(context)
    names = (before, after)
    sides = [file_side(name) for name in names] if all(map(is_file, names)) else _sides(app, names)
    rows = compared(*sides)
    code = Exit.DRIFT if rows else Exit.DONE if any(side.items for side in sides) else Exit.NOTHING
    empty = "no difference" if code is Exit.DONE else "nothing to compare"
    app.output.rows("diff", rows, columns=COLUMNS, command="diff", code=code, empty=empty)
    finish(code)


def _sides(app: App, names: tuple[str, str]) -> "list[Side]":
    from assetctl.work.sides import file_side, is_file, stored_side

    at, declared = now(), app.declared
    with app.store() as store:
        return [
            file_side(name) if is_file(name) else stored_side(name, store, declared, now=at, time=_time(name, at))
            for name in names
        ]


def _time(text: str, at: "datetime") -> "datetime | None":
    """A date stands for its end, today for now; a time without a zone is in UTC. None when it is no time."""
    from datetime import UTC, datetime, timedelta

    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    if len(text) > len("2026-03-01") or found > at:
        return found
    return min(found + timedelta(days=1, seconds=-1), at)
