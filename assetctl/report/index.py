"""The assets as a report shows them: one name, one value a field, the attributes that CISA asks for.

The 32 attributes and their priorities are those of "Foundations for OT Cybersecurity: Asset Inventory Guidance for
Owners and Operators" (CISA and others, August 2025), appendix A, in its names.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from assetctl.facts import vocabulary
from assetctl.model import Asset, Fact
from assetctl.report.inputs import ReportInputs, Service
from assetctl.report.table import Ref, ref
from assetctl.settle import as_text

PRIORITIES = ("high", "medium", "low")
# The guidance names these two attributes by what they list; each is known as soon as one service is.
_BY_SERVICE = {"port_state": "ports_services", "service_name": "active_supported_communication_protocols"}
_TOLD_AS = {"date_of_manufacture": "entity_manufacturing_date", "vlan": "interface_vlan_id"}
_NO_ZONE = "(no zone)"
_MOST_EVIDENCE = 6
_NAMES = ("hostname", "ip_address", "model", "module_type", "mac_address")


@dataclass(frozen=True, slots=True)
class Entry:
    """One asset, ready to be shown. texts: by fact key or CISA attribute. filled: the attributes with a value.

    link: what leads to it, one object for all tables.
    """

    asset: Asset
    name: str
    values: Mapping[str, Fact]
    texts: Mapping[str, str]
    services: tuple[Service, ...]
    filled: frozenset[str]
    link: tuple[Ref, ...]

    def text(self, key: str) -> str:
        return self.texts.get(key, "")

    @property
    def answered(self) -> bool:
        """Whether the device itself said something to us."""
        return any(fact.source.kind == "probe" for fact in self.asset.facts)

    @property
    def identified(self) -> bool:
        """Whether it is known what the device is: its maker, and its model or order code."""
        return bool(self.text("manufacturer") and (self.text("model") or self.text("order_code")))

    @property
    def vantages(self) -> tuple[str, ...]:
        """Where it was asked from; empty for what is only imported or declared."""
        return tuple(sorted({fact.vantage for fact in self.asset.facts if fact.source.kind == "probe"}))


@dataclass(frozen=True, slots=True)
class Links:
    """Where a link may lead: what is declared, and the evidence that is kept. Other ids stay words."""

    zones: frozenset[str]
    kept: frozenset[str]
    conduits: frozenset[str] = frozenset()

    def zone(self, id: str | None) -> tuple[Ref, ...]:
        if id is not None and id in self.zones:
            return (ref("zones", id),)
        return (Ref("", id or _NO_ZONE),)

    def places(self, ids: Iterable[str]) -> tuple[Ref, ...]:
        """Zones and conduits; other words, such as those for the whole plant, lead nowhere."""
        return tuple(ref("conduits", id) if id in self.conduits else self.zone(id)[0] for id in ids)

    def evidence(self, ids: Iterable[str]) -> tuple[Ref, ...]:
        """Each id once, in the given order, the first six; a long id by its end."""
        distinct = [id for id in dict.fromkeys(ids) if id][:_MOST_EVIDENCE]
        linked = (ref("evidence", id, id if len(id) <= 16 else "…" + id[-14:]) for id in distinct)
        return tuple(one if id in self.kept else Ref("", one.label) for id, one in zip(distinct, linked, strict=True))


def entries(inputs: ReportInputs) -> tuple[Entry, ...]:
    """All assets by zone, name and id."""
    made = (_entry(inputs, asset) for asset in inputs.assets)
    return tuple(sorted(made, key=lambda entry: (entry.asset.zone or "~", entry.name, entry.asset.id)))


@cache
def attributes(priority: str = "high") -> tuple[str, ...]:
    """The attributes of a priority, in the guidance's names and order: 14 high, 8 medium, 10 low."""
    keys = vocabulary().values()
    return tuple(sorted(_BY_SERVICE.get(key.name, key.name) for key in keys if key.cisa == priority))


def _entry(inputs: ReportInputs, asset: Asset) -> Entry:
    values = inputs.settled(asset)
    texts = {key: as_text(fact.value) for key, fact in values.items()}
    for key in ("ip_address", "mac_address"):
        every = {as_text(fact.value) for fact in asset.facts if fact.key == key}
        if every:
            texts[key] = ", ".join(sorted(every))
    services = tuple(inputs.services(asset))
    _derive(texts, asset, services)
    name = next((texts[key] for key in _NAMES if texts.get(key)), asset.id)
    wanted = {name for priority in PRIORITIES for name in attributes(priority)}
    filled = frozenset(key for key, text in texts.items() if text and key in wanted)
    return Entry(asset, name, values, texts, services, filled, (ref("assets", asset.id, name),))


def _derive(texts: dict[str, str], asset: Asset, services: tuple[Service, ...]) -> None:
    """Fill the attributes that are told by other words, or by the services."""
    for name, key in _TOLD_AS.items():
        told = sorted({as_text(fact.value) for fact in asset.facts if fact.key == key})
        if told:
            texts.setdefault(name, ", ".join(told))
    spoken = sorted({one.name for one in services if one.name})
    texts["active_supported_communication_protocols"] = ", ".join(spoken)
    texts["ports_services"] = ", ".join(f"{one.port} {one.name}".strip() for one in services if one.state == "open")
