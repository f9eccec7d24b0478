"""Connectionless DCE/RPC, version 4: the header around every question to a PROFINET context manager.

The first byte of the data representation says in which order the sender writes its numbers; we write little-endian.
Source: The Open Group C706, chapter 12 (RPC PDU encodings) and appendix A (UUID).
"""

from dataclasses import dataclass
from uuid import UUID

from assetctl.errors import WireError
from assetctl.wire import ByteOrder, Datagram, Reader

FRAMING = Datagram(most=1500)
HEADER = 80
VERSION, REQUEST, RESPONSE, FAULT, REJECT = 4, 0, 2, 3, 6
IDEMPOTENT = 0x20  # the call may be carried out twice, and its answer needs no acknowledgement
FRAGMENT = 0x04
LITTLE = b"\x10\x00\x00"
NO_HINT = 0xFFFF


@dataclass(frozen=True, slots=True)
class Call:
    """What is called. version: of the interface. activity: one for all calls of a talk; sequence counts them."""

    interface: UUID
    version: int
    operation: int
    target: UUID
    activity: UUID
    sequence: int


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is no refusal. order: of the numbers in its body."""

    order: ByteOrder
    body: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """The server carried nothing out, and its status."""

    status: int


def encode(call: Call, body: bytes) -> bytes:
    """One request in one datagram."""
    return b"".join(
        (
            bytes((VERSION, REQUEST, IDEMPOTENT, 0)),
            LITTLE + b"\0",  # representation; serial number, high byte
            call.target.bytes_le,
            call.interface.bytes_le,
            call.activity.bytes_le,
            bytes(4),  # server boot time: not known
            call.version.to_bytes(4, "little"),
            call.sequence.to_bytes(4, "little"),
            call.operation.to_bytes(2, "little"),
            NO_HINT.to_bytes(2, "little") * 2,  # interface and activity
            len(body).to_bytes(2, "little"),
            bytes(4),  # fragment number, no authentication, serial number, low byte
            body,
        )
    )


def is_answer(frame: bytes, *, activity: UUID, sequence: int) -> bool:
    """Whether a datagram ends a call of ours: an answer, a fault or a rejection of this activity and number."""
    if len(frame) < HEADER or frame[0] != VERSION or frame[1] & 0x1F not in (RESPONSE, FAULT, REJECT):
        return False
    order = _order(frame[4])
    return _uuid(frame[40:56], order) == activity and int.from_bytes(frame[64:68], order) == sequence


def decode(frame: bytes) -> Answer | Refused:
    """Read one answer. Raises WireError if the layout is broken, or it is one of several fragments."""
    r = Reader(frame)
    r.expect(bytes((VERSION,)), "RPC version")
    kind, flags = r.u8("PDU type") & 0x1F, r.u8("flags")
    r.u8("further flags")
    order = _order(r.u8("data representation"))
    r.take(69, "header")
    length = r.u16("body length", order)
    r.take(4, "end of header")
    body = r.take(length, "body")
    if kind in (FAULT, REJECT):
        return Refused(Reader(body).u32("status", order))
    if kind != RESPONSE or flags & FRAGMENT:
        raise WireError(f"PDU type: a whole answer expected, type {kind} with flags 0x{flags:02x} found")
    return Answer(order, body)


def read_uuid(r: Reader, field: str, order: ByteOrder) -> UUID:
    """A UUID in the order of its sender."""
    return _uuid(r.take(16, field), order)


def _uuid(raw: bytes, order: ByteOrder) -> UUID:
    return UUID(bytes_le=raw) if order == "little" else UUID(bytes=raw)


def _order(representation: int) -> ByteOrder:
    return "little" if representation >> 4 == 1 else "big"
