"""The chapter about what was expected, and how far each asset was reached."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address

from assetctl.model import Position, Zone
from assetctl.report.index import Entry, Links
from assetctl.report.inputs import ReportInputs
from assetctl.report.section import Section
from assetctl.report.table import Column, Kind, Ref, Row, Table, moment, table
from assetctl.report.words import words

NO_ZONE = ""

_ZONES = (
    Column("Zone", Kind.LINKS, 20),
    Column("Expected", Kind.NUMBER, 12),
    Column("Of these seen", Kind.NUMBER, 14),
    Column("Seen", Kind.NUMBER, 12),
    Column("Answered", Kind.NUMBER, 12),
    Column("Identified", Kind.NUMBER, 12),
    Column("Exclusions", Kind.NUMBER, 12),
    Column("Why excluded", width=60),
)
_VANTAGES = (
    Column("Zone", Kind.LINKS, 20),
    Column("Vantage", Kind.CODE, 26),
    Column("Cell", Kind.MARK, 14),
    Column("Answered", Kind.NUMBER, 12),
    Column("Identified", Kind.NUMBER, 12),
    Column("Note", width=70),
)
_ABSENT = (
    Column("Position", width=26),
    Column("Zone", Kind.LINKS, 20),
    Column("Expected there", width=50),
    Column("Declared in", width=26),
    Column("Declared", Kind.TIME, 20),
)
_EXCLUSIONS = (
    Column("Excluded", Kind.CODE, 32),
    Column("Zone", Kind.LINKS, 20),
    Column("Why", width=60),
    Column("Declared in", width=30),
)


def coverage(inputs: ReportInputs, entries: Sequence[Entry], links: Links) -> Section:
    """What was expected, and how far each asset was reached."""
    absent = _absent(inputs, entries)
    seen_in = Counter(entry.asset.zone or NO_ZONE for entry in entries)
    standing = {entry.asset.position: entry.asset.zone for entry in entries if entry.asset.position}
    places = {
        position.id: standing.get(position.id) or _zone_of(position, inputs.zones) for position in inputs.positions
    }
    zones = sorted({zone.id for zone in inputs.zones} | set(places.values()) | set(seen_in))
    seen = len(inputs.positions) - len(absent)
    lead = (
        f"Positions in the register: {len(inputs.positions)}; of these seen: {seen}. "
        "Seen: some source told of the asset. Answered: the device itself did. "
        "Identified: its maker, and its model or order code, are known.",
    )
    tables = (
        table(
            "coverage",
            "Coverage",
            "For each zone what was expected, seen, answered and identified, and what was left out and why.",
            _ZONES,
            lambda: [(links.zone(zone), *_reached(zone, inputs, entries, places, absent)) for zone in zones],
            empty="Neither zones nor assets are known.",
        ),
        _by_vantage(inputs, entries, links, zones),
        table(
            "absent",
            "Not seen",
            "Positions of the register at which nothing was seen.",
            _ABSENT,
            lambda: [_absent_row(position, links.zone(places[position.id])) for position in absent],
            empty="Every position of the register was seen." if inputs.positions else "No register was given.",
        ),
        _exclusions(inputs, links),
    )
    return Section("coverage", "Coverage", lead, tables=tables)


def _absent(inputs: ReportInputs, entries: Sequence[Entry]) -> list[Position]:
    held = {entry.asset.position for entry in entries}
    return [position for position in sorted(inputs.positions, key=lambda one: one.id) if position.id not in held]


def _zone_of(position: Position, zones: Iterable[Zone]) -> str:
    """The declared zone of a position, else the one whose networks hold the expected address."""
    declared = position.declared.get("zone")
    if isinstance(declared, str):
        return declared
    try:
        address = ip_address(position.match.get("ip_address", ""))
    except ValueError:
        return NO_ZONE
    holding = [zone.id for zone in zones if zone.realm == position.realm and any(address in n for n in zone.networks)]
    return holding[0] if len(holding) == 1 else NO_ZONE


def _reached(
    zone: str, inputs: ReportInputs, entries: Sequence[Entry], places: Mapping[str, str], absent: list[Position]
) -> Row:
    here = [entry for entry in entries if (entry.asset.zone or NO_ZONE) == zone]
    expected = sum(place == zone for place in places.values())
    missing = sum(places[position.id] == zone for position in absent)
    excluded = [one for one in inputs.exclusions if (one.zone or NO_ZONE) == zone]
    return (
        expected,
        expected - missing,
        len(here),
        sum(entry.answered for entry in here),
        sum(entry.identified for entry in here),
        len(excluded),
        "; ".join(sorted({one.reason for one in excluded})),
    )


def _by_vantage(inputs: ReportInputs, entries: Sequence[Entry], links: Links, zones: Sequence[str]) -> Table:
    known = {one.name: one for one in inputs.vantages}

    def rows() -> Iterable[Row]:
        for zone in zones:
            here = [entry for entry in entries if (entry.asset.zone or NO_ZONE) == zone]
            for name in sorted({name for entry in here for name in entry.vantages}):
                asked = [entry for entry in here if name in entry.vantages]
                info = known.get(name)
                verified = info is not None and info.verified
                note = (info.note if info else "") or ("" if verified else words().unverified_cell)
                identified = sum(entry.identified for entry in asked)
                mark = "verified" if verified else "not verified"
                yield links.zone(zone), name, mark, len(asked), identified, note

    return table(
        "vantages",
        "Vantages",
        "For each zone from where its devices answered, and whether the cell was verified.",
        _VANTAGES,
        rows,
        empty="No device was asked.",
    )


def _absent_row(position: Position, zone: tuple[Ref, ...]) -> Row:
    expected = ", ".join(f"{key} {value}" for key, value in position.match.items())
    return position.id, zone, expected, position.source, moment(position.declared_at)


def _exclusions(inputs: ReportInputs, links: Links) -> Table:
    return table(
        "exclusions",
        "Exclusions",
        "What was not asked on purpose.",
        _EXCLUSIONS,
        lambda: (
            (one.target, links.zone(one.zone) if one.zone else (), one.reason, one.source) for one in inputs.exclusions
        ),
        empty="Nothing was excluded.",
    )
