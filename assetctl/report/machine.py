"""What other machines are told: findings and golden differences as rows of one kind, before any format.

SARIF, JUnit and annotations travel to other people's servers, so each writer is handed the function that redacts.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from assetctl.model import Finding, Result, Severity
from assetctl.report.table import final

Redact = Callable[[str], str]

LEVELS = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note"}


@dataclass(frozen=True, slots=True)
class Row:
    """One result. kind: "finding" or "golden". id: stable over runs. rule: check id, or kind of difference.

    state: FAIL is a contradiction or a drift, UNKNOWN what could not be decided or compared. file, line: the check or
    golden file in the repository, relative to its root, from 1. logical: the asset, zone or position.
    """

    kind: str
    id: str
    rule: str
    title: str
    severity: Severity
    state: Result
    message: str
    file: str
    line: int = 1
    logical: str = ""
    waiver: str = ""


def finding_rows(findings: Iterable[Finding], files: Mapping[str, str]) -> Iterator[Row]:
    """Findings as rows. files: where each check is written, by check id."""
    for one in findings:
        yield Row(
            kind="finding",
            id=one.id,
            rule=one.check,
            title=one.title,
            severity=one.severity,
            state=one.result,
            message=f"{one.statement} ({one.reason})" if one.reason else one.statement,
            file=files.get(one.check, f"checks/{one.check}.yaml"),
            logical=one.subject,
            waiver=one.waiver,
        )


def message(row: Row, redact: Redact) -> str:
    """What happened and to whom, redacted, harmless, in one line."""
    told = f"{row.logical}: {row.message}" if row.logical else row.message
    return final(redact(told + (f" [waived: {row.waiver}]" if row.waiver else "")))
