"""The judgement: every check asked of everything it is for, with the evidence that was read on the way.

Passes are counted and kept as ids with the time of their newest evidence; what is not a pass becomes a `Finding`.
Nothing here changes a result: waivers stand beside it.
"""

import gc
import hashlib
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Final

from assetctl.model import Finding, Result
from assetctl.policy.check import Check
from assetctl.policy.context import Context, Group
from assetctl.policy.ids import Ids
from assetctl.policy.places import Places, realm_of
from assetctl.policy.plant import Plant
from assetctl.policy.snapshot import snapshot_hash
from assetctl.policy.subjects import Target, targets
from assetctl.policy.survey import Survey
from assetctl.policy.values import CODES, DISAGREE, EvaluationError, Operand, Reason, Unknown
from assetctl.policy.view import Reading
from assetctl.policy.wording import because_of, statement_of, why_unknown

BROKEN = "broken-check"
MOST_PEERS = 50
AT_ONCE = 250  # assets of which is remembered what was read
ABSENT = {
    "zone": Reason.NOT_DECLARED,
    "network": Reason.NOT_DECLARED,
    "position": Reason.NOT_DECLARED,
    "approved": Reason.NOT_DECLARED,
    "run": Reason.NOT_DECLARED,
    "conduit": Reason.NOT_DECLARED,
    "flow": Reason.NO_FLOW_COVERAGE,
}
DECLARED_SUBJECTS = tuple(ABSENT)
"""Subjects that nobody may have named or seen yet: then one unknown says so, with that reason."""

PASS, FAIL, UNKNOWN, NOT_APPLICABLE = Result.PASS, Result.FAIL, Result.UNKNOWN, Result.NOT_APPLICABLE
_NOT_PROBED = Reason.NOT_PROBED
# Python finds a member of an enum by a function, which would be a tenth of an evaluation

_Groups = Mapping[tuple[str, ...], Sequence[Target]]


@dataclass(slots=True)
class Verdict:
    """One evaluation. reason: why it is unknown, or what broke. detail: the same, for people.

    There are millions, see `Because`.
    """

    result: Final[Result]
    reason: Final[str]
    detail: Final[str]
    context: Final[Context]
    target: Final[Target]

    @property
    def newest_evidence(self) -> datetime | None:
        seen = [fact.last_seen for reading in self.context.trace for fact in reading.facts]
        return max(seen, default=None)


@dataclass(frozen=True, slots=True)
class Judgement:
    """findings: all failures, unknowns and errors. counts: by check and result.

    passed: finding id -> newest evidence that the pass rests on, so that an earlier finding can be closed.
    not_applicable: ids of the findings that no longer apply. snapshot_hash: of everything that was judged.
    places: as counts, by zone or conduit; see `Finding.zone`.
    """

    findings: tuple[Finding, ...]
    counts: Mapping[tuple[str, Result], int]
    passed: Mapping[str, datetime | None]
    not_applicable: Container[str]
    snapshot_hash: str
    places: Mapping[tuple[str, str, Result], int] = field(default_factory=dict)


@dataclass(slots=True)
class _Tally:
    findings: list[Finding] = field(default_factory=list)
    counts: Counter[tuple[str, Result]] = field(default_factory=Counter)
    passed: dict[str, datetime | None] = field(default_factory=dict)
    not_applicable: Ids = field(default_factory=Ids)
    places: Counter[tuple[str, str, Result]] = field(default_factory=Counter)

    def take(self, course: "_Course") -> None:
        """What a check said of everything it is for."""
        self.findings += course.findings
        for (places, result), count in course.counts.items():
            self.counts[course.check.id, result] += count
            for place in places or ("",):
                self.places[place, course.check.id, result] += count


