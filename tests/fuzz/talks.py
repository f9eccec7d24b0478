"""Every probe against any peer: the bytes say which capture's context is taken, and what comes back at each step.

Form of an input: one byte (which capture), then for each step one byte (how many frames, 0 for a silent end of the
step, 0xF0 and above for another outcome) and each frame after two bytes of length.
"""

from collections.abc import Iterator
from contextlib import suppress

from assetctl import facts
from assetctl.errors import Refusal, WireError
from assetctl.model import Outcome
from assetctl.protocol import Protocol
from assetctl.talk import Ask, Open, Reply
from assetctl.wire import Framing, cut
from tests.contracts.captures import Capture
from tests.fuzz.entry import Entry

MOST_STEPS = 2_000  # far above every published cost
MOST_FRAMES = 4
OTHER = (Outcome.SILENT, Outcome.REFUSED, Outcome.RESET, Outcome.GARBLED)


def of(captures: list[Capture]) -> Iterator[Entry]:
    """The entries of one protocol, from all its captures: its conversation, its vet and its framing."""
    protocol = captures[0].protocol
    name = f"assetctl.protocols.{protocol.name.replace('-', '_')}"
    units = sorted({unit for capture in captures for _, unit, _ in capture.recording if unit})
    frames = sorted({frame for capture in captures for _, _, reply in capture.recording for frame in reply.frames})
    yield Entry(
        f"talk-{protocol.name}",
        lambda data: _talk(captures, data),
        lambda: [_written(index, capture) for index, capture in enumerate(captures)],
        (f"{name}.codec", f"{name}.probe"),
    )
    yield Entry(f"vet-{protocol.name}", lambda data: _vet(protocol, data), lambda: units, (f"{name}.vet",))
    yield Entry(f"cut-{protocol.name}", lambda data: _cut(protocol.framing, data), lambda: frames, ("assetctl.wire",))


def _written(index: int, capture: Capture) -> bytes:
    out = bytearray((index,))
    for _, _, reply in capture.recording:
        if reply.outcome is Outcome.ANSWERED:
            frames = reply.frames[:MOST_FRAMES]
            out.append(len(frames))
            for frame in frames:
                out += len(frame).to_bytes(2) + frame
        else:
            out.append(0xF0 + (OTHER.index(reply.outcome) if reply.outcome in OTHER else 0))
    return bytes(out)


def _replies(data: bytes) -> Iterator[Reply]:
    at = 1
    while at < len(data):
        count = data[at]
        at += 1
        if count >= 0xF0:
            yield Reply(OTHER[count % len(OTHER)])
            continue
        frames = []
        for _ in range(count % (MOST_FRAMES + 1)):
            size = int.from_bytes(data[at : at + 2])
            frames.append(data[at + 2 : at + 2 + size])
            at += 2 + size
        yield Reply(Outcome.ANSWERED, tuple(frames))


def _talk(captures: list[Capture], data: bytes) -> None:
    capture = captures[data[0] % len(captures) if data else 0]
    talk = capture.protocol.probe(capture.context)
    replies = _replies(data)
    reply: Reply | None = None
    try:
        for _ in range(MOST_STEPS):
            step = next(talk) if reply is None else talk.send(reply)
            reply = _fitting(step, next(replies, Reply(Outcome.SILENT)))
        raise AssertionError("the conversation does not end")
    except StopIteration as end:
        _sound(capture.protocol, end.value)


def _fitting(step: Open | Ask, reply: Reply) -> Reply:
    """What a transport can say to this step: an Ask that was answered has at least one frame, an Open has none."""
    if isinstance(step, Ask) and reply.outcome is Outcome.ANSWERED and not reply.frames:
        return Reply(Outcome.SILENT)
    return Reply(reply.outcome) if isinstance(step, Open) else reply


def _sound(protocol: Protocol, claims: object) -> None:
    assert isinstance(claims, tuple)
    for claim in claims:
        key = facts.vocabulary()[claim.key]
        assert claim.kind is key.kind, claim
        assert facts.is_of_type(key, claim.value), claim
        assert claim.key in protocol.claims, claim


def _vet(protocol: Protocol, data: bytes) -> None:
    with suppress(Refusal):
        assert protocol.vet(data) in protocol.classes


def _cut(framing: Framing, data: bytes) -> None:
    for closed in (False, True):
        buffer = data
        try:
            while buffer and (unit := cut(framing, buffer, closed=closed)) is not None:
                assert len(unit[1]) < len(buffer)
                buffer = unit[1]
        except WireError:
            pass
