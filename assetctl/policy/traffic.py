"""What sensors saw, put in order for judgement: which zones a flow connects, its conduit, and who could have seen it.

A flow is what passed between two addresses to one port, over all captures. A conduit holds for the zones that it names
and for the zones inside them; the one whose ends lie nearest counts, and of several the one that allows the flow.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address, ip_network

from assetctl import settle
from assetctl.model import (
    Allowed,
    Asset,
    Capture,
    Conduit,
    Fact,
    Flow,
    IPAddress,
    IPNetwork,
    Source,
    Subject,
    SubjectKind,
    Zone,
)
from assetctl.policy.survey import Survey
from assetctl.standing import Whereabouts
from assetctl.traffic import named, recognised
from assetctl.zone_rules import parents

MOST_TOLD = 4


@dataclass(frozen=True, slots=True)
class SeenFlow:
    """One flow with where its ends lie. told: its rows, newest last. facts: the same as evidence."""

    name: str
    realm: str
    source: IPAddress
    target: IPAddress
    transport: str
    port: int
    service: str
    told: tuple[Flow, ...]
    from_zone: Zone | None
    to_zone: Zone | None
    conduit: Conduit | None
    facts: tuple[Fact, ...]

    @property
    def last_seen(self) -> datetime:
        return self.told[-1].last_seen

    @property
    def stays_inside(self) -> bool:
        """Whether both ends lie in one zone; what goes to a group or to all stays where it is."""
        if self.target.is_multicast or self.target.is_link_local or str(self.target) == "255.255.255.255":
            return True
        if self.from_zone is None or self.to_zone is None:
            return self.from_zone is self.to_zone
        return self.from_zone.id == self.to_zone.id or self._is_broadcast

    @property
    def _is_broadcast(self) -> bool:
        zone = self.to_zone
        networks = zone.networks if zone else ()
        return any(isinstance(net, IPv4Network) and self.target == net.broadcast_address for net in networks)

    @property
    def allowed_by(self) -> tuple[Allowed, ...]:
        """The lines of its conduit that fit by transport and port."""
        return _fitting(self.conduit, self.transport, self.port) if self.conduit else ()


class Traffic:
    """The flows and captures of a plant, by zone, conduit and asset."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self.where = Whereabouts(survey.plant.zones)
        self._by_id = {zone.id: zone for zone in survey.plant.zones}
        self._above = {zone.id: (zone.id, *parents(self._by_id, zone.id)) for zone in survey.plant.zones}
        self._addresses: dict[str, tuple[IPAddress, ...]] = {}
        self._holders = self._current_holders()
        self._zone_of = {asset: survey.zone_of(view) for asset, view in survey.views.items()}
        self._sights: dict[tuple[str, tuple[IPAddress | IPNetwork, ...], datetime], timedelta] = {}
        self._nearest: dict[tuple[str, str], tuple[Conduit, ...]] = {}
        self._declared: dict[frozenset[str], list[Conduit]] = defaultdict(list)
        for conduit in survey.plant.conduits:
            self._declared[frozenset((conduit.source, conduit.target))].append(conduit)

    @cached_property
    def flows(self) -> tuple[SeenFlow, ...]:
        told: dict[tuple[str, IPAddress, IPAddress, str, int], list[Flow]] = defaultdict(list)
        for flow in self.survey.plant.flows:
            told[flow.realm, flow.source, flow.target, flow.transport, flow.port].append(flow)
        return tuple(self._seen(rows) for _, rows in sorted(told.items(), key=lambda item: _order(item[0])))

    @cached_property
    def by_zone(self) -> Mapping[str, tuple[SeenFlow, ...]]:
        """Flows with an end in a zone itself; a zone inside it has its own."""
        found: dict[str, list[SeenFlow]] = defaultdict(list)
        for flow in self.flows:
            for name in {end.id for end in (flow.from_zone, flow.to_zone) if end}:
                found[name].append(flow)
        return {name: tuple(flows) for name, flows in found.items()}

    @cached_property
    def by_conduit(self) -> Mapping[str, tuple[SeenFlow, ...]]:
        found: dict[str, list[SeenFlow]] = defaultdict(list)
        for flow in self.flows:
            if flow.conduit is not None and not flow.stays_inside:
                found[flow.conduit.id].append(flow)
        return {name: tuple(flows) for name, flows in found.items()}

    @cached_property
    def by_asset(self) -> Mapping[str, tuple[SeenFlow, ...]]:
        found: dict[str, list[SeenFlow]] = defaultdict(list)
        for flow in self.flows:
            for asset in {self._holders.get((flow.realm, ip)) for ip in (flow.source, flow.target)} - {None}:
                found[str(asset)].append(flow)
        return {name: tuple(flows) for name, flows in found.items()}

    def _current_holders(self) -> dict[tuple[str, IPAddress], str]:
        """Which asset has an address now; an address that several have is nobody's."""
        found: dict[tuple[str, IPAddress], str] = {}
        several: set[tuple[str, IPAddress]] = set()
        for name, view in self.survey.views.items():
            if view.asset.parent is None:
                for ip in self.addresses(view.asset):
                    place = (view.asset.realm, ip)
                    several |= {place} if place in found else set()
                    found[place] = name
        return {place: name for place, name in found.items() if place not in several}

    def zone_at(self, realm: str, ip: IPAddress) -> Zone | None:
        """The zone of the asset that has an address, else the one whose range holds it."""
        asset = self._holders.get((realm, ip))
        zone = self._zone_of.get(asset) if asset else None
        return zone or self._by_id.get(self.where.of_address(realm, ip) or "")

    def declared_between(self, one: str, other: str) -> Sequence[Conduit]:
        """The conduits that name two zones themselves as their ends."""
        return self._declared.get(frozenset((one, other)), ())

    def is_part_of(self, inner: str, outer: str) -> bool:
        """Whether a zone is another or lies inside it."""
        return outer in self._above.get(inner, (inner,))

    def are_related(self, one: str, other: str) -> bool:
        """Whether two zones lie inside each other, or are parts of the same zone."""
        mine, theirs = self._above.get(one, (one,)), self._above.get(other, (other,))
        return one in theirs or other in mine or (len(mine) > 1 and len(theirs) > 1 and mine[1] == theirs[1])

    def watched(self, zone: Zone, since: datetime) -> timedelta:
        """For how long since a time some sensor saw every flow of a zone: of its ranges and of all its devices."""
        return self._in_sight(zone.realm, (*zone.networks, *self._members.get(zone.id, ())), since)

    def addresses(self, asset: Asset) -> tuple[IPAddress, ...]:
        """The current addresses of an asset, worked out once."""
        found = self._addresses.get(asset.id)
        if found is None:
            found = self._addresses[asset.id] = addresses_of(asset)
        return found

    def watched_addresses(self, realm: str, ips: Iterable[IPAddress], since: datetime) -> timedelta:
        """For how long some sensor saw every flow of all these addresses."""
        return self._in_sight(realm, tuple(ips), since)

    def zones_of(self, asset: Asset) -> tuple[str, ...]:
        """The zones in which the addresses of an asset lie, sorted."""
        found = (self.where.of_address(asset.realm, ip) for ip in self.addresses(asset))
        return tuple(sorted({zone for zone in found if zone}))

    @cached_property
    def _members(self) -> Mapping[str, tuple[IPAddress, ...]]:
        """The addresses of the devices of each zone."""
        found: dict[str, list[IPAddress]] = defaultdict(list)
        for name, zone in self._zone_of.items():
            if zone is not None:
                found[zone.id] += self.addresses(self.survey.views[name].asset)
        return {zone: tuple(ips) for zone, ips in found.items()}

    @cached_property
    def _sensors(self) -> Mapping[str, tuple[tuple["Cover", tuple[Capture, ...]], ...]]:
        """The captures of each realm by what they cover."""
        found: dict[tuple[str, tuple[str, ...]], list[Capture]] = defaultdict(list)
        for one in self.survey.plant.captures:
            found[one.realm, one.covers].append(one)
        by_realm: dict[str, list[tuple[Cover, tuple[Capture, ...]]]] = defaultdict(list)
        for (realm, covers), captures in found.items():
            by_realm[realm].append((Cover(covers), tuple(captures)))
        return {realm: tuple(rows) for realm, rows in by_realm.items()}

    def _in_sight(self, realm: str, places: tuple[IPAddress | IPNetwork, ...], since: datetime) -> timedelta:
        key = (realm, places, since)
        found = self._sights.get(key)
        if found is None:
            seeing = (
                one
                for cover, captures in self._sensors.get(realm, ())
                if places and all(map(cover.holds, places))
                for one in captures
            )
            found = self._sights[key] = _length(seeing, since, self.survey.now)
        return found

    def _seen(self, rows: list[Flow]) -> SeenFlow:
        told = tuple(sorted(rows, key=lambda row: (row.last_seen, row.capture)))
        first = told[0]
        services = {word for row in told for word in row.service.split(",") if word}
        ends = self.zone_at(first.realm, first.source), self.zone_at(first.realm, first.target)
        port = f"/{first.port}" if first.port else ""
        name = f"{first.source} to {first.target} {first.transport}{port}"
        return SeenFlow(
            name=name,
            realm=first.realm,
            source=first.source,
            target=first.target,
            transport=first.transport,
            port=first.port,
            service=",".join(sorted(services)),
            told=told,
            from_zone=ends[0],
            to_zone=ends[1],
            conduit=self._conduit(ends, first),
            facts=tuple(_evidence(name, row) for row in told[-MOST_TOLD:]),
        )

    def _conduit(self, ends: tuple[Zone | None, Zone | None], flow: Flow) -> Conduit | None:
        if ends[0] is None or ends[1] is None or ends[0].id == ends[1].id:
            return None
        found = self._between(ends[0].id, ends[1].id)
        return next((one for one in found if _fitting(one, flow.transport, flow.port)), found[0] if found else None)

    def _between(self, one: str, other: str) -> tuple[Conduit, ...]:
        """The conduits that hold between two zones: of the zones themselves, else of the nearest around them.

        One between a zone and the zone around it holds for what lies directly in the outer one, not for other parts.
        """
        found = self._nearest.get((one, other))
        if found is None:
            mine, theirs = self._above[one], self._above[other]
            pairs = [
                (at + across, at, frozenset((a, b)))
                for at, a in enumerate(mine)
                for across, b in enumerate(theirs)
                if (a == one or a not in theirs) and (b == other or b not in mine)
            ]
            near = (self._declared.get(pair, ()) for _, _, pair in sorted(pairs, key=lambda row: row[:2]))
            found = self._nearest[one, other] = tuple(next(filter(None, near), ()))
        return found


