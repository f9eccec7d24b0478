"""The life of a finding over runs: it is opened by a failure, and ends only when that is shown.

A pass closes it when its evidence is newer and the check still states the same. An unknown leaves it open: it was not
tested again. It is withdrawn when its subject is out of scope or retired, or when the check was changed. A failure
opens it anew; what an assessor said of the earlier one does not count for the new one.
"""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from assetctl.errors import InputError
from assetctl.model import Finding, Life, LifeEvent, LifeState, Result
from assetctl.packing import Findings

NOT_LOOKED_AT = "not looked at"
NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Absent:
    """Why a subject is not judged any more. by: who said so, "" for whoever runs the check.

    is_closed: newer evidence shows that it is gone, such as a port that is closed now.
    """

    reason: str
    by: str = ""
    is_closed: bool = False


@dataclass(frozen=True, slots=True)
class RunSaid:
    """What one run of everything said. stated: check -> digest of its statement, of all that were run.

    passed: id -> newest evidence, None when the record itself decided. absent: why a subject was not judged, None when
    nobody knows.
    """

    at: datetime
    by: str
    findings: Findings
    passed: Mapping[str, datetime | None]
    not_applicable: Container[str]
    stated: Mapping[str, str]
    absent: Callable[[Life], Absent | None]


Step = tuple[Life, tuple[LifeEvent, ...]]


def advance(held: Mapping[str, Life], run: RunSaid) -> Iterator[Step]:
    """The findings that a run opens, keeps or ends, each with what happened to it; what it leaves alone is not among.

    A run may have a million failures: each is looked at when its turn comes, and none is kept.
    """
    failing, latest = _failing(run.findings)
    for finding in run.findings.having(Result.FAIL):
        if finding.id not in latest:
            yield _failed(held.get(finding.id), finding, run)
        elif told := latest[finding.id]:
            latest[finding.id] = None
            yield _failed(held.get(finding.id), told, run)
    left = held.keys() - failing
    other = {id: result for id, result in run.findings.ids() if id in left} if left else {}
    for id, life in held.items():
        if life.state is LifeState.OPEN and id not in failing:
            step = _did_not_fail(life, run, other.get(id))
            if step[0] != life:
                yield step


def _failing(findings: Findings) -> tuple[set[str], dict[str, Finding | None]]:
    """The ids of all failures; and of those that several subjects share the last one, which stands for all of them."""
    counts = Counter(id for id, result in findings.ids() if result is Result.FAIL)
    shared = {id for id, count in counts.items() if count > 1}
    latest: dict[str, Finding | None] = {}
    for finding in findings.having(Result.FAIL) if shared else ():
        if finding.id in shared:
            latest[finding.id] = finding
    return set(counts), latest


def _failed(life: Life | None, finding: Finding, run: RunSaid) -> Step:
    stated = run.stated[finding.check]
    if life is None:
        return _opened(finding, run), (_event(finding.id, run, "opened", finding.statement),)
    if life.state is not LifeState.OPEN:
        again = replace(_opened(finding, run), owner=life.owner)
        return again, (_event(life.id, run, "reopened", f"it was {life.state}: {life.ended}"),)
    if _logic(life.stated) != _logic(stated):
        again = replace(_opened(finding, run), owner=life.owner, due=life.due)
        withdrawn = _event(life.id, run, "withdrawn", "the check was changed")
        return again, (withdrawn, _event(life.id, run, "reopened", "it fails as the check now states it"))
    kept = replace(_opened(finding, run), first_seen=life.first_seen, assessment=life.assessment)
    events = (_event(life.id, run, "restated", "thresholds were changed; it fails still"),)
    return replace(kept, owner=life.owner, due=life.due), events if life.stated != stated else ()


def _did_not_fail(life: Life, run: RunSaid, other: Result | None) -> Step:
    if life.check not in run.stated:
        return replace(life, latest=NOT_RUN), ()
    if life.stated != run.stated[life.check]:
        same_logic = _logic(life.stated) == _logic(run.stated[life.check])
        return _ended(life, run, Absent(f"the {'thresholds were' if same_logic else 'check was'} changed"))
    if other is not None:  # of several subjects that share an id one says more than what another passed
        return replace(life, latest=other.value), ()
    if life.id in run.passed:
        evidence = run.passed[life.id]
        if evidence is None or evidence > life.evidence_at:
            shown = f"on evidence of {evidence:%Y-%m-%d %H:%M} UTC" if evidence else "by what is declared"
            return _ended(life, run, Absent(f"passed {shown}", is_closed=True))
        return replace(life, latest=Result.PASS.value), ()
    if life.id in run.not_applicable:
        return _ended(life, run, Absent("the check no longer applies to it"))
    absent = run.absent(life)
    return _ended(life, run, absent) if absent else (replace(life, latest=NOT_LOOKED_AT), ())


