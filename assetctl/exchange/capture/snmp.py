"""SNMP v1 and v2c, heard: every object that an agent told, whoever asked for it.

The community stays in the capture: what is kept is the PDU, and whether the community was one that devices come with.
Of SNMPv3 only the head is read, which names the agent's engine; its PDUs are sealed, or could be without anybody's
knowing, see `usm`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from assetctl.errors import WireError
from assetctl.exchange.capture import usm
from assetctl.exchange.snmp_agent import Agent, encoded, request_id
from assetctl.model import Claim, Exchange, Transport
from assetctl.protocol import Context, Credential
from assetctl.protocols.snmp import codec
from assetctl.talk import Ask, Open
from assetctl.wire import Reader

CAPTURED = "captured"
_VERSIONS = {0: "snmp-v1", 1: "snmp-v2c"}
_FACTORY = frozenset({b"public", b"private"})
_QUESTIONS = (codec.GET, codec.GET_NEXT, codec.GET_BULK)


def opened(message: bytes) -> tuple[bytes, str] | None:
    """The PDU in a message, and version and kind of the community; None for what is no such message."""
    try:
        r = Reader(message)
        r.expect(b"\x30", "message type")
        whole = r.part(_length(r), "message")
        whole.expect(b"\x02\x01", "version type")
        version = _VERSIONS[whole.u8("version")]
        whole.expect(b"\x04", "community type")
        community = whole.take(_length(whole), "community")
        pdu = whole.rest()
        request_id(pdu)
    except (WireError, KeyError):
        head = usm.head(message)
        return (head, usm.LABEL) if head else None
    return pdu, f"{version} factory" if community in _FACTORY else version


def _length(r: Reader) -> int:
    first = r.u8("length")
    return first if first < 0x80 else int.from_bytes(r.take(min(first & 0x7F, 4), "length"))


alone = usm.is_head


def wants(question: bytes) -> bool:
    """Whether it reads."""
    return question[:1] != b"" and question[0] in _QUESTIONS


def belongs(question: bytes, answer: bytes) -> bool:
    """Same request id."""
    return answer[:1] == bytes((codec.RESPONSE,)) and request_id(question) == request_id(answer)


def key(question: bytes, answers: Sequence[bytes]) -> frozenset[tuple[int, ...]] | bytes:
    """The names of the objects that were told; of SNMPv3 the engine and its boots."""
    if not question:
        return b"".join(answers)
    try:
        return frozenset(one.name for unit in answers for one in _told(unit))
    except WireError:
        return question


def _told(unit: bytes) -> tuple[codec.Varbind, ...]:
    response = codec.decode(unit, request_id=request_id(unit))
    return () if response.error_status else response.varbinds


def context(plain: Context, _exchanges: Sequence[Exchange], label: str) -> Context:
    """The version that was spoken, and whether a factory community was."""
    kind, _, is_factory = label.partition(" ")
    known = {f"default-community/{CAPTURED}": "yes"} if is_factory else {}
    return replace(plain, credentials=(Credential(CAPTURED, kind),), known=known)


def settle(claims: tuple[Claim, ...], exchanges: Sequence[Exchange], context: Context) -> tuple[Claim, ...]:
    """Of SNMPv3 what the heads say."""
    return claims or usm.claims(exchanges, context.port)


@dataclass(slots=True)
class Answers:
    """An agent that has the objects which were told; of two values of one object the first."""

    exchanges: Sequence[Exchange]
    transport: Transport
    _agent: Agent = field(init=False)

    def __post_init__(self) -> None:
        objects: dict[tuple[int, ...], bytes] = {}
        for unit in (unit for one in self.exchanges for unit in one.received):
            try:
                told = _told(unit)
            except WireError:
                continue
            for one in told:
                if (value := encoded(one)) is not None:
                    objects.setdefault(one.name, value)
        self._agent = Agent(objects)

    def opened(self, step: Open) -> bool:
        return step.transport is self.transport and bool(self._agent.objects)

    def said(self, ask: Ask) -> tuple[bytes, ...]:
        try:
            return (self._agent.answer(ask.payload),)
        except WireError:
            return ()
