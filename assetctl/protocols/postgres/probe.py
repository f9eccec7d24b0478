"""The PostgreSQL conversation: do you speak TLS? Whatever it answers, no startup message follows."""

from assetctl.errors import WireError
from assetctl.model import Claim, Outcome, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols.postgres import codec
from assetctl.talk import Ask, Open, Talk


def probe(context: Context) -> Talk:
    """Ask whether TLS is spoken."""
    reply = yield Open(Transport.TCP, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    reply = yield Ask(codec.encode(), codec.AS_IT_COMES, wait_s=context.answer_s)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    try:
        has_tls = codec.decode(reply.frames[0])
    except WireError:
        return ()
    service = SubjectKind.SERVICE, f"tcp/{context.port}"
    claims = (Claim("service_name", "postgresql", *service), Claim("service_source", "probed", *service))
    return (*claims, Claim("postgres_tls", has_tls, *service)) if has_tls is not None else claims
