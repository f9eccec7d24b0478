"""Frames and IP packets inside others: labels of carriers, tunnels, and what mirror ports put around what they copy.

What is unwrapped is read as if it had been captured without its envelope. An envelope that carries something else, or
that only looks like one, is none. No more than `MOST_DEPTH` are opened, one within the other.
Sources: RFC 2784 and 2890 (GRE), draft-foschiano-erspan-03, RFC 7348 (VXLAN), RFC 8926 (GENEVE), RFC 2003 and 4213 (IP
in IP), RFC 3378 (EtherIP), RFC 3032 and 4448 (MPLS), RFC 2516 and 1332 (PPPoE, PPP), IEEE 802.1ah (PBB), TZSP.
"""

from collections.abc import Callable
from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.ethernet import FIRST_TYPE, TAGS
from assetctl.exchange.capture import frames
from assetctl.exchange.capture.frames import ARP, IPV4, IPV6, LLDP, PPP_TYPES, PROFINET, Linked
from assetctl.exchange.capture.packets import GRE, Inside, Segment
from assetctl.wire import Reader

MOST_DEPTH = 4
MOST_LABELS = 16
_MPLS = frozenset({0x8847, 0x8848})
_PPPOE, _PBB, _BRIDGED = 0x8864, 0x88E7, 0x6558
_ERSPAN_2, _ERSPAN_3 = 0x88BE, 0x22EB
_SNAP = bytes.fromhex("aaaa03 000000")
_LLC = (b"\xaa\xaa", b"\x42\x42")  # SNAP, spanning tree
_IP_IN_IP, _IPV6_IN_IP, _ETHER_IP = 4, 41, 97
TUNNELS = frozenset({GRE, _IP_IN_IP, _IPV6_IN_IP, _ETHER_IP})
_KNOWN = TAGS | _MPLS | {IPV4, IPV6, ARP, LLDP, PROFINET, _PPPOE}


@dataclass(frozen=True, slots=True)
class Wrapped:
    """What an envelope holds. is_cut: the envelope says that not all of it was copied."""

    linked: Linked
    is_cut: bool = False


def in_frame(linked: Linked) -> Wrapped | None:
    """The inside of a frame whose type names an envelope. Raises WireError when it is broken."""
    r = Reader(linked.payload)
    if linked.ether_type in _MPLS:
        return _labelled(r)
    if linked.ether_type == _PPPOE:
        r.expect(b"\x11\x00", "version, type and code")
        r.u16("session")
        body = Reader(_stated(r, r.u16("length")))
        return _of_type(PPP_TYPES.get(body.u16("PPP protocol"), 0), body.rest())
    if linked.ether_type == _PBB:
        r.u32("service tag")
        return _frame(r)
    if linked.ether_type < FIRST_TYPE and linked.payload[:6] == _SNAP:
        r.take(6, "LLC and SNAP")
        return _of_type(r.u16("EtherType"), _stated(r, max(linked.ether_type - 8, 0)))
    return None


def in_packet(inside: Inside) -> Wrapped | None:
    """The inside of an IP packet that is an envelope. Raises WireError when it is broken."""
    r = Reader(inside.payload)
    if inside.protocol == GRE:
        return _gre(r)
    if inside.protocol in (_IP_IN_IP, _IPV6_IN_IP):
        return _of_type(IPV4 if inside.protocol == _IP_IN_IP else IPV6, r.rest())
    if inside.protocol == _ETHER_IP:
        r.expect(b"\x30\x00", "version")
        return _frame(r)
    return None


def in_datagram(segment: Segment) -> Wrapped | None:
    """The inside of a UDP datagram to the port of a tunnel; None where it is none."""
    read = _BY_PORT.get(segment.target_port)
    if read is None:
        return None
    try:
        found = read(Reader(segment.data))
    except WireError:
        return None
    return found if found and _is_plausible(found.linked) else None


def _gre(r: Reader) -> Wrapped | None:
    flags, kind = r.u16("flags and version"), r.u16("protocol type")
    if flags & 0x4007:  # source routes (RFC 1701), PPTP
        return None
    has_sequence = bool(flags & 0x1000)
    for bit, what in ((0x8000, "checksum"), (0x2000, "key"), (0x1000, "sequence number")):
        if flags & bit:
            r.u32(what)
    if kind == _ERSPAN_2:
        return _erspan_2(r) if has_sequence else _frame(r)  # type I has neither a number nor a header
    if kind == _ERSPAN_3:
        return _erspan_3(r)
    return _of_type(kind, r.rest())


