"""Laws of what the entity table and the system group say of a device: rather nothing than something wrong."""

from collections.abc import Iterable
from typing import Any

import pytest
from pysnmp.proto.api import v2c

from assetctl.protocol import Context, Credential
from assetctl.protocols.snmp import PROTOCOL, objects
from assetctl.protocols.snmp.depth import TABLES as DEPTH
from tests.unit.snmp_agent import Agent, Oid, talk_to

CHASSIS, CONTAINER, POWER, FAN, MODULE, STACK = 3, 5, 6, 7, 9, 11
COLUMNS = {
    "descr": objects.ENT_DESCR,
    "hardware": objects.ENT_HARDWARE_REV,
    "firmware": objects.ENT_FIRMWARE_REV,
    "software": objects.ENT_SOFTWARE_REV,
    "serial": objects.ENT_SERIAL_NUM,
    "maker": objects.ENT_MFG_NAME,
    "model": objects.ENT_MODEL_NAME,
}


def row(index: int, klass: int, within: int = 0, **texts: str) -> dict[Oid, Any]:
    found: dict[Oid, Any] = {
        (*objects.ENT_CLASS, index): v2c.Integer(klass),
        (*objects.ENT_CONTAINED_IN, index): v2c.Integer(within),
    }
    return found | {(*oid, index): v2c.OctetString(texts.get(name, "")) for name, oid in COLUMNS.items()}


def system(**texts: str) -> dict[Oid, Any]:
    names = {"descr": objects.SYS_DESCR, "name": objects.SYS_NAME, "location": objects.SYS_LOCATION}
    names["contact"] = objects.SYS_CONTACT
    return {names[name]: v2c.OctetString(text) for name, text in texts.items()}


def said(*tables: dict[Oid, Any], depth: Iterable[str] = ()) -> dict[tuple[str, str], object]:
    """Claims about the asset and its parts, by part and key."""
    held: dict[Oid, Any] = {objects.SYS_UP_TIME: v2c.TimeTicks(1)}
    for table in tables:
        held |= table
    context = Context(port=161, credentials=(Credential("lab", "snmp-v2c"),), depth=frozenset(depth))
    claims = talk_to(PROTOCOL.probe(context), {"lab": Agent(held)}).claims
    return {(claim.part, claim.key): claim.value for claim in claims if claim.kind == "asset"}


@pytest.mark.parametrize(
    ("software", "firmware", "maker", "version"),
    [
        ("15.1(2)T4, RELEASE SOFTWARE (fc1)", "System Bootstrap, Version 15.0(1r)M9", "Cisco", "15.1(2)T4"),
        ("FortiGate-40F v6.2.3,build1066,191218 (GA)", "", "Fortinet", "v6.2.3,build1066,191218"),
        ("FWB_AZURE 5.91,build1618,180425", "", "Fortinet", "5.91,build1618,180425"),
        ("Version 5.150 V200R005C00", "", "Huawei", "5.150 V200R005C00"),
        ("7.1.045 Release 3109P09", "", "HPE", "7.1.045 Release 3109P09"),
        ("", "12.2(44r)SE1", "cisco", None),
        ("", "KB.16.01.0006", "HP", None),
        ("", "U-Boot 2016.03", "Some Maker", None),
        ("", "BIOS P89 v2.40", "Some Maker", None),
        ("", "2.4.1", "Some Maker", "2.4.1"),
        ("None", "N/A", "Some Maker", None),
    ],
)
def test_the_version_is_that_of_what_runs_and_not_of_the_boot_loader(
    software: str, firmware: str, maker: str, version: str | None
) -> None:
    told = said(row(1, CHASSIS, software=software, firmware=firmware, maker=maker, model="X-1"))
    assert told.get(("", "firmware_software_version")) == version


@pytest.mark.parametrize(
    ("descr", "version", "model"),
    [
        ("RouterOS 6.40.5 (stable) on RB952Ui-5ac2nD", "6.40.5", "RB952Ui-5ac2nD"),
        ("RouterOS 7.12.1 (long-term) on CCR2004-1G-12S+2XS", "7.12.1", "CCR2004-1G-12S+2XS"),
        ("RouterOS 6.40.5 (stable) on x86", None, None),  # the architecture of a computer
        ("RouterOS 7.1 on CHR", None, None),  # a virtual machine
        ("OtherOS 6.40.5 (stable) on RB952Ui-5ac2nD", None, None),
    ],
)
def test_a_chassis_of_router_os_tells_model_and_version_in_its_description(
    descr: str, version: str | None, model: str | None
) -> None:
    told = said(row(65536, CHASSIS, descr=descr), row(262145, MODULE, 65536, serial="rb400_usb", maker="0x1d6b"))
    assert told.get(("", "firmware_software_version")) == version
    assert told.get(("", "model")) == model
    assert ("", "serial_number") not in told


