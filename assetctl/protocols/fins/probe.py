"""The FINS conversation over UDP: what controller are you?

Some units take the source node of a request and remember at which IP address it is; so the node is one that the scope
declares free, and without such a node nothing is asked.
"""

import re
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from assetctl.errors import WireError
from assetctl.model import Claim, Outcome, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols.fins import codec
from assetctl.talk import Ask, Open, Reply, Talk
from assetctl.wire import Datagram

DEPTH = "fins.status"
PARAMETERS = {
    "source_node": "FINS node address, 1 to 254, that no unit of the network has; without it FINS is not asked over UDP"
}

_OMRON = re.compile(r"(CS1|CJ[12]|CP[12]|NJ\d|NX\d|NY\d|NSJ|FQM1|C200H|C[12]000H|CQM1|CVM?\d)")  # W342, W227: models
_T = TypeVar("_T")


@dataclass(slots=True)
class Heard:
    """What the controller said so far."""

    spoke: bool = False
    node: int = 0
    data: codec.ControllerData | None = None
    status: codec.ControllerStatus | None = None
    ended: bool = False  # nothing more is to be asked


Query = Callable[[bytes], Generator[Ask, Reply, bytes | None]]
"""Sends a FINS frame and yields the frame that answers it, None when none came."""


def probe(context: Context) -> Talk:
    """Identify the controller; with the depth "fins.status" also its operating state."""
    reply = yield Open(Transport.UDP, context.port)
    source = _node(context.parameters.get("source_node", ""))
    if reply.outcome is not Outcome.ANSWERED or source is None:
        return ()
    heard = Heard()
    query = partial(_query, heard, context.answer_s)
    yield from identify(heard, query, context, source=source, destination=codec.LOCAL)
    return claims(heard, f"udp/{context.port}")


def identify(
    heard: Heard, query: Query, context: Context, *, source: int, destination: int
) -> Generator[Ask, Reply, None]:
    """Ask for the controller's data and, where named and the first was answered, its state."""
    sid = context.seed & 0xFF
    frame = yield from query(codec.encode_data_read(source=source, sid=sid, destination=destination))
    data = _read(heard, frame, partial(codec.decode_data, sid=sid))
    if data is not None:
        heard.spoke = True
        heard.node = heard.node or data.node
    if isinstance(data, codec.ControllerData):
        heard.data = data
    if heard.ended or not heard.spoke or DEPTH not in context.depth:
        return
    sid = sid + 1 & 0xFF
    frame = yield from query(codec.encode_status_read(source=source, sid=sid, destination=destination))
    status = _read(heard, frame, partial(codec.decode_status, sid=sid))
    if isinstance(status, codec.ControllerStatus):
        heard.status = status


def _query(heard: Heard, wait_s: float, question: bytes) -> Generator[Ask, Reply, bytes | None]:
    reply = yield Ask(question, Datagram(), wait_s=wait_s, accepts=partial(codec.is_answer, sid=question[9]))
    if reply.outcome is Outcome.ANSWERED:
        return reply.frames[0]
    heard.ended = True
    return None


def _read(heard: Heard, frame: bytes | None, decode: Callable[[bytes], _T]) -> _T | None:
    if frame is None:
        return None
    try:
        return decode(frame)
    except WireError:
        heard.ended = True
        return None


def _node(text: str) -> int | None:
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else 0
    return number if 1 <= number <= codec.HIGHEST_NODE else None


def maker_of(model: str) -> str:
    """Who makes a model; "" for one that others may have built, since they speak FINS too."""
    return "Omron" if _OMRON.match(model) else ""


def claims(heard: Heard, port: str) -> tuple[Claim, ...]:
    """What was told, as claims. port: such as "udp/9600"."""
    if not heard.spoke:
        return ()
    service = SubjectKind.SERVICE, port
    found = [Claim("service_name", "fins", *service), Claim("service_source", "probed", *service)]
    if 1 <= heard.node <= codec.HIGHEST_NODE:
        found.append(Claim("fins_node", heard.node))
    told = {}
    if heard.data:
        told = {
            "manufacturer": maker_of(heard.data.model),
            "model": heard.data.model,
            "firmware_software_version": heard.data.version,
        }
    if heard.status:
        told |= {"fins_status": heard.status.status, "fins_mode": heard.status.mode}
    return (*found, *(Claim(key, text) for key, text in told.items() if text))
