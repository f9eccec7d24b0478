"""What a packet holds below IP: the frame of its link, whatever the capture took it from.

Sources: the tcpdump group's list of link types; IEEE 802.3, 802.1Q; LINKTYPE_LINUX_SLL and SLL2; RFC 1661 and 1662.
"""

from dataclasses import dataclass

from assetctl import ethernet
from assetctl.errors import WireError
from assetctl.ethernet import TAGS
from assetctl.wire import Reader

IPV4, IPV6, ARP, LLDP, PROFINET = 0x0800, 0x86DD, 0x0806, 0x88CC, 0x8892
ETHERNET, _NULL, _LOOP, _RAW, _RAW_OPENBSD, _IPV4, _IPV6 = 1, 0, 108, 101, 12, 228, 229
_COOKED, _COOKED_2 = 113, 276
_RAW_BSD = 14
_PPP, _PPP_SERIAL, _CISCO_HDLC = 9, 50, 104
_ANALYZER, _ANALYZER_WHOLE = 240, 241  # of Hilscher; the second with preamble
_NULL_LIKE, _PLAIN = frozenset({_NULL, _LOOP}), frozenset({_RAW, _RAW_OPENBSD, _RAW_BSD, _IPV4, _IPV6})
_SERIAL = frozenset({_PPP, _PPP_SERIAL, _CISCO_HDLC})
READ = _NULL_LIKE | _PLAIN | _SERIAL | {ETHERNET, _COOKED, _COOKED_2, _ANALYZER, _ANALYZER_WHOLE}
PPP_TYPES = {0x0021: IPV4, 0x0057: IPV6, 0x0281: 0x8847, 0x0283: 0x8848}
"""What PPP carries, by its number there: the EtherType."""
_IPV6_FAMILIES = frozenset({10, 24, 28, 30})  # AF_INET6 of Linux, NetBSD, FreeBSD and macOS
_ARPHRD_ETHERNET = 1
MOST_TAGS = 4


@dataclass(frozen=True, slots=True)
class Linked:
    """The content of a frame. source: its MAC address, "" where the link tells none. destination: likewise.

    ether_type: as in Ethernet, or a length of IEEE 802.3, which the payload then follows. bare: the frame itself
    without its VLAN tags; empty where it was no whole Ethernet frame.
    """

    source: str
    destination: str
    ether_type: int
    payload: bytes
    bare: bytes = b""


def decode(link_type: int, data: bytes) -> Linked:
    """Read one frame. link_type: one of `READ`. Raises WireError when it ends within its header."""
    r = Reader(data)
    if link_type == ETHERNET:
        return _ethernet(r)
    if link_type in (_ANALYZER, _ANALYZER_WHOLE):
        return _analyzed(r, has_preamble=link_type == _ANALYZER_WHOLE)
    if link_type in _SERIAL:
        return _serial(r, link_type)
    if link_type in _NULL_LIKE:
        family = r.take(4, "family")
        number = int.from_bytes(family, "big" if link_type == _LOOP or family[0] == 0 else "little")
        return Linked("", "", IPV6 if number in _IPV6_FAMILIES else IPV4 if number == 2 else 0, r.rest())
    if link_type == _COOKED:
        r.take(2, "packet type")
        hardware, length = r.u16("ARPHRD type"), r.u16("address length")
        address = r.take(8, "address")
        source = _mac(address, length, hardware)
        return _tagged(source, "", r.u16("protocol"), r)
    if link_type == _COOKED_2:
        protocol = r.u16("protocol")
        r.take(6, "reserved and interface")
        hardware = r.u16("ARPHRD type")
        r.u8("packet type")
        length = r.u8("address length")
        return _tagged(_mac(r.take(8, "address"), length, hardware), "", protocol, r)
    version = data[0] >> 4 if data else 0
    return Linked("", "", {4: IPV4, 6: IPV6}.get(version, 0), data)


def _ethernet(r: Reader) -> Linked:
    addresses = r.take(12, "addresses")
    source, destination = ethernet.mac_text(addresses[6:]), ethernet.mac_text(addresses[:6])
    found = _tagged(source, destination, r.u16("EtherType"), r)
    bare = addresses + found.ether_type.to_bytes(2) + found.payload
    return Linked(source, destination, found.ether_type, found.payload, bare)


def _analyzed(r: Reader, *, has_preamble: bool) -> Linked:
    """A frame as Hilscher's analyser writes it: behind four bytes of its own, with its check sequence at the end."""
    r.take(4, "port and state")
    if has_preamble:
        r.expect(bytes.fromhex("55555555555555d5"), "preamble")
    return _ethernet(Reader(r.take(r.left() - 4, "frame without its check sequence")))


def _serial(r: Reader, link_type: int) -> Linked:
    """PPP or Cisco's HDLC; the address and control bytes may be left out in PPP."""
    begin = r.u8("address or protocol")
    if link_type == _CISCO_HDLC or (begin == 0x0F and link_type == _PPP_SERIAL):
        r.u8("control")
        return Linked("", "", r.u16("EtherType"), r.rest())
    if begin == 0xFF:
        r.expect(b"\x03", "control")
        protocol = r.u16("PPP protocol")
    else:
        protocol = begin << 8 | r.u8("PPP protocol")
    return Linked("", "", PPP_TYPES.get(protocol, 0), r.rest())


def _tagged(source: str, destination: str, ether_type: int, r: Reader) -> Linked:
    """What follows the VLAN tags, one within the other."""
    for _ in range(MOST_TAGS):
        if ether_type not in TAGS:
            break
        r.u16("VLAN tag")
        ether_type = r.u16("EtherType")
    if ether_type in TAGS:
        raise WireError(f"VLAN tags: more than {MOST_TAGS}")
    return Linked(source, destination, ether_type, r.rest())


def _mac(address: bytes, length: int, hardware: int) -> str:
    return ethernet.mac_text(address[:6]) if length == 6 and hardware == _ARPHRD_ETHERNET else ""
