"""The laws that every protocol folder obeys, applied to whatever is found.

Nothing here names a protocol: a new folder is tested by existing.
"""

import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl import facts
from assetctl.errors import Refusal, WireError
from assetctl.model import Outcome, RequestClass, Transport
from assetctl.protocol import Context, Credential, Protocol
from assetctl.protocols import registry
from assetctl.talk import HANDSHAKE_UNITS, TLS, Ask, Open, Reply, replay
from assetctl.wire import Datagram, Framing, UntilClose, cut
from tests.contracts.captures import Capture, all_captures

PROTOCOLS = list(registry().values())
CAPTURES = all_captures()
of_protocols = pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda p: p.name)
of_captures = pytest.mark.parametrize("capture", CAPTURES, ids=str)


def test_there_are_protocols_and_each_has_captures() -> None:
    assert PROTOCOLS
    assert {c.protocol.name for c in CAPTURES} == {p.name for p in PROTOCOLS}


@of_captures
def test_a_capture_decodes_to_exactly_its_claims(capture: Capture) -> None:
    replayed = replay(capture.protocol.probe(capture.context), capture.recording)
    assert frozenset(replayed.claims) == capture.claims
    assert replayed.missing == 0


@of_captures
def test_a_replayed_probe_sends_exactly_the_captured_requests(capture: Capture) -> None:
    replayed = replay(capture.protocol.probe(capture.context), capture.recording)
    sent = [("connect" if isinstance(a, Open) else a.payload.hex()) for a in replayed.asked]
    recorded = [("connect" if name == "connect" else unit.hex()) for name, unit, _ in capture.recording]
    assert sent == recorded


@of_captures
def test_the_captured_units_are_on_the_published_list_under_their_name(capture: Capture) -> None:
    for name, unit, _ in capture.recording:
        if unit:
            assert capture.protocol.vet(unit) == name
            assert name in capture.protocol.classes


@of_captures
def test_claims_are_in_the_vocabulary_and_declared_by_the_protocol(capture: Capture) -> None:
    for claim in capture.claims:
        key = facts.vocabulary()[claim.key]
        assert claim.kind is key.kind, claim
        assert facts.is_of_type(key, claim.value), claim
        assert claim.key in capture.protocol.claims


@of_captures
def test_a_unit_with_anything_behind_it_is_refused(capture: Capture) -> None:
    for unit in {unit for _, unit, _ in capture.recording if unit}:
        for more in (1, 300, 5_000, 70_000):
            with pytest.raises(Refusal):
                capture.protocol.vet(unit + b"\0" * more)


def _run(capture: Capture, spoil: Callable[[int, Reply], Reply]) -> list[Open | Ask]:
    """Replay with the n-th answer spoiled: the probe must end by itself, in bounded time, without an exception."""
    recording = [(name, unit, spoil(index, reply)) for index, (name, unit, reply) in enumerate(capture.recording)]
    started = time.process_time()
    replayed = replay(capture.protocol.probe(capture.context), recording)
    assert time.process_time() - started < 2
    _within_cost(capture.protocol, capture.context, replayed.asked)
    return list(replayed.asked)


def _within_cost(protocol: Protocol, context: Context, asked: tuple[Open | Ask, ...]) -> None:
    limit = protocol.limit(context)
    opens = sum(isinstance(a, Open) for a in asked)
    goodbyes = sum(bool(a.goodbye) for a in asked if isinstance(a, Open))
    asks = sum(isinstance(a, Ask) and bool(a.payload) for a in asked)
    wrapped = [a for a in asked if isinstance(a, Open) and a.transport is Transport.TCP]
    assert {a.envelope for a in wrapped} <= {protocol.envelope}
    handshakes = sum(HANDSHAKE_UNITS for a in wrapped if a.envelope == TLS)
    assert opens <= limit.connections
    assert opens + asks + goodbyes + handshakes <= limit.units


def _answers(capture: Capture) -> Iterator[int]:
    return (index for index, (_, _, reply) in enumerate(capture.recording) if reply.frames)


def _framing(capture: Capture, index: int) -> Framing:
    """The framing in which the probe waited for an answer; one conversation may use several."""
    asked = replay(capture.protocol.probe(capture.context), capture.recording).asked[index]
    assert isinstance(asked, Ask)
    return asked.framing


