"""The tests of a check, run: each case must give its result, and lost evidence must never make a pass.

The law of mutants. Where a case fails or is unknown, no loss of evidence may turn it into a pass. Where it passes, the
loss of a fact may leave it a pass only when the check is decided without that fact, that is, when no contrary value of
it would change the result either. Three sorts are counted apart: facts that the check looks up in the record itself,
where an absent value is an answer; facts of other assets, with which the asset is compared, since a check of what is
unique compares only what was read; and one of two rival values, since the other then stands alone. Nothing excuses a
pass without what the sensors of a check of flows saw, or without the zones that a check is about.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime

from assetctl.model import Fact, Result
from assetctl.policy.cases import plant_of
from assetctl.policy.check import Case, Check
from assetctl.policy.evaluation import Verdict, verdicts
from assetctl.policy.load import load_check
from assetctl.policy.mutants import SEEN, Kind, Mutant, flips, losses
from assetctl.policy.plant import Plant
from assetctl.policy.seen_cases import NOW
from assetctl.policy.survey import Survey

_WORST = (Result.ERROR, Result.FAIL, Result.UNKNOWN, Result.PASS, Result.NOT_APPLICABLE)
_HARMLESS = (Result.PASS, Result.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class Trial:
    """What one case gave. survivors: mutants that passed although they may not.

    mutants: how many with less evidence there were; decided_without, by_record, of_peers and of_rivals: those that were
    a pass and may be. flips: mutants with a contrary fact; moved: those of them that changed the result.
    """

    check: str
    case: str
    expected: Result
    found: Result
    mutants: int = 0
    decided_without: int = 0
    by_record: int = 0
    of_peers: int = 0
    of_rivals: int = 0
    flips: int = 0
    moved: int = 0
    survivors: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        return self.expected is self.found and not self.survivors


@dataclass(frozen=True, slots=True)
class _Whole:
    """A case with all its evidence. looked_up: keys that were read only from the record.

    is_of_record: no fact was read but from the record, so that nothing in it ages.
    """

    check: Check
    plant: Plant
    result: Result
    looked_up: frozenset[str]
    is_of_record: bool
    flipped: dict[int, tuple[Result, ...]] = field(default_factory=dict)


def run_tests(check: Check) -> tuple[Trial, ...]:
    """Every case of a check. A check without cases gives one trial that is not good."""
    if not check.cases:
        return (Trial(check.id, "no tests", Result.PASS, Result.ERROR),)
    return tuple(_run(_with_params(check, case), case) for case in check.cases)


def _with_params(check: Check, case: Case) -> Check:
    return load_check(check.path, params={check.id: case.params}) if case.params else check


def _run(check: Check, case: Case) -> Trial:
    plant = plant_of(case)
    found = _verdicts(check, plant, NOW)
    trial = Trial(check.id, case.name, case.expect, _worst(found))
    if trial.found in (Result.ERROR, Result.NOT_APPLICABLE):
        return trial
    readings = [reading for verdict in found for reading in verdict.context.trace]
    is_of_record = all(reading.closed or not reading.facts for reading in readings)
    return _mutated(_Whole(check, plant, trial.found, _looked_up(found), is_of_record), trial)


def _verdicts(check: Check, plant: Plant, now: datetime) -> tuple[Verdict, ...]:
    """What the check says about the case's first asset, or about its zones and networks."""
    found = tuple(verdicts(check, Survey(plant, now)))
    return tuple(v for v in found if v.target.view is None or v.target.view.asset.id == plant.assets[0].id)


def _result(check: Check, mutant: Mutant) -> Result:
    return _worst(_verdicts(check, mutant.plant, mutant.now))


def _worst(found: tuple[Verdict, ...]) -> Result:
    results = {verdict.result for verdict in found}
    return next((result for result in _WORST if result in results), Result.NOT_APPLICABLE)


def _mutated(whole: _Whole, trial: Trial) -> Trial:
    counts: Counter[str] = Counter()
    survivors: list[str] = []
    for mutant in losses(whole.check, whole.plant):
        counts["mutants"] += 1
        if _result(whole.check, mutant) is not Result.PASS:
            continue
        excuse = _excuse(whole, mutant)
        counts[excuse] += 1
        if not excuse:
            survivors.append(mutant.name)
    flipped = [result for fact in whole.plant.assets[0].facts for result in _flipped(whole, fact)]
    return replace(
        trial,
        mutants=counts["mutants"],
        decided_without=counts["decided_without"],
        by_record=counts["by_record"],
        of_peers=counts["of_peers"],
        of_rivals=counts["of_rivals"],
        flips=len(flipped),
        moved=sum(result is not whole.result for result in flipped),
        survivors=tuple(dict.fromkeys(survivors)),
    )


def _excuse(whole: _Whole, mutant: Mutant) -> str:
    """Why a mutant may pass: the name of what counts it, "" when it may not."""
    if mutant.kind in SEEN:
        return ""
    if mutant.peer:
        return "of_peers"
    if mutant.fact is not None:
        return _excuse_of_fact(whole, mutant.fact)
    if whole.is_of_record:
        return "by_record"
    was_told_already = whole.result is Result.PASS and mutant.kind is Kind.UNPERMITTED
    return "decided_without" if was_told_already else ""


def _excuse_of_fact(whole: _Whole, fact: Fact) -> str:
    if fact.key in whole.looked_up:
        return "by_record"
    if whole.result is Result.PASS and _is_idle(whole, fact):
        return "decided_without"
    return "of_rivals" if any(_is_rival(fact, other) for other in whole.plant.assets[0].facts) else ""


def _is_rival(fact: Fact, other: Fact) -> bool:
    return (fact.subject, fact.key) == (other.subject, other.key) and fact.source != other.source


def _is_idle(whole: _Whole, fact: Fact) -> bool:
    """Whether every contrary value of a fact leaves the result a pass, or makes the check not apply."""
    return all(result in _HARMLESS for result in _flipped(whole, fact))


def _flipped(whole: _Whole, fact: Fact) -> tuple[Result, ...]:
    if id(fact) not in whole.flipped:
        whole.flipped[id(fact)] = tuple(
            _result(whole.check, mutant) for mutant in flips(whole.check, whole.plant, fact)
        )
    return whole.flipped[id(fact)]


def _looked_up(found: tuple[Verdict, ...]) -> frozenset[str]:
    """Keys that were read only from the record, where an absent value is an answer."""
    readings = [reading for verdict in found for reading in verdict.context.trace]
    opened = {reading.key for reading in readings if not reading.closed}
    return frozenset(reading.key for reading in readings if reading.closed and reading.key not in opened)
