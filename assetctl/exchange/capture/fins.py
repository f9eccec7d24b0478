"""Omron FINS, heard over UDP and TCP: model, version and state of a controller, whoever asked.

A question may be passed on to another network or to another unit of the controller; such answers are left out, since
they are not the device's at that address. Where nodes of different numbers were asked there, none is told from the
others, and only what was asked of the receiver itself is used.
Source: Omron W342, 3-4 and 5-3; W420, 7-4.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace

from assetctl.model import Exchange, Transport
from assetctl.protocol import Context
from assetctl.protocols.fins import codec
from assetctl.talk import Ask, Open

_LOCAL_NETWORK, _CPU_UNIT = 0, 0
_NETWORK, _NODE, _UNIT, _OWN_NODE, _SID, _COMMAND = 3, 4, 5, 7, 9, slice(10, 12)
_RESPONSE = 0x40
_QUESTIONS = (b"\x05\x01", b"\x06\x01")
_MAGIC, _ENVELOPE = b"FINS", 16
_NODES, _TOLD_NODES, _FRAME = (number.to_bytes(4) for number in (0, 1, 2))


def _stream(unit: bytes) -> bytes:
    """The command of a unit of the stream, empty for a datagram."""
    return unit[8:12] if unit[:4] == _MAGIC else b""


def _frame(unit: bytes) -> bytes:
    """The FINS frame of a datagram or of a unit of the stream; empty where there is none."""
    return unit[_ENVELOPE:] if _stream(unit) == _FRAME else b"" if _stream(unit) else unit


def _is_question(frame: bytes) -> bool:
    """Whether a frame asks for the data or the state of the controller, everything it has of them."""
    return (
        frame[_COMMAND] in _QUESTIONS
        and not frame[0] & _RESPONSE
        and (frame[_NETWORK], frame[_UNIT]) == (_LOCAL_NETWORK, _CPU_UNIT)
        and not any(frame[12:])
    )


def wants(question: bytes) -> bool:
    """Whether it asks what controller this is, or on a stream for the node addresses."""
    return _stream(question) == _NODES or _is_question(_frame(question))


def is_answer(unit: bytes) -> bool:
    """Whether a datagram is a response."""
    return len(unit) >= 14 and bool(unit[0] & _RESPONSE)


def belongs(question: bytes, answer: bytes) -> bool:
    """Same number, command and node of the asker; on a stream the answer about the nodes."""
    if _stream(question) == _NODES:
        return _stream(answer) == _TOLD_NODES
    asked, told = _frame(question), _frame(answer)
    return (
        len(asked) >= 12
        and len(told) >= 14
        and bool(told[0] & _RESPONSE)
        and (told[_NODE], told[_SID], told[_COMMAND]) == (asked[_OWN_NODE], asked[_SID], asked[_COMMAND])
    )


def key(question: bytes, answers: Sequence[bytes]) -> Hashable:
    """Which node was asked what, and how it went."""
    frame = _frame(question)
    return frame[_NODE : _NODE + 1], frame[_COMMAND], tuple(_code(one) for one in answers)


def _code(answer: bytes) -> bytes:
    """Error of the stream, or end code; zeros for none."""
    return answer[12:16] if _stream(answer) == _TOLD_NODES else _frame(answer)[12:14]


def context(plain: Context, _exchanges: Sequence[Exchange], _label: str) -> Context:
    """A source node, without which the probe asks nothing."""
    return replace(plain, parameters={"source_node": "1"})


@dataclass(slots=True)
class Answers:
    """What the controller answered, by command; data goes before a refusal."""

    exchanges: Sequence[Exchange]
    transport: Transport
    _nodes: bytes = b""
    _told: dict[bytes, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        asked = {_frame(one.sent)[_NODE] for one in self.exchanges if _frame(one.sent)}
        node = codec.LOCAL if codec.LOCAL in asked else next(iter(asked)) if len(asked) == 1 else None
        for one in sorted(self.exchanges, key=lambda one: any(any(_code(unit)) for unit in one.received)):
            frame = _frame(one.sent)
            for unit in one.received[:1]:
                if not frame:
                    self._nodes = self._nodes or unit
                elif frame[_NODE] == node:
                    self._told.setdefault(frame[_COMMAND], _frame(unit))

    def opened(self, step: Open) -> bool:
        return step.transport is self.transport and bool(self.exchanges)

    def said(self, ask: Ask) -> tuple[bytes, ...]:
        if _stream(ask.payload) == _NODES:
            return self._welcome()
        asked = _frame(ask.payload)
        told = self._told.get(asked[_COMMAND])
        if told is None:
            return ()
        answer = told[:_SID] + asked[_SID : _SID + 1] + told[_SID + 1 :]
        return (_wrapped(_FRAME, answer) if _stream(ask.payload) else answer,)

    def _welcome(self) -> tuple[bytes, ...]:
        """The node addresses, of the frames themselves where their exchange was not captured."""
        if self._nodes and not (self._told and any(_code(self._nodes))):
            return (self._nodes,)
        found = next(iter(self._told.values()), b"")
        return (_wrapped(_TOLD_NODES, bytes(3) + found[4:5] + bytes(3) + found[7:8]),) if found else ()


def _wrapped(command: bytes, body: bytes) -> bytes:
    return _MAGIC + (len(body) + 8).to_bytes(4) + command + bytes(4) + body
