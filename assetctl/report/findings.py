"""The chapter of findings: every failure that ever stood, with its life, and every result that is no pass."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from assetctl.model import Because, Finding, Life, LifeState, Result, Severity
from assetctl.policy.frameworks import IEC
from assetctl.report.inputs import CheckInfo
from assetctl.report.judgement import Judged, fact_told
from assetctl.report.section import Figure, Section
from assetctl.report.table import Column, Kind, Ref, Row, Table, moment, ref, table

FAILING, UNTESTED, CLOSED, WITHDRAWN = "failing", "not re-tested", "closed", "withdrawn"
INDICATION = "indication"
_ORDER = {FAILING: 0, Result.ERROR.value: 0, UNTESTED: 1, CLOSED: 2, WITHDRAWN: 3}
_RANK = {severity: rank for rank, severity in enumerate(Severity)}

_FINDINGS = (
    Column("State", Kind.MARK, 14),
    Column("Severity", Kind.MARK, 12),
    Column("Result", Kind.MARK, 14, page=False),
    Column("Finding", Kind.KEY, 18),
    Column("Finding id", Kind.CODE, 22, page=False),
    Column("Title", width=36),
    Column("Subject", Kind.LINKS, 26),
    Column("Zone", Kind.LINKS, 16),
    Column("Asset number", Kind.CODE, 16, page=False),
    Column("Host name", width=20, page=False),
    Column("Address", Kind.CODE, 18, page=False),
    Column("Statement", width=60),
    Column("Expected", width=50, page=False),
    Column("Because", width=50),
    Column("Assessment", Kind.MARK, 13),
    Column("First seen", Kind.TIME, 20),
    Column("Last seen", Kind.TIME, 20),
    Column("Ended", Kind.TIME, 20, page=False),
    Column("Why it ended", width=40, page=False),
    Column("Requirements", width=30),
    Column("Other mappings", width=40, page=False),
    Column("Fix", width=50),
    Column("Limits", width=40, page=False),
    Column("Waiver", Kind.LINKS, 24),
    Column("Evidence", Kind.LINKS, 22),
    Column("Owner", width=22, by_auditor=True),
    Column("Due", width=12, by_auditor=True),
    Column("Decision", width=14, page=False, by_auditor=True),
    Column("Auditor comment", width=44, page=False, by_auditor=True),
)
_RESULTS = (
    Column("Run", Kind.CODE, 30, page=False),
    Column("Check", Kind.LINKS, 12),
    Column("Version", Kind.NUMBER, 9, page=False),
    Column("Subject", Kind.LINKS, 26),
    Column("Part", Kind.CODE, 16, page=False),
    Column("Zone", Kind.LINKS, 18, page=False),
    Column("Result", Kind.MARK, 12),
    Column("Reason", Kind.CODE, 18),
    Column("Values used", width=60),
    Column("Thresholds", width=26, page=False),
    Column("Evidence", Kind.LINKS, 22),
    Column("Observed", Kind.TIME, 20),
)
_COUNTS = (
    Column("Zone", Kind.LINKS, 22),
    Column("Check", Kind.LINKS, 12),
    Column("Title", width=50),
    *(Column(result.value.capitalize(), Kind.NUMBER, 14) for result in Result),
)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of the register. finding: as the last run said it, None when it said nothing of it."""

    id: str
    state: str
    finding: Finding | None
    life: Life | None

    @property
    def told(self) -> Finding | Life:
        found = self.finding or self.life
        assert found is not None, "an entry is made of one of them"
        return found


def findings(judged: Judged) -> Section:
    """Every contradiction and every broken check, and what became of earlier ones."""
    lives = {life.id: life for life in judged.inputs.lives}
    counts = Counter(entry.state for entry in _entries(judged, lives))
    assessed = Counter(life.assessment for life in judged.inputs.lives if life.state is LifeState.OPEN)
    register = table(
        "findings",
        "Findings",
        "One row for each check that found a contradiction, or could not run, at one subject.",
        _FINDINGS,
        lambda: (_row(judged, entry) for entry in _entries(judged, lives)),
        empty="No check found a contradiction in what was covered. That is not a proof of absence.",
        most=20_000,
        count=counts.total(),
    )
    figures = (
        Figure(str(counts[FAILING]), "failing", "bad" if counts[FAILING] else "good", "in the last run"),
        Figure(
            str(counts[UNTESTED]),
            "open, not re-tested",
            "warn" if counts[UNTESTED] else "quiet",
            "still not shown gone",
        ),
        Figure(str(assessed["confirmed"]), "confirmed", "quiet", "by an assessor"),
        Figure(str(assessed["rejected"]), "rejected", "quiet", "by an assessor"),
        Figure(str(counts[CLOSED]), "closed", "quiet", "by a pass with newer evidence"),
        Figure(str(counts[WITHDRAWN]), "withdrawn", "quiet", "out of scope, retired, or the check changed"),
    )
    lead = ("A FAIL is an indication until an assessor confirms it. A waiver stands beside it and never changes it.",)
    return Section("findings", "Findings", lead, figures=figures, tables=(register,))


