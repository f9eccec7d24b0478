"""Laws of LLDP: units as they come, and what a frame says of its sender."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.errors import Refusal, WireError
from assetctl.model import Claim, Outcome, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols.lldp import PROTOCOL, codec, organisation
from assetctl.protocols.lldp.vet import vet
from assetctl.talk import Ask, Open, Reply

NEAREST, CUSTOMER = "0180c200000e", "0180c2000000"
CHASSIS, PORT, TTL = "0207 04 001b1baa0000", "0405 05 65746831", "0602 0078"  # MAC, "eth1", 120 s


def unit(*more: str, chassis: str = CHASSIS, port: str = PORT, ttl: str = TTL) -> bytes:
    return bytes.fromhex("".join((chassis, port, ttl, *more)) + "0000")


def frame(body: bytes, source: str = "001b1baa0005", destination: str = NEAREST) -> bytes:
    return bytes.fromhex(destination + source + "88cc") + body


def heard(*frames: bytes, interface: str = "eth0") -> tuple[Claim, ...]:
    talk = PROTOCOL.probe(Context(port=codec.ETHER_TYPE, host=interface))
    first = next(talk)
    assert isinstance(first, Open)
    asked = talk.send(Reply(Outcome.ANSWERED))
    assert isinstance(asked, Ask)
    assert (first.transport, first.groups, asked.payload) == (Transport.LINK, codec.GROUPS, b"")
    with pytest.raises(StopIteration) as end:
        talk.send(Reply(Outcome.ANSWERED, frames))
    return tuple(end.value.value)


def values(claims: tuple[Claim, ...], key: str) -> list[object]:
    return [claim.value for claim in claims if claim.key == key]


@given(st.binary(max_size=60))
def test_nothing_may_leave(data: bytes) -> None:
    with pytest.raises(Refusal):
        vet(data)


@pytest.mark.parametrize(
    "body",
    [
        unit(chassis=PORT, port=CHASSIS),
        bytes.fromhex(CHASSIS + PORT),
        unit(chassis="0201 04"),
        unit(ttl="0601 78"),
        bytes.fromhex("0209 04 001b1b"),
        b"",
    ],
)
def test_a_unit_without_its_three_first_tlvs_is_refused(body: bytes) -> None:
    with pytest.raises(WireError):
        codec.decode(body)


def test_what_follows_the_end_is_padding_and_a_missing_end_is_no_error() -> None:
    ended = codec.decode(unit() + bytes.fromhex("0a04 6e616d65"))
    assert ended.system_name == ""
    assert codec.decode(unit()[:-2]) == ended


@pytest.mark.parametrize(
    ("chassis", "kind", "text"),
    [
        (CHASSIS, "macAddress", "00:1B:1B:AA:00:00"),
        ("0206 05 01 c0a8005a", "networkAddress", "192.168.0.90"),
        ("0205 07 706c6331", "local", "plc1"),
        ("0204 04 001b1b", "", "001b1b"),
        ("0204 06 010203", "interfaceName", "010203"),
        ("0203 63 6162", "", "ab"),
    ],
)
def test_an_id_is_read_by_its_kind(chassis: str, kind: str, text: str) -> None:
    assert codec.decode(unit(chassis=chassis)).chassis == codec.Id(kind, text)


@pytest.mark.parametrize(
    ("management", "found"),
    [
        ("100c 05 01 0a140102 02 000003e9 00", [("10.20.1.2", 1001)]),
        ("100c 05 01 0a140102 03 00000007 00", [("10.20.1.2", None)]),
        ("100c 05 06 0a140102 02 000003e9 00", []),
        ("1003 05 01 0a", []),
    ],
)
def test_a_management_address_of_another_kind_or_length_is_left_out(management: str, found: list[object]) -> None:
    told = codec.decode(unit(management)).managements
    assert [(str(one.ip), one.interface) for one in told] == found


def test_capabilities_are_bits_from_the_lowest() -> None:
    read = codec.decode(unit("0e04 0014 0004"))
    assert (read.capabilities, read.enabled) == (("bridge", "router"), ("bridge",))


def test_the_only_sender_that_is_not_passed_on_faces_our_port() -> None:
    claims = heard(frame(unit()), frame(unit()))
    assert values(claims, "neighbour_port") == ["eth0"]
    assert values(claims, "neighbour_local_port") == ["eth1"]
    assert {claim.kind for claim in claims if claim.key.startswith("neighbour")} == {SubjectKind.NEIGHBOUR}


def test_nobody_faces_us_when_several_speak_or_bridges_pass_it_on() -> None:
    second = frame(unit(), source="001b1baa0099")
    assert not values(heard(frame(unit()), second), "neighbour_port")
    assert not values(heard(frame(unit(), destination=CUSTOMER)), "neighbour_port")


def test_the_last_word_of_a_sender_counts_and_a_broken_unit_costs_its_sender_alone() -> None:
    first, last = unit("0a03 6f6c64"), unit("0a03 6e6577")
    claims = heard(frame(first), frame(b"\x02", source="001b1baa0099"), frame(last))
    assert values(claims, "hostname") == ["new"]
    assert {claim.part for claim in claims} == {"station/00:1B:1B:AA:00:05"}


@pytest.mark.parametrize(
    ("port", "chassis", "name"),
    [
        (b"port-001", b"plc1", "plc1"),
        (b"port-001.plc1", b"S7-1500   6ES7 511-1AK02-0AB0", "plc1"),
        (b"eth0", b"plc1", ""),
    ],
)
def test_a_profinet_name_stands_in_the_port_id_or_is_the_chassis_id(port: bytes, chassis: bytes, name: str) -> None:
    told = unit(
        "fe08 000ecf 02 00000000",
        port=f"04{len(port) + 1:02x}07{port.hex()}",
        chassis=f"02{len(chassis) + 1:02x}07{chassis.hex()}",
    )
    assert organisation.station_name(codec.decode(told)) == name


def test_another_makers_port_id_names_no_station() -> None:
    told = unit(port="040e 07 706f72742d3030312e706c6331".replace(" ", ""))
    assert organisation.station_name(codec.decode(told)) == ""


@given(st.binary(max_size=200))
def test_any_bytes_give_claims_about_one_station_or_none(data: bytes) -> None:
    claims = heard(frame(data), frame(unit()[:-2] + data))
    assert {claim.part for claim in claims} <= {"station/00:1B:1B:AA:00:05"}


@pytest.mark.parametrize(
    ("subtype", "key"), [(1, "interface_alias"), (5, "interface_name"), (7, "interface_name"), (2, None)]
)
def test_what_people_typed_is_an_alias_and_no_name_of_the_port(subtype: int, key: str | None) -> None:
    told = heard(frame(unit(port=f"040a{subtype:02x}" + b"Uplink S1".hex())))
    of_port = {claim.key: claim.value for claim in told if claim.key in ("interface_alias", "interface_name")}
    assert of_port == ({key: "Uplink S1"} if key else {})
