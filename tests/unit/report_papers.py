"""The rest of what a report may say of the made-up plant: conduits and flows, papers, advisories, golden files."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from assetctl.golden.outcome import Difference, Outcome
from assetctl.model import Allowed, Capture, Conduit, Finding, Life, LifeState, Result, Severity, Zone
from assetctl.policy.attestations import Answer, Attestation, Standing, by_row
from assetctl.policy.frameworks import IEC
from assetctl.policy.level_rows import Against, Knowledge, Place
from assetctl.policy.levels import Cell, vectors
from assetctl.policy.load import load_frameworks
from assetctl.policy.waivers import State, Use, Waiver
from assetctl.report.inputs import AdvisoryMatch, Compared, FeedInfo, Halt, LifeEnd, Passage
from assetctl.topology import End, Link, Topology

SEEN = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
OPCUA, S7 = Allowed("opcua", "tcp", (4840, 4840)), Allowed("s7", "tcp", (102, 102))


def conduits() -> tuple[Conduit, ...]:
    return (
        Conduit("c-press", "control-room", "cell-press", "from", (OPCUA, S7), ("+L1-FW1",), sl_t={"RDF": 2}),
        Conduit("c-filling", "control-room", "cell-filling", "both", (OPCUA,), trust="untrusted", tunnel="IPsec"),
        Conduit("c-bare", "cell-press", "cell-filling", "both"),
    )


def passages() -> tuple[Passage, ...]:
    def one(source: str, target: str, port: int, ends: tuple[str, str], conduit: str, verdict: str) -> Passage:
        return Passage(source, target, "tcp", port, "opcua", *ends, conduit, verdict, 40, 38, SEEN, SEEN, "tap-1")

    press, filling = ("control-room", "cell-press"), ("cell-press", "cell-filling")
    return (
        one("10.20.9.5", "10.20.1.10", 4840, press, "c-press", "allowed"),
        one("10.20.9.5", "10.20.1.10", 80, press, "c-press", "not in its conduit"),
        one("10.20.1.10", "10.20.9.5", 102, press[::-1], "c-press", "other opener"),
        one("10.20.1.11", "10.20.2.20", 502, filling, "", "no conduit"),
        one("10.20.1.11", "192.0.2.9", 443, ("cell-press", ""), "", "no zone"),
    )


def captures() -> tuple[Capture, ...]:
    end = SEEN + timedelta(days=14)
    return (
        Capture("cap-1", "plant", "tap-1", "csv", "flows.csv", "a1" * 32, SEEN, end, end, ("10.20.0.0/16",), 9, 5, 1),
    )


def topology(ids: Sequence[str]) -> Topology:
    links = [Link(End(ids[1], f"1/{n}"), End(id, "0" if n == 8 else ""), ("lldp",)) for n, id in enumerate(ids[2:9])]
    links.append(Link(End(ids[1], "1/9"), End(ids[8], "2/1"), ("lldp",), shared=True))
    return Topology(tuple(links), (), ())


def lives(findings: Sequence[Finding]) -> tuple[Life, ...]:
    """Those that fail now, one that was not tested again, one closed, one withdrawn."""
    failing = [finding for finding in findings if finding.result is Result.FAIL]
    now = tuple(_life(f.id, f.check, f.subject, f.title, f.severity, zone=f.zone) for f in failing)
    gone = _life("fd-gone", "SVC-002", failing[0].subject, "Telnet is off", Severity.HIGH)
    ended = SEEN + timedelta(hours=3)
    return (
        *now[:-1],
        _life(now[-1].id, now[-1].check, now[-1].subject, now[-1].title, now[-1].severity, assessment="confirmed"),
        _life("fd-later", "SVC-002", failing[0].subject, "Telnet is off", Severity.HIGH, latest="unknown", owner="Ada"),
        _life("fd-over", gone.check, gone.subject, gone.title, gone.severity, LifeState.CLOSED, ended, "passed"),
        _life("fd-away", gone.check, "as-scrapped", gone.title, gone.severity, LifeState.WITHDRAWN, ended, "retired"),
    )


def _life(
    id: str,
    check: str,
    subject: str,
    title: str,
    severity: Severity,
    state: LifeState = LifeState.OPEN,
    ended_at: datetime | None = None,
    ended: str = "",
    **given: str,
) -> Life:
    stated = {"stated": "s", "realm": "plant", "position": "", "part": "", "zone": "cell-press"} | given
    return Life(
        id, check, title=title, severity=severity, subject=subject, statement="Telnet answers.", first_seen=SEEN,
        last_seen=SEEN, evidence_at=SEEN, state=state, ended_at=ended_at, ended=ended, **stated,
    )  # fmt: skip


def waivers(findings: Sequence[Finding]) -> tuple[Use, ...]:
    covered = tuple(finding.id for finding in findings if finding.result is Result.FAIL)[:2]

    def use(id: str, state: State, expires: date, measure: str = "") -> Use:
        held = Waiver(
            id, "SVC-002", "plant", frozenset({"+L1-K1"}), "tcp/23", "needed until the stop", "Ada", "Bo", measure,
            "T-7", date(2026, 1, 5), expires, "2026-02-01 by Bo: withdrawn" if state is State.REVOKED else "",
        )  # fmt: skip
        return Use(held, state, covered if state is not State.REVOKED else ())

    return (
        use("W-2026-03", State.LIVE, date(2027, 3, 1), "access list on the switch"),
        use("W-2026-01", State.EXPIRED, date(2026, 11, 1)),
        use("W-2026-02", State.EXPIRING, date(2026, 12, 1)),
        use("W-2026-04", State.REVOKED, date(2027, 1, 1)),
    )


def attestations() -> tuple[Standing, ...]:
    def one(id: str, row: str, answer: Answer, days: int, fault: str = "") -> Standing:
        until = date(2026, 11, 22) + timedelta(days=days)
        told = Attestation(
            id, row, "cell-press", False, answer, "as in the manual", "manual.pdf", "d0" * 32, "Ada", "Works", "Bo",
            "Office", date(2026, 2, 1), until, ("SVC-002",),
        )  # fmt: skip
        return Standing(told, fault, days)

    return (
        one("at-1", "SR 1.1", Answer.YES, 40),
        one("at-2", "SR 1.2", Answer.NO, 40),
        one("at-3", "SR 1.3", Answer.YES, -3, "it was valid until 2026-11-19"),
        one("at-4", "SR 1.4", Answer.NOT_APPLICABLE, 40, "nobody has reviewed it"),
    )


def levels(zones: Sequence[Zone], held: Sequence[Conduit], told: Sequence[Life]) -> tuple[Cell, ...]:
    rows = tuple(load_frameworks()[IEC].rows.values())
    still = [one for one in told if one.state is LifeState.OPEN]
    against = tuple(
        Against(one.id, one.check, frozenset(one.zone.split()), "confirmed" if one.assessment else "") for one in still
    )
    known = Knowledge(
        rows=rows,
        maps={"SVC-002": {"SR 7.7": "S"}, "SNM-001": {"SR 1.5": "R"}},
        against=against,
        answers=by_row(attestations()),
    )
    places = [Place(one.id, False, one.sl_t) for one in zones] + [Place(one.id, True, one.sl_t) for one in held]
    return vectors(places, known)


def advisories(ids: Sequence[str]) -> tuple[AdvisoryMatch, ...]:
    def one(at: int, verdict: str, kev: tuple[str, ...] = ()) -> AdvisoryMatch:
        return AdvisoryMatch(
            ids[at], f"SSA-90010{at}", "Flaw", (f"CVE-2026-9{at}",), "9.8", verdict, "CPU V2.9", "CPU < V3", "", "V2.9",
            kev, "2026-12-01" if kev else "", "offered", "", SEEN,
        )  # fmt: skip

    return (one(0, "affected", ("CVE-2026-90",)), one(2, "possibly affected"), one(3, "not affected"))


def life_ends(ids: Sequence[str]) -> tuple[LifeEnd, ...]:
    return (
        LifeEnd(ids[0], "Siemens CPU 1515", "2020-01-01", "2026-01-01", "list (eol.csv:2)"),
        LifeEnd(ids[2], "Schneider M580", "", "2027-06-01", "list (eol.csv:3)"),
        LifeEnd(ids[3], "Rockwell 5580", "", "", "list (eol.csv:4)"),
    )


def feeds() -> tuple[FeedInfo, ...]:
    return (FeedInfo("csaf", "ssa-900100.json", SEEN, True, 3, "c5" * 32),)


def golden(ids: Sequence[str]) -> tuple[Compared, ...]:
    rows = tuple(
        Difference(f"+L1-K{at}", ids[at], outcome, "model" if outcome is Outcome.CHANGED else "", "old", "new", "")
        for at, outcome in enumerate(Outcome)
    )
    return (Compared("golden/cell-press.yaml", "cell-press", rows, 0.875, "9c" * 32),)


def halts() -> tuple[Halt, ...]:
    return (
        Halt("incident", "plant/10.20.1.14", "two questions stayed unanswered", SEEN, "sc-07", "incident-1.json"),
        Halt("quarantine", "plant/10.20.1.14", "tripped", SEEN, "sc-07", "", "2026-11-21 by Ada: looked at"),
    )
