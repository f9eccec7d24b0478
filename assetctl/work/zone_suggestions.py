"""What the inventory and the traffic suggest about zones: shown with reasons, never written by itself.

Nobody but the owner decides what is trusted, how critical something is, which level must be reached, or whether a flow
is allowed; none of that is suggested.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from ipaddress import ip_address, ip_network

from assetctl.model import Asset, Conduit, Flow, IPAddress, IPNetwork, SubjectKind, Zone
from assetctl.settle import addresses, current, text, texts
from assetctl.standing import Whereabouts
from assetctl.text import counted
from assetctl.topology import Topology
from assetctl.traffic import expected_on, recognised
from assetctl.zone_rules import parents

LEVEL_OF_ROLE = {
    "sensor": "0",
    "drive": "0",
    "inverter": "0",
    "plc": "1",
    "pac": "1",
    "rtu": "1",
    "remote-io": "1",
    "safety-plc": "1",
    "power-meter": "1",
    "communication-module": "1",
    "hmi": "2",
    "scada-server": "3",
    "historian": "3",
    "time-server": "3",
    "phone": "4",
    "printer": "4",
}
_BETWEEN = frozenset({"router", "firewall", "gateway", "vpn-gateway", "cellular-router"})
_USUAL_LENGTH = {4: 24, 6: 64}
MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Suggestion:
    """kind: zone, member, level, boundary, conduit or temporary. subject: what it is about. reason: why."""

    kind: str
    subject: str
    proposal: str
    reason: str


def suggest(
    assets: Sequence[Asset], zones: Sequence[Zone], conduits: Sequence[Conduit], flows: Iterable[Flow], links: Topology
) -> tuple[Suggestion, ...]:
    """All suggestions in a fixed order."""
    whole = [one for one in assets if one.parent is None]
    known = Whereabouts(zones)
    return (
        *_new_zones(whole, known),
        *_members(whole, known, links),
        *_levels(whole, zones),
        *_boundaries(whole, conduits, known),
        *_conduits(flows, zones, conduits, known),
        *_temporary(whole, zones),
    )


def _new_zones(assets: Sequence[Asset], known: Whereabouts) -> Iterator[Suggestion]:
    """A zone for each subnet that holds devices of no zone."""
    subnets: dict[tuple[str, IPNetwork], list[Asset]] = defaultdict(list)
    for one in assets:
        for ip in _ips(one):
            if known.zone_of(one) is None and known.of_address(one.realm, ip) is None and ip.is_private:
                subnets[one.realm, _subnet(one, ip)].append(one)
    for (realm, subnet), members in sorted(subnets.items(), key=lambda item: _order(item[0])):
        level = _level(members)
        vlans = sorted({vlan for one in members for vlan in _vlans(one)})
        name = f"net-{str(subnet.network_address).replace('.', '-').replace(':', '-').strip('-')}"
        told = [f"{counted(len(members), 'device')} of no zone in this subnet", _roles(members)]
        told += [f"VLAN {', '.join(vlans)}"] if vlans else []
        told += [f"level {level} by most of their roles"] if level else []
        option = f" --level {level}" if level else ""
        command = f"assetctl zones add {name} --realm {realm} --network {subnet}{option}"
        yield Suggestion("zone", f"{realm}/{subnet}", command, "; ".join(filter(None, told)))


def _subnet(one: Asset, ip: IPAddress) -> IPNetwork:
    """By the mask that the device told for the address, else of the usual size."""
    masks: dict[str, str] = {}
    for fact in current(one.facts):
        if fact.subject.kind is SubjectKind.INTERFACE and fact.key in ("ip_address", "interface_netmask"):
            masks[f"{fact.subject.local_key} {fact.key}"] = str(fact.value)
    for name, value in masks.items():
        mask = masks.get(name.replace(" ip_address", " interface_netmask"), "")
        if value == str(ip) and mask and name.endswith(" ip_address"):
            try:
                found = ip_network(f"{ip}/{mask}", strict=False)
            except ValueError:
                continue
            if found.prefixlen >= 16:
                return found
    return ip_network((ip, _USUAL_LENGTH[ip.version]), strict=False)


def _members(assets: Sequence[Asset], known: Whereabouts, links: Topology) -> Iterator[Suggestion]:
    """A zone for a device of none, when most of what hangs on the same switch lies in it."""
    zone_of = {one.id: known.zone_of(one) for one in assets}
    beside: dict[str, set[str]] = defaultdict(set)
    for link in links.links:
        for switch, station in ((link.one.asset, link.other.asset), (link.other.asset, link.one.asset)):
            if switch in links.switches and station not in links.switches:
                beside[switch].add(station)
    for one in assets:
        if zone_of.get(one.id) is not None or one.id in links.switches:
            continue
        near = Counter(
            zone_of[other]
            for switch, stations in sorted(beside.items())
            if one.id in stations
            for other in sorted(stations - {one.id})
            if zone_of.get(other)
        )
        zone, count = near.most_common(1)[0] if near else (None, 0)
        if zone and count > sum(near.values()) // 2:
            reason = f"{count} of {counted(sum(near.values()), 'device')} of zones on its switch lie in {zone}"
            name = one.position or one.id
            yield Suggestion("member", name, f"assetctl zones assign {zone} {name}", reason)


def _levels(assets: Sequence[Asset], zones: Sequence[Zone]) -> Iterator[Suggestion]:
    for zone in sorted(zones, key=lambda zone: zone.id):
        members = [one for one in assets if one.zone == zone.id]
        level = _level(members)
        if level and not zone.level:
            yield Suggestion(
                "level", zone.id, f"level: {level}", f"{counted(len(members), 'device')}; {_roles(members)}"
            )


def _level(assets: Sequence[Asset]) -> str:
    """The level of more than half of the devices whose role has one."""
    told = Counter(LEVEL_OF_ROLE[role] for one in assets if (role := _role(one)) in LEVEL_OF_ROLE)
    level, count = told.most_common(1)[0] if told else ("", 0)
    return level if 2 * count > sum(told.values()) else ""


def _boundaries(assets: Sequence[Asset], conduits: Sequence[Conduit], known: Whereabouts) -> Iterator[Suggestion]:
    """Devices with addresses in two zones, and those that route, which no conduit names."""
    named = {name.casefold() for conduit in conduits for name in conduit.boundary}
    for one in assets:
        names = (one.id, *one.aliases, one.position or "", text(one, "hostname"), *addresses(one))
        if named & {name.casefold() for name in names if name}:
            continue
        zones = known.by_address(one)
        if len(zones) > 1:
            between = [c.id for c in conduits if {c.source, c.target} <= set(zones)]
            where = f"boundary of conduit {', '.join(between)}" if between else "boundary of a conduit between them"
            reason = f"it has addresses in {', '.join(zones)}"
            reason += f" and is a {_role(one)}" if _role(one) in _BETWEEN else "; else it is an undeclared bridge"
            yield Suggestion("boundary", _name(one), where, reason)


def _conduits(
    flows: Iterable[Flow], zones: Sequence[Zone], conduits: Sequence[Conduit], known: Whereabouts
) -> Iterator[Suggestion]:
    """Pairs of zones with flows between them and no conduit. That a flow was seen does not say that it is allowed."""
    by_id = {zone.id: zone for zone in zones}
    declared = {frozenset((one.source, one.target)) for one in conduits}
    seen: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for flow in flows:
        ends = known.of_address(flow.realm, flow.source), known.of_address(flow.realm, flow.target)
        if ends[0] and ends[1] and ends[0] != ends[1] and (flow.answered or flow.transport != "tcp"):
            seen[ends[0], ends[1]][_spoken(flow)] += flow.connections
    for (one, other), spoken in sorted(seen.items()):
        around = [frozenset((a, b)) for a in (one, *parents(by_id, one)) for b in (other, *parents(by_id, other))]
        if not declared.isdisjoint(around):
            continue
        opener = "both" if (other, one) in seen else "from"
        allow = " ".join(f"--allow {name}" for name, _ in sorted(spoken.items())[:MOST_NAMED])
        more = f", and {len(spoken) - MOST_NAMED} more" if len(spoken) > MOST_NAMED else ""
        if opener == "from" or one < other:
            command = f"assetctl zones conduit {one}-{other} --from {one} --to {other} --opens {opener} {allow}"
            reason = (
                f"{counted(sum(spoken.values()), 'connection')} seen: {', '.join(sorted(spoken)[:MOST_NAMED])}{more}"
            )
            yield Suggestion("conduit", f"{one} and {other}", command, f"{reason}; allow only what is meant to be")


def _spoken(flow: Flow) -> str:
    told = recognised(flow.service)
    port = f"{flow.transport}/{flow.port}" if flow.port else flow.transport
    usual = {one.name for one in expected_on(flow.transport, flow.port)}
    names = [one.name for one in told if one.name in usual] or [one.name for one in told]
    return f"{names[0]}:{port}" if names else port


def _temporary(assets: Sequence[Asset], zones: Sequence[Zone]) -> Iterator[Suggestion]:
    """Devices that were seen once while others of their zone were seen over weeks, and that no register names."""
    guests = {zone.id for zone in zones if "temporary" in zone.designations}
    latest: dict[str | None, datetime] = {}
    for one in assets:
        latest[one.zone] = max(one.last_seen, latest.get(one.zone, one.last_seen))
    for one in assets:
        if one.zone is None or one.zone in guests or one.position:
            continue
        stayed, gone = one.last_seen - one.first_seen, latest[one.zone] - one.last_seen
        if stayed.days < 1 and gone.days >= 7:
            reason = f"seen on {one.first_seen:%Y-%m-%d} only; others of {one.zone} until {latest[one.zone]:%Y-%m-%d}"
            yield Suggestion("temporary", _name(one), "a zone for temporary devices, or the register", reason)


def _roles(assets: Iterable[Asset]) -> str:
    told = Counter(_role(one) for one in assets if _role(one))
    return ", ".join(f"{count} {role}" for role, count in sorted(told.items(), key=lambda item: (-item[1], item[0])))


def _role(one: Asset) -> str:
    return text(one, "asset_role_type").casefold()


def _name(one: Asset) -> str:
    return one.position or text(one, "hostname") or next(iter(addresses(one)), one.id)


def _vlans(one: Asset) -> tuple[str, ...]:
    return texts(one, "vlan")


def _ips(one: Asset) -> tuple[IPAddress, ...]:
    return tuple(map(ip_address, addresses(one)))


def _order(place: tuple[str, IPNetwork]) -> tuple[object, ...]:
    return place[0], place[1].version, int(place[1].network_address), place[1].prefixlen


def with_zones(assets: Iterable[Asset], zones: Sequence[Zone]) -> tuple[Asset, ...]:
    """Assets in the zones of the file as it is now, whatever held when they were stored."""
    where = Whereabouts(zones)
    told = tuple(assets)
    zone = {one.id: where.zone_of(one) for one in told}
    return tuple(replace(one, zone=zone.get(one.parent or one.id, zone[one.id])) for one in told)
