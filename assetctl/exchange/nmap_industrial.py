"""What nmap's scripts for industrial protocols read from a device -> identity claims.

They weigh less than our own reading: the scripts guess at offsets, and the bytes behind them are not in the report.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from assetctl.exchange.nmap_elements import table, values
from assetctl.model import Claim

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

CONFIDENCE = 60
MOST_UNITS = 32

_NAMED_NUMBER = re.compile(r"(.{1,200}) \(([0-9]{1,9})\)\Z")
_UNIT = re.compile(r"sid 0x([0-9a-fA-F]{1,2})\Z")
_REVISION = re.compile(r"([0-9]{1,3})\.([0-9]{1,3})\Z")
_ADDRESS = re.compile(r"[0-9.]{7,15}\Z|[0-9a-fA-F:]{2,39}:[0-9a-fA-F:.]{0,39}\Z")
_SERIAL = re.compile(r"0x([0-9a-fA-F]{1,8})\Z")

_TEXTS: Mapping[str, Mapping[str, str]] = {  # script -> element's key -> fact
    "s7-info": {
        "Module": "order_code",
        "Version": "firmware_software_version",
        "System Name": "application_name",
        "Module Type": "module_type",
        "Serial Number": "serial_number",
        "Plant Identification": "plant_identification",
        "Copyright": "copyright",
    },
    "bacnet-info": {
        "Vendor Name": "manufacturer",
        "Model Name": "model",
        "Firmware": "firmware_software_version",
        "Application Software": "application_software_version",
        "Object Name": "hostname",
        "Description": "description",
        "Location": "physical_location_address",
    },
    "omron-info": {"Controller Version": "firmware_software_version"},
    "pcworx-info": {
        "PLC Type": "model",
        "Model Number": "order_code",
        "Firmware Version": "firmware_software_version",
    },
    "fox-info": {
        "app.version": "application_software_version",
        "os.name": "operating_system",
        "os.Name": "operating_system",
        "hostId": "fox_host_id",
        "brandId": "fox_brand_id",
    },
}


def _texts(name: str, script: "Element") -> Iterator[Claim]:
    told = values(script)
    for key, fact in _TEXTS[name].items():
        if key in told:
            yield Claim(fact, told[key], confidence=CONFIDENCE)


def _omron(script: "Element") -> Iterator[Claim]:
    """The model field also holds the version, after a run of blanks."""
    yield from _texts("omron-info", script)
    if model := values(script).get("Controller Model", "").partition("  ")[0]:
        yield Claim("model", model, confidence=CONFIDENCE)


def _ethernet_ip(script: "Element") -> Iterator[Claim]:
    """ListIdentity. Vendor and type come as "name (number)"."""
    told = values(script)
    for key, name_fact, number_fact in (
        ("vendor", "manufacturer", "cip_vendor_id"),
        ("type", "cip_device_type_name", "cip_device_type"),
    ):
        if found := _NAMED_NUMBER.match(told.get(key, "")):
            yield Claim(name_fact, found[1], confidence=CONFIDENCE)
            yield Claim(number_fact, int(found[2]), confidence=CONFIDENCE)
    if "productName" in told:
        yield Claim("model", told["productName"], confidence=CONFIDENCE)
    if found := _REVISION.match(told.get("revision", "")):
        is_rockwell = told.get("vendor", "").endswith("(1)")  # which prints its minor revisions with three digits
        revision = f"{int(found[1])}.{int(found[2]):0{3 if is_rockwell else 1}d}"
        yield Claim("firmware_software_version", revision, confidence=CONFIDENCE)
    if re.fullmatch(r"[0-9]{1,5}", told.get("productCode", "")):
        yield Claim("cip_product_code", int(told["productCode"]), confidence=CONFIDENCE)
    if (serial := _SERIAL.match(told.get("serialNumber", ""))) and int(serial[1], 16):
        yield Claim("serial_number", f"{int(serial[1], 16):08X}", confidence=CONFIDENCE)
    address = told.get("deviceIp", told.get("ipAddress", ""))
    if address not in ("", "0.0.0.0"):  # noqa: S104 - what the device says when it does not know
        yield Claim("cip_socket_address", address, confidence=CONFIDENCE)


def _bacnet(script: "Element") -> Iterator[Claim]:
    """The vendor id comes as "name (number)"."""
    yield from _texts("bacnet-info", script)
    told = values(script)
    if found := _NAMED_NUMBER.match(told.get("Vendor ID", "")):
        yield Claim("bacnet_vendor_id", int(found[2]), confidence=CONFIDENCE)
    if re.fullmatch(r"[0-9]{1,7}", told.get("Object-identifier", "")):
        yield Claim("bacnet_device_instance", int(told["Object-identifier"]), confidence=CONFIDENCE)


def _fox(script: "Element") -> Iterator[Claim]:
    """Stations without a name give their address for it."""
    yield from _texts("fox-info", script)
    name = values(script).get("hostName", "")
    if name and not _ADDRESS.match(name):
        yield Claim("hostname", name, confidence=CONFIDENCE)


def _knx(script: "Element") -> Iterator[Claim]:
    """A description; the script spells the key of the serial number in its own way."""
    body = table(script, "Body")
    device = table(body, "DIB_DEV_INFO") if body is not None else None
    told = values(device) if device is not None else {}
    texts = {"knx_individual_address": told.get("KNX address"), "description": told.get("Device friendly name")}
    serial = told.get("Decive serial", told.get("Device serial", "")).upper()
    if re.fullmatch(r"[0-9A-F]{12}", serial) and int(serial, 16):
        texts["serial_number"] = serial
    yield from (Claim(key, text, confidence=CONFIDENCE) for key, text in texts.items() if text)


def _iec104(script: "Element") -> Iterator[Claim]:
    """The station that answered a general interrogation."""
    number = values(script).get("ASDU address", "")
    if re.fullmatch(r"[0-9]{1,5}", number) and 0 < int(number) < 0xFFFF:
        yield Claim("iec104_common_addresses", (str(int(number)),), confidence=CONFIDENCE)


def _modbus(script: "Element") -> Iterator[Claim]:
    """Maker, product and version come as one text that cannot be taken apart. One unit is the device itself."""
    units = [(found[1], values(e)) for e in script.findall("table")[:MOST_UNITS] if (found := _UNIT.match(_key(e)))]
    spoke = [(int(unit, 16), told) for unit, told in units if "error" not in told]
    for unit, told in spoke:
        part = "" if len(units) == 1 else f"unit/{unit}"
        yield Claim("modbus_unit_id", unit, part=part, confidence=CONFIDENCE)
        if text := told.get("Device identification", ""):
            yield Claim("description", text, part=part, confidence=CONFIDENCE)


def _key(element: "Element") -> str:
    return element.get("key", "")


INDUSTRIAL: Mapping[str, Callable[["Element"], Iterator[Claim]]] = {
    **{name: partial(_texts, name) for name in _TEXTS},
    "bacnet-info": _bacnet,
    "enip-info": _ethernet_ip,
    "fox-info": _fox,
    "iec-identify": _iec104,
    "knx-gateway-info": _knx,
    "modbus-discover": _modbus,
    "omron-info": _omron,
}
