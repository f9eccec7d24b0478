"""What the answers claim: about the device, its tables, and the devices behind it."""

from collections.abc import Iterator

from assetctl.model import Claim, SubjectKind
from assetctl.protocols.bacnet import codec, names
from assetctl.protocols.bacnet.asker import Device, Heard
from assetctl.protocols.bacnet.codec import Property
from assetctl.protocols.bacnet.frames import Table
from assetctl.protocols.bacnet.values import Absent

REGISTRY_CONFIDENCE = 70

FACTS = {
    Property.VENDOR_NAME: "manufacturer",
    Property.MODEL_NAME: "model",
    Property.FIRMWARE_REVISION: "firmware_software_version",
    Property.OBJECT_NAME: "hostname",
    Property.SERIAL_NUMBER: "serial_number",
    Property.APPLICATION_SOFTWARE_VERSION: "application_software_version",
    Property.VENDOR_IDENTIFIER: "bacnet_vendor_id",
    Property.DESCRIPTION: "description",
    Property.LOCATION: "physical_location_address",
    Property.PROTOCOL_REVISION: "bacnet_protocol_revision",
    Property.SYSTEM_STATUS: "bacnet_system_status",
    Property.PROTOCOL_VERSION: "bacnet_protocol_version",
}
TABLES = {
    Table.BROADCAST_DISTRIBUTION: "bacnet_broadcast_distribution",
    Table.FOREIGN_DEVICES: "bacnet_foreign_devices",
}


def of(heard: Heard, service: str) -> tuple[Claim, ...]:
    """Everything that a talk brought. service: such as "udp/47808"."""
    if not heard.spoke:
        return ()
    claims = [Claim("service_name", "bacnet", SubjectKind.SERVICE, service)]
    claims.append(Claim("service_source", "probed", SubjectKind.SERVICE, service))
    claims += _device(heard.device)
    claims += [Claim(TABLES[table], rows) for table, rows in heard.tables.items() if rows]
    if heard.networks:
        claims.append(Claim("bacnet_routed_networks", tuple(map(str, heard.networks))))
    if heard.network is not None:
        claims.append(Claim("bacnet_network_number", heard.network))
    for device in heard.behind:
        claims += _device(device)
    return tuple(claims)


def _device(device: Device) -> Iterator[Claim]:
    """One device by itself: the one at the address, or a part that is named by its place."""
    part = str(device.place) if device.place else ""
    if device.place:
        yield Claim("bacnet_network_number", device.place.network, part=part)
        yield Claim("bacnet_mac_address", device.place.address.hex().upper(), part=part)
    if device.instance not in (None, codec.WILDCARD):
        yield Claim("bacnet_device_instance", device.instance, part=part)
    for prop in Property:
        if (told := _told(device, prop)) not in (None, ""):
            yield Claim(FACTS[prop], told, part=part)
    yield from _maker_by_number(device, part)
    absent = [(prop, value) for prop, value in device.values.items() if isinstance(value, Absent)]
    if absent:
        reasons = tuple(sorted(f"{prop.name.lower().replace('_', '-')}: {value.reason}" for prop, value in absent))
        yield Claim("bacnet_absent_properties", reasons, part=part)


def _told(device: Device, prop: Property) -> str | int | None:
    """The value of a property as its fact has it; None when the device did not give it."""
    value = device.values.get(prop)
    if value is None or isinstance(value, Absent):
        return None
    return names.system_status(value) if prop is Property.SYSTEM_STATUS and isinstance(value, int) else value


def _maker_by_number(device: Device, part: str) -> Iterator[Claim]:
    """The maker by the registry of vendor ids, where the device does not write its name."""
    number = _told(device, Property.VENDOR_IDENTIFIER)
    name = names.vendor(number) if isinstance(number, int) and not _told(device, Property.VENDOR_NAME) else None
    if name:
        yield Claim("manufacturer", name, part=part, confidence=REGISTRY_CONFIDENCE)
