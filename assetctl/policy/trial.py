"""The tests of a check, run: each case must give its result, and no pass may survive the loss of a fact it needs.

The law of mutants: take one fact from a case that passes, or let it grow stale. The result may stay a pass only when
the check is decided without that fact, that is, when no contrary value of it would change the result either. Facts
that the check looks up in the record itself, where an absent value is an answer, are counted apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from assetctl.facts import FactKey, vocabulary
from assetctl.model import Fact, Result, Value
from assetctl.policy.cases import NOW, plant_of
from assetctl.policy.check import Case, Check
from assetctl.policy.judge import Verdict, verdicts
from assetctl.policy.load import load_check
from assetctl.policy.plant import DECLARED, Plant, Survey

_WORST = (Result.ERROR, Result.FAIL, Result.UNKNOWN, Result.PASS, Result.NOT_APPLICABLE)
_NUMBERS = (-1, 0, 1, 10**9)
_WORDS = ("", "zz-contrary", "open", "closed", "probed", "table", "ssl")
_TEXTS = (*_WORDS, "1970-01-01T00:00:00+00:00", "2999-01-01T00:00:00+00:00")


@dataclass(frozen=True, slots=True)
class Trial:
    """What one case gave. survivors: mutants that passed although the fact they lack decides."""

    check: str
    case: str
    expected: Result
    found: Result
    mutants: int = 0
    decided_without: int = 0
    by_record: int = 0
    survivors: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        return self.expected is self.found and not self.survivors


def run_tests(check: Check) -> tuple[Trial, ...]:
    """Every case of a check. A check without cases gives one trial that is not good."""
    if not check.cases:
        return (Trial(check.id, "no tests", Result.PASS, Result.ERROR),)
    return tuple(_run(_with_params(check, case), case) for case in check.cases)


def _with_params(check: Check, case: Case) -> Check:
    return load_check(check.path, params={check.id: case.params}) if case.params else check


def _run(check: Check, case: Case) -> Trial:
    plant = plant_of(case)
    found = _verdicts(check, plant)
    trial = Trial(check.id, case.name, case.expect, _worst(found))
    return _mutated(check, plant, trial, found) if trial.found is Result.PASS else trial


def _verdicts(check: Check, plant: Plant) -> tuple[Verdict, ...]:
    """What the check says about the case's first asset, or about its zones and networks."""
    found = tuple(verdicts(check, Survey(plant, NOW)))
    return tuple(v for v in found if v.target.view is None or v.target.view.asset.id == plant.assets[0].id)


def _worst(found: tuple[Verdict, ...]) -> Result:
    results = {verdict.result for verdict in found}
    return next((result for result in _WORST if result in results), Result.NOT_APPLICABLE)


def _mutated(check: Check, plant: Plant, trial: Trial, found: tuple[Verdict, ...]) -> Trial:
    by_record = _looked_up(found)
    mutants = decided = recorded = 0
    survivors: list[str] = []
    for fact in plant.assets[0].facts:
        for name, less in _losses(check, plant, fact):
            mutants += 1
            if _worst(_verdicts(check, less)) is not Result.PASS:
                continue
            if fact.key in by_record:
                recorded += 1
            elif _is_decided_without(check, plant, fact):
                decided += 1
            else:
                survivors.append(f"{fact.subject.local_key} {fact.key} {name}".strip())
    return replace(
        trial, mutants=mutants, decided_without=decided, by_record=recorded, survivors=tuple(dict.fromkeys(survivors))
    )


def _looked_up(found: tuple[Verdict, ...]) -> frozenset[str]:
    """Keys that were read only from the record, where an absent value is an answer."""
    readings = [reading for verdict in found for reading in verdict.context.trace]
    opened = {reading.key for reading in readings if not reading.closed}
    return frozenset(reading.key for reading in readings if reading.closed and reading.key not in opened)


def _losses(check: Check, plant: Plant, fact: Fact) -> Iterator[tuple[str, Plant]]:
    yield "removed", _with(plant, fact, ())
    if fact.source.kind != DECLARED:
        seen = NOW - check.max_age - timedelta(days=1)
        yield "stale", _with(plant, fact, (replace(fact, first_seen=seen, last_seen=seen),))


def _is_decided_without(check: Check, plant: Plant, fact: Fact) -> bool:
    """Whether every contrary value leaves the result a pass, or makes the check not apply."""
    allowed = (Result.PASS, Result.NOT_APPLICABLE)
    others = (replace(fact, value=value) for value in _contrary(check, fact) if value != fact.value)
    return all(_worst(_verdicts(check, _with(plant, fact, (other,)))) in allowed for other in others)


def _contrary(check: Check, fact: Fact) -> Iterator[Value]:
    entry: FactKey = vocabulary()[fact.key]
    read = (check.assertion, *check.group_by, *((check.applies_to,) if check.applies_to else ()))
    literals = {literal for expression in read for literal in expression.literals}
    words = tuple(sorted(str(literal).replace("*", "x") for literal in literals))
    match entry.type:
        case "flag":
            yield fact.value is False
        case "number":
            yield from _NUMBERS
            for literal in literals:
                if isinstance(literal, int):
                    yield from (literal - 1, literal, literal + 1)
        case "texts":
            yield from ((), words, *((word,) for word in words))
        case _:
            yield from (*_TEXTS, *words)


def _with(plant: Plant, fact: Fact, instead: tuple[Fact, ...]) -> Plant:
    first, *rest = plant.assets
    facts = tuple(new for old in first.facts for new in (instead if old is fact else (old,)))
    return replace(plant, assets=(replace(first, facts=facts), *rest))
