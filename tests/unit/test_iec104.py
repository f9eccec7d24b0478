"""IEC 60870-5-104: one test frame, and what a station says unasked."""

from collections.abc import Iterator
from itertools import chain, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.errors import Refusal, WireError
from assetctl.model import Outcome, RequestClass
from assetctl.protocol import Context
from assetctl.protocols.iec104 import PROTOCOL, codec
from assetctl.talk import Ask, Open, Reply

TEST_CONFIRMED = bytes.fromhex("680483000000")
FLOAT = bytes.fromhex("6812000000000d810100d2040b00000000000000")  # a measured value of lib60870, station 1234

NEVER = {
    "STARTDT act": "680407000000",
    "STOPDT act": "680413000000",
    "TESTFR con": "680483000000",
    "acknowledgement": "680401000200",
    "interrogation": "680e000000006401060001000000000014",
    "clock synchronisation": "68140000000067010600010000000000" + "00000000010118",
    "reset process": "680e0000000069010600010000000000" + "01",
    "single command": "680e000000002d010600010001000001",
}


def _apdu(data_unit: str) -> bytes:
    raw = bytes.fromhex(data_unit)
    return bytes((0x68, 4 + len(raw), 0, 0, 0, 0)) + raw


def _address(data_unit: str) -> int | None:
    frame = codec.decode(_apdu(data_unit))
    assert isinstance(frame, codec.Information)
    return frame.common_address


def _asked(*frames: bytes) -> tuple[dict[str, object], list[Open | Ask]]:
    """Claims and questions of a talk in which these frames arrive one by one, then silence."""
    talk = PROTOCOL.probe(Context(port=2404))
    step, asked = next(talk), list[Open | Ask]()
    answers = [Reply(Outcome.ANSWERED), *(Reply(Outcome.ANSWERED, (frame,)) for frame in frames)]
    replies: Iterator[Reply] = chain(answers, repeat(Reply(Outcome.SILENT), 2))
    while True:
        asked.append(step)
        try:
            step = talk.send(next(replies))
        except StopIteration as end:
            return {claim.key: claim.value for claim in end.value}, asked


@pytest.mark.parametrize("unit", NEVER.values(), ids=NEVER.keys())
def test_nothing_that_moves_data_or_the_process_may_leave(unit: str) -> None:
    with pytest.raises(Refusal):
        PROTOCOL.vet(bytes.fromhex(unit))


def test_it_is_stateful_as_one_more_connection_can_displace_a_master() -> None:
    assert PROTOCOL.klass is RequestClass.STATEFUL
    assert set(PROTOCOL.classes.values()) == {RequestClass.STATEFUL}


def test_a_confirmed_test_frame_proves_the_service_and_nothing_more() -> None:
    claims, asked = _asked(TEST_CONFIRMED)
    assert claims == {"service_name": "iec104", "service_source": "probed"}
    assert [step.payload for step in asked if isinstance(step, Ask)] == [bytes.fromhex("680443000000")]


def test_what_comes_unasked_is_never_answered() -> None:
    _, asked = _asked(FLOAT, bytes.fromhex("680443000000"), FLOAT, TEST_CONFIRMED)
    assert [step.payload for step in asked if isinstance(step, Ask)] == [bytes.fromhex("680443000000"), b"", b"", b""]


def test_data_sent_unasked_names_its_stations() -> None:
    other = _apdu("01010300070000010001")
    claims, _ = _asked(FLOAT, other, FLOAT, TEST_CONFIRMED)
    assert claims["iec104_common_addresses"] == ("7", "1234")


def test_a_station_that_sends_for_ever_is_left_alone() -> None:
    claims, asked = _asked(*[FLOAT] * 20)
    assert claims["iec104_common_addresses"] == ("1234",)
    assert len(asked) < 12


@pytest.mark.parametrize("frame", ["680443000000", "68040b000000", "680401000200"])
def test_frames_without_a_confirmation_or_data_prove_nothing(frame: str) -> None:
    assert _asked(bytes.fromhex(frame))[0] == {}


@pytest.mark.parametrize(
    ("data_unit", "address"),
    [
        ("0101030007000b000001", 7),  # one single point
        ("0181030007000b000001", 7),  # the same as a sequence of one
        ("0183030007000b0000010001", 7),  # a sequence of three
        ("0102030007000b000001", None),  # two stated, one there
        ("0100030007000b0000", None),  # none stated
        ("0101030007000b0001", None),  # an object address of two octets
        ("0101000007000b000001", None),  # no cause of transmission
        ("01010300ffff0b000001", None),  # the global address
        ("0101030000000b000001", None),  # not used
        ("6401060007000000001400", None),  # a control direction type
    ],
)
def test_the_common_address_is_read_where_the_size_allows_one_reading(data_unit: str, address: int | None) -> None:
    assert _address(data_unit) == address


@given(st.binary(max_size=60))
def test_arbitrary_bytes_are_a_frame_or_a_wire_error(raw: bytes) -> None:
    try:
        codec.decode(raw)
    except WireError:
        return
    assert raw[0] == 0x68
    assert raw[1] == len(raw) - 2
