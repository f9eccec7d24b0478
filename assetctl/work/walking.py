"""From a requirement in a report to the bytes it rests on: checks and attestations, findings, evidence, digests.

The report says what was found and under which digests the bytes were kept; the store is asked for them and they are
hashed again. So a report that was signed proves the store, and the store explains the report.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assetctl.documents import read_json
from assetctl.errors import InputError, IntegrityFault
from assetctl.protocols import registry
from assetctl.report.result import NAME as RESULT
from assetctl.report.trace import finding_record
from assetctl.settle import as_text
from assetctl.store.records import StoredExchange
from assetctl.store.repo import Store
from assetctl.text import near, one_line
from assetctl.work.passing import Passes
from assetctl.work.reread import reread
from assetctl.work.verifying import Proof, manifest_of

MOST_RESULT_BYTES = 1024 * 1024 * 1024
EXCERPT_BYTES = 24
MOST_PASSES = 20


@dataclass(frozen=True, slots=True)
class _Trace:
    """What the result of a report says of requirements, see `report.trace`."""

    requirements: Sequence[Mapping[str, Any]]
    findings: Sequence[Mapping[str, Any]]
    evidence: Mapping[str, Mapping[str, Any]]
    attestations: Mapping[str, Mapping[str, Any]]
    passes: Mapping[str, Mapping[str, int]]


def walked(report: Path, store: Store, requirement: str, place: str, passes: Passes | None = None) -> tuple[Proof, ...]:
    """Every step, in order. passes: judged again, None where only their counts are left.

    Raises InputError when the report has no such requirement or place.
    """
    path = manifest_of(report).parent / RESULT
    trace = _read(path)
    row = _row(trace, path, requirement, place)
    return tuple(_steps(trace, row, store, passes))


def _read(path: Path) -> _Trace:
    root = read_json(path, most=MOST_RESULT_BYTES).root
    try:
        told = root["trace"]
        return _Trace(
            told["requirements"],
            told["findings"],
            {one["id"]: one for one in told["evidence"]},
            {one["id"]: one for one in told["attestations"]},
            told["passes"],
        )
    except (KeyError, TypeError):
        raise InputError(f"{path}: this is no result that can be walked; make it again: assetctl report all") from None


def _row(trace: _Trace, path: Path, requirement: str, place: str) -> Mapping[str, Any]:
    places = tuple(dict.fromkeys(one["place"] for one in trace.requirements))
    if place not in places:
        raise InputError(f"{path}: no zone or conduit {one_line(place)}{near(place, places)}")
    rows = {one["id"]: one for one in trace.requirements if one["place"] == place}
    if requirement not in rows:
        raise InputError(f"{path}: no requirement {one_line(requirement)}{near(requirement, tuple(rows))}")
    return rows[requirement]


def _steps(trace: _Trace, row: Mapping[str, Any], store: Store, passes: Passes | None) -> Iterator[Proof]:
    yield Proof(f"{row['id']}@{row['place']}", row["state"], row["why"])
    for name in row["attestations"]:
        one = trace.attestations.get(name, {})
        yield Proof(f"  attestation {name}", one.get("answer", "unknown"), f"by {one.get('author', 'nobody')}")
    for check in row["checks"]:
        yield from _check(trace, row, check, store, passes)


def _check(trace: _Trace, row: Mapping[str, Any], check: str, store: Store, passes: Passes | None) -> Iterator[Proof]:
    against = [one for one in trace.findings if one["check"] == check and _concerns(one, row)]
    count = trace.passes.get(row["place"], {}).get(check, 0)
    again = [finding_record(one) for one in passes(check)] if passes and count else []
    good = [one for one in again if _concerns(one, row)]
    left = "" if not count or good else ", of which only the count is left: the plant has moved on since"
    state = f"{len(against)} not passed" if against else "nothing against it"
    yield Proof(f"  check {check}", state, f"{count} passed{left}")
    for finding in (*against, *good[:MOST_PASSES]):
        yield Proof(f"    finding {finding['id']}", finding["result"], f"{finding['subject']}: {finding['statement']}")
        for because in finding["because"]:
            yield from _because(trace, because, store)
    if len(good) > MOST_PASSES:
        yield Proof("    more", "pass", f"{len(good) - MOST_PASSES} further passes are not walked")


def _concerns(finding: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    return bool(set(finding["zone"].split()) & set(row["within"]))


def _because(trace: _Trace, because: Mapping[str, Any], store: Store) -> Iterator[Proof]:
    said = because["value"] or f"not known: {because['reason']}"
    what = f"      {because['subject']} {because['key']}"
    yield Proof(what, said, f"{because['source'] or 'no source'} {because['observed_at']}".strip())
    if because["evidence"]:
        yield from _evidence(trace.evidence.get(because["evidence"]), because, store)


def _evidence(noted: Mapping[str, Any] | None, because: Mapping[str, Any], store: Store) -> Iterator[Proof]:
    name = because["evidence"]
    what = f"        evidence {name}"
    try:
        stored = store.exchange(name)
    except IntegrityFault as fault:
        yield Proof(what, "changed", str(fault), True)
        return
    if noted is None:
        yield Proof(what, "not in the report", "the report names it without its digests")
    elif stored is None:
        yield Proof(what, "not stored", "this database does not hold it; open the one the report was made from", True)
    elif (stored.sent, list(stored.received)) != (noted["sent"], noted["received"]):
        yield Proof(what, "changed", "the stored bytes have other digests than the report says", True)
    elif stored.is_pruned:
        yield Proof(what, "pruned", f"digests as in the report: {', '.join((stored.sent, *stored.received))}")
    else:
        yield Proof(what, "hashed again", _shown(stored))
        yield from _decoded(stored, because["key"], store)


def _decoded(stored: StoredExchange, key: str, store: Store) -> Iterator[Proof]:
    """What today's decoder reads of that key in the talk which the bytes belong to."""
    observation = store.observation(stored.step)
    if observation is None:
        return
    for again in reread([observation], registry()):
        read = [as_text(claim.value) for claim in again.observation.claims if claim.key == key]
        told = again.fault or ", ".join(dict.fromkeys(read)) or f"{key} is derived from other values of this answer"
        yield Proof(f"          read again by {again.observation.reader}", "fault" if again.fault else key, told)


def _shown(stored: StoredExchange) -> str:
    one = stored.exchange
    answers = (f"{digest} = {frame[:EXCERPT_BYTES].hex()}" for digest, frame in _frames(stored))
    return f"{one.request}, {one.outcome} at {one.at:%Y-%m-%d %H:%M:%S}Z; SHA-256 {'; '.join(answers)}"


def _frames(stored: StoredExchange) -> Iterator[tuple[str, bytes]]:
    """The answer; where there was none, the question."""
    one = stored.exchange
    return iter(zip(stored.received, one.received, strict=True) if one.received else ((stored.sent, one.sent),))
