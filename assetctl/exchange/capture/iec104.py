"""IEC 60870-5-104, heard: that a station confirms what its master asks of the link, and the common addresses it sends.

Of a data unit only the addresses are kept; what follows is process data, and is kept as zeros.
Source: IEC 60870-5-104:2006, 5 and 7.1.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from assetctl.errors import WireError
from assetctl.model import Exchange, Transport
from assetctl.protocols.iec104 import codec
from assetctl.talk import Ask, Open

MOST_STATIONS = 7  # common addresses that the probe listens to before its own question is answered
_HEAD, _OBJECTS = 6, 12  # control field and addresses of the data unit end there
_CONFIRMED_BY = {0x07: 0x0B, 0x13: 0x23, codec.TESTFR_ACT: codec.TESTFR_CON}


def _function(unit: bytes) -> int | None:
    frame = _decoded(unit)
    return frame.function if isinstance(frame, codec.Unnumbered) else None


def _decoded(unit: bytes) -> codec.Unnumbered | codec.Supervisory | codec.Information | None:
    try:
        return codec.decode(unit)
    except WireError:
        return None


def wants(question: bytes) -> bool:
    """Whether it is a test frame."""
    return _function(question) == codec.TESTFR_ACT


def belongs(question: bytes, answer: bytes) -> bool:
    """A confirmation of the same function: test, start or stop of data transfer."""
    asked = _function(question)
    return asked is not None and _CONFIRMED_BY.get(asked) == _function(answer)


def alone(unit: bytes) -> bool:
    """Whether it is a data unit that names the station it is from."""
    frame = _decoded(unit)
    return isinstance(frame, codec.Information) and frame.common_address is not None


def kept(question: bytes, answers: tuple[bytes, ...]) -> tuple[bytes, tuple[bytes, ...]]:
    """Data units without what they tell of the process, and without their numbers."""
    return question, tuple(_bare(unit) if alone(unit) else unit for unit in answers)


def _bare(unit: bytes) -> bytes:
    return unit[:2] + bytes(4) + unit[_HEAD:_OBJECTS] + bytes(len(unit) - _OBJECTS)


def key(question: bytes, answers: Sequence[bytes]) -> bytes:
    """The question, or the common address."""
    return question or answers[0][_OBJECTS - 2 : _OBJECTS]


@dataclass(slots=True)
class Answers:
    """What the station sent by itself, then its confirmation of a test frame."""

    exchanges: Sequence[Exchange]
    transport: Transport
    _left: list[bytes] = field(default_factory=list)

    def opened(self, step: Open) -> bool:
        told = [one.received[0] for one in self.exchanges if not one.sent][:MOST_STATIONS]
        self._left = told + [one.received[0] for one in self.exchanges if wants(one.sent)][:1]
        return step.transport is self.transport

    def said(self, _ask: Ask) -> tuple[bytes, ...]:
        return (self._left.pop(0),) if self._left else ()
