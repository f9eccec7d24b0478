"""HART-IP: which messages may leave, how frames are checked, and what counts as a text."""

from functools import reduce
from operator import xor

import pytest

from assetctl.errors import Refusal, WireError
from assetctl.model import Claim, Outcome, RequestClass
from assetctl.protocol import Context
from assetctl.protocols.hartip import PROTOCOL, codec, names, vet
from assetctl.talk import Ask, Open, Reply

ME = {"device_type": 0xB013, "device_id": 0xDD4EE3}
QUESTION = codec.encode_read_long_tag(sequence=7, **ME)


def passed(
    command: int, data: bytes = b"", *, delimiter: int = 0x82, address: bytes = b"\x80\x13\xdd\x4e\xe3"
) -> bytes:
    """A question with any command, whole and with the right check byte."""
    frame = bytes((delimiter,)) + address + bytes((command, len(data))) + data
    frame += bytes((reduce(xor, frame),))
    return bytes.fromhex("010003000007") + (8 + len(frame)).to_bytes(2) + frame


def answered(data: bytes, *, command: int = 20, code: int = 0) -> bytes:
    frame = b"\x86\xb0\x13\xdd\x4e\xe3" + bytes((command, len(data) + 2, code, 0)) + data
    frame += bytes((reduce(xor, frame),))
    return bytes.fromhex("010103000007") + (8 + len(frame)).to_bytes(2) + frame


def test_five_commands_and_no_other_may_leave() -> None:
    allowed = set()
    for command in range(256):
        for data in (b"", b"\0\1", b"\0"):
            for unit in (passed(command, data), passed(command, data, delimiter=0x02, address=b"\x80")):
                try:
                    vet.vet(unit)
                except Refusal:
                    continue
                allowed.add(command)
    assert allowed == {0, 13, 20, 74, 84}


@pytest.mark.parametrize("message", [2, 4, 5, 128])
def test_no_other_message_may_leave(message: int) -> None:
    with pytest.raises(Refusal):
        vet.vet(QUESTION[:2] + bytes((message,)) + QUESTION[3:])


def test_a_frame_with_a_wrong_check_byte_may_not_leave() -> None:
    with pytest.raises(Refusal):
        vet.vet(QUESTION[:-1] + bytes((QUESTION[-1] ^ 1,)))


def test_the_whole_protocol_needs_a_consent() -> None:
    assert PROTOCOL.klass is RequestClass.STATEFUL
    assert {request.klass for request in PROTOCOL.requests} == {RequestClass.STATEFUL}


def test_an_answer_is_read_behind_preambles() -> None:
    whole = answered(b"FT-1".ljust(32, b"\0"))
    padded = whole[:6] + (len(whole) + 3).to_bytes(2) + b"\xff\xff\xff" + whole[8:]
    assert codec.decode_long_tag(whole, question=QUESTION) == "FT-1"
    assert codec.decode_long_tag(padded, question=QUESTION) == "FT-1"


@pytest.mark.parametrize(
    "unit",
    [
        answered(bytes(32), command=21),  # another command
        answered(bytes(32))[:-1] + b"\0",  # check byte
        answered(bytes(32)) + b"\0",  # longer than it says
        answered(bytes(31)),  # short
        answered(bytes(32)).replace(b"\x86\xb0", b"\x81\xb0"),  # a burst message
    ],
)
def test_what_is_no_whole_answer_is_refused(unit: bytes) -> None:
    with pytest.raises(WireError):
        codec.decode_long_tag(unit, question=QUESTION)


def test_a_response_code_is_a_refusal_and_a_warning_is_not() -> None:
    assert codec.decode_long_tag(answered(b"", code=64), question=QUESTION) == codec.Refused(64)
    assert codec.decode_long_tag(answered(b"FT".ljust(32, b" "), code=8), question=QUESTION) == "FT"


@pytest.mark.parametrize(("raw", "read"), [(b"\xff" * 32, ""), (b"FT\xe4-1".ljust(32, b"\0"), "FTä-1")])
def test_a_long_tag_is_latin_1_and_memory_that_nobody_wrote_is_none(raw: bytes, read: str) -> None:
    assert codec.decode_long_tag(answered(raw), question=QUESTION) == read


@pytest.mark.parametrize(
    ("text", "read"), [("PT-101  ", "PT-101"), ("A_?1    ", "A_?1"), ("@@@@@@@@", ""), ("????????", ""), (" " * 8, "")]
)
def test_six_bits_make_a_character(text: str, read: str) -> None:
    assert codec.packed_text(_pack(text)) == read


def _pack(text: str) -> bytes:
    bits = reduce(lambda value, letter: value << 6 | ord(letter) & 0x3F, text, 0)
    return bits.to_bytes(len(text) * 6 // 8)


def test_before_hart_7_the_maker_stands_in_the_device_type() -> None:
    data = bytes.fromhex("fe260605050305100000f00d")
    question = codec.encode_identify(sequence=7)
    frame = b"\x06\x80\x00" + bytes((len(data) + 2, 0, 0)) + data
    frame += bytes((reduce(xor, frame),))
    unit = bytes.fromhex("010103000007") + (8 + len(frame)).to_bytes(2) + frame
    found = codec.decode_identify(unit, question=question)
    assert isinstance(found, codec.Identity)
    assert (found.manufacturer_id, names.manufacturer(found.device_type >> 8)) == (None, "Emerson")


def test_a_list_row_for_another_index_is_refused() -> None:
    question = codec.encode_read_sub_device(sequence=7, index=3, **ME)
    row = bytes.fromhex("0004" + "0001" + "0026" + "2606" + "00f00d" + "07") + bytes(32)
    with pytest.raises(WireError):
        codec.decode_sub_device(answered(row, command=84), question=question)


def test_every_connection_is_ended_by_closing_the_session() -> None:
    talk = PROTOCOL.probe(Context(port=5094, seed=0xFFFF))
    opened = next(talk)
    assert isinstance(opened, Open)
    assert vet.vet(opened.goodbye) == "session-close"
    asked = talk.send(Reply(Outcome.ANSWERED))
    assert isinstance(asked, Ask)
    again = talk.send(Reply(Outcome.SILENT))
    assert isinstance(again, Open)
    assert vet.vet(again.goodbye) == "session-close"


def test_a_refused_session_ends_the_talk_without_a_claim() -> None:
    talk = PROTOCOL.probe(Context(port=5094, seed=6))
    next(talk)
    talk.send(Reply(Outcome.ANSWERED))
    claims: tuple[Claim, ...] | None = None
    try:
        talk.send(Reply(Outcome.ANSWERED, (bytes.fromhex("0101000f0007000d0100007530"),)))
    except StopIteration as end:
        claims = end.value
    assert claims == ()
