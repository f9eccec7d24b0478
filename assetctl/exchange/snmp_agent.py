"""An SNMP agent that is asked in memory: objects out of a walk or a capture, answered as RFC 3416 wants it.

So the one SNMP probe reads them, with all it knows of tables, makers and quirks.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field

from assetctl.errors import WireError
from assetctl.protocols.snmp import codec
from assetctl.protocols.snmp.objects import Oid

Objects = Mapping[Oid, bytes]
"""Encoded values, type and length included, by name."""

_SEQUENCE = 0x30
_NO_INSTANCE, _END = b"\x81\x00", b"\x82\x00"
_MOST_BULK = 64


@dataclass(frozen=True, slots=True)
class Agent:
    """Answers Get, GetNext and GetBulk. is_v1: it refuses a question whole for one object it lacks (RFC 1157, 4.1)."""

    objects: Objects
    is_v1: bool = False
    _ordered: tuple[Oid, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ordered", tuple(sorted(self.objects)))

    def answer(self, pdu: bytes) -> bytes:
        """The response PDU. Raises WireError for what is no question."""
        number = request_id(pdu)
        asked = codec.decode(bytes((codec.RESPONSE,)) + pdu[1:], request_id=number)
        names = [one.name for one in asked.varbinds]
        match pdu[0]:
            case codec.GET:
                found = [(name, self.objects.get(name, _NO_INSTANCE)) for name in names]
            case codec.GET_NEXT:
                found = [self._next(name) for name in names]
            case codec.GET_BULK:
                found = self._bulk(names, min(asked.error_index, _MOST_BULK))
            case tag:
                raise WireError(f"PDU type 0x{tag:02x} is no question")
        lacking = next((at for at, (_, value) in enumerate(found, 1) if value in (_NO_INSTANCE, _END)), 0)
        if self.is_v1 and lacking:
            refused = [(name, b"\x05\x00") for name in names]
            return _response(number, codec.NO_SUCH_NAME, lacking, refused)
        return _response(number, 0, 0, found)

    def _bulk(self, names: list[Oid], repetitions: int) -> list[tuple[Oid, bytes]]:
        found: list[tuple[Oid, bytes]] = []
        for _ in range(repetitions):
            row = [self._next(name) for name in names]
            found += row
            names = [name for name, _ in row]
        return found

    def _next(self, name: Oid) -> tuple[Oid, bytes]:
        at = bisect_right(self._ordered, name)
        if at == len(self._ordered):
            return name, _END
        return self._ordered[at], self.objects[self._ordered[at]]


def request_id(pdu: bytes) -> int:
    """The id of a question or answer. Raises WireError when it has none that can be read."""
    at = 2
    if len(pdu) > 1 and pdu[1] >= 0x80:
        at += pdu[1] & 0x7F
    size = pdu[at + 1] if len(pdu) > at + 1 else 0
    if pdu[at : at + 1] != b"\x02" or not 1 <= size <= 5 or len(pdu) < at + 2 + size:
        raise WireError("request id: an integer expected")
    return int.from_bytes(pdu[at + 2 : at + 2 + size], signed=True)


def _response(number: int, status: int, index: int, found: list[tuple[Oid, bytes]]) -> bytes:
    varbinds = b"".join(tlv(_SEQUENCE, tlv(codec.OBJECT_ID, codec.encode_oid(name)) + value) for name, value in found)
    fields = integer(number) + integer(status) + integer(index) + tlv(_SEQUENCE, varbinds)
    return tlv(codec.RESPONSE, fields)


def integer(value: int, tag: int = codec.INTEGER) -> bytes:
    """A number of any of the integer types, in as few bytes as it needs."""
    return tlv(tag, value.to_bytes((value.bit_length() if value >= 0 else (~value).bit_length()) // 8 + 1, signed=True))


def tlv(tag: int, body: bytes) -> bytes:
    """Type, length and contents."""
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    width = (size.bit_length() + 7) // 8
    return bytes((tag, 0x80 | width)) + size.to_bytes(width) + body


def encoded(varbind: codec.Varbind) -> bytes | None:
    """The value of an object as an agent would send it; None for what is no value."""
    match varbind.tag, varbind.value:
        case (codec.OBJECT_ID, tuple() as name):
            return tlv(codec.OBJECT_ID, codec.encode_oid(name)) if len(name) > 1 else None
        case (tag, bytes() as raw):
            return tlv(tag, raw)
        case (tag, int() as number):
            return integer(number, tag)
    return None
