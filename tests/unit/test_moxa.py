"""Moxa's device search: what may leave, whose answers count, and when a name tells the model."""

import pytest

from assetctl.errors import Refusal, WireError
from assetctl.model import RequestClass
from assetctl.protocols.moxa import PROTOCOL, codec, vet

ME = {"product": 0x0CC4CAAF, "model_code": 0x511A, "mac": bytes.fromhex("0090e8aabbcc")}
DEVICE = bytes.fromhex("afcac40c" + "1a51" + "0090e8aabbcc")


def answer(command: int, body: bytes, status: int = 0) -> bytes:
    return bytes((command | 0x80, status)) + (8 + len(body)).to_bytes(2) + bytes(4) + body


def test_three_read_commands_and_no_other_may_leave() -> None:
    allowed = set()
    for command in range(256):
        for unit in (codec.encode_search(), codec.encode_read_name(**ME)):
            try:
                vet.vet(bytes((command,)) + unit[1:])
            except Refusal:
                continue
            allowed.add(command)
    assert allowed == {0x01, 0x10, 0x16}
    assert PROTOCOL.klass is RequestClass.STATEFUL


def test_the_device_is_asked_by_the_id_it_told() -> None:
    assert codec.encode_read_details(**ME)[8:] == DEVICE
    assert codec.decode_search(answer(0x01, DEVICE + bytes((10, 1, 2, 3)))) == codec.Device(**ME, ip="10.1.2.3")


def test_answers_of_another_device_are_passed_over() -> None:
    question = codec.encode_read_name(**ME)
    other = DEVICE[:-1] + b"\xcd"
    assert codec.is_answer(answer(0x10, DEVICE + bytes(40)), question=question)
    assert not codec.is_answer(answer(0x10, other + bytes(40)), question=question)
    assert not codec.is_answer(answer(0x16, DEVICE + bytes(40)), question=question)


@pytest.mark.parametrize(("raw", "version"), [("00000601", "1.6"), ("00001003", "3.10"), ("00000004", "4.0")])
def test_the_version_is_written_as_the_device_shows_it(raw: str, version: str) -> None:
    body = DEVICE + bytes.fromhex(raw) + bytes(4) + b"\xd2\x04" + bytes(6)
    assert codec.decode_details(answer(0x16, body)) == codec.Details(version, 1234)


@pytest.mark.parametrize(
    "unit", [answer(0x10, DEVICE + bytes(40), status=4), answer(0x10, DEVICE + bytes(39)), b"\x90"]
)
def test_a_refusal_and_a_short_answer_are_no_name(unit: bytes) -> None:
    with pytest.raises(WireError):
        codec.decode_name(unit)
