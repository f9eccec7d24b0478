"""The CODESYS V3 conversation over TCP: one question, one answer."""

from assetctl.errors import WireError
from assetctl.model import Outcome, Transport
from assetctl.protocol import Context
from assetctl.protocols.codesys_v3 import codec as datagrams
from assetctl.protocols.codesys_v3.probe import claims
from assetctl.protocols.codesys_v3_tcp import codec
from assetctl.talk import Ask, Open, Talk, answer_to


def probe(context: Context) -> Talk:
    """Identify one runtime."""
    reply = yield Open(Transport.TCP, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    question = Ask(codec.encode_resolve(), codec.FRAMING, wait_s=context.answer_s, accepts=_is_answer)
    datagram = yield from answer_to(question, codec.decode_block)
    return claims(datagram, f"tcp/{context.port}") if datagram is not None else ()


def _is_answer(unit: bytes) -> bool:
    try:
        return datagrams.is_answer(codec.decode_block(unit), seed=0)
    except WireError:
        return False
