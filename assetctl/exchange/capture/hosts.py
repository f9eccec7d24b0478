"""Who is there, by ARP, by DHCP, and by the connections that were accepted.

An address becomes an asset when it is told on the link (ARP, DHCP), or lies in a private network and answered a
connection. Addresses of the rest of the world are flows only: nobody keeps an inventory of them.
Sources: RFC 826, RFC 2131, RFC 2132 (options 12 and 60), RFC 4702.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Address

from assetctl import ethernet
from assetctl.errors import WireError
from assetctl.exchange.capture.packets import ACK, SYN, Arp, Segment
from assetctl.model import Claim, IPAddress, PortState, SubjectKind
from assetctl.wire import Reader, decode_text

MOST_HOSTS = 65_536
MOST_PORTS = 1024  # open ports of one host
ARP_CONFIDENCE, DHCP_CONFIDENCE, NAME_CONFIDENCE = 85, 80, 60
_BOOT_REQUEST, _BOOT_REPLY = 1, 2
_COOKIE = bytes.fromhex("63825363")
_ACKNOWLEDGE = 5
_HOSTNAME, _TYPE, _VENDOR_CLASS, _END = 12, 53, 60, 255


@dataclass(slots=True)
class Host:
    """What was seen of one address. macs: by their first packet. is_told: ARP or DHCP told of it."""

    first: datetime
    last: datetime
    packet: int
    macs: dict[str, int] = field(default_factory=dict)
    open_ports: dict[str, int] = field(default_factory=dict)
    is_told: bool = False

    def claims(self, ip: IPAddress) -> Iterator[Claim]:
        """Address, hardware address and open ports. Of an address that several stations tell, none is believed."""
        primary = f"ip/{ip}"
        yield Claim("reachable", True)
        yield Claim("ip_address", str(ip), SubjectKind.INTERFACE, primary)
        if len(self.macs) == 1:
            confidence = ARP_CONFIDENCE if self.is_told else DHCP_CONFIDENCE
            yield Claim("mac_address", next(iter(self.macs)), SubjectKind.INTERFACE, primary, confidence=confidence)
        for port in sorted(self.open_ports, key=lambda name: (name[:3], int(name[4:]))):
            yield Claim("port_state", PortState.OPEN, SubjectKind.SERVICE, port)


@dataclass(slots=True)
class Lease:
    """What a DHCP client said of itself. ip: the address it was given or had, None where that was not heard."""

    mac: str
    first: datetime
    last: datetime
    packet: int
    ip: IPv4Address | None = None
    hostname: str = ""
    vendor_class: str = ""

    def claims(self) -> Iterator[Claim]:
        """Hardware address, name and vendor class."""
        yield Claim("mac_address", self.mac, SubjectKind.INTERFACE, f"ip/{self.ip}" if self.ip else self.mac)
        if self.ip:
            yield Claim("reachable", True)
            yield Claim("ip_address", str(self.ip), SubjectKind.INTERFACE, f"ip/{self.ip}")
        if self.hostname:
            yield Claim("hostname", self.hostname, confidence=NAME_CONFIDENCE)
        if self.vendor_class:
            yield Claim("dhcp_vendor_class", self.vendor_class)


@dataclass(slots=True)
class Hosts:
    """Every address and DHCP client. beyond: how many did not fit."""

    by_ip: dict[IPAddress, Host] = field(default_factory=dict)
    leases: dict[str, Lease] = field(default_factory=dict)
    beyond: int = 0

    def arp(self, told: Arp, number: int, at: datetime) -> None:
        """An ARP packet's word on its sender."""
        if (host := self._host(told.ip, number, at)) is not None:
            host.is_told = True
            host.macs.setdefault(told.mac, number)

    def accepted(self, ip: IPAddress, segment: Segment, number: int, at: datetime) -> None:
        """A SYN ACK: the port is open."""
        is_accepted = segment.flags & (SYN | ACK) == SYN | ACK
        if is_accepted and is_of_a_plant(ip) and (host := self._host(ip, number, at)) is not None:
            port = f"tcp/{segment.source_port}"
            if len(host.open_ports) < MOST_PORTS:
                host.open_ports.setdefault(port, number)

    def dhcp(self, data: bytes, number: int, at: datetime) -> None:
        """A message of a DHCP client or server. Raises WireError when it is none."""
        r = Reader(data)
        operation = r.u8("operation")
        r.expect(b"\x01\x06", "hardware type and length")
        r.take(9, "hops to flags")
        current, given = IPv4Address(r.take(4, "client address")), IPv4Address(r.take(4, "your address"))
        r.take(8, "server and relay")
        raw = r.take(6, "hardware address")
        r.take(10 + 64 + 128, "padding, server name and file")
        r.expect(_COOKIE, "magic cookie")
        options = dict(_options(r))
        if not ethernet.is_single(raw) or operation not in (_BOOT_REQUEST, _BOOT_REPLY):
            raise WireError("hardware address: of one client expected")
        mac = ethernet.mac_text(raw)
        lease = self.leases.get(mac)
        if lease is None:
            if len(self.leases) >= MOST_HOSTS:
                self.beyond += 1
                return
            lease = self.leases[mac] = Lease(mac, at, at, number)
        lease.last = max(lease.last, at)
        if operation == _BOOT_REPLY:
            if options.get(_TYPE) == bytes((_ACKNOWLEDGE,)):
                lease.ip = next((ip for ip in (given, current) if not ip.is_unspecified), lease.ip)
            return
        lease.hostname = decode_text(options.get(_HOSTNAME, b""))[:255] or lease.hostname
        lease.vendor_class = decode_text(options.get(_VENDOR_CLASS, b""))[:255] or lease.vendor_class

    def told(self) -> frozenset[IPAddress]:
        """The addresses of which ARP or DHCP told that a station of this link has them."""
        leased = (lease.ip for lease in self.leases.values() if lease.ip)
        return frozenset((*(ip for ip, host in self.by_ip.items() if host.is_told), *leased))

    def _host(self, ip: IPAddress, number: int, at: datetime) -> Host | None:
        found = self.by_ip.get(ip)
        if found is None:
            if len(self.by_ip) >= MOST_HOSTS:
                self.beyond += 1
                return None
            found = self.by_ip[ip] = Host(at, at, number)
        found.first, found.last = min(found.first, at), max(found.last, at)
        return found


def is_of_a_plant(ip: IPAddress) -> bool:
    """Whether an address is private and of one station."""
    return ip.is_private and not (ip.is_loopback or ip.is_multicast or ip.is_unspecified or ip.is_link_local)


def _options(r: Reader) -> Iterator[tuple[int, bytes]]:
    """Options until the end mark; of a divided option (RFC 3396) the first part."""
    seen: set[int] = set()
    while r.left():
        code = r.u8("option")
        if code == _END:
            return
        if code:
            value = r.take(r.u8("option length"), "option")
            if code not in seen:
                seen.add(code)
                yield code, value
