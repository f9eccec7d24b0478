"""assets and scans: what is known, why it is believed, and how it came about."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assetctl.cli.app import finish, of
from assetctl.cli.clock import now
from assetctl.cli.options import OnlyRealm
from assetctl.errors import Exit, InputError
from assetctl.text import counted, near

if TYPE_CHECKING:
    from assetctl.model import Asset
    from assetctl.store.repo import Store

assets = typer.Typer(help="What is known of each device, and why.", no_args_is_help=True)
scans = typer.Typer(help="The runs that brought it.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Asset id, alias, position, IP address, host name or serial number.")]


def add_to(app: typer.Typer) -> None:
    """Put the commands of this file into the program."""
    app.add_typer(assets, name="assets")
    app.add_typer(scans, name="scans")


@assets.command("list", epilog="Example: assetctl --format json assets list --zone cell-3")
def list_assets(
    context: typer.Context,
    realm: OnlyRealm = None,
    zone: Annotated[str | None, typer.Option("--zone", help="Only this zone.")] = None,
    maker: Annotated[str | None, typer.Option("--maker", help="Only this manufacturer.")] = None,
    missing: Annotated[str | None, typer.Option("--missing", help="Only assets without this value.")] = None,
    modules: Annotated[bool, typer.Option("--modules/--no-modules", help="Show parts as rows of their own.")] = True,
) -> None:
    """All assets. JSON is a contract: `assetctl schema assets`."""
    from assetctl.work.records import COLUMNS, asset_records, by_address

    app = of(context)
    with app.store() as store:
        records = asset_records(store.assets(realm))
    chosen = [
        record
        for record in records
        if (zone is None or record["zone"] == zone)
        and (maker is None or (record["manufacturer"] or "").lower() == maker.lower())
        and (missing is None or (not record["facts"].get(missing) and not record.get(missing)))
        and (modules or record["parent"] is None)
    ]
    if app.output.format == "table":
        chosen.sort(key=by_address)
    code = Exit.DONE if chosen else Exit.NOTHING
    app.output.rows("assets", chosen, columns=COLUMNS, command="assets list", code=code)
    finish(code)


@assets.command("show", epilog="Example: assetctl assets show 10.20.1.7")
def show_asset(context: typer.Context, name: Name) -> None:
    """Everything that is known of one asset."""
    from assetctl.work.records import asset_records, details

    app = of(context)
    with app.store() as store:
        asset = find(store, name)
        family = [a for a in store.assets(asset.realm) if a.id == asset.id or a.parent == asset.id]
    if app.output.format == "table":
        app.output.rows(
            "asset",
            [{"what": key, "value": value} for key, value in details(asset)],
            columns=("what", "value"),
            command="assets show",
        )
    else:
        record = next(r for r in asset_records(family) if r["id"] == asset.id)
        app.output.document("asset", record, command="assets show")


@assets.command("why", epilog="Example: assetctl assets why 10.20.1.7 serial_number")
def why_asset(
    context: typer.Context, name: Name, field: Annotated[str, typer.Argument(help="Only this value.")] = ""
) -> None:
    """Why a value is believed: source, exchange, time, vantage, rivals, and why records were joined."""
    from assetctl.work.records import asset_record, why

    app = of(context)
    check_field(field)
    with app.store() as store:
        asset = find(store, name)
    if app.output.format == "table":
        app.output.plain("\n".join(why(asset, field)))
    else:
        record = asset_record(asset)
        joins = [{"key": j.key, "value": j.value, "observations": list(j.observations)} for j in asset.joins]
        app.output.document("why", {"sources": record["sources"], "joins": joins}, command="assets why")


@assets.command("export", epilog="Example: assetctl assets export inventory.csv")
def export_assets(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="File to write; .json or .csv.")],
    realm: OnlyRealm = None,
) -> None:
    """Write all assets to a JSON or CSV file."""
    from assetctl.work.export import write_assets

    app = of(context)
    with app.store() as store:
        count = write_assets(app.source(store.assets(realm, packed=True)), file, redact=app.redacted)
    app.output.say(f"{counted(count, 'asset')}: {file}")


@scans.command("list", epilog="Example: assetctl scans list")
def list_scans(context: typer.Context) -> None:
    """All runs and imports, newest first."""
    app = of(context)
    with app.store() as store:
        app.mark_interrupted(store)
        rows = [
            {
                "id": s.id,
                "realm": s.realm,
                "state": s.state,
                "started": s.started.isoformat(timespec="seconds"),
                "vantage": s.vantage,
                "plan": s.plan_hash[:16],
                "ledger_lines": s.count,
            }
            for s in store.scans()
        ]
    app.output.rows("scans", rows[::-1], columns=("id", "realm", "state", "started", "vantage"), command="scans list")


@scans.command("show", epilog="Example: assetctl scans show ID")
def show_scan(context: typer.Context, scan: Annotated[str, typer.Argument(help="Scan id.")]) -> None:
    """One run: plan, permission, vantage, what each device was sent, and the ledger's head and count."""
    from assetctl.work.scan_report import scan_record

    app = of(context)
    with app.store() as store:
        app.mark_interrupted(store)
        found = store.scan(scan)
        if found is None:
            known = tuple(one.id for one in store.scans())
            raise InputError(f"{scan}: no such scan{near(scan, known)}; `assetctl scans list` shows them")
        record = scan_record(found, store.observations(realm=found.realm))
    if app.output.format == "table":
        rows = [{"what": key, "value": value} for key, value in record.items() if key != "traffic"]
        app.output.rows("scan", rows, columns=("what", "value"), command="scans show")
        columns = ("address", "units", "connections", "packets", "highest_per_s", "refusals", "trips", "health")
        app.output.rows("traffic", record["traffic"], columns=columns, command="scans show")
    else:
        app.output.document("scan", record, command="scans show")


