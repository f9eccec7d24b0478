"""Which sightings are one device: clusters, never ids. Pure, and the same for every order of the sightings.

Theory. Every sighting starts alone. Key classes are applied strongest first, the keys of a class in the order of their
text. A strong key joins everything that holds it, unless two of the holders disagree in a stronger class (or the key
shows itself to be copied): then it joins nothing, since nobody can say whose it is, and is reported as refused.
Addresses are re-used, so they link only within one scan, then along an unbroken presence: scans in a row in which the
address answered. There a holder that contradicts the first one stays apart, and one without any key goes with the past.
Parts come last: a part without a key of its own is the part of that name of the same device.
Two components disagree in a class when both hold keys of it and share none.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import combinations, pairwise

from assetctl import keys
from assetctl.keys import STRONG, Key, KeyClass
from assetctl.model import Address, Join
from assetctl.sightings import Sighting

MOST_ADDRESSES_OF_A_MAC = 2  # per IP version and scan; above it is a router that answers for others
CLONES = {KeyClass.SERIAL_NUMBER: 3, KeyClass.MAC_ADDRESS: 2, KeyClass.SNMP_ENGINE_ID: 2}


class PinKind(StrEnum):
    JOIN = "join"
    APART = "apart"


@dataclass(frozen=True, slots=True)
class Pin:
    """What a person decided: sightings that hold `left` and those that hold `right` are, or are not, one device.

    left, right: a key as `str(Key)` writes it, or "address realm/ip".
    """

    kind: PinKind
    left: str
    right: str


@dataclass(frozen=True, slots=True)
class Cluster:
    """Sightings of one device or part.

    name: id of its smallest sighting. keys: strong keys of each sighting, in the order of `sightings`.
    refused: keys that it holds and that were not used, because their holders contradict each other.
    parent: name of the device's cluster for a part, else "".
    """

    name: str
    realm: str
    sightings: tuple[Sighting, ...]
    keys: tuple[tuple[Key, ...], ...]
    joins: tuple[Join, ...] = ()
    refused: tuple[Join, ...] = ()
    parent: str = ""


@dataclass(slots=True)
class _Component:
    members: list[Sighting]
    marks: dict[KeyClass, set[str]]
    held: set[str]
    parts: dict[str, str]
    has_root: bool
    best: tuple[int, str, str]
    told: keys.Told
    joins: dict[tuple[str, str], set[str]] = field(default_factory=dict)


def cluster(sightings: Iterable[Sighting], *, pins: Sequence[Pin] = ()) -> tuple[Cluster, ...]:
    """Clusters of the sightings that show a device, sorted by name. Realms are never mixed."""
    realms: dict[str, list[Sighting]] = {}
    for one in sorted(sightings, key=lambda one: one.id):
        realms.setdefault(one.realm, []).append(one)
    found = [made for realm in sorted(realms) for made in _Merging(realms[realm], pins).clusters()]
    return tuple(sorted(found, key=lambda made: made.name))


class _Merging:
    """The union-find of one realm."""

    def __init__(self, seen: list[Sighting], pins: Sequence[Pin]) -> None:
        self.seen = seen
        self.keys = keys.strong(seen)
        self.apart = tuple((pin.left, pin.right) for pin in pins if pin.kind is PinKind.APART)
        self.together = tuple(sorted((pin.left, pin.right) for pin in pins if pin.kind is PinKind.JOIN))
        self.of = {one.id: self._alone(one) for one in seen}
        self.refused: dict[tuple[str, str], set[str]] = {}
        self._pinned()
        for klass in STRONG:
            self._strong(klass)
        self._addresses()
        self._parts()

    def clusters(self) -> list[Cluster]:
        components = {id(component): component for component in self.of.values()}.values()
        live = {id(self.of[name]) for one in self.seen if one.exists for name in (one.id, one.parent) if name}
        return [self._finished(component, live) for component in components if id(component) in live]

    def _alone(self, one: Sighting) -> _Component:
        own = self.keys[one.id]
        marks: dict[KeyClass, set[str]] = {}
        for key in own:
            marks.setdefault(key.klass, set()).add(key.mark)
        held = {str(key) for key in own} | ({f"address {one.address}"} if one.address else set())
        best = (own[0].klass, own[0].value, one.id) if own else (KeyClass.ADDRESS, "", one.id)
        return _Component(
            [one],
            marks,
            held,
            {one.observation: one.part} if one.part else {},
            not one.part,
            best,
            keys.told(one, keys.PRODUCT),
        )

    def _pinned(self) -> None:
        for left, right in self.together:
            holders = [one for one in self.seen if {left, right} & self.of[one.id].held]
            self._join_all(holders, "pin", f"{left} = {right}")

    def _strong(self, klass: KeyClass) -> None:
        spelled: dict[str, Key] = {}
        holders: dict[Key, list[Sighting]] = {}
        for one in self.seen:
            for key in self.keys[one.id]:
                if key.klass is klass:
                    holders.setdefault(spelled.setdefault(key.spelled_alike, key), []).append(one)
        refused = [key for key in sorted(holders) if self._is_copied(key, holders[key])]
        for key in sorted(set(holders).difference(refused)):
            components = self._components(holders[key])
            if any(self._disagree(one, other, klass) for one, other in combinations(components, 2)):
                refused.append(key)
            else:
                self._join_all(holders[key], klass.name.lower(), key.value)
        for key in refused:
            self.refused[klass.name.lower(), key.value] = {one.observation for one in holders[key]}

    def _is_copied(self, key: Key, holders: list[Sighting]) -> bool:
        """Whether one scan found the key at addresses that tell different things of themselves, or at too many.

        An engine id comes with the image of a disk: other names at other addresses are clones also over several scans.
        """
        if key.klass not in CLONES:
            return False
        scans: dict[str, list[Sighting]] = {}
        for one in holders:
            if one.address:
                scans.setdefault(one.scan, []).append(one)
        if key.klass is KeyClass.SNMP_ENGINE_ID and keys.contradict(
            (one for group in scans.values() for one in group), keys.NAME
        ):
            return True
        return any(self._shows_copies(key.klass, group) for group in scans.values())

    def _shows_copies(self, klass: KeyClass, group: list[Sighting]) -> bool:
        names: dict[Address, str] = {}
        versions: dict[int, set[Address]] = {}
        for one in group:
            assert one.address is not None
            versions.setdefault(one.address.ip.version, set()).add(one.address)
            if name := self._own_name(one, klass):
                names[one.address] = min(name, names.get(one.address, name))
        crowded = klass is KeyClass.MAC_ADDRESS and max(map(len, versions.values())) > MOST_ADDRESSES_OF_A_MAC
        return crowded or len(set(names.values())) >= CLONES[klass] or keys.contradict(group, keys.PRODUCT)

    def _own_name(self, one: Sighting, klass: KeyClass) -> str:
        """What a device calls itself; for a serial number also its MAC address will do."""
        names = sorted(str(claim.value).casefold() for claim in one.claims if claim.key == "hostname" and claim.value)
        if names or klass is not KeyClass.SERIAL_NUMBER:
            return names[0] if names else ""
        return next((key.value for key in self.keys[one.id] if key.klass is KeyClass.MAC_ADDRESS), "")

    def _addresses(self) -> None:
        at: dict[Address, dict[str, list[Sighting]]] = {}
        for one in self.seen:
            if one.address:
                at.setdefault(one.address, {}).setdefault(one.scan, []).append(one)
        for address in sorted(at):
            for scan in sorted(at[address]):
                self._settle(at[address][scan], address)
        for address in sorted(at):
            for before, after in pairwise(_in_time(at[address].values())):
                if any(one.spoke for one in before) and any(one.spoke for one in after):
                    self._continue(before, after, address)

    def _settle(self, group: list[Sighting], address: Address) -> None:
        """Within one scan: each component goes with the strongest one that it does not contradict."""
        anchors: list[_Component] = []
        for component in self._components(group):
            anchor = next((one for one in anchors if not self._disagree(one, component, KeyClass.ADDRESS)), None)
            if anchor is None:
                anchors.append(component)
            else:
                joined = self._join(anchor, component)
                anchors[anchors.index(anchor)] = joined
        self._note(group, "address", str(address))

    def _continue(self, before: list[Sighting], after: list[Sighting], address: Address) -> None:
        """From one scan to the next: what answers there now goes with what answered there before."""
        for component in self._components(after):
            earlier = self._components(before)
            if any(one is component for one in earlier):
                continue
            anchor = next((one for one in earlier if not self._is_another(one, component)), None)
            if anchor is not None:
                self._join(anchor, component)
        self._note([*before, *after], "address", str(address))

    def _parts(self) -> None:
        of_device: dict[tuple[str, str], list[Sighting]] = {}
        names = {id(component): component.best[2] for component in self.of.values()}
        for one in self.seen:
            if one.parent in self.of:
                of_device.setdefault((names[id(self.of[one.parent])], one.part), []).append(one)
        for device, part in sorted(of_device):
            group = sorted(of_device[device, part], key=lambda one: (one.ended, one.id))
            for before, after in pairwise(group):
                first, second = self.of[before.id], self.of[after.id]
                both_answer = first.has_root and second.has_root
                if first is not second and not both_answer and not self._disagree(first, second, KeyClass.PART):
                    self._join(first, second)
            self._note(group, "part", part)

    def _components(self, holders: Iterable[Sighting]) -> list[_Component]:
        found = {id(self.of[one.id]): self.of[one.id] for one in holders}
        return sorted(found.values(), key=lambda component: component.best)

    def _disagree(self, one: _Component, other: _Component, below: KeyClass) -> bool:
        """Whether two components cannot be one device, by what is stronger than a class, by a pin or as two parts."""
        for klass in STRONG:
            mine, theirs = one.marks.get(klass), other.marks.get(klass)
            if klass < below and mine and theirs and mine.isdisjoint(theirs):
                return True
        for left, right in self.apart:
            if (left in one.held and right in other.held) or (right in one.held and left in other.held):
                return True
        few, many = sorted((one.parts, other.parts), key=len)
        return any(many.get(observation, part) != part for observation, part in few.items())

    def _is_another(self, earlier: _Component, later: _Component) -> bool:
        """Whether what answers at an address now is not what did: a key or the product told in one protocol differs."""
        if self._disagree(earlier, later, KeyClass.ADDRESS):
            return True
        common = earlier.told.keys() & later.told.keys()
        return any(earlier.told[asked].isdisjoint(later.told[asked]) for asked in common if asked[1] != "model")

    def _join_all(self, holders: list[Sighting], name: str, value: str) -> None:
        components = self._components(holders)
        for component in components[1:]:
            self._join(self.of[components[0].members[0].id], component)
        self._note(holders, name, value)

    def _join(self, one: _Component, other: _Component) -> _Component:
        into, gone = (one, other) if len(one.members) >= len(other.members) else (other, one)
        into.members += gone.members
        for klass, marks in gone.marks.items():
            into.marks.setdefault(klass, set()).update(marks)
        for key, observations in gone.joins.items():
            into.joins.setdefault(key, set()).update(observations)
        for asked, texts in gone.told.items():
            into.told.setdefault(asked, set()).update(texts)
        into.held |= gone.held
        into.parts |= gone.parts
        into.has_root = into.has_root or gone.has_root
        into.best = min(into.best, gone.best)
        for member in gone.members:
            self.of[member.id] = into
        return into

    def _note(self, group: list[Sighting], name: str, value: str) -> None:
        """Remember a key as the reason for what it holds together."""
        together: dict[int, set[str]] = {}
        for one in group:
            together.setdefault(id(self.of[one.id]), set()).add(one.observation)
        for one in group:
            if len(together[id(self.of[one.id])]) > 1:
                self.of[one.id].joins.setdefault((name, value), set()).update(together[id(self.of[one.id])])

    def _finished(self, component: _Component, live: set[int]) -> Cluster:
        members = tuple(sorted(component.members, key=lambda one: one.id))
        observations = {one.observation for one in members}
        refused = {key: seen & observations for key, seen in self.refused.items() if seen & observations}
        return Cluster(
            name=members[0].id,
            realm=members[0].realm,
            sightings=members,
            keys=tuple(self.keys[one.id] for one in members),
            joins=_joins(component.joins),
            refused=_joins(refused),
            parent=self._parent(component, live),
        )

    def _parent(self, component: _Component, live: set[int]) -> str:
        """The device in which a part was seen last; none for what answers at an address of its own."""
        if component.has_root:
            return ""
        newest = max(component.members, key=lambda one: (one.ended, one.id))
        device = self.of.get(newest.parent)
        return min(one.id for one in device.members) if device and id(device) in live else ""


def _in_time(groups: Iterable[list[Sighting]]) -> list[list[Sighting]]:
    """The scans of one address that asked it, in the order in which they began."""

    def began(group: list[Sighting]) -> tuple[datetime, str]:
        return min(one.started for one in group), group[0].scan

    return sorted((group for group in groups if any(one.was_asked for one in group)), key=began)


def _joins(found: Mapping[tuple[str, str], set[str]]) -> tuple[Join, ...]:
    return tuple(Join(name, value, tuple(sorted(found[name, value]))) for name, value in sorted(found))
