"""What is judged: the assets with what was declared about the plant, indexed so that a fact is found in one step.

Which of several facts counts:
- of one source at one vantage the newest, since what it said before is history;
- an observed value goes before a declared one; declared values do not age;
- but what a device is for (`PURPOSES`) people know, while rules guess it from the product;
- a guess (confidence below 50) counts only when nothing better is known;
- what then still differs are rivals, and rivals decide nothing unless all of them give the same result.
A port is the exception, because a firewall makes vantages differ: per vantage the newest state counts, and a port that
is open from anywhere is open; filtered and unprobed are not knowledge.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from assetctl.facts import is_of_type, vocabulary
from assetctl.model import (
    Asset,
    Because,
    Capture,
    Conduit,
    Fact,
    Flow,
    IPNetwork,
    PortState,
    Position,
    Scan,
    Source,
    Subject,
    SubjectKind,
    Value,
    Zone,
)
from assetctl.policy.values import EvaluationError, Operand, Reason, Rivals, Unknown

DECLARED = "declared"
PURPOSES = frozenset({"asset_role_type"})
STRONG = 70
GUESS = 50
CLOCK_TOLERANCE = timedelta(minutes=5)
AGELESS = timedelta.min
KNOWN_BY = ("mac_address", "bridge_mac_address", "lldp_chassis_id", "ip_address", "hostname")
"""What others call a device by."""
_NOT_PROBED = Reason.NOT_PROBED
_DEFINITE = (PortState.OPEN, PortState.CLOSED)


@dataclass(frozen=True, slots=True)
class DeclaredNetwork:
    """A range that the owner says is part of the plant."""

    realm: str
    range: IPNetwork

    def __str__(self) -> str:
        return f"{self.realm}/{self.range}"


@dataclass(frozen=True, slots=True)
class Approved:
    """One entry of a golden inventory as compared, or a device that no entry names.

    id: its position, else its asset. presence: see `approved.PRESENCES`. changed: fields that differ; unseen: fields
    that were not looked at. opened: ports that are open without approval; unasked: approved ports that were not asked.
    modules_changed: ids of its parts that differ, are gone or new; modules_unseen: of those that were not seen.
    """

    id: str
    realm: str
    zone: str
    presence: str
    asset: str = ""
    parent: str = ""
    changed: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    opened: tuple[str, ...] = ()
    unasked: tuple[str, ...] = ()
    has_modules: bool = False
    modules_changed: tuple[str, ...] = ()
    modules_unseen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plant:
    """Everything a judgement looks at.

    permitted: tests that the scope allowed by name, such as "default-community". yields: what each probe can tell, as
    probe name -> fact keys; with it an answer that lacks a fact is known to lack it. flows, captures: what sensors saw,
    and what they can see. links: pairs of connected assets; switches: those of them that pass frames on. safety: assets
    whose identity is that of a safety system, and why.
    """

    assets: tuple[Asset, ...]
    zones: tuple[Zone, ...] = ()
    positions: tuple[Position, ...] = ()
    scans: tuple[Scan, ...] = ()
    permitted: frozenset[str] = frozenset()
    networks: tuple[DeclaredNetwork, ...] = ()
    yields: Mapping[str, frozenset[str]] = field(default_factory=dict)
    conduits: tuple[Conduit, ...] = ()
    flows: tuple[Flow, ...] = ()
    captures: tuple[Capture, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    switches: frozenset[str] = frozenset()
    safety: Mapping[str, str] = field(default_factory=dict)
    approved: tuple[Approved, ...] = ()


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
    """The facts of one asset by local key and key (a key tells its subject kind), and by key alone."""

    by_place: Mapping[tuple[str, str], list[Fact]]
    by_key: Mapping[str, list[Fact]]


class View:
    """One asset, its facts by subject and key, and those of its position."""

    __slots__ = (
        *("_aged", "_made", "_position", "_settled", "_subjects", "asset", "looked_up", "named", "now"),
        *("parts", "recorded", "root"),
    )

    def __init__(self, asset: Asset, position: Position | None, now: datetime) -> None:
        self.asset = asset
        self.root = self
        self.now = now
        self._position = position
        self._made: _Index | None = None
        self._settled: dict[tuple[str, str], tuple[Reading, timedelta]] = {}  # the same for every age from that on
        self._aged: dict[tuple[str, str, timedelta], Reading] = {}
        self._subjects: dict[tuple[SubjectKind, str], Subject] = {}
        self.named = ""  # what people call it, once somebody has asked
        self.recorded: dict[tuple[str, str], Reading] = {}  # the last looks at names of the record
        self.looked_up: dict[tuple[SubjectKind | None, str, str, bool], Reading] = {}  # looks at facts of any age
        parts: dict[SubjectKind, set[str]] = defaultdict(set)
        for kind, local_key in {(fact.subject.kind, fact.subject.local_key) for fact in self.facts}:
            parts[kind].add(local_key)
        self.parts = {kind: tuple(sorted(keys)) for kind, keys in parts.items()}

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What was observed of it and what was declared for it."""
        return (*self.asset.facts, *_declared_at(self.asset, self._position))

    @property
    def by_key(self) -> Mapping[str, list[Fact]]:
        return (self._made or self._make()).by_key

    def _make(self) -> _Index:
        by_place, by_key = defaultdict(list), defaultdict(list)
        for fact in self.facts:
            by_place[fact.subject.local_key, fact.key].append(fact)
            by_key[fact.key].append(fact)
        self._made = _Index(by_place, by_key)
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
        settled = self._settled.get((local_key, key))
        if settled is not None and max_age >= settled[1]:
            return settled[0]
        found = self._aged.get((local_key, key, max_age))
        if found is None:
            facts = self.facts_of(local_key, key)
            found = self._read(self.subject(kind, local_key), key, facts, max_age)
            seen = [fact.last_seen for fact in facts if fact.source.kind != DECLARED]
            age = self.now - min(seen) if seen else AGELESS
            if max_age >= age:
                self._settled[local_key, key] = found, age
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
        oldest, newest = self.now - max_age, self.now + CLOCK_TOLERANCE
        return [f for f in facts if f.source.kind == DECLARED or oldest <= f.last_seen <= newest]

    def _read(self, subject: Subject, key: str, facts: list[Fact], max_age: timedelta) -> Reading:
        if not facts:
            return Reading(subject, key, Unknown(_NOT_PROBED, f"{subject.local_key} {key}".strip()))
        counting = _choose_state(self.fresh(facts, max_age)) if key == "port_state" else self._choose(facts, max_age)
        if not counting:
            return Reading(subject, key, self._why(facts, f"{subject.local_key} {key}".strip()), tuple(facts))
        declared_type = vocabulary()[key]
        for fact in counting:
            if not is_of_type(declared_type, fact.value):
                found = type(fact.value).__name__
                raise EvaluationError(f"{key}: {declared_type.type} expected, {found} found from {fact.source.name}")
        values = tuple(dict.fromkeys([fact.value for fact in counting]))
        return Reading(subject, key, values[0] if len(values) == 1 else Rivals(values), tuple(counting))

    def _choose(self, facts: list[Fact], max_age: timedelta) -> list[Fact]:
        if len(facts) == 1:
            return self.fresh(facts, max_age)
        fresh = self.fresh(_newest(facts), max_age)
        if facts[0].key in PURPOSES and (told := [fact for fact in fresh if fact.source.kind == DECLARED]):
            return told
        observed = [fact for fact in fresh if fact.source.kind != DECLARED]
        return [f for f in observed if f.confidence >= GUESS] or [f for f in fresh if f not in observed] or observed

    def _why(self, facts: list[Fact], about: str) -> Unknown:
        seen = max(fact.last_seen for fact in facts)
        if seen > self.now + CLOCK_TOLERANCE:
            return Unknown(Reason.FUTURE, about)
        states = {fact.value for fact in facts if fact.last_seen == seen}
        if facts[0].key == "port_state" and not states & {PortState.OPEN, PortState.CLOSED}:
            return Unknown(Reason.FILTERED if PortState.FILTERED in states else Reason.NOT_PROBED, about)
        return Unknown(Reason.STALE, about)


