"""What was judged, arranged for the chapters about it; the results over all, and what is not known."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from assetctl.model import Because, Finding, Life, Result, Severity
from assetctl.packing import Findings, Sort
from assetctl.report.charts import Chart, stack
from assetctl.report.index import Entry, Links
from assetctl.report.inputs import CheckInfo, ReportInputs
from assetctl.report.section import Section
from assetctl.report.table import Column, Kind, Ref, Row, Table, ref, table
from assetctl.report.words import words

_RANK = {severity: rank for rank, severity in enumerate(Severity)}

_UNKNOWNS = (
    Column("Severity", Kind.MARK, 12),
    Column("Check", Kind.KEY, 18),
    Column("Title", width=36),
    Column("Subject", Kind.LINKS, 26),
    Column("Reason", Kind.CODE, 18),
    Column("Statement", width=60, page=False),
    Column("Missing", width=40),
    Column("What would settle it", width=50, page=False),
)
_REASONS = (
    Column("Reason", Kind.CODE, 18),
    Column("Results", Kind.NUMBER, 10),
    Column("Subjects", Kind.NUMBER, 10),
    Column("What it means", width=50),
    Column("What would settle it", width=60),
    Column("Checks", width=50),
)
_WORST = (
    Column("Severity", Kind.MARK, 12),
    Column("Check", Kind.LINKS, 14),
    Column("Title", width=50),
    Column("Findings", Kind.NUMBER, 12),
    Column("What to do", width=70),
)


@dataclass(slots=True)
class Here:
    """What was found at one place. worst: severity of the gravest failure, None without one."""

    counts: Counter[Result] = field(default_factory=Counter)
    worst: Severity | None = None

    def take(self, finding: Finding) -> None:
        self.counts[finding.result] += 1
        if finding.result is Result.FAIL:
            self.worst = min(filter(None, (self.worst, finding.severity)), key=_RANK.__getitem__)


class Judged:
    """Findings beside the checks and assets they name. They stay packed; those of one check at a time are opened."""

    def __init__(self, inputs: ReportInputs, findings: Findings, entries: Sequence[Entry], links: Links) -> None:
        self.inputs = inputs
        self.links = links
        self.checks: Mapping[str, CheckInfo] = {check.id: check for check in inputs.checks}
        self.entries = {entry.asset.id: entry for entry in entries}
        self.findings = findings
        self.sorts = self.findings.sorts()
        self.counts = _counted(inputs, self.sorts)
        self.waived: dict[str, list[str]] = {}
        for use in inputs.waivers:
            for covered in use.findings:
                self.waived.setdefault(covered, []).append(use.waiver.id)

    def subject(self, id: str) -> tuple[Ref, ...]:
        """The link to the asset, zone or conduit a finding is about; the words alone where there is none of them."""
        entry = self.entries.get(id)
        return entry.link if entry else self.links.places((id,))

    def places(self, told: Finding | Life) -> tuple[Ref, ...]:
        """The zones and conduits in which the subject lies."""
        return self.links.places(self.place_ids(told))

    def place_ids(self, told: Finding | Life) -> tuple[str, ...]:
        if told.zone:
            return tuple(told.zone.split())
        entry = self.entries.get(told.subject)
        zone = (entry.asset.zone or "") if entry else told.subject if told.subject in self.links.zones else ""
        return (zone,) if zone else ()

    def info(self, told: Finding | Life) -> CheckInfo:
        return self.checks.get(told.check) or CheckInfo(told.check, told.title, told.severity)

    def check(self, id: str) -> tuple[Ref, ...]:
        """The link to a check of the pack; the word alone for one that is no longer in it."""
        return (ref("checks", id) if id in self.checks else Ref("", id),)

    def waivers(self, finding: str, told: str) -> tuple[Ref, ...]:
        """The waivers that cover a finding. told: what the run said, where the file is not at hand."""
        held = self.waived.get(finding, ())
        return tuple(ref("waivers", name) for name in held) or ((Ref("", told),) if told else ())

    def total(self, result: Result) -> int:
        return sum(counts[result] for counts in self.counts.values())

    def of(self, *results: Result) -> Iterator[Finding]:
        """Findings with one of these results by severity, check, subject and id."""
        return chain.from_iterable(self.by_check(*results))

    def by_check(self, *results: Result) -> Iterator[list[Finding]]:
        """The same, those of one check together."""
        for severity, check in sorted({sort[:2] for sort in self.sorts}, key=lambda pair: (_RANK[pair[0]], pair[1])):
            wanted = {Sort(severity, check, result) for result in results} & self.sorts.keys()
            if wanted:
                yield sorted(self.findings.of(wanted), key=_by_subject)

    def first(self, sort: Sort) -> Finding:
        """The first of a sort that there is."""
        return min(self.findings.of({sort}), key=_by_subject)

    def count(self, *results: Result) -> int:
        """How many findings have one of these results; passes are no findings."""
        return sum(count for sort, count in self.sorts.items() if sort.result in results)

    def places_seen(self) -> Mapping[str, Here]:
        """What was found at each zone and conduit."""
        found: dict[str, Here] = {}
        for finding in self.findings:
            for place in self.place_ids(finding):
                found.setdefault(place, Here()).take(finding)
        return found


def results_chart(judged: Judged) -> Chart:
    """All results as one bar."""
    marks = words().marks
    return stack(
        "results",
        "Results of all checks",
        [(result.value, judged.total(result), marks[result.value].tone) for result in _ORDER],
    )


def severity_chart(judged: Judged) -> Chart:
    """Failing results by severity."""
    counts: Counter[Severity] = Counter()
    for sort, count in judged.sorts.items():
        if sort.result is Result.FAIL:
            counts[sort.severity] += count
    return stack(
        "severities", "Indications by severity", [(one.value, counts[one], f"sev-{one.value}") for one in Severity]
    )


def worst(judged: Judged) -> Table:
    """The five checks that weigh most."""
    counts: Counter[str] = Counter()
    gravest: dict[str, Severity] = {}
    for sort, count in judged.sorts.items():
        if sort.result is Result.FAIL:
            counts[sort.check] += count
            gravest[sort.check] = min(sort.severity, gravest.get(sort.check, sort.severity), key=_RANK.__getitem__)
    names = sorted(gravest, key=lambda name: (_RANK[gravest[name]], -counts[name], name))[:5]
    ranked = [judged.first(Sort(gravest[name], name, Result.FAIL)) for name in names]
    return table(
        "worst",
        "Summary",
        "The five checks that weigh most, by severity and number of findings.",
        _WORST,
        lambda: [
            (f.severity.value, judged.check(f.check), f.title, counts[f.check], judged.info(f).fix) for f in ranked
        ],
        empty="No check found a contradiction in what was covered.",
    )


def unknowns(judged: Judged) -> Section:
    """What could not be decided, grouped by reason, and what would settle it."""
    by_reason = _by_reason(judged)
    reasons = table(
        "reasons",
        "Unknown reasons",
        "Why results are not known, and what would settle them.",
        _REASONS,
        lambda: by_reason,
        empty="Nothing is unknown.",
    )
    every = table(
        "unknowns",
        "Unknowns",
        "Every result that is not known.",
        _UNKNOWNS,
        lambda: (_unknown(judged, finding) for finding in judged.of(Result.UNKNOWN)),
        empty="Nothing is unknown.",
        folded=True,
        most=3_000,
        gathers="Subject",
        count=judged.count(Result.UNKNOWN),
    )
    lead = ("UNKNOWN is never counted as PASS. Each reason names what would settle it.",)
    return Section("unknowns", "Open points", lead, tables=(reasons, every))


_ORDER = (Result.FAIL, Result.ERROR, Result.UNKNOWN, Result.PASS, Result.NOT_APPLICABLE)


def _counted(inputs: ReportInputs, sorts: Mapping[Sort, int]) -> Mapping[str, Counter[Result]]:
    counts: dict[str, Counter[Result]] = {check.id: Counter() for check in inputs.checks}
    for sort, count in sorts.items():
        counts.setdefault(sort.check, Counter())[sort.result] += count
    for check, tally in inputs.tallies.items():
        counts.setdefault(check, Counter()).update(tally)
    return counts


def fact_told(because: Because) -> str:
    """A fact that an evaluation read, in words."""
    if because.value == "":
        return f"{because.key} not known ({because.reason})"
    return f"{because.key} = {because.value}" + (f" ({because.source})" if because.source else "")


def _unknown(judged: Judged, finding: Finding) -> Row:
    return (
        finding.severity.value,
        ref("unknowns", finding.id, finding.check),
        finding.title,
        judged.subject(finding.subject),
        finding.reason,
        finding.statement,
        ", ".join(dict.fromkeys(because.key for because in finding.because if because.value == "")),
        words().reason(finding.reason).remedy,
    )


@dataclass(slots=True)
class _Reason:
    count: int = 0
    subjects: set[str] = field(default_factory=set)
    checks: set[str] = field(default_factory=set)


def _by_reason(judged: Judged) -> Sequence[Row]:
    """A row for each reason why something is unknown, the most frequent first."""
    found: dict[str, _Reason] = {}
    for finding in judged.findings.having(Result.UNKNOWN):
        held = found.setdefault(finding.reason, _Reason())
        held.count += 1
        held.subjects.add(finding.subject)
        held.checks.add(finding.check)
    return tuple(_reason(*pair) for pair in sorted(found.items(), key=lambda pair: (-pair[1].count, pair[0])))


def _reason(code: str, held: _Reason) -> Row:
    reason, checks = words().reason(code), sorted(held.checks)
    return (
        code,
        held.count,
        len(held.subjects),
        reason.meaning,
        reason.remedy,
        ", ".join(checks[:12]) + (f" and {len(checks) - 12} more" if len(checks) > 12 else ""),
    )


def _by_subject(finding: Finding) -> tuple[str, str]:
    return finding.subject, finding.id
