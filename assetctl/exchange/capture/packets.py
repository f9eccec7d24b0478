"""IP, ARP, TCP and UDP headers of captured packets.

Lengths are taken from the headers, not from what was captured: padding behind a packet is no payload, and what a short
snapshot length cut off is missing, not absent.
Sources: RFC 791, RFC 8200, RFC 826, RFC 9293, RFC 768.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from assetctl import ethernet
from assetctl.errors import WireError
from assetctl.exchange.capture.frames import IPV4, IPV6
from assetctl.model import IPAddress
from assetctl.wire import Reader

ICMP, TCP, UDP, GRE, ICMP6 = 1, 6, 17, 47, 58
_EXTENSIONS = frozenset({0, 43, 60, 135})  # hop-by-hop, routing, destination, mobility
_FRAGMENT = 44
_MOST_EXTENSIONS = 8
FIN, SYN, RST, ACK = 1, 2, 4, 16


@dataclass(frozen=True, slots=True)
class Inside:
    """One IP packet. protocol: of its payload. size_bytes: of the whole packet, as stated. missing: payload bytes that
    were not captured. is_fragment: it holds only a piece, which begins at `offset`. has_head: the piece is the first.
    """

    source: IPAddress
    target: IPAddress
    protocol: int
    size_bytes: int
    payload: bytes
    missing: int
    is_fragment: bool = False
    has_head: bool = True
    identification: int = 0
    offset: int = 0
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """What TCP or UDP carries. sequence, flags: of TCP, 0 for UDP. missing: bytes of data that were not captured."""

    source_port: int
    target_port: int
    data: bytes
    missing: int
    sequence: int = 0
    flags: int = 0


def decode_ip(ether_type: int, payload: bytes) -> Inside:
    """Read one IP packet. Raises WireError when it is broken or is none."""
    if ether_type == IPV4:
        return _ipv4(payload)
    if ether_type == IPV6:
        return _ipv6(payload)
    raise WireError(f"EtherType: 0x{ether_type:04x} is none of IP")


def _ipv4(data: bytes) -> Inside:
    r = Reader(data)
    first = r.u8("version")
    r.u8("service")
    total = r.u16("total length")
    identification = r.u16("identification")
    fragment = r.u16("fragment")
    r.u8("time to live")
    protocol = r.u8("protocol")
    r.take(2, "checksum")
    source, target = IPv4Address(r.take(4, "source")), IPv4Address(r.take(4, "destination"))
    header = (first & 15) * 4
    if first >> 4 != 4 or header < 20:
        raise WireError(f"version and header length: 0x{first:02x} found")
    r.take(header - 20, "options")
    total = total or len(data)  # segments that the network card was to cut are captured with length 0
    if total < header:
        raise WireError(f"total length: {total} bytes stated")
    kept = r.take(min(total - header, r.left()), "payload")
    return Inside(
        source, target, protocol, total, kept, total - header - len(kept),
        is_fragment=bool(fragment & 0x3FFF),
        has_head=not fragment & 0x1FFF,
        identification=identification,
        offset=(fragment & 0x1FFF) * 8,
        has_more=bool(fragment & 0x2000),
    )  # fmt: skip


def _ipv6(data: bytes) -> Inside:
    r = Reader(data)
    if r.u32("version") >> 28 != 6:
        raise WireError("version: 6 expected")
    length, following = r.u16("payload length"), r.u8("next header")
    r.u8("hop limit")
    source, target = IPv6Address(r.take(16, "source")), IPv6Address(r.take(16, "destination"))
    length = length or len(data) - 40
    body = Reader(r.take(min(length, r.left()), "payload"))
    missing = length - body.left()
    fragment, identification = 0, 0
    for _ in range(_MOST_EXTENSIONS):
        if following == _FRAGMENT:
            following = body.u8("next header")
            body.u8("reserved")
            fragment, identification = body.u16("fragment"), body.u32("identification")
            if fragment & 0xFFF9:
                break  # what follows in the first piece goes with the rest
        elif following in _EXTENSIONS:
            following = body.u8("next header")
            body.take(6 + 8 * body.u8("extension length"), "extension")
        else:
            break
    return Inside(
        source, target, following, 40 + length, body.rest(), missing,
        is_fragment=bool(fragment & 0xFFF9),
        has_head=not fragment & 0xFFF8,
        identification=identification,
        offset=fragment & 0xFFF8,
        has_more=bool(fragment & 1),
    )  # fmt: skip


def decode_segment(inside: Inside) -> Segment:
    """The TCP or UDP header and data of a packet. Raises WireError when it is broken, or not all there."""
    r = Reader(inside.payload)
    source, target = r.u16("source port"), r.u16("destination port")
    if inside.protocol == UDP:
        length = r.u16("length")
        r.u16("checksum")
        data = r.take(min(max(length - 8, 0), r.left()) if length else r.left(), "data")
        return Segment(source, target, data, max(length - 8 - len(data), 0) if length else inside.missing)
    sequence = r.u32("sequence number")
    r.u32("acknowledgement")
    offset = (r.u8("data offset") >> 4) * 4
    flags = r.u8("flags")
    if offset < 20:
        raise WireError(f"data offset: {offset} found")
    r.take(offset - 14, "window and options")
    return Segment(source, target, r.rest(), inside.missing, sequence, flags)


@dataclass(frozen=True, slots=True)
class Arp:
    """Who an ARP packet says its sender is."""

    mac: str
    ip: IPv4Address


def decode_arp(payload: bytes) -> Arp | None:
    """The sender of an ARP packet; None for a probe without an address, or an address of no single station."""
    r = Reader(payload)
    r.expect(b"\x00\x01\x08\x00\x06\x04", "hardware and protocol")
    if r.u16("operation") not in (1, 2):
        raise WireError("operation: request or reply expected")
    mac, ip = r.take(6, "sender's hardware address"), IPv4Address(r.take(4, "sender's address"))
    is_own = ethernet.is_single(mac) and not (ip.is_unspecified or ip.is_multicast or ip.is_loopback)
    return Arp(ethernet.mac_text(mac), ip) if is_own else None
