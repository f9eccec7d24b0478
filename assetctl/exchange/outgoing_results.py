"""Findings of a run of the policy as results that may leave."""

from collections.abc import Iterable, Iterator
from datetime import UTC

from assetctl.exchange.outgoing import Reason, Redact, Verdict, clean
from assetctl.model import Because, Finding, Result


def verdicts(findings: Iterable[Finding], redact: Redact) -> tuple[Verdict, ...]:
    """Everything that did not pass, sorted by check, subject and id. Passes are kept as counts only."""
    made = (_verdict(one, redact) for one in findings if one.result is not Result.PASS)
    return tuple(sorted(made, key=lambda one: (one.check, one.subject, one.id)))


def _verdict(finding: Finding, redact: Redact) -> Verdict:
    return Verdict(
        id=clean(finding.id, redact),
        check=clean(finding.check),
        title=clean(finding.title, redact) or clean(finding.check),
        severity=finding.severity,
        result=finding.result,
        reason=clean(finding.reason, redact),
        statement=clean(finding.statement, redact) or clean(finding.title, redact) or clean(finding.check),
        subject=clean(finding.subject, redact),
        zone=clean(finding.zone, redact),
        part=clean(finding.part, redact),
        waiver=clean(finding.waiver, redact),
        because=tuple(_reasons(finding.because, redact)),
    )


def _reasons(because: Iterable[Because], redact: Redact) -> Iterator[Reason]:
    for one in because:
        read = one.value or f"not known ({one.reason or 'no reason was recorded'})"
        source = f", {one.source}" if one.source else ""
        at = one.observed_at.astimezone(UTC) if one.observed_at else None
        yield Reason(clean(f"{one.subject} {one.key}: {read}{source}", redact), clean(one.evidence, redact), at)
