"""Crimson 3: two registers and no other may be read, and only words are taken for an answer."""

import pytest

from assetctl.errors import Refusal, WireError
from assetctl.model import RequestClass
from assetctl.protocols.crimson import PROTOCOL, codec, vet

QUESTION = codec.encode_manufacturer()


def answer(text: bytes, register: int = 0x012B) -> bytes:
    body = register.to_bytes(2) + b"\x03\x00" + text
    return len(body).to_bytes(2) + body


def test_no_other_register_may_be_read() -> None:
    for register in range(0x10000):
        unit = QUESTION[:2] + register.to_bytes(2) + QUESTION[4:]
        if register != 0x012B:
            with pytest.raises(Refusal):
                vet.vet(unit)
    assert PROTOCOL.klass is RequestClass.STATEFUL


def test_a_message_with_more_data_may_not_leave() -> None:
    with pytest.raises(Refusal):
        vet.vet(b"\x00\x06" + QUESTION[2:] + b"\x00\x01")


def test_the_text_ends_at_its_zero_byte() -> None:
    assert codec.decode(answer(b"Red Lion Controls\0\x01"), question=QUESTION) == "Red Lion Controls"


@pytest.mark.parametrize(
    "unit", [answer(b"\x80\0"), answer(b"G310\0", register=0x012A), answer(b"G310\0")[:-1], b"\0\4"]
)
def test_what_is_no_text_of_that_register_is_refused(unit: bytes) -> None:
    with pytest.raises(WireError):
        codec.decode(unit, question=QUESTION)


def test_our_own_question_is_no_answer() -> None:
    assert not codec.is_answer(QUESTION, question=QUESTION)
    assert codec.is_answer(answer(b"x\0"), question=QUESTION)