def _erspan_2(r: Reader) -> Wrapped | None:
    if r.u16("version and VLAN") >> 12 != 1:
        return None
    is_cut = bool(r.u16("class, truncation and session") & 0x0400)
    r.u32("index")
    return _frame(r, is_cut=is_cut)


def _erspan_3(r: Reader) -> Wrapped | None:
    if r.u16("version and VLAN") >> 12 != 2:
        return None
    is_cut = bool(r.u16("class, truncation and session") & 0x0400)
    r.take(6, "timestamp and group")
    told = r.u16("frame type and options")
    if told & 1:
        r.take(8, "platform")
    kind = told >> 10 & 0x1F
    if kind == 2:
        data = r.rest()
        return _of_type(_ip_type(data), data, is_cut=is_cut)
    return _frame(r, is_cut=is_cut) if kind == 0 else None


def _vxlan(r: Reader) -> Wrapped | None:
    flags = r.u8("flags")
    r.take(6, "group and network")
    if not flags & 0x08 or r.u8("reserved"):
        return None
    return _frame(r)


def _vxlan_gpe(r: Reader) -> Wrapped | None:
    if r.u8("flags") & 0x3C != 0x0C:
        return None
    r.u16("reserved")
    kind = r.u8("next protocol")
    r.u32("network")
    return _frame(r) if kind == 3 else _of_type({1: IPV4, 2: IPV6}.get(kind, 0), r.rest())


def _geneve(r: Reader) -> Wrapped | None:
    head = r.u8("version and length")
    flags = r.u8("flags")
    kind = r.u16("protocol type")
    r.u32("network")
    if head >> 6 or flags & 0x80:  # control packets
        return None
    r.take((head & 0x3F) * 4, "options")
    return _of_type(kind, r.rest())


def _tzsp(r: Reader) -> Wrapped | None:
    """What sensors and routers stream, here as far as it is Ethernet."""
    head, kind = r.u16("version and type"), r.u16("protocol")
    if head not in (0x0100, 0x0101) or kind != 1:
        return None
    for _ in range(32):
        tag = r.u8("tag")
        if tag == 1:
            return _frame(r)
        if tag:
            r.take(r.u8("tag length"), "tag")
    return None


_BY_PORT: dict[int, Callable[[Reader], Wrapped | None]] = {
    4789: _vxlan,
    8472: _vxlan,  # of Linux before the number was assigned
    4790: _vxlan_gpe,
    6081: _geneve,
    6635: lambda r: _labelled(r),
    37008: _tzsp,
}


def _labelled(r: Reader) -> Wrapped | None:
    for _ in range(MOST_LABELS):
        if r.u32("label") & 0x100:
            break
    else:
        raise WireError(f"labels: more than {MOST_LABELS}")
    data = r.rest()
    if kind := _ip_type(data):
        return _of_type(kind, data)
    for start in (4, 0) if data[:1] == b"\0" else (0,):  # a pseudowire's control word may be there or not
        try:
            found = _frame(Reader(data[start:]))
        except WireError:
            continue
        if found is not None and _is_plausible(found.linked):
            return found
    return None


def _frame(r: Reader, *, is_cut: bool = False) -> Wrapped | None:
    return Wrapped(frames.decode(frames.ETHERNET, r.rest()), is_cut)


def _of_type(ether_type: int, data: bytes, *, is_cut: bool = False) -> Wrapped | None:
    if ether_type == _BRIDGED:
        return _frame(Reader(data), is_cut=is_cut)
    return Wrapped(Linked("", "", ether_type, data), is_cut) if ether_type in _KNOWN else None


def _is_plausible(linked: Linked) -> bool:
    """Whether a frame that is only guessed carries something known that begins as it should."""
    if linked.ether_type in (IPV4, IPV6):
        return linked.ether_type == _ip_type(linked.payload)
    return linked.ether_type in _KNOWN or (linked.ether_type < FIRST_TYPE and linked.payload[:2] in _LLC)


def _ip_type(data: bytes) -> int:
    """The EtherType of an IP packet by its version; 0 where it begins as none."""
    return {4: IPV4, 6: IPV6}.get(data[0] >> 4, 0) if data else 0


def _stated(r: Reader, length: int) -> bytes:
    """As much as an envelope says it holds; the rest is padding."""
    return r.take(min(length, r.left()), "content")
