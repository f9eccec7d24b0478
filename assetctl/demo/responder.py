"""What every fake device speaks through: a unit in, its answers out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

Answers = tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """What a device makes of one frame.

    unit: the protocol's own unit in it, b"" for one that is only part of the envelope. answers: frames to send back.
    """

    unit: bytes
    answers: Answers = ()


class Responder(Protocol):
    """One service of one device. Returns None for a frame that is none of its protocol."""

    def __call__(self, frame: bytes) -> Said | None: ...


def plain(answer: Callable[[bytes], Answers | None]) -> Responder:
    """A responder for a protocol without an envelope."""

    def respond(frame: bytes) -> Said | None:
        answers = answer(frame)
        return None if answers is None else Said(frame, answers)

    return respond


def mute(frame: bytes) -> Said:
    """Takes everything and says nothing."""
    return Said(frame)


def latin(text: str) -> bytes:
    """Device text as it goes on the wire."""
    return text.encode("utf-8")
