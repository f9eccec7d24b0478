"""The MMS conversation: connect, associate, ask who the server is, conclude.

IEDs keep few associations, often fewer than ten, so the one that was opened is concluded and released in good order
whatever came of the question, unless the answer could not be read: then the connection is closed and nothing more said.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from assetctl.errors import WireError
from assetctl.model import Claim, Outcome, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols import iso
from assetctl.protocols.mms import codec, layers
from assetctl.talk import UNASKED, Ask, Open, Reply, Talk

DEPTH = "mms.domains"
MOST_PAGES = 4
MOST_SEGMENTS = 16  # TPDUs of one unit: 16 of 1024 octets hold all that the questions bring
MOST_UNASKED = 4  # reports that may come before an answer

# what servers say that were never told who they are: the name of their program stands in place of the device's
_PROGRAMS = {"libiec61850": "libIEC61850", "open61850": "open61850"}


@dataclass(slots=True)
class _Heard:
    """What the server said so far. spoke: "" for nothing, "iso-tsap" once a TPDU came, "mms" once an MMS PDU came."""

    wait_s: float
    spoke: str = ""
    identity: codec.Identity | None = None
    domains: list[str] = field(default_factory=list)
    invoke_id: int = 0
    ended: bool = False  # nothing more is to be said


Step = Generator[Open | Ask, Reply, None]
_T = TypeVar("_T")


def probe(context: Context) -> Talk:
    """Identify the server; with the depth "mms.domains" also the names of its logical devices."""
    heard = _Heard(context.answer_s)
    reply = yield Open(Transport.TCP, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    yield from _connect(heard)
    if heard.spoke == "mms" and not heard.ended:
        yield from _identify(heard)
        if DEPTH in context.depth:
            yield from _list_domains(heard)
        yield from _part(heard)
    return _claims(heard, context.port)


def _connect(heard: _Heard) -> Step:
    """The transport connection, and all that associates in one unit."""
    reply = yield Ask(layers.encode_connect(), layers.FRAMING, wait_s=heard.wait_s)
    if reply.outcome is not Outcome.ANSWERED:
        return
    try:
        refused = layers.decode_connect(reply.frames[0])
        heard.spoke = "iso-tsap"
        if refused:
            return
        spdu = yield from _ask(heard, codec.encode_initiate())
        pdu = layers.decode_associate(spdu) if spdu else None
        if isinstance(pdu, bytes):
            heard.ended = codec.decode_initiate(pdu) is not None
            heard.spoke = "mms"
    except WireError:
        heard.ended = True


def _identify(heard: _Heard) -> Step:
    number = _next(heard)
    read = partial(codec.decode_identity, invoke_id=number)
    heard.identity = yield from _query(heard, codec.encode_identify(invoke_id=number), read)


def _list_domains(heard: _Heard) -> Step:
    """The names of all domains in a few pages. A page that brings nothing new is the last."""
    after = ""
    for _ in range(MOST_PAGES):
        if heard.ended:
            return
        number = _next(heard)
        read = partial(codec.decode_names, invoke_id=number)
        page = yield from _query(heard, codec.encode_domains(invoke_id=number, after=after), read)
        new = [name for name in page.names if name and name not in heard.domains] if page else []
        heard.domains += dict.fromkeys(new)
        if not page or not new or not page.more_follows or not codec.can_follow(new[-1]):
            return
        after = new[-1]


def _forget(heard: _Heard, reply: Reply) -> None:
    """Name no service where we stopped before it could say that it speaks MMS: an earlier talk may know."""
    if reply.outcome in UNASKED and heard.spoke == "iso-tsap":
        heard.spoke = ""


def _part(heard: _Heard) -> Step:
    """Conclude, and once that is confirmed release the association below it."""
    if heard.ended:
        return
    concluded = yield from _query(heard, codec.encode_conclude(), codec.decode_conclude)
    if concluded:
        yield Ask(layers.encode_finish(), layers.FRAMING, replies=0, wait_s=0.0)


def _query(
    heard: _Heard, question: bytes, read: Callable[[bytes], _T | layers.Refused | codec.Other]
) -> Generator[Open | Ask, Reply, _T | None]:
    """What answers the question; None where it was refused, stayed unanswered or cannot be read."""
    spdu = yield from _ask(heard, question)
    for _ in range(MOST_UNASKED):
        if spdu is None:
            return None
        try:
            pdu = layers.decode_data(spdu)
            answer = pdu if isinstance(pdu, layers.Refused) else read(pdu)
        except WireError:
            heard.ended = True
            return None
        if isinstance(answer, layers.Refused):
            heard.ended = answer.layer != "mms"
            return None
        if not isinstance(answer, codec.Other):
            return answer
        spdu = yield from _ask(heard, b"")
    return None


def _ask(heard: _Heard, question: bytes) -> Generator[Open | Ask, Reply, bytes | None]:
    """The session unit that answers, joined from its TPDUs. Anything but an answer or plain silence ends the talk."""
    spdu = b""
    for part in range(MOST_SEGMENTS):
        reply = yield Ask(b"" if part else question, layers.FRAMING, wait_s=heard.wait_s)
        if reply.outcome is Outcome.SILENT and not part:
            return None
        try:
            carried, last = iso.segment(reply.frames[0]) if reply.frames else (b"", None)
        except WireError:
            break
        if last is None:
            _forget(heard, reply)
            break
        spdu += carried
        if last:
            return spdu
    heard.ended = True
    return None


def _next(heard: _Heard) -> int:
    heard.invoke_id += 1
    return heard.invoke_id


def _claims(heard: _Heard, port: int) -> tuple[Claim, ...]:
    if not heard.spoke:
        return ()
    service = SubjectKind.SERVICE, f"tcp/{port}"
    sure = 90 if heard.spoke == "mms" else 50  # the transport alone is shared with S7 and others
    claims = [Claim("service_name", heard.spoke, *service, confidence=sure)]
    claims.append(Claim("service_source", "probed", *service))
    if heard.identity:
        claims += _identified(heard.identity, service)
    if heard.domains:
        claims.append(Claim("mms_logical_devices", tuple(heard.domains)))
    return tuple(claims)


def _identified(identity: codec.Identity, service: tuple[SubjectKind, str]) -> list[Claim]:
    if program := _PROGRAMS.get(identity.model.lower()):
        told = {"service_product": program, "service_version": identity.revision}
        return [Claim(key, text, *service) for key, text in told.items() if text]
    told = {
        "manufacturer": identity.vendor,
        "model": identity.model,
        "firmware_software_version": identity.revision,
    }
    return [Claim(key, text) for key, text in told.items() if text]
