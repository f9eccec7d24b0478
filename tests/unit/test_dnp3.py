"""DNP3: one question of the data link, and the two addresses that every frame carries."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.errors import Refusal, WireError
from assetctl.model import Claim, Outcome, RequestClass
from assetctl.protocol import Context
from assetctl.protocols.dnp3 import PROTOCOL, codec
from assetctl.protocols.dnp3_tcp import PROTOCOL as TCP
from assetctl.talk import Recorded, Reply, replay
from assetctl.wire import cut

DECLARED = {"destination": "10", "source": "1"}
UNSOLICITED = bytes.fromhex("05640a4407000004e59cc0f08280006b7d")  # opendnp3: station 1024 to its master 7
STATUS = bytes.fromhex("0564050b01000a006ded")  # opendnp3 and dnp3py: station 10 to master 1


def _frame(control: int, destination: int, source: int, data: bytes = b"") -> bytes:
    header = bytes((5, 0x64, 5 + len(data), control)) + destination.to_bytes(2, "little") + source.to_bytes(2, "little")
    blocks = (data[at : at + 16] for at in range(0, len(data), 16))
    return header + codec.crc(header) + b"".join(block + codec.crc(block) for block in blocks)


def _replayed(recording: Iterable[Recorded], **context: object) -> tuple[Claim, ...]:
    """Claims of a TCP talk; the recording follows the connect."""
    done = replay(
        TCP.probe(Context(port=20000, **context)),  # type: ignore[arg-type]
        [("connect", b"", Reply(Outcome.ANSWERED)), *recording],
    )
    assert not done.missing
    return done.claims


def _answer(question: bytes, *frames: bytes) -> Recorded:
    return "unit" if question else "listen", question, Reply(Outcome.ANSWERED, frames)


def _silence(question: bytes) -> Recorded:
    return "unit" if question else "listen", question, Reply(Outcome.SILENT)


@pytest.mark.parametrize("control", [c for c in range(256) if c != 0xC9])
def test_no_other_function_of_the_link_may_leave(control: int) -> None:
    with pytest.raises(Refusal):
        PROTOCOL.vet(_frame(control, 10, 1))


@pytest.mark.parametrize("destination", [65520, 65531, 65533, 65534, 65535])
def test_broadcasts_and_reserved_addresses_may_not_leave(destination: int) -> None:
    with pytest.raises(Refusal):
        PROTOCOL.vet(_frame(0xC9, destination, 1))


def test_a_frame_with_user_data_may_not_leave() -> None:
    with pytest.raises(Refusal):
        PROTOCOL.vet(_frame(0xC9, 10, 1, b"\xc0\xc0\x01\x3c\x02\x06"))


def test_only_the_connection_makes_it_stateful() -> None:
    assert PROTOCOL.klass is RequestClass.IDENTITY
    assert TCP.klass is RequestClass.STATEFUL
    assert set(TCP.classes.values()) == {RequestClass.STATEFUL}


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"destination": "10"},
        {"source": "1"},
        {"destination": "65520", "source": "1"},
        {"destination": "ten", "source": "1"},
        {"destination": "10", "source": "65532"},
        {"destination": "²", "source": "1"},
        {"destination": "10", "source": "1 2"},
        {"destination": "10.0.0.6=11", "source": "1"},
        {"destination": "10.0.0.5=11 10.0.0.6:12", "source": "1"},
    ],
)
def test_without_both_addresses_nothing_is_asked(parameters: dict[str, str]) -> None:
    context = Context(port=20000, parameters=parameters, host="10.0.0.5")
    over_udp = replay(PROTOCOL.probe(context), [("connect", b"", Reply(Outcome.ANSWERED))])
    assert len(over_udp.asked) == 1
    assert _replayed([_silence(b"")], parameters=parameters, host="10.0.0.5") == ()


def test_addresses_declared_for_the_device_come_before_those_for_every_device() -> None:
    declared = {"destination": "10, 10.0.0.5=11, 10.0.0.6=12", "source": "1 10.0.0.5=2"}
    question = codec.encode_request(destination=11, source=2)
    claims = _replayed([_answer(question, _frame(0x0B, 2, 11))], parameters=declared, host="10.0.0.5")
    assert {claim.value for claim in claims if claim.key == "dnp3_address"} == {11}


def test_units_of_another_protocol_are_not_asked() -> None:
    question = codec.encode_request(destination=10, source=1)
    assert _replayed([_answer(question, STATUS)], parameters=DECLARED, units=(3, 4))


@given(st.integers(0, codec.HIGHEST_ADDRESS), st.integers(0, codec.HIGHEST_ADDRESS))
def test_a_question_reads_back_as_what_was_asked(destination: int, source: int) -> None:
    frame = codec.encode_request(destination=destination, source=source)
    assert codec.decode(frame) == codec.LinkFrame(True, True, 9, destination, source, 0)
    assert PROTOCOL.vet(frame) == "request-link-status"


@given(st.binary(max_size=250))
def test_frames_with_any_user_data_are_cut_and_read(data: bytes) -> None:
    frame = _frame(0x44, 1, 10, data)
    assert cut(codec.FRAMING, frame + STATUS) == (frame, STATUS)
    assert cut(codec.FRAMING, frame[:-1]) is None
    assert codec.decode(frame).data == len(data)


@given(st.data())
def test_a_wrong_bit_anywhere_is_a_wire_error(data: st.DataObject) -> None:
    frame = bytearray(UNSOLICITED)
    bit = data.draw(st.integers(0, len(frame) * 8 - 1))
    frame[bit // 8] ^= 1 << bit % 8
    with pytest.raises(WireError):
        codec.decode(bytes(frame))


def test_an_outstation_that_speaks_first_tells_its_address_and_its_masters() -> None:
    claims = {claim.key: claim.value for claim in _replayed([_answer(b"", UNSOLICITED), _silence(b"")])}
    assert (claims["dnp3_address"], claims["dnp3_master_address"]) == (1024, 7)


def test_what_comes_unasked_is_never_answered() -> None:
    question = codec.encode_request(destination=10, source=1)
    asks_us = _frame(0x49, 1, 10)
    claims = _replayed(
        [_answer(question, asks_us), _answer(b"", UNSOLICITED), _answer(b"", STATUS)], parameters=DECLARED
    )
    assert {claim.value for claim in claims if claim.key == "dnp3_address"} == {10}


def test_two_stations_heard_unasked_name_none() -> None:
    claims = _replayed([_answer(b"", UNSOLICITED), _answer(b"", _frame(0x44, 7, 3, b"\xc0")), _silence(b"")])
    assert {claim.key for claim in claims} == {"service_name", "service_source", "dnp3_master_address"}


def test_our_own_frame_come_back_proves_nothing() -> None:
    question = codec.encode_request(destination=10, source=1)
    assert _replayed([_answer(question, question), _silence(b"")], parameters=DECLARED) == ()


def test_one_outstation_is_the_device_and_several_stand_behind_it() -> None:
    questions = [codec.encode_request(destination=address, source=1) for address in (3, 4)]
    answers = [_answer(q, _frame(0x0B, 1, address)) for q, address in zip(questions, (3, 4), strict=True)]
    alone = _replayed(answers[:1], parameters={"source": "1", "destination": "3"})
    both = _replayed(answers, parameters={"source": "1", "destination": "3 4"})
    assert [claim.part for claim in alone if claim.key == "dnp3_address"] == [""]
    assert [claim.part for claim in both if claim.key == "dnp3_address"] == ["unit/3", "unit/4"]


def test_two_silent_outstations_in_a_row_end_it() -> None:
    questions = [codec.encode_request(destination=address, source=1) for address in (3, 4)]
    declared = {"source": "1", "destination": "3 4 5 6"}
    assert _replayed([_silence(q) for q in questions], parameters=declared) == ()
