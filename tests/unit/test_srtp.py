"""SRTP: two messages may leave, and a type that stands for several CPUs names none."""

import pytest

from assetctl.errors import Refusal, WireError
from assetctl.model import RequestClass
from assetctl.protocols.srtp import PROTOCOL, codec, names, probe, vet

BEGUN = b"\x01" + bytes(7) + b"\x0f" + bytes(47)


def reply(text: bytes, *, kind: int = 0x94, sequence: int = 1) -> bytes:
    head = bytearray(56)
    head[0], head[2], head[31] = 3, sequence, kind
    head[4:6] = len(text).to_bytes(2, "little")
    return bytes(head) + text


def test_no_other_service_may_leave() -> None:
    question = codec.encode_controller_type()
    allowed = set()
    for service in range(256):
        try:
            vet.vet(question[:42] + bytes((service,)) + question[43:])
        except Refusal:
            continue
        allowed.add(service)
    assert allowed == {0x43}
    assert PROTOCOL.klass is RequestClass.STATEFUL
    assert not PROTOCOL.verified


def test_nothing_but_zero_bytes_begins_a_connection() -> None:
    assert vet.vet(codec.encode_begin()) == "begin"
    for place in range(56):
        with pytest.raises(Refusal):
            vet.vet(bytes(place) + b"\x01" + bytes(55 - place))


def test_the_question_has_the_layout_of_the_sources() -> None:
    unit = codec.encode_controller_type()
    assert (len(unit), unit[0], unit[2], unit[4:6], unit[31]) == (56, 2, 1, b"\0\0", 0xC0)
    assert (unit[36:40], unit[40:43]) == (b"\x10\x0e\0\0", b"\x01\x01\x43")


@pytest.mark.parametrize("unit", [BEGUN, b"\x01" + bytes(7) + b"\x01" + bytes(47)])
def test_controllers_of_several_makers_begin(unit: bytes) -> None:
    assert codec.is_begun(unit)


@pytest.mark.parametrize("unit", [bytes(56), BEGUN[:-1], BEGUN + b"\0", b"\x03" + bytes(55)])
def test_what_is_no_begin_is_none(unit: bytes) -> None:
    assert not codec.is_begun(unit)


def test_the_type_stands_behind_the_name() -> None:
    assert codec.decode_controller_type(reply(b"CPU\0\0\0\0\0\x43\x10" + bytes(20))) == codec.ControllerType(0x43, 0x10)


@pytest.mark.parametrize(
    "unit",
    [
        reply(b"NAME\0\0\0\0\x43"),  # ends before the minor type
        reply(bytes(20))[:-1],
        reply(bytes(20), kind=0xD4),  # completion without text
        reply(bytes(20), kind=0xD1),  # error
        reply(bytes(20), sequence=2),
        BEGUN,
        b"",
    ],
)
def test_what_is_no_whole_type_is_refused(unit: bytes) -> None:
    with pytest.raises(WireError):
        codec.decode_controller_type(unit)


@pytest.mark.parametrize(("minor", "model"), [(0x10, "IC695CPU320"), (0x0A, ""), (0x12, ""), (0xFE, "")])
def test_a_type_of_several_cpus_names_none(minor: int, model: str) -> None:
    assert names.model(0x43, minor) == model
    claims = {claim.key: claim.value for claim in probe._claims(reply(bytes(8) + bytes((0x43, minor)) + bytes(20)))}
    assert claims.get("model", "") == model
    assert claims["srtp_controller_type"] == f"43{minor:02X}"


def test_a_controller_that_refuses_the_question_is_still_one() -> None:
    assert probe._claims(b"") == probe._claims(reply(b"", kind=0xD1)) == ()
