"""Clusters and ids become assets: facts with their sources and intervals, parents, positions and zones."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from assetctl.merge import Cluster
from assetctl.model import Address, Asset, Claim, Fact, PortState, Position, Source, Subject, SubjectKind, Value, Zone
from assetctl.settle import DERIVED, IMPORT, PROBE, SAME_LOOK, confidence
from assetctl.sightings import Sighting
from assetctl.standing import Standing, Whereabouts, place, stand

_Row = tuple[SubjectKind, str, str, str, str, str]  # kind, local key, key, source kind, source name, vantage


@dataclass(frozen=True, slots=True)
class Inventory:
    """assets: sorted by id. standings: which device stands at which position, or why none does."""

    assets: tuple[Asset, ...]
    standings: tuple[Standing, ...]


@dataclass(frozen=True, slots=True)
class _Word:
    """What one source said about one key at one time."""

    at: datetime
    evidence: str
    value: Value
    confidence: int
    seen: Sighting


def build_assets(
    clusters: Sequence[Cluster],
    ids: Mapping[str, str],
    aliases: Mapping[str, tuple[str, ...]],
    *,
    positions: Sequence[Position] = (),
    zones: Sequence[Zone] = (),
    site_of: Callable[[Address], str] = lambda _: "",
) -> Inventory:
    """The inventory. ids, aliases: from `identity.assign`. site_of: the site an address belongs to, "" for none."""
    bare = [_asset(one, ids, aliases, site_of) for one in clusters]
    standings = stand(positions, bare)
    placed = place(bare, positions, standings)
    where = Whereabouts(zones)
    zone = {asset.id: where.zone_of(asset) for asset in placed}
    zoned = (replace(asset, zone=zone[asset.parent or asset.id]) for asset in placed)
    return Inventory(tuple(sorted(zoned, key=lambda asset: asset.id)), standings)


def _asset(
    one: Cluster, ids: Mapping[str, str], aliases: Mapping[str, tuple[str, ...]], site_of: Callable[[Address], str]
) -> Asset:
    own = ids[one.name]
    facts = tuple(_facts(own, one.sightings))
    awake = [seen for seen in one.sightings if seen.exists] or list(one.sightings)
    sites = {site_of(seen.address) for seen in one.sightings if seen.address} - {""}
    return Asset(
        id=own,
        realm=one.realm,
        facts=facts,
        first_seen=min(seen.started for seen in awake),
        last_seen=max(seen.ended for seen in awake),
        confidence=confidence(facts)[0],
        aliases=aliases.get(own, ()),
        site=sites.pop() if len(sites) == 1 else "",
        parent=ids.get(one.parent),
        joins=one.joins,
        observations=tuple(sorted({seen.observation for seen in one.sightings})),
    )


def _facts(asset: str, sightings: Sequence[Sighting]) -> Iterator[Fact]:
    """Facts in a fixed order: by subject, key, source, and time."""
    rows: dict[_Row, list[_Word]] = {}
    for seen in sightings:
        for claim, kind, name in _said(seen):
            row = (claim.kind, claim.local_key, claim.key, kind, name, seen.vantage)
            rows.setdefault(row, []).append(_Word(seen.ended, seen.evidence, claim.value, claim.confidence, seen))
    for port in _ports(rows):
        _let_open_stand(port)
    for row in sorted(rows):
        yield from _intervals(asset, row, rows[row])


def _ports(rows: Mapping[_Row, list[_Word]]) -> Iterator[Sequence[list[_Word]]]:
    """What all sources said of the state of each port at one vantage."""
    of_ports = sorted((row[1], row[5], row) for row in rows if row[2] == "port_state")
    for _, its in groupby(of_ports, key=lambda one: one[:2]):
        yield [rows[row] for _, _, row in its]


def _let_open_stand(port: Sequence[list[_Word]]) -> None:
    """Take out what leaves a port open: a device has one state of a port, and may have several addresses.

    That the port is shut at another address, or was refused or silent to a later question of the same run, does not
    close it.
    """
    words = sorted((word for said in port for word in said), key=lambda word: (word.at, word.value != PortState.OPEN))
    if len({word.value for word in words}) < 2:
        return
    runs = {word.seen.scan for word in words if word.value == PortState.OPEN}
    last: dict[Address | None, _Word] = {}
    idle: set[int] = set()
    for word in words:
        if word.value != PortState.OPEN and (word.seen.scan in runs or _is_open_elsewhere(word, last)):
            idle.add(id(word))
        if word.value == PortState.OPEN or word.seen.scan not in runs:
            last[word.seen.address] = word
    for said in port:
        said[:] = [word for word in said if id(word) not in idle]


def _is_open_elsewhere(word: _Word, last: Mapping[Address | None, _Word]) -> bool:
    """Whether another address of the device, at which it stands still, had the port open when it was last asked."""
    return any(
        other.value == PortState.OPEN and word.at - other.at <= SAME_LOOK
        for address, other in last.items()
        if address is not None and address != word.seen.address
    )


def _said(seen: Sighting) -> Iterator[tuple[Claim, str, str]]:
    """Each claim of a sighting with the kind and name of its source, and what the sighting itself shows."""
    if seen.source == PROBE:
        kind, name = PROBE, seen.reader.partition("/")[0]
    else:
        kind, name = IMPORT, seen.source
    for claim in seen.claims:
        yield claim, kind, name
    for derived in seen.derived:
        yield derived.claim, DERIVED, derived.rule
    if seen.address and seen.exists:
        address = str(seen.address.ip)
        yield (
            Claim("ip_address", address, SubjectKind.INTERFACE, address, confidence=seen.address_confidence),
            kind,
            name,
        )
    if seen.part:
        yield Claim("part", seen.part), kind, name


def _intervals(asset: str, row: _Row, words: Sequence[_Word]) -> Iterator[Fact]:
    """One fact for each run of times at which the source said the same value."""
    if not words:
        return
    kind, local_key, key, source, name, vantage = row
    subject = Subject(kind, asset, local_key)
    for began, word in _runs(words):
        yield Fact(
            subject=subject,
            key=key,
            value=word.value,
            source=Source(source, name, word.evidence),
            vantage=vantage,
            first_seen=began,
            last_seen=word.at,
            confidence=word.confidence,
        )


def _runs(words: Sequence[_Word]) -> Iterator[tuple[datetime, _Word]]:
    """The last word of each run of the same value, with when it began."""
    if len(words) == 1:
        yield words[0].at, words[0]
        return
    times: dict[datetime, dict[Value, _Word]] = {}
    for word in words:
        said = times.setdefault(word.at, {})
        held = said.get(word.value)
        if held is None or (word.confidence, word.evidence) > (held.confidence, held.evidence):
            said[word.value] = word
    running: dict[Value, tuple[datetime, _Word]] = {}
    ended: list[tuple[datetime, _Word]] = []
    for at in sorted(times):
        ended += [running.pop(value) for value in sorted(set(running) - set(times[at]), key=str)]
        for value, word in times[at].items():
            running[value] = (running[value][0] if value in running else at, word)
    yield from sorted([*ended, *running.values()], key=lambda one: (one[0], str(one[1].value)))
