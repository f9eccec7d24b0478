"""ServiceNow: rows for an import set, one CSV of configuration items and one of their relations.

Columns are the fields of cmdb_ci and its child classes, so that a transform map can match them by name; the class is in
sys_class_name. The cmdb_ci_ot classes come with the CMDB CI Class Models application.
Source: https://www.servicenow.com/docs/r/servicenow-platform/cmdb-ci-class-models/cmdb-ci-class-models-operation-technology.html
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
CONTAINS = "Contains::Contained by"
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
    addresses, macs = real(device.addresses), [one for one in device.macs if is_mac(one)]
    told = (
        ("order code", device.order_code),
        ("hardware", device.hardware),
        ("role", device.role),
        ("zone", device.zone),
        ("position", device.position),
        ("slot", device.slot),
        ("further addresses", " ".join(map(str, addresses[1:]))),
        ("further MAC addresses", " ".join(macs[1:])),
    )
    return {
        "sys_class_name": class_of(device),
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
        "firmware_version": device.firmware,
        "os": device.os,
        "os_version": device.os_version,
        "location": device.location,
        "department": device.owner,
        "short_description": device.description,
        "attributes": "; ".join(f"{name}: {value}" for name, value in told if value),
        "first_discovered": f"{device.first_seen:%Y-%m-%d %H:%M:%S}",
        "last_discovered": f"{device.last_seen:%Y-%m-%d %H:%M:%S}",
    }


def _relations(outgoing: Outgoing) -> Iterator[Mapping[str, str]]:
    for one in outgoing.devices:
        if one.parent in outgoing.by_id:
            yield {"parent": one.parent, "type": CONTAINS, "child": one.id}
