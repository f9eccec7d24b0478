"""Questions and answers of the known protocols, drawn together for each server and port.

Of each talk only exchanges about identity are kept, each once, up to the bound of its ear. A question waits for its
answer among the last few of its client. A question to everybody is answered by many.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from assetctl.errors import WireError
from assetctl.exchange.capture.conversation import Conversation, Heard, Place
from assetctl.exchange.capture.ears import Ear, Mode, ears
from assetctl.exchange.capture.packets import Segment
from assetctl.exchange.capture.streams import Ends, Piece, Stream, Streams
from assetctl.model import IPAddress, Transport
from assetctl.wire import cut

MOST_TALKS = 20_000
MOST_WAITING = 32  # questions of one client to one port that have no answer yet
MOST_CLIENTS = 20_000
MOST_STREAM = 1024 * 1024  # of one direction that is read for identity; behind it the stream is left
MOST_WORDS = 16 * 1024  # of a server's first words
MOST_TURN = 80 * 1024
MOST_UNIT = 64 * 1024
MOST_PARTS = 16  # units of one answer

_End = tuple[IPAddress, int]


@dataclass(slots=True, eq=False)
class _Waiting:
    """A question whose answer has not come whole, or which others may answer too. to_all: it went to more than one."""

    unit: bytes
    number: int
    target: IPAddress
    to_all: bool
    is_wanted: bool
    parts: list[bytes] = field(default_factory=list)


@dataclass(slots=True)
class _Line:
    """One ear on one stream: bytes of both directions that are no whole unit yet, and open questions."""

    ear: Ear
    buffers: list[bytes] = field(default_factory=lambda: [b"", b""])
    taken: list[int] = field(default_factory=lambda: [0, 0])
    waiting: list[tuple[bytes, int, bool]] = field(default_factory=list)
    open_answer: list[bytes] = field(default_factory=list)
    asked: bytes = b""
    first: int = 0
    question: int = 0
    at: datetime | None = None
    is_over: bool = False


@dataclass(slots=True)
class Talks:
    """All conversations of a capture. left_out: what was not read, by noun and reason. spoken: the first packet of an
    answer that shows no more than that the protocol is spoken there.
    """

    conversations: dict[Place, Conversation] = field(default_factory=dict)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)
    streams: Streams = field(default_factory=Streams)
    spoken: dict[Place, tuple[int, datetime]] = field(default_factory=dict)
    _lines: dict[Ends, tuple[_Line, ...]] = field(default_factory=dict)
    _asked: OrderedDict[tuple[IPAddress, int, int, str, str], list[_Waiting]] = field(default_factory=OrderedDict)

    def datagram(self, source: IPAddress, target: IPAddress, one: Segment, number: int, at: datetime) -> None:
        """Take in one UDP datagram that was captured whole."""
        by_port = ears()
        to_server = by_port.get(("udp", one.target_port), ())
        from_server = by_port.get(("udp", one.source_port), ())
        for ear in dict.fromkeys((*to_server, *from_server)):
            said, unit, label = source, one.data, ""
            if ear.origin and (passed_on := ear.origin(unit)):
                said, unit = passed_on
            if ear.opened:
                inside = ear.opened(unit)
                if inside is None:
                    self.left_out[f"{ear.protocol.name} datagram", "not read"] += 1
                    continue
                unit, label = inside
            told = ear.is_answer(unit)
            if ear in from_server and (told or ear not in to_server):
                self._answer(ear, label, (said, one.source_port), (target, one.target_port), unit, number, at)
            elif told and ear.alone(unit):
                place = said, one.target_port, Transport.UDP, ear.protocol.name, label
                self._keep(place, ear, Heard(b"", (unit,), 0, number, at))
            elif ear in to_server:
                self._question(ear, label, (source, one.source_port), (target, one.target_port), unit, number)

    def _question(self, ear: Ear, label: str, client: _End, server: _End, unit: bytes, number: int) -> None:
        key = (*client, server[1], ear.protocol.name, label)
        waiting = self._asked.setdefault(key, [])
        self._asked.move_to_end(key)
        if len(self._asked) > MOST_CLIENTS:
            self._asked.popitem(last=False)
        waiting.append(_Waiting(unit, number, server[0], _is_group(server[0]), ear.wants(unit)))
        del waiting[:-MOST_WAITING]

    def _answer(self, ear: Ear, label: str, server: _End, client: _End, unit: bytes, number: int, at: datetime) -> None:
        ip, port, name = *server, ear.protocol.name
        for of in dict.fromkeys((label, "")):  # whoever asked the address itself means the device that answers there
            waiting = self._asked.get((*client, port, name, of), [])
            asked = _question_of(ear, waiting, ip, unit)
            if asked is None:
                continue
            received = (unit,) if asked.to_all else (*asked.parts, unit)
            if not asked.to_all and ear.continues(unit) and len(received) < MOST_PARTS:
                asked.parts.append(unit)
                return
            if not asked.to_all:
                waiting.remove(asked)
            if asked.is_wanted:
                place = ip, port, Transport.UDP, name, of
                self._keep(place, ear, Heard(asked.unit, received, asked.number, number, at))
            elif ear.spoken and len(self.spoken) < MOST_TALKS:
                self.spoken.setdefault((ip, port, Transport.UDP, name, of), (number, at))
            return
        if ear.alone(unit):
            self._keep((ip, port, Transport.UDP, name, label), ear, Heard(b"", (unit,), 0, number, at))

    def segment(self, ends: Ends, one: Segment, *, from_server: bool, number: int, at: datetime) -> None:
        """Take in one TCP segment to or from a port of a known protocol."""
        stream, ended = self.streams.of(ends, one, from_server=from_server)
        if ended is not None:
            self._end(ended)
        lines = self._lines.get(ends)
        if lines is None:
            lines = self._lines[ends] = tuple(_Line(ear) for ear in ears()["tcp", ends[3]])
        for piece in stream.take(one, from_server=from_server, number=number, at=at):
            for line in lines:
                if not line.is_over and (stream.begun or line.ear.mode is not Mode.UNASKED):
                    self._hear(line, ends, piece)
        if stream.is_over:
            self._flush(ends)

    def finish(self) -> Iterator[tuple[Place, Conversation]]:
        """End every stream, and yield the conversations that hold something, in a fixed order."""
        for stream in self.streams.end_all():
            self._end(stream)
        if self.streams.lost:
            self.left_out["TCP stream", "with a gap, read up to it"] += self.streams.lost
        if self.streams.crowded_out:
            self.left_out["TCP stream", "that made room for others"] += self.streams.crowded_out

        def order(item: tuple[Place, Conversation]) -> tuple[object, ...]:
            ip, *rest = item[0]
            return (ip.version, int(ip), *map(str, rest))

        yield from sorted(((place, one) for place, one in self.conversations.items() if one.heard), key=order)

    def _end(self, stream: Stream) -> None:
        self._flush(stream.ends)
        self._lines.pop(stream.ends, None)

    def _flush(self, ends: Ends) -> None:
        """Keep what a stream's end makes whole."""
        for line in self._lines.get(ends, ()):
            if line.ear.mode is not Mode.UNITS and not line.is_over:
                self._keep_words(line, ends)
                line.is_over = line.ear.mode is not Mode.TURNS

    def _hear(self, line: _Line, ends: Ends, piece: Piece) -> None:
        line.taken[piece.from_server] += len(piece.data)
        if line.taken[piece.from_server] > MOST_STREAM:
            line.is_over = True
            return
        match line.ear.mode:
            case Mode.UNITS:
                self._units(line, ends, piece)
            case Mode.TURNS:
                self._turns(line, ends, piece)
            case Mode.UNASKED | Mode.FIRST:
                self._words(line, ends, piece)

    def _units(self, line: _Line, ends: Ends, piece: Piece) -> None:
        buffer = line.buffers[piece.from_server] + piece.data
        try:
            while (found := cut(line.ear.protocol.framing, buffer)) is not None:
                self._unit(line, ends, piece, found[0])
                buffer = found[1]
        except WireError:
            line.is_over = True
        line.buffers[piece.from_server] = buffer
        line.is_over |= len(buffer) > MOST_UNIT

    def _unit(self, line: _Line, ends: Ends, piece: Piece, unit: bytes) -> None:
        ear = line.ear
        if not piece.from_server:
            line.waiting.append((unit, piece.number, ear.wants(unit)))
            del line.waiting[:-MOST_WAITING]
            line.open_answer = []
            return
        if line.open_answer:
            line.open_answer.append(unit)
        else:
            fits = [at for at, (asked, *_) in enumerate(line.waiting) if _belongs(ear, asked, unit)]
            index = min(fits, key=lambda at: ear.is_farther(line.waiting[at][0], unit), default=None)
            if index is None:
                if ear.alone(unit):
                    self._keep(_place(ear, ends), ear, Heard(b"", (unit,), 0, piece.number, piece.at))
                return
            asked, number, is_wanted = line.waiting.pop(index)
            if not is_wanted:
                if ear.spoken and len(self.spoken) < MOST_TALKS:
                    self.spoken.setdefault(_place(ear, ends), (piece.number, piece.at))
                return
            line.asked, line.question, line.first, line.open_answer = asked, number, piece.number, [unit]
        if ear.continues(unit) and len(line.open_answer) < MOST_PARTS:
            return
        received, line.open_answer = tuple(line.open_answer), []
        self._keep(_place(ear, ends), ear, Heard(line.asked, received, line.question, line.first, piece.at))

    def _turns(self, line: _Line, ends: Ends, piece: Piece) -> None:
        if not piece.from_server and line.buffers[True]:
            self._keep_words(line, ends)
        if not piece.from_server and not line.buffers[False]:
            line.question = piece.number
        if piece.from_server and not line.buffers[True]:
            line.first = piece.number
        line.at = piece.at if piece.from_server else line.at
        line.buffers[piece.from_server] = (line.buffers[piece.from_server] + piece.data)[:MOST_TURN]

    def _words(self, line: _Line, ends: Ends, piece: Piece) -> None:
        if not piece.from_server:
            if line.ear.mode is Mode.UNASKED:
                self._keep_words(line, ends)
                line.is_over = True
            return
        line.first = line.first or piece.number
        line.at = piece.at
        line.buffers[True] = (line.buffers[True] + piece.data)[:MOST_WORDS]
        if len(line.buffers[True]) >= MOST_WORDS:
            self._keep_words(line, ends)
            line.is_over = True

    def _keep_words(self, line: _Line, ends: Ends) -> None:
        sent, said = (bytes(line.buffers[False]), bytes(line.buffers[True]))
        line.buffers[False], line.buffers[True] = b"", b""
        if not said or line.at is None:
            return
        if line.ear.mode is Mode.TURNS:
            if not line.ear.wants(sent):
                return
            self._keep(_place(line.ear, ends), line.ear, Heard(sent, (said,), line.question, line.first, line.at))
        else:
            self._keep(_place(line.ear, ends), line.ear, Heard(b"", (said,), 0, line.first, line.at))

    def _keep(self, place: Place, ear: Ear, heard: Heard) -> None:
        found = self.conversations.get(place)
        if found is None:
            if len(self.conversations) >= MOST_TALKS:
                self.left_out["talk", f"beyond the first {MOST_TALKS}"] += 1
                return
            found = self.conversations[place] = Conversation(ear)
        sent, received = ear.kept(heard.sent, heard.received)
        if received:
            found.keep(sent, received, heard.question, heard.answer, heard.at)


def _place(ear: Ear, ends: Ends) -> Place:
    return ends[2], ends[3], Transport.TCP, ear.protocol.name, ""


def _question_of(ear: Ear, waiting: list[_Waiting], server: IPAddress, unit: bytes) -> _Waiting | None:
    """The last question that a unit answers."""
    for asked in reversed(waiting):
        if (asked.to_all or asked.target == server) and _belongs(ear, asked.unit, unit):
            return asked
    return None


def _belongs(ear: Ear, question: bytes, answer: bytes) -> bool:
    try:
        return ear.belongs(question, answer)
    except (WireError, IndexError):
        return False


def _is_group(ip: IPAddress) -> bool:
    """Whether an address may be more than one station's. A broadcast within a network cannot be told from its look."""
    return ip.is_multicast or str(ip) == "255.255.255.255" or (ip.version == 4 and int(ip) & 0xFF == 0xFF)