@scans.command("diff", epilog="Example: assetctl scans diff ID1 ID2")
def diff_scans(
    context: typer.Context,
    before: Annotated[str, typer.Argument(help="Scan id.")],
    after: Annotated[str, typer.Argument(help="Scan id.")],
) -> None:
    """What one run saw otherwise than another; returns 4 when anything differs."""
    from assetctl.work.diff import COLUMNS, diff
    from assetctl.work.sides import stored_side

    app = of(context)
    declared = app.declared
    with app.store() as store:
        known = tuple(one.id for one in store.scans())
        for name in (before, after):
            if name not in known:
                raise InputError(f"{name}: no such scan{near(name, known)}; `assetctl scans list` shows them")
        old, new = (stored_side(name, store, declared, now=now(), time=None) for name in (before, after))
    rows = diff(old, new)
    code = Exit.DRIFT if rows else Exit.DONE
    app.output.rows("diff", rows, columns=COLUMNS, command="scans diff", code=code, empty="no difference")
    finish(code)


def check_field(field: str) -> None:
    """Raise InputError for what is no fact key; "" stands for all of them."""
    from assetctl.facts import vocabulary

    if field and field not in vocabulary():
        raise InputError(f"{field}: not a fact key{near(field, tuple(vocabulary()))}; docs/facts.md lists them")


def find(store: "Store", name: str) -> "Asset":
    """The asset with an id, alias, position, address, name or serial number. Raises InputError for none or several."""
    from assetctl.settle import addresses, text

    if (asset := store.asset(name)) is not None:
        return asset
    wanted = name.rpartition("/")[2] if "/" in name else name
    found = [
        a
        for a in store.assets()
        if wanted in addresses(a)
        or name == a.position
        or wanted.lower() in (text(a, "hostname").lower(), text(a, "serial_number").lower())
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError(f"{name}: may be {', '.join(a.id for a in found[:5])}; name one of them")
    known = tuple(told for a in store.assets() for told in (a.id, *addresses(a), text(a, "hostname")) if told)
    hint = near(name, known)
    raise InputError(f"{name}: no such asset{hint}; `assetctl assets list` shows them")
