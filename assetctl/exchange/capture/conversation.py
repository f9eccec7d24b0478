"""What one server told over one protocol, each thing once."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime

from assetctl.errors import WireError
from assetctl.exchange.capture.ears import Ear
from assetctl.model import IPAddress, Transport

Place = tuple[IPAddress, int, Transport, str, str]
"""Server, port, transport, protocol, and the label of the envelope."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One exchange. question: packet of it, 0 where none was captured. answer: packet of the first unit."""

    sent: bytes
    received: tuple[bytes, ...]
    question: int
    answer: int
    at: datetime


@dataclass(slots=True)
class Conversation:
    """What one server told over one protocol. dropped: exchanges beyond the bound.

    has_rivals: the same question brought another identity, so that more than one device answers there: behind a
    translated address, or one after the other. Nothing is then known of either.
    """

    ear: Ear
    heard: list[Heard] = field(default_factory=list)
    dropped: int = 0
    has_rivals: bool = False
    _keys: set[Hashable] = field(default_factory=set)
    _identities: dict[Hashable, Hashable] = field(default_factory=dict)

    def keep(self, sent: bytes, received: tuple[bytes, ...], question: int, answer: int, at: datetime) -> None:
        """Keep an exchange, unless one like it is there."""
        try:
            key = self.ear.key(sent, received)
            told = self.ear.identity(sent, received)
        except WireError:
            return
        if told is not None:
            self.has_rivals |= self._identities.setdefault(told[0], told[1]) != told[1]
        if key in self._keys:
            return
        if len(self.heard) >= self.ear.most:
            self.dropped += 1
            return
        self._keys.add(key)
        self.heard.append(Heard(sent, received, question, answer, at))
