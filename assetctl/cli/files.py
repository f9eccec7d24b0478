"""import and golden: files that come in, and files that CI compares with."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assetctl.cli.app import App, finish, now, of
from assetctl.errors import InputError

if TYPE_CHECKING:
    from assetctl.work.golding import Verified

imports = typer.Typer(help="Take in what the plant already has; no packet is sent.", no_args_is_help=True)
golden = typer.Typer(help="Approved inventories for git and CI.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="File to read.")]
Realm = Annotated[str, typer.Option("--realm", help="Address space that the file speaks of.")]
Mapped = Annotated[Path | None, typer.Option("--map", help="TOML file: column heading = fact key.")]
Sheet = Annotated[str | None, typer.Option("--sheet", help="Sheet of the workbook.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be taken in and stop.")]
Rejects = Annotated[Path | None, typer.Option("--rejects", help="Write what was not taken as CSV.")]


def add_to(app: typer.Typer) -> None:
    """Put the commands of this file into the program."""
    app.add_typer(imports, name="import")
    app.add_typer(golden, name="golden")


@imports.command("nmap", epilog="Example: assetctl import nmap scan.xml --realm line-3")
def import_nmap(context: typer.Context, file: File, realm: Realm = "plant", dry_run: DryRun = False) -> None:
    """An XML report of nmap, whole or truncated."""
    from assetctl.work.importing import import_nmap as take_in

    app = of(context)
    with app.store(create=True) as store:
        done = take_in(store, file, realm=realm, now=now(), declared=app.declared, dry_run=dry_run)
    for line in done.warnings:
        app.output.warn(line)
    app.output.say(f"{done.hosts} hosts read, {done.answered} with something open; {done.assets} assets in {realm}")


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


@golden.command("write", epilog="Example: assetctl golden write --out golden")
def write_golden(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder; one file per zone.")] = Path("golden"),
    zone: Annotated[str | None, typer.Option("--zone", help="Only this zone.")] = None,
) -> None:
    """Write the inventory as it stands, one file per zone, to be reviewed and kept in git."""
    from assetctl.protocols import registry
    from assetctl.work import outfile
    from assetctl.work.golding import golden_text, zones_of

    app = of(context)
    with app.store() as store:
        assets = store.assets()
    found = [(realm, name) for realm, name in zones_of(assets) if zone in (None, name)]
    if not found:
        lacking = f"no asset lies in zone {zone}" if zone else "no asset lies in a zone"
        raise InputError(f"{lacking}; name the zones in zones.yaml and [files] zones in assetctl.toml")
    out.mkdir(parents=True, exist_ok=True)
    for realm, name in found:
        path = out / f"{name}.yaml"
        with outfile.text(path) as stream:
            stream.write(golden_text(assets, realm, name, registry()))
        app.output.say(f"written: {path}")


@golden.command("verify", epilog="Example: assetctl golden verify golden/*.yaml --max-age 7d --output drift.xml")
def verify_golden(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Golden files.")],
    max_age: Annotated[str | None, typer.Option("--max-age", help="Youngest evidence that counts, such as 7d.")] = None,
    coverage: Annotated[float, typer.Option("--coverage", min=0, max=1, help="Share that must have been seen.")] = 1.0,
    output: Annotated[Path | None, typer.Option("--output", help="Also .sarif, .xml, .json or .github.")] = None,
    plain_names: Annotated[
        bool, typer.Option("--plain-names", help="Do not replace names in machine formats.")
    ] = False,
) -> None:
    """Compare the inventory with golden files. 4: drift; 5: not observed or stale; 6: nothing to compare."""
    import os

    from assetctl.errors import worst
    from assetctl.protocols import registry
    from assetctl.work.golding import compare, rows
    from assetctl.work.machine import check_ending, write
    from assetctl.work.ordering import span

    app = of(context)
    if output is not None:
        check_ending(output)
    if max_age is None and os.environ.get("CI"):
        raise InputError("--max-age is needed in CI: without it old evidence would pass for today's plant")
    age = span(max_age) if max_age else None
    with app.store() as store:
        done = [(path, compare(store, path, registry(), now=now(), max_age=age, share=coverage)) for path in files]
        if output is not None:
            every = [row for path, one in done for row in rows(one, path)]
            redact = str if plain_names else app.pseudonyms(store)
            write(every, output, generated_at=now(), redact=redact, name="assetctl golden verify")
    code = worst(*(one.code for _, one in done))
    _tell(app, [one for _, one in done], code)
    finish(code)


def _tell(app: App, verified: "list[Verified]", code: int) -> None:
    from dataclasses import asdict

    shown = [
        {"zone": one.golden.zone, **asdict(difference)}
        for one in verified
        for difference in one.differences
        if difference.outcome != "equal" or app.output.format != "table"
    ]
    columns = ("zone", "entry", "outcome", "field", "golden", "current", "note")
    app.output.rows("golden", shown, columns=columns, command="golden verify", code=code)
    for one in verified:
        equal = sum(difference.outcome == "equal" for difference in one.differences)
        app.output.say(
            f"zone {one.golden.zone}: {equal} equal, {len(one.differences) - equal} differences,"
            f" {one.coverage:.0%} looked at"
        )


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
    app.output.say(f"{seen.accepted} of {seen.rows} rows name a position; {len(seen.rejects)} rejects")
    for one in seen.rejects[:10]:
        app.output.say(f"  row {one.row} {one.column}: {one.reason}")
    if rejects is not None:
        write_rejects(rejects, seen.rejects)
        app.output.say(f"rejects: {rejects}")
    if dry_run:
        return
    positions, _ = read_positions(file, mapped, realm=realm, now=now(), sheet=sheet)
    with app.store(create=True) as store:
        count = take_positions(store, positions, realm=realm, declared=app.declared)
    app.output.say(f"{len(positions)} positions taken in; {count} assets in {realm}")