class Survey:
    """A plant with its views, for one judgement at one time."""

    __slots__ = ("_known", "conduits", "memo", "now", "parts_of", "plant", "standing", "views", "zones")

    def __init__(self, plant: Plant, now: datetime) -> None:
        self.plant = plant
        self.now = now
        positions = {(position.realm, position.id): position for position in plant.positions}
        self.zones = {(zone.realm, zone.id): zone for zone in plant.zones}
        self.conduits = {conduit.id: conduit for conduit in plant.conduits}
        self.memo: dict[str, Any] = {}  # what is worked out once for all subjects
        self.views = {
            asset.id: View(asset, positions.get((asset.realm, asset.position or "")), now)
            for asset in sorted(plant.assets, key=lambda asset: asset.id)
        }
        for view in self.views.values():
            view.root = self._root(view)
        self.parts_of = Counter(view.asset.parent for view in self.views.values() if view.asset.parent)
        self.standing = {(v.asset.realm, v.asset.position): v for v in self.views.values() if v.asset.position}
        self._known: dict[tuple[str, str, str], list[View]] | None = None

    def holders(self, realm: str, key: str, value: str) -> list[View]:
        """The assets of a realm that have a value among their `KNOWN_BY` facts, in whatever upper or lower case."""
        if self._known is None:
            self._known = defaultdict(list)
            for view in self.views.values():
                for name, told in {(f.key, str(f.value).casefold()) for f in view.facts if f.key in KNOWN_BY}:
                    self._known[view.asset.realm, name, told].append(view)
        return self._known.get((realm, key, value.casefold()), [])

    def zone_of(self, view: View) -> Zone | None:
        """The zone of an asset; a part lies where its device lies."""
        zone = view.asset.zone or view.root.asset.zone
        return self.zones.get((view.asset.realm, zone)) if zone else None

    def _root(self, view: View) -> View:
        seen = {view.asset.id}
        while view.asset.parent in self.views and view.asset.parent not in seen:
            seen.add(view.asset.parent)
            view = self.views[view.asset.parent]
        return view


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


def _newest(facts: Iterable[Fact]) -> list[Fact]:
    """Of each source at each vantage what it said last."""
    newest: dict[tuple[str, str, str], list[Fact]] = {}
    for fact in facts:
        group = (fact.source.kind, fact.source.name, fact.vantage)
        held = newest.get(group)
        if held is None or fact.last_seen > held[0].last_seen:
            newest[group] = [fact]
        elif fact.last_seen == held[0].last_seen:
            held.append(fact)
    return [fact for held in newest.values() for fact in held]


def _choose_state(facts: list[Fact]) -> list[Fact]:
    """The facts that decide a port's state; none when nothing definite is known."""
    if len(facts) == 1:
        return facts if facts[0].value in _DEFINITE else []
    newest: dict[str, list[Fact]] = {}
    for fact in facts:
        held = newest.get(fact.vantage)
        if held is None or fact.last_seen > held[0].last_seen:
            newest[fact.vantage] = [fact]
        elif fact.last_seen == held[0].last_seen:
            held.append(fact)
    definite = [f for held in newest.values() for f in held if f.value in _DEFINITE]
    from_elsewhere = [held for held in newest.values() if {f.value for f in held} == {PortState.OPEN.value}]
    return from_elsewhere[0] if from_elsewhere else definite
