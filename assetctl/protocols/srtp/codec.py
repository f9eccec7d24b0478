"""SRTP messages: bytes to values and back, nothing else.

A message is a header of 56 bytes and a text of the length that bytes 4 and 5 state, in little-endian order. The maker
publishes the services for the serial line alone; the header comes from the sources named in the record, which agree
on every byte that is read or written here.
"""

from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.wire import Length, Reader

_HEADER = 56
FRAMING = Length(header=6, offset=4, width=2, plus=_HEADER, most=_HEADER + 2048, order="little")

_BEGUN, _REQUEST, _REPLY = 1, 2, 3  # byte 0
_SEQUENCE = 1
_ASKED, _WITH_TEXT = 0xC0, 0x94  # byte 31: initial request; completion with text
_CONTROLLER_TYPE = 0x43
_NAME = 8  # bytes of the controller's name, before its type
_DEFAULT_CPU = bytes.fromhex("100e0000")  # mailbox of the CPU


@dataclass(frozen=True, slots=True)
class ControllerType:
    """major, minor: 0 to 255 each."""

    major: int
    minor: int


def encode_begin() -> bytes:
    """The question for a connection."""
    return bytes(_HEADER)


def encode_controller_type() -> bytes:
    """The question for type and identification of the controller."""
    unit = bytearray(_HEADER)
    unit[0] = _REQUEST
    unit[2] = unit[30] = _SEQUENCE
    unit[9] = unit[17] = 1  # of unknown meaning, the same in every source
    unit[31] = _ASKED
    unit[36:40] = _DEFAULT_CPU
    unit[40] = unit[41] = 1  # packet 1 of 1
    unit[42] = _CONTROLLER_TYPE
    return bytes(unit)


def is_begun(unit: bytes) -> bool:
    """Whether a message says that the connection has begun. Further bytes of it differ between makers."""
    return len(unit) == _HEADER and unit[0] == _BEGUN


def is_reply(unit: bytes) -> bool:
    """Whether a message answers the one request that is made here."""
    return unit[:4] == bytes((_REPLY, 0, _SEQUENCE, 0))


def decode_controller_type(unit: bytes) -> ControllerType:
    """The type. Raises WireError for a reply without it, such as an error, and for another message."""
    r = Reader(unit)
    r.expect(bytes((_REPLY, 0, _SEQUENCE, 0)), "type and sequence number")
    length = r.u16("text length", "little")
    r.take(25, "reserved and time")
    r.expect(bytes((_WITH_TEXT,)), "message type")
    r.take(_HEADER - r.position, "rest of the header")
    if length != r.left():
        raise WireError(f"text length: {r.left()} expected, {length} found")
    r.take(_NAME, "name of the controller")
    return ControllerType(r.u8("major type"), r.u8("minor type"))
