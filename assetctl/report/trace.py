"""What each requirement at each place rests on, down to the digests of the bytes: requirement, finding, evidence."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from assetctl.model import EVERYWHERE, Finding, Result
from assetctl.policy.frameworks import IEC
from assetctl.policy.level_rows import Place, RowState
from assetctl.report.inputs import Evidence, ReportInputs
from assetctl.report.table import final, moment

Records = Callable[[], Iterator[dict[str, Any]]]
"""Too many to be held at once: they are made anew at every call."""


def trace(
    inputs: ReportInputs, places: Iterable[Place], seen: Mapping[str, Mapping[str, Mapping[str, int]]]
) -> dict[str, Any]:
    """requirements: one for each place and row. findings: those that did not pass. evidence: what they name. These two
    are `Records`.

    places: what concerns each zone and conduit. seen: place -> check -> result -> count, of the last run. passes: of
    what concerns a place, by place and check.
    """
    concerned = {one.id: sorted({*one.within, one.id, EVERYWHERE}) for one in places}
    bears: dict[str, list[str]] = {}
    for check in inputs.checks:
        for one in check.maps:
            if one.framework == IEC:
                bears.setdefault(one.requirement, []).append(check.id)
    return {
        "requirements": [
            _requirement(cell.place, row, tuple(bears.get(row.row.id, ())), concerned.get(cell.place, []))
            for cell in inputs.levels
            for row in cell.rows
        ],
        "passes": {final(name): _passes(within, seen) for name, within in concerned.items()},
        "findings": lambda: map(finding_record, inputs.findings),
        "evidence": lambda: _evidence(inputs),
        "attestations": [
            {
                "id": one.attestation.id,
                "answer": one.attestation.answer.value,
                "author": final(one.attestation.author),
                "counts": one.counts,
            }
            for one in inputs.attestations
        ],
    }


def _passes(within: Iterable[str], seen: Mapping[str, Mapping[str, Mapping[str, int]]]) -> dict[str, int]:
    """Check -> how often it passed in these places."""
    found: Counter[str] = Counter()
    for place in within:
        for check, results in seen.get(place, {}).items():
            found[check] += results.get(Result.PASS.value, 0)
    return {check: count for check, count in sorted(found.items()) if count}


def _requirement(place: str, one: RowState, checks: tuple[str, ...], within: Iterable[str]) -> dict[str, Any]:
    return {
        "id": one.row.id,
        "place": final(place),
        "within": [final(name) for name in within],
        "state": one.state.value,
        "why": final(one.why),
        "checks": sorted(set(checks)),
        "against": list(one.checks),
        "attestations": [final(name) for name in one.attested],
    }


def finding_record(one: Finding) -> dict[str, Any]:
    """One result with the facts that it rests on."""
    return {
        "id": one.id,
        "check": one.check,
        "subject": final(one.subject),
        "part": final(one.part),
        "zone": final(one.zone),
        "result": one.result.value,
        "reason": one.reason,
        "statement": final(one.statement),
        "because": [
            {
                "subject": final(because.subject),
                "key": because.key,
                "value": final(because.value),
                "source": final(because.source),
                "evidence": because.evidence,
                "observed_at": moment(because.observed_at),
                "reason": final(because.reason),
            }
            for because in one.because
        ],
    }


def _evidence(inputs: ReportInputs) -> Iterator[dict[str, Any]]:
    for one in inputs.evidence():
        yield {"id": one.id, "sent": one.sent, "received": list(one.received), **_shown(one)}


def _shown(one: Evidence) -> dict[str, str]:
    return {"kind": one.kind, "request": final(one.request), "target": final(one.target), "at": moment(one.at)}
