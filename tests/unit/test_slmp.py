"""SLMP: one question in two frames, and whose model it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.errors import Refusal, WireError
from assetctl.model import Outcome, RequestClass
from assetctl.protocol import Context
from assetctl.protocols.slmp import PROTOCOL, codec, names
from assetctl.protocols.slmp.codec import Frame
from assetctl.protocols.slmp_tcp import PROTOCOL as TCP
from assetctl.talk import Ask, Reply
from assetctl.wire import cut

NEVER = {
    "device read": "01040000",
    "device write": "01140000",
    "remote run": "01100000",
    "remote stop": "02100000",
    "remote pause": "03100000",
    "remote latch clear": "05100000",
    "remote reset": "06100000",
    "remote unlock": "30160000",
    "remote lock": "31160000",
    "error clear": "17160000",
    "read directory": "10180000",
    "write file": "29180000",
    "self test": "19060000",
    "node search": "300e0000",
    "set address": "310e0000",
    "read type name with another subcommand": "01010100",
}


def _answer(name: str, code: int, *, head: str = "d00000ffff0300") -> bytes:
    body = b"\0\0" + name.encode().ljust(16) + code.to_bytes(2, "little")
    return bytes.fromhex(head) + len(body).to_bytes(2, "little") + body


def _claims(answer: bytes, **parameters: str) -> dict[str, object]:
    talk = PROTOCOL.probe(Context(port=5000, seed=0x1234, parameters=parameters))
    next(talk)
    talk.send(Reply(Outcome.ANSWERED))
    with pytest.raises(StopIteration) as end:
        talk.send(Reply(Outcome.ANSWERED, (answer,)))
    return {claim.key: claim.value for claim in end.value.value}


@pytest.mark.parametrize("command", NEVER.values(), ids=NEVER.keys())
@pytest.mark.parametrize("frame", Frame)
def test_nothing_that_reads_or_changes_memory_or_state_may_leave(command: str, frame: Frame) -> None:
    with pytest.raises(Refusal):
        PROTOCOL.vet(codec.encode(frame=frame, serial=1)[:-4] + bytes.fromhex(command))


@pytest.mark.parametrize(("at", "value"), [(2, 1), (3, 1), (4, 0), (5, 2), (6, 1), (9, 0), (10, 1)])
def test_frames_to_other_stations_or_without_a_timer_may_not_leave(at: int, value: int) -> None:
    unit = bytearray(codec.encode(frame=Frame.E3))
    unit[at] = value
    with pytest.raises(Refusal):
        PROTOCOL.vet(bytes(unit))


def test_it_has_no_port_of_its_own_and_the_connection_makes_it_stateful() -> None:
    assert PROTOCOL.ports == TCP.ports == ()
    assert PROTOCOL.klass is RequestClass.IDENTITY
    assert TCP.klass is RequestClass.STATEFUL
    assert set(TCP.classes.values()) == {RequestClass.STATEFUL}


def test_the_frame_is_the_one_that_the_scope_names() -> None:
    for named, expected in (("", "500000ffff03000600040001010000"), ("4e", "54003412000000ffff03000600040001010000")):
        talk = PROTOCOL.probe(Context(port=5000, seed=0x1234, parameters={"frame": named}))
        next(talk)
        asked = talk.send(Reply(Outcome.ANSWERED))
        assert isinstance(asked, Ask)
        assert asked.payload.hex() == expected


def test_name_code_and_maker_are_told() -> None:
    claims = _claims(_answer("FX5U-32MT/DS", 0x4A49))
    assert (claims["model"], claims["slmp_model_code"]) == ("FX5U-32MT/DS", "4A49")
    assert claims["manufacturer"] == "Mitsubishi Electric"


def test_an_answer_with_another_serial_number_is_none() -> None:
    answer = _answer("R04CPU", 0x4800, head="d40034120000" + "00ffff0300")
    assert _claims(answer, frame="4E")["model"] == "R04CPU"
    assert _claims(answer.replace(b"\x34\x12", b"\x35\x12"), frame="4E") == {}
    assert _claims(answer, frame="3E") == {}


@pytest.mark.parametrize(("code", "name"), [(0x4800, "R08CPU"), (0x0366, ""), (0x9999, "Q03UDVCPU"), (0, "R04CPU")])
def test_code_and_name_must_agree_before_a_maker_is_told(code: int, name: str) -> None:
    assert not names.is_known(code, name)
    assert "manufacturer" not in _claims(_answer(name, code))


@pytest.mark.parametrize(
    ("code", "name"), [(0x0268, "Q03UDECPU"), (0x0542, "L26CPU-BT"), (0x4801, "R08CPU"), (0x4B0D, "FX5UJ-24MR/ES")]
)
def test_models_of_the_manuals_are_known(code: int, name: str) -> None:
    assert names.is_known(code, name)


@pytest.mark.parametrize("frame", Frame)
def test_a_stream_is_cut_by_the_length_of_its_frame(frame: Frame) -> None:
    head = "d00000ffff0300" if frame is Frame.E3 else "d4003412000000ffff0300"
    answer = _answer("R04CPU", 0x4800, head=head)
    assert cut(codec.FRAMING[frame], answer + b"\xd0") == (answer, b"\xd0")
    assert cut(codec.FRAMING[frame], answer[:-1]) is None


@given(st.binary(max_size=60), st.sampled_from(Frame))
def test_arbitrary_bytes_are_a_value_or_a_wire_error(raw: bytes, frame: Frame) -> None:
    try:
        codec.decode(raw, frame=frame, serial=1)
    except WireError:
        return
    assert raw[:1] in (b"\xd0", b"\xd4")
