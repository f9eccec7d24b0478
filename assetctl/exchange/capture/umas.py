"""UMAS, heard: the identity of a Modicon CPU, as the engineering tool read it.

The probe puts its question only where function 43 has shown a Modicon CPU. What was answered to somebody else needs no
such care: where function 43 was not asked, the answer itself stands for what it would have shown.
Layout as in protocols/umas/codec.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.exchange.capture import modbus
from assetctl.model import Exchange, Transport
from assetctl.protocols.umas import codec
from assetctl.talk import Ask, Open

_MAKER = b"Schneider Electric"
_FUNCTION, _READ_ID = 0x5A, 0x02


def wants(question: bytes) -> bool:
    """Whether it asks for the identity, in whatever session."""
    is_adu = len(question) >= 10 and question[2:4] == b"\0\0" and int.from_bytes(question[4:6]) == len(question) - 6
    return is_adu and question[7] == _FUNCTION and question[9] == _READ_ID


def belongs(question: bytes, answer: bytes) -> bool:
    """Same transaction, unit and function."""
    return len(answer) > 9 and question[:4] == answer[:4] and question[6:8] == answer[6:8]


def key(question: bytes, answers: Sequence[bytes]) -> tuple[bytes, ...]:
    """What was told, without transaction and session."""
    return (question[6:7], *(answer[9:] for answer in answers))


@dataclass(slots=True)
class Answers:
    """The identity that the device told, or the one unit that told any: several are behind a gateway."""

    exchanges: Sequence[Exchange]
    transport: Transport

    def opened(self, step: Open) -> bool:
        return step.transport is self.transport

    def said(self, ask: Ask) -> tuple[bytes, ...]:
        unit = self._own()
        shown = _shown(unit)
        head = ask.payload[:4]
        if not shown:
            return ()
        if ask.payload[7:8] == bytes((_FUNCTION,)):
            return (head + unit[4:6] + ask.payload[6:7] + unit[7:],)
        return (head + (len(shown) + 1).to_bytes(2) + ask.payload[6:7] + shown,)

    def _own(self) -> bytes:
        told: dict[int, bytes] = {}
        for unit in (unit for one in self.exchanges for unit in one.received if _shown(unit)):
            told.setdefault(unit[6], unit)
        alone = next(iter(told.values())) if len(told) == 1 else b""
        return next((told[number] for number in modbus.OWN if number in told), alone)


def _shown(unit: bytes) -> bytes:
    """What function 43 would have shown of the CPU; empty where the answer names none."""
    try:
        found = codec.decode_read_id(unit, transaction=int.from_bytes(unit[:2]), unit_id=unit[6])
    except WireError:
        return b""
    if not isinstance(found, codec.PlcId):
        return b""
    texts = b"".join(bytes((at, len(text))) + text for at, text in enumerate((_MAKER, found.name)))
    return b"\x2b\x0e\x01\x01\0\0\2" + texts
