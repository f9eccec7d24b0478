"""S7comm-plus: which units leave, what a session says, and that it ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.errors import Refusal, WireError
from assetctl.model import Outcome, RequestClass
from assetctl.protocol import Context
from assetctl.protocols.s7plus import PROTOCOL, codec, probe
from assetctl.talk import Ask, Open, Reply
from assetctl.wire import Reader

CONFIRM = bytes.fromhex("0300000b06d00001443100")
TEXT = b"1;6ES7 215-1AG40-0XB0 ;V4.2"
NUMBERS = [(0, "00"), (127, "7f"), (128, "8100"), (306, "8232"), (0x3A1, "8721"), (0xFFFFFFFF, "8fffffff7f")]


def _wrapped(version: int, data: bytes) -> bytes:
    pdu = bytes((0x72, version)) + len(data).to_bytes(2) + data + bytes((0x72, version, 0, 0))
    return b"\3\0" + (len(pdu) + 7).to_bytes(2) + b"\x02\xf0\x80" + pdu


def _created(sequence: bytes, *, version: int = 1, session: bytes = b"\x87\x21", text: bytes = TEXT) -> bytes:
    """The answer of a CPU, its session version as a structure with the module text inside."""
    member = bytes.fromhex("823b000400") + b"\x82\x3f\x00\x15" + bytes((len(text),)) + text + b"\0"
    tree = bytes.fromhex("a10000011d821f0000a38232") + b"\x00\x17\x00\x00\x01\x3a" + member + b"\xa2" + bytes(4)
    head = b"\x32\0\0\x04\xca\0\0" + sequence + b"\x36\0\1"
    return _wrapped(version, head + session + tree)


def _names(version: int) -> tuple[list[str], dict[str, object]]:
    talk = probe.probe(Context(port=102, seed=0xFFFF))
    names: list[str] = []
    reply: Reply | None = None
    try:
        while True:
            step = next(talk) if reply is None else talk.send(reply)
            if isinstance(step, Open):
                names.append("connect")
                reply = Reply(Outcome.ANSWERED)
                continue
            assert isinstance(step, Ask)
            names.append(PROTOCOL.vet(step.payload))
            frames = {"cotp-connect": CONFIRM, "create-session": _created(step.payload[18:20], version=version)}
            frame = frames.get(names[-1])
            reply = Reply(Outcome.ANSWERED, (frame,)) if frame else Reply(Outcome.SILENT)
    except StopIteration as end:
        return names, {claim.key: claim.value for claim in end.value}


def test_the_protocol_needs_a_consent() -> None:
    assert PROTOCOL.klass is RequestClass.STATEFUL
    assert not PROTOCOL.verified
    assert {request.klass for request in PROTOCOL.requests} == {RequestClass.STATEFUL}


@pytest.mark.parametrize("function", [f for f in range(0x400, 0x600) if f not in (0x4CA, 0x4D4)])
def test_vet_refuses_every_other_function(function: int) -> None:
    for unit in (codec.encode_create(sequence=1), codec.encode_delete(sequence=1, session=0x3A1)):
        with pytest.raises(Refusal):
            PROTOCOL.vet(unit[:14] + function.to_bytes(2) + unit[16:])


@given(session=st.integers(0, 0xFFFFFFFF), other=st.integers(0, 0xFFFFFFFF))
def test_only_the_session_itself_can_be_deleted(session: int, other: int) -> None:
    unit = codec.encode_delete(sequence=1, session=session)
    changed = unit[:25] + other.to_bytes(4) + unit[29:]
    if session == other and session not in (0, 285, 288):
        assert PROTOCOL.vet(changed) == "delete-session"
        return
    with pytest.raises(Refusal):
        PROTOCOL.vet(changed)


@pytest.mark.parametrize("session", [0, 285, 288])
def test_what_is_no_session_of_ours_is_never_deleted(session: int) -> None:
    with pytest.raises(Refusal):
        PROTOCOL.vet(codec.encode_delete(sequence=1, session=session))


def test_a_connection_goes_to_the_named_object_only() -> None:
    unit = codec.encode_connect()
    for other in (b"SIMATIC-ROOT-ES\0", b"SIMATIC-ROOT-PG\0"):
        with pytest.raises(Refusal):
            PROTOCOL.vet(unit[:-16] + other)


@pytest.mark.parametrize(("value", "written"), NUMBERS)
def test_numbers_are_of_variable_length(value: int, written: str) -> None:
    assert codec.read_number(Reader(bytes.fromhex(written)), "number") == value


def test_a_number_of_nine_bytes_has_eight_bits_in_the_last() -> None:
    assert codec.read_number(Reader(b"\x81" + b"\x80" * 7 + b"\xff"), "number", most=9) == 1 << 57 | 0xFF


def test_a_number_without_end_is_refused() -> None:
    with pytest.raises(WireError):
        codec.read_number(Reader(b"\xff" * 20), "number")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1;6ES7 215-1AG40-0XB0 ;V4.2", ("6ES7 215-1AG40-0XB0", "V4.2")),
        ("1;6ES7 512-1DK01-0AB0;V2.6.1", ("6ES7 512-1DK01-0AB0", "V2.6.1")),
        ("6ES7 512-1DK01-0AB0", ("", "")),
        ("1;;V4.2", ("", "")),
        ("1;6ES7;4.2", ("", "")),
        ("", ("", "")),
    ],
)
def test_only_a_text_of_the_known_form_is_taken_apart(text: str, wanted: tuple[str, str]) -> None:
    assert codec.module(text) == wanted


def test_a_session_is_ended_at_once_and_in_its_own_name() -> None:
    names, claims = _names(1)
    assert names == ["connect", "cotp-connect", "create-session", "delete-session"]
    assert (claims["order_code"], claims["firmware_software_version"]) == ("6ES7 215-1AG40-0XB0", "4.2")


def test_a_session_of_a_later_version_ends_with_the_connection() -> None:
    names, claims = _names(3)
    assert names == ["connect", "cotp-connect", "create-session"]
    assert claims["s7plus_version"] == 3


@pytest.mark.parametrize("session", ["00", "821d", "8220", "8880808000", "8fffffff7f", "9080809900"])
def test_an_id_that_no_session_has_is_no_session(session: str) -> None:
    frame = _created(b"\0\1", session=bytes.fromhex(session))
    assert codec.decode_create(1, frame[11:-4], sequence=1).id == 0


def test_the_module_text_outside_the_session_version_is_not_taken() -> None:
    data = codec.part(_created(b"\0\1").removeprefix(b"\3\0" + _created(b"\0\1")[2:4])[3:])[1]
    assert codec.decode_create(1, data, sequence=1).module == TEXT.decode()
    assert codec.decode_create(1, data.replace(b"\xa3\x82\x32", b"\xa3\x82\x33"), sequence=1).module == ""
    with pytest.raises(WireError):
        codec.decode_create(1, data, sequence=2)
