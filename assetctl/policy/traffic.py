"""What sensors saw, put in order for judgement: which zones a flow connects, its conduit, and who could have seen it.

A flow is what passed between two addresses to one port, over all captures. A conduit holds for the zones that it names
and for the zones inside them; the one whose ends lie nearest counts, and of several the one that allows the flow.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from ipaddress import IPv4Network, ip_address, ip_network

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
from assetctl.policy.plant import Survey
from assetctl.standing import Whereabouts
from assetctl.traffic import named, recognised
from assetctl.zone_rules import parents


@dataclass(frozen=True, slots=True)
class SeenFlow:
    """One flow with where its ends lie. told: the rows it was added up from, newest last."""

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

    @property
    def name(self) -> str:
        port = f"/{self.port}" if self.port else ""
        return f"{self.source} to {self.target} {self.transport}{port}"

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

    def facts(self, key: str) -> tuple[Fact, ...]:
        """What was seen, as evidence."""
        subject = Subject(SubjectKind.ASSET, self.name, self.name)
        return tuple(
            Fact(
                subject,
                key,
                f"{one.connections} connections, {one.answered} answered",
                Source("import", f"flows {one.sensor}", one.capture),
                one.sensor,
                one.first_seen,
                one.last_seen,
                90,
            )
            for one in self.told[-4:]
        )


class Traffic:
    """The flows and captures of a plant, by zone, conduit and asset."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self.where = Whereabouts(survey.plant.zones)
        self._by_id = {zone.id: zone for zone in survey.plant.zones}
        self._above = {zone.id: (zone.id, *parents(self._by_id, zone.id)) for zone in survey.plant.zones}
        self._holders = _holders(survey)
        self._zone_of = {asset: survey.zone_of(view) for asset, view in survey.views.items()}
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

    def zone_at(self, realm: str, ip: IPAddress) -> Zone | None:
        """The zone of the asset that has an address, else the one whose range holds it."""
        asset = self._holders.get((realm, ip))
        zone = self._zone_of.get(asset) if asset else None
        return zone or self._by_id.get(self.where.of_address(realm, ip) or "")

    def is_part_of(self, inner: str, outer: str) -> bool:
        """Whether a zone is another or lies inside it."""
        return outer in self._above.get(inner, (inner,))

    def are_related(self, one: str, other: str) -> bool:
        """Whether two zones lie inside each other, or are parts of the same zone."""
        mine, theirs = self._above.get(one, (one,)), self._above.get(other, (other,))
        return one in theirs or other in mine or (len(mine) > 1 and len(theirs) > 1 and mine[1] == theirs[1])

    def watched(self, zone: Zone, since: datetime) -> timedelta:
        """For how long since a time some sensor saw every flow of a zone."""
        spans = [one for one in self.survey.plant.captures if one.realm == zone.realm and self._sees(one, zone)]
        return _length(spans, since, self.survey.now)

    def watched_addresses(self, realm: str, ips: Iterable[IPAddress], since: datetime) -> timedelta:
        """For how long some sensor saw every flow of all these addresses."""
        wanted = tuple(ips)
        spans = [
            one
            for one in self.survey.plant.captures
            if one.realm == realm and wanted and all(any(ip in net for net in _networks(one)) for ip in wanted)
        ]
        return _length(spans, since, self.survey.now)

    def zones_of(self, asset: Asset) -> tuple[str, ...]:
        """The zones in which the addresses of an asset lie, sorted."""
        found = (self.where.of_address(asset.realm, ip) for ip in addresses_of(asset))
        return tuple(sorted({zone for zone in found if zone}))

    def _sees(self, capture: Capture, zone: Zone) -> bool:
        covered = _networks(capture)
        if zone.networks:
            return all(any(_holds(outer, inner) for outer in covered) for inner in zone.networks)
        members = [asset for asset, held in self._zone_of.items() if held is not None and held.id == zone.id]
        ips = [ip for asset in members for ip in addresses_of(self.survey.views[asset].asset)]
        return bool(ips) and all(any(ip in net for net in covered) for ip in ips)

    def _seen(self, rows: list[Flow]) -> SeenFlow:
        told = tuple(sorted(rows, key=lambda row: (row.last_seen, row.capture)))
        first = told[0]
        services = {word for row in told for word in row.service.split(",") if word}
        ends = self.zone_at(first.realm, first.source), self.zone_at(first.realm, first.target)
        return SeenFlow(
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


def _holders(survey: Survey) -> dict[tuple[str, IPAddress], str]:
    """Which asset has an address now; an address that several have is nobody's."""
    found: dict[tuple[str, IPAddress], str] = {}
    several: set[tuple[str, IPAddress]] = set()
    for name, view in survey.views.items():
        if view.asset.parent is None:
            for ip in addresses_of(view.asset):
                place = (view.asset.realm, ip)
                several |= {place} if place in found else set()
                found[place] = name
    return {place: name for place, name in found.items() if place not in several}


def _networks(capture: Capture) -> tuple[IPNetwork, ...]:
    return tuple(map(ip_network, capture.covers))


def _holds(outer: IPNetwork, inner: IPNetwork) -> bool:
    return outer.version == inner.version and outer.supernet_of(inner)  # type: ignore[arg-type]


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
