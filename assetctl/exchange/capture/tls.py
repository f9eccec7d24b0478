"""TLS, heard: of the connections of a server one that shows its certificate goes before one that took up a session.

Source: RFC 5246, 6.2.1 (records), 7.4 (handshake messages).
"""

from collections.abc import Sequence

from assetctl.errors import WireError
from assetctl.exchange.capture.answers import FirstWords
from assetctl.model import Exchange, Transport
from assetctl.wire import Reader

_HANDSHAKE, _CERTIFICATE = 22, 11
_MOST_MESSAGES = 16


def key(_question: bytes, answers: Sequence[bytes]) -> bool:
    """Whether a certificate was shown: of either kind one is kept."""
    return has_certificate(b"".join(answers))


def answers(exchanges: Sequence[Exchange], transport: Transport) -> FirstWords:
    """The words that tell most."""
    return FirstWords(sorted(exchanges, key=lambda one: not has_certificate(b"".join(one.received))), transport)


def has_certificate(words: bytes) -> bool:
    """Whether a server's first words hold its certificate in the clear."""
    r = Reader(_messages(words))
    try:
        for _ in range(_MOST_MESSAGES):
            if r.u8("message type") == _CERTIFICATE:
                return True
            r.take(int.from_bytes(r.take(3, "message length")), "message")
    except WireError:
        pass
    return False


def _messages(words: bytes) -> bytes:
    """What the handshake records hold, up to the first of another kind or that is not whole."""
    r, found = Reader(words), b""
    try:
        while r.left() and r.u8("content type") == _HANDSHAKE:
            r.u16("version")
            found += r.take(r.u16("length"), "fragment")
    except WireError:
        pass
    return found
