"""IEC 60870-5-104 frames: bytes to values and back, as far as a test frame and what a station says unasked need it.

Source: IEC 60870-5-104:2006, section 5 (APCI; I, S and U format) and 7.1 (cause of transmission 2 octets, common
address 2, information object address 3); IEC 60870-5-101:2003, 7.2 and 7.3 (data unit, sizes of information elements).
"""

from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.wire import Length, Reader

FRAMING = Length(header=2, offset=1, width=1, plus=2, most=255)

TESTFR_ACT, TESTFR_CON = 0x43, 0x83
_FUNCTIONS = (0x07, 0x0B, 0x13, 0x23, TESTFR_ACT, TESTFR_CON)  # the others: start and stop of data transfer
_OBJECT_ADDRESS = 3
_GLOBAL = 0xFFFF

# type identification in monitor direction -> octets of one information element set
_ELEMENT_SIZES = {
    **{1: 1, 3: 1, 5: 2, 7: 5, 9: 3, 11: 3, 13: 5, 15: 5, 20: 5, 21: 2},
    **{30: 8, 31: 8, 32: 9, 33: 12, 34: 10, 35: 10, 36: 12, 37: 12, 38: 10, 39: 11, 40: 11, 70: 1},
}


@dataclass(frozen=True, slots=True)
class Unnumbered:
    """A U frame. function: its first control octet, such as 0x83 for TESTFR con."""

    function: int


@dataclass(frozen=True, slots=True)
class Supervisory:
    """An S frame: an acknowledgement."""


@dataclass(frozen=True, slots=True)
class Information:
    """An I frame. common_address: 1 to 65534, None where the data unit cannot be read in one way only."""

    common_address: int | None


def encode_test() -> bytes:
    """TESTFR act."""
    return bytes((0x68, 4, TESTFR_ACT, 0, 0, 0))


def decode(frame: bytes) -> Unnumbered | Supervisory | Information:
    """Read one APDU of 6 to 255 bytes. Raises WireError if its control field is none of the three formats."""
    r = Reader(frame)
    r.expect(b"\x68", "start")
    if r.u8("length") != r.left():
        raise WireError("length: does not match the unit")
    control = r.take(4, "control field")
    if not control[0] & 1:
        if control[2] & 1:
            raise WireError("control field: bit 1 of octet 3 is set in an I frame")
        return Information(_common_address(r))
    r.end("frame without a data unit")
    if control[0] == 1:
        if control[1] or control[2] & 1:
            raise WireError(f"control field: an S frame expected, {control.hex()} found")
        return Supervisory()
    if control[0] not in _FUNCTIONS or any(control[1:]):
        raise WireError(f"control field: one function of a U frame expected, {control.hex()} found")
    return Unnumbered(control[0])


def _common_address(r: Reader) -> int | None:
    """The station a data unit is from, where its size proves that the address fields have the standard's sizes."""
    kind, qualifier = r.u8("type identification"), r.u8("variable structure qualifier")
    cause = r.u16("cause of transmission", "little")
    address = r.u16("common address", "little")
    element, count = _ELEMENT_SIZES.get(kind), qualifier & 0x7F
    if element is None or not count or not cause & 0x3F or address in (0, _GLOBAL):
        return None
    is_sequence = bool(qualifier & 0x80)
    size = _OBJECT_ADDRESS + count * element if is_sequence else count * (_OBJECT_ADDRESS + element)
    return address if r.left() == size else None