@of_captures
def test_every_prefix_of_an_answer_is_refused_or_asks_for_more(capture: Capture) -> None:
    for index in _answers(capture):
        frame, framing = capture.recording[index][2].frames[0], _framing(capture, index)
        for size in range(0, len(frame), max(1, len(frame) // 60)):
            if not isinstance(framing, Datagram | UntilClose):
                assert cut(framing, frame[:size]) is None
                with pytest.raises(WireError):
                    cut(framing, frame[: max(1, size)], closed=True)
            shortened = Reply(Outcome.ANSWERED, (frame[:size],))
            _run(capture, lambda i, r, at=index, new=shortened: new if i == at else r)


@pytest.mark.parametrize("capture", [c for c in CAPTURES if not isinstance(c.protocol.framing, Datagram)], ids=str)
def test_any_chunking_gives_the_same_units(capture: Capture) -> None:
    for index in _answers(capture):
        framing = _framing(capture, index)
        if isinstance(framing, Datagram):
            continue
        whole = b"".join(capture.recording[index][2].frames)
        for step in (1, 2, 7):
            assert _cut_in_steps(framing, whole, step) == list(capture.recording[index][2].frames)


def _cut_in_steps(framing: Framing, stream: bytes, step: int) -> list[bytes]:
    frames, buffer = [], b""
    for at in range(0, len(stream), step):
        buffer += stream[at : at + step]
        while (unit := cut(framing, buffer, closed=at + step >= len(stream))) is not None:
            frames.append(unit[0])
            buffer = unit[1]
    return frames


@of_captures
@given(data=st.data())
def test_arbitrary_and_mutated_answers_end_the_talk_without_an_exception(capture: Capture, data: st.DataObject) -> None:
    indexes = list(_answers(capture))
    if not indexes:
        return
    at = data.draw(st.sampled_from(indexes))
    frame = bytearray(capture.recording[at][2].frames[0])
    if data.draw(st.booleans()):
        new = data.draw(st.binary(max_size=300))
    else:
        for _ in range(data.draw(st.integers(1, 4))):
            frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
        new = bytes(frame)
    _run(capture, lambda i, r: Reply(Outcome.ANSWERED, (new,)) if i == at else r)


@of_captures
def test_nothing_is_yielded_after_denied(capture: Capture) -> None:
    for at in range(len(capture.recording)):
        talk = capture.protocol.probe(capture.context)
        step = next(talk)
        for index, (_, _, reply) in enumerate(capture.recording):
            if index == at:
                with pytest.raises(StopIteration):
                    talk.send(Reply(Outcome.DENIED))
                break
            step = talk.send(reply)
        assert step


@of_captures
def test_a_talk_that_the_gate_cuts_names_no_service_that_the_whole_talk_does_not(capture: Capture) -> None:
    told = set(replay(capture.protocol.probe(capture.context), capture.recording).claims)
    for at, (name, unit, _) in enumerate(capture.recording):
        cut = (*capture.recording[:at], (name, unit, Reply(Outcome.DENIED)))
        claims = replay(capture.protocol.probe(capture.context), cut).claims
        assert {c for c in claims if c.key == "service_name"} <= told, at


@of_captures
@pytest.mark.parametrize("outcome", [o for o in Outcome if o is not Outcome.ANSWERED])
def test_every_other_ending_of_a_question_is_survived(capture: Capture, outcome: Outcome) -> None:
    for at in range(len(capture.recording)):
        _run(capture, lambda i, r, at=at: Reply(outcome) if i == at else r)


@of_captures
def test_a_peer_that_repeats_its_answer_for_ever_does_not_exceed_the_cost(capture: Capture) -> None:
    for index in _answers(capture):
        again = capture.recording[index][2]
        talk = capture.protocol.probe(capture.context)
        asked: list[Open | Ask] = []
        reply: Reply | None = None
        limit = capture.protocol.limit(capture.context)
        while len(asked) <= 2 * limit.units + 10:
            try:
                asked.append(next(talk) if reply is None else talk.send(reply))
            except StopIteration:
                break
            reply = Reply(Outcome.ANSWERED) if isinstance(asked[-1], Open) else again
        _within_cost(capture.protocol, capture.context, tuple(asked))


@of_protocols
def test_every_request_the_encoders_make_is_accepted_by_vet(protocol: Protocol) -> None:
    for request in protocol.requests:
        count = 0
        for unit in request.examples():
            assert protocol.vet(unit) == request.name
            count += 1
        assert count


@of_protocols
def test_vet_refuses_what_differs_from_every_request_in_one_byte_or_is_named_as_another(protocol: Protocol) -> None:
    """A changed byte is refused, or the unit is still one that an encoder of the list could have made."""
    known = set(protocol.classes)
    refused = 0
    for request in protocol.requests:
        unit = next(iter(request.examples(1)))
        for at in range(len(unit)):
            for value in range(256):
                changed = unit[:at] + bytes((value,)) + unit[at + 1 :]
                try:
                    assert protocol.vet(changed) in known
                except Refusal:
                    refused += 1
        for extra in (unit + b"\0", unit[:-1], b""):
            with pytest.raises(Refusal):
                protocol.vet(extra)
    assert refused or not protocol.requests, "a protocol that only listens has nothing to change"


@of_protocols
@given(unit=st.binary(max_size=80))
def test_vet_refuses_or_names_arbitrary_bytes_and_raises_nothing_else(protocol: Protocol, unit: bytes) -> None:
    try:
        name = protocol.vet(unit)
    except Refusal:
        return
    assert name in protocol.classes


@of_protocols
def test_a_record_is_complete(protocol: Protocol) -> None:
    assert protocol.sources
    assert all(request.clause and request.meaning for request in protocol.requests)
    assert protocol.claims <= set(facts.vocabulary())
    assert 0 < protocol.cost.units <= 24, "identity must fit the budget of a device"
    deep = [r for r in protocol.requests if r.klass is not RequestClass.IDENTITY]
    assert not deep or protocol.depths or protocol.klass is RequestClass.STATEFUL


@of_protocols
def test_a_probe_of_a_silent_device_stops_early(protocol: Protocol) -> None:
    credentials = (Credential("any", "snmp-v2c"),) if protocol.needs_credential else ()
    talk = protocol.probe(Context(port=(*protocol.ports, 1)[0], credentials=credentials))
    asked = [next(talk)]
    assert isinstance(asked[0], Open)
    ended = False
    while not ended and len(asked) < 50:
        opened = isinstance(asked[-1], Open)
        try:
            asked.append(talk.send(Reply(Outcome.ANSWERED if opened else Outcome.SILENT)))
        except StopIteration:
            ended = True
    assert ended
    _within_cost(protocol, Context(port=(*protocol.ports, 1)[0], credentials=credentials), tuple(asked))