def results(judged: Judged) -> tuple[Table, Table]:
    """Every result that is no pass, and how many there are of each kind."""
    listed = (Result.FAIL, Result.ERROR, Result.UNKNOWN)
    every = table(
        "results",
        "Results",
        "Every result of the last run that is no pass, with the values that were used.",
        _RESULTS,
        lambda: (_result(judged, finding) for finding in judged.of(*listed)),
        empty="Every result is a pass, or nothing was judged.",
        folded=True,
        most=3_000,
        gathers="Subject",
        page_rows=lambda: (_result(judged, one) for one in judged.of(Result.ERROR, Result.UNKNOWN) if _rests(one)),
        count=judged.count(*listed),
        left_out="Failures stand under Findings, and results for which no value was known under Unknowns.",
    )
    counts = table(
        "counts",
        "Result counts",
        "How many results of each kind every check gave in each zone, passes included.",
        _COUNTS,
        lambda: _counts(judged),
        empty="Nothing was judged.",
        folded=True,
        most=3_000,
        gathers="Zone",
    )
    return every, counts


def _entries(judged: Judged, lives: Mapping[str, Life]) -> Iterator[_Entry]:
    """What fails or broke first, by severity, check and subject; then what was found before."""
    now: set[str] = set()
    for found in judged.by_check(Result.FAIL, Result.ERROR):
        last = {finding.id: finding for finding in found}  # two devices at one position are one line
        now.update(last)
        for finding in sorted(last.values(), key=lambda one: (one.subject, one.id)):
            life = lives.get(finding.id)
            yield _Entry(finding.id, _state(finding, life), finding, life)
    gone = (_Entry(id, _state(None, life), None, life) for id, life in lives.items() if id not in now)
    yield from sorted(gone, key=lambda e: (_ORDER[e.state], _RANK[e.told.severity], e.told.check, e.told.subject, e.id))


def _state(finding: Finding | None, life: Life | None) -> str:
    if finding is not None:
        return FAILING if finding.result is Result.FAIL else Result.ERROR.value
    if life is not None and life.state is LifeState.OPEN:
        return UNTESTED
    return CLOSED if life is not None and life.state is LifeState.CLOSED else WITHDRAWN


def _row(judged: Judged, entry: _Entry) -> Row:
    told, life, finding = entry.told, entry.life, entry.finding
    info = judged.info(told)
    asset = judged.entries.get(told.subject)
    because: tuple[Because, ...] = finding.because if finding else ()
    return (
        entry.state,
        told.severity.value,
        finding.result.value if finding else life.latest if life else "",
        ref("findings", entry.id, told.check),
        entry.id,
        told.title,
        judged.subject(told.subject),
        judged.places(told),
        asset.text("asset_number") if asset else "",
        asset.text("hostname") if asset else "",
        asset.text("ip_address") if asset else "",
        told.statement,
        info.statement,
        "; ".join(map(fact_told, because)),
        (life.assessment if life else "") or INDICATION,
        moment(life.first_seen if life else None),
        moment(life.last_seen if life else None),
        moment(life.ended_at if life else None),
        life.ended if life else "",
        requirements(info, ours=True),
        requirements(info, ours=False),
        info.fix,
        info.limits,
        judged.waivers(entry.id, told.waiver),
        judged.links.evidence(one.evidence for one in because),
        life.owner if life else "",
        life.due if life else "",
        "",
        "",
    )


def requirements(info: CheckInfo, *, ours: bool) -> str:
    """The requirements of a check: of 62443-3-3, or of all others."""
    named = (one for one in info.maps if (one.framework == IEC) is ours)
    return "; ".join(dict.fromkeys(f"{m.requirement} ({m.framework} {m.edition}, {m.strength})" for m in named))


def _rests(finding: Finding) -> bool:
    """Whether a result rests on any value at all."""
    return any(because.value != "" for because in finding.because)


def _result(judged: Judged, finding: Finding) -> Row:
    info = judged.info(finding)
    times: list[datetime] = [one.observed_at for one in finding.because if one.observed_at]
    return (
        judged.inputs.run,
        judged.check(finding.check),
        finding.check_version,
        judged.subject(finding.subject),
        finding.part,
        judged.places(finding),
        finding.result.value,
        finding.reason,
        "; ".join(map(fact_told, finding.because)),
        "; ".join(info.thresholds),
        judged.links.evidence(one.evidence for one in finding.because),
        moment(max(times, default=None)),
    )


def _counts(judged: Judged) -> Iterator[Row]:
    for place, checks in sorted(judged.inputs.seen.items()):
        for check, counts in sorted(checks.items()):
            info = judged.checks.get(check)
            told: tuple[Ref, ...] = judged.links.places((place,))
            yield told, judged.check(check), info.title if info else "", *(counts.get(one.value, 0) for one in Result)
