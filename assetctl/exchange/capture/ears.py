"""How a protocol is listened to: what of a talk is worth keeping, and which answer belongs to which question."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache, partial

from assetctl.exchange.capture import (
    bacnet,
    calls,
    dnp3,
    enip,
    fins,
    iec104,
    mms,
    modbus,
    mqtt,
    ntp,
    opcua,
    page,
    rdp,
    routed,
    s7,
    snmp,
    tls,
    umas,
)
from assetctl.exchange.capture.answers import Answers, FirstWords, Published, masked, varying
from assetctl.model import Claim, Exchange, IPAddress, Transport
from assetctl.protocol import Context, Protocol
from assetctl.protocols import registry

MOST_EXCHANGES = 512  # kept of one talk
NOT_TOLD = frozenset({"tls_versions_tried", "snmp_versions_tried", "snmp_tables_cut", "bacnet_absent_properties"})
"""What only follows from the questions we put ourselves."""


class Mode(StrEnum):
    """UNITS: cut by the protocol's framing. TURNS: what one side said until the other spoke. UNASKED: what a server
    says before its client says anything, on a connection that was captured from its SYN on. FIRST: the first bytes of a
    server.
    """

    UNITS = "units"
    TURNS = "turns"
    UNASKED = "unasked"
    FIRST = "first"


@dataclass(frozen=True, slots=True, eq=False)
class Ear:
    """One protocol, heard.

    wants: whether a question, and so its answer, is about identity. belongs: whether a unit answers a question.
    key: two exchanges with the same one say the same, and the first is kept. continues: another unit belongs to the
    same answer. is_answer: tells the direction of a datagram between two ports of the protocol. alone: whether an
    answer says something without its question. opened: what is inside an envelope, with a label that parts talks;
    None for what is not of the protocol. origin: who said a datagram that another passed on, and the datagram as said.
    kept: what is stored of a question and its answer, for what people typed and process data stay in the capture.
    identity: what an exchange proves about which device answers: of what, and its value; two values are two devices.
    spoken: the service that any question with its answer shows, where `belongs` is proof enough.
    is_farther: whether a unit answers another question rather than one that it belongs to as well.
    """

    protocol: Protocol
    mode: Mode
    wants: Callable[[bytes], bool]
    key: Callable[[bytes, Sequence[bytes]], Hashable]
    answers: Callable[[Sequence[Exchange], Transport], Answers]
    belongs: Callable[[bytes, bytes], bool] = lambda _question, _answer: True
    continues: Callable[[bytes], bool] = lambda _: False
    is_answer: Callable[[bytes], bool] = lambda _: False
    alone: Callable[[bytes], bool] = lambda _: False
    opened: Callable[[bytes], tuple[bytes, str] | None] | None = None
    origin: Callable[[bytes], tuple[IPAddress, bytes] | None] | None = None
    context: Callable[[Context, Sequence[Exchange], str], Context] | None = None
    settle: Callable[[tuple[Claim, ...], Sequence[Exchange], Context], tuple[Claim, ...]] = lambda claims, *_: claims
    kept: Callable[[bytes, tuple[bytes, ...]], tuple[bytes, tuple[bytes, ...]]] = lambda *units: units
    most: int = MOST_EXCHANGES
    spoken: str = ""
    identity: Callable[[bytes, Sequence[bytes]], tuple[Hashable, Hashable] | None] = lambda _question, _answers: None
    is_farther: Callable[[bytes, bytes], bool] = lambda _question, _answer: False


def _published(protocol: Protocol) -> Ear:
    def key(question: bytes, answers: Sequence[bytes]) -> Hashable:
        return masked(question, varying(protocol, question) or ()) or tuple(answers)

    return Ear(
        protocol,
        Mode.UNITS,
        wants=lambda question: varying(protocol, question) is not None,
        key=key,
        answers=partial(Published, protocol),
    )


def _turns(protocol: Protocol) -> Ear:
    """Questions and answers whose ends the framing of our answers does not show."""
    return replace(_published(protocol), mode=Mode.TURNS)


def _words(protocol: Protocol, mode: Mode) -> Ear:
    return Ear(
        protocol,
        mode,
        wants=bool,
        key=lambda _, answers: tuple(answers),
        answers=FirstWords,
        context=lambda plain, _exchanges, _label: replace(plain, depth=frozenset()),
        most=1,
    )


def _stations(protocol: Protocol) -> Ear:
    return Ear(
        protocol,
        Mode.UNITS,
        wants=dnp3.wants,
        key=dnp3.key,
        answers=dnp3.Answers,
        belongs=dnp3.belongs,
        is_answer=dnp3.is_answer,
        alone=dnp3.alone,
        context=lambda plain, *_: replace(plain, parameters={dnp3.TRANSPORT: protocol.transport.value}),
        settle=dnp3.settle,
        kept=dnp3.kept,
    )


def _called(protocol: Protocol, wants: Callable[[bytes], bool], plain: calls.Plain) -> Ear:
    def is_answer(unit: bytes) -> bool:
        return bool(plain(unit))

    return Ear(
        protocol,
        Mode.UNITS,
        wants,
        key=lambda _, answers: tuple(map(plain, answers)),
        answers=partial(calls.Answers, plain),
        belongs=lambda _, answer: is_answer(answer),
        is_answer=is_answer,
        alone=is_answer,
    )


_UNASKED, _FIRST = partial(_words, mode=Mode.UNASKED), partial(_words, mode=Mode.FIRST)
_SPECIAL: dict[str, Callable[[Protocol], Ear]] = {
    "modbus": lambda protocol: Ear(
        protocol, Mode.UNITS, modbus.wants, modbus.key, modbus.Answers, modbus.belongs, is_farther=modbus.is_others,
        context=modbus.context, settle=modbus.settle, spoken="modbus", identity=modbus.identity,
    ),
    "enip": lambda protocol: Ear(
        protocol, Mode.UNITS, enip.wants, enip.key, enip.Answers, enip.belongs,
        is_answer=enip.is_answer, alone=enip.alone, spoken="enip", identity=enip.identity,
    ),
    "s7": lambda protocol: Ear(
        protocol, Mode.UNITS, s7.wants, s7.key, s7.Answers, s7.belongs, s7.continues,
        context=s7.context, settle=s7.settle, spoken="s7",
    ),
    "bacnet": lambda protocol: Ear(
        protocol, Mode.UNITS, bacnet.wants, bacnet.key, bacnet.Answers, bacnet.belongs, bacnet.continues,
        is_answer=bacnet.is_answer, alone=bacnet.alone, origin=bacnet.origin, opened=routed.opened,
        context=routed.context, settle=routed.settle, spoken="bacnet",
        identity=bacnet.identity, kept=bacnet.kept, most=2048,
    ),
    "snmp": lambda protocol: Ear(
        protocol, Mode.UNITS, snmp.wants, snmp.key, snmp.Answers, snmp.belongs,
        alone=snmp.alone, opened=snmp.opened, context=snmp.context, settle=snmp.settle, most=4096,
    ),
    "opcua": lambda protocol: Ear(
        protocol, Mode.UNITS, opcua.wants, opcua.key, opcua.Answers, opcua.belongs, opcua.continues,
    ),
    "fins": lambda protocol: Ear(
        protocol, Mode.UNITS, fins.wants, fins.key, fins.Answers, fins.belongs,
        is_answer=fins.is_answer, context=fins.context, spoken="fins",
    ),
    "fins_tcp": lambda protocol: Ear(
        protocol, Mode.UNITS, fins.wants, fins.key, fins.Answers, fins.belongs, context=fins.context, spoken="fins",
    ),
    "iec104": lambda protocol: Ear(
        protocol, Mode.UNITS, iec104.wants, iec104.key, iec104.Answers, iec104.belongs,
        alone=iec104.alone, kept=iec104.kept, most=iec104.MOST_STATIONS + 1, spoken="iec104",
    ),
    "mms": lambda protocol: Ear(
        protocol, Mode.UNITS, mms.wants, mms.key, mms.Answers, mms.belongs, mms.continues,
        kept=mms.kept, spoken="mms", identity=mms.identity,
    ),
    "ntp": lambda protocol: Ear(
        protocol, Mode.UNITS, ntp.wants, ntp.key, ntp.Answers, ntp.belongs, is_answer=ntp.is_answer, settle=ntp.settle,
    ),
    "http": lambda protocol: Ear(
        protocol, Mode.TURNS, page.wants, page.key, page.Answers, kept=page.kept, most=32,
    ),
    "rdp": lambda protocol: Ear(
        protocol, Mode.TURNS, rdp.wants, rdp.key, rdp.Answers, kept=rdp.kept,
        context=rdp.context, settle=rdp.settle, most=16,
    ),
    "mqtt": lambda protocol: Ear(
        protocol, Mode.TURNS, mqtt.wants, mqtt.key, mqtt.Answers, kept=mqtt.kept, settle=mqtt.settle, most=32,
    ),
    "umas": lambda protocol: Ear(protocol, Mode.UNITS, umas.wants, umas.key, umas.Answers, umas.belongs),
    "knx": partial(_called, wants=calls.wants_knx, plain=calls.plain_knx),
    "ads": partial(_called, wants=calls.wants_ads, plain=calls.plain_ads),
    "dnp3": _stations,
    "dnp3_tcp": _stations,
    **dict.fromkeys(("codesys_v2", "veeder_root"), _turns),
    **dict.fromkeys(("greeting", "mysql"), _UNASKED),
    **dict.fromkeys(("ssh", "fox", "vnc"), _FIRST),
    "tls": lambda protocol: replace(_FIRST(protocol), key=tls.key, answers=tls.answers, most=2),
}  # fmt: skip
"""The protocols that are heard in a way of their own; any other by the questions it publishes."""

_LEFT_OUT = frozenset({"https", "opcua-elsewhere", "opcua-session", "lldp", "profinet_dcp"})
_MORE_PORTS: dict[str, Sequence[int]] = {
    "bacnet": range(0xBAC1, 0xBAD0),
    "enip": (2222,),
    "greeting": (25,),
    "http": (8000, 8080),
    "opcua": (12686, 26543, 48010, 48020, 49320, 51210, 53530, 62541),
    "tls": (4843, 8443),
}


@cache
def ears() -> dict[tuple[str, int], tuple[Ear, ...]]:
    """The ears for each port, by transport and number."""
    found: dict[tuple[str, int], tuple[Ear, ...]] = {}
    for protocol in registry().values():
        if protocol.name in _LEFT_OUT or protocol.transport is Transport.LINK:
            continue
        ear = _SPECIAL.get(protocol.name, _published)(protocol)
        transports = {protocol.transport.value, (protocol.fallback_transport or protocol.transport).value}
        for port in (*protocol.ports, *_MORE_PORTS.get(protocol.name, ())):
            for transport in sorted(transports):
                found[transport, port] = (*found.get((transport, port), ()), ear)
    return found


def context_for(ear: Ear, port: int, host: str, exchanges: Sequence[Exchange], label: str) -> Context:
    """What the probe is started with, so that reading again later is the same talk."""
    plain = Context(port=port, depth=frozenset(ear.protocol.depths), host=host)
    return ear.context(plain, exchanges, label) if ear.context else plain
