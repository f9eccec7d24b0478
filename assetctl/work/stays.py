"""Which devices stood at which positions, and when: by what was seen of them then and what the positions are tied by.

Nothing is kept for it: the values that tie a device to its position are facts with intervals, so a device that was
moved shows both places, and a place that has a new device shows the old one.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from assetctl.model import Asset, Position
from assetctl.settle import DECLARED
from assetctl.standing import MATCH_KEYS, normal


@dataclass(frozen=True, slots=True)
class Stay:
    """A device at a position. tie: what ties it there, such as "ip_address 10.20.1.5", with the times it was seen."""

    asset: str
    position: Position
    first_seen: datetime
    last_seen: datetime
    tie: str


def stays(asset: Asset, positions: Iterable[Position]) -> Iterator[Stay]:
    """Where a device stood, by the key that decides for each position, earliest first."""
    found = (_stay(asset, one) for one in positions if one.realm == asset.realm)
    yield from sorted((one for one in found if one), key=lambda one: (one.first_seen, one.last_seen, one.position.id))


def tenants(position: Position, assets: Iterable[Asset]) -> Iterator[Stay]:
    """Which devices stood at a position, earliest first."""
    found = (_stay(one, position) for one in assets if one.realm == position.realm)
    yield from sorted((one for one in found if one), key=lambda one: (one.first_seen, one.last_seen, one.asset))


def _stay(asset: Asset, position: Position) -> Stay | None:
    key = next((name for name in MATCH_KEYS if position.match.get(name)), "")
    wanted = normal(key, position.match.get(key, ""))
    spans = [
        (fact.first_seen, fact.last_seen)
        for fact in asset.facts
        if fact.key == key and fact.source.kind != DECLARED and normal(key, str(fact.value)) == wanted
    ]
    if not spans:
        return None
    first, last = min(one for one, _ in spans), max(one for _, one in spans)
    return Stay(asset.id, position, first, last, f"{key} {position.match[key]}")
