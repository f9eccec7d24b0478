"""The chapters about the questions: who allowed them, which scans asked them, what they sent, and what was stopped."""

from assetctl.model import Scan
from assetctl.report.inputs import ReportInputs
from assetctl.report.section import Figure, Section
from assetctl.report.table import Column, Kind, Row, Table, moment, ref, table
from assetctl.report.words import words
from assetctl.text import counted

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
