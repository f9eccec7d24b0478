"""An inventory as NetBox sees it: each device with its names, interfaces and addresses, before any table is written.

NetBox looks objects up by name, so each name stands for one object in the whole export. What it cannot hold, such as an
address that two devices have, is left out and told.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_interface, ip_network

from assetctl.exchange.out_netbox_names import LONG, UNKNOWN, Unique, fit
from assetctl.exchange.outgoing import Device, Outgoing, Port, is_mac, real
from assetctl.model import IPAddress, IPNetwork

_VIRTUAL = {24: "virtual", 53: "virtual", 131: "virtual", 135: "virtual", 136: "virtual", 161: "lag", 209: "bridge"}


@dataclass(frozen=True, slots=True)
class Held:
    """One interface of a device. owner: id of the part to which it belongs, or of the device. kind: NetBox's type."""

    name: str
    owner: str
    port: Port
    kind: str

    @property
    def takes_cable(self) -> bool:
        return self.kind == "other"


@dataclass(frozen=True, slots=True)
class Bound:
    """One address at one interface. text: with the length of its prefix."""

    text: str
    vrf: str
    interface: str
    is_primary: bool


@dataclass(frozen=True, slots=True)
class Place:
    """One device of NetBox. parts: with their names, each after the one that holds it."""

    device: Device
    name: str
    site: str
    maker: str
    model: str
    role: str
    location: str
    platform: str
    parts: tuple[tuple[str, Device], ...]
    interfaces: tuple[Held, ...]
    addresses: tuple[Bound, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is written. left_out: what NetBox cannot hold, in words."""

    places: tuple[Place, ...]
    prefixes: tuple[tuple[str, str, str], ...]
    vrfs: tuple[str, ...]
    left_out: tuple[str, ...]


def plan(outgoing: Outgoing) -> Plan:
    """The plan of an export."""
    made = _Planner(outgoing)
    places = tuple(map(made.place, outgoing.wholes))
    return Plan(places, tuple(made.prefixes()), made.vrfs, tuple(made.left_out))


class _Planner:
    def __init__(self, outgoing: Outgoing) -> None:
        self.left_out: list[str] = []
        realms = sorted({one.realm for one in outgoing.devices} | {one.realm for one in outgoing.areas})
        vrf_names = Unique(LONG)
        self._vrfs = {realm: vrf_names(realm, realm) for realm in realms if len(realms) > 1}
        self.vrfs = tuple(self._vrfs.values())
        self._outgoing = outgoing
        self._names = Unique()
        self._taken: dict[tuple[str, IPAddress], str] = {}
        self._networks = sorted(set(self._declared()), key=lambda one: (one[0], one[1].version, one[1]), reverse=True)

    def prefixes(self) -> Iterator[tuple[str, str, str]]:
        """The declared networks with their VRF and their first zone."""
        told: dict[tuple[str, IPNetwork], str] = {}
        for area in self._outgoing.areas:
            for network in _networks(area.networks):
                told.setdefault((self._vrf(area.realm), network), area.id)
        for (vrf, network), zone in sorted(told.items(), key=lambda one: (one[0][0], one[0][1].version, one[0][1])):
            yield str(network), vrf, zone

    def place(self, device: Device) -> Place:
        parts = self._outgoing.parts(device)
        part_names = Unique()
        name = self._names(device.name, device.id)
        interfaces = tuple(_interfaces(device, parts))
        return Place(
            device=device,
            name=name,
            site=fit(device.site or self._outgoing.site or self._outgoing.project or "plant", LONG),
            maker=fit(device.maker or UNKNOWN, LONG),
            model=fit(device.product or UNKNOWN, LONG),
            role=fit(device.role or UNKNOWN, LONG),
            location=fit(device.location, LONG),
            platform=fit(" ".join(filter(None, (device.os, device.os_version))), LONG),
            parts=tuple((part_names(part.name, part.id), part) for part in parts),
            interfaces=interfaces,
            addresses=tuple(self._addresses(device, name, interfaces)),
        )

    def _addresses(self, device: Device, name: str, interfaces: tuple[Held, ...]) -> Iterator[Bound]:
        """Each address once, the first of each version as the primary one."""
        vrf, versions = self._vrf(device.realm), set[int]()
        for held in interfaces:
            for ip in real(held.port.addresses):
                if (vrf, ip) in self._taken:
                    self.left_out.append(f"address {ip} at {name}: {self._taken[vrf, ip]} has it already")
                    continue
                self._taken[vrf, ip] = name
                is_primary = ip.version not in versions
                versions.add(ip.version)
                yield Bound(self._with_length(ip, held.port, device.realm), vrf, held.name, is_primary)

    def _with_length(self, ip: IPAddress, port: Port, realm: str) -> str:
        """The address with the length of its prefix: by its mask, else by the narrowest declared network around it."""
        around = (one for name, one in self._networks if name == realm and ip in one)
        network = _masked(ip, port.netmask) or max(around, key=lambda one: one.prefixlen, default=None)
        whole = network is None or (network.num_addresses > 2 and ip in (network[0], network[-1]))
        return f"{ip}/{ip.max_prefixlen if network is None or whole else network.prefixlen}"

    def _declared(self) -> Iterator[tuple[str, IPNetwork]]:
        for area in self._outgoing.areas:
            for network in _networks(area.networks):
                yield area.realm, network

    def _vrf(self, realm: str) -> str:
        return self._vrfs.get(realm, "")


def _interfaces(device: Device, parts: Iterable[Device]) -> Iterator[Held]:
    """The interfaces of a device and of its parts, which NetBox gives to the device."""
    names = Unique()
    for owner in (device, *parts):
        for port in owner.ports:
            wanted = port.name or port.key
            wanted = wanted if owner is device else f"{owner.name} {wanted}"
            yield Held(
                names(wanted, f"{owner.id}\x1f{port.key}"), owner.id, port, _VIRTUAL.get(port.type or 0, "other")
            )


def macs(place: Place) -> Iterator[tuple[Held, str]]:
    """The hardware addresses of a device, each with its interface."""
    for held in place.interfaces:
        if is_mac(held.port.mac):
            yield held, held.port.mac


def _networks(texts: Iterable[str]) -> Iterator[IPNetwork]:
    """Those that are networks and not pseudonyms of such."""
    for text in texts:
        try:
            yield ip_network(text)
        except ValueError:
            continue


def _masked(ip: IPAddress, mask: str) -> IPNetwork | None:
    try:
        return ip_interface(f"{ip}/{mask}").network if mask else None
    except ValueError:
        return None
