"""IP packets put together again from their fragments, within bounds.

A packet whose pieces overlap with different bytes is dropped, and so is one of which a piece is missing or was cut.
Sources: RFC 791, 3.2; RFC 8200, 4.5; RFC 5722 (overlaps).
"""

from collections import OrderedDict
from dataclasses import dataclass, field, replace

from assetctl.exchange.capture.packets import Inside
from assetctl.model import IPAddress

MOST_PACKETS = 1024  # that wait for a piece
MOST_PIECES = 64
MOST_BYTES = 65_535

_Key = tuple[IPAddress, IPAddress, int, int]


@dataclass(slots=True)
class _Pieces:
    """Pieces by their offset. whole: bytes of all, None until the last piece is there."""

    by_offset: dict[int, bytes] = field(default_factory=dict)
    whole: int | None = None

    def joined(self) -> bytes | None:
        """All of it; None while a piece is missing. Raises ValueError where pieces contradict each other."""
        if self.whole is None:
            return None
        data = b""
        for offset, piece in sorted(self.by_offset.items()):
            if offset > len(data):
                return None
            if data[offset : offset + len(piece)] != piece[: len(data) - offset]:
                raise ValueError("overlap")
            data += piece[len(data) - offset :]
        if len(data) > self.whole:
            raise ValueError("beyond the end")
        return data if len(data) == self.whole else None


@dataclass(slots=True)
class Fragments:
    """The packets of which pieces wait. lost: those that never became whole."""

    lost: int = 0
    _waiting: OrderedDict[_Key, _Pieces] = field(default_factory=OrderedDict)

    def take(self, piece: Inside) -> Inside | None:
        """The packet that a piece makes whole."""
        key = piece.source, piece.target, piece.protocol, piece.identification
        found = self._waiting.setdefault(key, _Pieces())
        end = piece.offset + len(piece.payload)
        if piece.missing or end > MOST_BYTES or len(found.by_offset) >= MOST_PIECES:
            self._dropped(key)
            return None
        if found.by_offset.get(piece.offset, piece.payload) != piece.payload:
            self._dropped(key)
            return None
        found.by_offset[piece.offset] = piece.payload
        found.whole = found.whole if piece.has_more else end
        try:
            data = found.joined()
        except ValueError:
            self._dropped(key)
            return None
        if data is None:
            self._make_room()
            return None
        del self._waiting[key]
        return replace(piece, payload=data, missing=0, is_fragment=False, has_head=True)

    def finish(self) -> int:
        """How many packets never became whole."""
        return self.lost + len(self._waiting)

    def _dropped(self, key: _Key) -> None:
        del self._waiting[key]
        self.lost += 1

    def _make_room(self) -> None:
        while len(self._waiting) > MOST_PACKETS:
            self._waiting.popitem(last=False)
            self.lost += 1
