"""Datagrams of the CODESYS V3 name service: bytes to values and back, nothing else.

The head is in network order and counts in words of 16 bits: 0xC5, hops with the length of the head, flags, service,
message, lengths of both addresses, in longer heads a broadcast id, the receiver's and the sender's address, and zero
bytes up to a multiple of four. What follows is in little-endian order. An address over UDP is the part of the IP
address behind the prefix, with the index of the port, 0 for 1740, before it.
Sources: CmpNameService.h of the maker; nmap pull request 2373; Kaspersky ICS CERT, CODESYS Runtime, part 1.
"""

from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.wire import Datagram, Reader

DATAGRAM = Datagram(most=1024)
PORTS = range(1740, 1744)
PREFIXES = range(8, 31)

_MAGIC = 0xC5
_NAME_REQUEST, _NAME_RESPONSE = 3, 4  # services
_RESOLVE_ADDRESS, _IDENTIFICATION = 0xC202, 0xC280  # packages
_VERSION = 0x0400
_WITH_DEVICE = frozenset({0x0102, 0x0103})  # versions without flags and serial number


@dataclass(frozen=True, slots=True)
class Node:
    """What a runtime tells of itself; "" for a text that is none.

    target_id: vendor and device id. target_version: the version of the device, as its maker counts.
    """

    node: str = ""
    device: str = ""
    vendor: str = ""
    serial: str = ""
    target_id: int = 0
    target_version: str = ""


def encode_resolve(*, own: int, prefix: int, port: int, seed: int) -> bytes:
    """The question which node has this address.

    own: our IPv4 address. prefix: length of its network's, 8 to 30. port: which is asked, and asked from, 1740 to 1743.
    seed: 0 to 65535, broadcast id and request id.
    """
    local_bits = 32 - prefix
    words = (local_bits + 2 + 15) // 16
    sender = (port - PORTS.start) << local_bits | own & (1 << local_bits) - 1
    head = bytes((_MAGIC, 15 << 3 | 4, 1 << 6, _NAME_REQUEST, 0, words << 4)) + seed.to_bytes(2)
    address = sender.to_bytes(2 * words) + bytes(-2 * words % 4)
    package = b"".join(number.to_bytes(2, "little") for number in (_RESOLVE_ADDRESS, _VERSION))
    return head + address + package + seed.to_bytes(4, "little")


def is_answer(unit: bytes, *, seed: int) -> bool:
    """Whether a datagram is the identification that a question with this seed brought."""
    try:
        return _package(unit)[1] == seed
    except WireError:
        return False


def decode(unit: bytes) -> Node:
    """The node; empty where its version or byte order is one whose fields are not known.

    Raises WireError when the datagram is another or broken.
    """
    version, _, r = _package(unit)
    if version != _VERSION and version not in _WITH_DEVICE:
        return Node()
    r.take(2, "channels")
    is_little = r.u8("byte order")
    r.take(1, "address difference")
    parents = r.u16("parent address", "little")
    lengths = [r.u16(f"length of the {name} name", "little") for name in ("node", "device", "vendor")]
    r.take(4, "target type")
    target_id, target_version = r.u32("target id", "little"), r.u32("target version", "little")
    serial_length = _serial_length(r) if version == _VERSION else -1
    if not is_little:
        return Node()
    r.take(2 * parents, "parent address")
    node, device, vendor = (_wide(r, length) for length in lengths)
    serial = _narrow(r, serial_length) if serial_length >= 0 else ""
    return Node(node, device, vendor, serial, target_id, ".".join(map(str, target_version.to_bytes(4))))


def _package(unit: bytes) -> tuple[int, int, Reader]:
    """Version and request id of an identification, and a reader behind them."""
    r = Reader(unit)
    r.expect(bytes((_MAGIC,)), "magic")
    words = r.u8("hops and length") & 7
    r.take(1, "flags")
    r.expect(bytes((_NAME_RESPONSE,)), "service")
    r.take(1, "message")
    lengths = r.u8("address lengths")
    r.take(2 * words - r.position, "rest of the head")
    r.take(2 * ((lengths >> 4) + (lengths & 15)), "addresses")
    r.take(-r.position % 4, "padding")
    if (kind := r.u16("package", "little")) != _IDENTIFICATION:
        raise WireError(f"package: {_IDENTIFICATION:04x} expected, {kind:04x} found")
    return r.u16("version", "little"), r.u32("request id", "little"), r


def _serial_length(r: Reader) -> int:
    r.take(4, "flags")
    length = r.u8("length of the serial number")
    r.take(11, "length of the maker's data, block driver and reserve")
    return length


def _wide(r: Reader, length: int) -> str:
    """A text of so many 16-bit characters and the zero that ends it."""
    raw = r.take(2 * length, "name")
    r.expect(b"\0\0", "end of the name")
    try:
        return _shown(raw.decode("utf-16-le"))
    except UnicodeDecodeError as error:
        raise WireError(f"name: UTF-16 expected, {raw[:16].hex()} found") from error


def _narrow(r: Reader, length: int) -> str:
    raw = r.take(length, "serial number")
    r.expect(b"\0", "end of the serial number")
    return _shown(raw.decode("ascii")) if raw.isascii() else ""


def _shown(text: str) -> str:
    text = text.strip()
    return text if text.isprintable() else ""
