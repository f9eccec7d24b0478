"""What people decide about identity: two assets are one device, or one asset is two. Explained, tried and undone here.

A decision names a key of each side, so it outlives ids and later scans. It is tried on the observations before it is
kept: one that would change nothing is refused with the reason.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from assetctl import merge
from assetctl.errors import InputError
from assetctl.keys import Key
from assetctl.merge import Cluster, Pin, PinKind
from assetctl.model import Asset
from assetctl.store.records import Decision
from assetctl.store.repo import Store
from assetctl.text import near, one_line
from assetctl.work.ingest import pins, seen_in


@dataclass(frozen=True, slots=True)
class Word:
    """Who decides, why and when. Raises InputError without a name and a reason."""

    by: str
    reason: str
    at: datetime

    def __post_init__(self) -> None:
        if not self.by.strip() or not self.reason.strip():
            raise InputError("a decision about identity needs a name and a reason: give --by and --reason")


def join(store: Store, one: Asset, other: Asset, word: Word) -> Decision:
    """Decide that two assets are one device. Raises InputError when they cannot be."""
    if one.realm != other.realm:
        raise InputError(f"{one.id} is in realm {one.realm}, {other.id} in {other.realm}; a device is in one realm")
    if one.id == other.id:
        raise InputError(f"both names mean {one.id} already")
    trial = _Trial(store, one.realm)
    if parted := trial.parted(one, other):
        raise InputError(f"{parted[0]} and {parted[1]} were parted by a decision; `assetctl assets undo` ends it")
    return _kept(store, one.realm, Pin(PinKind.JOIN, trial.handle(one), trial.handle(other)), word)


def part(store: Store, asset: Asset, left: str, right: str, word: Word) -> Decision:
    """Decide that two keys of an asset belong to two devices.

    left, right: an address, a serial number, a MAC address or an engine id of it. Raises InputError when the asset does
    not hold them, or when one answer or a decision joined them.
    """
    trial = _Trial(store, asset.realm)
    pin = Pin(PinKind.APART, trial.held(asset, left), trial.held(asset, right))
    if pin.left == pin.right:
        raise InputError(f"{left} and {right} are the same key")
    if trial.holds_together(pin):
        raise InputError(
            f"{pin.left} and {pin.right} stay together: one answer told both, or a decision joined them;"
            " see `assetctl assets why` and `assetctl assets decisions`"
        )
    return _kept(store, asset.realm, pin, word)


class _Trial:
    """The clusters of a realm as they are, and as they would be with one more decision."""

    def __init__(self, store: Store, realm: str) -> None:
        self.seen = seen_in(store, realm)
        self.pins = pins(store.decisions(realm))
        self.clusters = merge.cluster(self.seen, pins=self.pins)

    def handle(self, asset: Asset) -> str:
        """The key by which a decision means this asset: its strongest, else its address."""
        keys = sorted({key for cluster in self._of(asset) for own in cluster.keys for key in own})
        addresses = sorted({one.address for cluster in self._of(asset) for one in cluster.sightings if one.address})
        if keys:
            return str(keys[0])
        if addresses:
            return f"address {addresses[0]}"
        raise InputError(f"{asset.id} has no serial number, MAC address, engine id or address to name it by")

    def held(self, asset: Asset, written: str) -> str:
        """The key of an asset that a text means. Raises InputError that lists what it has."""
        own: dict[str, Key | None] = {}
        for cluster in self._of(asset):
            own |= {str(key): key for keys in cluster.keys for key in keys}
            own |= {f"address {one.address}": None for one in cluster.sightings if one.address}
        wanted = written.casefold()
        for name, key in own.items():
            told = {name, name.rpartition("/")[2], key.value if key else "", key.mark if key else ""}
            if wanted in {one.casefold() for one in told if one}:
                return name
        known = tuple(sorted(own))
        raise InputError(
            f"{one_line(written)} is no key of {asset.id}{near(written, known)}; it has {', '.join(known)}"
        )

    def parted(self, one: Asset, other: Asset) -> tuple[str, str] | None:
        """The sides of a decision that two assets are not one device."""
        mine, theirs = self._keys(one), self._keys(other)
        for pin in self.pins:
            sides = {pin.left, pin.right}
            if pin.kind is PinKind.APART and sides & mine and sides & theirs and sides <= mine | theirs:
                return pin.left, pin.right
        return None

    def holds_together(self, pin: Pin) -> bool:
        """Whether both keys of a decision to part would still be held by one device."""
        made = merge.cluster(self.seen, pins=(*self.pins, pin))
        return any({pin.left, pin.right} <= _keys(cluster) for cluster in made)

    def _of(self, asset: Asset) -> Sequence[Cluster]:
        part = next((str(fact.value) for fact in asset.facts if fact.key == "part"), "")
        wanted = set(asset.observations)
        return [
            cluster
            for cluster in self.clusters
            if any(seen.observation in wanted and seen.part == part for seen in cluster.sightings)
        ]

    def _keys(self, asset: Asset) -> set[str]:
        return {key for cluster in self._of(asset) for key in _keys(cluster)}


def _keys(cluster: Cluster) -> set[str]:
    strong = {str(key) for keys in cluster.keys for key in keys}
    return strong | {f"address {one.address}" for one in cluster.sightings if one.address}


def _kept(store: Store, realm: str, pin: Pin, word: Word) -> Decision:
    text = "\n".join((realm, pin.kind, pin.left, pin.right, word.at.isoformat()))
    name = hashlib.sha256(text.encode()).hexdigest()[:12]
    decision = Decision(name, realm, pin.kind.value, pin.left, pin.right, word.by, word.reason, word.at)
    store.put_decision(decision)
    return decision
