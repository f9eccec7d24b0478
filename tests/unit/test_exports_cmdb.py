"""What leaves for ServiceNow and GLPI is what those publish of their classes and of their format."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft7Validator

from assetctl.exchange import out_servicenow
from assetctl.exchange.outgoing import Outgoing
from assetctl.model import Asset
from tests.unit.export_plants import asset, cell, named, outgoing, plants
from tests.unit.test_exports import files, rows

# ServiceNow: attributes of classes as published at https://www.servicenow.com/docs/r/, under
# servicenow-platform/configuration-management-database-cmdb/: cmdb-table-property-descriptions (cmdb_ci),
# class-hardware ("adds" none that is written) and class-computer; under servicenow-platform/cmdb-ci-class-models/:
# cmdb-ci-class-models-operation-technology (cmdb_ci_ot and its children, and what each extends); names of columns as in
# operational-technology/operational-technology-manager/sgc-claroty-ctd-classes
CMDB_CI = """
sys_class_name name correlation_id discovery_source manufacturer model_id model_number serial_number asset_tag
ip_address mac_address location department short_description attributes first_discovered last_discovered
"""
EXTENDS = {
    "cmdb_ci_hardware": "cmdb_ci",
    "cmdb_ci_computer": "cmdb_ci_hardware",
    "cmdb_ci_server": "cmdb_ci_computer",
    "cmdb_ci_netgear": "cmdb_ci_hardware",
    "cmdb_ci_ip_switch": "cmdb_ci_netgear",
    "cmdb_ci_ip_router": "cmdb_ci_netgear",
    "cmdb_ci_ip_firewall": "cmdb_ci_netgear",
    "cmdb_ci_wap_network": "cmdb_ci_netgear",
    "cmdb_ci_printer": "cmdb_ci_hardware",
    "cmdb_ci_ups": "cmdb_ci_hardware",
    "cmdb_ci_pdu": "cmdb_ci_hardware",
    "cmdb_ci_ot": "cmdb_ci_hardware",
    "cmdb_ci_ot_control": "cmdb_ci_ot",
    "cmdb_ci_ot_supervisory": "cmdb_ci_ot",
    "cmdb_ci_ot_field_device": "cmdb_ci_ot",
    "cmdb_ci_ot_plc": "cmdb_ci_ot_control",
    "cmdb_ci_ot_rtu": "cmdb_ci_ot_control",
    "cmdb_ci_ot_ied": "cmdb_ci_ot_control",
    "cmdb_ci_ot_control_module": "cmdb_ci_ot_control",
    "cmdb_ci_ot_hmi": "cmdb_ci_ot_supervisory",
    "cmdb_ci_ot_industrial_drive": "cmdb_ci_ot_field_device",
    "cmdb_ci_ot_industrial_robot": "cmdb_ci_ot_field_device",
    "cmdb_ci_ot_industrial_sensor": "cmdb_ci_ot_field_device",
    "cmdb_ci_ot_industrial_actuator": "cmdb_ci_ot_field_device",
    "cmdb_ci_network_adapter": "cmdb_ci",
    "cmdb_ci_ip_address": "cmdb_ci",
}
ADDS = {
    "cmdb_ci": CMDB_CI,
    "cmdb_ci_computer": "os os_version",
    "cmdb_ci_ot": "firmware_version hardware_version",
    "cmdb_ci_ot_control_module": "slot_number module_type",
    "cmdb_ci_network_adapter": "netmask dhcp_enabled mac_manufacturer",
    "cmdb_ci_ip_address": "netmask nic ip_version",
}
RELATION_TYPES = {"Owns::Owned by", "Contains::Contained by"}


def lineage(name: str) -> list[str]:
    """A class and those that it extends."""
    return [name, *lineage(EXTENDS[name])] if name in EXTENDS else [name]


def columns_of(name: str) -> set[str]:
    return {column for one in lineage(name) for column in ADDS.get(one, "").split()}


def check_servicenow(one: Outgoing) -> None:
    made = {name[2:-4]: rows(text) for name, text in files("servicenow", one).items()}
    items, relations = made["cmdb_ci"], made["cmdb_rel_ci"]
    assert len(items) == len(one.devices)
    for row in items:
        check_item(row, row["sys_class_name"])
        first, last = (datetime.fromisoformat(row[f"{which}_discovered"]) for which in ("first", "last"))
        assert first <= last
        assert row["sys_class_name"] != "cmdb_ci_server" or not row["ip_address"] + row["mac_address"]
    classes = {row["correlation_id"]: row["sys_class_name"] for row in items}
    for name in ("cmdb_ci_network_adapter", "cmdb_ci_ip_address"):
        for row in made[name]:
            check_item(row, name)
            assert row["correlation_id"] not in classes
            assert row.get("nic", "") in {"", *classes}
            classes[row["correlation_id"]] = name
    assert len(classes) == sum(len(made[name]) for name in made if name != "cmdb_rel_ci")
    check_relations(relations, classes)
    assert len(relations) == len(classes) - len(one.wholes)


def check_item(row: dict[str, str], name: str) -> None:
    assert lineage(name)[-1] == "cmdb_ci"
    assert {column for column, value in row.items() if value} <= columns_of(name)
    assert row["name"]
    assert all(row.get(column, "") == row.get(column, "").lower() for column in ("mac_address", "ip_address"))


def check_relations(relations: list[dict[str, str]], classes: dict[str, str]) -> None:
    for row in relations:
        assert row["type"] in RELATION_TYPES
        parent, child = classes[row["parent"]], classes[row["child"]]
        assert "cmdb_ci_hardware" in lineage(parent)
        if row["type"] == "Owns::Owned by" and "cmdb_ci_hardware" in lineage(child):
            assert "cmdb_ci_ot_control" in lineage(parent)
            assert child == "cmdb_ci_ot_control_module"


@pytest.mark.parametrize("name", named())
def test_servicenow_rows_fill_columns_of_their_class_and_nothing_else(name: str) -> None:
    check_servicenow(named()[name])


@given(one=plants())
@settings(max_examples=40)
def test_servicenow_rows_of_a_random_plant_fill_columns_of_their_class(one: Outgoing) -> None:
    check_servicenow(one)


def test_servicenow_has_a_published_class_for_every_role() -> None:
    classes = {*out_servicenow.CLASSES.values(), out_servicenow.OTHER, out_servicenow.MODULE}
    assert classes <= set(EXTENDS)
    assert {c for c in classes if "cmdb_ci_ot" in lineage(c)} == {c for c in classes if c.startswith("cmdb_ci_ot_")}


def test_servicenow_loses_nothing_for_which_a_class_has_no_column() -> None:
    items = {row["correlation_id"]: row for row in rows(files("servicenow", outgoing(cell()))["1-cmdb_ci.csv"])}
    assert (items["as-plc"]["firmware_version"], items["as-module"]["slot_number"]) == ("V2.9.4", "3")
    assert (items["as-server"]["os"], items["as-server"]["os_version"]) == ("Windows Server 2019", "1809")
    (switch,) = rows(files("servicenow", outgoing([_with_firmware()]))["1-cmdb_ci.csv"])
    assert (switch["firmware_version"], switch["os"]) == ("", "")
    assert "firmware: 7.1; " in switch["attributes"]
    assert "os: HiOS" in switch["attributes"]


def test_servicenow_gets_adapters_and_addresses_as_items_of_their_own() -> None:
    made = files("servicenow", outgoing(cell()))
    adapters = {row["mac_address"]: row for row in rows(made["2-cmdb_ci_network_adapter.csv"])}
    addresses = {row["ip_address"]: row for row in rows(made["3-cmdb_ci_ip_address.csv"])}
    assert set(adapters) == {"00:1b:1b:00:00:05", "00:50:56:00:00:01", "00:80:63:00:00:01"}
    assert set(addresses) == {"10.20.1.10", "10.20.1.30", "10.20.1.2"}
    nic = adapters["00:1b:1b:00:00:05"]["correlation_id"]
    assert (addresses["10.20.1.10"]["nic"], addresses["10.20.1.2"]["nic"]) == (nic, "")
    owners = {row["child"]: row["parent"] for row in rows(made["4-cmdb_rel_ci.csv"])}
    assert owners[nic] == owners[addresses["10.20.1.10"]["correlation_id"]] == "as-plc"


def _with_firmware() -> Asset:
    own = {"asset_role_type": "switch", "firmware_software_version": "7.1", "operating_system": "HiOS"}
    return asset("as-switch", own)


def test_servicenow_gets_each_device_in_its_class() -> None:
    items = rows(files("servicenow", outgoing(cell()))["1-cmdb_ci.csv"])
    assert {row["correlation_id"]: row["sys_class_name"] for row in items} == {
        "as-plc": "cmdb_ci_ot_plc",
        "as-switch": "cmdb_ci_ip_switch",
        "as-server": "cmdb_ci_server",
        "as-rack": "cmdb_ci_ot_control_module",
        "as-module": "cmdb_ci_ot_control_module",
    }


# GLPI: what inventory.schema.json of glpi-project/inventory_format (commit 37c1708, its strict form) says of what is
# written: types, required members, patterns, and that no other member is taken
TEXT, NUMBER = {"type": "string"}, {"type": "integer"}
ADDRESSES = {"type": "array", "items": {"anyOf": [{**TEXT, "format": "ipv4"}, {**TEXT, "format": "ipv6"}]}}


def members(known: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": known, "required": list(required), "additionalProperties": False}


def texts(names: str) -> dict[str, Any]:
    return dict.fromkeys(names.split(), TEXT)


def many(row: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": row}


def one_of(*words: str) -> dict[str, Any]:
    return {**TEXT, "pattern": f"^({'|'.join(words)})$"}


GLPI = members(
    {
        "action": TEXT,
        "deviceid": TEXT,
        "itemtype": one_of("Computer", "Phone", "NetworkEquipment", "Printer"),
        "content": members(
            {
                "versionclient": TEXT,
                "network_device": members(
                    texts("name manufacturer model serial firmware location description mac")
                    | {"ips": ADDRESSES}
                    | {
                        "type": one_of("Computer", "Networking", "Printer", "Storage", "Power", "Phone", "Video", "KVM")
                    },
                    "type",
                ),
                "network_ports": many(
                    members(
                        texts("ifname ifdescr mac")
                        | dict.fromkeys(("ifnumber", "iftype", "ifspeed"), NUMBER)
                        | {"ifstatus": {**NUMBER, "minimum": 1, "maximum": 7}, "ips": ADDRESSES}
                    )
                ),
                "network_components": many(
                    members(
                        texts("name manufacturer model serial firmware description type")
                        | {"index": NUMBER, "contained_index": NUMBER}
                    )
                ),
                "hardware": members(texts("name description")),
                "bios": members(texts("ssn smanufacturer smodel assettag bversion")),
                "operatingsystem": members(texts("full_name version")),
                "networks": many(
                    members(
                        texts("description mac ipaddress6 ipmask")
                        | {"ipaddress": {**TEXT, "format": "ipv4"}, "status": one_of("up", "down")},
                        "description",
                        "status",
                    )
                ),
                "softwares": many(members(texts("name version"), "name")),
            },
            "versionclient",
        ),
    },
    "content",
    "deviceid",
)
GLPI_VALIDATOR = Draft7Validator(GLPI, format_checker=Draft7Validator.FORMAT_CHECKER)


def check_glpi_document(text: str) -> None:
    value = json.loads(text)
    assert [f"{list(fault.absolute_path)}: {fault.message}" for fault in GLPI_VALIDATOR.iter_errors(value)] == []
    assert ("network_device" in value["content"]) is (value["itemtype"] != "Computer")


def test_the_schema_of_glpi_sees_a_fault_in_every_member() -> None:
    whole = [json.loads(text) for one in named().values() for text in files("glpi", one).values()]
    tried = set()
    for document in whole:
        for way in ways(document):
            changed = json.loads(json.dumps(document))
            node = changed
            for key in way[:-1]:
                node = node[key]
            node[way[-1]] = {"a": 1} if isinstance(node[way[-1]], str | int | list) else "x"
            assert not GLPI_VALIDATOR.is_valid(changed), way
            tried.add(tuple(key for key in way if isinstance(key, str)))
    assert len(tried) > 30


def ways(node: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for key, inner in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield (*way, key)
        yield from ways(inner, (*way, key))


@given(one=plants())
@settings(max_examples=40)
def test_glpi_documents_hold_what_the_published_schema_names(one: Outgoing) -> None:
    made = files("glpi", one)
    assert len(made) == len(one.wholes)
    for text in made.values():
        check_glpi_document(text)


def test_glpi_gets_a_computer_a_switch_and_a_controller_with_its_modules() -> None:
    plc, server, switch = (json.loads(text) for text in files("glpi", outgoing(cell())).values())
    assert [one["itemtype"] for one in (plc, server, switch)] == ["NetworkEquipment", "Computer", "NetworkEquipment"]
    assert [(one["index"], one["contained_index"]) for one in plc["content"]["network_components"]] == [(1, 0), (2, 1)]
    assert server["content"]["networks"] == [
        {"description": "10.20.1.30", "ipaddress": "10.20.1.30", "mac": "00:50:56:00:00:01", "status": "up"}
    ]
    assert [port["ifstatus"] for port in switch["content"]["network_ports"] if "ifstatus" in port] == [1]
