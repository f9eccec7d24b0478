"""The chapters about the looking itself: what was expected and reached, who allowed it, what it sent."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address

from assetctl.model import Position, Scan, Zone
from assetctl.report.index import Entry, Links
from assetctl.report.inputs import ReportInputs
from assetctl.report.table import Column, Figure, Kind, Ref, Row, Section, Table, moment, ref, table
from assetctl.report.words import words
from assetctl.text import counted

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
_APPROVALS = (
    Column("By", width=30),
    Column("Name", Kind.MARK, 14),
    Column("When", Kind.TIME, 20),
    Column("What", width=60),
    Column("Standing", width=44),
)
_SCANS = (
    Column("Scan", Kind.KEY, 24),
    Column("State", Kind.MARK, 12),
    Column("Realm", width=14),
    Column("Vantage", Kind.CODE, 20),
    Column("Started", Kind.TIME, 20),
    Column("Ended", Kind.TIME, 20),
    Column("Allowed by", width=36),
    Column("Covered", width=40),
    Column("Plan hash", Kind.CODE, 66, page=False),
    Column("Ledger", Kind.CODE, 26, page=False),
    Column("Ledger lines", Kind.NUMBER, 12),
    Column("Ledger head", Kind.CODE, 66),
    Column("Note", width=40),
)
_TRAFFIC = (
    Column("Device", Kind.CODE, 26),
    Column("Units", Kind.NUMBER, 10),
    Column("Connections", Kind.NUMBER, 12),
    Column("Highest rate (units/s)", width=20),
    Column("Refusals", Kind.NUMBER, 10),
    Column("Trips", Kind.NUMBER, 10),
    Column("Note", width=60),
)
_HALTS = (
    Column("What", Kind.MARK, 14),
    Column("Subject", Kind.CODE, 30),
    Column("When", Kind.TIME, 20),
    Column("Why", width=60),
    Column("Scan", Kind.CODE, 24),
    Column("File", width=40, page=False),
    Column("Cleared", width=44),
)
_METHOD = (Column("Item", width=40), Column("Value", width=100))
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


def authorisation(inputs: ReportInputs) -> Section:
    """Who allowed the questions, and the scans that asked them."""
    said = words()
    approvals = table(
        "approvals",
        "Authorisation",
        "Who allowed what, and whether that was verified.",
        _APPROVALS,
        lambda: [
            (
                one.who,
                "verified" if one.verified else "not verified",
                moment(one.when),
                one.what,
                "signature verified" if one.verified else said.unverified_name,
            )
            for one in inputs.approvals
        ],
        empty="No approval is recorded.",
    )
    scans = table(
        "scans",
        "Scans",
        "The runs and imports this report rests on. Ledger lines and head identify the record of every decision.",
        _SCANS,
        lambda: (_scan(scan) for scan in sorted(inputs.scans, key=lambda scan: (scan.started, scan.id))),
        empty="No scan or import is recorded.",
    )
    return Section("authorisation", "Authorisation and method", tables=(approvals, scans, _method(inputs)))


def traffic(inputs: ReportInputs) -> Section:
    """What the questions cost the devices."""
    units, trips = sum(one.units for one in inputs.traffic), sum(one.trips for one in inputs.traffic)
    record = table(
        "traffic",
        "Traffic",
        "What each device was sent, the highest rate in any second, refusals of the gate, trips of a breaker.",
        _TRAFFIC,
        lambda: (
            (one.address, one.units, one.connections, f"{one.highest_per_s:g}", one.refusals, one.trips, one.note)
            for one in inputs.traffic
        ),
        empty="Nothing was sent: this report rests on imports and declarations.",
    )
    figures = (
        Figure(f"{units:,}".replace(",", " "), "units sent"),
        Figure(str(len(inputs.traffic)), "devices asked"),
        Figure(f"{max((one.highest_per_s for one in inputs.traffic), default=0):g}", "highest rate, units/s"),
        Figure(str(trips), "safety trips", "bad" if trips else "good"),
    )
    return Section("traffic", "Traffic record", figures=figures, tables=(record, _halts(inputs)))


def _halts(inputs: ReportInputs) -> Table:
    return table(
        "halts",
        "Incidents",
        "What a safety rule ended, and the devices that are left alone over runs until somebody clears them.",
        _HALTS,
        lambda: (
            (one.what, one.subject, moment(one.at), one.reason, one.scan, one.file, one.cleared) for one in inputs.halts
        ),
        empty="No safety rule ended anything, and no device is left alone.",
    )


def _method(inputs: ReportInputs) -> Table:
    rows: tuple[Row, ...] = (
        ("Vantages", ", ".join(dict.fromkeys(one.name for one in inputs.vantages)) or "none: nothing was asked"),
        ("Questions allowed by name", ", ".join(inputs.permitted) or "none beyond the identity questions"),
        ("Run of the policy", " of ".join(filter(None, (inputs.run, moment(inputs.judged_at)))) or "none"),
        ("Thresholds that differ from the default", "; ".join(inputs.thresholds) or "none"),
        ("Sensors", ", ".join(dict.fromkeys(one.sensor for one in inputs.captures)) or "none"),
        ("Advisories and life cycles", counted(len(inputs.feeds), "file") if inputs.feeds else "none loaded"),
        ("Clock of the scanner", inputs.clock or "not recorded"),
    )
    purpose = "From where was asked, what was allowed, and with what it was judged."
    return table("method", "Method", purpose, _METHOD, lambda: rows, empty="")


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


def _scan(scan: Scan) -> Row:
    return (
        ref("scans", scan.id),
        scan.state.value,
        scan.realm,
        scan.vantage,
        moment(scan.started),
        moment(scan.ended),
        scan.approval,
        ", ".join(scan.coverage),
        scan.plan_hash,
        scan.ledger,
        scan.count,
        scan.head,
        scan.note,
    )


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
