"""DNP3, heard: the link addresses of the outstations behind an address, and of the master they speak to.

Every frame of an outstation carries both. Only its header is kept, as a frame without data, for what follows is process
data. Several outstations behind one address are parts, and only one that is alone is the device itself.
Source: IEEE 1815-2012, 9.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.model import Claim, Exchange, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols.dnp3 import codec
from assetctl.talk import Ask, Open

MOST_STATIONS = 64
TRANSPORT = "transport"  # parameter of the context: what the frames came over
_HEADER, _CHECK = 8, 10
_EMPTY = 5  # octets that the length counts of a frame without data
_FROM_MASTER, _PRIMARY = 0x80, 0x40
_SELF = codec.SELF_ADDRESS.to_bytes(2, "little")


def _is_header(unit: bytes) -> bool:
    """Whether a unit begins with a header and its right check."""
    return len(unit) >= _CHECK and unit[:2] == b"\x05\x64" and unit[_HEADER:_CHECK] == codec.crc(unit[:_HEADER])


def wants(question: bytes) -> bool:
    """Whether a master says it."""
    return _is_header(question) and bool(question[3] & _FROM_MASTER)


def is_answer(unit: bytes) -> bool:
    """Whether an outstation says it."""
    return _is_header(unit) and not unit[3] & _FROM_MASTER


def alone(unit: bytes) -> bool:
    """Whether an outstation says it by itself; an answer of the link counts only from where it was asked."""
    return is_answer(unit) and bool(unit[3] & _PRIMARY)


def belongs(question: bytes, answer: bytes) -> bool:
    """An answer of the link from the station that was called, or that called itself so."""
    called, station = question[4:6], answer[6:8]
    is_of_link = is_answer(answer) and not answer[3] & _PRIMARY
    return wants(question) and is_of_link and called in (station, _SELF) and question[6:8] == answer[4:6]


def kept(question: bytes, answers: tuple[bytes, ...]) -> tuple[bytes, tuple[bytes, ...]]:
    """What is stored: the header, its length and check as those of a frame without data."""
    asked = _head(question) if question else b""
    return asked, tuple(_head(unit) for unit in answers)


def _head(unit: bytes) -> bytes:
    head = unit[:2] + bytes((_EMPTY,)) + unit[3:_HEADER]
    return head + codec.crc(head)


def key(question: bytes, answers: Sequence[bytes]) -> bytes:
    """Both addresses, and whether the outstation spoke by itself."""
    del question
    return b"".join(bytes((unit[3] & _PRIMARY,)) + unit[4:_HEADER] for unit in answers)


def settle(_claims: tuple[Claim, ...], exchanges: Sequence[Exchange], context: Context) -> tuple[Claim, ...]:
    """What the headers say."""
    frames = [frame for one in exchanges for unit in one.received if (frame := _decoded(unit)) is not None]
    stations = sorted({one.source for one in frames if one.source <= codec.HIGHEST_ADDRESS})
    masters = {one.destination for one in frames if one.primary and one.destination <= codec.HIGHEST_ADDRESS}
    if not stations:
        return ()
    transport = context.parameters[TRANSPORT]
    service = SubjectKind.SERVICE, f"{transport}/{context.port}"
    claims = [Claim("service_name", "dnp3", *service), Claim("service_source", "probed", *service)]
    is_alone = len(stations) == 1
    claims += [Claim("dnp3_address", one, part="" if is_alone else f"unit/{one}") for one in stations[:MOST_STATIONS]]
    if len(masters) == 1:
        claims.append(Claim("dnp3_master_address", masters.pop()))
    return tuple(claims)


def _decoded(unit: bytes) -> codec.LinkFrame | None:
    try:
        return codec.decode(unit)
    except WireError:
        return None


@dataclass(slots=True)
class Answers:
    """Nobody is asked: what was said stands in the headers."""

    exchanges: Sequence[Exchange]
    transport: Transport

    def opened(self, _step: Open) -> bool:
        return False

    def said(self, _ask: Ask) -> tuple[bytes, ...]:
        return ()
