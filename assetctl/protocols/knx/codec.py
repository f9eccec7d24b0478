"""KNXnet/IP description request and response: bytes to values and back, nothing else.

The response is a row of description information blocks: length, type, content. Unknown types are passed over.
Source: KNX Standard 03/08/02, 7.5.4 (blocks), 7.7 (services); EN 13321-2.
"""

from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.wire import Datagram, Reader, decode_text

FRAMING = Datagram(most=1024)

_HEADER = b"\x06\x10"  # header length, version 1.0
_DESCRIPTION_REQUEST, _DESCRIPTION_RESPONSE = 0x0203, 0x0204
_ANSWER_TO_SENDER = b"\x08\x01" + bytes(6)  # UDP endpoint 0.0.0.0:0: answer to where the question came from
_DEVICE, _SERVICES, _ADDRESSES = 0x01, 0x02, 0x05
_DEVICE_BYTES = 52
MOST_BLOCKS = 32


@dataclass(frozen=True, slots=True)
class Device:
    """The device information block. address: 16 bits, area.line.device. installation: project and installation number.

    serial: 6 bytes, the first two the maker's number. mac: 6 bytes. medium: one bit of 8.
    """

    medium: int
    in_programming_mode: bool
    address: int
    installation: int
    serial: bytes
    mac: bytes
    name: str


@dataclass(frozen=True, slots=True)
class Description:
    """services: (family, version). more_addresses: of its tunnels, as far as it tells them."""

    device: Device
    services: tuple[tuple[int, int], ...]
    more_addresses: tuple[int, ...]


def encode() -> bytes:
    """The description request."""
    body = _ANSWER_TO_SENDER
    return _HEADER + _DESCRIPTION_REQUEST.to_bytes(2) + (6 + len(body)).to_bytes(2) + body


def is_answer(unit: bytes) -> bool:
    """Whether a unit is a description response."""
    return unit[:4] == _HEADER + _DESCRIPTION_RESPONSE.to_bytes(2)


def decode(unit: bytes) -> Description:
    """Read one response. Raises WireError when it is none, or tells nothing of the device."""
    r = Reader(unit)
    r.expect(_HEADER + _DESCRIPTION_RESPONSE.to_bytes(2), "header and service type")
    if (length := r.u16("total length")) != len(unit):
        raise WireError(f"total length: {len(unit)} expected, {length} found")
    blocks = _blocks(r)
    if _DEVICE not in blocks:
        raise WireError("device information: no such block")
    families = blocks.get(_SERVICES, b"")
    addresses = blocks.get(_ADDRESSES, b"")[2:]
    return Description(
        _device(Reader(blocks[_DEVICE])),
        tuple((families[at], families[at + 1]) for at in range(0, len(families) - 1, 2)),
        tuple(int.from_bytes(addresses[at : at + 2]) for at in range(0, len(addresses) - 1, 2)),
    )


def _blocks(r: Reader) -> dict[int, bytes]:
    """Content by type; of a type that is told twice the first."""
    blocks: dict[int, bytes] = {}
    for _ in range(MOST_BLOCKS):
        if not r.left():
            break
        length = r.u8("block length")
        if length < 2:
            raise WireError(f"block length: at least 2 expected, {length} found")
        kind = r.u8("block type")
        blocks.setdefault(kind, r.take(length - 2, f"block {kind}"))
    return blocks


def _device(r: Reader) -> Device:
    if r.left() < _DEVICE_BYTES:
        raise WireError(f"device information: {_DEVICE_BYTES} bytes expected, {r.left()} found")
    medium, status = r.u8("medium"), r.u8("device status")
    address, installation = r.u16("individual address"), r.u16("project installation identifier")
    serial = r.take(6, "serial number")
    r.take(4, "routing multicast address")
    mac = r.take(6, "MAC address")
    name = decode_text(r.take(30, "friendly name").split(b"\0", 1)[0])
    return Device(medium, bool(status & 1), address, installation, serial, mac, name)
