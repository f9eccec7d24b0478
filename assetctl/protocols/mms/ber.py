"""The elements of the Basic Encoding Rules, as far as MMS and the layers below it need them.

Source: ITU-T X.690, 8.1. Lengths are definite; the indefinite form is refused, as no server needs it for answers
as short as these.
"""

from collections.abc import Iterator

from assetctl.errors import WireError
from assetctl.wire import Reader

MOST_ELEMENTS = 2048
_LONG = 0x80


def encode(tag: int, *contents: bytes) -> bytes:
    """One element of at most 65535 octets. tag: identifier octet."""
    content = b"".join(contents)
    size = len(content).to_bytes(1 if len(content) < 0x100 else 2)
    return bytes((tag,)) + (b"" if len(content) < _LONG else bytes((_LONG | len(size),))) + size + content


def elements(r: Reader) -> Iterator[tuple[int, Reader]]:
    """Every element up to the end: identifier octets as one number, and a reader over the content."""
    for _ in range(MOST_ELEMENTS):
        if not r.left():
            return
        yield _tag(r), r.part(_length(r), "content of an element")
    raise WireError(f"elements: more than {MOST_ELEMENTS}")


def find(r: Reader, tag: int, field: str) -> Reader:
    """The content of the first element with this tag; what stands before it is passed over."""
    for found, content in elements(r):
        if found == tag:
            return content
    raise WireError(f"{field}: no element 0x{tag:02x}")


def number(r: Reader, field: str) -> int:
    """An integer that is not negative, of at most 32 bits."""
    raw = r.rest()
    if not 1 <= len(raw) <= 5 or raw[0] & 0x80:
        raise WireError(f"{field}: an integer of 1 to 5 octets that is not negative expected, {raw.hex()} found")
    return int.from_bytes(raw)


def _tag(r: Reader) -> int:
    """Identifier octets; a number of 31 and more stands in one octet more, up to 127."""
    first = r.u8("identifier")
    if first & 0x1F != 0x1F:
        return first
    second = r.u8("identifier, second octet")
    if second & _LONG:
        raise WireError("identifier: a tag number of at most 127 expected")
    return first << 8 | second


def _length(r: Reader) -> int:
    first = r.u8("length")
    if first < _LONG:
        return first
    if not _LONG < first <= _LONG + 4:
        raise WireError(f"length: a definite form of at most 4 octets expected, 0x{first:02x} found")
    return int.from_bytes(r.take(first & 0x7F, "length"))
