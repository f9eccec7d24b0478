"""BACnet/IP frames: the virtual link header (BVLC), the network header (NPDU), and the tables of a BBMD.

An answer may carry a source network in its network header, or the header of a frame that was forwarded; both are
passed over by their stated lengths, so that the application unit is found where it is. A question to a device behind
a router carries that device's network and address, and so does its answer.
Source: ASHRAE 135-2020, annex J.2 (BVLC; J.2.1 BVLC-Result, J.2.3 and J.2.4 Read-Broadcast-Distribution-Table, J.2.7
and J.2.8 Read-Foreign-Device-Table), 6.2 (NPDU).
"""

from dataclasses import dataclass
from enum import IntEnum

from assetctl.errors import WireError
from assetctl.wire import Datagram, Reader

FRAMING = Datagram()

FORWARDED, UNICAST, BROADCAST = 0x04, 0x0A, 0x0B
_RESULT = 0x00
NETWORK_MESSAGE, _HAS_DESTINATION, _HAS_SOURCE, _EXPECTS_REPLY = 0x80, 0x20, 0x08, 0x04
_MOST_HOPS = 255
_ROW = 10  # bytes of a row of either table


class Table(IntEnum):
    """A table of a BBMD, by the BVLC function that reads it. The acknowledgement bears the next number."""

    BROADCAST_DISTRIBUTION = 0x02
    FOREIGN_DEVICES = 0x06


_NAKS = {Table.BROADCAST_DISTRIBUTION: 0x0020, Table.FOREIGN_DEVICES: 0x0040}


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a device behind a router is. network: 1 to 65534. address: on that network; empty for all devices of it."""

    network: int
    address: bytes

    def __str__(self) -> str:
        return f"net/{self.network}/addr/{self.address.hex()}"


@dataclass(frozen=True, slots=True)
class Unit:
    """One application unit and how it came. source: where from when it was routed, None for the device itself."""

    is_forwarded: bool
    source: Place | None
    apdu: bytes


def encode_unit(apdu: bytes, *, expects_reply: bool, place: Place | None = None) -> bytes:
    """An application unit in version 1 of the network layer, for the device at one address itself, or behind it."""
    control = _EXPECTS_REPLY if expects_reply else 0
    if place is None:
        return frame(UNICAST, bytes((1, control)) + apdu)
    destination = place.network.to_bytes(2) + bytes((len(place.address),)) + place.address
    return frame(UNICAST, bytes((1, control | _HAS_DESTINATION)) + destination + bytes((_MOST_HOPS,)) + apdu)


def encode_read_table(table: Table) -> bytes:
    """The question for a table of a BBMD."""
    return frame(table, b"")


def frame(function: int, body: bytes) -> bytes:
    """A frame of the virtual link."""
    return bytes((0x81, function)) + (4 + len(body)).to_bytes(2) + body


def decode_unit(raw: bytes) -> Unit:
    """The application unit of a frame. Raises WireError for every other frame and for a broken one."""
    function, control, source, r = decode_header(raw)
    if control & NETWORK_MESSAGE:
        raise WireError("NPDU: a message of the network layer")
    return Unit(function == FORWARDED, source, r.rest())


def decode_header(raw: bytes) -> tuple[int, int, Place | None, Reader]:
    """Function of the virtual link, control octet and source of the network header, and what follows it.

    Raises WireError for a frame without a network header and for a broken one.
    """
    function, r = _link(raw)
    if function == FORWARDED:
        r.take(6, "originating address")
    elif function not in (UNICAST, BROADCAST):
        raise WireError(f"BVLC function: 0x{function:02x} carries no unit for us")
    r.expect(b"\x01", "NPDU version")
    control = r.u8("NPDU control")
    if control & _HAS_DESTINATION:
        r.take(2, "destination network")
        r.take(r.u8("destination address length"), "destination address")
    source = _source(r) if control & _HAS_SOURCE else None
    if control & _HAS_DESTINATION:
        r.u8("hop count")
    return function, control, source, r


def _link(raw: bytes) -> tuple[int, Reader]:
    """Function of the virtual link, and a reader over what follows its header."""
    r = Reader(raw)
    r.expect(b"\x81", "BVLC type")
    function = r.u8("BVLC function")
    length = r.u16("BVLC length")
    if length != len(raw):
        raise WireError(f"BVLC length: {length} stated, {len(raw)} bytes came")
    return function, r


def _source(r: Reader) -> Place:
    network = r.u16("source network")
    length = r.u8("source address length")
    if network in (0, 0xFFFF) or not length:
        raise WireError(f"source network {network} with {length} address bytes: no device has it")
    return Place(network, r.take(length, "source address"))


def is_table(raw: bytes, *, table: Table) -> bool:
    """Whether a frame is this table, or says that there is none."""
    try:
        function, r = _link(raw)
    except WireError:
        return False
    return function == table + 1 or (function == _RESULT and r.rest() == _NAKS[table].to_bytes(2))


def decode_table(raw: bytes, *, table: Table) -> tuple[str, ...] | None:
    """The rows as text, None when the device has no such table.

    Of the broadcast distribution table address:port/mask, of the foreign device table address:port.
    """
    function, r = _link(raw)
    if not is_table(raw, table=table):
        raise WireError(f"BVLC function: {table + 1} expected, found {function}")
    if function == _RESULT:
        return None
    if r.left() % _ROW:
        raise WireError(f"table: rows of {_ROW} bytes expected, {r.left()} bytes came")
    return tuple(_row(r.part(_ROW, "row"), table) for _ in range(r.left() // _ROW))


def _row(r: Reader, table: Table) -> str:
    host = f"{_dotted(r.take(4, 'address'))}:{r.u16('port')}"
    return f"{host}/{_dotted(r.take(4, 'mask'))}" if table is Table.BROADCAST_DISTRIBUTION else host


def _dotted(raw: bytes) -> str:
    return ".".join(map(str, raw))
