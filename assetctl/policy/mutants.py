"""Plants with less or other evidence than the one of a test: what the law of mutants is tried on.

Evidence is lost (one fact removed, one grown stale, the time moved on until all of it is stale, one run forgotten) or
its test is no longer permitted. Besides, each fact takes contrary values, by which a check must be moved.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from assetctl.facts import FactKey, vocabulary
from assetctl.model import Asset, Fact, Value
from assetctl.policy.check import Check
from assetctl.policy.counting import DECLARED
from assetctl.policy.plant import Plant
from assetctl.policy.seen_cases import NOW

_NUMBERS = (-1, 0, 1, 10**9)
_WORDS = ("", "zz-contrary", "open", "closed", "probed", "table", "ssl")
_TEXTS = (*_WORDS, "1970-01-01T00:00:00+00:00", "2999-01-01T00:00:00+00:00")
_DAY = timedelta(days=1)


class Kind(StrEnum):
    REMOVED = "removed"
    STALE = "stale"
    LATER = "all stale"
    UNPERMITTED = "not permitted"
    FORGOTTEN = "run or capture forgotten"
    FLIPPED = "flipped"
    BLIND = "flows removed"
    OLD_FLOWS = "flows stale"
    UNDECLARED = "zones removed"


SEEN = (Kind.BLIND, Kind.OLD_FLOWS, Kind.UNDECLARED)
"""Losses of what sensors saw and of what people declared as a whole."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One plant, judged at a time. fact: the one that was changed, None when more or something else was.

    peer: it is a fact of another asset than the one that the test is about.
    """

    kind: Kind
    plant: Plant
    now: datetime = NOW
    fact: Fact | None = None
    peer: bool = False

    @property
    def name(self) -> str:
        about = f"{self.fact.subject.local_key} {self.fact.key}".strip() if self.fact else ""
        return f"{about} {self.kind}".strip()


def losses(check: Check, plant: Plant) -> Iterator[Mutant]:
    """The plant with less evidence, in every way."""
    for asset in plant.assets:
        for fact in asset.facts:
            is_peer = asset is not plant.assets[0]
            yield Mutant(Kind.REMOVED, with_fact(plant, asset, fact, ()), fact=fact, peer=is_peer)
            if fact.source.kind != DECLARED:
                seen = min(fact.last_seen, NOW - check.max_age - _DAY)
                old = replace(fact, first_seen=min(fact.first_seen, seen), last_seen=seen)
                yield Mutant(Kind.STALE, with_fact(plant, asset, fact, (old,)), fact=fact, peer=is_peer)
    for scan in plant.scans:
        yield Mutant(Kind.FORGOTTEN, replace(plant, scans=tuple(one for one in plant.scans if one is not scan)))
    yield from _blinded(check, plant)
    for capture in plant.captures:
        captures = tuple(one for one in plant.captures if one is not capture)
        flows = tuple(flow for flow in plant.flows if flow.capture != capture.id)
        yield Mutant(Kind.FORGOTTEN, replace(plant, captures=captures, flows=flows))
    if plant.permitted:
        yield Mutant(Kind.UNPERMITTED, replace(plant, permitted=frozenset()))
    if any(fact.source.kind != DECLARED for asset in plant.assets for fact in asset.facts):
        yield Mutant(Kind.LATER, plant, now=NOW + check.max_age + _DAY)


def _blinded(check: Check, plant: Plant) -> Iterator[Mutant]:
    """The plant without what its sensors saw, where the check goes over flows, and without the zones it is about."""
    read = (check.assertion, *((check.applies_to,) if check.applies_to else ()))
    if plant.captures and (check.for_each == "flow" or any("watched(" in one.text for one in read)):
        yield Mutant(Kind.BLIND, replace(plant, captures=(), flows=()))
        ago = check.max_age + _DAY
        captures = tuple(replace(one, started=one.started - ago, ended=one.ended - ago) for one in plant.captures)
        flows = tuple(
            replace(one, first_seen=one.first_seen - ago, last_seen=one.last_seen - ago) for one in plant.flows
        )
        yield Mutant(Kind.OLD_FLOWS, replace(plant, captures=captures, flows=flows))
    if check.for_each in ("zone", "conduit", "flow") and plant.zones:
        yield Mutant(Kind.UNDECLARED, replace(plant, zones=(), conduits=()))


def flips(check: Check, plant: Plant, fact: Fact) -> Iterator[Mutant]:
    """The plant in which a fact of the first asset says something else."""
    told = (other.value for asset in plant.assets for other in asset.facts if other.key == fact.key)
    for value in dict.fromkeys((*told, *_contrary(check, fact))):
        if value != fact.value:
            other = replace(fact, value=value)
            yield Mutant(Kind.FLIPPED, with_fact(plant, plant.assets[0], fact, (other,)), fact=other)


def with_fact(plant: Plant, asset: Asset, fact: Fact, instead: tuple[Fact, ...]) -> Plant:
    """The plant with other facts in the place of one."""
    facts = tuple(new for old in asset.facts for new in (instead if old is fact else (old,)))
    changed = replace(asset, facts=facts)
    return replace(plant, assets=tuple(changed if one is asset else one for one in plant.assets))


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
