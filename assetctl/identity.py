"""Names for clusters that stay the same whatever order the scans and imports arrive in.

Theory. A scan that arrives alone names each device it sees after the strongest key that it saw of it: the token. An id
is the hash of a token. A cluster has a token from every scan, and several from one that alone could not know that two
things were one. Its id is that of its earliest token, since that is when the device was first seen; the others are what
any other order of arrival would have handed out: its aliases. So ids and aliases follow from the observations alone,
and later scans never change an id. Where a key turns out to be copied, it names the device that had it first.
The table remembers what was handed out, so that an id outlives the observations it came from.
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from assetctl.keys import Key
from assetctl.merge import Cluster, cluster
from assetctl.sightings import Sighting

LETTERS = 10


@dataclass(frozen=True, slots=True)
class Assigned:
    """ids: cluster name -> asset id. aliases: asset id -> its other ids, sorted.

    additions: rows that the table lacks, "realm token" -> id. accepted: every name that resolves -> asset id; more than
    ids and aliases, since each key of a device would do.
    """

    ids: Mapping[str, str]
    aliases: Mapping[str, tuple[str, ...]]
    additions: Mapping[str, str]
    accepted: Mapping[str, str]

    def resolve(self, name: str) -> str | None:
        """The asset id behind an id or alias, None when nobody has it."""
        return self.accepted.get(name)


@dataclass(frozen=True, slots=True)
class _Ladder:
    """What one scan alone could name a thing after, best first. rungs: "realm token". began: when the scan saw it."""

    began: datetime
    rungs: tuple[str, ...]


def mint(rung: str) -> str:
    """The id that "realm token" stands for: "a-" and ten characters of base 32."""
    digest = hashlib.sha256(rung.encode("utf-8", "surrogatepass")).digest()
    return "a-" + base64.b32encode(digest)[:LETTERS].decode().lower()


def assign(clusters: Iterable[Cluster], table: Mapping[str, str]) -> Assigned:
    """An id for every cluster.

    table: "realm token" -> id as given out before; its ids stay valid as aliases when their own token is gone.
    """
    every = sorted(clusters, key=_first_seen)
    ladders = _ladders(every)
    owners: dict[str, str] = {}
    for one in every:
        for ladder in ladders[one.name]:
            for rung in ladder.rungs:
                owners.setdefault(rung, one.name)
    ids: dict[str, str] = {}
    aliases: dict[str, tuple[str, ...]] = {}
    additions: dict[str, str] = {}
    known = {mint(rung) for rung in owners}
    for one in every:
        chosen = _chosen(one, ladders[one.name], owners)
        own = ids[one.name] = mint(chosen[0])
        remembered = {table[rung] for rung in chosen if rung in table} - known
        aliases[own] = tuple(sorted(({mint(rung) for rung in chosen} | remembered) - {own}))
        additions |= {rung: own for rung in chosen if table.get(rung) != own}
    accepted = {mint(rung): ids[name] for rung, name in owners.items()}
    accepted |= {other: own for own, others in aliases.items() for other in (own, *others)}
    return Assigned(ids, aliases, additions, accepted)


def _first_seen(one: Cluster) -> tuple[datetime, str]:
    return min(seen.started for seen in one.sightings), one.name


def _chosen(one: Cluster, ladders: tuple[_Ladder, ...], owners: Mapping[str, str]) -> list[str]:
    """The best rung of each ladder that belongs to this cluster, in the order of time."""
    found = {
        next(rung for rung in ladder.rungs if owners[rung] == one.name): ladder.began for ladder in reversed(ladders)
    }
    return sorted(found, key=lambda rung: (found[rung], rung))


def _ladders(clusters: list[Cluster]) -> Mapping[str, tuple[_Ladder, ...]]:
    """The ladders of each cluster, in the order of time: one for each thing that one scan alone took for a device."""
    owner = {seen.id: one.name for one in clusters for seen in one.sightings}
    held = {seen.id: own for one in clusters for seen, own in zip(one.sightings, one.keys, strict=True)}
    best: dict[str, str] = {}
    found: dict[str, list[_Ladder]] = {one.name: [] for one in clusters}
    for things in _scans(clusters):
        for thing in sorted(things, key=lambda thing: bool(thing.parent)):
            for name in sorted({owner[seen.id] for seen in thing.sightings}):
                mine = [seen for seen in thing.sightings if owner[seen.id] == name]
                rungs = tuple(dict.fromkeys(_rungs(mine, held, best)))
                best |= {seen.id: rungs[0] for seen in mine}
                found[name].append(_Ladder(min(seen.started for seen in mine), rungs))
    return {name: tuple(sorted(own, key=lambda one: (one.began, one.rungs))) for name, own in found.items()}


def _scans(clusters: list[Cluster]) -> Iterator[tuple[Cluster, ...]]:
    """What each scan alone would have taken for devices; what shows none alone names none."""
    scans: dict[str, list[Sighting]] = {}
    for one in clusters:
        for seen in one.sightings:
            scans.setdefault(seen.scan, []).append(seen)
    for name in sorted(scans):
        yield cluster(scans[name])


def _rungs(mine: list[Sighting], held: Mapping[str, tuple[Key, ...]], best: Mapping[str, str]) -> Iterator[str]:
    realm = mine[0].realm
    yield from (f"{realm} {key}" for key in sorted({key for seen in mine for key in held[seen.id]}))
    yield from sorted(f"{realm} address {seen.address.ip} in {seen.scan}" for seen in mine if seen.address)
    yield from sorted(f"{realm} part {seen.part} of {best[seen.parent]}" for seen in mine if seen.parent in best)
    yield from sorted(f"{realm} observation {seen.id}" for seen in mine)
