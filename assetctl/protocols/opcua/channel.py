"""One connection with a secure channel on it: hello, opening, numbered questions, goodbye.

Answers come in chunks, which are listened for one by one, since nobody says in advance how many there are. A server
that refuses a service goes on answering; after silence or anything unreadable only the goodbye follows. The channel's
number is known only once it is open, so that goodbye is a unit of the conversation.
"""

from collections.abc import Generator
from dataclasses import dataclass
from functools import partial

from assetctl.errors import WireError
from assetctl.model import Outcome, Transport
from assetctl.protocol import Context
from assetctl.protocols.opcua import codec
from assetctl.talk import Ask, Open, Reply

_GONE = (Outcome.DENIED, Outcome.ABORTED, Outcome.RESET, Outcome.REFUSED)

Steps = Generator[Open | Ask, Reply, None]


@dataclass(slots=True)
class Channel:
    """What one connection has come to. spoke: OPC UA was answered. ended: no question may follow.

    number: of the last question. is_gone: not even the goodbye can be said.
    """

    port: int
    url: str
    wait_s: float
    opened: codec.Opened | None = None
    number: int = 0
    spoke: bool = False
    ended: bool = True
    is_gone: bool = False

    @classmethod
    def of(cls, context: Context) -> "Channel":
        return cls(context.port, codec.endpoint_url(context.host, context.port), context.answer_s)

    def open(self) -> Steps:
        """Connect, say hello and open the channel."""
        reply = yield Open(Transport.TCP, self.port)
        if reply.outcome is not Outcome.ANSWERED:
            return
        frame = yield from self._frame(codec.encode_hello(url=self.url))
        if not self._is_welcome(frame):
            return
        self.number = 1
        frame = yield from self._frame(codec.encode_open(number=self.number))
        try:
            opened = codec.decode_open(frame, number=self.number) if frame else None
        except WireError:
            return
        if isinstance(opened, codec.Opened):
            self.opened, self.ended = opened, False

    def ask(self, question: partial[bytes]) -> Generator[Ask, Reply, bytes | None]:
        """The whole answer to a question that lacks channel, token and number; None where none came."""
        if self.ended or self.opened is None:
            return None
        self.number += 1
        unit = question(channel=self.opened.channel, token=self.opened.token, number=self.number)
        message = b""
        for _ in range(codec.MOST_CHUNKS):
            chunk = self._chunk((yield from self._frame(unit)))
            if chunk is None:
                return None
            message += chunk.body
            if len(message) > codec.MOST_MESSAGE:
                break
            if chunk.is_final:
                return message
            unit = b""  # the other chunks are only listened for
        self.ended = True
        return None

    def say(self, question: partial[bytes]) -> Steps:
        """Send a unit whose answer nobody waits for, even after the talk has ended, unless the connection is gone."""
        if self.opened is None or self.is_gone:
            return
        self.number += 1
        unit = question(channel=self.opened.channel, token=self.opened.token, number=self.number)
        reply = yield Ask(unit, codec.FRAMING, replies=0, wait_s=0.0)
        self.is_gone = reply.outcome in _GONE

    def close(self) -> Steps:
        """Say goodbye, where there is a channel to take leave of."""
        yield from self.say(partial(codec.encode_close))

    def _frame(self, unit: bytes) -> Generator[Ask, Reply, bytes]:
        """The unit that comes next; b"" and the talk ended where none does."""
        reply = yield Ask(unit, codec.FRAMING, wait_s=self.wait_s)
        if reply.outcome is Outcome.ANSWERED:
            return reply.frames[0]
        self.ended, self.is_gone = True, reply.outcome in _GONE
        return b""

    def _is_welcome(self, frame: bytes) -> bool:
        try:
            refused = codec.decode_acknowledge(frame) if frame else None
        except WireError:
            return False
        self.spoke = bool(frame)
        return self.spoke and refused is None

    def _chunk(self, frame: bytes) -> codec.Chunk | None:
        """The chunk in a unit. An aborted answer ends the question alone, an ERR the connection."""
        if not frame:
            return None
        try:
            chunk = codec.decode_chunk(frame, channel=self.opened.channel if self.opened else 0, number=self.number)
        except WireError:
            self.ended = True
            return None
        if isinstance(chunk, codec.Failed):
            self.ended = self.is_gone = frame.startswith(b"ERR")
            return None
        return chunk
