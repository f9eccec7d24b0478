"""The built-in types of the OPC UA binary encoding, read through the bounded reader; all numbers little-endian.

Source: OPC 10000-6, 5.2.2 (built-in types), 5.2.5 (arrays).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from assetctl.errors import WireError
from assetctl.wire import Reader, decode_text

NULL = b"\xff\xff\xff\xff"  # the length of a string, byte string or array that is not there
MOST_ITEMS = 1000
_MOST_INNER = 16  # diagnostic infos inside one another
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class NodeId:
    """A node's identifier. raw: as it was encoded. number: of a numeric one in namespace 0, else None."""

    raw: bytes
    number: int | None


def encode_bytes(data: bytes) -> bytes:
    """A byte string, or a string that is UTF-8 already."""
    return len(data).to_bytes(4, "little") + data


def byte_string(r: Reader, field: str) -> bytes:
    """A byte string; b"" also for one that is null, as any negative length says."""
    size = r.u32(f"length of {field}", "little")
    return b"" if size & 0x80000000 else r.take(size, field)


def string(r: Reader, field: str) -> str:
    return decode_text(byte_string(r, field))


def array(r: Reader, field: str, read: Callable[[Reader], _T]) -> tuple[_T, ...]:
    """At most 1000 items; () for a null array. Raises WireError when more are stated."""
    count = r.u32(f"count of {field}", "little")
    if count & 0x80000000:
        return ()
    if count > MOST_ITEMS:
        raise WireError(f"{field}: {MOST_ITEMS} items at most, {count} stated")
    return tuple(read(r) for _ in range(count))


def strings(r: Reader, field: str) -> tuple[str, ...]:
    return array(r, field, lambda items: string(items, field))


def localized_text(r: Reader, field: str) -> str:
    """The text of a LocalizedText, without its locale."""
    mask = r.u8(f"mask of {field}")
    if mask & ~0x03:
        raise WireError(f"mask of {field}: locale and text only are known, 0x{mask:02x} found")
    if mask & 0x01:
        byte_string(r, f"locale of {field}")
    return string(r, field) if mask & 0x02 else ""


def node_id(r: Reader, field: str) -> NodeId:
    """Source: OPC 10000-6, 5.2.2.9."""
    kind = r.u8(f"encoding of {field}")
    raw = bytes((kind,))
    match kind:
        case 0:  # two bytes, namespace 0
            number = r.u8(field)
            return NodeId(bytes((kind, number)), number)
        case 1:  # four bytes
            place = r.take(3, field)
            return NodeId(raw + place, int.from_bytes(place[1:], "little") if not place[0] else None)
        case 2:  # numeric
            place = r.take(6, field)
            return NodeId(raw + place, int.from_bytes(place[2:], "little") if not any(place[:2]) else None)
        case 3 | 5:  # string, opaque
            namespace = r.take(2, f"namespace of {field}")
            return NodeId(raw + namespace + encode_bytes(byte_string(r, field)), None)
        case 4:  # GUID
            return NodeId(raw + r.take(18, field), None)
    raise WireError(f"encoding of {field}: 0 to 5 expected, {kind} found")


def extension_object(r: Reader, field: str) -> None:
    """Step over an extension object."""
    node_id(r, f"type of {field}")
    encoding = r.u8(f"encoding of {field}")
    if encoding > 2:
        raise WireError(f"encoding of {field}: 0 to 2 expected, {encoding} found")
    if encoding:
        byte_string(r, field)


def diagnostic_info(r: Reader) -> None:
    """Step over a diagnostic info and those inside it."""
    for _ in range(_MOST_INNER):
        mask = r.u8("mask of diagnostic info")
        for bit in (0x01, 0x02, 0x08, 0x04):  # symbolic id, namespace, locale, text: indexes of the string table
            if mask & bit:
                r.u32("index in diagnostic info")
        if mask & 0x10:
            byte_string(r, "additional info")
        if mask & 0x20:
            r.u32("inner status code")
        if not mask & 0x40:
            return
    raise WireError(f"diagnostic info: more than {_MOST_INNER} inside one another")


def date_time(r: Reader, field: str) -> datetime | None:
    """A time in UTC; None where the value stands for none: 0, or outside what a calendar holds."""
    ticks = int.from_bytes(r.take(8, field), "little", signed=True)  # 100 nanoseconds since 1601
    try:
        return _EPOCH + timedelta(microseconds=ticks // 10) if ticks > 0 else None
    except OverflowError:
        return None