def test_a_firmware_revision_is_believed_less_than_a_description() -> None:
    held = row(1, CHASSIS, firmware="2.4.1", maker="Some Maker")
    context = Context(port=161, credentials=(Credential("lab", "snmp-v2c"),))
    claims = talk_to(PROTOCOL.probe(context), {"lab": Agent(held | {objects.SYS_UP_TIME: v2c.TimeTicks(1)})}).claims
    assert [one.confidence for one in claims if one.key == "firmware_software_version"] == [60]


def test_a_power_supply_in_the_first_row_is_not_the_device() -> None:
    told = said(
        row(1, POWER, serial="PS-1", model="PS-24", maker="Delta"),
        row(2, FAN, model="FAN-1"),
        row(3, MODULE, serial="BASE-1", model="AX-1", maker="Acme"),
    )
    assert (told["", "serial_number"], told["", "model"], told["", "manufacturer"]) == ("BASE-1", "AX-1", "Acme")
    assert told["entity/1", "serial_number"] == "PS-1"


def test_without_a_row_that_may_be_the_whole_the_device_has_no_serial_number() -> None:
    told = said(row(1, POWER, serial="PS-1", model="PS-24"), row(2, MODULE, 1, serial="M-1"))
    assert ("", "serial_number") not in told
    assert ("", "model") not in told


def test_a_fixed_switch_that_lists_itself_three_times_is_one_device() -> None:
    told = said(
        row(10, CHASSIS, serial="SAL-1", model="N-1"),
        row(22, MODULE, 149, serial="SAL-1", model="N-1"),
        row(27, MODULE, 149, serial="SAL-1"),
        row(30, MODULE, 149, serial="SAL-1", model="N-UPLINK"),
        row(149, CHASSIS, 10, serial="SAL-1", model="N-1"),
        depth=[DEPTH],
    )
    assert {part for part, _ in told if part} == {"entity/30"}


def test_usb_host_controllers_of_linux_are_no_parts() -> None:
    told = said(
        row(65536, CHASSIS, descr="RouterOS"),
        row(262145, 2, 65536, serial="rb400_usb", model="0x0002", maker="0x1d6b"),
        depth=[DEPTH],
    )
    assert {part for part, _ in told if part} == set()


def test_a_model_in_the_place_of_the_hardware_revision_is_none() -> None:
    told = said(row(1, CHASSIS, hardware="FGT_40F", model="FGT_40F", serial="FG40-1"))
    assert ("", "hardware_version") not in told


@pytest.mark.parametrize(
    "name",
    [
        "localhost",
        "LOCALHOST.localdomain",
        "sysName Not Set",
        "System Name",
        "Switch",
        "(none)",
        "XXXXXXXX",
        "---",
        "FL-1",
        "Managed Redundant Switch 01234",
        "MikroTik",
    ],
)
def test_a_name_from_the_factory_is_no_name(name: str) -> None:
    told = said(system(descr="FL-1", name=name))
    assert ("", "hostname") not in told
    assert told["", "description"] == "FL-1"


@pytest.mark.parametrize("name", ["sw-hall-2.plant.example", "switch2", "NPI1A2B3C", "Managed Switch", "localhost-2"])
def test_other_names_are_kept_as_they_are(name: str) -> None:
    assert said(system(descr="FL-1", name=name))["", "hostname"] == name


def test_places_and_contacts_from_the_factory_say_nothing() -> None:
    told = said(
        system(
            location="Unknown (edit /etc/snmp/snmpd.conf)",
            contact="Root <root@localhost> (configure /etc/snmp/snmp.local.conf)",
        )
    )
    assert not {("", "physical_location_address"), ("", "contact")} & set(told)
    told = said(system(location="Hall 3 (edit /etc/snmp/snmpd.conf)", contact="Root <root@hall3>"))
    assert told["", "physical_location_address"] == "Hall 3 (edit /etc/snmp/snmpd.conf)"
    assert told["", "contact"] == "Root <root@hall3>"