class _Course:
    """One check on its way through the plant, in the order of its assets, twice where it compares subjects."""

    __slots__ = ("_at", "_groups", "_survey", "_targets", "check", "counts", "findings")

    def __init__(self, check: Check, survey: Survey) -> None:
        self.check = check
        self.findings: list[Finding] = []
        self.counts: Counter[tuple[tuple[str, ...], Result]] = Counter()
        self._survey = survey
        self._targets = targets(check.for_each, survey)
        self._groups: dict[tuple[str, ...], list[Target]] = {}
        self._at = 0

    def start(self) -> None:
        self._at = 0

    def compare(self, last: str | None) -> None:
        """Group the subjects up to and with an asset, None for all that is left."""
        for target in self._next(last):
            _put_in_groups(self.check, self._survey, target, self._groups)

    def go_on(self, tally: _Tally, where: Places, *, last: str | None) -> None:
        """Judge up to and with an asset, None for all that is left."""
        if not self._targets:
            found: Iterable[Verdict] = _nobody(self.check, self._survey) if last is None else ()
        else:
            found = (evaluate(self.check, self._survey, one, self._groups) for one in self._next(last))
        for verdict in found:
            target = verdict.target
            places = where.of(target)
            self.counts[places, verdict.result] += 1
            if verdict.result is PASS:
                tally.passed[finding_id(self.check, target)] = verdict.newest_evidence
            elif verdict.result is NOT_APPLICABLE:
                tally.not_applicable.add(finding_id(self.check, target))
            else:
                self.findings.append(finding_of(self.check, verdict, " ".join(places)))

    def _next(self, last: str | None) -> tuple[Target, ...]:
        begin = end = self._at
        while end < len(self._targets) and not _is_beyond(self._targets[end], last):
            end += 1
        self._at = end
        return self._targets[begin:end]


def _is_beyond(target: Target, last: str | None) -> bool:
    return target.view is not None and last is not None and target.view.asset.id > last


def judge(checks: Iterable[Check], plant: Plant, *, now: datetime) -> Judgement:
    """What the checks say about a plant at a time. The same input gives the same judgement, in the same order."""
    survey = Survey(plant, now)
    with uncollected():
        tally = _judged(checks, survey)
    return Judgement(
        findings=tuple(tally.findings),
        counts=dict(tally.counts),
        passed=tally.passed,
        not_applicable=tally.not_applicable,
        snapshot_hash=snapshot_hash(plant),
        places=dict(tally.places),
    )


def _judged(checks: Iterable[Check], survey: Survey) -> _Tally:
    """All checks go through the plant side by side, so that what is read of an asset is remembered for a while only."""
    tally, where = _Tally(), Places(survey)
    courses = [_Course(check, survey) for check in checks]
    compared = [course for course in courses if course.check.group_by]
    for last in _strides(survey):
        for course in compared:
            course.compare(last)
    for course in compared:
        course.compare(None)
        course.start()
    for last in _strides(survey):
        for course in courses:
            course.go_on(tally, where, last=last)
    for course in courses:
        course.go_on(tally, where, last=None)
        tally.take(course)
    return tally


def _strides(survey: Survey) -> Iterator[str]:
    """The last asset of each stride through the plant; what was remembered of its assets is let go behind it."""
    views = tuple(survey.views.values())
    for at in range(0, len(views), AT_ONCE):
        stride = views[at : at + AT_ONCE]
        yield stride[-1].asset.id
        for view in stride:
            view.forget()


