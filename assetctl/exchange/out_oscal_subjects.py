"""What results are about, as OSCAL names it: devices as inventory items, products and zones as components."""

from collections.abc import Iterator
from typing import Any

from assetctl.exchange.out_json import known
from assetctl.exchange.out_oscal_words import NS, prop, title
from assetctl.exchange.outgoing import Device, Outgoing, is_mac, real, stamp, uuid_of


class Subjects:
    """The inventory items and components of one document. Zones that were not declared are components too."""

    def __init__(self, outgoing: Outgoing, where: str) -> None:
        self._outgoing = outgoing
        self._plant = _component("this-system", "plant", title(where), "The plant as a whole.")
        named = {area.id: f"level {area.level}" if area.level else "" for area in outgoing.areas}
        for verdict in outgoing.results.verdicts if outgoing.results else ():
            if verdict.subject not in outgoing.by_id and verdict.subject != "inventory":
                named.setdefault(verdict.subject, "")
        self._zones = {
            id: _component("network", id, id, " ".join(filter(None, ("A zone or conduit", level))) + ".")
            for id, level in sorted(named.items())
        }

    def reference(self, subject: str) -> dict[str, str]:
        """A reference to the subject of a result."""
        if (device := self._outgoing.by_id.get(subject)) is not None:
            return {"subject-uuid": _uuid(device), "type": "inventory-item", "title": title(device.name)}
        made = self._zones.get(subject, self._plant)
        return {"subject-uuid": made["uuid"], "type": "component", "title": made["title"]}

    def definitions(self) -> dict[str, Any]:
        """Everything that is referred to, and every device."""
        products = {
            (one.maker, one.product): _component(
                "hardware", f"{one.maker}\x1f{one.product}", f"{one.maker} {one.product}", "A product."
            )
            for one in self._outgoing.devices
            if one.maker and one.product
        }
        every = [self._plant, *self._zones.values(), *(products[key] for key in sorted(products))]
        items = [_item(one, products, has_parent=one.parent in self._outgoing.by_id) for one in self._outgoing.devices]
        return known(components=every, **{"inventory-items": items})


def _component(kind: str, name: str, label: str, description: str) -> dict[str, Any]:
    return {
        "uuid": uuid_of("component", kind, name),
        "type": kind,
        "title": title(label) or kind,
        "description": description,
        "status": {"state": "operational"},
    }


def _item(device: Device, products: dict[tuple[str, str], dict[str, Any]], *, has_parent: bool) -> dict[str, Any]:
    product = products.get((device.maker, device.product))
    return known(
        **{
            "uuid": _uuid(device),
            "description": title(" ".join(filter(None, (device.name, device.maker, device.product)))),
            "props": [prop(name, value, ns) for name, value, ns in _props(device)],
            "links": [{"href": f"#{uuid_of('item', device.parent)}", "rel": "part-of"}] if has_parent else None,
            "implemented-components": [{"component-uuid": product["uuid"]}] if product else None,
        }
    )


def _props(device: Device) -> Iterator[tuple[str, str, str]]:
    named = (
        ("asset-id", device.id),
        ("asset-tag", device.asset_number),
        ("serial-number", device.serial),
        ("hardware-model", device.product),
        ("vendor-name", device.maker),
        ("os-name", device.os),
        ("os-version", device.os_version),
        ("function", device.role),
        ("physical-location", device.location),
    )
    own = (
        ("firmware-version", device.firmware),
        ("order-code", device.order_code),
        ("realm", device.realm),
        ("zone", device.zone),
        ("position", device.position),
        ("last-seen", stamp(device.last_seen)),
    )
    yield from ((name, value, "") for name, value in named if value)
    yield from ((f"ipv{one.version}-address", str(one), "") for one in real(device.addresses))
    yield from (("mac-address", one, "") for one in device.macs if is_mac(one))
    yield from ((name, value, NS) for name, value in own if value)


def _uuid(device: Device) -> str:
    return uuid_of("item", device.id)
