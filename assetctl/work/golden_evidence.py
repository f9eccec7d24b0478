"""What a golden inventory rests on: where was looked, and what today's decoders make of the evidence it names."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from ipaddress import ip_address
from typing import Any

from assetctl import merge
from assetctl.baseline import Entry, parts_of, ports, values_of
from assetctl.errors import InputError
from assetctl.golden.look import Reread
from assetctl.identity import assign
from assetctl.inventory import build_assets
from assetctl.model import Address, Asset, Observation, Outcome, Scan, Transport
from assetctl.protocol import Protocol
from assetctl.scope import Target
from assetctl.settle import PROBE
from assetctl.store.repo import Store
from assetctl.targets import parse_target
from assetctl.work import finder
from assetctl.work.importing import NMAP_XML, nmap_again
from assetctl.work.ingest import seen
from assetctl.work.reread import reread

_OF_ANY_CONNECT = frozenset({"port_state", "ip_address", "reachable", "service_source"})
_FINDER = finder.READER.partition("/")[0]


@dataclass(frozen=True, slots=True)
class _Look:
    """A finished scan. asked: targets with what was planned there: a protocol and ports such as "tcp/502"."""

    scan: str
    begun: datetime
    asked: tuple[tuple[Target, frozenset[str]], ...]
    excluded: tuple[Target, ...]

    def asks(self, address: Address, wanted: frozenset[str]) -> bool:
        """Whether anything of what is wanted was planned for an address; anything at all where nothing is."""
        if any(address in target for target in self.excluded):
            return False
        return any(address in target and (not wanted or wanted & said) for target, said in self.asked)


def looked_at(
    store: Store, scans: Iterable[Scan], realm: str, *, now: datetime, max_age: timedelta | None
) -> Callable[[Entry, Asset | None], datetime | None]:
    """Begin of the newest scan that asked, everywhere an entry may stand, something its device is known to answer.

    That is at its addresses, or on the segment that told of it. None when no scan that is young enough did.
    """
    young = [scan for scan in scans if _is_young(scan, now, max_age)]
    looks = [_look(store, scan) for scan in young]
    partly = cache(store.partly_asked)

    @cache
    def heard(segment: str) -> tuple[datetime, ...]:
        return tuple(scan.started for scan in young if _heard(store, scan, segment))

    def asked_at(places: Iterable[Address], wanted: frozenset[str]) -> list[datetime]:
        return [
            look.begun
            for look in looks
            if all(look.asks(one, wanted) and one not in partly(look.scan) for one in places)
        ]

    def begun(entry: Entry, asset: Asset | None) -> datetime | None:
        told = _observations(store, entry.evidence)
        places = [Address(realm, ip_address(ip)) for ip in parts_of(entry.match.get("ip_address", ""))]
        wanted = _answers(asset) if asset else frozenset(one.reader.partition("/")[0] for one in told) - {_FINDER}
        is_known = wanted or not asset  # else there is no question that it is known to answer
        found = asked_at(places, wanted) if places and is_known else []
        segments = {one.vantage for one in told if one.transport is Transport.LINK}
        newest = [max(heard(one), default=None) for one in segments]
        if newest and all(newest):
            found.append(min(at for at in newest if at))
        return max(found, default=None)

    return begun


def _answers(asset: Asset) -> frozenset[str]:
    """The protocols in which a device answered us, and the ports that we found open.

    What an import alone says shows nothing about our own questions; a closed port is an answer of no protocol.
    """
    told = [one for one in asset.facts if one.source.kind == PROBE and one.key not in _OF_ANY_CONNECT]
    states = ports(asset).items()
    opened = {name for name, (state, fact) in states if state == "open" and fact.source.kind == PROBE}
    return frozenset({fact.source.name for fact in told} - {_FINDER} | opened)


def _look(store: Store, scan: Scan) -> _Look:
    stored = store.plan(scan.id)
    rows: list[Any] = [[text, "", "", "", []] for text in scan.coverage]
    rows = json.loads(stored)["plan"]["rows"] if stored else rows
    asked = tuple(
        (target, frozenset({protocol, *(f"{transport}/{port}" for port in numbers)}))
        for text, _, protocol, transport, numbers, *_ in rows
        for target in _targets(text, scan.realm)
    )
    excluded = tuple(target for text in scan.excluded for target in _targets(text, scan.realm))
    return _Look(scan.id, scan.started, asked, excluded)


def _heard(store: Store, scan: Scan, segment: str) -> bool:
    """Whether a scan asked the stations of a segment, and was not kept from any of it."""
    talks = [
        one for one in store.observations(scan=scan.id) if one.transport is Transport.LINK and one.vantage == segment
    ]
    return bool(talks) and not any(one.outcome in (Outcome.DENIED, Outcome.ABORTED) for one in talks)


def _is_young(scan: Scan, now: datetime, max_age: timedelta | None) -> bool:
    return max_age is None or (scan.ended is not None and now - scan.ended <= max_age)


def _targets(text: str, realm: str) -> tuple[Target, ...]:
    try:
        return parse_target(text.partition(" (")[0], realm=realm, resolve=None)
    except InputError:
        return ()  # a segment; the coverage of an import is a file, not a range


def _observations(store: Store, evidence: Iterable[str]) -> list[Observation]:
    """The observations to which exchanges belong, as far as they are at hand."""
    steps = {stored.step for one in evidence if (stored := store.exchange(one)) is not None}
    return [found for step in sorted(steps) if (found := store.observation(step)) is not None]


def rereader(store: Store, realm: str, protocols: Mapping[str, Protocol]) -> Reread:
    """Reads the evidence of a golden entry with today's decoders and gives the facts and ports it makes."""
    held: dict[str, Mapping[str, str] | None] = {}
    importers = {NMAP_XML: partial(nmap_again, store)}

    def again(entry: Entry) -> Mapping[str, str] | None:
        if entry.key not in held:
            held[entry.key] = _read_again(entry)
        return held[entry.key]

    def _read_again(entry: Entry) -> Mapping[str, str] | None:
        observations = _observations(store, entry.evidence)
        if not observations:
            return None
        fresh = [one.observation for one in reread(observations, protocols, importers=importers)]
        clusters = merge.cluster(seen(fresh))
        assigned = assign(clusters, store.identities())
        made = build_assets(clusters, assigned.ids, assigned.aliases).assets
        asset = _the_one([one for one in made if one.realm == realm], entry)
        if asset is None:
            return None
        return {**values_of(asset), **{name: state for name, (state, _) in ports(asset).items()}}

    return again


def _the_one(assets: Iterable[Asset], entry: Entry) -> Asset | None:
    """The device or part among those that evidence tells of; None when it may be several."""
    alike = [one for one in assets if bool(one.parent) == bool(entry.parent)]
    place = "part" if entry.parent else "ip_address"
    ways = (
        [one for one in alike if entry.asset in (one.id, *one.aliases)],
        [one for one in alike if _shares(one, entry, place)],
        [one for one in alike if _shares(one, entry, "mac_address")],
        alike,
    )
    return next((found[0] for found in ways if len(found) == 1), None)


def _shares(asset: Asset, entry: Entry, key: str) -> bool:
    return bool(parts_of(values_of(asset).get(key, "")) & parts_of(entry.match.get(key, "")))
