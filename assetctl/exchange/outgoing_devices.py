"""Assets as devices that may leave."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from assetctl.exchange.outgoing import Area, Cable, Device, Port, Redact, Service, clean
from assetctl.model import Asset, Fact, SubjectKind, Zone
from assetctl.settle import (
    InterfaceView,
    ServiceView,
    addresses,
    as_text,
    current,
    interfaces,
    services,
    settled,
    texts,
)
from assetctl.topology import topology

_NAMES = ("hostname", "asset_number", "ip_address", "model", "module_type", "mac_address")
_FIELDS = {
    "hostname": "hostname",
    "manufacturer": "maker",
    "model": "model",
    "order_code": "order_code",
    "serial_number": "serial",
    "firmware_software_version": "firmware",
    "application_software_version": "application",
    "hardware_version": "hardware",
    "operating_system": "os",
    "os_version": "os_version",
    "asset_role_type": "role",
    "description": "description",
    "physical_location_address": "location",
    "asset_criticality": "criticality",
    "department_owner": "owner",
    "asset_number": "asset_number",
    "slot": "slot",
}


def devices(assets: Iterable[Asset], redact: Redact) -> tuple[Device, ...]:
    """All assets, sorted by the ids under which they leave."""
    return tuple(sorted((_device(asset, redact) for asset in assets), key=lambda one: one.id))


def cables(assets: Iterable[Asset], redact: Redact) -> tuple[Cable, ...]:
    """The cables of which both ends told over LLDP or CDP, with both ports named."""
    found = set()
    for link in topology(assets).links:
        if link.both and link.one.port and link.other.port:
            ends = sorted((clean(end.asset, redact), clean(end.port, redact)) for end in (link.one, link.other))
            found.add(Cable(ends[0], ends[1]))
    return tuple(sorted(found))


def areas(zones: Iterable[Zone], redact: Redact) -> tuple[Area, ...]:
    """The zones that were declared, sorted by the ids under which they leave."""
    made = (
        Area(
            clean(zone.id, redact),
            clean(zone.realm, redact),
            tuple(clean(str(network), redact) for network in zone.networks),
            clean(zone.level),
        )
        for zone in zones
    )
    return tuple(sorted(made, key=lambda one: one.id))


def _device(asset: Asset, redact: Redact) -> Device:
    held = settled(asset)
    told = {key: as_text(fact.value) for key, fact in held.items()}
    own, macs = addresses(asset), texts(asset, "mac_address")
    named = told | {"ip_address": own[0] if own else "", "mac_address": macs[0] if macs else ""}
    name = next((named[key] for key in _NAMES if named.get(key)), asset.id)
    fields = {field: clean(told[key], redact) for key, field in _FIELDS.items() if key in told}
    return Device(
        id=clean(asset.id, redact),
        realm=clean(asset.realm, redact),
        name=clean(name, redact) or clean(asset.id, redact),
        first_seen=asset.first_seen,
        last_seen=asset.last_seen,
        site=clean(asset.site, redact),
        zone=clean(asset.zone or "", redact),
        position=clean(asset.position or "", redact),
        parent=clean(asset.parent or "", redact),
        confidence=asset.confidence,
        addresses=tuple(clean(one, redact) for one in own),
        macs=tuple(clean(one, redact) for one in macs),
        ports=_ports(asset, own, redact),
        services=tuple(_service(view, redact) for view in services(asset) if view.is_open and view.source != "table"),
        software=tuple(sorted(set(_software(asset, redact)))),
        **fields,
    )


def _ports(asset: Asset, own: tuple[str, ...], redact: Redact) -> tuple[Port, ...]:
    """Its interfaces; an address that it has left is none of them."""
    said: dict[str, set[str]] = {}
    for fact in current(asset.facts):
        if fact.subject.kind is SubjectKind.INTERFACE and fact.key == "ip_address":
            said.setdefault(fact.subject.local_key, set()).add(as_text(fact.value))
    found = []
    for view in interfaces(asset):
        here = said.get(view.local_key, set())
        port = _port(view, tuple(one for one in own if one in here), redact)
        if port.addresses or port.mac or port.name or port.description:
            found.append(port)
    return _joined(found)


def _joined(ports: list[Port]) -> tuple[Port, ...]:
    """The ports without those that only repeat an address of another one.

    A device of which one address and one MAC address are known, and no interface, has one port with both.
    """
    placed = {address for port in ports if not _is_bare(port) for address in port.addresses}
    kept = [port for port in ports if not (_is_bare(port) and set(port.addresses) <= placed)]
    if len(kept) == 2 and all(port.index is None and not port.name for port in kept):
        one, other = sorted(kept, key=lambda port: not port.addresses)
        if len(one.addresses) == 1 and not one.mac and other.mac and not other.addresses:
            return (replace(other, key=one.key, addresses=one.addresses, netmask=one.netmask or other.netmask),)
    return tuple(kept)


def _is_bare(port: Port) -> bool:
    """Whether it is no more than an address at which the device was met."""
    return bool(port.addresses) and not (port.mac or port.name or port.description or port.index is not None)


def _port(view: InterfaceView, own: tuple[str, ...], redact: Redact) -> Port:
    told = {key: as_text(fact.value) for key, fact in view.facts.items()}
    return Port(
        key=clean(view.local_key, redact),
        name=clean(view.name, redact),
        description=clean(told.get("interface_alias") or view.description, redact),
        addresses=tuple(clean(one, redact) for one in own),
        mac=clean(view.mac_address, redact),
        netmask=clean(told.get("interface_netmask", ""), redact),
        type=_number(view.facts, "interface_type"),
        index=_number(view.facts, "interface_index"),
        speed_bps=_number(view.facts, "interface_speed_bps"),
        enabled=_is_up(told.get("interface_admin_status", "")),
        up=_is_up(told.get("interface_oper_status", "")),
    )


def _number(facts: Mapping[str, Fact], key: str) -> int | None:
    value = facts[key].value if key in facts else None
    return value if isinstance(value, int) and 0 <= value < 2**63 else None


def _is_up(state: str) -> bool | None:
    return {"up": True, "down": False}.get(state)


def _service(view: ServiceView, redact: Redact) -> Service:
    name, product, version = (clean(text, redact) for text in (view.name, view.product, view.version))
    return Service(view.transport, view.port, name, product, version)


def _software(asset: Asset, redact: Redact) -> Iterator[tuple[str, str]]:
    told: dict[str, dict[str, str]] = {}
    for fact in sorted(current(asset.facts), key=lambda fact: (fact.key, as_text(fact.value))):
        if fact.subject.kind is SubjectKind.SOFTWARE:
            told.setdefault(fact.subject.local_key, {})[fact.key] = clean(as_text(fact.value), redact)
    for one in told.values():
        if one.get("software_name"):
            yield one["software_name"], one.get("software_version", "")
