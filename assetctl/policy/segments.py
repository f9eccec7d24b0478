"""What zones share below their addresses, and what was asked from which zone: VLANs, switches, vantages.

A VLAN number means one broadcast domain within a realm. A switch belongs to every zone of a device that hangs on it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cached_property
from ipaddress import ip_address

from assetctl.keys import mac_address
from assetctl.model import Fact, Zone
from assetctl.policy.context import Context
from assetctl.policy.survey import Survey
from assetctl.policy.traffic import Traffic, traffic_of
from assetctl.policy.view import View
from assetctl.settle import texts

LINK_PROTOCOLS = frozenset({"lldp", "profinet_dcp"})


class Segments:
    """Worked out once for a survey and the age that a check allows."""

    def __init__(self, survey: Survey, max_age: timedelta) -> None:
        self.survey = survey
        self.max_age = max_age
        self.traffic: Traffic = traffic_of(survey)
        self.zone_of = {name: survey.zone_of(view) for name, view in survey.views.items()}
        self._vantages: dict[tuple[str, str], Zone | None] = {}

    @cached_property
    def members(self) -> Mapping[str, tuple[View, ...]]:
        """The whole devices of each zone."""
        found: dict[str, list[View]] = defaultdict(list)
        for name, view in self.survey.views.items():
            zone = self.zone_of[name]
            if zone is not None and view.asset.parent is None:
                found[zone.id].append(view)
        return {name: tuple(views) for name, views in found.items()}

    @cached_property
    def vlans(self) -> Mapping[str, frozenset[str]]:
        """The VLANs in which each asset was seen by a switch, or is said to be."""
        by_mac: dict[tuple[str, str], str] = {}
        for name, view in self.survey.views.items():
            by_mac |= {(view.asset.realm, mac_address(mac) or mac): name for mac in texts(view.asset, "mac_address")}
        found: dict[str, set[str]] = defaultdict(set)
        for name, view in self.survey.views.items():
            found[name] |= {str(fact.value) for fact in view.fresh(view.by_key.get("vlan", ()), self.max_age)}
            for fact in view.fresh(view.by_key.get("neighbour_vlans", ()), self.max_age):
                macs = view.facts_of(fact.subject.local_key, "neighbour_mac_address")
                heard = by_mac.get((view.asset.realm, mac_address(str(macs[0].value)) or "")) if macs else None
                if heard and isinstance(fact.value, tuple):
                    found[heard] |= set(fact.value)
        return {name: frozenset(vlans) for name, vlans in found.items() if vlans}

    @cached_property
    def zones_of_vlan(self) -> Mapping[tuple[str, str], frozenset[str]]:
        """Zones with a device in a VLAN, or that declare it, by realm and VLAN."""
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for zone in self.survey.plant.zones:
            for number in zone.vlans:
                found[zone.realm, str(number)].add(zone.id)
        for name, vlans in self.vlans.items():
            zone_here = self.zone_of[name]
            for vlan in vlans:
                if zone_here is not None:
                    found[zone_here.realm, vlan].add(zone_here.id)
        return {place: frozenset(zones) for place, zones in found.items()}

    @cached_property
    def attached(self) -> Mapping[str, frozenset[str]]:
        """The switches on which each asset hangs directly."""
        found: dict[str, set[str]] = defaultdict(set)
        oldest = self.survey.now - self.max_age
        for one, other in self.survey.plant.links:
            for switch, station in ((one, other), (other, one)):
                seen = self.survey.views[switch].asset.last_seen if switch in self.survey.plant.switches else oldest
                if seen > oldest and station not in self.survey.plant.switches:
                    found[station].add(switch)
        return {name: frozenset(switches) for name, switches in found.items()}

    @cached_property
    def cables(self) -> Mapping[str, tuple[str, ...]]:
        """What is at the other ends of the cables of each asset."""
        found: dict[str, list[str]] = defaultdict(list)
        for one, other in self.survey.plant.links:
            found[one].append(other)
            if other != one:
                found[other].append(one)
        return {name: tuple(others) for name, others in found.items()}

    @cached_property
    def switches_of_zone(self) -> Mapping[str, frozenset[str]]:
        """The switches that told the port of some device of each zone."""
        return {
            zone: frozenset(switch for view in views for switch in self.attached.get(view.asset.id, ()))
            for zone, views in self.members.items()
        }

    def shared(self, zone: Zone, *, by_vlan: bool) -> tuple[tuple[str, ...], bool]:
        """VLANs or switches that a zone has in common with an unrelated one, and whether all its devices are known.

        A switch on which only stations of the zone hang is the zone's own, and hangs on no switch itself.
        """
        here = self.members.get(zone.id, ())
        if by_vlan:
            mine = {vlan for view in here for vlan in self.vlans.get(view.asset.id, ())} | set(map(str, zone.vlans))
            known = self.vlans
            others = {vlan: self.zones_of_vlan.get((zone.realm, vlan), frozenset()) for vlan in mine}
        else:
            known = self.attached
            others = {
                switch: self.zones_of_switch.get(switch, frozenset())
                for view in here
                for switch in self.attached.get(view.asset.id, ())
            }
        common = sorted(name for name, zones in others.items() if self._has_stranger(zone, zones))
        own = (
            set[str]()
            if by_vlan
            else {name for name, on in self.zones_of_switch.items() if not self._has_stranger(zone, on)}
        )
        stations = [view.asset.id for view in here if view.asset.id not in own]
        return tuple(common), bool(stations) and all(name in known for name in stations)

    @cached_property
    def zones_of_switch(self) -> Mapping[str, frozenset[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for name, switches in self.attached.items():
            zone = self.zone_of.get(name)
            for switch in switches:
                if zone is not None:
                    found[switch].add(zone.id)
        return {name: frozenset(zones) for name, zones in found.items()}

    def _has_stranger(self, zone: Zone, zones: Iterable[str]) -> bool:
        return any(other != zone.id and not self.traffic.conduits.are_related(zone.id, other) for other in zones)

    @cached_property
    def asked(self) -> Mapping[tuple[str, str], tuple[Fact, ...]]:
        """What each port said when it was asked from a zone, by that zone and the asset."""
        found: dict[tuple[str, str], list[Fact]] = defaultdict(list)
        for name, view in self.survey.views.items():
            for fact in view.by_key.get("port_state", ()):
                zone = self.vantage_zone(view.asset.realm, fact.vantage)
                if zone is not None:
                    found[zone.id, name].append(fact)
        return {place: tuple(facts) for place, facts in found.items()}

    @cached_property
    def asked_of(self) -> Mapping[str, tuple[tuple[Zone, tuple[Fact, ...]], ...]]:
        """The same by asset, with the zones in the order in which they are declared."""
        zones: dict[str, list[tuple[int, Zone]]] = defaultdict(list)
        for at, zone in enumerate(self.survey.plant.zones):
            zones[zone.id].append((at, zone))
        found: dict[str, list[tuple[int, Zone, tuple[Fact, ...]]]] = defaultdict(list)
        for (name, asset), facts in self.asked.items():
            found[asset] += ((at, zone, facts) for at, zone in zones[name])
        return {
            asset: tuple((zone, facts) for _, zone, facts in sorted(rows, key=lambda row: row[0]))
            for asset, rows in found.items()
        }

    @cached_property
    def heard(self) -> Mapping[str, tuple[tuple[str, Fact], ...]]:
        """The assets that were heard on the Ethernet segment of a vantage in a zone."""
        found: dict[str, list[tuple[str, Fact]]] = defaultdict(list)
        for name, view in self.survey.views.items():
            for fact in view.asset.facts:
                zone = self.vantage_zone(view.asset.realm, fact.vantage) if fact.source.name in LINK_PROTOCOLS else None
                if zone is not None:
                    found[zone.id].append((name, fact))
        return {zone: tuple(rows) for zone, rows in found.items()}

    def vantage_zone(self, realm: str, vantage: str) -> Zone | None:
        """The zone in which a vantage such as "eth0/10.20.1.5" stands; a plant is asked from few."""
        if (realm, vantage) not in self._vantages:
            self._vantages[realm, vantage] = self._zone_around(realm, vantage)
        return self._vantages[realm, vantage]

    def _zone_around(self, realm: str, vantage: str) -> Zone | None:
        try:
            ip = ip_address(vantage.partition("/")[2].partition(" ")[0])
        except ValueError:
            return None
        return self.traffic.zone_at(realm, ip)


def segments_of(c: Context) -> Segments:
    """The segments of the survey at hand, worked out once."""
    name = f"segments {c.max_age}"
    found: Segments | None = c.survey.memo.get(name)
    if found is None:
        found = c.survey.memo[name] = Segments(c.survey, c.max_age)
    return found
