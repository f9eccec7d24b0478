"""The bounded reader through which every device byte passes, and the framings that cut a stream into units."""

import struct
from dataclasses import dataclass
from typing import Literal

from assetctl.errors import WireError

ByteOrder = Literal["big", "little"]

_FILL = b"\0\xff \t\r\n"  # what stands behind a text that is shorter than its field


class Reader:
    """Reads named fields from one received unit and never past its end.

    Raises WireError with the field's name when the unit is too short. Offsets in messages count from the unit's start.
    """

    __slots__ = ("_data", "_end", "_pos")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._pos = 0
        self._end = len(data)

    @property
    def position(self) -> int:
        return self._pos

    def left(self) -> int:
        return self._end - self._pos

    def take(self, count: int, field: str) -> bytes:
        """The next `count` bytes."""
        end = self._pos + count
        if count < 0 or end > self._end:
            raise WireError(f"{field}: {count} bytes expected at offset {self._pos}, {self.left()} left")
        data = self._data[self._pos : end]
        self._pos = end
        return data

    def rest(self) -> bytes:
        return self.take(self.left(), "rest")

    def u8(self, field: str) -> int:
        at = self._pos
        if at >= self._end:
            return self.take(1, field)[0]
        self._pos = at + 1
        return self._data[at]

    def u16(self, field: str, order: ByteOrder = "big") -> int:
        return int.from_bytes(self.take(2, field), order)

    def u32(self, field: str, order: ByteOrder = "big") -> int:
        return int.from_bytes(self.take(4, field), order)

    def expect(self, wanted: bytes, field: str) -> None:
        """Take bytes that must be exactly these."""
        if self._data.startswith(wanted, self._pos):
            self._pos += len(wanted)
            return
        got = self.take(len(wanted), field)
        if got != wanted:
            raise WireError(f"{field}: expected {wanted.hex()}, found {got.hex()}")

    def text(self, count: int, field: str) -> str:
        """Text of a stated length, read as UTF-8 or else Latin-1, without the padding (NUL, blank) at its end."""
        return decode_text(self.take(count, field))

    def part(self, count: int, field: str) -> "Reader":
        """A reader over the next `count` bytes alone."""
        return Reader(self.take(count, field))

    def end(self, what: str) -> None:
        """Nothing may follow."""
        if self.left():
            raise WireError(f"{what}: {self.left()} bytes too many at offset {self._pos}")


def decode_text(raw: bytes) -> str:
    """Device text as a string: UTF-8 where it is valid or was cut inside its last character, else Latin-1.

    What is no text is left out: NUL and white space at both ends, 0xFF at the end (memory that nobody wrote), and
    what stands behind a NUL that ends a text of more than one byte, or behind two.
    """
    text = raw.rstrip(_FILL).lstrip(b"\0")
    whole, _, rest = text.partition(b"\0")
    ends = len(whole) > 1 or rest.startswith(b"\0")
    return _characters(whole if ends else text).strip().removeprefix("\ufeff")


def _characters(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        was_cut = error.reason == "unexpected end of data" and not before.isascii()
        return before.decode("utf-8") if was_cut else raw.decode("latin-1")


@dataclass(frozen=True, slots=True)
class Length:
    """A stream cut by a length field in its header.

    header: bytes that must be there to know the length. width: 2 or 4 bytes at `offset`.
    plus: added to the field to get the whole unit's size. most: largest unit the protocol allows.
    block, check: where every `block` bytes behind the header carry `check` bytes more that the field does not count.
    """

    header: int
    offset: int
    width: Literal[1, 2, 4]
    plus: int
    most: int
    order: ByteOrder = "big"
    block: int = 0
    check: int = 0


@dataclass(frozen=True, slots=True)
class Delimiter:
    """A stream cut after a mark, such as a line end."""

    mark: bytes
    most: int


@dataclass(frozen=True, slots=True)
class UntilClose:
    """Everything until the peer closes, or until `most` bytes."""

    most: int


@dataclass(frozen=True, slots=True)
class Datagram:
    """Every datagram is one unit."""

    most: int = 65535


Framing = Length | Delimiter | UntilClose | Datagram

_WIDTH = {1: "B", 2: "H", 4: "I"}


def cut(framing: Framing, buffer: bytes, *, closed: bool = False) -> tuple[bytes, bytes] | None:
    """The first whole unit of a stream and what follows it, or None while more bytes are needed.

    closed: the peer has ended the stream. Raises WireError when the unit can never be whole: its length is
    below its header, above the protocol's largest unit, or the stream ended inside it.
    """
    match framing:
        case Length():
            size = _stated_size(framing, buffer)
        case Delimiter():
            size = _marked_size(framing, buffer)
        case UntilClose():
            size = len(buffer) if closed or len(buffer) >= framing.most else None
            if size is not None:
                return (buffer[: framing.most], b"") if buffer else None
        case Datagram():
            return (buffer, b"") if buffer else None
    if size is not None and len(buffer) >= size:
        return buffer[:size], buffer[size:]
    if closed and buffer:
        raise WireError(f"stream ended inside a unit: {len(buffer)} bytes of {size or 'an unknown number'}")
    return None


def _stated_size(framing: Length, buffer: bytes) -> int | None:
    if len(buffer) < framing.header:
        return None
    prefix = ">" if framing.order == "big" else "<"
    (stated,) = struct.unpack_from(prefix + _WIDTH[framing.width], buffer, framing.offset)
    size = int(stated) + framing.plus
    if framing.block:
        size += framing.check * -(-(size - framing.header) // framing.block)
    if size < framing.header or size > framing.most:
        raise WireError(f"unit length: {framing.header} to {framing.most} bytes expected, {size} stated")
    return size


def _marked_size(framing: Delimiter, buffer: bytes) -> int | None:
    at = buffer.find(framing.mark)
    if at >= 0:
        return at + len(framing.mark)
    if len(buffer) > framing.most:
        raise WireError(f"delimiter: none within {framing.most} bytes")
    return None
