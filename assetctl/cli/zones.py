"""zones: the zones file shown, checked, changed and drawn, and what the inventory suggests for it."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assetctl.cli.app import App, finish, of
from assetctl.cli.clock import now
from assetctl.errors import Exit, InputError
from assetctl.text import counted

if TYPE_CHECKING:
    from assetctl.model import Asset, Conduit, Position, Zone
    from assetctl.zones import ZoneFile

zones = typer.Typer(help="Zones and conduits: shown, checked, changed, drawn, suggested.", no_args_is_help=True)


File = Annotated[Path | None, typer.Option("--file", help="Zones file instead of that of the settings.")]


def add_to(app: typer.Typer) -> None:
    """Put the commands of this file into the program."""
    app.add_typer(zones, name="zones")


@zones.command("list", epilog="Example: assetctl zones list")
def list_zones(context: typer.Context, file: File = None) -> None:
    """All zones with level, ranges, owner, and how many assets and conduits each has."""
    app = of(context)
    read = _read(app, file)
    counts = Counter(one.zone for one in _assets(app, read))
    rows = [
        {
            "id": one.id,
            "realm": one.realm,
            "level": one.level,
            "part_of": one.parent,
            "networks": list(map(str, one.networks)),
            "owner": one.owner,
            "trust": one.trust,
            "assets": counts[one.id],
            "conduits": sum(one.id in (c.source, c.target) for c in read.conduits),
            "sl_t": dict(one.sl_t),
        }
        for one in read.zones
    ]
    columns = ("id", "level", "part_of", "networks", "owner", "trust", "assets", "conduits")
    app.output.rows("zones", rows, columns=columns, command="zones list")
    if counts[None]:
        app.output.say(f"{counted(counts[None], 'asset')} in no zone, or in several; next: assetctl zones suggest")


@zones.command("show", epilog="Example: assetctl zones show cell-3")
def show_zone(
    context: typer.Context, name: Annotated[str, typer.Argument(help="Id of a zone or conduit.")], file: File = None
) -> None:
    """One zone with its devices, or one conduit with what may pass."""
    from assetctl.text import near

    app = of(context)
    read = _read(app, file)
    zone = next((one for one in read.zones if one.id == name), None)
    conduit = next((one for one in read.conduits if one.id == name), None)
    if zone is None and conduit is None:
        known = (*(one.id for one in read.zones), *(one.id for one in read.conduits))
        raise InputError(f"{name}: no such zone or conduit{near(name, known)}; `assetctl zones list` shows them")
    record = _zone_record(zone, read, _assets(app, read)) if zone else _conduit_record(conduit)
    if app.output.format == "table":
        rows = [{"field": key, "value": value} for key, value in record.items() if value not in ("", [], {}, False)]
        app.output.rows("zone", rows, columns=("field", "value"), command="zones show")
    else:
        app.output.document("zone", record, command="zones show")


@zones.command("lint", epilog="Example: assetctl zones lint")
def lint(context: typer.Context, file: File = None) -> None:
    """Mistakes, which return 2, and what is missing for an assessment."""
    from assetctl.work.zone_lint import advice

    app = of(context)
    try:
        read = _read(app, file)
    except InputError as error:
        rows = [{"kind": "mistake", "problem": line} for line in str(error).splitlines()]
        app.output.rows("zones-lint", rows, columns=("kind", "problem"), command="zones lint", code=Exit.USAGE)
        app.output.say(f"{counted(len(rows), 'mistake')}; the file is not used until corrected")
        finish(Exit.USAGE)
        return
    found = advice(read, stored(app), positions_of(app))
    rows = [{"kind": "missing", "problem": f"{one.place}: {one.said}"} for one in found]
    app.output.rows("zones-lint", rows, columns=("kind", "problem"), command="zones lint")
    app.output.say(
        f"{counted(len(read.zones), 'zone')}, {counted(len(read.conduits), 'conduit')},"
        f" no mistakes, {counted(len(found), 'thing')} missing"
    )


@zones.command("draw", epilog="Example: assetctl zones draw --out zones.svg")
def draw(
    context: typer.Context,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="File to write; without it, stdout.")] = None,
    file: File = None,
) -> None:
    """A drawing (SVG): zones by level with their numbers of assets, and the conduits between them."""
    from assetctl.report.zones_drawing import svg
    from assetctl.work import outfile

    app = of(context)
    read = _read(app, file)
    counts = Counter(one.zone for one in _assets(app, read))
    here = {app.source(zone): count for zone, count in counts.items() if zone is not None}
    drawn = svg(app.source(read.zones), app.source(read.conduits), here, nowhere=counts[None])
    if out is None:
        app.output.plain(drawn.rstrip("\n"))
        return
    with outfile.text(out) as stream:
        stream.write(app.redacted(drawn))
    app.output.say(f"written: {out}")


@zones.command("suggest", epilog="Example: assetctl zones suggest")
def suggest(context: typer.Context, file: File = None) -> None:
    """What subnets, VLANs, links, roles and flows suggest. Nothing is written: you decide."""
    from assetctl.topology import topology
    from assetctl.work.zone_suggestions import suggest as suggesting

    app = of(context)
    read = _read(app, file, may_lack=True)
    with app.store() as store:
        flows = store.flows()
    assets = _assets(app, read)
    found = suggesting(assets, read.zones, read.conduits, flows, topology(assets))
    rows = [{"kind": one.kind, "subject": one.subject, "proposal": one.proposal, "reason": one.reason} for one in found]
    columns = ("kind", "subject", "proposal", "reason")
    app.output.rows("zone-suggestions", rows, columns=columns, command="zones suggest")
    app.output.say(f"{counted(len(rows), 'suggestion')}; trust, criticality, SL-T and what is allowed are yours to say")


def path_of(app: App, file: Path | None) -> Path:
    """The zones file: the given one, else that of the settings. Raises InputError when neither is named."""
    if file is not None:
        return file
    if not app.settings.files.zones:
        raise InputError("no zones file is named; set [files] zones in assetctl.toml, or give --file")
    return app.settings.file(app.settings.files.zones)


def _read(app: App, file: Path | None, *, may_lack: bool = False) -> "ZoneFile":
    from assetctl.zones import ZoneFile, read_zones

    if may_lack and file is None and not app.settings.files.zones:
        return ZoneFile(Path(), (), "")
    return read_zones(path_of(app, file), now=now())


def stored(app: App) -> "tuple[Asset, ...]":
    """The inventory; none where there is no database yet."""
    try:
        with app.store() as store:
            return store.assets()
    except InputError as error:
        app.output.detail(f"without the inventory: {error}")
        return ()


def _assets(app: App, read: "ZoneFile") -> "tuple[Asset, ...]":
    """Whole devices in the zones of the file as it is now."""
    from assetctl.work.zone_suggestions import with_zones

    return tuple(one for one in with_zones(stored(app), read.zones) if one.parent is None)


def positions_of(app: App) -> "tuple[Position, ...]":
    """The positions of the register, else those of the inventory; none where there is neither."""
    if app.register:
        return app.register
    try:
        with app.store() as store:
            return store.positions()
    except InputError:
        return ()


def _zone_record(zone: "Zone", read: "ZoneFile", assets: "tuple[Asset, ...]") -> dict[str, Any]:
    from assetctl.report.topology import label
    from assetctl.report.zones_drawing import described

    return {
        "id": zone.id,
        "realm": zone.realm,
        "level": zone.level,
        "part_of": zone.parent,
        "parts": [one.id for one in read.zones if one.parent == zone.id],
        "networks": list(map(str, zone.networks)),
        "vlans": list(zone.vlans),
        "owner": zone.owner,
        "designations": list(zone.designations),
        "trust": zone.trust,
        "criticality": zone.criticality,
        "access_points": list(zone.access_points),
        "sl_t": dict(zone.sl_t),
        "sl_t_source": zone.sl_t_source,
        "approvals": _approvals(zone),
        "conduits": [described(one) for one in read.conduits if zone.id in (one.source, one.target)],
        "assets": [f"{one.id} {label(one)}" for one in assets if one.zone == zone.id],
    }


def _conduit_record(conduit: "Conduit | None") -> dict[str, Any]:
    from assetctl.report.zones_drawing import passing

    assert conduit is not None
    return {
        "id": conduit.id,
        "from": conduit.source,
        "to": conduit.target,
        "opens": conduit.opens,
        "allow": [f"{passing(one)} {one.security}".strip() for one in conduit.allow],
        "boundary": list(conduit.boundary),
        "owner": conduit.owner,
        "sl_t": dict(conduit.sl_t),
        "sl_t_source": conduit.sl_t_source,
        "tunnel": conduit.tunnel,
        "trust": conduit.trust,
        "management": conduit.management,
        "standby": conduit.standby,
        "unmediated": conduit.unmediated,
        "approvals": _approvals(conduit),
    }


def _approvals(one: "Zone | Conduit") -> list[str]:
    return [" ".join(filter(None, (a.by, a.on.isoformat(), a.document, a.sha256))) for a in one.approvals]
