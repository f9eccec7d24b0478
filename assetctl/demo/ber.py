"""The little BER that an SNMP agent needs: type, length, value, both ways (ITU-T X.690)."""

from assetctl.errors import WireError
from assetctl.wire import Reader

Oid = tuple[int, ...]

INTEGER, OCTETS, NULL, OBJECT_ID, SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30


def tlv(tag: int, body: bytes) -> bytes:
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    width = (size.bit_length() + 7) // 8
    return bytes((tag, 0x80 | width)) + size.to_bytes(width) + body


def integer(value: int, tag: int = INTEGER) -> bytes:
    """An INTEGER, or an unsigned type of SNMP under its own tag."""
    return tlv(tag, value.to_bytes(value.bit_length() // 8 + 1, signed=True))


def object_id(oid: Oid) -> bytes:
    body = b"".join(map(_subid, (oid[0] * 40 + oid[1], *oid[2:])))
    return tlv(OBJECT_ID, body)


def take(r: Reader, tag: int, what: str) -> bytes:
    """The contents of the next value, which must be of this type. Raises WireError."""
    r.expect(bytes((tag,)), what)
    return r.take(_length(r, what), what)


def take_any(r: Reader, what: str) -> tuple[int, bytes]:
    """Type and contents of the next value."""
    tag = r.u8(what)
    return tag, r.take(_length(r, what), what)


def take_integer(r: Reader, what: str) -> int:
    return int.from_bytes(take(r, INTEGER, what), signed=True)


def take_object_id(r: Reader) -> Oid:
    subs: list[int] = []
    value = 0
    for byte in take(r, OBJECT_ID, "name"):
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            subs.append(value)
            value = 0
    if not subs:
        raise WireError("name: no sub-identifier")
    first = min(subs[0] // 40, 2)
    return (first, subs[0] - 40 * first, *subs[1:])


def _subid(sub: int) -> bytes:
    out = bytes((sub & 0x7F,))
    while sub := sub >> 7:
        out = bytes((sub & 0x7F | 0x80,)) + out
    return out


def _length(r: Reader, what: str) -> int:
    first = r.u8(what)
    if first < 0x80:
        return first
    return int.from_bytes(r.take(min(first & 0x7F, 4), what))
