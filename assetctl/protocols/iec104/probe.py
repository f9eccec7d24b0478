"""The IEC 60870-5-104 conversation: one test frame, and nothing that touches the data transfer.

A station sends data, and numbers it, only to the connection that last sent STARTDT, so that is never sent. TESTFR con
proves that 104 is spoken. Some stations speak before they are asked (a test frame of their own, data of a badly kept
connection): such frames are read for the common address and never answered. TESTFR act coming back proves nothing, as
whatever echoes its input sends it too.
"""

from collections.abc import Generator
from dataclasses import dataclass, field

from assetctl.errors import WireError
from assetctl.model import Claim, Outcome, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols.iec104 import codec
from assetctl.talk import Ask, Open, Reply, Talk

MOST_UNASKED = 8  # frames that may come before the confirmation


@dataclass(slots=True)
class _Heard:
    confirmed: bool = False
    common_addresses: set[int] = field(default_factory=set)


def probe(context: Context) -> Talk:
    """Whether the station speaks 104, and the common addresses it sends unasked."""
    reply = yield Open(Transport.TCP, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    heard = _Heard()
    yield from _listen(heard, context.answer_s)
    return _claims(heard, context.port)


def _listen(heard: _Heard, wait_s: float) -> Generator[Ask, Reply, None]:
    reply = yield Ask(codec.encode_test(), codec.FRAMING, wait_s=wait_s)
    for _ in range(MOST_UNASKED):
        if reply.outcome is not Outcome.ANSWERED or not _is_read(heard, reply.frames[0]) or heard.confirmed:
            return
        reply = yield Ask(b"", codec.FRAMING, wait_s=wait_s)


def _is_read(heard: _Heard, raw: bytes) -> bool:
    """Take in one frame; False when it is none, which ends the talk."""
    try:
        frame = codec.decode(raw)
    except WireError:
        return False
    if isinstance(frame, codec.Information) and frame.common_address is not None:
        heard.common_addresses.add(frame.common_address)
    heard.confirmed = isinstance(frame, codec.Unnumbered) and frame.function == codec.TESTFR_CON
    return True


def _claims(heard: _Heard, port: int) -> tuple[Claim, ...]:
    if not heard.confirmed and not heard.common_addresses:
        return ()
    service = SubjectKind.SERVICE, f"tcp/{port}"
    claims = (Claim("service_name", "iec104", *service), Claim("service_source", "probed", *service))
    if not heard.common_addresses:
        return claims
    return (*claims, Claim("iec104_common_addresses", tuple(map(str, sorted(heard.common_addresses)))))
