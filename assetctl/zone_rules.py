"""What zones and conduits must agree in, beyond the form of each: every disagreement with the place where it stands."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from assetctl.documents import Way
from assetctl.model import Conduit, IPNetwork, SignOff, Zone
from assetctl.text import near
from assetctl.values import shown

Problem = tuple[Way, str]


def parents(zones: Mapping[str, Zone], name: str) -> tuple[str, ...]:
    """The zones that a zone is part of, nearest first; of a ring each once, and no zone that does not exist."""
    found: list[str] = []
    above = zones[name].parent if name in zones else ""
    while above in zones and above != name and above not in found:
        found.append(above)
        above = zones[above].parent
    return tuple(found)


def disagreements(
    zones: Sequence[Zone], conduits: Sequence[Conduit], *, nested_by_range: bool, today: date | None
) -> Iterator[Problem]:
    """Everything that contradicts itself. nested_by_range: ranges alone make one zone part of another (schema 1)."""
    yield from _twice(zones, conduits)
    yield from _parents(zones)
    yield from _same_networks(zones)
    if not nested_by_range:
        yield from _nesting(zones)
        yield from _outside(zones)
    yield from _members(zones)
    yield from _conduits(zones, conduits)
    if today is not None:
        yield from _future(zones, conduits, today)


def early(approvals: Sequence[SignOff], way: Way, today: date) -> Iterator[Problem]:
    """Approvals that are dated after today."""
    for at, one in enumerate(approvals):
        if one.on > today:
            yield (*way, "approvals", at, "date"), f"{one.on} lies in the future (today is {today}); correct the date"


def _twice(zones: Sequence[Zone], conduits: Sequence[Conduit]) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    named: list[tuple[Way, str, str]] = [(("zones", at, "id"), "zone", one.id) for at, one in enumerate(zones)]
    named += [(("conduits", at, "id"), "conduit", one.id) for at, one in enumerate(conduits)]
    for way, kind, name in named:
        if name in seen:
            other = "stands there twice" if seen[name] == kind else f"is that of a {seen[name]} already"
            yield way, f"the {kind} id {shown(name)} {other}; remove one or give it another id"
        seen.setdefault(name, kind)


def _parents(zones: Sequence[Zone]) -> Iterator[Problem]:
    known = {zone.id: zone for zone in zones}
    told: set[str] = set()
    for at, zone in enumerate(zones):
        way: Way = ("zones", at, "parent")
        if zone.parent and zone.parent not in known:
            yield way, f"there is no zone {shown(zone.parent)}{near(zone.parent, tuple(known))}"
        ring = _ring(known, zone.id)
        if ring and not told & set(ring):
            told.update(ring)
            yield way, f"{' is part of '.join((*ring, ring[0]))}: a zone cannot be part of itself; remove one parent"


def _ring(zones: Mapping[str, Zone], name: str) -> tuple[str, ...]:
    """The zones that lead from a zone through its parents back to it."""
    above = zones[name].parent
    found = [name]
    while above in zones and above not in found:
        found.append(above)
        above = zones[above].parent
    return tuple(found) if above == name else ()


def _same_networks(zones: Sequence[Zone]) -> Iterator[Problem]:
    held: dict[tuple[str, IPNetwork], str] = {}
    for at, zone in enumerate(zones):
        for index, network in enumerate(zone.networks):
            owner = held.setdefault((zone.realm, network), zone.id)
            if owner != zone.id or network in zone.networks[:index]:
                text = shown(f"{zone.realm}/{network}")
                where = f" (zone {owner} has it)" if owner != zone.id else ""
                yield ("zones", at, "networks", index), f"the network {text} stands there twice{where}; remove one"


def _nesting(zones: Sequence[Zone]) -> Iterator[Problem]:
    """A range inside the range of a zone that is not above its own. Ranges cannot overlap in any other way.

    Only the nearest enclosing range is looked at: where it agrees, those around it were looked at with it.
    """
    known = {zone.id: zone for zone in zones}
    by_space: dict[tuple[str, int], list[tuple[int, int, IPNetwork, Way, Zone]]] = defaultdict(list)
    for at, zone in enumerate(zones):
        for index, network in enumerate(zone.networks):
            first, last = int(network.network_address), int(network.broadcast_address)
            row = (first, -last, network, ("zones", at, "networks", index), zone)
            by_space[zone.realm, network.version].append(row)
    for rows in by_space.values():
        around: list[tuple[int, IPNetwork, Zone]] = []
        for first, last, network, way, zone in sorted(rows, key=lambda row: (row[0], row[1], str(row[3]))):
            while around and around[-1][0] < first:
                around.pop()
            if around and around[-1][1] != network:
                outer = around[-1][2]
                if outer.id != zone.id and outer.id not in parents(known, zone.id):
                    yield way, _inside(zone, network, outer, around[-1][1])
            around.append((-last, network, zone))


def _inside(zone: Zone, network: IPNetwork, outer: Zone, range_: IPNetwork) -> str:
    return (
        f"{network} of zone {zone.id} lies in {range_} of zone {outer.id}, which is not above it;"
        f" write parent: {outer.id}, or change one of the ranges"
    )


def _outside(zones: Sequence[Zone]) -> Iterator[Problem]:
    """A range that lies outside the ranges of the nearest zone above that has any."""
    known = {zone.id: zone for zone in zones}
    spans = {zone.id: _spans(zone) for zone in zones}
    for at, zone in enumerate(zones):
        above = next((known[name] for name in parents(known, zone.id) if known[name].networks), None)
        if above is None or above.realm != zone.realm:
            continue
        for index, network in enumerate(zone.networks):
            if not _within(network, spans[above.id]):
                yield (
                    ("zones", at, "networks", index),
                    f"{network} of zone {zone.id} lies outside {above.id}, of which it is part; widen {above.id},"
                    " or remove the parent",
                )


def _spans(zone: Zone) -> Mapping[int, tuple[list[int], list[int]]]:
    """First addresses and the highest last address up to each, by version."""
    found: dict[int, tuple[list[int], list[int]]] = {}
    for first, last, version in sorted(
        (int(one.network_address), int(one.broadcast_address), one.version) for one in zone.networks
    ):
        firsts, lasts = found.setdefault(version, ([], []))
        firsts.append(first)
        lasts.append(max(last, lasts[-1] if lasts else last))
    return found


def _within(network: IPNetwork, spans: Mapping[int, tuple[list[int], list[int]]]) -> bool:
    firsts, lasts = spans.get(network.version, ([], []))
    at = bisect_right(firsts, int(network.network_address)) - 1
    return at >= 0 and lasts[at] >= int(network.broadcast_address)


def _members(zones: Sequence[Zone]) -> Iterator[Problem]:
    """Devices that were put into two zones by name."""
    for key in ("positions", "assets"):
        held: dict[tuple[str, str], str] = {}
        for at, zone in enumerate(zones):
            for index, name in enumerate(getattr(zone, key)):
                realm = zone.realm if key == "positions" else ""
                owner = held.setdefault((realm, name), zone.id)
                if owner != zone.id:
                    kind = key.removesuffix("s")
                    yield (
                        ("zones", at, key, index),
                        f"the {kind} {shown(name)} is in zone {owner} and in zone {zone.id}; keep it in one",
                    )


def _conduits(zones: Sequence[Zone], conduits: Sequence[Conduit]) -> Iterator[Problem]:
    known = tuple(zone.id for zone in zones)
    for at, one in enumerate(conduits):
        for key, name in (("from", one.source), ("to", one.target)):
            if name not in known:
                yield ("conduits", at, key), f"conduit {one.id}: there is no zone {shown(name)}{near(name, known)}"
        if one.source == one.target:
            yield ("conduits", at, "to"), f"conduit {one.id} leads from {one.source} to itself; name two zones"
        if one.unmediated and one.boundary:
            yield ("conduits", at, "unmediated"), f"conduit {one.id} names a boundary and says that there is none"


def _future(zones: Sequence[Zone], conduits: Sequence[Conduit], today: date) -> Iterator[Problem]:
    for at, zone in enumerate(zones):
        yield from early(zone.approvals, ("zones", at), today)
    for at, conduit in enumerate(conduits):
        yield from early(conduit.approvals, ("conduits", at), today)
