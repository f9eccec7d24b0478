"""The conversation with a tank gauge: which software do you run?

Other makers' gauges speak the same protocol, so that it does not tell who made one.
"""

from assetctl.model import Claim, Outcome, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols.veeder_root import codec
from assetctl.talk import Ask, Open, Talk, answer_to


def probe(context: Context) -> Talk:
    """Identify one console."""
    reply = yield Open(Transport.TCP, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    question = Ask(codec.encode_revision(), codec.FRAMING, wait_s=context.answer_s, accepts=codec.is_answer)
    found = yield from answer_to(question, codec.decode)
    if found is None:
        return ()
    service = SubjectKind.SERVICE, f"tcp/{context.port}"
    spoken = Claim("service_name", "veeder-root", *service), Claim("service_source", "probed", *service)
    told = {"firmware_software_version": found.software, "tls_gauge_software_date": found.created}
    return (*spoken, *(Claim(key, text) for key, text in told.items() if text))
