"""The chassis of a rack, and the modules in its slots: bytes to values and back.

The chassis object is Rockwell's own and not in the CIP specification. Its layout was read from what four modules of
two racks answer: the own slot, the serial number and the size are the same in all modules of a rack and fit its
catalogue number (1756-A7: 7, 1756-A10: 10). What stands before the slot (counters of the bus) and between the slot and
the serial number is passed over. Modules without a communication port answer the first 8 bytes alone.
Source: The CIP Networks Library, Volume 1, 3-5.5.4 (Unconnected_Send); pjkundert/cpppo, issue 105 and its test data.
"""

from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.protocols.enip.codec import GET_ATTRIBUTES_ALL, READ_IDENTITY, encode_unconnected
from assetctl.wire import Reader

UNCONNECTED_SEND = 0x52
MOST_SLOTS = 17
"""Slots of the largest chassis, 1756-A17."""

CONNECTION_FAILURE = 0x01  # general status of a router that could not reach the link address
TIMED_OUT, NO_SUCH_PORT = 0x0204, 0x0311  # its additional status; 0x0312: no such link address, an empty slot

_CONNECTION_MANAGER = b"\x20\x06\x24\x01"
_TICK, _TICKS = 5, 47  # the router gives a module 47 times 2 to the 5th milliseconds, 1.5 s
_BACKPLANE_PORT = 1
_LENGTH = 18


@dataclass(frozen=True, slots=True)
class Chassis:
    """A chassis as one of its modules sees it. slot: of that module. size: number of slots."""

    slot: int
    serial_number: int
    size: int


def encode_read_chassis(*, transaction: int, session: int) -> bytes:
    """All attributes of the chassis object, class 0x66."""
    return encode_unconnected(transaction, session, bytes((GET_ATTRIBUTES_ALL, 2)) + b"\x20\x66\x24\x01")


def encode_read_slot(*, transaction: int, session: int, slot: int) -> bytes:
    """All attributes of the Identity object of the module in a slot, 0 to 16, over the backplane."""
    request = bytes((UNCONNECTED_SEND, 2)) + _CONNECTION_MANAGER + bytes((_TICK, _TICKS))
    request += len(READ_IDENTITY).to_bytes(2, "little") + READ_IDENTITY
    route = bytes((1, 0, _BACKPLANE_PORT, slot))  # one word of path, reserved, port and link address
    return encode_unconnected(transaction, session, request + route)


def decode_chassis(data: bytes) -> Chassis:
    """The attributes of the chassis object. Raises WireError for every other layout than the known one."""
    if len(data) != _LENGTH:
        raise WireError(f"chassis: {_LENGTH} bytes expected, found {len(data)}")
    r = Reader(data)
    r.take(8, "counters")
    slot = r.u8("slot")
    r.take(3, "reserved byte and revision")
    serial_number = r.u32("chassis serial number", "little")
    size = r.u16("chassis size", "little")
    if not slot < size <= MOST_SLOTS:
        raise WireError(f"chassis size: {slot + 1} to {MOST_SLOTS} expected for a module in slot {slot}, found {size}")
    return Chassis(slot, serial_number, size)