def test_a_stack_is_its_members_and_each_holds_its_own_parts() -> None:
    told = said(
        row(1, STACK, serial="STACK-1", model="STACK MODE"),
        row(2, CHASSIS, 1, serial="CH-1", model="S-8"),
        row(3, CHASSIS, 1, serial="CH-2", model="S-8"),
        row(20, MODULE, 2, serial="M-1"),
        row(30, MODULE, 3, serial="M-2"),
        row(31, POWER, 30, serial="P-2"),
        depth=[DEPTH],
    )
    assert told["", "serial_number"] == "CH-1"
    assert {part for part, _ in told if part} == {"entity/3", "entity/20", "entity/30", "entity/31"}
    assert ("entity/20", "part_of") not in told, "it stands in the device itself"
    assert told["entity/30", "part_of"] == "entity/3"
    assert told["entity/31", "part_of"] == "entity/30"


def test_a_member_that_lists_itself_as_module_is_one_part() -> None:
    told = said(
        row(1, STACK),
        row(2, CHASSIS, 1, serial="CH-1", model="S-8"),
        row(3, CHASSIS, 1, serial="CH-2", model="S-8"),
        row(4, CONTAINER, 3),
        row(5, MODULE, 4, serial="CH-2", model="S-8"),
        depth=[DEPTH],
    )
    assert {part for part, _ in told if part} == {"entity/3"}


def test_a_serial_number_of_several_parts_is_of_none_of_them() -> None:
    told = said(
        row(1, CHASSIS, serial="CH-1", model="S-8"),
        row(2, MODULE, 1, serial="SAME", model="SFP"),
        row(3, MODULE, 1, serial="SAME", model="SFP"),
        row(4, MODULE, 1, serial="OWN", model="SFP"),
        row(5, MODULE, 1, serial="CH-1", model="UPLINK"),
        depth=[DEPTH],
    )
    assert {part for part, _ in told if part} == {"entity/2", "entity/3", "entity/4", "entity/5"}
    assert {part for part, key in told if key == "serial_number"} == {"", "entity/4"}


def test_sections_of_a_board_are_no_parts_and_what_can_be_pulled_is() -> None:
    told = said(
        row(1, CHASSIS, serial="CH-1", model="S-8"),
        row(2, MODULE, 1, descr="Fixed Module 0"),
        row(3, POWER, 1, descr="built in"),
        row(4, POWER, 1, descr="Power Supply A", model="PWR-1"),
        row(5, MODULE, 1, descr="blank model") | {(*objects.ENT_IS_FRU, 5): v2c.Integer(1)},
        row(6, FAN, 1, descr="Fan", model="FAN-1"),
        depth=[DEPTH],
    )
    assert {part for part, _ in told if part} == {"entity/4", "entity/5"}
    assert told["entity/5", "entity_is_fru"] is True


def test_names_numbers_and_dates_of_parts_are_told_as_they_are() -> None:
    more = {
        (*objects.ENT_NAME, 1): v2c.OctetString("Chassis 1"),
        (*objects.ENT_ALIAS, 1): v2c.OctetString("hall 2"),
        (*objects.ENT_ASSET_ID, 1): v2c.OctetString("INV-0815"),
        (*objects.ENT_IS_FRU, 1): v2c.Integer(2),
        (*objects.ENT_MFG_DATE, 1): v2c.OctetString(bytes((0x07, 0xE2, 10, 9, 0, 0, 0, 0))),
    }
    told = said(row(1, CHASSIS, firmware="12.2(44r)SE1", software="15.2(4)E", maker="cisco") | more, depth=[DEPTH])
    assert told["", "entity_name"] == "Chassis 1"
    assert told["", "entity_alias"] == "hall 2"
    assert told["", "entity_asset_id"] == "INV-0815"
    assert told["", "entity_is_fru"] is False
    assert told["", "entity_manufacturing_date"] == "2018-10-09T00:00:00"
    assert told["", "firmware_software_version"] == "15.2(4)E"
    assert told["", "entity_firmware_revision"] == "12.2(44r)SE1"
    assert told["", "entity_software_revision"] == "15.2(4)E"


def test_the_port_of_a_transceiver_is_no_slot() -> None:
    port = 10
    told = said(
        row(1, CHASSIS, serial="CH-1"),
        row(2, port, 1, serial="SFP-1") | {(*objects.ENT_PARENT_REL_POS, 2): v2c.Integer(7)},
        row(3, MODULE, 1, serial="M-1") | {(*objects.ENT_PARENT_REL_POS, 3): v2c.Integer(4)},
        depth=[DEPTH],
    )
    assert ("entity/2", "slot") not in told
    assert told["entity/3", "slot"] == 4
