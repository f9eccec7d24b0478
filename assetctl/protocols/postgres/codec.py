"""The question whether a PostgreSQL server speaks TLS: bytes to values and back, nothing else.

Source: PostgreSQL documentation, "Message Flow: SSL Session Encryption" and "Message Formats: SSLRequest".
"""

from assetctl.errors import WireError
from assetctl.wire import Datagram, Reader

AS_IT_COMES = Datagram(most=1024)  # one byte; or from a server of before 2001, an error in words

_ACCEPTS, _DECLINES, _ERROR = b"S", b"N", b"E"


def encode() -> bytes:
    """SSLRequest: eight bytes, the code 80877103."""
    return (8).to_bytes(4) + (80877103).to_bytes(4)


def decode(heard: bytes) -> bool | None:
    """Whether the server accepts TLS; None for a server that does not know the question.

    Raises WireError when the answer is none of the three.
    """
    if heard in (_ACCEPTS, _DECLINES):
        return heard == _ACCEPTS
    r = Reader(heard)
    r.expect(_ERROR, "answer to SSLRequest")
    if r.u32("length") != r.left() + 4:
        raise WireError("length of the error: does not match what came")
    r.expect(b"S", "first field of the error")
    return None
