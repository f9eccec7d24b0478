"""SLMP frames in binary code, 3E and 4E: bytes to values and back, for the one question that names a station.

Source: Mitsubishi Electric SH(NA)-080956ENG (SLMP Reference Manual), chapters "Message format" (subheader, access
route, monitoring timer, end code) and "Read Type Name (0101)"; the same frames stand in SH(NA)-080008 (MELSEC
Communication Protocol). Numbers are little endian except the subheader.
"""

from dataclasses import dataclass
from enum import StrEnum

from assetctl.errors import WireError
from assetctl.wire import Length, Reader, decode_text


class Frame(StrEnum):
    """The 4E frame carries a serial number, the 3E frame none."""

    E3 = "3E"
    E4 = "4E"


FRAMING = {
    Frame.E3: Length(header=9, offset=7, width=2, plus=9, most=2048, order="little"),
    Frame.E4: Length(header=13, offset=11, width=2, plus=13, most=2048, order="little"),
}

_REQUEST = {Frame.E3: b"\x50\x00", Frame.E4: b"\x54\x00"}
_RESPONSE = {Frame.E3: b"\xd0\x00", Frame.E4: b"\xd4\x00"}
_OWN_STATION = b"\x00\xff\xff\x03\x00"  # network 0, station 0xFF, module I/O 0x03FF, multidrop 0
_TIMER = b"\x04\x00"  # one second, in units of 250 ms
_READ_TYPE_NAME = b"\x01\x01\x00\x00"  # command 0x0101, subcommand 0
_NAME = 16


@dataclass(frozen=True, slots=True)
class Refused:
    """The station understood the frame and said no. code: its end code, such as 0xC059."""

    code: int


@dataclass(frozen=True, slots=True)
class TypeName:
    """name: of the model, without padding. code: its model code."""

    name: str
    code: int


def encode(*, frame: Frame, serial: int = 0) -> bytes:
    """The question for the type name of the station that is connected. serial: 0 to 65535, of a 4E frame only."""
    head = _REQUEST[frame] + _numbered(frame, serial)
    body = _TIMER + _READ_TYPE_NAME
    return head + _OWN_STATION + len(body).to_bytes(2, "little") + body


def is_answer(unit: bytes, *, frame: Frame, serial: int = 0) -> bool:
    """Whether a unit is a response in the frame, and with the serial number, of our question."""
    return unit.startswith(_RESPONSE[frame] + _numbered(frame, serial))


def decode(unit: bytes, *, frame: Frame, serial: int = 0) -> TypeName | Refused:
    """Read one answer. Raises WireError if the layout is broken or the answer is to another question."""
    r = Reader(unit)
    r.expect(_RESPONSE[frame], "subheader")
    r.expect(_numbered(frame, serial), "serial number")
    r.take(5, "access route")
    if r.u16("length", "little") != r.left():
        raise WireError("length: does not match the unit")
    if code := r.u16("end code", "little"):
        return Refused(code)
    name = decode_text(r.take(_NAME, "type name"))
    found = TypeName(name, r.u16("model code", "little"))
    r.end("type name")
    return found


def _numbered(frame: Frame, serial: int) -> bytes:
    return serial.to_bytes(2, "little") + b"\0\0" if frame is Frame.E4 else b""
