"""MQTT, heard: whether a broker lets in whoever gives no name.

Of a CONNECT only version and flags are kept, never the client's id, its user, its password or its will; of the answer
only the code. What a client with a name was told says nothing about one without.
Source: MQTT 3.1.1, 2.2.3, 3.1 and 3.2; MQTT 5.0, 3.1 and 3.2.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.model import Claim, Exchange, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols.mqtt import codec
from assetctl.talk import Ask, Open
from assetctl.wire import Reader

_CONNECT, _CONNACK = 0x10, 0x20
_NAMES = (b"MQTT", b"MQIsdp")
_LOGIN = 0xC0  # user name, password
_OPINIONS = {
    codec.V3_1_1: {codec.ACCEPTED: True, codec.BAD_LOGIN: False, codec.NOT_AUTHORISED: False},
    codec.V5: {codec.ACCEPTED: True, codec.V5_BAD_LOGIN: False, codec.V5_NOT_AUTHORISED: False},
}


def _packet(data: bytes, kind: int) -> Reader | None:
    """The packet of a kind that data begins with; None for another, or where it is not all there."""
    r = Reader(data[:1024])
    try:
        if r.u8("packet type") != kind:
            return None
        for _ in range(4):
            if not r.u8("remaining length") & 0x80:
                return r
    except WireError:
        pass
    return None


def _head(question: bytes) -> bytes:
    """Protocol name, level, flags and keep-alive of a CONNECT; empty for anything else."""
    r = _packet(question, _CONNECT)
    try:
        name = r.take(r.u16("name length"), "name") if r else b""
        return len(name).to_bytes(2) + name + r.take(4, "level to keep-alive") if r and name in _NAMES else b""
    except WireError:
        return b""


def wants(question: bytes) -> bool:
    """Whether it connects."""
    return bool(_head(question))


def kept(question: bytes, answers: tuple[bytes, ...]) -> tuple[bytes, tuple[bytes, ...]]:
    """What is stored: a CONNECT without its payload, a CONNACK without its properties."""
    head = _head(question)
    r = _packet(b"".join(answers), _CONNACK)
    told = r.rest()[:2] if r else b""
    tail = b"\0" if head[-4:-3] == bytes((codec.V5,)) else b""
    answer = bytes((_CONNACK, 2 + len(tail))) + told + tail
    return bytes((_CONNECT, len(head))) + head, (answer,) if len(told) == 2 else ()


def key(question: bytes, answers: Sequence[bytes]) -> Hashable:
    """Version, whether it named itself, and the code."""
    return question[-4:-3], question[-3] & _LOGIN, tuple(one[3] for one in answers)


def _codes(exchanges: Sequence[Exchange], level: int) -> set[int]:
    """What clients without a name were told."""
    return {
        one.received[0][3]
        for one in exchanges
        if one.received and one.sent[4:8] == b"MQTT" and one.sent[-4] == level and not one.sent[-3] & _LOGIN
    }


def settle(claims: tuple[Claim, ...], exchanges: Sequence[Exchange], context: Context) -> tuple[Claim, ...]:
    """That it is a broker, and whether version 5 lets anybody in, are told where the probe's question was not heard."""
    if not any(one.received for one in exchanges):
        return claims
    service = SubjectKind.SERVICE, f"tcp/{context.port}"
    found = claims or (Claim("service_name", "mqtt", *service), Claim("service_source", "probed", *service))
    opinions = {opinion for level, known in _OPINIONS.items() for code, opinion in known.items()
                if code in _codes(exchanges, level)}  # fmt: skip
    told = tuple(one for one in found if one.key != "anonymous_access")
    return (*told, Claim("anonymous_access", opinions.pop(), *service)) if len(opinions) == 1 else told


@dataclass(slots=True)
class Answers:
    """The code that clients without a name were told, by version; none where they were told different ones."""

    exchanges: Sequence[Exchange]
    transport: Transport

    def opened(self, step: Open) -> bool:
        return step.transport is self.transport and bool(self.exchanges)

    def said(self, ask: Ask) -> tuple[bytes, ...]:
        level = _head(ask.payload)[-4:-3]
        if not level:
            return ()
        codes = _codes(self.exchanges, level[0])
        tail = b"\0" if level[0] == codec.V5 else b""
        return (bytes((_CONNACK, 2 + len(tail), 0, codes.pop())) + tail,) if len(codes) == 1 else ()
