"""Names for clusters that stay the same whatever order the scans and imports arrive in.

Theory. A scan or import that arrives alone would name a device after the strongest key that this scan saw of it: its
token. An id is the hash of a token. A cluster has a token for every scan it was seen in; its id is that of its earliest
scan, since that is when the device was first seen, and every other one that any order of arrival could have handed out
is an alias. So ids and aliases follow from the observations alone, and later scans never change an id.
The table remembers what was handed out, so that an id outlives the observation it came from.
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from assetctl.merge import Cluster

LETTERS = 10


@dataclass(frozen=True, slots=True)
class Assigned:
    """ids: cluster name -> asset id. aliases: asset id -> its other ids, sorted.

    additions: rows that the table lacks, "realm token" -> id.
    """

    ids: Mapping[str, str]
    aliases: Mapping[str, tuple[str, ...]]
    additions: Mapping[str, str]

    def resolve(self, name: str) -> str | None:
        """The asset id behind an id or alias, None when nobody has it."""
        if name in self.aliases:
            return name
        return next((own for own, others in sorted(self.aliases.items()) if name in others), None)


def mint(realm: str, token: str) -> str:
    """The id that a token stands for: "a-" and ten characters of base 32."""
    digest = hashlib.sha256(f"{realm}\0{token}".encode()).digest()
    return "a-" + base64.b32encode(digest)[:LETTERS].decode().lower()


def assign(clusters: Iterable[Cluster], table: Mapping[str, str]) -> Assigned:
    """An id for every cluster.

    table: "realm token" -> id as given out before; its ids stay valid as aliases when their own token is gone.
    """
    every = sorted(clusters, key=_first_seen)
    ladders = _ladders(every)
    owners: dict[str, str] = {}
    for one in every:
        for rungs in ladders[one.name].values():
            for token in rungs:
                owners.setdefault(f"{one.realm} {token}", one.name)
    known = {mint(*key.split(" ", 1)) for key in owners}
    ids: dict[str, str] = {}
    aliases: dict[str, tuple[str, ...]] = {}
    additions: dict[str, str] = {}
    for one in every:
        tokens = _tokens(one, ladders[one.name], owners)
        own = mint(one.realm, tokens[0])
        ids[one.name] = own
        others = {mint(one.realm, token) for token in tokens}
        others |= {table[key] for token in tokens if (key := f"{one.realm} {token}") in table} - known
        aliases[own] = tuple(sorted(others - {own}))
        additions |= {key: own for token in tokens if table.get(key := f"{one.realm} {token}") != own}
    return Assigned(ids, aliases, additions)


def _first_seen(one: Cluster) -> tuple[datetime, str]:
    return min(seen.started for seen in one.sightings), one.name


def _ladders(clusters: list[Cluster]) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """For each cluster and scan what it could be named after, best first; devices before their parts."""
    ladders: dict[str, Mapping[str, tuple[str, ...]]] = {}
    holder = {seen.id: one.name for one in clusters for seen in one.sightings}
    for one in sorted(clusters, key=lambda one: bool(one.parent)):
        ladders[one.name] = {
            scan: tuple(dict.fromkeys(_rungs(one, scan, holder, ladders)))
            for scan in sorted({seen.scan for seen in one.sightings})
        }
    return ladders


def _rungs(
    one: Cluster, scan: str, holder: Mapping[str, str], ladders: Mapping[str, Mapping[str, tuple[str, ...]]]
) -> Iterator[str]:
    here = [(seen, keys) for seen, keys in zip(one.sightings, one.keys, strict=True) if seen.scan == scan]
    yield from (str(key) for key in sorted({key for _, keys in here for key in keys}))
    yield from sorted(f"address {seen.address.ip} in {scan}" for seen, _ in here if seen.address)
    for seen, _ in here:
        device = ladders.get(holder.get(seen.parent, ""), {}).get(scan)
        if seen.part and device:
            yield f"part {seen.part} of {device[0]}"
    yield from (f"observation {seen.id}" for seen, _ in here)


def _tokens(one: Cluster, ladder: Mapping[str, tuple[str, ...]], owners: Mapping[str, str]) -> list[str]:
    """The token of each scan in the order of time: the best rung that belongs to this cluster and no earlier one."""
    began: dict[str, datetime] = {}
    for seen in one.sightings:
        began[seen.scan] = min(seen.started, began.get(seen.scan, seen.started))
    tokens: dict[str, None] = {}
    for scan in sorted(ladder, key=lambda scan: (began[scan], scan)):
        mine = (token for token in ladder[scan] if owners[f"{one.realm} {token}"] == one.name)
        tokens[next(mine)] = None
    return list(tokens)
