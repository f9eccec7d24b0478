"""The conversation with a tank gauge: which software do you run?

Other makers' gauges speak the same protocol, so that it does not tell who made one.
"""

from assetctl.errors import WireError
from assetctl.model import Claim, Outcome, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols.veeder_root import codec
from assetctl.talk import Ask, Open, Talk


def probe(context: Context) -> Talk:
    """Identify one console."""
    reply = yield Open(Transport.TCP, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    reply = yield Ask(codec.encode_revision(), codec.FRAMING, wait_s=context.answer_s, accepts=codec.is_answer)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    try:
        found = codec.decode(reply.frames[0])
    except WireError:
        return ()
    service = SubjectKind.SERVICE, f"tcp/{context.port}"
    spoken = Claim("service_name", "veeder-root", *service), Claim("service_source", "probed", *service)
    told = {"firmware_software_version": found.software, "tls_gauge_software_date": found.created}
    return (*spoken, *(Claim(key, text) for key, text in told.items() if text))
