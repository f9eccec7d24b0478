"""The judgement: every check asked of everything it is for, with the evidence that was read on the way.

Passes are counted and kept as ids with the time of their newest evidence; what is not a pass becomes a `Finding`.
Nothing here changes a result: waivers stand beside it.

All checks go through the plant side by side, a stride of assets at a time, twice where some compare subjects with each
other. What was read of a stride is let go behind it and findings are packed, so that memory holds the inventory as it
was packed, the findings likewise, and what a stride is worked out from.
"""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from assetctl.garbage import uncollected
from assetctl.model import Result
from assetctl.packing import Findings, Packer
from assetctl.policy.check import Check
from assetctl.policy.evaluation import NOT_APPLICABLE, PASS, Verdict, evaluate, finding_id, finding_of, of_nobody
from assetctl.policy.grouping import Groups
from assetctl.policy.ids import Ids
from assetctl.policy.places import Places, realm_of
from assetctl.policy.plant import Plant
from assetctl.policy.snapshot import snapshot_hash
from assetctl.policy.subjects import OF_ASSETS, Target, parts_of, targets
from assetctl.policy.survey import Survey

AT_ONCE = 250
"""Assets, or other subjects, of which is remembered what was read."""
MOST_FACTS = 100_000
"""So many facts end a stride before that."""

_Block = Mapping[str, Sequence[Target]]
"""Subjects of one stride, by what checks call them."""
_Placed = Mapping[str, Sequence[tuple[Target, str, tuple[str, ...]]]]
"""The same with the realm of each and the zones or conduits in which it lies, worked out once for all checks."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """findings: all failures, unknowns and errors. counts: by check and result.

    passed: finding id -> newest evidence that the pass rests on, so that an earlier finding can be closed.
    not_applicable: ids of the findings that no longer apply. snapshot_hash: of everything that was judged.
    places: as counts, by zone or conduit; see `Finding.zone`. realms: the same by address space, "" for the inventory.
    """

    findings: Findings
    counts: Mapping[tuple[str, Result], int]
    passed: Mapping[str, datetime | None]
    not_applicable: Container[str]
    snapshot_hash: str
    places: Mapping[tuple[str, str, Result], int] = field(default_factory=dict)
    realms: Mapping[tuple[str, str, Result], int] = field(default_factory=dict)


@dataclass(slots=True)
class _Tally:
    findings: Findings = field(default_factory=Findings)
    counts: Counter[tuple[str, Result]] = field(default_factory=Counter)
    passed: dict[str, datetime | None] = field(default_factory=dict)
    not_applicable: Ids = field(default_factory=Ids)
    places: Counter[tuple[str, str, Result]] = field(default_factory=Counter)
    realms: Counter[tuple[str, str, Result]] = field(default_factory=Counter)

    def take(self, course: "_Course") -> None:
        """What a check said of everything it is for."""
        self.findings.extend(course.findings.packed())
        for (realm, places, result), count in course.counts.items():
            self.counts[course.check.id, result] += count
            self.realms[realm, course.check.id, result] += count
            for place in places or ("",):
                self.places[place, course.check.id, result] += count


class _Course:
    """One check on its way through the plant."""

    __slots__ = ("_groups", "_survey", "check", "counts", "findings")

    def __init__(self, check: Check, survey: Survey) -> None:
        self.check = check
        self.findings = Packer()
        self.counts: Counter[tuple[str, tuple[str, ...], Result]] = Counter()
        self._survey = survey
        self._groups = Groups(check, survey)

    def compare(self, block: _Block) -> None:
        """Note which subjects of a stride share a value."""
        for target in block.get(self.check.for_each, ()):
            self._groups.note(target)

    def judge(self, block: _Placed, tally: _Tally) -> None:
        """Judge the subjects of a stride."""
        check, survey, groups = self.check, self._survey, self._groups
        for target, realm, places in block.get(check.for_each, ()):
            self._take(evaluate(check, survey, target, groups), realm, places, tally)

    def end(self, tally: _Tally, where: Places) -> None:
        """Say so when there was nothing to judge at all."""
        if not self.counts:
            for verdict in of_nobody(self.check, self._survey):
                self._take(verdict, realm_of(verdict.target), where.of(verdict.target), tally)
        tally.take(self)

    def _take(self, verdict: Verdict, realm: str, places: tuple[str, ...], tally: _Tally) -> None:
        target, result = verdict.target, verdict.result
        self.counts[realm, places, result] += 1
        if result is PASS:
            tally.passed[finding_id(self.check, target)] = verdict.newest_evidence
        elif result is NOT_APPLICABLE:
            tally.not_applicable.add(finding_id(self.check, target))
        else:
            self.findings.add(finding_of(self.check, verdict, " ".join(places)))


def judge(checks: Iterable[Check], plant: Plant, *, now: datetime) -> Judgement:
    """What the checks say about a plant at a time. The same input gives the same judgement, in the same order."""
    survey = Survey(plant, now)
    with uncollected():
        tally = _judged(checks, survey)
    return Judgement(
        findings=tally.findings,
        counts=dict(tally.counts),
        passed=tally.passed,
        not_applicable=tally.not_applicable,
        snapshot_hash=snapshot_hash(plant),
        places=dict(tally.places),
        realms=dict(tally.realms),
    )


def _judged(checks: Iterable[Check], survey: Survey) -> _Tally:
    tally, where = _Tally(), Places(survey)
    courses = [_Course(check, survey) for check in checks]
    if compared := [course for course in courses if course.check.group_by]:
        for block in _of_assets(survey):
            for course in compared:
                course.compare(block)
    for block in _of_assets(survey):
        placed = _placed(block, where)
        for course in courses:
            course.judge(placed, tally)
    _judge_the_rest(courses, survey, tally, where)
    for course in courses:
        course.end(tally, where)
    return tally


def _judge_the_rest(courses: Sequence[_Course], survey: Survey, tally: _Tally, where: Places) -> None:
    """Zones, flows and whatever else is no asset or part of one."""
    for kind in dict.fromkeys(course.check.for_each for course in courses if course.check.for_each not in OF_ASSETS):
        every = targets(kind, survey)
        for at in range(0, len(every), AT_ONCE):
            placed = _placed({kind: every[at : at + AT_ONCE]}, where)
            for course in courses:
                course.judge(placed, tally)
            survey.forget()


def _placed(block: _Block, where: Places) -> _Placed:
    return {kind: [(one, realm_of(one), where.of(one)) for one in of_kind] for kind, of_kind in block.items()}


def _of_assets(survey: Survey) -> Iterator[_Block]:
    """The assets and their parts, stride by stride."""
    held: list[str] = []
    count = 0
    for id, view in survey.views.items():
        held.append(id)
        count += len(view.asset.facts)
        if len(held) >= AT_ONCE or count >= MOST_FACTS:
            yield parts_of(survey, [survey.views[one] for one in held])
            survey.forget()
            held, count = [], 0
    yield parts_of(survey, [survey.views[one] for one in held])
    survey.forget()
