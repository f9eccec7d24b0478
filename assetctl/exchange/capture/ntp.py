"""NTP, heard: what servers answered to clients. A server answers in the version it was asked in.

Source: RFC 5905, 7.3.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from assetctl.model import Claim, Exchange, Transport
from assetctl.protocol import Context
from assetctl.protocols.ntp import codec
from assetctl.talk import Ask, Open

_ORIGIN, _TRANSMIT = slice(24, 32), slice(40, 48)
_ASKED = 4  # the version that the probe asks in


def _mode(unit: bytes) -> int:
    return unit[0] & 7 if len(unit) >= codec.HEADER_BYTES else 0


def _version(unit: bytes) -> int:
    return unit[0] >> 3 & 7


def wants(question: bytes) -> bool:
    """Whether a client asks the time."""
    return _mode(question) == codec.CLIENT


def is_answer(unit: bytes) -> bool:
    """Whether a server tells it."""
    return _mode(unit) == codec.SERVER


def belongs(question: bytes, answer: bytes) -> bool:
    """The answer repeats the time of the question."""
    return wants(question) and is_answer(answer) and question[_TRANSMIT] == answer[_ORIGIN]


def key(question: bytes, answers: Sequence[bytes]) -> int:
    """The version that was asked in."""
    del answers
    return _version(question)


def settle(claims: tuple[Claim, ...], exchanges: Sequence[Exchange], _context: Context) -> tuple[Claim, ...]:
    """The version is the server's own only where it was asked in the newest."""
    is_own = any(_version(one.sent) == _ASKED for one in exchanges)
    return tuple(one for one in claims if is_own or one.key != "ntp_version")


@dataclass(slots=True)
class Answers:
    """What was answered, to the newest version first."""

    exchanges: Sequence[Exchange]
    transport: Transport

    def opened(self, step: Open) -> bool:
        return step.transport is self.transport

    def said(self, ask: Ask) -> tuple[bytes, ...]:
        for one in sorted(self.exchanges, key=lambda one: _version(one.sent) != _ASKED):
            for unit in one.received[:1]:
                return (unit[: _ORIGIN.start] + ask.payload[_TRANSMIT] + unit[_ORIGIN.stop :],)
        return ()
