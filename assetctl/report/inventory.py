"""The chapters about assets: inventory, the values with their sources, services, attributes that are still missing."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from assetctl.model import Fact, Result, SubjectKind
from assetctl.packing import Findings
from assetctl.report import attributes, connections, index
from assetctl.report.charts import Chart, bars, ladder
from assetctl.report.index import Entry, Links
from assetctl.report.judgement import Judged
from assetctl.report.section import Section
from assetctl.report.table import Column, Kind, Ref, Row, Table, moment, ref, table
from assetctl.settle import as_text

MOST_LINKS = 6

_ASSETS = (
    Column("Asset", Kind.KEY, 26),
    Column("Asset id", Kind.CODE, 22, page=False),
    *attributes.columns(),
    Column("Zone", Kind.LINKS, 16),
    Column("Level", width=8, page=False),
    Column("Position", width=18, page=False),
    Column("Order code", Kind.CODE, 22, page=False),
    Column("Hardware", Kind.CODE, 12, page=False),
    Column("Part of", Kind.LINKS, 22, page=False),
    Column("Tags", width=18, page=False),
    Column("Answered", Kind.MARK, 11, page=False),
    Column("Identified", Kind.MARK, 11),
    Column("Attributes of 14", Kind.NUMBER, 11),
    Column("Missing attributes", width=40, page=False),
    Column("Findings", Kind.LINKS, 22),
    Column("Confidence", Kind.NUMBER, 11, page=False),
    Column("First seen", Kind.TIME, 20, page=False),
    Column("Last seen", Kind.TIME, 20),
    Column("Sources", width=30, page=False),
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
_BUILT = ("pcworx_firmware_date", "opcua_build_date")
_AGES = ((1, "under 1 year"), (3, "1 to 3 years"), (5, "3 to 5 years"), (10, "5 to 10 years"), (200, "over 10 years"))
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def inventory(judged: Judged, entries: Sequence[Entry]) -> Section:
    """What was found, and how complete it is."""
    inputs, links, failing = judged.inputs, judged.links, _failing(judged.findings)
    levels = {zone.id: zone.level for zone in inputs.zones}
    known = {entry.asset.id: entry for entry in entries}
    assets = table(
        "assets",
        "Assets",
        "One row for each device or part, with the values that are shown and how complete they are.",
        _ASSETS,
        lambda: (
            _asset(entry, links, known, failing.get(entry.asset.id, ()), levels.get(entry.asset.zone or "", ""))
            for entry in entries
        ),
        empty="No asset is known.",
        most=1_000_000,
    )
    identified = sum(entry.identified for entry in entries)
    lead = (
        f"Assets: {len(entries)}; the maker and the model or order code are known of {identified}. "
        "The 14 attributes are those of high priority in the CISA guidance for OT asset inventories (August 2025).",
    )
    charts = (
        bars(
            "makers", "Assets by manufacturer", Counter(e.text("manufacturer") or "not known" for e in entries).items()
        ),
        bars("roles", "Assets by role", Counter(e.text("asset_role_type") or "not known" for e in entries).items()),
        *attributes.charts(entries),
        _ages(entries, inputs.generated_at.date()),
    )
    return Section(
        "inventory",
        "Inventory",
        lead,
        charts=charts,
        tables=(
            assets,
            attributes.completeness(entries),
            _services(entries, links),
            connections.topology(inputs, entries),
            connections.certificates(inputs, entries),
            _values(entries, links),
        ),
    )


def cited(entries: Sequence[Entry]) -> Iterator[str]:
    """Evidence ids to which the inventory leads."""
    for entry in entries:
        yield from (fact.source.evidence for fact in entry.values.values())
        yield from (service.evidence for service in entry.services)


def _failing(findings: Findings) -> Mapping[str, Sequence[Ref]]:
    """By subject the failures that its row has room for."""
    found: dict[str, list[Ref]] = {}
    for finding in findings.having(Result.FAIL):
        if len(held := found.setdefault(finding.subject, [])) < MOST_LINKS:
            held.append(ref("findings", finding.id, finding.check))
    return found


def _asset(entry: Entry, links: Links, known: Mapping[str, Entry], failing: Sequence[Ref], level: str) -> Row:
    asset, text = entry.asset, entry.text
    parent = known.get(asset.parent or "")
    high = [name for name in index.attributes() if name not in entry.filled]
    return (
        ref("assets", asset.id, entry.name),
        asset.id,
        *map(text, attributes.names()),
        links.zone(asset.zone),
        level,
        asset.position or "",
        text("order_code"),
        text("hardware_version"),
        parent.link if parent else (),
        text("tags"),
        "yes" if entry.answered else "no",
        "yes" if entry.identified else "no",
        len(index.attributes()) - len(high),
        ", ".join(high),
        tuple(failing),
        asset.confidence,
        moment(asset.first_seen),
        moment(asset.last_seen),
        ", ".join(sorted({f"{fact.source.kind}: {fact.source.name}" for fact in entry.values.values()})),
        links.evidence(fact.source.evidence for fact in entry.values.values()),
    )


def _ages(entries: Sequence[Entry], today: date) -> Chart:
    """How old firmware is, where the device tells on which day it was built; most do not."""
    counts: Counter[str] = Counter()
    for entry in entries:
        built = _built(entry)
        years = (today - built).days / 365.25 if built else 0
        counts[next((name for limit, name in _AGES if years < limit), "not told") if built else "not told"] += 1
    rows = [(name, counts[name]) for _, name in _AGES] + [("not told", counts["not told"])]
    return ladder("firmware", "Age of the firmware, by the build date that the device tells", rows)


def _built(entry: Entry) -> date | None:
    told = (as_text(fact.value) for fact in entry.asset.facts if fact.key in _BUILT)
    days = sorted(match[0] for text in told if (match := _DAY.match(text)))
    try:
        return date.fromisoformat(days[0]) if days else None
    except ValueError:
        return None


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
        as_text(other.value)
        for other in entry.asset.facts
        if other.key == key and other.subject.kind is SubjectKind.ASSET and other.value != fact.value
    }
    return (
        entry.link,
        key,
        as_text(fact.value),
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
        gathers="Port",
    )
