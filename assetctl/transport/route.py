"""Where questions leave this machine: the route's interface and source address, and the neighbour that proves the cell.

Nothing here sends a packet: a datagram socket that is only connected tells its route, and neighbours are read from
the table the system keeps.
"""

import socket
import struct
import sys
from collections.abc import Iterable
from ipaddress import ip_address
from pathlib import Path

from assetctl.errors import EnvironmentFault, SafetyStop
from assetctl.model import IPAddress
from assetctl.scope import Vantage

SIOCGIFADDR, SIOCGIFFLAGS = 0x8915, 0x8913
IS_UP = 0x01 | 0x40  # IFF_UP, IFF_RUNNING
MOMENT_S = 0.01
IPV4_FORWARD = Path("/proc/sys/net/ipv4/ip_forward")


def source_to(ip: IPAddress) -> IPAddress:
    """Source address the system would use for a destination. Raises EnvironmentFault when there is no route."""
    family = socket.AF_INET if ip.version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((str(ip), 9))
        except OSError as fault:
            raise EnvironmentFault(f"no route to {ip} ({fault.strerror})") from None
        return ip_address(probe.getsockname()[0].split("%")[0])


def interface_of(source: IPAddress) -> str:
    """Name of the interface that has an address, or "" where the system does not tell."""
    if source.is_loopback:
        return "lo" if sys.platform == "linux" else ""
    if sys.platform != "linux":
        return ""
    return _ipv4_interface(source) if source.version == 4 else _ipv6_interface(source)


class Way:
    """Whether our own interface is up, looked at once for all silences of the same moment."""

    def __init__(self) -> None:
        self._seen_up_at = -1.0

    def check(self, interface: str, *, now_s: float) -> None:
        """Raise EnvironmentFault as `check_up` does. now_s: seconds that never go back."""
        if now_s - self._seen_up_at >= MOMENT_S:
            check_up(interface)
            self._seen_up_at = now_s


def check_up(interface: str) -> None:
    """Raise EnvironmentFault when an interface is down or has no cable, so that silence says nothing of a device."""
    if sys.platform != "linux" or not interface:
        return
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            answer = fcntl.ioctl(probe, SIOCGIFFLAGS, struct.pack("16s16x", interface.encode()[:15]))
        except OSError as fault:
            raise EnvironmentFault(f"interface {interface} is gone ({fault.strerror}); go on when it is back") from None
    (flags,) = struct.unpack_from("H", answer, 16)
    if flags & IS_UP != IS_UP:
        raise EnvironmentFault(f"interface {interface} is down or has no cable; go on when it is up")


def neighbour_mac(ip: IPAddress) -> str:
    """Hardware address of a neighbour as the system knows it, upper case with colons, or ""."""
    if sys.platform != "linux" or ip.version != 4:
        return ""
    for line in Path("/proc/net/arp").read_text("ascii").splitlines()[1:]:
        fields = line.split()
        if fields[0] == str(ip) and fields[3] != "00:00:00:00:00:00":
            return fields[3].upper()
    return ""


def is_forwarding() -> bool:
    """Whether this machine routes between its networks, which a scanner in a cell must not."""
    return IPV4_FORWARD.exists() and IPV4_FORWARD.read_text("ascii").strip() == "1"


def taken(vantage: Vantage, ip: IPAddress) -> Vantage:
    """The vantage a run has: what the scope declares, completed by what the route says.

    Raises SafetyStop when the route leaves by another interface or source than the declared one, or when the anchor
    is not the neighbour that the system sees.
    """
    source = source_to(ip)
    interface = interface_of(source)
    if vantage.interface and interface and vantage.interface != interface:
        raise SafetyStop(f"the route to {ip} leaves by {interface}, the scope says {vantage.interface}")
    if vantage.source is not None and vantage.source != source:
        raise SafetyStop(f"the route to {ip} leaves from {source}, the scope says {vantage.source}")
    if vantage.anchor_gateway is not None and vantage.anchor_mac:
        _check_anchor(vantage.anchor_gateway, vantage.anchor_mac)
    return Vantage(
        vantage.realm,
        interface or vantage.interface,
        source,
        vantage.anchor_gateway,
        vantage.anchor_mac,
        declared=vantage.declared,
    )


def taken_for(vantage: Vantage, ips: Iterable[IPAddress]) -> Vantage:
    """The one vantage from which all of these are asked; the first address decides what is recorded.

    Raises SafetyStop as `taken` does, for any of them, and when their routes leave from different places.
    """
    found = [(ip, taken(vantage, ip)) for ip in ips]
    for ip, other in found:
        first_ip, first = next(pair for pair in found if pair[0].version == ip.version)
        if (other.interface, other.source) != (first.interface, first.source):
            ways = f"{first.name} and {other.name}"
            raise SafetyStop(f"the routes to {first_ip} and {ip} leave from {ways}; scan them one after another")
    return found[0][1]


def check_segment(vantage: Vantage, interface: str) -> None:
    """Raise SafetyStop unless a segment lies behind the interface that the scope declares, and the anchor matches."""
    if vantage.interface and vantage.interface != interface:
        raise SafetyStop(
            f"segment {interface} is not on {vantage.interface}, the interface that the scope declares for this realm"
        )
    if vantage.anchor_gateway is not None and vantage.anchor_mac:
        _check_anchor(vantage.anchor_gateway, vantage.anchor_mac)


def _check_anchor(gateway: IPAddress, mac: str) -> None:
    seen = neighbour_mac(gateway)
    if not seen:
        raise SafetyStop(f"anchor {gateway} is not in the neighbour table; reach it once (ping) and start again")
    if seen != mac.upper().replace("-", ":"):
        raise SafetyStop(
            f"anchor {gateway} has the hardware address {seen}, the scope says {mac}: is this the right cell?"
        )


def _ipv4_interface(source: IPAddress) -> str:
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            try:
                answer = fcntl.ioctl(probe.fileno(), SIOCGIFADDR, struct.pack("256s", name.encode()[:15]))
            except OSError:
                continue  # an interface without an IPv4 address
            if answer[20:24] == source.packed:
                return name
    return ""


def _ipv6_interface(source: IPAddress) -> str:
    table = Path("/proc/net/if_inet6")
    lines = table.read_text("ascii").splitlines() if table.exists() else []
    return next((line.split()[5] for line in lines if line.split()[0] == source.packed.hex()), "")
