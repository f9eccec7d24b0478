"""The picture of a company: PNG or JPEG, small, and nothing else, whatever the name of the file says."""

import struct
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

from assetctl.errors import InputError

MOST_BYTES = 256 * 1024
MOST_SIDE = 4000  # pixels
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # JPEG segments that tell the size: SOF0 to SOF15
_BARE = frozenset({0x01, *range(0xD0, 0xD8)})  # segments without a length


@dataclass(frozen=True, slots=True)
class Logo:
    """kind: png or jpeg. width, height: pixels, 1 to 4000."""

    kind: str
    data: bytes
    width: int
    height: int

    @property
    def address(self) -> str:
        """The picture as an address that carries its bytes."""
        return f"data:image/{self.kind};base64,{b64encode(self.data).decode()}"

    def fitted(self, width: int, height: int) -> tuple[int, int]:
        """The greatest size of the same shape that fits, never above its own."""
        share = min(1.0, width / self.width, height / self.height)
        return max(1, round(self.width * share)), max(1, round(self.height * share))


def read_logo(path: Path) -> Logo:
    """A picture from a file. Raises InputError when it is missing, too large, or neither PNG nor JPEG."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as fault:
        raise InputError(f"{path}: the logo cannot be read ({fault.strerror}); check [report] logo") from None
    if len(data) > MOST_BYTES:
        raise InputError(f"{path}: a logo of at most {MOST_BYTES // 1024} KiB is expected; make it smaller")
    kind = "png" if data.startswith(_PNG) else "jpeg" if data.startswith(_JPEG) else ""
    if not kind:
        raise InputError(f"{path}: a PNG or JPEG picture is expected; save the logo as one of these")
    size = _png_size(data) if kind == "png" else _jpeg_size(data)
    if size is None or not all(0 < side <= MOST_SIDE for side in size):
        raise InputError(
            f"{path}: a whole picture of at most {MOST_SIDE} by {MOST_SIDE} pixels is expected; save it anew"
        )
    return Logo(kind, data, *size)


def _png_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of the IHDR chunk, which stands first; ISO/IEC 15948, 11.2.2."""
    if data[12:16] != b"IHDR" or len(data) < 24 or b"IEND" not in data[-12:]:
        return None
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of the first frame header; ITU-T T.81, B.2.2."""
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 if marker in _BARE else 1 if marker == 0xFF else 2 + max(2, int.from_bytes(data[at + 2 : at + 4]))
    return None
