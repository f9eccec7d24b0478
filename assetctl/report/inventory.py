"""The chapters about assets: inventory, the values with their sources, services, attributes that are still missing."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from assetctl.facts import vocabulary
from assetctl.model import Fact, Finding, Result, SubjectKind
from assetctl.report.index import Entry, Links, attributes, shown
from assetctl.report.table import Column, Kind, Ref, Row, Section, Table, bars, moment, ref, table

MOST_LINKS = 6

_ASSETS = (
    Column("Asset", Kind.KEY, 26),
    Column("Asset id", Kind.CODE, 22, page=False),
    Column("Address", Kind.CODE, 18),
    Column("MAC address", Kind.CODE, 19, page=False),
    Column("Manufacturer", width=22),
    Column("Model", width=24),
    Column("Order code", Kind.CODE, 22, page=False),
    Column("Serial number", Kind.CODE, 20, page=False),
    Column("Firmware", Kind.CODE, 14),
    Column("Hardware", Kind.CODE, 12, page=False),
    Column("Operating system", width=20, page=False),
    Column("Role", width=14),
    Column("Zone", Kind.LINKS, 16),
    Column("Position", width=18, page=False),
    Column("Location", width=22, page=False),
    Column("Criticality", Kind.TEXT, 12, page=False),
    Column("Part of", Kind.LINKS, 22, page=False),
    Column("Answered", Kind.MARK, 11, page=False),
    Column("Identified", Kind.MARK, 11),
    Column("Attributes of 14", Kind.NUMBER, 11),
    Column("Missing attributes", width=40, page=False),
    Column("Findings", Kind.LINKS, 22),
    Column("Confidence", Kind.NUMBER, 11, page=False),
    Column("First seen", Kind.TIME, 20, page=False),
    Column("Last seen", Kind.TIME, 20),
    Column("Evidence", Kind.LINKS, 22, page=False),
)
_VALUES = (
    Column("Asset", Kind.LINKS, 26),
    Column("Attribute", width=26),
    Column("Value", width=36),
    Column("Source", width=18),
    Column("Vantage", Kind.CODE, 18, page=False),
    Column("Confidence", Kind.NUMBER, 11, page=False),
    Column("First seen", Kind.TIME, 20, page=False),
    Column("Last seen", Kind.TIME, 20),
    Column("Rival values", width=30),
    Column("Evidence", Kind.LINKS, 22),
)
_SERVICES = (
    Column("Asset", Kind.LINKS, 26),
    Column("Port", Kind.CODE, 10),
    Column("State", Kind.MARK, 11),
    Column("Service", width=16),
    Column("Product", width=26),
    Column("Version", Kind.CODE, 14),
    Column("Source", width=16),
    Column("Last seen", Kind.TIME, 20),
    Column("Evidence", Kind.LINKS, 22),
)
_ATTRIBUTES = (
    Column("Attribute", Kind.CODE, 40),
    Column("Assets with a value", Kind.NUMBER, 18),
    Column("Assets without", Kind.NUMBER, 18),
    Column("Meaning", width=70),
)
_MEANINGS = {
    "ports_services": "ports found open, with the service behind them",
    "active_supported_communication_protocols": "protocols that spoke on its ports",
}


def inventory(entries: Sequence[Entry], findings: Sequence[Finding], links: Links) -> Section:
    """What was found, and how complete it is."""
    failing = _failing(findings)
    known = {entry.asset.id: entry for entry in entries}
    assets = table(
        "assets",
        "Assets",
        "One row for each device or part, with the values that are shown and how complete they are.",
        _ASSETS,
        lambda: (_asset(entry, links, known, failing.get(entry.asset.id, ())) for entry in entries),
        empty="No asset is known.",
        most=1_000_000,
    )
    identified = sum(entry.identified for entry in entries)
    lead = (
        f"{len(entries)} assets; of {identified} the maker and the model or order code are known. "
        "The 14 attributes are those of high priority in the CISA guidance for OT asset inventories (August 2025).",
    )
    charts = (
        bars(
            "makers", "Assets by manufacturer", Counter(e.text("manufacturer") or "not known" for e in entries).items()
        ),
        bars("roles", "Assets by role", Counter(e.text("asset_role_type") or "not known" for e in entries).items()),
    )
    return Section(
        "inventory",
        "Inventory",
        lead,
        charts=charts,
        tables=(assets, _attributes(entries), _values(entries, links), _services(entries, links)),
    )


def cited(entries: Sequence[Entry]) -> Iterator[str]:
    """Evidence ids to which the inventory leads."""
    for entry in entries:
        yield from (fact.source.evidence for fact in entry.values.values())
        yield from (service.evidence for service in entry.services)


def _failing(findings: Sequence[Finding]) -> Mapping[str, tuple[Ref, ...]]:
    found: dict[str, list[Ref]] = {}
    for finding in findings:
        if finding.result is Result.FAIL:
            found.setdefault(finding.subject, []).append(ref("findings", finding.id, finding.check))
    return {subject: tuple(refs) for subject, refs in found.items()}


def _asset(entry: Entry, links: Links, known: Mapping[str, Entry], failing: tuple[Ref, ...]) -> Row:
    asset, text = entry.asset, entry.text
    parent = known.get(asset.parent or "")
    return (
        ref("assets", asset.id, entry.name),
        asset.id,
        text("ip_address"),
        text("mac_address"),
        text("manufacturer"),
        text("model"),
        text("order_code"),
        text("serial_number"),
        text("firmware_software_version"),
        text("hardware_version"),
        text("operating_system"),
        text("asset_role_type"),
        links.zone(asset.zone),
        asset.position or "",
        text("physical_location_address"),
        text("asset_criticality"),
        parent.link if parent else (),
        "yes" if entry.answered else "no",
        "yes" if entry.identified else "no",
        len(entry.filled),
        ", ".join(name for name in attributes() if name not in entry.filled),
        failing[:MOST_LINKS],
        asset.confidence,
        moment(asset.first_seen),
        moment(asset.last_seen),
        links.evidence(fact.source.evidence for fact in entry.values.values()),
    )


def _attributes(entries: Sequence[Entry]) -> Table:
    counts = Counter(name for entry in entries for name in entry.filled)
    meanings = {key.name: key.meaning for key in vocabulary().values()} | _MEANINGS
    rows = [(name, counts[name], len(entries) - counts[name], meanings[name]) for name in attributes()]
    return table(
        "attributes",
        "Attributes",
        "How many assets have a value for each attribute of high priority.",
        _ATTRIBUTES,
        lambda: sorted(rows, key=lambda row: (row[2], row[0])),
        empty="",
    )


def _values(entries: Sequence[Entry], links: Links) -> Table:
    return table(
        "values",
        "Values",
        "Every value shown for an asset, who said so, and what others said instead.",
        _VALUES,
        lambda: (_value(entry, links, key, fact) for entry in entries for key, fact in sorted(entry.values.items())),
        empty="No value is known.",
        folded=True,
        most=3_000,
    )


def _value(entry: Entry, links: Links, key: str, fact: Fact) -> Row:
    rivals = {
        shown(other.value)
        for other in entry.asset.facts
        if other.key == key and other.subject.kind is SubjectKind.ASSET and other.value != fact.value
    }
    return (
        entry.link,
        key,
        shown(fact.value),
        f"{fact.source.kind}: {fact.source.name}",
        fact.vantage,
        fact.confidence,
        moment(fact.first_seen),
        moment(fact.last_seen),
        "; ".join(sorted(rivals)),
        links.evidence((fact.source.evidence,)),
    )


def _services(entries: Sequence[Entry], links: Links) -> Table:
    def rows() -> Iterator[Row]:
        for entry in entries:
            for one in entry.services:
                asset = entry.link
                seen, evidence = moment(one.last_seen), links.evidence((one.evidence,))
                yield asset, one.port, one.state, one.name, one.product, one.version, one.source, seen, evidence

    return table(
        "services",
        "Services",
        "Ports that were looked at, and what spoke on them.",
        _SERVICES,
        rows,
        empty="No port was looked at.",
        folded=True,
        most=3_000,
    )
