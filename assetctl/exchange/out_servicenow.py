"""ServiceNow: rows for import sets: items, their network adapters and addresses, and the relations of all of these.

Columns are the fields of cmdb_ci and its child classes, so that a transform map can match them by name; the class is in
sys_class_name. A column is filled only where the class is published to have it; what else is known stands in
attributes. Network adapters and IP addresses are items of their own, which their device owns; a server has neither in
its own row, as the model wants it. The cmdb_ci_ot classes come with the CMDB CI Class Models application.
Source: www.servicenow.com/docs/r/servicenow-platform/, in cmdb-ci-class-models the page on operation technology,
in configuration-management-database-cmdb those on cmdb_ci, class-hardware and class-computer; relations as in
operational-technology/operational-technology-manager/sgc-claroty-ctd-classes.
"""

from collections.abc import Callable, Iterator, Mapping

from assetctl.exchange.out_csv import table
from assetctl.exchange.outgoing import Device, Outgoing, Port, is_mac, real, uuid_of

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
SERVER = "cmdb_ci_server"
COMPUTERS = frozenset({"cmdb_ci_computer", SERVER})
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
_COMMON = ("name", "correlation_id", "discovery_source")
ADAPTERS = (*_COMMON, "mac_address", "ip_address", "netmask")
ADDRESSES = (*_COMMON, "ip_address", "netmask", "nic")
RELATIONS = ("parent", "type", "child")
Row = Mapping[str, str]


def files(outgoing: Outgoing, guard: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    """The files, in the order of loading. What names an item, names its correlation_id."""
    adapters = [(one.id, row) for one in outgoing.devices for row in _adapters(one)]
    addresses = [(one.id, row) for one in outgoing.devices for row in _addresses(one)]
    yield "1-cmdb_ci.csv", table(ITEMS, (_item(one) for one in outgoing.devices), guard)
    yield "2-cmdb_ci_network_adapter.csv", table(ADAPTERS, (row for _, row in adapters), guard)
    yield "3-cmdb_ci_ip_address.csv", table(ADDRESSES, (row for _, row in addresses), guard)
    owned = ({"parent": id, "type": OWNS, "child": row["correlation_id"]} for id, row in (*adapters, *addresses))
    yield "4-cmdb_rel_ci.csv", table(RELATIONS, (*_relations(outgoing), *owned), guard)


def class_of(device: Device) -> str:
    """The class of an item; a part without a role of its own is a control module."""
    return CLASSES.get(device.role, MODULE if device.parent else OTHER)


def _item(device: Device) -> Row:
    name = class_of(device)
    has_own = name != SERVER
    addresses = real(device.addresses) if has_own else ()
    macs = [one.lower() for one in device.macs if is_mac(one)] if has_own else []
    of_class, elsewhere = _by_class(device, name)
    told = (
        ("order code", device.order_code),
        *elsewhere,
        ("role", device.role),
        ("zone", device.zone),
        ("position", device.position),
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


def _adapters(device: Device) -> Iterator[Row]:
    """A row for each interface of which the hardware address is known."""
    for port in device.ports:
        if is_mac(port.mac):
            addresses = real(port.addresses)
            yield {
                "name": port.name or port.key or port.mac.lower(),
                "correlation_id": _adapter_id(device, port),
                "discovery_source": "assetctl",
                "mac_address": port.mac.lower(),
                "ip_address": str(addresses[0]) if addresses else "",
                "netmask": port.netmask if addresses else "",
            }


def _addresses(device: Device) -> Iterator[Row]:
    """A row for each address, with its adapter where that is known."""
    for port in device.ports:
        for ip in real(port.addresses):
            yield {
                "name": str(ip),
                "correlation_id": uuid_of("address", device.id, port.key, str(ip)),
                "discovery_source": "assetctl",
                "ip_address": str(ip),
                "netmask": port.netmask if ip.version == 4 else "",
                "nic": _adapter_id(device, port) if is_mac(port.mac) else "",
            }


def _adapter_id(device: Device, port: Port) -> str:
    return uuid_of("adapter", device.id, port.key)


def _relations(outgoing: Outgoing) -> Iterator[Row]:
    for one in outgoing.devices:
        if one.parent in outgoing.by_id:
            is_owned = class_of(one) == MODULE and class_of(outgoing.by_id[one.parent]) in _CONTROL
            yield {"parent": one.parent, "type": OWNS if is_owned else CONTAINS, "child": one.id}
