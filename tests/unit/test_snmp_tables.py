"""Laws of neighbours, bridge tables, ARP and programs: joined as the tables join them, and nothing guessed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pysnmp.proto import rfc1905
from pysnmp.proto.api import v2c

from assetctl.model import Claim, SubjectKind
from assetctl.protocol import Context, Credential
from assetctl.protocols.snmp import arp, bridge, cdp, depth, host, lldp, objects, probe
from assetctl.protocols.snmp.moments import moment
from assetctl.protocols.snmp.neighbours import Neighbours, Port, told_mac
from tests.unit.snmp_agent import Agent, Oid, Talked, talk_to

V2C = Credential("ro", "snmp-v2c")
V1 = Credential("old", "snmp-v1")


def octets(value: bytes | str) -> Any:
    return v2c.OctetString(value.encode() if isinstance(value, str) else value)


def mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


def interface(index: int, name: str, *, alias: str = "", hardware: str = "00:07:7C:00:01:00") -> dict[Oid, Any]:
    return {
        (*objects.IF_DESCR, index): octets(f"Port {name}"),
        (*objects.IF_PHYS_ADDRESS, index): octets(mac(hardware)[:5] + bytes((index,))),
        (*objects.IF_NAME, index): octets(name),
        (*objects.IF_ALIAS, index): octets(alias),
    }


def base() -> dict[Oid, Any]:
    found: dict[Oid, Any] = {objects.SYS_DESCR: octets("Some switch"), objects.SYS_UP_TIME: v2c.TimeTicks(100)}
    for index, name in ((101, "Gi1"), (102, "Gi2"), (103, "Gi3")):
        found |= interface(index, name, alias=f"to cell {index}")
    found[1, 3, 6, 1, 4, 1, 99999, 1, 0] = octets("behind all tables")
    return found


def ask(*tables: dict[Oid, Any], names: tuple[str, ...], credential: Credential = V2C, **quirks: Any) -> Talked:
    held = base()
    for table in tables:
        held |= table
    agent = Agent(held, is_v1=credential is V1, **quirks)
    context = Context(port=161, seed=3, credentials=(credential,), depth=frozenset(names))
    return talk_to(probe.probe(context), {credential.name: agent})


def neighbours(said: Talked) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for claim in said.claims:
        if claim.kind is SubjectKind.NEIGHBOUR:
            found.setdefault(claim.local_key, {})[claim.key.removeprefix("neighbour_")] = claim.value
    return found


def remote(
    index: tuple[int, ...], *, chassis: tuple[int, bytes], port: tuple[int, bytes], **more: Any
) -> dict[Oid, Any]:
    values = {
        4: v2c.Integer(chassis[0]),
        5: octets(chassis[1]),
        6: v2c.Integer(port[0]),
        7: octets(port[1]),
        8: octets(more.get("port_description", "")),
        9: octets(more.get("name", "")),
        10: octets(more.get("description", "")),
        11: octets(b"\x28"),
        12: octets(more.get("capabilities", b"\x20")),
    }
    return {(*lldp.REMOTE.columns[column - 4], *index): value for column, value in values.items()}


def local_port(number: int, subtype: int, name: bytes, description: str = "") -> dict[Oid, Any]:
    return {
        (*lldp.PORT_SUBTYPE, number): v2c.Integer(subtype),
        (*lldp.PORT_ID, number): octets(name),
        (*lldp.PORT_DESC, number): octets(description),
    }


PLC = {"chassis": (7, b"press-1"), "port": (7, b"port-001")}
NEAR = ("snmp.neighbours",)


def test_a_neighbour_stands_under_the_interface_that_the_agent_names() -> None:
    said = ask(
        remote((0, 7, 1), chassis=(4, mac("00:1B:1B:00:00:07")), port=(5, b"P1"), name="ring-2", capabilities=b"\x28"),
        local_port(7, 5, b"Gi2"),
        {(*lldp.MANAGEMENT.columns[0], 0, 7, 1, 1, 4, 10, 20, 1, 9): v2c.Integer(2)},
        {lldp.LOCAL[0]: v2c.Integer(4), lldp.LOCAL[1]: octets(mac("00:07:7C:00:01:00"))},
        names=NEAR,
    )
    assert neighbours(said) == {
        "Gi2/00:1B:1B:00:00:07": {
            "local_port": "Gi2",
            "local_interface": 102,
            "chassis": "00:1B:1B:00:00:07",
            "chassis_type": "macAddress",
            "mac_address": "00:1B:1B:00:00:07",
            "port": "P1",
            "port_type": "interfaceName",
            "name": "ring-2",
            "capabilities": ("bridge", "router"),
            "addresses": ("10.20.1.9",),
            "learned_by": ("lldp",),
        }
    }
    assert said.value("lldp_chassis_id") == "00:07:7C:00:01:00"


@pytest.mark.parametrize(
    ("subtype", "name", "description", "port", "index"),
    [
        (5, b"Gi3", "", "Gi3", 103),
        (5, b"Port Gi3", "", "Gi3", 103),
        (1, b"to cell 103", "", "Gi3", 103),
        (3, mac("00:07:7C:00:01:67"), "", "Gi3", 103),
        (3, mac("00:07:7C:FF:FF:FF"), "Gi3", "Gi3", 103),
        (7, b"77", "to cell 103", "Gi3", 103),
        (7, b"103", "", "103", None),
        (7, b"77", "uplink", "uplink", None),
        (3, mac("00:07:7C:FF:FF:FF"), "", "port/103", None),
    ],
)
def test_the_local_port_is_found_by_what_it_is_called_and_never_by_its_number(
    subtype: int, name: bytes, description: str, port: str, index: int | None
) -> None:
    said = ask(remote((0, 103, 1), **PLC), local_port(103, subtype, name, description), names=NEAR)
    (found,) = neighbours(said).values()
    assert (found["local_port"], found.get("local_interface")) == (port, index)


def test_a_name_that_two_interfaces_have_names_none() -> None:
    said = ask(remote((0, 7, 1), **PLC), local_port(7, 5, b"Gi2"), interface(104, "Gi2"), names=NEAR)
    (found,) = neighbours(said).values()
    assert "local_interface" not in found


@pytest.mark.parametrize(
    ("subtype", "raw", "kind", "shown"),
    [
        (4, mac("00:1B:1B:00:00:07"), "macAddress", "00:1B:1B:00:00:07"),
        (4, b"00:1b:1b:00:00:07", "macAddress", "00:1B:1B:00:00:07"),
        (4, b"00-1b-1b-00-00-07", "macAddress", "00:1B:1B:00:00:07"),
        (5, b"\x01\x0a\x14\x01\x09", "networkAddress", "10.20.1.9"),
        (5, b"\x02" + bytes(15) + b"\x01", "networkAddress", "::1"),
        (5, b"\x01\x0a", "networkAddress", "01:0A"),
        (7, b"press-1\0\0", "local", "press-1"),
        (7, b"\xff\xfe\x01", "local", "FF:FE:01"),
        (7, b"a\x1b[31m", "local", "61:1B:5B:33:31:6D"),
        (7, b"", "", ""),
        (9, b"x", "", ""),
        (None, b"x", "", ""),
    ],
)
def test_ids_are_read_as_their_subtype_says(subtype: int | None, raw: bytes, kind: str, shown: str) -> None:
    assert lldp.identifier(lldp.CHASSIS_TYPES, subtype, raw) == (kind, shown)


@given(st.integers(0, 9), st.binary(max_size=300))
def test_any_id_is_read_without_a_control_character(subtype: int, raw: bytes) -> None:
    for types in (lldp.CHASSIS_TYPES, lldp.PORT_TYPES):
        _, shown = lldp.identifier(types, subtype, raw)
        assert shown == "" or shown.isprintable()


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        (b"\x28", ("bridge", "router")),
        (b"\x28\0\0\0", ("bridge", "router")),
        (b"\x01", ("stationOnly",)),
        (b"\0\x14", ()),  # as on the wire, or two of the later bits: nobody can tell
        (b"\0\0", ()),
        (b"", ()),
    ],
)
def test_capabilities_are_bits_from_the_highest(raw: bytes, names: tuple[str, ...]) -> None:
    assert lldp.capabilities(raw) == names


def test_an_agent_that_filters_by_time_is_left_after_the_first_repetition() -> None:
    rows: dict[Oid, Any] = {}
    for time_mark in range(400):
        for number in (1, 2, 3):
            rows |= remote((time_mark, number, 1), chassis=(7, b"plc-%d" % number), port=(7, b"p"))
    said = ask(rows, names=NEAR)
    assert len(neighbours(said)) == 3
    assert said.requests.count("walk-lldp-remote") + said.requests.count("bulk-lldp-remote") < 6
    assert said.value("snmp_tables_cut") is None


def test_lldp_v2_names_the_interface_itself() -> None:
    values = {5: v2c.Integer(7), 6: octets("press-1"), 7: v2c.Integer(7), 8: octets("port-001"), 13: octets(b"\x01")}
    index = (300, 103, 1, 1)
    rows = {(*lldp.REMOTE_V2.columns[column - 5], *index): value for column, value in values.items()}
    rows[(*lldp.MANAGEMENT_V2.columns[0], *index, 1, 4, 10, 20, 1, 9)] = v2c.Integer(2)
    found = neighbours(ask(rows, names=NEAR))
    assert found["Gi3/press-1"]["local_interface"] == 103
    assert found["Gi3/press-1"]["capabilities"] == ("stationOnly",)
    assert found["Gi3/press-1"]["addresses"] == ("10.20.1.9",)


def cache(index: tuple[int, int], **values: Any) -> dict[Oid, Any]:
    columns = {name: getattr(cdp, name) for name in values}
    return {(*columns[name], *index): value for name, value in values.items()}


def test_cdp_tells_platform_native_vlan_and_addresses_in_either_form() -> None:
    rows = cache(
        (102, 1),
        DEVICE_ID=octets("core-1(FOC1)"),
        DEVICE_PORT=octets("GigabitEthernet1/0/1"),
        PLATFORM=octets("cisco WS-C3750"),
        VERSION=octets("IOS 15"),
        CAPABILITIES=octets(b"\0\0\0\x29"),
        NATIVE_VLAN=v2c.Integer(7),
        ADDRESS=octets(bytes((10, 20, 1, 1))),
        MANAGEMENT=octets("10.20.1.2"),
    )
    rows |= cache((103, 1), DEVICE_ID=octets(""), PLATFORM=octets("told by LLDP already"))
    rows |= cache((103, 2), DEVICE_ID=octets(mac("00:1B:1B:00:00:07")), NATIVE_VLAN=v2c.Integer(0))
    found = neighbours(ask(rows, names=NEAR))
    assert set(found) == {"Gi2/core-1(FOC1)", "Gi3/00:1B:1B:00:00:07"}
    core = found["Gi2/core-1(FOC1)"]
    assert core["capabilities"] == ("igmpCapable", "router", "switch")
    assert core["addresses"] == ("10.20.1.1", "10.20.1.2")
    assert (core["native_vlan"], core["name"], core["platform"]) == (7, "core-1(FOC1)", "cisco WS-C3750")
    assert found["Gi3/00:1B:1B:00:00:07"]["mac_address"] == "00:1B:1B:00:00:07"
    assert not {"native_vlan", "name"} & set(found["Gi3/00:1B:1B:00:00:07"])


def bridge_rows(*, ports: dict[int, int]) -> dict[Oid, Any]:
    found: dict[Oid, Any] = {bridge.BASE_ADDRESS: octets(mac("00:07:7C:00:01:00"))}
    return found | {(*bridge.PORT_IF_INDEX, port): v2c.Integer(index) for port, index in ports.items()}


def learned(vlan: int, address: str, port: int, status: int = 3) -> dict[Oid, Any]:
    index = (vlan, *mac(address))
    return {(*bridge.Q_FDB_PORT, *index): v2c.Integer(port), (*bridge.Q_FDB_STATUS, *index): v2c.Integer(status)}


def test_an_address_is_behind_the_interface_of_its_bridge_port() -> None:
    said = ask(
        bridge_rows(ports={1: 101, 2: 103}),
        learned(9, "00:1B:1B:00:00:07", 2),
        learned(10, "00:1B:1B:00:00:07", 2),
        learned(9, "00:1B:1B:00:00:08", 2, status=4),
        learned(9, "00:1B:1B:00:00:09", 3),
        learned(9, "00:1B:1B:00:00:0A", 2, status=2),
        learned(9, "01:00:5E:00:00:01", 2, status=5),
        {(*bridge.VLAN_FDB, 0, vlan): v2c.Gauge32(vlan - 100) for vlan in (109, 110)},
        names=("snmp.fdb",),
    )
    found = neighbours(said)
    assert set(found) == {"Gi3/00:1B:1B:00:00:07", "Gi3/00:1B:1B:00:00:08", "port/3/00:1B:1B:00:00:09"}
    assert found["Gi3/00:1B:1B:00:00:07"] == {
        "local_port": "Gi3",
        "local_interface": 103,
        "mac_address": "00:1B:1B:00:00:07",
        "vlans": ("109", "110"),
        "entry_types": ("learned",),
        "learned_by": ("fdb",),
    }
    assert found["Gi3/00:1B:1B:00:00:08"]["entry_types"] == ("self",)
    assert "local_interface" not in found["port/3/00:1B:1B:00:00:09"]
    assert said.value("bridge_mac_address") == "00:07:7C:00:01:00"
    assert said.value("bridge_port", local_key="if/103") == 2


def test_a_filtering_database_of_several_vlans_tells_no_vlan() -> None:
    said = ask(
        bridge_rows(ports={1: 101}),
        learned(1, "00:1B:1B:00:00:07", 1),
        {(*bridge.VLAN_FDB, 0, vlan): v2c.Gauge32(1) for vlan in (9, 10)},
        names=("snmp.fdb",),
    )
    assert "vlans" not in neighbours(said)["Gi1/00:1B:1B:00:00:07"]


def test_the_plain_forwarding_table_is_asked_where_there_is_none_by_vlan() -> None:
    index = mac("00:1B:1B:00:00:07")
    rows = {(*bridge.FDB_PORT, *index): v2c.Integer(1), (*bridge.FDB_STATUS, *index): v2c.Integer(3)}
    said = ask(bridge_rows(ports={1: 101}), rows, names=("snmp.fdb",))
    assert set(neighbours(said)) == {"Gi1/00:1B:1B:00:00:07"}


def test_what_is_no_bridge_is_left_after_two_questions() -> None:
    said = ask(names=("snmp.fdb",))
    assert [name for name in said.requests if not name.startswith(("next-", "get-system"))] == [
        "get-bridge",
        "walk-bridge-port",
    ]


def test_vlans_of_a_port_are_those_in_force_with_and_without_a_tag() -> None:
    rows: dict[Oid, Any] = {(*bridge.PVID, 1): v2c.Gauge32(10), (*bridge.PVID, 2): v2c.Gauge32(0)}
    for vlan in (10, 11, 12, 20):
        rows[*bridge.VLAN_EGRESS, 0, vlan] = octets(b"\xc0" if vlan == 10 else b"\x40")
        rows[*bridge.VLAN_UNTAGGED, 0, vlan] = octets(b"\x80" if vlan == 10 else b"\0")
    rows |= {(*bridge.STATIC_NAME, 10): octets("control"), (*bridge.STATIC_NAME, 30): octets("")}
    said = ask(bridge_rows(ports={1: 101, 2: 102}), rows, names=("snmp.fdb",))
    assert said.value("vlans") == ("10 control", "11", "12", "20", "30")
    assert said.value("interface_vlan", local_key="if/101") == 10
    assert said.value("interface_vlan", local_key="if/102") is None
    assert said.value("interface_vlans_untagged", local_key="if/101") == ("10",)
    assert said.value("interface_vlans_tagged", local_key="if/101") is None
    assert said.value("interface_vlans_tagged", local_key="if/102") == ("10-12", "20")


def test_a_port_list_that_is_written_out_in_numbers_is_not_read_as_bits() -> None:
    assert bridge.members(b"514,515") == set()
    assert bridge.members(b"\x80\x01") == {1, 16}
    assert bridge.members(b"") == set()


@given(st.sets(st.integers(1, 300)))
def test_spans_hold_exactly_their_numbers(numbers: set[int]) -> None:
    told: set[int] = set()
    for span in bridge.spans(numbers):
        low, _, high = span.partition("-")
        told |= set(range(int(low), int(high or low) + 1))
    assert told == numbers


def physical(index: tuple[int, ...], hardware: str, kind: int = 3) -> dict[Oid, Any]:
    return {(*arp.PHYS_ADDRESS, *index): octets(mac(hardware)), (*arp.TYPE, *index): v2c.Integer(kind)}


def media(index: tuple[int, ...], hardware: str, kind: int = 3) -> dict[Oid, Any]:
    return {(*arp.MEDIA_PHYS_ADDRESS, *index): octets(mac(hardware)), (*arp.MEDIA_TYPE, *index): v2c.Integer(kind)}


def test_arp_joins_addresses_of_one_adapter_and_skips_what_is_none() -> None:
    v6 = (2, 16, 0xFE, 0x80, *[0] * 13, 9)
    said = ask(
        physical((102, 1, 4, 10, 20, 1, 9), "00:1B:1B:00:00:07"),
        physical((102, *v6), "00:1B:1B:00:00:07", kind=5),
        physical((102, 1, 4, 10, 20, 1, 10), "00:00:00:00:00:00"),
        physical((102, 1, 4, 10, 20, 1, 11), "00:1B:1B:00:00:08", kind=2),
        physical((102, 1, 4, 224, 0, 0, 1), "00:1B:1B:00:00:08"),
        physical((102, 1, 4, 10, 20, 1, 255), "FF:FF:FF:FF:FF:FF", kind=4),
        names=("snmp.arp",),
    )
    assert neighbours(said) == {
        "Gi2/00:1B:1B:00:00:07": {
            "local_port": "Gi2",
            "local_interface": 102,
            "mac_address": "00:1B:1B:00:00:07",
            "addresses": ("10.20.1.9", "fe80::9"),
            "entry_types": ("dynamic", "local"),
            "learned_by": ("arp",),
        }
    }
    assert "walk-ipv4-arp" not in said.requests


@pytest.mark.parametrize("only_ipv6", [True, False])
def test_the_older_arp_table_is_asked_where_the_newer_one_has_no_ipv4(only_ipv6: bool) -> None:
    newer = physical((102, 2, 16, 0xFD, *[0] * 14, 9), "00:1B:1B:00:00:08") if only_ipv6 else {}
    said = ask(newer, media((103, 10, 20, 1, 9), "00:1B:1B:00:00:07", kind=4), names=("snmp.arp",))
    found = neighbours(said)
    assert found["Gi3/00:1B:1B:00:00:07"]["addresses"] == ("10.20.1.9",)
    assert found["Gi3/00:1B:1B:00:00:07"]["entry_types"] == ("static",)
    assert ("Gi2/00:1B:1B:00:00:08" in found) == only_ipv6


def test_what_several_tables_say_of_one_neighbour_at_one_port_is_one_subject() -> None:
    said = ask(
        remote((0, 7, 1), chassis=(4, mac("00:1B:1B:00:00:07")), port=(5, b"P1"), name="ring-2"),
        local_port(7, 5, b"Gi2"),
        bridge_rows(ports={1: 102}),
        learned(1, "00:1B:1B:00:00:07", 1),
        physical((102, 1, 4, 10, 20, 1, 9), "00:1B:1B:00:00:07"),
        names=("snmp.neighbours", "snmp.fdb", "snmp.arp"),
    )
    (found,) = neighbours(said).values()
    assert found["learned_by"] == ("arp", "fdb", "lldp")
    assert found["name"] == "ring-2"
    assert said.requests.count("walk-interface") == 1, "the names of the interfaces are read once"


def test_a_neighbours_key_stays_short_whatever_it_is_called() -> None:
    found = Neighbours()
    found.add(Port("p" * 1000), "c" * 1000, {"neighbour_learned_by": ("lldp",)})
    assert all(len(claim.local_key) < 300 for claim in found.claims())


def program(index: int, name: str, kind: int = 4, date: bytes = bytes(8)) -> dict[Oid, Any]:
    return {
        (*host.SOFTWARE_NAME, index): octets(name),
        (*host.SOFTWARE_TYPE, index): v2c.Integer(kind),
        (*host.SOFTWARE_DATE, index): octets(date),
    }


def software(claims: tuple[Claim, ...]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for claim in claims:
        if claim.kind is SubjectKind.SOFTWARE:
            found.setdefault(claim.local_key, {})[claim.key.removeprefix("software_")] = claim.value
    return found


@pytest.mark.parametrize(
    ("told", "name", "version"),
    [
        ("bash_5.2.15-2+b7_amd64", "bash", "5.2.15-2+b7"),
        ("ConsoleKit-libs-0.4.1-3.el6", "ConsoleKit-libs", "0.4.1-3.el6"),
        (
            "Microsoft Visual C++ 2008 Redistributable - x86 9.0.30729",
            "Microsoft Visual C++ 2008 Redistributable",
            "9.0.30729",
        ),
        ("JUNOS Base OS Software Suite [12.3R6.6]", "JUNOS Base OS Software Suite", "12.3R6.6"),
        ("7-Zip 9.20", "7-Zip 9.20", ""),
        ("SIMATIC WinCC V7.5", "SIMATIC WinCC V7.5", ""),
        ("autoconf-2.62", "autoconf-2.62", ""),
        ("Update - KB4012598", "Update - KB4012598", ""),
    ],
)
def test_a_version_is_taken_out_of_a_name_only_where_its_form_is_certain(told: str, name: str, version: str) -> None:
    assert host.parted(told) == (name, version)


def test_programs_stand_under_their_names_and_two_of_one_name_under_all_that_is_told() -> None:
    said = ask(
        program(1, "linux-image_6.1.1-1_amd64"),
        program(2, "linux-image_6.1.2-1_amd64"),
        program(7, "SIMATIC STEP 7", date=bytes((0x07, 0xE8, 3, 1, 12, 30, 0, 0, 0x2B, 1, 0))),
        names=("snmp.host-resources",),
    )
    assert software(said.claims) == {
        "linux-image_6.1.1-1_amd64": {"name": "linux-image", "version": "6.1.1-1", "kind": "application"},
        "linux-image_6.1.2-1_amd64": {"name": "linux-image", "version": "6.1.2-1", "kind": "application"},
        "SIMATIC STEP 7": {
            "name": "SIMATIC STEP 7",
            "kind": "application",
            "installed_at": "2024-03-01T12:30:00+01:00",
        },
    }


def test_devices_memory_and_clock_of_a_computer() -> None:
    rows: dict[Oid, Any] = {host.MEMORY_SIZE: v2c.Integer(4096), host.SYSTEM_DATE: octets(b"2019-6-20,17:45:44.0")}
    for index, kind, text in (
        (1, 3, "Xeon"),
        (2, 3, "Xeon"),
        (3, 12, "Guessing that there's a coprocessor"),
        (4, 5, ""),
    ):
        rows[*host.DEVICE_TYPE, index] = v2c.ObjectIdentifier((1, 3, 6, 1, 2, 1, 25, 3, 1, kind))
        rows[*host.DEVICE_DESCR, index] = octets(text)
    said = ask(rows, names=("snmp.host-resources",))
    assert said.value("host_devices") == ("processor: Xeon",)
    assert said.value("host_memory_kib") == 4096
    assert said.value("host_time") == "2019-06-20T17:45:44"


@given(st.binary(max_size=24))
def test_any_octets_are_a_moment_or_none(raw: bytes) -> None:
    assert moment(raw) == "" or moment(raw)[4:5] == "-"


@given(st.binary(max_size=40))
def test_any_octets_are_a_hardware_address_or_none(raw: bytes) -> None:
    assert len(told_mac(raw)) in (0, 17)


def is_bulk(pdu: Any) -> bool:
    return isinstance(pdu, rfc1905.GetBulkRequestPDU)


def test_each_depth_question_stays_within_its_own_purse_and_says_what_was_cut() -> None:
    rows: dict[Oid, Any] = bridge_rows(ports={1: 101})
    for number in range(500):
        rows |= learned(1, f"00:1B:1B:00:{number >> 8:02X}:{number & 255:02X}", 1)
        rows |= physical(
            (102, 1, 4, 10, 20, number >> 8, number & 255), f"00:1B:1B:01:{number >> 8:02X}:{number & 255:02X}"
        )
    said = ask(rows, names=("snmp.fdb", "snmp.arp"), drops=is_bulk)
    spent = {name: 0 for name in depth.QUESTIONS}
    for request in said.requests:
        if request.endswith("arp"):
            spent["snmp.arp"] += 1
        elif not request.startswith("next-") and request != "get-system":
            spent["snmp.fdb"] += 1
    assert all(0 < spent[name] <= depth.QUESTIONS[name] for name in ("snmp.fdb", "snmp.arp"))
    assert said.value("snmp_tables_cut") == ("arp: limit of questions", "vlan-fdb: limit of questions")
    assert len(neighbours(said)) > 500


def test_over_v1_every_table_is_read_row_by_row_to_its_end() -> None:
    rows = bridge_rows(ports={1: 101})
    for number in range(5):
        rows |= learned(1, f"00:1B:1B:00:00:{number:02X}", 1)
    said = ask(rows, names=("snmp.fdb",), credential=V1)
    assert len(neighbours(said)) == 5
    assert not [name for name in said.requests if name.startswith("bulk-")]
    assert said.value("snmp_tables_cut") is None
