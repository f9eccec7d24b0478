"""OCSF 1.5.0 events, one a line: Device Inventory Info (5001) for devices, Compliance Finding (2003) for results.

Passes are kept as counts and make no events. An unknown stays unknown; a waived failure stays a failure and is
suppressed. Times are milliseconds since 1970. Source: https://schema.ocsf.io/1.5.0/
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from assetctl.exchange.out_json import known, line
from assetctl.exchange.outgoing import Device, Outgoing, Port, Results, Rule, Verdict, is_mac, real
from assetctl.model import Result, Severity

SPEC = "1.5.0"
_COLLECT, _CREATE = 2, 1
_INVENTORY, _FINDING = 5001, 2003
_INFORMATIONAL, _NEW, _SUPPRESSED = 1, 1, 3
_TYPES = {"server": 1, "workstation": 2, "firewall": 9, "switch": 10, "router": 12}
_OTHER = 99
_SYSTEMS = {"windows": 100, "linux": 200}
_SEVERITIES = {Severity.LOW: 2, Severity.MEDIUM: 3, Severity.HIGH: 4, Severity.CRITICAL: 5}
_STATUS = {Result.PASS: (1, "Pass"), Result.FAIL: (3, "Fail"), Result.UNKNOWN: (0, "Unknown")}


def text(outgoing: Outgoing) -> str:
    """All events."""
    return "".join(line(event) for event in events(outgoing))


def events(outgoing: Outgoing) -> Iterator[dict[str, Any]]:
    """Inventory first, then results."""
    product = {"name": "assetctl", "vendor_name": "assetctl", "version": outgoing.version}
    metadata = {"version": SPEC, "product": product}
    for device in outgoing.devices:
        yield _head(_INVENTORY, _COLLECT, device.last_seen, metadata) | {
            "severity_id": _INFORMATIONAL,
            "device": _device(device),
            "unmapped": _unmapped(device),
        }
    if outgoing.results is not None:
        rules = {rule.id: rule for rule in outgoing.results.rules}
        for verdict in outgoing.results.verdicts:
            yield _finding(verdict, rules.get(verdict.check), outgoing, outgoing.results, metadata)


def _head(class_uid: int, activity_id: int, at: datetime, metadata: dict[str, Any]) -> dict[str, Any]:
    return {
        "class_uid": class_uid,
        "category_uid": class_uid // 1000,
        "activity_id": activity_id,
        "type_uid": class_uid * 100 + activity_id,
        "time": _ms(at),
        "metadata": metadata,
    }


def _device(device: Device) -> dict[str, Any]:
    addresses = real(device.addresses)
    macs = [mac for mac in device.macs if is_mac(mac)]
    return known(
        uid=device.id,
        name=device.name,
        hostname=device.hostname,
        type=device.role or "unknown",
        vendor_name=device.maker,
        model=device.model or device.order_code,
        ip=str(addresses[0]) if addresses else "",
        mac=macs[0] if macs else "",
        desc=device.description,
        zone=device.zone,
        hw_info=known(serial_number=device.serial, vendor_name=device.maker),
        os=_system(device),
        network_interfaces=[made for port in device.ports for made in _interfaces(port)],
        first_seen_time=_ms(device.first_seen),
        last_seen_time=_ms(device.last_seen),
    ) | {"type_id": _TYPES.get(device.role, _OTHER if device.role else 0)}


def _unmapped(device: Device) -> dict[str, str]:
    """What the device object has no member for."""
    return known(
        realm=device.realm,
        firmware_software_version=device.firmware,
        hardware_version=device.hardware,
        order_code=device.order_code,
        physical_location_address=device.location,
        position=device.position,
        parent=device.parent,
        slot=device.slot,
        asset_number=device.asset_number,
        asset_criticality=device.criticality,
    )


def _system(device: Device) -> dict[str, Any] | None:
    if not device.os:
        return None
    kind = next((id for word, id in _SYSTEMS.items() if word in device.os.lower()), _OTHER)
    return known(name=device.os, version=device.os_version) | {"type_id": kind}


def _interfaces(port: Port) -> Iterator[dict[str, Any]]:
    """One object for each address of an interface, as the format wants it; type 0: nobody says wired or wireless."""
    mac = port.mac if is_mac(port.mac) else ""
    for ip in [str(one) for one in real(port.addresses)] or [""]:
        made = known(name=port.name, ip=ip, mac=mac)
        if made:
            yield made | {"type_id": 0}


def _finding(
    verdict: Verdict, rule: Rule | None, outgoing: Outgoing, results: Results, metadata: dict[str, Any]
) -> dict[str, Any]:
    device = outgoing.by_id.get(verdict.subject)
    requirements = sorted({one.requirement for one in rule.maps}) if rule else []
    standards = sorted({f"{one.framework} {one.edition}" for one in rule.maps}) if rule else []
    status_id, status = _STATUS.get(verdict.result, (_OTHER, verdict.result.value))
    return _head(_FINDING, _CREATE, results.at, metadata) | known(
        severity_id=_SEVERITIES[verdict.severity],
        status_id=_SUPPRESSED if verdict.waiver else _NEW,
        comment=f"waived: {verdict.waiver}" if verdict.waiver else "",
        finding_info=known(uid=verdict.id, title=verdict.title, desc=verdict.statement, types=[verdict.check]),
        compliance=known(
            control=verdict.check,
            requirements=requirements,
            standards=standards,
            status=status,
            status_code=verdict.reason,
            status_detail=verdict.statement,
        )
        | {"status_id": status_id},
        resources=[known(uid=verdict.subject, name=device.name if device else "", type="device" if device else "")],
        device=_device(device) if device else None,
        remediation={"desc": rule.fix} if rule and rule.fix else None,
        evidences=[_evidence(one.text, one.evidence, one.observed_at) for one in verdict.because],
    )


def _evidence(read: str, evidence: str, at: datetime | None) -> dict[str, Any]:
    return {"data": known(read=read, evidence=evidence, observed_at_ms=_ms(at) if at else None)}


def _ms(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000 + moment.microsecond // 1000
