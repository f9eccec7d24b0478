"""KNXnet/IP: what may leave, how addresses are written, and which blocks count."""

import pytest

from assetctl.errors import Refusal, WireError
from assetctl.protocols.knx import PROTOCOL, codec, probe, vet

SERVICES = bytes.fromhex("06020201" + "0401")


def device(name: bytes = b"IP", size: int = 52) -> bytes:
    content = bytes.fromhex("0200110300100045aabbccdde000170c00246d0108f2") + name.ljust(30, b"\0")
    return bytes((size + 2, 1)) + content[:size]


def answer(*blocks: bytes) -> bytes:
    body = b"".join(blocks)
    return b"\x06\x10\x02\x04" + (6 + len(body)).to_bytes(2) + body


@pytest.mark.parametrize("service", [0x0201, 0x0204, 0x0205, 0x0207, 0x0209, 0x020B, 0x0310, 0x0420, 0x0530, 0x0951])
def test_no_other_service_may_leave(service: int) -> None:
    question = codec.encode()
    with pytest.raises(Refusal):
        vet.vet(question[:2] + service.to_bytes(2) + question[4:])


def test_a_question_that_names_another_receiver_of_the_answer_may_not_leave() -> None:
    with pytest.raises(Refusal):
        vet.vet(codec.encode()[:8] + bytes.fromhex("c0a80101" + "0e57"))


@pytest.mark.parametrize(("number", "text"), [(0x1103, "1.1.3"), (0xFFFF, "15.15.255"), (0, "0.0.0")])
def test_an_individual_address_has_area_line_and_device(number: int, text: str) -> None:
    assert probe.address(number) == text


def test_the_name_is_latin_1_and_ends_at_its_first_nul() -> None:
    found = codec.decode(answer(device(b"Geb\xe4ude\0rest"), SERVICES))
    assert found.device.name == "Gebäude"


@pytest.mark.parametrize(("raw", "name"), [("Gebäude".encode(), "Gebäude"), (b"\xff" * 30, ""), (b"A1\xff\xff", "A1")])
def test_a_name_may_be_utf_8_and_memory_that_nobody_wrote_is_none(raw: bytes, name: str) -> None:
    assert codec.decode(answer(device(raw), SERVICES)).device.name == name


def test_of_a_block_that_is_told_twice_the_first_counts() -> None:
    assert codec.decode(answer(device(b"one"), device(b"two"))).device.name == "one"


def test_the_first_of_its_addresses_is_the_device_s_own() -> None:
    block = bytes.fromhex("0805" + "1103" + "1104" + "1105")
    assert codec.decode(answer(device(), block)).more_addresses == (0x1104, 0x1105)


@pytest.mark.parametrize("unit", [answer(SERVICES), answer(device(size=40)), answer(device(), b"\x01\x02")])
def test_a_description_without_a_whole_device_is_refused(unit: bytes) -> None:
    with pytest.raises(WireError):
        codec.decode(unit)


def test_it_is_asked_unnamed_only_where_something_suggests_it() -> None:
    assert PROTOCOL.wants is not None
    assert PROTOCOL.wants.suggested({"mac_maker": "Weinzierl"}, port="udp/3671")
    assert PROTOCOL.wants.suggested({"open_ports": "udp/3671"}, port="udp/3671")
    assert not PROTOCOL.wants.suggested({"manufacturer": "Siemens"}, port="udp/3671"), (
        "most of theirs are no KNX devices"
    )
