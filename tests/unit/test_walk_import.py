"""Laws of importing SNMP walks: every spelling of net-snmp and snmpsim says what the agent says."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assetctl.errors import InputError
from assetctl.exchange.walk import claims
from assetctl.exchange.walk_file import parse, read_walk
from assetctl.exchange.walk_names import oid_of
from assetctl.store.repo import open_store
from tests.unit.command import Desk

NUMBERS = """\
.1.3.6.1.2.1.1.1.0 = STRING: "Siemens, SIMATIC NET, SCALANCE X208, 6GK5 208-0BA10-2AA3, HW: Version 4
second line"
.1.3.6.1.2.1.1.2.0 = OID: .1.3.6.1.4.1.4196.1.1.5.3.4
.1.3.6.1.2.1.1.3.0 = Timeticks: (1234567) 3:25:45.67
.1.3.6.1.2.1.1.5.0 = STRING: sw-3
.1.3.6.1.2.1.1.6.0 = STRING: "hall \\"2\\""
.1.3.6.1.2.1.1.7.0 = INTEGER: 2
.1.3.6.1.2.1.2.2.1.2.1 = STRING: P1
.1.3.6.1.2.1.2.2.1.3.1 = INTEGER: ethernetCsmacd(6)
.1.3.6.1.2.1.2.2.1.5.1 = Gauge32: 100000000
.1.3.6.1.2.1.2.2.1.6.1 = Hex-STRING: 00 1B 1B 00 00 01
.1.3.6.1.2.1.2.2.1.7.1 = INTEGER: up(1)
.1.3.6.1.2.1.2.2.1.8.1 = INTEGER: down(2)
.1.3.6.1.2.1.4.20.1.2.10.20.1.2 = INTEGER: 1
.1.3.6.1.2.1.99.1 = No Such Object available on this agent at this OID
.1.3.6.1.2.1.99.2 = No more variables left in this MIB View (It is past the end of the MIB tree)
"""
NAMED = """\
SNMPv2-MIB::sysDescr.0 = STRING: Siemens, SIMATIC NET, SCALANCE X208, 6GK5 208-0BA10-2AA3, HW: Version 4
second line
SNMPv2-MIB::sysObjectID.0 = OID: SNMPv2-SMI::enterprises.4196.1.1.5.3.4
DISMAN-EVENT-MIB::sysUpTimeInstance = Timeticks: (1234567) 3:25:45.67
SNMPv2-MIB::sysName.0 = STRING: sw-3
SNMPv2-MIB::sysLocation.0 = STRING: hall "2"
SNMPv2-MIB::sysServices.0 = INTEGER: 2
IF-MIB::ifDescr.1 = STRING: P1
IF-MIB::ifType[1] = INTEGER: ethernetCsmacd(6)
IF-MIB::ifSpeed.1 = Gauge32: 100000000
IF-MIB::ifPhysAddress.1 = STRING: 0:1b:1b:0:0:1
IF-MIB::ifAdminStatus.1 = INTEGER: up(1)
IF-MIB::ifOperStatus[1] = INTEGER: down(2)
IP-MIB::ipAdEntIfIndex.10.20.1.2 = INTEGER: 1
NOTIFICATION-LOG-MIB::nlmConfigGlobalEntryLimit.0 = Gauge32: 1000
"""
RECORDS = """\
1.3.6.1.2.1.1.1.0|4x|5369656d656e732c2053494d41544943204e45542c205343414c414e434520583230382c2036474b35203230382d304241\
31302d324141332c2048573a2056657273696f6e20340a7365636f6e64206c696e65
1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.4196.1.1.5.3.4
1.3.6.1.2.1.1.3.0|67|1234567
1.3.6.1.2.1.1.5.0|4|sw-3
1.3.6.1.2.1.1.6.0|4|hall "2"
1.3.6.1.2.1.1.7.0|2|2
1.3.6.1.2.1.2.2.1.2.1|4|P1
1.3.6.1.2.1.2.2.1.3.1|2|6
1.3.6.1.2.1.2.2.1.5.1|66|100000000
1.3.6.1.2.1.2.2.1.6.1|4x|001b1b000001
1.3.6.1.2.1.2.2.1.7.1|2|1
1.3.6.1.2.1.2.2.1.8.1|2|2
1.3.6.1.2.1.2.2.1.10.1|65:numeric|rate=100
1.3.6.1.2.1.4.20.1.2.10.20.1.2|2|1
"""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    folder = tmp_path / "desk"
    folder.mkdir()
    return Desk(folder, monkeypatch)


def _claims(text: str):
    return set(claims(parse(text.encode(), "a.walk")))


BARE = """\
.iso.3.6.1.2.1.1.1.0 "Siemens, SIMATIC NET, SCALANCE X208, 6GK5 208-0BA10-2AA3, HW: Version 4
second line"
.iso.3.6.1.2.1.1.2.0 .iso.3.6.1.4.1.4196.1.1.5.3.4
.iso.3.6.1.2.1.1.3.0 0:3:25:45.67
.iso.3.6.1.2.1.1.5.0 "sw-3"
.iso.3.6.1.2.1.1.6.0 "hall \\"2\\""
.iso.3.6.1.2.1.1.7.0 2
.iso.3.6.1.2.1.2.2.1.2.1 "50 31 "
.iso.3.6.1.2.1.2.2.1.3.1 6
.iso.3.6.1.2.1.2.2.1.5.1 100000000
.iso.3.6.1.2.1.2.2.1.6.1 "00 1B 1B 00 00 01 "
.iso.3.6.1.2.1.2.2.1.7.1 1
.iso.3.6.1.2.1.2.2.1.8.1 2
.iso.3.6.1.2.1.4.20.1.2.10.20.1.2 1
.iso.3.6.1.2.1.99.2 No more variables left in this MIB View (It is past the end of the MIB tree)
"""


def test_every_spelling_says_the_same() -> None:
    numbers = _claims(NUMBERS)
    assert numbers == _claims(RECORDS) == _claims(NAMED)
    assert numbers == _claims(BARE)  # -Ofq
    assert numbers == _claims(re.sub(r"^(\.iso\S+) ", r"\1 = ", BARE, flags=re.M))  # -OfQ
    indented = re.sub("^(?=SNMP|DISMAN|I|NOTI)", "   ", NAMED, flags=re.M)
    assert numbers == _claims(f"$ snmpwalk -v2c -c public sw-3\n{indented}\n\n$ ")
    told = {one.key: one.value for one in numbers}
    assert told["physical_location_address"] == 'hall "2"'
    assert told["mac_address"] == "00:1B:1B:00:00:01"
    assert told["interface_oper_status"] == "down"
    assert "second line" in str(told["description"])


def test_names_with_bare_values_are_read_by_what_the_object_is() -> None:
    told = {
        (one.key, one.value)
        for one in _claims(
            "sysDescr.0 Hirschmann MACH\nsysObjectID.0 enterprises.248.14.10.76\nsysName.0 10.1.2.3\nsysLocation.0 42\n"
            "ifIndex.1 1\nifDescr.1 7\nifType.1 6\nifPhysAddress.1 0:80:63:1:2:3\nsysUpTimeInstance 1:2:03:04.05\n"
        )
    }
    assert told >= {("description", "Hirschmann MACH"), ("hostname", "10.1.2.3"), ("physical_location_address", "42")}
    assert told >= {("interface_description", "7"), ("mac_address", "00:80:63:01:02:03"), ("sys_uptime_s", 93784)}


def test_what_option_a_made_unreadable_is_no_address() -> None:
    table = ".1.3.6.1.2.1.2.2.1.1.1 = INTEGER: 1\n.1.3.6.1.2.1.2.2.1.3.1 = INTEGER: 6\n"
    found = parse(f'{table}.1.3.6.1.2.1.2.2.1.6.1 = STRING: "......"\n'.encode(), "a")
    assert found.skipped == 1
    assert not any(one.key == "mac_address" for one in claims(found))


def test_a_text_ends_at_the_next_object_and_at_what_the_tool_says() -> None:
    head = "SNMPv2-MIB::sysDescr.0 = STRING: Cisco IOS\nTechnical Support: http://x\n"
    for end in ("", "SNMPv2-MIB::sysName.0 = STRING: r1\n", "Timeout: No Response from r1\n", "admin@nms:~$ \n"):
        assert {one.value for one in _claims(head + end) if one.key == "description"} == {
            "Cisco IOS\nTechnical Support: http://x"
        }
    quoted = '.1.3.6.1.2.1.1.1.0 = STRING: "C:\\\\"\nrubbish\n.1.3.6.1.2.1.1.5.0 = STRING: "r1"\n'
    assert {one.value for one in _claims(quoted) if one.key in ("description", "hostname")} == {"C:\\", "r1"}


def test_names_that_nobody_gave_are_none() -> None:
    told = _claims(
        "SNMPv2-MIB::sysName.0 = STRING: sysName Not Set\nSNMPv2-MIB::sysLocation.0 = STRING: sysLocation Not Set\n"
    )
    assert not {"hostname", "physical_location_address"} & {one.key for one in told}


def test_windows_redirection_says_the_same() -> None:
    assert set(claims(parse(NUMBERS.replace("\n", "\r\n").encode("utf-16"), "a"))) == _claims(NUMBERS)


@pytest.mark.parametrize(
    ("name", "oid"),
    [
        (".1.3.6.1.2.1.1.1.0", (1, 3, 6, 1, 2, 1, 1, 1, 0)),
        ("iso.3.6.1.2.1.1.1.0", (1, 3, 6, 1, 2, 1, 1, 1, 0)),
        ("enterprises.9.1", (1, 3, 6, 1, 4, 1, 9, 1)),
        (".iso.org.dod.internet.mgmt.mib-2.system.sysDescr.0", (1, 3, 6, 1, 2, 1, 1, 1, 0)),
        ("ifName[10101]", (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 1, 10101)),
        ('SNMP-VIEW-MIB::name."_all_".1', None),
        ("UNKNOWN-MIB::somethingElse.1", None),
        ("3.6.1", None),
        (".1.3." + "9" * 11, None),
    ],
)
def test_names_are_read_by_the_table_or_not_at_all(name: str, oid: tuple[int, ...] | None) -> None:
    assert oid_of(name) == oid


def test_what_is_not_read_is_counted() -> None:
    found = parse(NAMED.encode(), "a")
    assert (found.unknown, found.skipped) == (1, 0)
    found = parse(f"warning of a tool\n{NUMBERS}.1.3.6.1.2.1.2.2.1.6.2 = Hex-STRING: 00 1B\nbash: no\n".encode(), "a")
    assert (found.skipped, [problem.split(":")[0] for problem in found.problems]) == (2, ["line 1", "line 19"])
    assert parse(RECORDS.encode(), "a").skipped == 1


@pytest.mark.parametrize("content", [b"", b"\0\1\2", b"hello\n", b"\xff\xfea", b"Timeout: No Response from 10.0.0.1\n"])
def test_another_file_is_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.walk"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.walk") as fault:
        read_walk(path)
    assert len(str(fault.value).splitlines()) == 1


@settings(max_examples=60)
@given(st.data())
def test_mutated_walks_are_read_or_counted(data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from([NUMBERS, NAMED, RECORDS, BARE])).encode())
    for _ in range(data.draw(st.integers(1, 10))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(1, 255))
    try:
        claims(parse(bytes(raw), "a"))
    except InputError as fault:
        assert "a:" in str(fault)  # noqa: PT017 - either is right


def test_a_walk_becomes_an_asset_that_is_read_again(desk: Desk) -> None:
    desk.write("10.20.1.2.walk", NUMBERS)
    for _ in range(2):
        assert desk.call("import", "walk", "10.20.1.2.walk", "--at", "2024-01-01").code == 0
    assert " 0 changed" in desk.call("evidence", "reread").err
    with open_store(f"sqlite:///{desk.folder / 'assetctl.db'}", create=False) as store:
        (asset,) = store.assets()
        facts = {fact.key: fact.value for fact in asset.facts}
    assert facts["ip_address"] == "10.20.1.2"
    assert facts["hostname"] == "sw-3"
    assert facts["manufacturer"] == "Siemens"
    assert "snmp_versions_answered" not in facts


def test_a_bad_option_is_one_line(desk: Desk) -> None:
    desk.write("a.walk", NUMBERS)
    for arguments in (("--address", "10.20.1"), ("--at", "yesterday"), ("--at", "2999-01-01")):
        said = desk.call("import", "walk", "a.walk", *arguments)
        assert (said.code, len(said.errors)) == (2, 1)


HIK = "1.3.6.1.4.1.39165.1"
SUBTREE = f"{HIK}.1.0|4|DS-2CD2185FWD-I\n{HIK}.3.0|4|V5.5.3 build 171025\n{HIK}.7.0|4|15 PERCENT\n"


def told(text: str) -> dict[str, object]:
    return {one.key: one.value for one in claims(parse(text.encode(), "walk.snmprec")) if not one.part}


def test_a_walk_of_a_makers_own_subtree_tells_the_maker_and_what_its_objects_say() -> None:
    assert told(SUBTREE) == {
        "manufacturer": "Hikvision",
        "model": "DS-2CD2185FWD-I",
        "firmware_software_version": "V5.5.3 build 171025",
    }


def test_objects_of_two_makers_without_a_sys_object_id_tell_of_neither() -> None:
    synology = "1.3.6.1.4.1.6574.1.5.1.0|4|DS218+\n"
    assert told(synology)["manufacturer"] == "Synology"
    assert told(SUBTREE + synology) == {}


def test_the_maker_that_a_subtree_names_stands_above_its_number() -> None:
    pdu = "1.3.6.1.4.1.13742.6.3.2.1.1"
    model = f"{pdu}.3.1|4|PRO3X-C20\n"
    assert told(model) == {"manufacturer": "Raritan", "model": "PRO3X-C20"}
    assert told(f"{pdu}.2.1|4|Server Technology\n{model}") == {
        "manufacturer": "Server Technology",
        "model": "PRO3X-C20",
    }


def test_tables_of_another_maker_are_no_identity() -> None:
    assert told("1.3.6.1.4.1.9.9.23.1.3.1.0|2|1\n1.3.6.1.4.1.39165.1.7.0|4|15 PERCENT\n") == {}


def test_where_the_agent_names_itself_its_own_subtree_is_asked_by_that_name_alone() -> None:
    named = "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.6574.1\n"
    assert "Hikvision" not in told(named + SUBTREE).values()


def test_an_identifier_below_ccitt_is_a_value_without_its_type_too() -> None:
    found = parse(b"iso.3.6.1.2.1.2.2.1.22.1 = ccitt.0\niso.3.6.1.2.1.1.2.0 = iso.3.6.1.4.1.9.1.1\n", "a")
    assert found.skipped == 0
    assert found.objects[(1, 3, 6, 1, 2, 1, 2, 2, 1, 22, 1)] == bytes.fromhex("060100")
