"""The Crimson conversation: who made you, and what are you? The second only where the first was answered in words."""

from collections.abc import Generator
from functools import partial

from assetctl.model import Claim, Outcome, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols.crimson import codec
from assetctl.talk import Ask, Open, Reply, Talk, answer_to


def probe(context: Context) -> Talk:
    """Identify one device."""
    reply = yield Open(Transport.TCP, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    maker = yield from _asked(context, codec.encode_manufacturer())
    if not maker:
        return ()
    model = yield from _asked(context, codec.encode_model())
    service = SubjectKind.SERVICE, f"tcp/{context.port}"
    claims = (
        Claim("service_name", "crimson", *service),
        Claim("service_source", "probed", *service),
        Claim("manufacturer", maker),
    )
    return (*claims, Claim("model", model)) if model else claims


def _asked(context: Context, question: bytes) -> Generator[Ask, Reply, str]:
    """The text that the question brought; "" where nothing came that can be read."""
    accepts = partial(codec.is_answer, question=question)
    ask = Ask(question, codec.FRAMING, wait_s=context.answer_s, accepts=accepts)
    return (yield from answer_to(ask, partial(codec.decode, question=question))) or ""
