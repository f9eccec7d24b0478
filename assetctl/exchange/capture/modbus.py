"""Modbus/TCP, heard: what units said of themselves to whoever asked.

Masters and other scanners ask with unit ids of their own. The device itself is unit 255 or 0, and where one unit alone
was heard to tell its identity, that one; where several were, they are parts behind a gateway. Others ask for objects
one by one, or for all kinds at once: whatever a unit told makes the answer to the first of our questions.
Source: Modbus Application Protocol V1.1b3, 6.13 and 6.21; Modbus Messaging on TCP/IP, 4.4.1.3.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from assetctl.errors import WireError
from assetctl.model import Claim, Exchange, Transport
from assetctl.protocol import Context
from assetctl.protocols.modbus import codec
from assetctl.talk import Ask, Open

_SELF = 255
OWN = (255, 0)
_IDENTIFICATION, _SERVER_ID = b"\x2b\x0e", b"\x11"
_FIRST = _IDENTIFICATION + bytes((codec.BASIC, 0))
_MOST_OBJECTS = 128
_Key = tuple[int, bytes]


def wants(question: bytes) -> bool:
    """Whether it asks for identification objects or the server id."""
    return _is_adu(question) and (
        (question[7:9] == _IDENTIFICATION and len(question) == 11)
        or (question[7:8] == _SERVER_ID and len(question) == 8)
    )


def belongs(question: bytes, answer: bytes) -> bool:
    """Same transaction, unit and function. Some devices answer for themselves under a unit id of their own."""
    return (
        _is_adu(question)
        and len(answer) >= 9
        and question[:4] == answer[:4]
        and question[6] in (answer[6], *OWN)
        and question[7] == answer[7] & 0x7F
    )


def is_others(question: bytes, answer: bytes) -> bool:
    """Whether the question is to another unit: some clients give all their questions one transaction."""
    return question[6] != answer[6]


def key(question: bytes, answers: Sequence[bytes]) -> bytes:
    """The question without its transaction; an exception is another thing than data."""
    return question[6:] + bytes(answer[7] & 0x80 for answer in answers if len(answer) > 7)


def identity(question: bytes, answers: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """The identification objects of one unit: they do not change by themselves."""
    told = answers[0] if answers else b""
    return (question[6:], told[7:]) if question[7:9] == _IDENTIFICATION and _is_data(told) else None


def _is_adu(unit: bytes) -> bool:
    return len(unit) >= 8 and unit[2:4] == b"\0\0" and int.from_bytes(unit[4:6]) == len(unit) - 6


def own_unit(exchanges: Sequence[Exchange]) -> int | None:
    """The unit id under which the device itself was heard; None where only parts were."""
    told = {one.sent[6] for one in exchanges if any(_is_data(unit) for unit in one.received)}
    heard = {one.sent[6] for one in exchanges}
    for number in OWN:
        if number in heard:
            return number
    return next(iter(told)) if len(told) == 1 else None


def _is_data(unit: bytes) -> bool:
    return len(unit) > 8 and not unit[7] & 0x80


def context(plain: Context, exchanges: Sequence[Exchange], _label: str) -> Context:
    """The units behind the device are those that were heard beside its own."""
    units = sorted({one.sent[6] for one in exchanges if any(map(_is_data, one.received))} - {own_unit(exchanges)})
    return replace(plain, units=tuple(units))


def settle(claims: tuple[Claim, ...], exchanges: Sequence[Exchange], _context: Context) -> tuple[Claim, ...]:
    """The device's own unit id is the one that was asked."""
    own = own_unit(exchanges)
    is_own = {("modbus_unit_id", "")} if own is not None else set()
    return tuple(
        replace(one, value=own) if own is not None and (one.key, one.part) in is_own else one for one in claims
    )


@dataclass(slots=True)
class Answers:
    """What the units answered, by unit and question. Data goes before an exception."""

    exchanges: Sequence[Exchange]
    transport: Transport
    _told: dict[_Key, bytes] = field(init=False)
    _own: int | None = field(init=False)

    def __post_init__(self) -> None:
        self._own = own_unit(self.exchanges)
        self._told = {}
        every: dict[int, list[codec.Identification]] = {}
        for one in sorted(self.exchanges, key=lambda one: not any(map(_is_data, one.received))):
            for unit in one.received[:1]:
                self._told.setdefault((one.sent[6], one.sent[7:]), unit)
                if (found := _identification(unit)) is not None:
                    every.setdefault(one.sent[6], []).append(found)
        self._told |= {(number, _FIRST): _joined(parts) for number, parts in every.items()}

    def opened(self, step: Open) -> bool:
        return step.transport is self.transport

    def said(self, ask: Ask) -> tuple[bytes, ...]:
        if not wants(ask.payload):
            return ()
        asked = ask.payload[6]
        unit = self._own if asked == _SELF and self._own is not None else asked
        found = self._told.get((unit, ask.payload[7:]))
        return (ask.payload[:2] + found[2:6] + bytes((asked,)) + found[7:],) if found else ()


def _identification(unit: bytes) -> codec.Identification | None:
    """What an answer tells of identification objects; None for any other answer."""
    if not _is_data(unit) or unit[7:9] != _IDENTIFICATION:
        return None
    try:
        found = codec.decode(unit, transaction=int.from_bytes(unit[:2]), unit_id=unit[6])
    except WireError:
        return None
    return found if isinstance(found, codec.Identification) else None


def _joined(parts: Sequence[codec.Identification]) -> bytes:
    """One answer with every object that a unit told."""
    objects: dict[int, bytes] = {}
    for part in parts:
        for at, raw in part.objects:
            objects.setdefault(at, raw)
    whole = sorted(objects.items())[:_MOST_OBJECTS]
    content = b"".join(bytes((at, len(raw))) + raw for at, raw in whole)
    head = bytes((codec.BASIC, parts[0].conformity_level, 0, 0, len(whole)))
    pdu = _IDENTIFICATION + head + content
    return bytes(4) + (len(pdu) + 1).to_bytes(2) + bytes((parts[0].unit_id,)) + pdu
