"""SNMP PDUs: questions to bytes, answers to values, and nothing that writes. Community and USM are put around below.

The decoder walks one bytes object by index, since a table walk brings thousands of values and a reader for each would
cost several times as much. Every access is behind a length that was checked against the end of what encloses it.

Lengths and integers longer than they need be are read, since agents send them (RFC 3417, section 8, allows the former);
indefinite lengths, values outside their type, and bytes left over are refused.

Sources: RFC 3416 (PDUs), RFC 2578 section 7.1 (types), RFC 1157 (v1 errors), ITU-T X.690 (BER).
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple

from assetctl.errors import WireError
from assetctl.protocols.snmp.objects import Oid
from assetctl.wire import Datagram

FRAMING = Datagram()

GET, GET_NEXT, RESPONSE, GET_BULK = 0xA0, 0xA1, 0xA2, 0xA5

INTEGER, OCTET_STRING, NULL, OBJECT_ID = 0x02, 0x04, 0x05, 0x06
IP_ADDRESS, COUNTER32, GAUGE32, TIME_TICKS, OPAQUE, COUNTER64 = 0x40, 0x41, 0x42, 0x43, 0x44, 0x46
NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW = 0x80, 0x81, 0x82

TOO_BIG, NO_SUCH_NAME, GEN_ERR, AUTHORIZATION_ERROR = 1, 2, 5, 16
MOST_ERROR = 18  # inconsistentName, the last of RFC 3416
MOST_SUBIDS = 128  # RFC 2578, section 7.1.3

REQUEST_ID_BASE = 0x40000000  # with this bit set an id always takes four bytes
DEPTH_MARK = 0x20000000  # set in the ids of depth questions, which are paid from another purse

_SEQUENCE = 0x30
# sub-identifiers of one to five bytes, none padded, none above 2**32 - 1
_SUBIDS = re.compile(rb"(?:[\x00-\x7f]|[\x81-\xff][\x80-\xff]{0,2}[\x00-\x7f]|[\x81-\x8f][\x80-\xff]{3}[\x00-\x7f])+")
_SUBID = re.compile(rb"[\x80-\xff]*[\x00-\x7f]")

Value = int | bytes | Oid | None


class Varbind(NamedTuple):
    """One object of an answer. value is None for NULL and for the three exceptions; `tag` says which."""

    name: Oid
    tag: int
    value: Value


class Response(NamedTuple):
    """One answer. error_index: 1 for the first varbind, 0 for none in particular; it may lie beyond the list."""

    request_id: int
    error_status: int
    error_index: int
    varbinds: tuple[Varbind, ...]


def encode_get(*, request_id: int, objects: Iterable[Oid]) -> bytes:
    """The question for exactly these objects. request_id: 0x40000000 to 0x7FFFFFFF."""
    return _pdu(GET, request_id, _get(tuple(objects)))


def encode_walk(*, request_id: int, columns: Iterable[Oid], index: Oid, repetitions: int) -> bytes:
    """The question for what follows one index in each column: GetNext for 0 repetitions, else GetBulk for 1 to 10."""
    return _pdu(GET_BULK if repetitions else GET_NEXT, request_id, _walk(tuple(columns), index, repetitions))


@lru_cache(maxsize=1024)
def _get(objects: tuple[Oid, ...]) -> bytes:
    return _behind_id(0, map(encode_oid, objects))


@lru_cache(maxsize=1024)
def _walk(columns: tuple[Oid, ...], index: Oid, repetitions: int) -> bytes:
    tail = _subids(index)
    return _behind_id(repetitions, (encode_oid(column) + tail for column in columns))


def _behind_id(third: int, names: Iterable[bytes]) -> bytes:
    """What of a question stands behind its id, the value NULL for each name; devices are asked in the same words.

    third: max-repetitions, or the error index that is 0.
    """
    varbinds = b"".join(_tlv(_SEQUENCE, _tlv(OBJECT_ID, name) + b"\x05\0") for name in names)
    return bytes((INTEGER, 1, 0, INTEGER, 1, third)) + _tlv(_SEQUENCE, varbinds)


def _pdu(tag: int, request_id: int, rest: bytes) -> bytes:
    return _tlv(tag, b"\x02\x04" + request_id.to_bytes(4) + rest)


@lru_cache(maxsize=256)
def encode_oid(oid: Oid) -> bytes:
    """Contents of an OBJECT IDENTIFIER of at least two sub-identifiers."""
    return bytes((oid[0] * 40 + oid[1],)) + _subids(oid[2:])


def _subids(subs: Oid) -> bytes:
    return b"".join(bytes((sub,)) if sub < 0x80 else _long_subid(sub) for sub in subs)


def _long_subid(sub: int) -> bytes:
    out = bytes((sub & 0x7F,))
    while sub := sub >> 7:
        out = bytes((sub & 0x7F | 0x80,)) + out
    return out


def _tlv(tag: int, body: bytes) -> bytes:
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    if size < 0x100:
        return bytes((tag, 0x81, size)) + body
    return bytes((tag, 0x82)) + size.to_bytes(2) + body


def is_answer(unit: bytes, *, request_id: int) -> bool:
    """Whether a unit is a response to the question with this id."""
    try:
        end, at = _enter(unit, 0, len(unit), RESPONSE, "PDU")
        found, _ = _integer(unit, at, end, "request id")
    except WireError:
        return False
    return found == request_id


def decode(unit: bytes, *, request_id: int) -> Response:
    """Read one response PDU. request_id: that of our question.

    Raises WireError if the layout is broken, a value is outside its type, or the answer is to another question.
    """
    end, at = _enter(unit, 0, len(unit), RESPONSE, "PDU")
    if end != len(unit):
        raise WireError(f"PDU: {len(unit) - end} bytes too many at offset {end}")
    found, at = _integer(unit, at, end, "request id")
    if found != request_id:
        raise WireError(f"request id: {request_id} expected, {found} found")
    status, at = _integer(unit, at, end, "error status")
    index, at = _integer(unit, at, end, "error index")
    list_end, at = _enter(unit, at, end, _SEQUENCE, "variable bindings")
    if list_end != end:
        raise WireError(f"variable bindings: {end - list_end} bytes too many at offset {list_end}")
    varbinds = _varbinds(unit, at, end)
    if not 0 <= status <= MOST_ERROR:
        raise WireError(f"error status: 0 to {MOST_ERROR} expected, {status} found")
    if index < 0:
        raise WireError(f"error index: 0 or more expected, {index} found")
    return Response(found, status, index, varbinds)


def _varbinds(data: bytes, at: int, end: int) -> tuple[Varbind, ...]:
    """All variable bindings between two offsets, each of which must fill the length it states."""
    found: list[Varbind] = []
    readers, made, varbind = _READERS, tuple.__new__, Varbind
    while at < end:
        stop, at, name_end = _name(data, at, end)
        name = _oid(data[at:name_end])
        if name_end + 2 > stop:
            raise WireError(f"value: type and length expected at offset {name_end}")
        tag = data[name_end]
        size = data[name_end + 1]
        at = name_end + 2
        if size >= 0x80:
            size, at = _long_length(data, at, stop, size, "value")
        if at + size != stop:
            raise WireError(f"value: {stop - at} bytes expected at offset {at}, {size} stated")
        reader = readers.get(tag)
        if reader is None:
            raise WireError(f"value: type 0x{tag:02x} at offset {name_end} is none of SNMP")
        found.append(made(varbind, (name, tag, reader(data[at:stop]))))  # as Varbind(...) does, a call later
        at = stop
    return tuple(found)


def _name(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """End of the variable binding at an offset, start and end of its name. The short ones, which are most, at once."""
    if at + 4 <= end and data[at] == _SEQUENCE and data[at + 2] == OBJECT_ID:
        size, name_size = data[at + 1], data[at + 3]
        if size < 0x80 and name_size < 0x80 and name_size + 2 <= size <= end - at - 2:
            return at + 2 + size, at + 4, at + 4 + name_size
    stop, at = _enter(data, at, end, _SEQUENCE, "variable binding")
    name_end, at = _enter(data, at, stop, OBJECT_ID, "name")
    return stop, at, name_end


def _enter(data: bytes, at: int, end: int, tag: int, field: str) -> tuple[int, int]:
    """End and start of the contents that begin at an offset: their type is `tag` and they end before `end`."""
    if at + 2 > end:
        raise WireError(f"{field}: type and length expected at offset {at}, {end - at} bytes left")
    if data[at] != tag:
        raise WireError(f"{field}: type 0x{tag:02x} expected at offset {at}, 0x{data[at]:02x} found")
    size = data[at + 1]
    at += 2
    if size >= 0x80:
        size, at = _long_length(data, at, end, size, field)
    stop = at + size
    if stop > end:
        raise WireError(f"{field}: {size} bytes expected at offset {at}, {end - at} left")
    return stop, at


def _long_length(data: bytes, at: int, end: int, first: int, field: str) -> tuple[int, int]:
    """Length in the long form, at most four bytes of it, and the offset of what follows."""
    count = first & 0x7F
    if not 1 <= count <= 4 or at + count > end:
        raise WireError(f"{field}: length form 0x{first:02x} at offset {at - 1} is not usable")
    return int.from_bytes(data[at : at + count]), at + count


def _integer(data: bytes, at: int, end: int, field: str) -> tuple[int, int]:
    stop, at = _enter(data, at, end, INTEGER, field)
    return _int32(data[at:stop]), stop


def _int32(raw: bytes) -> int:
    value = int.from_bytes(raw, signed=True)
    if not 1 <= len(raw) <= 8 or not -0x80000000 <= value <= 0x7FFFFFFF:
        raise WireError(f"INTEGER: {raw[:9].hex() or 'nothing'} is not a 32-bit number")
    return value


def _unsigned(raw: bytes) -> int:
    """Counter32, Gauge32, TimeTicks. Read without a sign, since some agents leave out the leading zero byte."""
    value = int.from_bytes(raw)
    if not 1 <= len(raw) <= 8 or value > 0xFFFFFFFF:
        raise WireError(f"unsigned: {raw[:9].hex() or 'nothing'} is not a 32-bit number")
    return value


def _unsigned64(raw: bytes) -> int:
    value = int.from_bytes(raw)
    if not 1 <= len(raw) <= 9 or value > 0xFFFFFFFFFFFFFFFF:
        raise WireError(f"Counter64: {raw[:10].hex() or 'nothing'} is not a 64-bit number")
    return value


def _address(raw: bytes) -> bytes:
    if len(raw) != 4:
        raise WireError(f"IpAddress: 4 bytes expected, {len(raw)} found")
    return raw


def _nothing(raw: bytes) -> None:
    if raw:
        raise WireError(f"NULL: no contents expected, {len(raw)} bytes found")


@lru_cache(maxsize=4096)
def _oid(raw: bytes) -> Oid:
    """Sub-identifiers of an OBJECT IDENTIFIER's contents. Devices have the same names, so they are remembered."""
    if raw.isascii() and 0 < len(raw) < MOST_SUBIDS:
        first = raw[0]
        return (first // 40, first % 40, *raw[1:]) if first < 80 else (2, first - 80, *raw[1:])
    return _long_oid(raw)


def _long_oid(raw: bytes) -> Oid:
    if not 0 < len(raw) <= MOST_SUBIDS * 5 or not _SUBIDS.fullmatch(raw):
        raise WireError(f"OBJECT IDENTIFIER: {raw[:16].hex() or 'nothing'} is not one")
    first, *rest = map(_subid, _SUBID.findall(raw))
    if len(rest) > MOST_SUBIDS - 2:
        raise WireError(f"OBJECT IDENTIFIER: more than {MOST_SUBIDS} sub-identifiers")
    return (min(first // 40, 2), first - 40 * min(first // 40, 2), *rest)


def _subid(raw: bytes) -> int:
    value = 0
    for byte in raw:
        value = value << 7 | byte & 0x7F
    return value


_READERS: dict[int, Callable[[bytes], Value]] = {
    INTEGER: _int32,
    OCTET_STRING: bytes,
    NULL: _nothing,
    OBJECT_ID: _oid,
    IP_ADDRESS: _address,
    COUNTER32: _unsigned,
    GAUGE32: _unsigned,
    TIME_TICKS: _unsigned,
    OPAQUE: bytes,
    COUNTER64: _unsigned64,
    NO_SUCH_OBJECT: _nothing,
    NO_SUCH_INSTANCE: _nothing,
    END_OF_MIB_VIEW: _nothing,
}
