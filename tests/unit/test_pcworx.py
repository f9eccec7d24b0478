"""PC Worx: three messages and no other may leave, and a text is what stands up to its zero byte."""

import pytest

from assetctl.errors import Refusal, WireError
from assetctl.model import RequestClass
from assetctl.protocols.pcworx import PROTOCOL, codec, vet


def information(**texts: bytes) -> bytes:
    places = {"type": 30, "firmware": 66, "date": 79, "time": 91, "order_number": 152}
    unit = bytearray(176)
    unit[:4] = b"\x81\x06\x00\xb0"
    for name, text in texts.items():
        unit[places[name] : places[name] + len(text)] = text
    return bytes(unit)


def test_no_other_service_may_leave() -> None:
    allowed = set()
    for service in range(256):
        for unit in (codec.encode_open(), codec.encode_begin(session=1), codec.encode_information(session=1)):
            try:
                vet.vet(unit[:1] + bytes((service,)) + unit[2:])
            except Refusal:
                continue
            allowed.add(service)
    assert allowed == {0x01, 0x05, 0x06}
    assert PROTOCOL.klass is RequestClass.STATEFUL


def test_no_other_information_may_be_asked() -> None:
    with pytest.raises(Refusal):
        vet.vet(codec.encode_information(session=1)[:-2] + b"\x05\x00")


def test_the_session_of_the_answer_is_named_in_what_follows() -> None:
    assert codec.decode_open(bytes.fromhex("8101001400000001000000000002000000" + "2e0000")) == 0x2E
    assert codec.encode_information(session=0x2E)[11] == 0x2E


def test_a_text_ends_at_its_zero_byte_and_day_and_time_are_one() -> None:
    found = codec.decode_information(information(type=b"ILC 1\0ETH", date=b"Mar  2 2012", time=b"09:39:02"))
    assert (found.type, found.date, found.firmware) == ("ILC 1", "Mar  2 2012 09:39:02", "")


@pytest.mark.parametrize(
    "unit",
    [
        information()[:140],  # shorter than it says
        information().replace(b"\x81\x06", b"\x81\x05", 1),
        information().replace(b"\x81\x06", b"\x01\x06", 1),
        b"\x81\x06\x00\x8c" + bytes(136),  # ends before the order number
    ],
)
def test_what_is_no_whole_information_is_refused(unit: bytes) -> None:
    with pytest.raises(WireError):
        codec.decode_information(unit)
