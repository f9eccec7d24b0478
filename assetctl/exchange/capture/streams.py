"""TCP streams put together again, for the ports of known protocols: in order, without gaps, within bounds.

A segment that comes early waits for the one before it. Where that never comes, because it was not captured or was cut,
the direction ends there: what was heard until then stands, and nothing is guessed about the rest. The first captured
byte of data begins a direction where its SYN was not seen.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from assetctl.exchange.capture.packets import FIN, RST, SYN, Segment
from assetctl.model import IPAddress

MOST_STREAMS = 10_000  # kept open at a time; the one that was silent longest makes room
MOST_WAITING = 64  # segments of one direction
MOST_WAITING_BYTES = 256 * 1024
_RING = 1 << 32
_HALF = 1 << 31

Ends = tuple[IPAddress, int, IPAddress, int]
"""Client, its port, server, its port."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Data of one direction that is next in order. number, at: of the packet that brought it."""

    from_server: bool
    data: bytes
    number: int
    at: datetime


@dataclass(slots=True)
class _Direction:
    """expected: sequence number of the next byte, None before any was seen. waiting: what came early."""

    expected: int | None = None
    waiting: dict[int, tuple[bytes, int, datetime]] = field(default_factory=dict)
    waiting_bytes: int = 0
    is_over: bool = False


@dataclass(slots=True)
class Stream:
    """One connection. begun: its SYN or SYN ACK was seen. lost: a direction ended at a gap."""

    ends: Ends
    begun: bool = False
    lost: bool = False
    is_over: bool = False
    _directions: tuple[_Direction, _Direction] = field(default_factory=lambda: (_Direction(), _Direction()))

    def take(self, segment: Segment, *, from_server: bool, number: int, at: datetime) -> Iterator[Piece]:
        """What a segment brings in order, with what had waited for it."""
        one = self._directions[from_server]
        start = segment.sequence
        if segment.flags & SYN:
            self.begun = True
            start = (start + 1) % _RING
            one.expected = start if one.expected is None else one.expected
        if segment.flags & RST:
            self.is_over = True
        if one.is_over or not (segment.data or segment.missing or segment.flags & FIN):
            return
        if one.expected is None:
            one.expected = start
        if segment.data or segment.missing:
            self._wait(one, start, segment, number, at)
        yield from self._ready(one, from_server)
        if segment.flags & FIN and not one.waiting:
            one.is_over = True
            self.is_over = all(each.is_over for each in self._directions)

    def _wait(self, one: _Direction, start: int, segment: Segment, number: int, at: datetime) -> None:
        if one.expected is None or _behind(start + len(segment.data) + segment.missing, one.expected):
            return  # all of it is known already
        if start not in one.waiting or len(one.waiting[start][0]) < len(segment.data):
            one.waiting_bytes += len(segment.data) - len(one.waiting.get(start, (b"",))[0])
            one.waiting[start] = segment.data, number, at
        if len(one.waiting) > MOST_WAITING or one.waiting_bytes > MOST_WAITING_BYTES:
            one.is_over = self.lost = True
            one.waiting.clear()

    def _ready(self, one: _Direction, from_server: bool) -> Iterator[Piece]:
        while one.waiting and one.expected is not None:
            start = next(
                (at for at in one.waiting if not (at - one.expected) % _RING or _behind(at, one.expected)), None
            )
            if start is None:
                return
            data, number, at = one.waiting.pop(start)
            one.waiting_bytes -= len(data)
            fresh = data[(one.expected - start) % _RING :]
            if fresh:
                one.expected = (one.expected + len(fresh)) % _RING
                yield Piece(from_server, fresh, number, at)


def _behind(at: int, expected: int) -> bool:
    """Whether a sequence number lies at or before the one expected, on the ring."""
    return (expected - at) % _RING < _HALF


@dataclass(slots=True)
class Streams:
    """The open connections. lost: directions that ended at a gap. crowded_out: streams that had to make room."""

    lost: int = 0
    crowded_out: int = 0
    _open: OrderedDict[Ends, Stream] = field(default_factory=OrderedDict)

    def of(self, ends: Ends, segment: Segment, *, from_server: bool) -> tuple[Stream, Stream | None]:
        """The stream of a segment, and one that ends with it because its ports are used anew or room is needed."""
        found, ended = self._open.get(ends), None
        is_anew = bool(segment.flags & SYN) and not from_server
        if found is not None and is_anew and found.begun and found.is_over:
            ended, found = self.end(ends), None
        if found is None:
            if len(self._open) >= MOST_STREAMS:
                ended = self.end(next(iter(self._open)))
                self.crowded_out += 1
            found = self._open[ends] = Stream(ends)
        self._open.move_to_end(ends)
        return found, ended

    def end(self, ends: Ends) -> Stream:
        """Forget a stream."""
        found = self._open.pop(ends)
        self.lost += found.lost
        return found

    def end_all(self) -> Iterator[Stream]:
        """Every stream that is still open."""
        for ends in list(self._open):
            yield self.end(ends)
