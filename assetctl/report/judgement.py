"""The chapters about judgement: results, zones, findings, what is not known, the checks."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from assetctl.model import Because, Finding, Result, Severity, Zone
from assetctl.report.index import Entry, Links
from assetctl.report.inputs import CheckInfo, ReportInputs
from assetctl.report.table import Chart, Column, Kind, Ref, Row, Section, Table, ref, stack, table
from assetctl.report.words import words

_FR = ("IAC", "UC", "SI", "DC", "RDF", "TRE", "RA")
_RANK = {severity: rank for rank, severity in enumerate(Severity)}

_FINDINGS = (
    Column("Result", Kind.MARK, 11),
    Column("Severity", Kind.MARK, 12),
    Column("Finding", Kind.KEY, 18),
    Column("Finding id", Kind.CODE, 22, page=False),
    Column("Title", width=36),
    Column("Subject", Kind.LINKS, 26),
    Column("Zone", Kind.LINKS, 16, page=False),
    Column("Statement", width=60),
    Column("Because", width=50),
    Column("Requirements", width=30),
    Column("Fix", width=50, page=False),
    Column("Limits", width=40, page=False),
    Column("Waiver", width=24, page=False),
    Column("Evidence", Kind.LINKS, 22),
)
_UNKNOWNS = (
    Column("Severity", Kind.MARK, 12),
    Column("Check", Kind.KEY, 18),
    Column("Title", width=36),
    Column("Subject", Kind.LINKS, 26),
    Column("Reason", Kind.CODE, 18),
    Column("Statement", width=60),
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
_ZONES = (
    Column("Zone", Kind.KEY, 20),
    Column("Realm", width=14, page=False),
    Column("Level", width=10),
    Column("Owner", width=24),
    Column("Networks", Kind.CODE, 36),
    *(Column(f"SL-T {fr}", Kind.NUMBER, 10) for fr in _FR),
    Column("Assets", Kind.NUMBER, 10),
    Column("Fail", Kind.NUMBER, 10),
    Column("Unknown", Kind.NUMBER, 10),
    Column("Worst", Kind.MARK, 12),
)
_CHECKS = (
    Column("Check", Kind.KEY, 14),
    Column("Version", Kind.NUMBER, 9, page=False),
    Column("Title", width=40),
    Column("Severity", Kind.MARK, 12),
    Column("Statement", width=60, page=False),
    Column("Pass", Kind.NUMBER, 9),
    Column("Fail", Kind.NUMBER, 9),
    Column("Unknown", Kind.NUMBER, 10),
    Column("Not applicable", Kind.NUMBER, 14),
    Column("Error", Kind.NUMBER, 9),
    Column("Requirements", width=40),
    Column("Fix", width=50, page=False),
    Column("Limits", width=50),
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
            self.by_zone.setdefault(self.zone(finding), []).append(finding)

    def subject(self, finding: Finding) -> tuple[Ref, ...]:
        """The link to the asset or zone a finding is about; the words alone where there is neither."""
        entry = self.entries.get(finding.subject)
        return entry.link if entry else self.links.zone(finding.subject)

    def zone(self, finding: Finding) -> str:
        entry = self.entries.get(finding.subject)
        return (entry.asset.zone or "") if entry else finding.subject if finding.subject in self.links.zones else ""

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
            (f.severity.value, _check_link(judged, f.check), f.title, counts[f.check], _info(judged, f).fix)
            for f in ranked
        ],
        empty="No check found a contradiction in what was covered.",
    )


def findings(judged: Judged) -> Section:
    """Every contradiction and every broken check."""
    listed = judged.of(Result.FAIL, Result.ERROR)
    waived = any(finding.waiver for finding in listed)
    columns = tuple(replace(one, page=waived) if one.title == "Waiver" else one for one in _FINDINGS)
    register = table(
        "findings",
        "Findings",
        "One row for each check that found a contradiction, or could not run, at one subject.",
        columns,
        lambda: (_finding(judged, finding) for finding in listed),
        empty="No check found a contradiction in what was covered. That is not a proof of absence.",
        most=1_000_000,
    )
    lead = ("A FAIL is an indication, not confirmed by an assessor. A waiver stands beside it and never changes it.",)
    return Section("findings", "Findings", lead, tables=(register,))


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
    )
    lead = ("UNKNOWN is never counted as PASS. Each reason names what would settle it.",)
    return Section("unknowns", "Not known", lead, tables=(reasons, every))


def zones(judged: Judged) -> Section:
    """The zones with their targets and what stands against them."""
    rows = table(
        "zones",
        "Zones",
        "One row for each zone: its targets (SL-T), its assets, and what was found.",
        _ZONES,
        lambda: (_zone(judged, zone) for zone in sorted(judged.inputs.zones, key=lambda zone: zone.id)),
        empty="No zones file was given.",
        most=1_000_000,
    )
    lead = ("SL-T is the owner's target. No achieved level is derived here: every row needs an attestation first.",)
    return Section("zones", "Zones", lead, tables=(rows,))


def catalogue(judged: Judged) -> Section:
    """The checks that were run."""
    rows = table(
        "checks",
        "Checks",
        "The checks of the pack, how often each result occurred, and what each cannot see.",
        _CHECKS,
        lambda: (
            _check(check, judged.counts[check.id]) for check in sorted(judged.checks.values(), key=lambda c: c.id)
        ),
        empty="No check was run.",
        most=1_000_000,
    )
    return Section("checks", "Checks", tables=(rows,))


_ORDER = (Result.FAIL, Result.ERROR, Result.UNKNOWN, Result.PASS, Result.NOT_APPLICABLE)


def _counted(inputs: ReportInputs) -> Mapping[str, Counter[Result]]:
    counts: dict[str, Counter[Result]] = {check.id: Counter() for check in inputs.checks}
    for finding in inputs.findings:
        counts.setdefault(finding.check, Counter())[finding.result] += 1
    for check, tally in inputs.tallies.items():
        counts.setdefault(check, Counter()).update(tally)
    return counts


def _info(judged: Judged, finding: Finding) -> CheckInfo:
    return judged.checks.get(finding.check) or CheckInfo(finding.check, finding.title, finding.severity)


def _check_link(judged: Judged, check: str) -> tuple[Ref, ...]:
    return (ref("checks", check) if check in judged.checks else Ref("", check),)


def _requirements(info: CheckInfo) -> str:
    named = dict.fromkeys(f"{one.requirement} ({one.framework} {one.edition}, {one.strength})" for one in info.maps)
    return "; ".join(named)


def _finding(judged: Judged, finding: Finding) -> Row:
    info, zone = _info(judged, finding), judged.zone(finding)
    return (
        finding.result.value,
        finding.severity.value,
        ref("findings", finding.id, finding.check),
        finding.id,
        finding.title,
        judged.subject(finding),
        judged.links.zone(zone) if zone else (),
        finding.statement,
        "; ".join(_told(because) for because in finding.because),
        _requirements(info),
        info.fix,
        info.limits,
        finding.waiver,
        judged.links.evidence(because.evidence for because in finding.because),
    )


def _told(because: Because) -> str:
    if because.value == "":
        return f"{because.key} not known ({because.reason})"
    return f"{because.key} = {because.value}" + (f" ({because.source})" if because.source else "")


def _unknown(judged: Judged, finding: Finding) -> Row:
    return (
        finding.severity.value,
        ref("unknowns", finding.id, finding.check),
        finding.title,
        judged.subject(finding),
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


def _zone(judged: Judged, zone: Zone) -> Row:
    here = judged.by_zone.get(zone.id, [])
    failing = [finding for finding in here if finding.result is Result.FAIL]
    return (
        ref("zones", zone.id),
        zone.realm,
        zone.level,
        zone.owner,
        ", ".join(map(str, zone.networks)),
        *(zone.sl_t.get(fr, "–") for fr in _FR),
        sum(entry.asset.zone == zone.id for entry in judged.entries.values()),
        len(failing),
        sum(finding.result is Result.UNKNOWN for finding in here),
        failing[0].severity.value if failing else "none",
    )


def _check(check: CheckInfo, counts: Counter[Result]) -> Row:
    return (
        ref("checks", check.id),
        check.version,
        check.title,
        check.severity.value,
        check.statement,
        counts[Result.PASS],
        counts[Result.FAIL],
        counts[Result.UNKNOWN],
        counts[Result.NOT_APPLICABLE],
        counts[Result.ERROR],
        _requirements(check),
        check.fix,
        check.limits,
    )
