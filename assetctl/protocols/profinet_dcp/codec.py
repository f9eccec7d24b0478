"""PROFINET DCP: the Identify-All question, and what stations answer to it.

A frame is Ethernet type 0x8892, FrameID, then the DCP header: service, kind, xid, delay factor, length, blocks. The
length counts the blocks alone; what follows it is padding of the frame. Blocks begin at even offsets; the pad byte of
the last one may be missing. Source: IEC 61158-6-10, 4.3 (DCP coding).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address

from assetctl import ethernet
from assetctl.errors import WireError
from assetctl.wire import Datagram, Reader

FRAMING = Datagram(most=1522)
ETHER_TYPE = 0x8892
EVERYBODY = bytes.fromhex("010ecf000000")  # the multicast address for Identify
IDENTIFY_REQUEST, IDENTIFY_RESPONSE = 0xFEFE, 0xFEFF  # FrameIDs
IDENTIFY, REQUEST, SUCCESS = 5, 0, 1
ALL = b"\xff\xff\x00\x00"  # option All, suboption All, no data
LONGEST_DELAY = 6400  # in steps of 10 ms
MOST_BLOCKS = 64

IP, IP_SUITE = (1, 2), (1, 3)  # option, suboption
TYPE_OF_STATION, NAME_OF_STATION, DEVICE_ID, ROLE = (2, 1), (2, 2), (2, 3), (2, 4)
ALIAS, INSTANCE, OEM_ID = (2, 6), (2, 7), (2, 8)


@dataclass(frozen=True, slots=True)
class Addresses:
    """The IP parameters of a station. state: 0 not set, 1 set, 2 set by DHCP. conflict: it saw its address twice."""

    ip: IPv4Address
    netmask: IPv4Address
    gateway: IPv4Address
    state: int
    conflict: bool


@dataclass(frozen=True, slots=True)
class Identified:
    """One answer. mac: where it came from. blocks: contents without BlockInfo."""

    mac: str
    xid: int
    blocks: dict[tuple[int, int], bytes]
    addresses: Addresses | None


def encode_identify_all(*, xid: int, delay_factor: int) -> bytes:
    """The question who is there, for every station of a segment.

    xid: 0 to 0xFFFFFFFF. delay_factor: 1 to 6400; stations spread their answers over as many steps of 10 ms.
    """
    head = IDENTIFY_REQUEST.to_bytes(2) + bytes((IDENTIFY, REQUEST))
    body = head + xid.to_bytes(4) + delay_factor.to_bytes(2) + len(ALL).to_bytes(2) + ALL
    return ethernet.encode(EVERYBODY, ETHER_TYPE, body)


def is_answer(frame: bytes, *, xid: int) -> bool:
    """Whether a frame answers our question."""
    try:
        _, r = _opened(frame)
        return r.take(4, "xid") == xid.to_bytes(4)
    except WireError:
        return False


def decode(frame: bytes) -> Identified:
    """Read one answer. Raises WireError if the layout is broken or it is no answer to Identify."""
    whole, r = _opened(frame)
    xid = r.u32("xid")
    r.u16("reserved")
    length = r.u16("DCP data length")
    if length > r.left():
        raise WireError(f"DCP data length: {length} bytes stated, {r.left()} follow")
    blocks = dict(_blocks(r.part(length, "blocks")))
    mac = bytes.fromhex(whole.source.replace(":", ""))
    if not ethernet.is_single(mac):
        raise WireError(f"source address: {whole.source} is not the address of one station")
    contents = {name: content for name, (_, content) in blocks.items()}
    return Identified(whole.source, xid, contents, _addresses(blocks))


def _opened(frame: bytes) -> tuple[ethernet.Frame, Reader]:
    """The frame and a reader behind service and kind."""
    whole = ethernet.decode(frame)
    if whole.ether_type != ETHER_TYPE:
        raise WireError(f"EtherType: 0x8892 expected, 0x{whole.ether_type:04x} found")
    r = Reader(whole.payload)
    r.expect(IDENTIFY_RESPONSE.to_bytes(2) + bytes((IDENTIFY, SUCCESS)), "FrameID, service and kind")
    return whole, r


def _blocks(r: Reader) -> Iterator[tuple[tuple[int, int], tuple[int, bytes]]]:
    """Each block's name with BlockInfo and content; the first of a name counts."""
    seen: set[tuple[int, int]] = set()
    for _ in range(MOST_BLOCKS):
        if r.left() < 4:  # less than a block's header is padding
            return
        name = r.u8("option"), r.u8("suboption")
        length = r.u16("block length")
        content = r.part(length, "block")
        if length % 2 and r.left():
            r.u8("pad byte")
        if length >= 2 and name not in seen:
            seen.add(name)
            yield name, (content.u16("BlockInfo"), content.rest())


def _addresses(blocks: dict[tuple[int, int], tuple[int, bytes]]) -> Addresses | None:
    """IP parameters from either block that holds them; None where there is none, or one of another length."""
    for name in (IP, IP_SUITE):
        info, content = blocks.get(name, (0, b""))
        if len(content) >= 12:
            ip, netmask, gateway = (IPv4Address(content[at : at + 4]) for at in (0, 4, 8))
            return Addresses(ip, netmask, gateway, info & 0x7F, bool(info & 0x80))
    return None
