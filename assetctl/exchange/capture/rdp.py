"""Remote Desktop, heard: which security a server chose of what a client offered, and the certificate that followed.

A connection request may name a user in a cookie, a hello the server by its name: of the request only what it offers is
kept, of the hello nothing. CredSSP with the early result of the check of the user is CredSSP.
Source: [MS-RDPBCGR], 2.2.1.1 and 2.2.1.2, 5.4.2.1.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assetctl.errors import WireError
from assetctl.model import Claim, Exchange, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols.rdp import codec
from assetctl.protocols.rdp.probe import CERTIFICATE_DEPTH
from assetctl.protocols.tls.codec import RECORD
from assetctl.talk import Ask, Open
from assetctl.wire import cut

_CREDSSP_EARLY = 8
_REQUEST, _CONFIRM = 0xE0, 0xD0
_NEGOTIATION = b"\x01\x00\x08\x00"
_PLAIN = bytes.fromhex("0300000b 06 e0 0000 0000 00")
_CHOICE = b"\x02"  # negotiation response
_HANDSHAKE = b"\x16"
_MOST_HELLO = 64 * 1024


def _is_request(unit: bytes) -> bool:
    return len(unit) >= 11 and unit[:2] == b"\x03\0" and unit[5] == _REQUEST


def _is_hello(unit: bytes) -> bool:
    return unit[:2] == b"\x16\x03" and unit[5:6] == b"\x01"


def _is_confirm(unit: bytes) -> bool:
    return len(unit) >= 11 and unit[:2] == b"\x03\0" and unit[5] == _CONFIRM


def wants(question: bytes) -> bool:
    """Whether it negotiates the security, or begins TLS after that."""
    return _is_request(question) or _is_hello(question)


def offered(question: bytes) -> int | None:
    """What a connection request offers; None for one from before the negotiation was invented."""
    if not _is_request(question):
        return None
    unit = question[: int.from_bytes(question[2:4])]
    at = unit.find(b"\r\n", 11) + 2 if b"\r\n" in unit[11:] else 11  # behind a cookie or routing token
    is_there = (
        unit[at] == _NEGOTIATION[0] and unit[at + 2 : at + 4] == _NEGOTIATION[2:] if at + 8 <= len(unit) else False
    )
    return int.from_bytes(unit[at + 4 : at + 8], "little") if is_there else None


def kept(question: bytes, answers: tuple[bytes, ...]) -> tuple[bytes, tuple[bytes, ...]]:
    """What is stored: the offer without its cookie and the choice, or the server's part of the handshake."""
    told = b"".join(answers)
    if _is_request(question):
        choice = offered(question)
        sent = _PLAIN if choice is None else codec.encode(security=choice)
        return sent, (told[: int.from_bytes(told[2:4])],) if _is_confirm(told) else ()
    return b"", (told[:_MOST_HELLO],) if told[:2] == b"\x16\x03" else ()


def key(question: bytes, answers: Sequence[bytes]) -> bytes:
    """What was offered; of the handshakes one is enough."""
    del answers
    return question


def context(plain: Context, exchanges: Sequence[Exchange], _label: str) -> Context:
    """Without a handshake there is no certificate to be read."""
    lacking = set() if any(not one.sent for one in exchanges) else {CERTIFICATE_DEPTH}
    return replace(plain, depth=plain.depth - lacking)


def settle(claims: tuple[Claim, ...], exchanges: Sequence[Exchange], context: Context) -> tuple[Claim, ...]:
    """That it is RDP is told also where no offer was the one that the probe makes."""
    if claims or not any(map(_is_confirm, (unit for one in exchanges for unit in one.received))):
        return claims
    service = SubjectKind.SERVICE, f"tcp/{context.port}"
    return Claim("service_name", "rdp", *service), Claim("service_source", "probed", *service)


@dataclass(slots=True)
class Answers:
    """The choices by offer, and the records that followed."""

    exchanges: Sequence[Exchange]
    transport: Transport
    _left: bytes = b""

    def opened(self, step: Open) -> bool:
        self._left = b"".join(unit for one in self.exchanges if not one.sent for unit in one.received)
        return step.transport is self.transport and bool(self.exchanges)

    def said(self, ask: Ask) -> tuple[bytes, ...]:
        if _is_request(ask.payload):
            return self._choice(offered(ask.payload))
        try:
            found = cut(RECORD, self._left)
        except WireError:
            found = None
        unit, self._left = found or (b"", b"")
        return (unit,) if unit[:1] == _HANDSHAKE else ()  # what is sealed nobody else can open

    def _choice(self, wanted: int | None) -> tuple[bytes, ...]:
        for one in self.exchanges:
            made = offered(one.sent)
            if made is None or made & ~_CREDSSP_EARLY != wanted or not one.received:
                continue
            unit = one.received[0]
            is_early = unit[11:12] == _CHOICE and unit[15:] == _CREDSSP_EARLY.to_bytes(4, "little")
            return (unit[:15] + codec.CREDSSP.to_bytes(4, "little") if is_early else unit,)
        return ()
