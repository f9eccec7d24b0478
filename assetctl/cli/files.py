"""import: what the plant already has."""

from pathlib import Path
from typing import Annotated

import typer

from assetctl.cli.app import App, of
from assetctl.cli.clock import now
from assetctl.text import counted, one_line

imports = typer.Typer(help="Take in what the plant already has; no packet is sent.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="File to read.")]
Realm = Annotated[str, typer.Option("--realm", help="Address space that the file speaks of.")]
Mapped = Annotated[Path | None, typer.Option("--map", help="TOML file: column heading = fact key.")]
Sheet = Annotated[str | None, typer.Option("--sheet", help="Sheet of the workbook.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be taken in and stop.")]
Rejects = Annotated[Path | None, typer.Option("--rejects", help="Write what was not taken as CSV.")]


def add_to(app: typer.Typer) -> None:
    """Put the commands of this file into the program."""
    app.add_typer(imports, name="import")


@imports.command("nmap", epilog="Example: assetctl import nmap scan.xml --realm line-3")
def import_nmap(context: typer.Context, file: File, realm: Realm = "plant", dry_run: DryRun = False) -> None:
    """An XML report of nmap, whole or truncated."""
    from assetctl.work.importing import import_nmap as take_in

    app = of(context)
    with app.store(create=True) as store:
        done = take_in(store, file, realm=realm, now=now(), declared=app.declared, dry_run=dry_run)
    for line in done.warnings:
        app.output.warn(line)
    app.output.say(
        f"{counted(done.hosts, 'host')} read, {done.answered} with something open;"
        f" {counted(done.assets, 'asset')} in {realm}"
    )


@imports.command("csv", epilog="Example: assetctl import csv list.csv --dry-run --rejects rejects.csv")
def import_csv(
    context: typer.Context,
    file: File,
    realm: Realm = "plant",
    mapping: Mapped = None,
    dry_run: DryRun = False,
    rejects: Rejects = None,
) -> None:
    """The list that a plant keeps by hand, as CSV: positions and what is declared for them."""
    _import_list(of(context), file, realm, mapping, None, dry_run, rejects)


@imports.command("xlsx", epilog="Example: assetctl import xlsx list.xlsx --map columns.toml --dry-run")
def import_xlsx(
    context: typer.Context,
    file: File,
    realm: Realm = "plant",
    mapping: Mapped = None,
    sheet: Sheet = None,
    dry_run: DryRun = False,
    rejects: Rejects = None,
) -> None:
    """The list that a plant keeps by hand, as a workbook: positions and what is declared for them."""
    _import_list(of(context), file, realm, mapping, sheet, dry_run, rejects)


def _import_list(
    app: App,
    file: Path,
    realm: str,
    mapping: Path | None,
    sheet: str | None,
    dry_run: bool,
    rejects: Path | None,
) -> None:
    from assetctl.exchange.columns import load_mapping
    from assetctl.exchange.sheet import preview, read_positions, write_rejects
    from assetctl.work.importing import take_positions

    mapped = load_mapping(mapping) if mapping else None
    seen = preview(file, mapping=mapped, sheet=sheet)
    for column in seen.columns:
        app.output.say(f"  {column.header or '(no heading)'} -> {column.key or 'ignored'} ({column.reason})")
    for line in seen.notes:
        app.output.warn(line)
    app.output.say(
        f"a position in {seen.accepted} of {counted(seen.rows, 'row')}; {counted(len(seen.rejects), 'reject')}"
    )
    for one in seen.rejects[:10]:
        held = f' "{one_line(one.value)}"' if one.value else ""
        app.output.say(f"  row {one.row}{' ' * bool(one.column)}{one.column}{held}: {one.reason}")
    if rejects is not None:
        write_rejects(rejects, seen.rejects)
        app.output.say(f"rejects: {rejects}")
    if dry_run:
        return
    positions, _ = read_positions(file, mapped, realm=realm, now=now(), sheet=sheet)
    with app.store(create=True) as store:
        count = take_positions(store, positions, realm=realm, declared=app.declared)
    app.output.say(f"{counted(len(positions), 'position')} taken in; {counted(count, 'asset')} in {realm}")
    if not count:
        app.output.say("a position says what should stand there; an asset is what a scan or a capture has shown")
