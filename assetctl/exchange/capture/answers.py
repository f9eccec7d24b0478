"""Puts a probe's questions to what a device was heard to answer.

A probe knows its answer by numbers that it chose itself: a transaction, a reference. So an answer is looked up by the
question without those bytes, and the probe's numbers are put where the device had echoed those of whoever asked.
Nothing else of an answer is changed, and the exchange that is kept as evidence is as it was captured.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol as Shape

from assetctl.errors import Refusal, WireError
from assetctl.model import Claim, Exchange, Outcome, Transport
from assetctl.protocol import Protocol
from assetctl.talk import Ask, Open, Reply, Talk
from assetctl.wire import Datagram, cut

MOST_STEPS = 4000  # of one talk: more than the longest that any protocol declares


class Answers(Shape):
    """What a device said, to be asked for."""

    def opened(self, step: Open) -> bool:
        """Whether the device took this connection, as far as the capture shows."""
        ...

    def said(self, ask: Ask) -> tuple[bytes, ...]:
        """The units that answer a question; none where the device was not heard to answer it."""
        ...


def drive(talk: Talk, answers: Answers) -> tuple[Claim, ...]:
    """The claims of a talk whose other side is a capture. Raises WireError when the probe lets one escape."""
    reply: Reply | None = None
    for _ in range(MOST_STEPS):
        try:
            step = next(talk) if reply is None else talk.send(reply)
        except StopIteration as end:
            return tuple(end.value)
        if isinstance(step, Open):
            reply = Reply(Outcome.ANSWERED if answers.opened(step) else Outcome.REFUSED)
        else:
            reply = _reply(step, answers.said(step))
    talk.close()
    raise WireError(f"more than {MOST_STEPS} questions")


def _reply(ask: Ask, units: tuple[bytes, ...]) -> Reply:
    taken = tuple(unit for unit in units if ask.accepts is None or ask.accepts(unit))[: ask.replies]
    return Reply(Outcome.ANSWERED, taken) if taken else Reply(Outcome.SILENT)


@dataclass(slots=True)
class Published:
    """Answers to the questions that a protocol publishes, put by others in the same bytes but for the varying ones."""

    protocol: Protocol
    exchanges: Sequence[Exchange]
    transport: Transport
    _is_there: bool = False

    def opened(self, step: Open) -> bool:
        self._is_there = step.transport is self.transport
        return self._is_there or step.transport is Transport.UDP

    def said(self, ask: Ask) -> tuple[bytes, ...]:
        offsets = varying(self.protocol, ask.payload) if ask.payload and self._is_there else None
        if offsets is None:
            return ()
        wanted = masked(ask.payload, offsets)
        for one in self.exchanges:
            if one.received and masked(one.sent, offsets) == wanted:
                return tuple(renumbered(unit, one.sent, ask.payload, offsets) for unit in one.received)
        return ()


def varying(protocol: Protocol, unit: bytes) -> tuple[int, ...] | None:
    """The offsets of a published question that may hold anything; None for any other unit."""
    try:
        name = protocol.vet(unit)
    except Refusal:
        return None
    return next((one.varying for one in protocol.requests if one.name == name), ())


def masked(unit: bytes, offsets: Sequence[int]) -> bytes:
    """A unit with these bytes zero."""
    found = bytearray(unit)
    for at in offsets:
        if at < len(found):
            found[at] = 0
    return bytes(found)


def renumbered(answer: bytes, captured: bytes, asked: bytes, offsets: Sequence[int]) -> bytes:
    """An answer in which the bytes that echo the captured question are those of the question asked now."""
    found = bytearray(answer)
    for run in _runs(offsets):
        echoed = captured[run[0] : run[-1] + 1]
        if len(echoed) == len(run) and answer[run[0] : run[-1] + 1] == echoed:
            found[run[0] : run[-1] + 1] = asked[run[0] : run[-1] + 1]
    return bytes(found)


def _runs(offsets: Sequence[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for at in sorted(offsets):
        if runs and runs[-1][-1] == at - 1:
            runs[-1].append(at)
        else:
            runs.append([at])
    return runs


@dataclass(slots=True)
class FirstWords:
    """What a server said from the beginning of a connection on, cut as the probe wants it, whatever it asks."""

    exchanges: Sequence[Exchange]
    transport: Transport
    _left: bytes = b""

    def opened(self, step: Open) -> bool:  # noqa: ARG002 - every connection begins with the same words
        self._left = b"".join(self.exchanges[0].received) if self.exchanges else b""
        return bool(self._left)

    def said(self, ask: Ask) -> tuple[bytes, ...]:
        units: list[bytes] = []
        while self._left and len(units) < ask.replies:
            if isinstance(ask.framing, Datagram):
                found: tuple[bytes, bytes] | None = self._left[: ask.framing.most], self._left[ask.framing.most :]
            else:
                try:
                    found = cut(ask.framing, self._left)
                except WireError:
                    found = None
            if found is None:
                break
            self._left = found[1]
            if ask.accepts is None or ask.accepts(found[0]):
                units.append(found[0])
        return tuple(units)
