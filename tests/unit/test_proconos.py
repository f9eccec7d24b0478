"""ProConOS: one question may leave, its checksum is that of the recorded ones, and a runtime must name itself."""

import pytest

from assetctl.errors import Refusal, WireError
from assetctl.model import RequestClass
from assetctl.protocols.proconos import PROTOCOL, codec, probe, vet

RECORDED = ("cc01000b4002000047ee", "cc01000f40070000eafa", "cc01000f400800002db0")


def kermit(data: bytes) -> bytes:
    """CRC-16/KERMIT: polynomial 0x1021 reflected, from 0, in little-endian order."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x8408 if crc & 1 else 0)
    return crc.to_bytes(2, "little")


def answer(runtime: bytes = b"ProConOS V4.1.0267 Jul 31 2012", plc: bytes = b"PLC") -> bytes:
    data = bytes(4) + runtime.ljust(32, b"\0") + plc.ljust(32, b"\0") + bytes(8)
    return b"\xcc\x01\x00\x0b\x40\x02" + len(data).to_bytes(2, "little") + data + b"\0\0"


@pytest.mark.parametrize("frame", RECORDED)
def test_the_checksum_is_that_of_recorded_questions(frame: str) -> None:
    unit = bytes.fromhex(frame)
    assert kermit(b"123456789") == b"\x89\x21"
    assert kermit(unit[:-2]) == unit[-2:]


def test_the_question_has_the_checksum_of_its_bytes() -> None:
    unit = codec.encode_information()
    assert kermit(unit[:-2]) == unit[-2:]


def test_no_other_function_may_leave() -> None:
    allowed = set()
    for function in range(256):
        said = b"\xcc\x01\x00" + bytes((function,)) + b"\x40\x02\0\0"
        try:
            vet.vet(said + kermit(said))
        except Refusal:
            continue
        allowed.add(function)
    assert allowed == {0x0B}
    assert PROTOCOL.klass is RequestClass.STATEFUL
    assert not PROTOCOL.verified


def test_the_echo_of_the_question_is_no_answer() -> None:
    question = codec.encode_information()
    assert not codec.is_answer(question, question=question)
    assert codec.is_answer(answer(), question=question)


@pytest.mark.parametrize(
    ("runtime", "product", "version"),
    [
        (b"ProConOS V4.1.0267 Jul 31 2012", "ProConOS", "4.1.0267"),
        (b"ProConOS V3.0.1040 Oct 22 2002", "ProConOS", "3.0.1040"),
        (b"ProConOS eCLR V3.1.0.5 x", "ProConOS eCLR", "3.1.0.5"),
    ],
)
def test_runtime_and_version_are_told_apart(runtime: bytes, product: str, version: str) -> None:
    found = codec.decode(answer(runtime))
    named = probe._RUNTIME.match(found.runtime)
    assert named is not None
    claims = {claim.key: claim.value for claim in probe._claims(found, named, 20547)}
    assert (claims["service_product"], claims["service_version"]) == (product, version)
    assert claims["proconos_plc_type"] == "PLC"


def test_a_runtime_of_another_name_is_none() -> None:
    assert probe._RUNTIME.match(codec.decode(answer(b"SSH-2.0")).runtime) is None


@pytest.mark.parametrize("unit", [b"", answer()[:-3], answer() + b"\0", answer()[1:], b"\xcc\x01" + bytes(8)])
def test_what_is_no_whole_answer_is_refused(unit: bytes) -> None:
    with pytest.raises(WireError):
        codec.decode(unit)
