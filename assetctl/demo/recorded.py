"""A device that answers as another one did before: from a recorded conversation of its protocol.

A question is found again by its bytes, those apart that the protocol's record names as varying, else by its name on the
published list, as questions may hold the asked address. What varies is put into the answer where the recorded answer
repeats the recorded value, as transaction numbers are.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import groupby
from typing import Any

from assetctl.demo.responder import Answers, Responder, plain
from assetctl.errors import Refusal
from assetctl.protocol import Protocol, Vet

_LEAST_FOUND = 2  # bytes of a number that is looked for anywhere in an answer; a single byte only in its own place


@dataclass(frozen=True, slots=True)
class _Exchange:
    request: str
    sent: bytes
    received: Answers
    varying: tuple[int, ...]

    def is_question(self, unit: bytes) -> bool:
        return _masked(unit, self.varying) == _masked(self.sent, self.varying)

    def answers(self, question: bytes) -> Answers:
        """The recorded answers made to fit a question."""
        return tuple(self._fitted(frame, question) for frame in self.received)

    def _fitted(self, frame: bytes, question: bytes) -> bytes:
        for start, end in _runs(self.varying):
            old, new = self.sent[start:end], question[start:end]
            at = start if frame[start:end] == old else frame.find(old) if end - start >= _LEAST_FOUND else -1
            if at >= 0:
                frame = frame[:at] + new + frame[at + len(new) :]
        return frame


def greeting_of(protocol: Protocol, capture: str) -> bytes:
    """What the device of a capture said unasked, at the begin of a connection."""
    rows = _content(protocol, capture)["exchange"]
    return b"".join(bytes.fromhex(text) for row in rows if not row.get("sent") for text in row.get("received", ()))


def from_capture(protocol: Protocol, capture: str) -> Responder:
    """The device of one capture of a protocol, by the file's name without its ending.

    It says nothing to a question that the recording does not hold.
    """
    content = _content(protocol, capture)
    varying = {request.name: request.varying for request in protocol.requests}
    held = [
        _Exchange(
            row["request"],
            bytes.fromhex(row["sent"]),
            tuple(bytes.fromhex(text) for text in row["received"]),
            varying[row["request"]],
        )
        for row in content["exchange"]
        if row.get("sent") and row.get("received")
    ]
    return plain(lambda frame: _answer(frame, held, protocol.vet))


def _content(protocol: Protocol, capture: str) -> Mapping[str, Any]:
    folder = files("assetctl.protocols") / protocol.name.replace("-", "_") / "captures"
    return tomllib.loads((folder / f"{capture}.toml").read_text("utf-8"))


def _answer(frame: bytes, held: Sequence[_Exchange], vet: Vet) -> Answers | None:
    try:
        name = vet(frame)
    except Refusal:
        return None
    same = [one for one in held if one.request == name]
    match = next((one for one in same if one.is_question(frame)), same[0] if same else None)
    return match.answers(frame) if match else ()


def _masked(unit: bytes, varying: tuple[int, ...]) -> bytes:
    return bytes(0 if at in varying else value for at, value in enumerate(unit))


def _runs(offsets: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Neighbouring offsets as (first, behind the last)."""
    for _, run in groupby(enumerate(sorted(offsets)), key=lambda pair: pair[1] - pair[0]):
        places = [offset for _, offset in run]
        yield places[0], places[-1] + 1
