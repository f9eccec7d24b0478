"""The S7 conversation: connect to a slot, agree on a PDU size, read two system status lists.

The basic connection type is used, since PG and OP connections are scarce and kept for people. Rack 0 and slots 1
(1200, 1500), 2 (300) and 3 (400) are tried one after another, each on a connection of its own: a CPU that is not in
the slot refuses the transport connection or closes it. Silence, and anything that is not ISO-on-TCP, ends the talk.
LOGO! and S7-200 have no slots but TSAPs that somebody set up: theirs are asked where the scope names them, once.
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from assetctl.errors import WireError
from assetctl.model import Claim, Outcome, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols import iso
from assetctl.protocols.s7 import codec, lists, rack
from assetctl.talk import UNASKED, Ask, Open, Reply, Talk

SLOTS = (1, 2, 3)
CONNECTION_TYPES = {"basic": codec.BASIC, "pg": codec.PG, "op": codec.OP}
MOST_PARTS = 7  # data units of one list: 7 of 200 bytes are four times what a CPU has to say
MOST_DETAIL_PARTS = 2
MOST_RACK_PARTS = 3  # a list of racks has at most 27 records of 16 bytes
MOST_SEGMENTS = 8  # TPDUs of one PDU: 480 bytes in TPDUs of 128 make 4

IDENTITY: tuple[codec.Szl, ...] = ((0x0011, 0), (0x001C, 0))
PROTECTION: tuple[codec.Szl, ...] = ((0x0232, 4), (0x0132, 4))  # the second only where the first has no record
DETAILS: tuple[codec.Szl, ...] = ((0x0037, 0), (0x0424, 0), (0x0131, 1))
RACKS: tuple[codec.Szl, ...] = tuple((rack.SZL, number) for number in range(4))
DEPTH, MODULES = "s7.details", "s7.modules"

TSAPS = (0x0100, 0x0200, 0x0300, 0x1000, 0x1001, 0x2000, 0x2001)
PAIRS = {f"{own:04x}/{called:04x}": (own, called) for own in TSAPS for called in TSAPS}


@dataclass(slots=True)
class _Heard:
    """What the device said so far. spoke: "" for nothing, "iso-tsap" once a TPDU came, "s7" once an S7 PDU came."""

    spoke: str = ""
    tsap: str = ""
    slot: int | None = None
    lists: list[codec.StatusList] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    ended: bool = False  # nothing more is to be asked


Step = Generator[Open | Ask, Reply, None]


def probe(context: Context) -> Talk:
    """Identify the CPU; in depth also its protection, interfaces and operating state, and the modules in its racks."""
    heard = _Heard()
    numbers = _counter(context.seed)
    yield from _connect(heard, context, numbers)
    for szl in IDENTITY:
        yield from _read(heard, szl, numbers, context.answer_s, MOST_PARTS)
    if DEPTH in context.depth:
        for szl in PROTECTION:
            if not any(found.id & 0xFF == 0x32 and found.records for found in heard.lists):
                yield from _read(heard, szl, numbers, context.answer_s, MOST_DETAIL_PARTS)
        for szl in DETAILS:
            yield from _read(heard, szl, numbers, context.answer_s, MOST_DETAIL_PARTS)
    if MODULES in context.depth:
        yield from _racks(heard, numbers, context.answer_s)
    return _claims(heard, context.port)


def _racks(heard: _Heard, numbers: "Generator[int]", wait_s: float) -> Step:
    """Rack after rack, until one is not there."""
    for szl in RACKS:
        known = len(heard.lists)
        yield from _read(heard, szl, numbers, wait_s, MOST_RACK_PARTS)
        if len(heard.lists) == known or not heard.lists[-1].records:
            return


def _ways(context: Context) -> list[tuple[bytes, str, int | None]]:
    """Connection requests in the order they are tried, each with its called TSAP and slot."""
    if pair := PAIRS.get(context.parameters.get("tsap", "").lower()):
        return [(codec.encode_connect_tsap(tsaps=pair), f"{pair[1]:04x}", None)]
    kind = CONNECTION_TYPES.get(context.parameters.get("connection_type", ""), codec.BASIC)
    return [(codec.encode_connect(connection_type=kind, slot=slot), f"{kind:02x}{slot:02x}", slot) for slot in SLOTS]


def _connect(heard: _Heard, context: Context, numbers: "Generator[int]") -> Step:
    """Find the slot, with the basic connection type unless the scope names another, or the named TSAP."""
    heard.ended = True
    for question, tsap, slot in _ways(context):
        reply = yield Open(Transport.TCP, context.port)
        if reply.outcome is not Outcome.ANSWERED:
            _forget(heard, reply)
            return
        reply = yield Ask(question, codec.FRAMING, wait_s=context.answer_s)
        _forget(heard, reply)
        match _said(heard, reply):
            case "confirmed":
                heard.tsap, heard.slot = tsap, slot
                yield from _setup(heard, next(numbers), context.answer_s)
                return
            case "strange":
                return


def _said(heard: _Heard, reply: Reply) -> Literal["confirmed", "refused", "strange"]:
    """What came of a connection request. A CPU that closes the connection has refused the slot."""
    if reply.outcome is not Outcome.ANSWERED:
        return "refused" if reply.outcome is Outcome.RESET else "strange"
    try:
        refused = codec.decode_connect(reply.frames[0])
    except WireError:
        return "strange"
    heard.spoke = "iso-tsap"
    return "refused" if refused else "confirmed"


def _forget(heard: _Heard, reply: Reply) -> None:
    """Name no service where we stopped before it could say that it speaks S7: an earlier talk may know."""
    if reply.outcome in UNASKED and heard.spoke == "iso-tsap":
        heard.spoke = ""


def _setup(heard: _Heard, number: int, wait_s: float) -> Step:
    heard.ended = False
    pdu = yield from _ask(heard, codec.encode_setup(reference=number), number, wait_s)
    if pdu is None:
        return
    try:
        answer = codec.decode_setup(pdu, reference=number)
    except WireError:
        heard.ended = True
        return
    heard.spoke = "s7"
    heard.ended = isinstance(answer, codec.Refused)


def _read(heard: _Heard, szl: codec.Szl, numbers: "Generator[int]", wait_s: float, most: int) -> Step:
    """One status list with all its data units, into `heard`. A refusal is an answer: the next list is asked."""
    data = b""
    number = next(numbers)
    question = codec.encode_read(reference=number, szl=szl)
    for part in range(most):
        pdu = None if heard.ended else (yield from _ask(heard, question, number, wait_s))
        fragment = _fragment(heard, pdu, number)
        if fragment is None:
            break
        data += fragment.data
        if fragment.last or part == most - 1:
            break
        number = next(numbers)
        question = codec.encode_next(reference=number, sequence=fragment.sequence)
    _keep(heard, szl, data)


def _fragment(heard: _Heard, pdu: bytes | None, number: int) -> codec.Fragment | None:
    """The data unit in a PDU, or None where none came, it was refused, or it cannot be read."""
    if pdu is None:
        return None
    try:
        answer = codec.decode_fragment(pdu, reference=number)
    except WireError:
        heard.ended = True
        return None
    return answer if isinstance(answer, codec.Fragment) else None


def _keep(heard: _Heard, szl: codec.Szl, data: bytes) -> None:
    if not data:
        return
    try:
        heard.lists.append(codec.decode_list(data, szl=szl))
    except WireError:
        heard.ended = True
        return
    heard.answered.append(f"{szl[0]:04x}/{szl[1]:04x}")


def _ask(heard: _Heard, question: bytes, number: int, wait_s: float) -> Generator[Ask, Reply, bytes | None]:
    """The PDU that answers, joined from its TPDUs; None, and the talk ended, where none came whole."""
    pdu = b""
    reply = yield Ask(question, codec.FRAMING, wait_s=wait_s, accepts=partial(codec.is_answer, reference=number))
    for _ in range(MOST_SEGMENTS):
        if reply.outcome is not Outcome.ANSWERED:
            break
        try:
            part, last = iso.segment(reply.frames[0])
        except WireError:
            break
        pdu += part
        if last:
            return pdu
        reply = yield Ask(b"", codec.FRAMING, wait_s=wait_s)
    _forget(heard, reply)
    heard.ended = True
    return None


def _claims(heard: _Heard, port: int) -> tuple[Claim, ...]:
    if not heard.spoke:
        return ()
    service = SubjectKind.SERVICE, f"tcp/{port}"
    claims = [Claim("service_name", heard.spoke, *service), Claim("service_source", "probed", *service)]
    if heard.tsap and heard.spoke == "s7":
        claims.append(Claim("s7_tsap", heard.tsap))
    if heard.answered:
        claims.append(Claim("s7_szl_ids", tuple(heard.answered)))
    read = tuple(heard.lists)
    return (*claims, *lists.claims(read), *rack.claims(read, own_slot=heard.slot))


def _counter(seed: int) -> "Generator[int]":
    """PDU references from the seed on, 0 to 65535."""
    while True:
        yield seed & 0xFFFF
        seed += 1
