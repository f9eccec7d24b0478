"""advisories: what makers and CISA publish, loaded from files, and which assets it means. Nothing is fetched."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assetctl.cli.app import App, finish, of
from assetctl.cli.clock import now
from assetctl.errors import Exit, InputError, worst
from assetctl.text import counted, near

if TYPE_CHECKING:
    from assetctl.advisory.matching import Match
    from assetctl.advisory.records import Advisory
    from assetctl.model import Asset
    from assetctl.work.advising import Loaded

advisories = typer.Typer(help="Security advisories, loaded from files, and the assets they mean.", no_args_is_help=True)

MOST_LINES = 50
COLUMNS = ("verdict", "asset", "name", "advisory", "ours", "theirs", "reason")


def add_to(app: typer.Typer) -> None:
    """Put the commands of this file into the program."""
    app.add_typer(advisories, name="advisories")


@advisories.command(epilog="Example: assetctl advisories load ./csaf kev.json eol.csv --fetched 2026-01-31")
def load(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(help="CSAF 2.0, CISA's KEV (JSON), life cycles (CSV, YAML), folders.")],
    fetched: Annotated[
        str | None, typer.Option("--fetched", help="Day on which the files were fetched; else the newest date inside.")
    ] = None,
) -> None:
    """Take files in. A broken one is named and counted, and stops no other."""
    from assetctl.work.advising import day
    from assetctl.work.advising import load as take_in

    app = of(context)
    as_of = day(fetched, "--fetched") if fetched else None
    with app.store(create=True) as store:
        done = take_in(store, paths, now=now(), as_of=as_of)
    _tell(app, done)
    if app.output.format != "table":
        app.output.document("advisories-loaded", _record(done), command="advisories load", code=_code(done))
    finish(_code(done))


@advisories.command("list", epilog="Example: assetctl advisories list --format json")
def list_advisories(context: typer.Context) -> None:
    """The loaded files by kind, and the advisories with their date and products."""
    from assetctl.work.advising import knowledge

    app = of(context)
    with app.store() as store:
        known = knowledge(store)
    told = {feed.sha256: feed for feed in known.feeds}
    rows = [
        {
            "advisory": one.id,
            "title": one.title,
            "publisher": one.publisher,
            "current": one.current.date().isoformat(),
            "products": len(one.products),
            "vulnerabilities": len(one.vulnerabilities),
            "file": told[one.sha256].file if one.sha256 in told else "",
            "as_of": told[one.sha256].as_of.date().isoformat() if one.sha256 in told else "",
            "sha256": one.sha256,
        }
        for one in known.advisories
    ]
    columns = ("advisory", "current", "products", "vulnerabilities", "publisher", "title")
    code = Exit.DONE if known.feeds else Exit.NOTHING
    app.output.rows("advisories", rows, columns=columns, command="advisories list", code=code)
    for feed in known.feeds:
        if feed.kind != "csaf":
            app.output.say(f"{feed.kind}: {feed.file}, {counted(feed.count, 'entry')}, as of {feed.as_of.date()}")
    if not known.feeds:
        app.output.say("none are loaded; next: assetctl advisories load DIR")
    finish(code)


@advisories.command(epilog="Example: assetctl advisories show SSA-123456")
def show(context: typer.Context, advisory: Annotated[str, typer.Argument(help="Its number.")]) -> None:
    """One advisory: its products with their versions, its vulnerabilities, and the file it was read from."""
    from assetctl.work.advising import knowledge

    app = of(context)
    with app.store() as store:
        known = knowledge(store)
    held = {one.id: one for one in known.advisories}
    if advisory not in held:
        raise InputError(f"{advisory}: no such advisory{near(advisory, tuple(held))}; see `assetctl advisories list`")
    one = held[advisory]
    if app.output.format != "table":
        app.output.document("advisory", _whole(one), command="advisories show")
        return
    app.output.plain(
        f"{one.id} {one.title}\n{one.publisher}, {one.state}, as of {one.current.date()}, file {one.sha256}"
    )
    rows = _products(one)
    app.output.rows("advisory", rows, columns=("product", "versions", "codes", "said"), command="advisories show")


@advisories.command(epilog="Example: assetctl advisories match --asset PRESS-PLC1")
def match(
    context: typer.Context,
    asset: Annotated[
        list[str] | None, typer.Option("--asset", help="Only this asset, by id, position or name; more than once.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Also advisories that do not affect the asset.")] = False,
) -> None:
    """Which assets are affected, or may be, with the texts that were compared side by side."""
    from assetctl.work.advising import matches

    app = of(context)
    with app.store() as store:
        chosen = _chosen(store.assets(), asset or [])
        found = list(matches(store, chosen))
    rows = [
        _row(one, match, as_of)
        for one, as_of, of_asset in found
        for match in of_asset
        if every or match.verdict != "not affected"
    ]
    rows.sort(key=lambda row: (row["verdict"], row["advisory"], row["asset"]))
    app.output.rows("advisory-matches", rows, columns=COLUMNS, command="advisories match", code=_match_code(found))
    unknown = sum(as_of is None for _, as_of, _ in found)
    sure = len({row["asset"] for row in rows if row["verdict"] == "affected"})
    app.output.say(f"{counted(len(found), 'asset')}: {sure} affected, {unknown} of which no loaded advisory can speak")
    finish(_match_code(found))


def _match_code(found: "list[tuple[Asset, Any, tuple[Match, ...]]]") -> Exit:
    """Nothing comparable when no advisory can speak of any asset."""
    return Exit.DONE if any(as_of is not None for _, as_of, _ in found) else Exit.NOTHING


def _chosen(assets: "tuple[Asset, ...]", names: list[str]) -> "tuple[Asset, ...]":
    from assetctl.settle import text

    if not names:
        return assets
    found = [one for one in assets if {one.id, one.position, text(one, "hostname"), *one.aliases} & set(names)]
    known = {name for one in found for name in (one.id, one.position, text(one, "hostname"), *one.aliases) if name}
    for name in names:
        if name not in known:
            raise InputError(f"{name}: no such asset; `assetctl assets list` shows them")
    return tuple(found)


def _row(asset: "Asset", match: "Match", as_of: Any) -> dict[str, Any]:
    from assetctl.settle import text

    return {
        "verdict": str(match.verdict),
        "asset": asset.id,
        "name": asset.position or text(asset, "hostname") or text(asset, "ip_address"),
        "advisory": match.advisory.id,
        "title": match.advisory.title,
        "cves": list(match.cves(match.verdict)),
        "ours": match.worst.ours,
        "theirs": match.worst.theirs,
        "reason": match.worst.reason,
        "fix": match.is_fixable,
        "as_of": as_of.date().isoformat() if as_of else "",
        "sha256": match.advisory.sha256,
    }


def _tell(app: App, done: "Loaded") -> None:
    for line in done.refused[:MOST_LINES]:
        app.output.error(line)
    for path in done.older[:MOST_LINES]:
        app.output.warn(f"{path}: a newer state is stored already; this one was left out")
    for path in done.others[:MOST_LINES]:
        app.output.say(f"{path}: no advisory and no catalogue; left out")
    hidden = sum(max(0, len(lines) - MOST_LINES) for lines in (done.refused, done.older, done.others))
    if hidden:
        app.output.say(f"{hidden} more such lines; --format json has all")
    app.output.say(
        f"{counted(len(done.advisories), 'advisory')},"
        f" {counted(done.exploited, 'exploited vulnerability')}, {done.life_cycles} life"
        f" cycles; {counted(len(done.refused), 'file')} refused, {len(done.older)} older,"
        f" {len(done.others)} of another kind"
    )
    if done.as_of is not None:
        how = "as stated" if done.stated else "the newest date inside; --fetched states a later one"
        app.output.say(f"the advisories tell up to {done.as_of.date()}: {how}")


def _record(done: "Loaded") -> dict[str, Any]:
    return {
        "advisories": list(done.advisories),
        "exploited": done.exploited,
        "life_cycles": done.life_cycles,
        "refused": list(done.refused),
        "older": list(done.older),
        "others": list(done.others),
        "as_of": done.as_of.isoformat() if done.as_of else None,
        "stated": done.stated,
    }


def _code(done: "Loaded") -> Exit:
    if not done.taken and done.refused:
        return Exit.USAGE
    codes = [Exit.PARTIAL] if done.refused or done.older else []
    return worst(*codes, *([] if done.taken or done.older else [Exit.NOTHING]))


def _whole(one: "Advisory") -> dict[str, Any]:
    flaws = [
        {
            "cve": flaw.cve,
            "title": flaw.title,
            "score": flaw.score,
            "vector": flaw.vector,
            "status": {str(status): list(ids) for status, ids in flaw.status.items()},
            "fixes": sorted(flaw.fixes),
            "unfixed": sorted(flaw.unfixed),
        }
        for flaw in one.vulnerabilities
    ]
    head = {name: getattr(one, name) for name in ("id", "title", "publisher", "revision", "state", "sha256")}
    dates = {"issued": one.issued.isoformat(), "current": one.current.isoformat()}
    return {**head, **dates, "products": _products(one), "vulnerabilities": flaws}


def _products(one: "Advisory") -> list[dict[str, Any]]:
    said: dict[str, set[str]] = {}
    for flaw in one.vulnerabilities:
        for status, ids in flaw.status.items():
            for id in ids:
                said.setdefault(id, set()).add(str(status))
    return [
        {
            "id": product.id,
            "product": ", ".join(product.naming.names),
            "maker": product.naming.maker,
            "versions": product.versions,
            "codes": list(product.naming.codes),
            "hardware": product.hardware,
            "condition": product.naming.condition,
            "said": sorted(said.get(product.id, ())),
        }
        for product in one.products
        if product.id in said
    ]
