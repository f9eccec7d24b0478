"""What sensors saw, put in order for judgement: the flows by zone, conduit and asset, and who could have seen them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from ipaddress import ip_address

from assetctl import settle
from assetctl.model import Asset, Conduit, Flow, IPAddress, Zone
from assetctl.policy.conduits import Conduits
from assetctl.policy.flows import SeenFlow, as_fact
from assetctl.policy.sensors import Sensors
from assetctl.policy.survey import Survey
from assetctl.standing import Whereabouts

MOST_TOLD = 4


class Traffic:
    """The flows and captures of a plant, by zone, conduit and asset."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self.where = Whereabouts(survey.plant.zones)
        self._by_id = {zone.id: zone for zone in survey.plant.zones}
        self.conduits = Conduits(survey.plant.zones, survey.plant.conduits)
        self._addresses: dict[str, tuple[IPAddress, ...]] = {}
        self._holders = self._current_holders()
        self._sensors = Sensors(survey.plant.captures, survey.now)
        self._zone_of = {asset: survey.zone_of(view) for asset, view in survey.views.items()}

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

    def watched(self, zone: Zone, since: datetime) -> timedelta:
        """For how long since a time some sensor saw every flow of a zone: of its ranges and of all its devices."""
        return self._sensors.in_sight(zone.realm, (*zone.networks, *self._members.get(zone.id, ())), since)

    def addresses(self, asset: Asset) -> tuple[IPAddress, ...]:
        """The current addresses of an asset, worked out once."""
        found = self._addresses.get(asset.id)
        if found is None:
            found = self._addresses[asset.id] = addresses_of(asset)
        return found

    def watched_addresses(self, realm: str, ips: Iterable[IPAddress], since: datetime) -> timedelta:
        """For how long some sensor saw every flow of all these addresses."""
        return self._sensors.in_sight(realm, tuple(ips), since)

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

    def _seen(self, rows: list[Flow]) -> SeenFlow:
        told = tuple(sorted(rows, key=lambda row: (row.last_seen, row.capture)))
        first = told[0]
        services = {word for row in told for word in row.service.split(",") if word}
        from_zone, to_zone = self.zone_at(first.realm, first.source), self.zone_at(first.realm, first.target)
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
            from_zone=from_zone,
            to_zone=to_zone,
            conduit=self._conduit(from_zone, to_zone, first),
            facts=tuple(as_fact(name, row) for row in told[-MOST_TOLD:]),
        )

    def _conduit(self, from_zone: Zone | None, to_zone: Zone | None, flow: Flow) -> Conduit | None:
        if from_zone is None or to_zone is None:
            return None
        return self.conduits.holding(from_zone.id, to_zone.id, flow.transport, flow.port)


def addresses_of(asset: Asset) -> tuple[IPAddress, ...]:
    """The current addresses of an asset; none when one of them is not an address at all."""
    try:
        return tuple(map(ip_address, settle.addresses(asset)))
    except ValueError:
        return ()


def _order(key: tuple[str, IPAddress, IPAddress, str, int]) -> tuple[object, ...]:
    realm, source, target, transport, port = key
    return realm, source.version, int(source), target.version, int(target), transport, port


def traffic_of(survey: Survey) -> Traffic:
    """The traffic of a survey, arranged once."""
    found: Traffic | None = survey.memo.get("traffic")
    if found is None:
        found = survey.memo["traffic"] = Traffic(survey)
    return found
