"""What was judged, arranged for the chapters about it; the results over all, and what is not known."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from assetctl.model import Because, Finding, Life, Result, Severity
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


class Judged:
    """Findings beside the checks and assets they name."""

    def __init__(self, inputs: ReportInputs, entries: Sequence[Entry], links: Links) -> None:
        self.inputs = inputs
        self.links = links
        self.checks: Mapping[str, CheckInfo] = {check.id: check for check in inputs.checks}
        self.entries = {entry.asset.id: entry for entry in entries}
        self.findings = sorted(inputs.findings, key=lambda f: (_RANK[f.severity], f.check, f.subject, f.id))
        self.counts = _counted(inputs)
        self.by_zone: dict[str, list[Finding]] = {}
        for finding in self.findings:
            for place in self.place_ids(finding) or ("",):
                self.by_zone.setdefault(place, []).append(finding)
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

    def of(self, *results: Result) -> list[Finding]:
        return [finding for finding in self.findings if finding.result in results]


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
    counts = Counter(finding.severity for finding in judged.of(Result.FAIL))
    return stack(
        "severities", "Indications by severity", [(one.value, counts[one], f"sev-{one.value}") for one in Severity]
    )


def worst(judged: Judged) -> Table:
    """The five checks that weigh most."""
    counts = Counter(finding.check for finding in judged.of(Result.FAIL))
    first = {finding.check: finding for finding in reversed(judged.of(Result.FAIL))}
    ranked = sorted(first.values(), key=lambda f: (_RANK[f.severity], -counts[f.check], f.check))[:5]
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
    held = judged.of(Result.UNKNOWN)
    reasons = table(
        "reasons",
        "Unknown reasons",
        "Why results are not known, and what would settle them.",
        _REASONS,
        lambda: [_reason(code, [f for f in held if f.reason == code]) for code in _by_count(held)],
        empty="Nothing is unknown.",
    )
    every = table(
        "unknowns",
        "Unknowns",
        "Every result that is not known.",
        _UNKNOWNS,
        lambda: (_unknown(judged, finding) for finding in held),
        empty="Nothing is unknown.",
        folded=True,
        most=3_000,
        gathers="Subject",
    )
    lead = ("UNKNOWN is never counted as PASS. Each reason names what would settle it.",)
    return Section("unknowns", "Open points", lead, tables=(reasons, every))


_ORDER = (Result.FAIL, Result.ERROR, Result.UNKNOWN, Result.PASS, Result.NOT_APPLICABLE)


def _counted(inputs: ReportInputs) -> Mapping[str, Counter[Result]]:
    counts: dict[str, Counter[Result]] = {check.id: Counter() for check in inputs.checks}
    for finding in inputs.findings:
        counts.setdefault(finding.check, Counter())[finding.result] += 1
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


def _by_count(held: Sequence[Finding]) -> Iterator[str]:
    ranked = sorted(Counter(finding.reason for finding in held).items(), key=lambda pair: (-pair[1], pair[0]))
    return (code for code, _ in ranked)


def _reason(code: str, held: Sequence[Finding]) -> Row:
    reason, checks = words().reason(code), sorted({finding.check for finding in held})
    return (
        code,
        len(held),
        len({finding.subject for finding in held}),
        reason.meaning,
        reason.remedy,
        ", ".join(checks[:12]) + (f" and {len(checks) - 12} more" if len(checks) > 12 else ""),
    )