@contextmanager
def uncollected() -> Iterator[None]:
    """Python searches for objects that hold each other, again and again among millions; a judgement makes none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def verdicts(check: Check, survey: Survey) -> Iterator[Verdict]:
    """One check over everything it is for. What nobody declared, and flows that nobody saw, leave one unknown."""
    found = targets(check.for_each, survey)
    if not found:
        yield from _nobody(check, survey)
        return
    groups: dict[tuple[str, ...], list[Target]] = {}
    for target in found if check.group_by else ():
        _put_in_groups(check, survey, target, groups)
    for target in found:
        yield evaluate(check, survey, target, groups)


def _nobody(check: Check, survey: Survey) -> Iterator[Verdict]:
    """What is said where there is no subject at all."""
    if check.for_each in ABSENT:
        missing = Unknown(ABSENT[check.for_each], f"{check.for_each}s")
        yield _unknown(check, missing, Target().context(survey, check.max_age), Target())


def evaluate(check: Check, survey: Survey, target: Target, groups: _Groups) -> Verdict:
    """One check of one subject."""
    context = target.context(survey, check.max_age)
    try:
        applies = check.applies_to.run(context) if check.applies_to else True
        if applies is False:
            return Verdict(NOT_APPLICABLE, "", "", context, target)
        if isinstance(applies, Unknown):
            return _unknown(check, applies, context, target)
        if check.group_by:
            context.group = _group_of(check, context, target, groups)
        value = check.assertion.run(context)
    except EvaluationError as error:
        return Verdict(Result.ERROR, BROKEN, str(error), context, target)
    if isinstance(value, Unknown):
        return _unknown(check, value, context, target)
    return Verdict(PASS if value is True else FAIL, "", "", context, target)


def finding_of(check: Check, verdict: Verdict, zone: str = "") -> Finding:
    """A verdict with its sentence and its evidence. zone: where its subject lies, see `Places`."""
    target = verdict.target
    return Finding(
        id=finding_id(check, verdict.target),
        check=check.id,
        check_version=check.version,
        title=check.title,
        severity=check.severity,
        subject=verdict.target.subject,
        result=verdict.result,
        reason=verdict.reason,
        statement=statement_of(check, verdict.result, verdict.detail, verdict.context),
        because=because_of(verdict.context),
        realm=realm_of(target),
        position=(target.view.asset.position or "") if target.view else "",
        part=target.stable_key or target.local_key,
        zone=zone,
    )


def finding_id(check: Check, target: Target) -> str:
    """The same for the same check and the same place, whatever device stands there."""
    digest = _begun(check.id).copy()
    digest.update(target.key.encode())
    return digest.hexdigest()[:16]


@lru_cache(4096)
def _begun(check: str) -> "hashlib._Hash":
    """What all ids of a check have in common: going on from there takes a third of the time."""
    return hashlib.sha256(f"{check}\0".encode())


def _unknown(check: Check, missing: Unknown, context: Context, target: Target) -> Verdict:
    is_forbidden = check.permission and check.permission not in context.survey.plant.permitted
    reason = missing.reason
    if is_forbidden and reason is _NOT_PROBED:
        reason = Reason.NOT_PERMITTED
        missing = Unknown(reason, missing.about)
    return Verdict(UNKNOWN, CODES[reason], why_unknown(missing), context, target)


def _put_in_groups(check: Check, survey: Survey, target: Target, groups: dict[tuple[str, ...], list[Target]]) -> None:
    """Note whom a subject shares its values with. One that cannot be evaluated shares none; its own result says so."""
    context = target.context(survey, check.max_age)
    try:
        if check.applies_to and check.applies_to.run(context) is False:
            return
        keys = _keys(check, context)
    except EvaluationError:
        return
    if not isinstance(keys, Unknown):
        for key in keys:
            groups.setdefault(key, []).append(target)


def _keys(check: Check, context: Context) -> tuple[tuple[str, ...], ...] | Unknown:
    """The values a subject is grouped by: several when the last is a list."""
    first: list[str] = []
    *before, last = (expression.run(context) for expression in check.group_by)
    for value in before:
        if not isinstance(value, str | int):
            return _no_key(value)
        first.append(_spelled(value))
    if not isinstance(last, str | int | tuple):
        return _no_key(last)
    return tuple((*first, _spelled(value)) for value in (last if isinstance(last, tuple) else (last,)))


def _no_key(value: Operand) -> Unknown:
    return value if isinstance(value, Unknown) else DISAGREE


def _spelled(value: str | int) -> str:
    return " ".join(str(value).split()).casefold()


def _group_of(check: Check, context: Context, target: Target, groups: _Groups) -> Group | Unknown:
    keys = _keys(check, context)
    if isinstance(keys, Unknown):
        return keys
    assert target.view is not None, "groups are of assets and their parts"
    mine = target.view.root.asset.id
    largest = max(keys, key=lambda key: len(_devices(groups[key])), default=())
    devices = _devices(groups.get(largest, ()))
    others = tuple(sorted(devices.keys() - {mine}))
    for other in others[:MOST_PEERS]:
        context.trace += _peer_readings(check, context, devices[other])
    holders = tuple((member.view, member.local_key) for member in groups.get(largest, ()) if member.view)
    return Group(" ".join(largest), len(devices), others, holders)


def _devices(members: Sequence[Target]) -> dict[str, Target]:
    """The distinct devices among group members; a device and its parts are one."""
    return {member.view.root.asset.id: member for member in reversed(members) if member.view}


def _peer_readings(check: Check, context: Context, peer: Target) -> list[Reading]:
    theirs = peer.context(context.survey, check.max_age)
    _keys(check, theirs)
    return theirs.trace
