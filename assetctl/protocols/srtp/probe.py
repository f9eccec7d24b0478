"""The SRTP conversation: begin a connection, ask for the type, end the connection.

The name of a CPU is claimed only where its type stands for one; some types stand for several.
"""

from collections.abc import Callable, Generator

from assetctl.errors import WireError
from assetctl.model import Claim, Outcome, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols.srtp import codec, names
from assetctl.talk import Ask, Open, Reply, Talk


def probe(context: Context) -> Talk:
    """Identify one controller."""
    reply = yield Open(Transport.TCP, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    begun = yield from _asked(context, codec.encode_begin(), codec.is_begun)
    if not begun or not codec.is_begun(begun):
        return ()
    service = SubjectKind.SERVICE, f"tcp/{context.port}"
    spoken = Claim("service_name", "srtp", *service), Claim("service_source", "probed", *service)
    unit = yield from _asked(context, codec.encode_controller_type(), codec.is_reply)
    return (*spoken, *_claims(unit))


def _asked(context: Context, question: bytes, accepts: Callable[[bytes], bool]) -> Generator[Ask, Reply, bytes]:
    """The message that the question brought, b"" for none."""
    reply = yield Ask(question, codec.FRAMING, wait_s=context.answer_s, accepts=accepts)
    return reply.frames[0] if reply.outcome is Outcome.ANSWERED else b""


def _claims(unit: bytes) -> tuple[Claim, ...]:
    try:
        found = codec.decode_controller_type(unit)
    except WireError:
        return ()
    told = Claim("srtp_controller_type", f"{found.major:02X}{found.minor:02X}")
    model = names.model(found.major, found.minor)
    return (told, Claim("model", model)) if model else (told,)
