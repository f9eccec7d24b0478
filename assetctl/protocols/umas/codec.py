"""UMAS inside Modbus function 0x5A: the question for the PLC's identity and its answer, nothing else.

The maker publishes no description. The layout is the one on which the description in Apache PLC4X, the Redpoint script
and a published recording of a BME P58 1020 agree; numbers are little-endian.
Frames and the function 43 question that comes first are those of Modbus/TCP, see the modbus folder.
"""

from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.wire import Reader

_UMAS = 0x5A
_NO_SESSION = 0x00
_READ_ID = 0x02
_OK, _ERROR = 0xFE, 0xFD


@dataclass(frozen=True, slots=True)
class PlcId:
    """What a CPU tells of itself. hardware_id: 32 bits. firmware: two bytes, each two decimal digits.

    internal_revision: the number behind "IR" on the module's label. name: reference of the CPU.
    """

    hardware_id: int
    firmware: int
    internal_revision: int
    name: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """The device does not answer this. code: Modbus exception code, or 0xFD when UMAS itself says no."""

    code: int


def encode_read_id(*, transaction: int, unit_id: int) -> bytes:
    """The question for the PLC id, without a session. transaction: 0 to 65535. unit_id: 255, or 0 where it is named."""
    return transaction.to_bytes(2) + b"\0\0\0\4" + bytes((unit_id, _UMAS, _NO_SESSION, _READ_ID))


def decode_read_id(frame: bytes, *, transaction: int, unit_id: int) -> PlcId | Refused:
    """Read one answer. Raises WireError if the layout is broken or the answer is to another question."""
    r = Reader(frame)
    r.expect(transaction.to_bytes(2) + b"\0\0", "transaction and protocol id")
    if r.u16("length") != r.left():
        raise WireError("length: does not match the unit")
    r.expect(bytes((unit_id,)), "unit id")
    if (function := r.u8("function")) == _UMAS | 0x80:
        return Refused(r.u8("exception code"))
    if function != _UMAS:
        raise WireError(f"function: 0x5a expected, 0x{function:02x} found")
    r.u8("pairing key")
    if (result := r.u8("result")) == _ERROR:
        return Refused(_ERROR)
    if result != _OK:
        raise WireError(f"result: 0xfe or 0xfd expected, 0x{result:02x} found")
    return _plc_id(r)


def _plc_id(r: Reader) -> PlcId:
    r.u16("range", "little")
    hardware_id = r.u32("hardware id", "little")
    r.u16("model", "little")
    firmware = r.u16("firmware version", "little")
    r.u16("patch", "little")
    revision = r.u16("internal revision", "little")
    r.take(8, "hardware version, crash code and reserved")
    return PlcId(hardware_id, firmware, revision, r.take(r.u8("name length"), "name"))
