"""The tests that stand in check files: read as small plants, and turned into real ones."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from ipaddress import ip_network

from assetctl.facts import FactKey, vocabulary
from assetctl.model import Asset, Fact, Position, Result, Scan, ScanState, Source, Subject, SubjectKind, Value
from assetctl.policy.approved import PRESENCES, THERE
from assetctl.policy.check import Case, CaseAsset, CasePosition, CaseScan, FactTexts
from assetctl.policy.counting import DECLARED
from assetctl.policy.fields import Fields
from assetctl.policy.plant import Approved, DeclaredNetwork, Plant
from assetctl.policy.seen_cases import NOW, REALM, built_capture, built_flow, capture, conduit, declared, flow, link
from assetctl.text import near
from assetctl.zone_forms import Zone2

PROBE = "trial"
_ASSET_FIELDS = ("facts", "declared", "rivals", "earlier", "position", "zone", "parent", "vantages", "protocol")
_SEEN_FIELDS = ("conduits", "flows", "captures", "links", "switches", "approved", "since_days")
_DIFFERENCES = ("changed", "unseen", "opened", "unasked", "modules_changed", "modules_unseen")
_PLANT_FIELDS = (*_SEEN_FIELDS, "zones", "scans", "networks", "register", "permitted", "yields", "age_days", "params")


def read_case(row: Fields) -> Case:
    """One entry of `tests`. Raises InputError with its place."""
    row.only(("name", "expect", "others", *_ASSET_FIELDS, *_PLANT_FIELDS), required=("name", "expect"))
    return Case(
        name=row.filled("name"),
        expect=Result(row.choice("expect", Result)),
        assets=(_asset(row), *(_other(other) for other in row.rows("others"))),
        zones=tuple(declared(zone, Zone2).as_zone() for zone in row.rows("zones")),
        conduits=tuple(map(conduit, row.rows("conduits"))),
        flows=tuple(flow(row, text) for text in row.texts("flows")),
        captures=tuple(capture(one) for one in row.rows("captures")),
        links=tuple(link(row, text) for text in row.texts("links")),
        switches=row.texts("switches"),
        approved=tuple(map(_approved, row.rows("approved"))),
        scans=tuple(_scan(scan) for scan in row.rows("scans")),
        networks=tuple(_range(row, "networks", text) for text in row.texts("networks")),
        register=_register(row),
        permitted=frozenset(row.texts("permitted")),
        yields=frozenset(_known(row, "yields", key) for key in row.texts("yields")),
        age_days=row.number("age_days"),
        since_days=row.number("since_days"),
        params={name: row.inner("params").value(name) for name in row.inner("params").values},
    )


def plant_of(case: Case) -> Plant:
    """The plant that a test describes. Its first asset is "subject", the others "other-1" and so on."""
    return Plant(
        assets=tuple(_built(case, asset, index) for index, asset in enumerate(case.assets)),
        zones=case.zones,
        conduits=case.conduits,
        flows=tuple(built_flow(case, one) for one in case.flows),
        captures=tuple(built_capture(case, one, at) for at, one in enumerate(case.captures)),
        links=case.links,
        approved=case.approved,
        switches=frozenset(case.switches),
        positions=tuple(map(_built_position, case.register)),
        scans=tuple(_built_scan(scan, index) for index, scan in enumerate(case.scans)),
        permitted=case.permitted,
        networks=tuple(DeclaredNetwork(REALM, ip_network(text)) for text in case.networks),
        yields={PROBE: case.yields},
    )


def _other(row: Fields) -> CaseAsset:
    row.only(_ASSET_FIELDS)
    return _asset(row)


def _asset(row: Fields) -> CaseAsset:
    return CaseAsset(
        facts=_facts(row, "facts"),
        declared=_facts(row, "declared"),
        rivals=_facts(row, "rivals"),
        earlier=_facts(row, "earlier"),
        position=row.text("position"),
        zone=row.text("zone"),
        parent=row.text("parent"),
        vantages={key: row.inner("vantages").text(key) for key in row.inner("vantages").values},
        protocol=row.text("protocol", PROBE),
    )


def _facts(row: Fields, name: str) -> FactTexts:
    inner = row.inner(name)
    found: dict[str, str | tuple[str, ...]] = {}
    for place in inner.values:
        local_key, _, key = place.rpartition(" ")
        entry = vocabulary()[_known(inner, place, key)]
        if (entry.kind is SubjectKind.ASSET) != (not local_key):
            inner.refuse(place, f"{key} is a fact of {entry.kind}; write KEY for an asset, else LOCAL-KEY KEY")
        text = inner.texts(place) if entry.type == "texts" else inner.text(place)
        if _typed(entry, text) is None:
            inner.refuse(place, f"a {entry.type} is expected")
        found[place] = text
    return found


def _known(row: Fields, place: str, key: str) -> str:
    if key not in vocabulary():
        row.refuse(place, f'there is no fact "{key}"{near(key, tuple(vocabulary()))}')
    return key


def _typed(entry: FactKey, text: str | tuple[str, ...]) -> Value | None:
    """The value that a text in a test means, or None when it is not of the type."""
    if isinstance(text, tuple) or entry.type == "text":
        return text
    if entry.type == "flag":
        return {"true": True, "false": False}.get(text)
    return int(text) if text.removeprefix("-").isdecimal() else None


def _scan(row: Fields) -> CaseScan:
    row.only(("coverage", "days", "state", "counts"), required=("coverage",))
    counts = row.inner("counts")
    return CaseScan(
        coverage=row.texts("coverage"),
        days=row.number("days"),
        state=row.choice("state", ScanState, "done"),
        counts={name: counts.number(name) for name in counts.values},
    )


def _approved(row: Fields) -> Approved:
    lists = {name: row.texts(name) for name in _DIFFERENCES}
    row.only(("id", "presence", "parent", "has_modules", *_DIFFERENCES), required=("id",))
    return Approved(
        id=row.filled("id"),
        realm=REALM,
        zone="golden",
        presence=row.choice("presence", PRESENCES, THERE),
        parent=row.text("parent"),
        has_modules=row.text("has_modules") == "true",
        changed=lists["changed"],
        unseen=lists["unseen"],
        opened=lists["opened"],
        unasked=lists["unasked"],
        modules_changed=lists["modules_changed"],
        modules_unseen=lists["modules_unseen"],
    )


def _register(row: Fields) -> tuple[CasePosition, ...]:
    """Positions by their ids alone, or each with what was declared of it."""
    written = row.values.get("register", [])
    if not isinstance(written, list) or not all(isinstance(one, dict) for one in written):
        return tuple(CasePosition(name) for name in row.texts("register"))
    return tuple(map(_position, row.rows("register")))


def _position(row: Fields) -> CasePosition:
    row.only(("id", "ip_address", "tags"), required=("id",))
    return CasePosition(row.filled("id"), row.text("ip_address"), row.texts("tags"))


def _range(row: Fields, key: str, text: str) -> str:
    try:
        ip_network(text)
    except ValueError:
        row.refuse(key, f"a network such as 10.0.0.0/24 is expected, {text[:40]!r} was found")
    return text


def _built(case: Case, asset: CaseAsset, index: int) -> Asset:
    name = f"other-{index}" if index else "subject"
    seen = NOW - timedelta(days=case.age_days)
    since = seen - timedelta(days=case.since_days)
    before = since - timedelta(days=1)
    probe = Source("probe", asset.protocol, f"trial:{index}")
    facts = (
        *_built_facts(name, asset.earlier, probe, (before, before)),
        *_asked_from(asset, _built_facts(name, asset.facts, probe, (since, seen))),
        *_built_facts(name, asset.rivals, Source("import", "second source", f"second:{index}"), (since, seen)),
        *_built_facts(name, asset.declared, Source(DECLARED, "register.yaml"), (since, seen)),
    )
    return Asset(
        id=name,
        realm=REALM,
        facts=facts,
        first_seen=since,
        last_seen=seen,
        confidence=90,
        position=asset.position or None,
        parent=asset.parent or None,
        zone=asset.zone or None,
    )


def _built_position(position: CasePosition) -> Position:
    match = {"ip_address": position.ip_address} if position.ip_address else {}
    declared: dict[str, Value] = {"tags": position.tags} if position.tags else {}
    return Position(position.id, REALM, match, declared, "register.yaml", NOW)


def _built_facts(asset: str, texts: FactTexts, source: Source, span: tuple[datetime, datetime]) -> Iterator[Fact]:
    for place, text in texts.items():
        local_key, _, key = place.rpartition(" ")
        entry = vocabulary()[key]
        value = _typed(entry, text)
        assert value is not None, place
        yield Fact(Subject(entry.kind, asset, local_key), key, value, source, "trial", *span, 90)


def _asked_from(asset: CaseAsset, facts: Iterator[Fact]) -> Iterator[Fact]:
    """The facts, with the vantage of those that the test says were asked from another place; not those of rivals."""
    for fact in facts:
        where = asset.vantages.get(fact.subject.local_key or fact.key) if fact.source.kind == "probe" else None
        yield replace(fact, vantage=f"eth0/{where}") if where else fact


def _built_scan(scan: CaseScan, index: int) -> Scan:
    ended = NOW - timedelta(days=scan.days)
    return Scan(
        id=f"scan-{index}",
        realm=REALM,
        state=ScanState(scan.state),
        started=ended,
        ended=ended,
        vantage="trial",
        counts=scan.counts,
        coverage=scan.coverage,
    )
