"""Modbus/TCP read device identification and report server id: bytes to values and back, nothing else.

Source: Modbus Application Protocol V1.1b3, section 6.21 (function 43, MEI type 14), 6.13 (function 17) and section 7
(exceptions); Modbus Messaging on TCP/IP Implementation Guide V1.0b, section 3.1.3 (MBAP header).
"""

from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.wire import Length, Reader

FRAMING = Length(header=7, offset=4, width=2, plus=6, most=260)

BASIC, REGULAR, EXTENDED, INDIVIDUAL = 1, 2, 3, 4

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3
BUSY, GATEWAY_PATH, GATEWAY_TARGET = 6, 0x0A, 0x0B

_READ_IDENTIFICATION = b"\x2b\x0e"
_REPORT_SERVER_ID = b"\x11"
_ERROR = 0x80


@dataclass(frozen=True, slots=True)
class Identification:
    """One answer, which may be one chunk of several.

    objects: (object id, raw text) in the order sent. next_object_id: where to go on, when `more_follows`.
    """

    unit_id: int
    conformity_level: int
    more_follows: bool
    next_object_id: int
    objects: tuple[tuple[int, bytes], ...]


@dataclass(frozen=True, slots=True)
class Exceptional:
    """An exception answer; code as in section 7, such as 1 illegal function, 0x0B gateway target failed to respond."""

    unit_id: int
    code: int


def encode(*, transaction: int, unit_id: int, read_code: int, object_id: int) -> bytes:
    """The question for identification objects from `object_id` on.

    transaction: 0 to 65535. unit_id: 0 to 255. read_code: 1 basic, 2 regular, 3 extended, 4 this object alone.
    """
    return _adu(transaction, unit_id, _READ_IDENTIFICATION + bytes((read_code, object_id)))


def encode_server_id(*, transaction: int, unit_id: int) -> bytes:
    """The question for the server id. transaction: 0 to 65535. unit_id: 0 to 255."""
    return _adu(transaction, unit_id, _REPORT_SERVER_ID)


def _adu(transaction: int, unit_id: int, pdu: bytes) -> bytes:
    return transaction.to_bytes(2) + b"\0\0" + (len(pdu) + 1).to_bytes(2) + bytes((unit_id,)) + pdu


def is_answer(frame: bytes, *, transaction: int) -> bool:
    """Whether a unit carries the transaction id of our question."""
    return frame[:2] == transaction.to_bytes(2)


def decode(frame: bytes, *, transaction: int, unit_id: int) -> Identification | Exceptional:
    """Read one answer to the question for identification objects.

    frame: a whole ADU, 9 to 260 bytes. transaction, unit_id: those of our question.
    Raises WireError if the layout is broken or the answer is to another question.
    """
    answer = _answer(frame, transaction, unit_id, function=0x2B)
    return answer if isinstance(answer, Exceptional) else _identification(answer, unit_id)


def decode_server_id(frame: bytes, *, transaction: int, unit_id: int) -> bytes | Exceptional:
    """What the device says of itself: its id, the run indicator and further data, all as long as it likes.

    Raises WireError as `decode` does.
    """
    answer = _answer(frame, transaction, unit_id, function=0x11)
    return answer if isinstance(answer, Exceptional) else answer.take(answer.u8("byte count"), "server id")


def _answer(frame: bytes, transaction: int, unit_id: int, *, function: int) -> Reader | Exceptional:
    """A reader behind the function code, or the exception."""
    r = Reader(frame)
    r.expect(transaction.to_bytes(2), "transaction id")
    r.expect(b"\0\0", "protocol id")
    if r.u16("length") != r.left():
        raise WireError("length: does not match the unit")
    r.expect(bytes((unit_id,)), "unit id")
    found = r.u8("function")
    if found == function | _ERROR:
        code = r.u8("exception code")
        r.end("exception")
        return Exceptional(unit_id, code)
    if found != function:
        raise WireError(f"function: 0x{function:02x} expected, 0x{found:02x} found")
    return r


def _identification(r: Reader, unit_id: int) -> Identification:
    r.expect(b"\x0e", "MEI type")
    read_code = r.u8("read device id code")
    if not BASIC <= read_code <= INDIVIDUAL:
        raise WireError(f"read device id code: 1 to 4 expected, {read_code} found")
    conformity = r.u8("conformity level")
    more = r.u8("more follows")
    next_object = r.u8("next object id")
    return Identification(unit_id, conformity, bool(more), next_object, _objects(r))


def _objects(r: Reader) -> tuple[tuple[int, bytes], ...]:
    """The whole objects of an answer.

    Devices state the number of all their objects in each part of a divided answer, end inside an object, or pad:
    what stands there whole counts. Raises WireError where not even the first object is whole.
    """
    objects: list[tuple[int, bytes]] = []
    for _ in range(r.u8("number of objects")):
        if objects and not r.left():
            break
        try:
            object_id = r.u8("object id")
            objects.append((object_id, r.take(r.u8("object length"), "object value")))
        except WireError:
            if not objects:
                raise
            break
    return tuple(objects)
