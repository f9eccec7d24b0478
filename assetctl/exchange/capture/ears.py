"""How a protocol is listened to: what of a talk is worth keeping, and which answer belongs to which question."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache, partial

from assetctl.exchange.capture import bacnet, enip, modbus, page, s7, snmp
from assetctl.exchange.capture.answers import Answers, FirstWords, Published, masked, varying
from assetctl.model import Claim, Exchange, IPAddress, Transport
from assetctl.protocol import Context, Protocol
from assetctl.protocols import registry

MOST_EXCHANGES = 512  # kept of one talk
NOT_TOLD = frozenset({"tls_versions_tried", "snmp_versions_tried", "snmp_tables_cut", "bacnet_absent_properties"})
"""What only follows from the questions we put ourselves."""


class Mode(StrEnum):
    """UNITS: cut by the protocol's framing. TURNS: what one side said until the other spoke. UNASKED: what a server
    says before its client says anything. FIRST: the first bytes of a server.
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
    spoken: the service that any question with its answer shows, where `belongs` is proof enough.
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
    settle: Callable[[tuple[Claim, ...], Sequence[Exchange]], tuple[Claim, ...]] = lambda claims, _: claims
    most: int = MOST_EXCHANGES
    spoken: str = ""


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


def _special(protocol: Protocol) -> Ear | None:
    """The ear of a protocol that is asked in more than one way."""
    match protocol.name:
        case "modbus":
            return Ear(
                protocol, Mode.UNITS, modbus.wants, modbus.key, modbus.Answers, modbus.belongs,
                context=modbus.context, settle=modbus.settle, spoken="modbus",
            )  # fmt: skip
        case "enip":
            return Ear(
                protocol, Mode.UNITS, enip.wants, enip.key, enip.Answers, enip.belongs,
                is_answer=enip.is_answer, alone=enip.alone,
            )  # fmt: skip
        case "s7":
            return Ear(
                protocol, Mode.UNITS, s7.wants, s7.key, s7.Answers, s7.belongs, s7.continues,
                context=s7.context, settle=s7.settle,
            )  # fmt: skip
        case "bacnet":
            return Ear(
                protocol, Mode.UNITS, bacnet.wants, bacnet.key, bacnet.Answers, bacnet.belongs,
                is_answer=bacnet.is_answer, alone=bacnet.alone, origin=bacnet.origin, most=2048,
            )  # fmt: skip
        case "snmp":
            return Ear(
                protocol, Mode.UNITS, snmp.wants, snmp.key, snmp.Answers, snmp.belongs,
                opened=snmp.opened, context=snmp.context, most=4096,
            )  # fmt: skip
        case "http":
            return Ear(protocol, Mode.TURNS, page.wants, page.key, page.Answers, most=32)
        case "greeting" | "mysql":
            return _words(protocol, Mode.UNASKED)
        case "ssh" | "tls" | "fox" | "vnc":
            return _words(protocol, Mode.FIRST)
    return None


_LEFT_OUT = frozenset({"https", "opcua-session", "rdp", "lldp", "profinet_dcp"})
_MORE_PORTS: dict[str, Sequence[int]] = {
    "bacnet": range(0xBAC1, 0xBAD0),
    "enip": (2222,),
    "greeting": (25,),
    "http": (8000, 8080),
    "tls": (4843, 8443),
}


@cache
def ears() -> dict[tuple[str, int], tuple[Ear, ...]]:
    """The ears for each port, by transport and number."""
    found: dict[tuple[str, int], tuple[Ear, ...]] = {}
    for protocol in registry().values():
        if protocol.name in _LEFT_OUT or protocol.transport is Transport.LINK:
            continue
        ear = _special(protocol) or _published(protocol)
        transports = {protocol.transport.value, (protocol.fallback_transport or protocol.transport).value}
        for port in (*protocol.ports, *_MORE_PORTS.get(protocol.name, ())):
            for transport in sorted(transports):
                found[transport, port] = (*found.get((transport, port), ()), ear)
    return found


def context_for(ear: Ear, port: int, host: str, exchanges: Sequence[Exchange], label: str) -> Context:
    """What the probe is started with, so that reading again later is the same talk."""
    plain = Context(port=port, depth=frozenset(ear.protocol.depths), host=host)
    return ear.context(plain, exchanges, label) if ear.context else plain