def _fitting(conduit: Conduit, transport: str, port: int) -> tuple[Allowed, ...]:
    return tuple(one for one in conduit.allow if one.transport == transport and one.ports[0] <= port <= one.ports[1])


def _evidence(name: str, row: Flow) -> Fact:
    """One row as a fact; its evidence is the capture."""
    return Fact(
        Subject(SubjectKind.ASSET, name, name),
        "flow",
        f"{row.connections} connections, {row.answered} answered",
        Source("import", f"flows {row.sensor}", row.capture),
        row.sensor,
        row.first_seen,
        row.last_seen,
        90,
    )


def is_named(allowed: Allowed, service: str) -> bool:
    """Whether a sensor's words name the protocol of a line of `allow`."""
    known = named(allowed.protocol)
    told = service.split(",")
    return known in recognised(service) if known else allowed.protocol.casefold() in told


def addresses_of(asset: Asset) -> tuple[IPAddress, ...]:
    """The current addresses of an asset; none when one of them is not an address at all."""
    try:
        return tuple(map(ip_address, settle.addresses(asset)))
    except ValueError:
        return ()


class Cover:
    """The networks of a capture, arranged so that what lies in them is found at once."""

    __slots__ = ("_lengths", "_nets")

    def __init__(self, networks: Iterable[str]) -> None:
        found = [ip_network(text) for text in networks]
        self._nets = {(net.version, net.prefixlen, int(net.network_address)) for net in found}
        self._lengths = {version: sorted({n.prefixlen for n in found if n.version == version}) for version in (4, 6)}

    def holds(self, place: IPAddress | IPNetwork) -> bool:
        """Whether one of the networks holds a whole address or network."""
        if isinstance(place, IPv4Address | IPv6Address):
            first, most = int(place), int(place.max_prefixlen)
        else:
            first, most = int(place.network_address), int(place.prefixlen)
        width: int = place.max_prefixlen
        return any(
            (place.version, length, first >> (width - length) << (width - length)) in self._nets
            for length in self._lengths[place.version]
            if length <= most
        )


def _length(captures: Iterable[Capture], since: datetime, until: datetime) -> timedelta:
    """How long captures lasted together within a time; what overlaps counts once."""
    length, last = timedelta(0), since
    for one in sorted(captures, key=lambda one: one.started):
        begin, end = max(one.started, last), min(one.ended, until)
        if end > begin:
            length, last = length + (end - begin), end
    return length


def _order(key: tuple[str, IPAddress, IPAddress, str, int]) -> tuple[object, ...]:
    realm, source, target, transport, port = key
    return realm, source.version, int(source), target.version, int(target), transport, port


def traffic_of(survey: Survey) -> Traffic:
    """The traffic of a survey, arranged once."""
    found: Traffic | None = survey.memo.get("traffic")
    if found is None:
        found = survey.memo["traffic"] = Traffic(survey)
    return found
