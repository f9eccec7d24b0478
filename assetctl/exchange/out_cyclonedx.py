"""CycloneDX 1.6 JSON: devices and their parts as hardware, what runs on them as firmware, systems and applications.

Order codes, serial numbers and places have no member of their own; they are properties, under the names of the
official cdx:device taxonomy where it has one. A part and what runs on a device are dependencies of that device.
Source: https://cyclonedx.org/docs/1.6/json/, https://cyclonedx.github.io/cyclonedx-property-taxonomy/cdx/device
"""

from collections.abc import Iterator
from typing import Any

from assetctl.exchange.out_json import document, known
from assetctl.exchange.outgoing import Device, Outgoing, is_mac, stamp, uuid_of

SPEC = "1.6"


def text(outgoing: Outgoing) -> str:
    """The whole BOM. Its serial number is the digest of everything else in it."""
    body = _body(outgoing)
    return document(body | {"serialNumber": f"urn:uuid:{uuid_of('bom', document(body))}"})


def _body(outgoing: Outgoing) -> dict[str, Any]:
    running = {device.id: tuple(_running(device)) for device in outgoing.devices}
    programs = {one["bom-ref"]: one for every in running.values() for one in every}
    components = [_hardware(device) for device in outgoing.devices] + [programs[ref] for ref in sorted(programs)]
    tool = {"type": "application", "name": "assetctl", "version": outgoing.version}
    properties = _properties(("assetctl:project", outgoing.project), ("assetctl:site", outgoing.site))
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": SPEC,
        "version": 1,
        "metadata": known(timestamp=stamp(outgoing.as_of), tools={"components": [tool]}, properties=properties),
        "components": components,
        "dependencies": [*_dependencies(outgoing, running), *({"ref": ref} for ref in sorted(programs))],
    }


def _hardware(device: Device) -> dict[str, Any]:
    return known(
        **{"bom-ref": _ref(device.id)},
        type="device",
        manufacturer={"name": device.maker} if device.maker else None,
        name=device.product or device.name,
        version=device.hardware,
        description=device.description,
        properties=_properties(
            ("cdx:device:serialNumber", device.serial),
            ("cdx:device:sku", device.asset_number),
            ("cdx:device:function", device.role),
            ("cdx:device:location", device.location),
            *(("cdx:device:macAddress", mac) for mac in device.macs if is_mac(mac)),
            ("assetctl:id", device.id),
            ("assetctl:name", device.name),
            ("assetctl:order_code", device.order_code),
            ("assetctl:realm", device.realm),
            ("assetctl:site", device.site),
            ("assetctl:zone", device.zone),
            ("assetctl:position", device.position),
            ("assetctl:slot", device.slot),
            *(("assetctl:address", address) for address in device.addresses),
            ("assetctl:first_seen", stamp(device.first_seen)),
            ("assetctl:last_seen", stamp(device.last_seen)),
        ),
    )


def _running(device: Device) -> Iterator[dict[str, Any]]:
    """What runs on it. Devices of one product with one version share one component."""
    maker, product = device.maker, device.product or device.name
    if device.firmware:
        yield _program("firmware", f"{product} firmware", device.firmware, maker)
    if device.application:
        yield _program("application", f"{product} application", device.application, maker)
    if device.os:
        yield _program("operating-system", device.os, device.os_version)
    for name, version in device.software:
        yield _program("application", name, version)


def _program(kind: str, name: str, version: str, maker: str = "") -> dict[str, Any]:
    ref = f"{kind}:{uuid_of(kind, maker, name, version)}"
    manufacturer = {"name": maker} if maker else None
    return known(**{"bom-ref": ref}, type=kind, name=name, version=version, manufacturer=manufacturer)


def _dependencies(outgoing: Outgoing, running: dict[str, tuple[dict[str, Any], ...]]) -> Iterator[dict[str, Any]]:
    inside: dict[str, list[str]] = {}
    for device in outgoing.devices:
        inside.setdefault(device.parent, []).append(_ref(device.id))
    for device in outgoing.devices:
        needs = sorted({*inside.get(device.id, ()), *(one["bom-ref"] for one in running[device.id])})
        yield known(ref=_ref(device.id), dependsOn=needs)


def _ref(id: str) -> str:
    return f"device:{id}"


def _properties(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs if value]
