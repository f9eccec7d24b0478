"""HTTP in the clear, heard: the first page, whoever opened it.

Only what a server said to a GET without a query is kept, of the question the first line alone: neither cookies nor
passwords that a browser sent are stored.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.model import Exchange, Transport
from assetctl.protocols.http import codec
from assetctl.talk import Ask, Open
from assetctl.wire import Delimiter, UntilClose, cut

_LINE = re.compile(rb"GET (/[!-~]{0,256}) HTTP/1\.[01]\r\n")
_SECRETS = re.compile(rb"\r\n(?:set-cookie|authorization)[^\r\n]*", re.IGNORECASE)


def wants(question: bytes) -> bool:
    """Whether it asks for a page."""
    found = _LINE.match(question)
    return found is not None and b"?" not in found[1]


def key(question: bytes, answers: Sequence[bytes]) -> bytes:
    """The path."""
    del answers
    found = _LINE.match(question)
    return found[1] if found else b""


def kept(question: bytes, answers: tuple[bytes, ...]) -> tuple[bytes, tuple[bytes, ...]]:
    """What is stored of an exchange: the question's first line and the answer without cookies."""
    found = _LINE.match(question)
    head, mark, body = b"".join(answers)[: codec.MOST_PAGE].partition(b"\r\n\r\n")
    return found[0] + b"\r\n" if found else b"", (_SECRETS.sub(b"", head) + mark + body,)


@dataclass(slots=True)
class Answers:
    """The pages by path; after a head, its body."""

    exchanges: Sequence[Exchange]
    transport: Transport
    _body: bytes = b""

    def opened(self, step: Open) -> bool:
        self._body = b""
        return step.transport is self.transport

    def said(self, ask: Ask) -> tuple[bytes, ...]:
        if isinstance(ask.framing, UntilClose):
            body, self._body = self._body, b""
            return (body[: ask.framing.most],) if body else ()
        path = key(ask.payload, ())
        found = next((one for one in self.exchanges if path and key(one.sent, ()) == path), None)
        if found is None or not isinstance(ask.framing, Delimiter):
            return ()
        try:
            parts = cut(ask.framing, b"".join(found.received))
            is_packed = parts is not None and "content-encoding" in codec.decode_head(parts[0]).fields
        except WireError:
            return ()
        if parts is None:
            return ()
        self._body = b"" if is_packed else parts[1]
        return (parts[0],)
