"""The annex about judgement: the checks with their logic, and which requirement each bears on."""

from collections import Counter
from collections.abc import Iterator

from assetctl.model import Result
from assetctl.report.findings import requirements
from assetctl.report.inputs import CheckInfo
from assetctl.report.judgement import Judged
from assetctl.report.section import Section
from assetctl.report.table import Column, Kind, Row, ref, table
from assetctl.report.words import words

_CHECKS = (
    Column("Check", Kind.KEY, 14),
    Column("Version", Kind.NUMBER, 9, page=False),
    Column("Title", width=40),
    Column("Severity", Kind.MARK, 12),
    Column("Statement", Kind.CODE, 60),
    Column("Facts needed", Kind.CODE, 36, page=False),
    Column("Thresholds", width=26),
    Column("Decides", width=40, page=False),
    Column("Pass", Kind.NUMBER, 9),
    Column("Fail", Kind.NUMBER, 9),
    Column("Unknown", Kind.NUMBER, 10),
    Column("Not applicable", Kind.NUMBER, 14),
    Column("Error", Kind.NUMBER, 9),
    Column("Requirements", width=40),
    Column("Fix", width=50, page=False),
    Column("Limits", width=50),
)
_MAPPING = (
    Column("Check", Kind.LINKS, 12),
    Column("Framework", width=18),
    Column("Edition", width=22),
    Column("Requirement", width=20),
    Column("Strength", width=10),
    Column("What that means", width=44),
    Column("Duty", width=10),
)


def catalogue(judged: Judged) -> Section:
    """The checks that were run, and their mapping to frameworks."""
    checks = sorted(judged.checks.values(), key=lambda check: check.id)
    pack = table(
        "checks",
        "Checks",
        "The checks of the pack, how often each result occurred, and what each cannot see.",
        _CHECKS,
        lambda: (_check(check, judged.counts[check.id]) for check in checks),
        empty="No check was run.",
        most=1_000_000,
    )
    mapping = table(
        "mapping",
        "Mapping",
        "Which requirement each check bears on, how strongly, and whether the requirement demands or recommends.",
        _MAPPING,
        lambda: (row for check in checks for row in _mapping(judged, check)),
        empty="No check is mapped to a requirement.",
        folded=True,
        most=1_000_000,
    )
    return Section("checks", "Check catalogue", tables=(pack, mapping))


def _check(check: CheckInfo, counts: Counter[Result]) -> Row:
    return (
        ref("checks", check.id),
        check.version,
        check.title,
        check.severity.value,
        check.statement,
        ", ".join(check.facts),
        "; ".join(check.thresholds),
        words().decides.get(check.own, ""),
        counts[Result.PASS],
        counts[Result.FAIL],
        counts[Result.UNKNOWN],
        counts[Result.NOT_APPLICABLE],
        counts[Result.ERROR],
        "; ".join(filter(None, (requirements(check, ours=True), requirements(check, ours=False)))),
        check.fix,
        check.limits,
    )


def _mapping(judged: Judged, check: CheckInfo) -> Iterator[Row]:
    for one in check.maps:
        meaning = words().strengths.get(one.strength, "")
        yield judged.check(check.id), one.framework, one.edition, one.requirement, one.strength, meaning, one.duty
