"""ServiceNow: rows for an import set, one CSV of configuration items and one of their relations.

Columns are the fields of cmdb_ci and its child classes, so that a transform map can match them by name; the class is in
sys_class_name. A column is filled only where the class is published to have it; what else is known stands in
attributes. The cmdb_ci_ot classes come with the CMDB CI Class Models application.
Source: www.servicenow.com/docs/r/servicenow-platform/, in cmdb-ci-class-models the page on operation technology,
in configuration-management-database-cmdb those on cmdb_ci, class-hardware and class-computer; relations as in
operational-technology/operational-technology-manager/sgc-claroty-ctd-classes.
"""

from collections.abc import Callable, Iterator, Mapping

from assetctl.exchange.out_csv import table
from assetctl.exchange.outgoing import Device, Outgoing, is_mac, real

CLASSES = {
    "plc": "cmdb_ci_ot_plc",
    "remote-io": "cmdb_ci_ot_control_module",
    "communication-module": "cmdb_ci_ot_control_module",
    "rtu": "cmdb_ci_ot_rtu",
    "ied": "cmdb_ci_ot_ied",
    "hmi": "cmdb_ci_ot_hmi",
    "drive": "cmdb_ci_ot_industrial_drive",
    "robot": "cmdb_ci_ot_industrial_robot",
    "sensor": "cmdb_ci_ot_industrial_sensor",
    "actuator": "cmdb_ci_ot_industrial_actuator",
    "switch": "cmdb_ci_ip_switch",
    "router": "cmdb_ci_ip_router",
    "firewall": "cmdb_ci_ip_firewall",
    "access-point": "cmdb_ci_wap_network",
    "server": "cmdb_ci_server",
    "workstation": "cmdb_ci_computer",
    "printer": "cmdb_ci_printer",
    "ups": "cmdb_ci_ups",
    "pdu": "cmdb_ci_pdu",
}
OTHER, MODULE = "cmdb_ci_hardware", "cmdb_ci_ot_control_module"
OT = "cmdb_ci_ot"
COMPUTERS = frozenset({"cmdb_ci_computer", "cmdb_ci_server"})
CONTAINS, OWNS = "Contains::Contained by", "Owns::Owned by"
_CONTROL = frozenset({"cmdb_ci_ot_plc", "cmdb_ci_ot_control_module", "cmdb_ci_ot_rtu", "cmdb_ci_ot_ied"})
"""Classes under cmdb_ci_ot_control, which own their modules."""
ITEMS = (
    "sys_class_name",
    "name",
    "correlation_id",
    "discovery_source",
    "manufacturer",
    "model_id",
    "model_number",
    "serial_number",
    "asset_tag",
    "ip_address",
    "mac_address",
    "firmware_version",
    "hardware_version",
    "slot_number",
    "os",
    "os_version",
    "location",
    "department",
    "short_description",
    "attributes",
    "first_discovered",
    "last_discovered",
)
RELATIONS = ("parent", "type", "child")


def files(outgoing: Outgoing, guard: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    """The two files, in the order of loading. Relations name items by their correlation_id."""
    yield "1-cmdb_ci.csv", table(ITEMS, (_item(one) for one in outgoing.devices), guard)
    yield "2-cmdb_rel_ci.csv", table(RELATIONS, _relations(outgoing), guard)


def class_of(device: Device) -> str:
    """The class of an item; a part without a role of its own is a control module."""
    return CLASSES.get(device.role, MODULE if device.parent else OTHER)


def _item(device: Device) -> Mapping[str, str]:
    addresses, macs = real(device.addresses), [one.lower() for one in device.macs if is_mac(one)]
    name = class_of(device)
    of_class, elsewhere = _by_class(device, name)
    told = (
        ("order code", device.order_code),
        *elsewhere,
        ("role", device.role),
        ("zone", device.zone),
        ("position", device.position),
        ("further addresses", " ".join(map(str, addresses[1:]))),
        ("further MAC addresses", " ".join(macs[1:])),
    )
    return of_class | {
        "sys_class_name": name,
        "name": device.name,
        "correlation_id": device.id,
        "discovery_source": "assetctl",
        "manufacturer": device.maker,
        "model_id": device.model or device.order_code,
        "model_number": device.order_code,
        "serial_number": device.serial,
        "asset_tag": device.asset_number,
        "ip_address": str(addresses[0]) if addresses else "",
        "mac_address": macs[0] if macs else "",
        "location": device.location,
        "department": device.owner,
        "short_description": device.description,
        "attributes": "; ".join(f"{key}: {value}" for key, value in told if value),
        "first_discovered": f"{device.first_seen:%Y-%m-%d %H:%M:%S}",
        "last_discovered": f"{device.last_seen:%Y-%m-%d %H:%M:%S}",
    }


def _by_class(device: Device, name: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """What only some classes have a column for: those of this class, and the rest in words."""
    every = (
        ("firmware_version", "firmware", device.firmware, name.startswith(OT)),
        ("hardware_version", "hardware", device.hardware, name.startswith(OT)),
        ("slot_number", "slot", device.slot, name == MODULE),
        ("os", "os", device.os, name in COMPUTERS),
        ("os_version", "os version", device.os_version, name in COMPUTERS),
    )
    held = {column: value for column, _, value, has_column in every if has_column}
    return held, [(word, value) for _, word, value, has_column in every if not has_column]


def _relations(outgoing: Outgoing) -> Iterator[Mapping[str, str]]:
    for one in outgoing.devices:
        if one.parent in outgoing.by_id:
            is_owned = class_of(one) == MODULE and class_of(outgoing.by_id[one.parent]) in _CONTROL
            yield {"parent": one.parent, "type": OWNS if is_owned else CONTAINS, "child": one.id}
