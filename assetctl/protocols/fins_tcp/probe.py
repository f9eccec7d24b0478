"""The FINS conversation over TCP: a node address for this connection, then the questions of fins.

The unit gives us one of its automatic node addresses, so no node of the plant can be taken for ours, and it frees it
when the connection ends. It keeps few of them: refused is an answer.
"""

from collections.abc import Generator
from functools import partial

from assetctl.errors import WireError
from assetctl.model import Outcome, Transport
from assetctl.protocol import Context
from assetctl.protocols.fins import codec as fins
from assetctl.protocols.fins.probe import Heard, claims, identify
from assetctl.protocols.fins_tcp import codec
from assetctl.talk import Ask, Open, Reply, Talk


def probe(context: Context) -> Talk:
    """Identify the controller; with the depth "fins.status" also its operating state."""
    reply = yield Open(Transport.TCP, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    heard = Heard()
    unit = yield from _ask(heard, codec.encode_nodes(), context.answer_s)
    nodes = _nodes(heard, unit)
    if nodes:
        heard.node = nodes.server
        query = partial(_query, heard, context.answer_s)
        yield from identify(heard, query, context, source=nodes.client, destination=nodes.server)
    return claims(heard, f"tcp/{context.port}")


def _nodes(heard: Heard, unit: bytes | None) -> codec.Nodes | None:
    if unit is None:
        return None
    try:
        answer = codec.decode_nodes(unit)
    except WireError:
        return None
    heard.spoke = True
    return answer if isinstance(answer, codec.Nodes) else None


def _query(heard: Heard, wait_s: float, question: bytes) -> Generator[Ask, Reply, bytes | None]:
    """The frame that answers; an error of the stream ends the talk."""
    unit = yield from _ask(heard, codec.encode_frame(question), wait_s)
    try:
        frame = codec.decode_frame(unit) if unit else None
    except WireError:
        frame = None
    if isinstance(frame, bytes) and fins.is_answer(frame, sid=question[9]):
        return frame
    heard.ended = True
    return None


def _ask(heard: Heard, unit: bytes, wait_s: float) -> Generator[Ask, Reply, bytes | None]:
    reply = yield Ask(unit, codec.FRAMING, wait_s=wait_s)
    if reply.outcome is Outcome.ANSWERED:
        return reply.frames[0]
    heard.ended = True
    return None