def _opened(finding: Finding, run: RunSaid) -> Life:
    seen = [because.observed_at for because in finding.because if because.observed_at]
    return Life(
        id=finding.id,
        check=finding.check,
        stated=run.stated[finding.check],
        title=finding.title,
        severity=finding.severity,
        subject=finding.subject,
        realm=finding.realm,
        position=finding.position,
        part=finding.part,
        zone=finding.zone,
        statement=finding.statement,
        first_seen=run.at,
        last_seen=run.at,
        evidence_at=max(seen, default=run.at),
        waiver=finding.waiver,
    )


def _ended(life: Life, run: RunSaid, absent: Absent) -> Step:
    state = LifeState.CLOSED if absent.is_closed else LifeState.WITHDRAWN
    ended = replace(life, state=state, ended_at=run.at, ended=absent.reason, latest=NOT_LOOKED_AT)
    if life.id in run.passed:
        ended = replace(ended, latest=Result.PASS.value)
    return ended, (replace(_event(life.id, run, state.value, absent.reason), by=absent.by or run.by),)


def _logic(stated: str) -> str:
    return stated.partition(".")[0]


def _event(finding: str, run: RunSaid, what: str, reason: str) -> LifeEvent:
    return LifeEvent(finding, run.at, what, run.by, reason)


@dataclass(frozen=True, slots=True)
class Word:
    """Who says something about a finding, why and when. Raises InputError without a name and a reason."""

    by: str
    reason: str
    at: datetime

    def __post_init__(self) -> None:
        if not self.by.strip() or not self.reason.strip():
            raise InputError("an assessment needs a name and a reason: give --by and --reason")


def assessed(life: Life, assessment: str, word: Word) -> Step:
    """A finding that an assessor confirms or rejects. Raises InputError when it is not open."""
    _require_open(life)
    if life.assessment == assessment:
        raise InputError(f"{life.id} is {assessment} already; `assetctl findings show {life.id}` tells by whom")
    return replace(life, assessment=assessment), (LifeEvent(life.id, word.at, assessment, word.by, word.reason),)


def withdrawn(life: Life, word: Word) -> Step:
    """A finding that somebody takes out of the register. Raises InputError when it is not open."""
    _require_open(life)
    ended = replace(life, state=LifeState.WITHDRAWN, ended_at=word.at, ended=f"{word.by}: {word.reason}")
    return ended, (LifeEvent(life.id, word.at, LifeState.WITHDRAWN.value, word.by, word.reason),)


def assigned(life: Life, owner: str, due: str, word: Word) -> Step:
    """A finding with who mends it until when. Raises InputError when it is not open."""
    _require_open(life)
    given = replace(life, owner=owner or life.owner, due=due or life.due)
    told = f"to {given.owner or 'nobody'}" + (f", due {given.due}" if given.due else "")
    return given, (LifeEvent(life.id, word.at, "assigned", word.by, f"{told}: {word.reason}"),)


def commented(life: Life, word: Word) -> Step:
    """A finding with a remark; nothing else about it changes."""
    return life, (LifeEvent(life.id, word.at, "commented", word.by, word.reason),)


def counted(lives: Iterable[Life]) -> dict[str, int]:
    """How many are open, of these confirmed, rejected, mere indications and not re-tested; closed; withdrawn."""
    every = tuple(lives)
    still = [one for one in every if one.state is LifeState.OPEN]
    return {
        "open": len(still),
        "indications": sum(not one.assessment for one in still),
        "confirmed": sum(one.assessment == "confirmed" for one in still),
        "rejected": sum(one.assessment == "rejected" for one in still),
        "not re-tested": sum(not one.is_retested for one in still),
        "closed": sum(one.state is LifeState.CLOSED for one in every),
        "withdrawn": sum(one.state is LifeState.WITHDRAWN for one in every),
    }


def _require_open(life: Life) -> None:
    if life.state is not LifeState.OPEN:
        raise InputError(f"{life.id} is {life.state} ({life.ended}); only an open finding can be changed")
