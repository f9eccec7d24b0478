"""One asset as a judgement reads it: its facts indexed, so that one is found in one step."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from assetctl.facts import is_of_type, vocabulary
from assetctl.model import Asset, Because, Fact, Position, Source, Subject, SubjectKind, Value
from assetctl.policy.counting import DECLARED, GUESS, counting, fresh, why_none
from assetctl.policy.values import EvaluationError, Operand, Reason, Rivals, Unknown

_AGELESS = timedelta.min
_NOT_PROBED = Reason.NOT_PROBED


@dataclass(slots=True)
class Reading:
    """One thing an evaluation looked at. closed: a look at the record itself, where an absent value is an answer.

    told: the same in words, by what makes each different, made once. Several are made for each of millions of
    evaluations, see `Because`.
    """

    subject: Final[Subject]
    key: Final[str]
    value: Final[Operand]
    facts: Final[tuple[Fact, ...]] = ()
    closed: Final[bool] = False
    told: tuple[tuple[tuple[str, ...], Because], ...] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class _Index:
    """The facts of one asset by local key and key (a key tells its subject kind), and by key alone; its parts."""

    by_place: Mapping[tuple[str, str], list[Fact]]
    by_key: Mapping[str, list[Fact]]
    parts: Mapping[SubjectKind, tuple[str, ...]]


class View:
    """One asset, its facts by subject and key, and those of its position."""

    __slots__ = (
        *("_aged", "_arranged", "_made", "_position", "_settled", "_subjects", "asset", "looked_up", "named", "now"),
        *("recorded", "root"),
    )

    def __init__(self, asset: Asset, position: Position | None, now: datetime, arranged: "list[View]") -> None:
        self.asset = asset
        self.root = self
        self.now = now
        self._position = position
        self._arranged = arranged
        self._made: _Index | None = None
        self._settled: dict[tuple[str, str], tuple[Reading, timedelta]] = {}  # the same for every age from that on
        self._aged: dict[tuple[str, str, timedelta], Reading] = {}
        self._subjects: dict[tuple[SubjectKind, str], Subject] = {}
        self.named = ""  # what people call it, once somebody has asked
        self.recorded: dict[tuple[str, str], Reading] = {}  # the last looks at names of the record
        self.looked_up: dict[tuple[SubjectKind | None, str, str, bool], Reading] = {}  # looks at facts of any age

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What was observed of it and what was declared for it."""
        return (*self.asset.facts, *_declared_at(self.asset, self._position))

    @property
    def by_key(self) -> Mapping[str, list[Fact]]:
        return (self._made or self._make()).by_key

    @property
    def parts(self) -> Mapping[SubjectKind, tuple[str, ...]]:
        """Local keys by kind, in order."""
        return (self._made or self._make()).parts

    def _make(self) -> _Index:
        by_place, by_key = defaultdict(list), defaultdict(list)
        named: dict[SubjectKind, set[str]] = defaultdict(set)
        for fact in self.facts:
            subject = fact.subject
            by_place[subject.local_key, fact.key].append(fact)
            by_key[fact.key].append(fact)
            named[subject.kind].add(subject.local_key)
        self._made = _Index(by_place, by_key, {kind: tuple(sorted(keys)) for kind, keys in named.items()})
        self._arranged.append(self)
        return self._made

    def forget(self) -> None:
        """Let go of what was worked out from its facts; it is worked out anew when somebody asks again."""
        self._made = None
        for remembered in (self._settled, self._aged, self._subjects, self.recorded, self.looked_up):
            remembered.clear()

    def facts_of(self, local_key: str, key: str) -> list[Fact]:
        return (self._made or self._make()).by_place.get((local_key, key), [])

    def read(self, kind: SubjectKind, local_key: str, key: str, max_age: timedelta) -> Reading:
        """The value that counts, or why there is none. Raises EvaluationError for a value of the wrong type."""
        place = local_key, key
        settled = self._settled.get(place)
        if settled is not None and max_age >= settled[1]:
            return settled[0]
        facts = (self._made or self._make()).by_place.get(place)
        if facts:
            return self._aged.get((local_key, key, max_age)) or self._read_at(kind, place, facts, max_age)
        found = Reading(self.subject(kind, local_key), key, Unknown(_NOT_PROBED, f"{local_key} {key}".strip()))
        self._settled[place] = found, _AGELESS
        return found

    def _read_at(self, kind: SubjectKind, place: tuple[str, str], facts: list[Fact], max_age: timedelta) -> Reading:
        """Read some facts, and remember what they say up to their age."""
        local_key, key = place
        found = self._read(self.subject(kind, local_key), key, facts, max_age)
        seen = [fact.last_seen for fact in facts if fact.source.kind != DECLARED]
        age = self.now - min(seen) if seen else _AGELESS
        if max_age >= age:
            self._settled[place] = found, age
        else:
            self._aged[local_key, key, max_age] = found
        return found

    def subject(self, kind: SubjectKind, local_key: str) -> Subject:
        """The asset or a part of it."""
        found = self._subjects.get((kind, local_key))
        if found is None:
            found = self._subjects[kind, local_key] = Subject(kind, self.asset.id, local_key)
        return found

    def fresh(self, facts: Iterable[Fact], max_age: timedelta) -> list[Fact]:
        """Those that still count at the time of judgement."""
        return fresh(facts, now=self.now, max_age=max_age)

    def _read(self, subject: Subject, key: str, facts: list[Fact], max_age: timedelta) -> Reading:
        held = counting(facts, now=self.now, max_age=max_age)
        if not held:
            about = f"{subject.local_key} {key}".strip()
            return Reading(subject, key, why_none(facts, about, now=self.now), tuple(facts))
        declared_type = vocabulary()[key]
        for fact in held:
            if not is_of_type(declared_type, fact.value):
                found = type(fact.value).__name__
                raise EvaluationError(f"{key}: {declared_type.type} expected, {found} found from {fact.source.name}")
        if key == "service_name" and all(fact.confidence < GUESS for fact in held):  # by the number of its port
            return Reading(subject, key, Unknown(Reason.NOT_IDENTIFIED, subject.local_key), tuple(held))
        values = tuple(dict.fromkeys([fact.value for fact in held]))
        return Reading(subject, key, values[0] if len(values) == 1 else Rivals(values), tuple(held))


def _declared_at(asset: Asset, position: Position | None) -> Iterable[Fact]:
    """The declared facts of a position, unless the asset already carries them."""
    if position is None:
        return
    known = {fact.key for fact in asset.facts if fact.source.kind == DECLARED}
    for key, value in sorted(position.declared.items()):
        entry = vocabulary().get(key)
        if entry is not None and entry.kind is SubjectKind.ASSET and key not in known:
            yield _declared_fact(asset.id, key, value, position)


def _declared_fact(asset: str, key: str, value: Value, position: Position) -> Fact:
    return Fact(
        subject=Subject(SubjectKind.ASSET, asset),
        key=key,
        value=value,
        source=Source(DECLARED, position.source),
        vantage="",
        first_seen=position.declared_at,
        last_seen=position.declared_at,
        confidence=100,
    )
