"""Laws of PROFINET DCP: one question, and answers that may be anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.errors import Refusal, WireError
from assetctl.protocols.profinet_dcp import codec, names, probe
from assetctl.protocols.profinet_dcp.vet import vet

# to 00:1C:06:11:22:33 from 28:63:36:AB:CD:01, xid 0x1234
HEAD = "001c06112233 286336abcd01 8892 feff 0501 00001234 0000"


def answer(blocks: str, *, length: int | None = None, tail: str = "") -> bytes:
    raw = bytes.fromhex(blocks)
    size = len(raw) if length is None else length
    return bytes.fromhex(HEAD) + size.to_bytes(2) + raw + bytes.fromhex(tail)


def test_the_question_is_one_whole_ethernet_frame_to_the_identify_address() -> None:
    frame = codec.encode_identify_all(xid=0x1234, delay_factor=300)
    assert frame.hex() == "010ecf000000" + "00" * 6 + "8892fefe0500" + "00001234" + "012c" + "0004ffff0000" + "00" * 30
    assert vet(frame) == "identify-all"


@pytest.mark.parametrize("service", range(256))
def test_no_other_service_leaves(service: int) -> None:
    frame = bytearray(codec.encode_identify_all(xid=1, delay_factor=1))
    frame[16] = service
    if service == codec.IDENTIFY:
        assert vet(bytes(frame)) == "identify-all"
        return
    with pytest.raises(Refusal):
        vet(bytes(frame))


@pytest.mark.parametrize("destination", ["ffffffffffff", "010ecf000001", "286336abcd01", "0180c200000e"])
def test_it_goes_to_no_other_address(destination: str) -> None:
    with pytest.raises(Refusal):
        vet(bytes.fromhex(destination) + codec.encode_identify_all(xid=1, delay_factor=1)[6:])


@pytest.mark.parametrize(("listen_s", "factor"), [(0.01, 1), (1.0, 50), (4.0, 300), (21.0, 2000), (600.0, 6400)])
def test_all_stations_have_answered_before_the_listening_ends(listen_s: float, factor: int) -> None:
    assert probe.delay_factor(listen_s) == factor
    assert factor * probe.STEP_S <= max(listen_s, probe.STEP_S)


def test_odd_blocks_are_padded_and_what_follows_the_stated_length_is_nobodys() -> None:
    frame = answer("0202 0005 0000 616263 00 0204 0004 0000 0100", tail="0202 0005 0000 646566 00")
    said = codec.decode(frame)
    assert said.blocks == {codec.NAME_OF_STATION: b"abc", codec.ROLE: b"\x01\x00"}


def test_the_first_of_two_equal_blocks_counts_and_a_block_too_short_for_its_info_is_left_out() -> None:
    said = codec.decode(answer("0202 0004 0000 6162 0202 0004 0000 6364 0203 0001 00 00"))
    assert said.blocks == {codec.NAME_OF_STATION: b"ab"}


@pytest.mark.parametrize(
    ("info", "state", "conflict"), [("0000", 0, False), ("0001", 1, False), ("0002", 2, False), ("0081", 1, True)]
)
def test_the_state_of_an_address_is_told_apart_from_the_address(info: str, state: int, conflict: bool) -> None:
    own = codec.decode(answer(f"0102 000e {info} c0a8000a ffffff00 c0a80001")).addresses
    assert own is not None
    assert (own.state, own.conflict, str(own.ip)) == (state, conflict, "192.168.0.10")


def test_the_full_suite_with_name_servers_is_read_like_the_short_block() -> None:
    own = codec.decode(answer("0103 001e 0001 c0a8000a ffffff00 c0a80001" + "01010101" + "00" * 12)).addresses
    assert str(own.ip if own else "") == "192.168.0.10"


def test_an_answer_from_a_group_address_is_nobodys() -> None:
    frame = bytearray(answer(""))
    frame[6] |= 1
    with pytest.raises(WireError, match="source"):
        codec.decode(bytes(frame))


@pytest.mark.parametrize(
    ("bits", "roles"),
    [
        (0, ()),
        (1, ("IO-Device",)),
        (2, ("IO-Controller",)),
        (3, ("IO-Device", "IO-Controller")),
        (8, ("PN-Supervisor",)),
    ],
)
def test_roles_are_bits(bits: int, roles: tuple[str, ...]) -> None:
    assert names.roles(bits) == roles


@given(st.binary(max_size=120), st.integers(0, 130))
def test_any_blocks_give_a_value_or_a_wire_error(blocks: bytes, length: int) -> None:
    try:
        said = codec.decode(bytes.fromhex(HEAD) + length.to_bytes(2) + blocks)
    except WireError:
        return
    assert len(said.blocks) <= codec.MOST_BLOCKS
    assert sum(map(len, said.blocks.values())) <= length
