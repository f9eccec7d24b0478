"""CODESYS V3: one question may leave, it holds the own address, and only a layout that is known is read."""

from dataclasses import dataclass

import pytest

from assetctl.errors import Refusal, WireError
from assetctl.model import RequestClass
from assetctl.protocols.codesys_v3 import PROTOCOL, codec, probe, vet
from assetctl.protocols.codesys_v3_tcp import PROTOCOL as OVER_TCP
from assetctl.protocols.codesys_v3_tcp import codec as block
from assetctl.protocols.codesys_v3_tcp import vet as block_vet

OWN = 0xC0A80132  # 192.168.1.50


@dataclass(frozen=True)
class Texts:
    node: str = "PLC-7"
    device: str = "PFC200"
    vendor: str = "WAGO"


DEFAULT = Texts()


def answer(texts: Texts = DEFAULT, *, version: int = 0x0400, little: int = 1, seed: int = 0) -> bytes:
    head = bytes.fromhex("c5734004001100000007") + b"\x00\x32"
    names = (texts.node, texts.device, texts.vendor)
    package = bytearray(b"\x80\xc2" + version.to_bytes(2, "little") + seed.to_bytes(4, "little"))
    package += b"\x04\x00" + bytes((little, 0)) + b"\0\0"
    package += b"".join(len(name).to_bytes(2, "little") for name in names)
    package += b"\0\x10\0\0" + (0x10059411).to_bytes(4, "little") + (0x05070C00).to_bytes(4, "little")
    if version == 0x0400:
        package += bytes(4) + b"\x04" + bytes(11)
    package += b"".join(name.encode("utf-16-le") + b"\0\0" for name in names)
    if version == 0x0400:
        package += b"0815\0"
    return head + bytes(package)


def test_the_question_holds_the_own_address_behind_the_prefix() -> None:
    unit = codec.encode_resolve(own=OWN, prefix=24, port=1740, seed=0xC284)
    assert unit == bytes.fromhex("c57c40030010c28400320000" + "02c20004" + "0000c284")[:16] + (0xC284).to_bytes(
        4, "little"
    )
    wide = codec.encode_resolve(own=OWN, prefix=16, port=1742, seed=1)
    assert wide[5:12] == bytes.fromhex("20" + "0001" + "00020132")


def test_no_other_service_may_leave() -> None:
    question = codec.encode_resolve(own=OWN, prefix=24, port=1740, seed=7)
    assert vet.vet(question) == "resolve-address"
    for place in (0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 18, 19):
        for value in (question[place] ^ 1, question[place] ^ 0x80):
            with pytest.raises(Refusal):
                vet.vet(question[:place] + bytes((value,)) + question[place + 1 :])
    assert PROTOCOL.klass is OVER_TCP.klass is RequestClass.STATEFUL
    assert not PROTOCOL.verified
    assert not OVER_TCP.verified


def test_over_tcp_one_question_may_leave() -> None:
    question = block.encode_resolve()
    assert block_vet.vet(question) == "resolve-address"
    for place in range(len(question)):
        with pytest.raises(Refusal):
            block_vet.vet(question[:place] + bytes((question[place] ^ 1,)) + question[place + 1 :])


@pytest.mark.parametrize("version", [0x0102, 0x0103, 0x0400])
def test_maker_and_device_are_told(version: int) -> None:
    claims = {claim.key: claim.value for claim in probe.claims(answer(version=version), "udp/1740")}
    assert (claims["manufacturer"], claims["model"]) == ("WAGO", "PFC200")
    assert (claims["codesys_target_id"], claims["codesys_target_version"]) == ("10059411", "5.7.12.0")
    assert claims.get("serial_number", "") == ("0815" if version == 0x0400 else "")


@pytest.mark.parametrize(
    "vendor", ["3S - Smart Software Solutions GmbH", "3S-Smart Software Solutions", "CODESYS GmbH"]
)
def test_the_maker_of_the_runtime_is_not_that_of_the_computer(vendor: str) -> None:
    texts = Texts("PC", "CODESYS Control Win V3", vendor)
    claims = {claim.key: claim.value for claim in probe.claims(answer(texts), "udp/1740")}
    assert not claims.keys() & {"manufacturer", "model"}
    assert claims["codesys_device"] == "CODESYS Control Win V3"


def test_a_layout_that_is_not_known_tells_only_that_it_is_spoken() -> None:
    for unit in (answer(version=0x0500), answer(little=0)):
        assert {claim.key for claim in probe.claims(unit, "udp/1740")} == {"service_name", "service_source"}


def test_an_answer_to_another_question_is_none() -> None:
    assert codec.is_answer(answer(seed=7), seed=7)
    assert not codec.is_answer(answer(seed=7), seed=8)
    assert not codec.is_answer(codec.encode_resolve(own=OWN, prefix=24, port=1740, seed=7), seed=7)


@pytest.mark.parametrize("length", range(0, len(answer()), 3))
def test_what_is_cut_is_refused(length: int) -> None:
    with pytest.raises(WireError):
        codec.decode(answer()[:length])


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("192.168.1.50/24", (OWN, 24)),
        ("", None),
        ("192.168.1.50", None),
        ("192.168.1.50/31", None),
        ("192.168.1.50/7", None),
        ("192.168.1.50/²4", None),
        ("fe80::1/64", None),
        ("gauge/24", None),
    ],
)
def test_what_is_no_own_address_asks_nothing(text: str, own: tuple[int, int] | None) -> None:
    assert probe._own(text) == own


def test_a_block_of_another_length_is_refused() -> None:
    unit = b"\x00\x01\x17\xe8" + (8 + len(answer())).to_bytes(4, "little") + answer()
    assert block.decode_block(unit) == answer()
    for broken in (unit + b"\0", unit[:-1], b"\x00\x01\x17\xe9" + unit[4:], b""):
        with pytest.raises(WireError):
            block.decode_block(broken)
