"""The SLMP conversation: which model are you?

One frame in the form that the scope names, 3E where it names none: CPU modules since the Q series understand it, and a
station that waits for another form or for ASCII code stays silent. No second form is tried.
"""

from functools import partial

from assetctl.errors import WireError
from assetctl.model import Claim, Outcome, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols.slmp import codec, names
from assetctl.talk import Ask, Open, Talk
from assetctl.wire import Datagram

PARAMETERS = {"frame": "3E or 4E, the frame that the port is set to; 3E where none is named"}


def probe(context: Context) -> Talk:
    """Ask over UDP."""
    return (yield from converse(context, Transport.UDP))


def converse(context: Context, transport: Transport) -> Talk:
    """One question, one answer."""
    frame = codec.Frame.E4 if context.parameters.get("frame", "").upper() == codec.Frame.E4 else codec.Frame.E3
    serial = context.seed & 0xFFFF if frame is codec.Frame.E4 else 0
    reply = yield Open(transport, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    reply = yield Ask(
        codec.encode(frame=frame, serial=serial),
        Datagram() if transport is Transport.UDP else codec.FRAMING[frame],
        wait_s=context.answer_s,
        accepts=partial(codec.is_answer, frame=frame, serial=serial),
    )
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    try:
        answer = codec.decode(reply.frames[0], frame=frame, serial=serial)
    except WireError:
        return ()
    return _claims(answer, f"{transport}/{context.port}")


def _claims(answer: codec.TypeName | codec.Refused, port: str) -> tuple[Claim, ...]:
    service = SubjectKind.SERVICE, port
    claims = [Claim("service_name", "slmp", *service), Claim("service_source", "probed", *service)]
    if isinstance(answer, codec.Refused):
        return tuple(claims)
    if answer.name:
        claims.append(Claim("model", answer.name))
    if names.is_known(answer.code, answer.name):
        claims.append(Claim("manufacturer", "Mitsubishi Electric"))
    if answer.code:
        claims.append(Claim("slmp_model_code", f"{answer.code:04X}"))
    return tuple(claims)
