"""Assets as records: the JSON contract of `assets list`, and the words of `assets why`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import Any

from assetctl import products
from assetctl.model import Asset, Fact, Value
from assetctl.settle import ServiceView, addresses, as_text, best, interfaces, rivals, services, settled, text, texts
from assetctl.text import counted

PLAIN = (
    "hostname",
    "manufacturer",
    "model",
    "order_code",
    "serial_number",
    "firmware_software_version",
    "hardware_version",
    "operating_system",
    "asset_role_type",
)
COLUMNS = (
    "id",
    "ip_address",
    "hostname",
    "manufacturer",
    "model",
    "serial_number",
    "firmware_software_version",
    "zone",
)


def asset_record(asset: Asset, parts: Sequence[Asset] = ()) -> dict[str, Any]:
    """One asset of the contract. A value that nobody told is null or empty, never a guess.

    parts: the assets whose parent it is. facts: every settled key; sources: per field who said so.
    """
    held = settled(asset)
    ports = services(asset)
    record: dict[str, Any] = {
        "id": asset.id,
        "aliases": list(asset.aliases),
        "realm": asset.realm,
        "site": asset.site,
        "position": asset.position,
        "ip_address": list(addresses(asset)),
        "mac_address": list(texts(asset, "mac_address")),
        **{key: as_text(held[key].value) if key in held else None for key in PLAIN},
        "ports_services": [_service_record(view) for view in ports],
        "protocols": sorted({view.name for view in ports if view.name and view.source != "table" and view.is_open}),
        "modules": [_module_record(part) for part in parts],
        "parent": asset.parent,
        "zone": asset.zone,
        "first_seen": asset.first_seen.isoformat(),
        "last_seen": asset.last_seen.isoformat(),
        "confidence": asset.confidence,
    }
    record["facts"] = {key: _json_value(fact.value) for key, fact in sorted(held.items())}
    record["sources"] = _sources(asset, held)
    return record


def asset_records(assets: Iterable[Asset]) -> list[dict[str, Any]]:
    """All assets with their modules, sorted by id."""
    every = sorted(assets, key=lambda asset: asset.id)
    parts: dict[str, list[Asset]] = {}
    for asset in every:
        if asset.parent:
            parts.setdefault(asset.parent, []).append(asset)
    return [asset_record(asset, parts.get(asset.id, ())) for asset in every]


def by_address(record: Mapping[str, Any]) -> tuple[bool, int, int, str]:
    """For sorting as people look for devices: by first address, parts without one last."""
    first = next(map(ip_address, record["ip_address"]), None)
    return first is None, first.version if first else 0, int(first) if first else 0, str(record["id"])


def why(asset: Asset, key: str = "") -> Iterator[str]:
    """Every value, or one, with source, exchange, time, vantage and rivals; and why records were joined."""
    names = [key] if key else sorted(settled(asset))
    for name in names:
        chosen = best(asset, name)
        if chosen is None:
            yield f"{name}: nobody told{_because(asset, name)}"
            continue
        yield f"{name}: {as_text(chosen.value)}"
        yield f"    {_told(chosen)}"
        for rival in rivals(asset, name):
            yield f"    against: {as_text(rival.value)}, {_told(rival)}"
    if key:
        return
    yield f"addresses: {', '.join(addresses(asset)) or 'none'}"
    for join in asset.joins:
        yield f"joined by {join.key} {join.value}: {counted(len(join.observations), 'observation')}"
        for observation in join.observations[:6]:
            yield f"    {observation}"
    yield f"seen {_span(asset)} in {counted(len(asset.observations), 'observation')}"
    yield f"id {asset.id}" + (f", also {', '.join(asset.aliases)}" if asset.aliases else "")


def _because(asset: Asset, key: str) -> str:
    """Why nothing followed from what was told, where that is known."""
    arc = text(asset, "sys_object_id") if key == "model" else ""
    reason = products.why_no_model(arc) if arc else ""
    return f"; {reason}" if reason else ""


def details(asset: Asset) -> Iterator[tuple[str, str]]:
    """All current values of an asset for `assets show`, as (name, value)."""
    yield "id", asset.id
    for key in ("position", "zone", "parent", "site"):
        if value := getattr(asset, key):
            yield key, str(value)
    for key, fact in sorted(settled(asset).items()):
        yield key, as_text(fact.value)
    for interface in interfaces(asset):
        told = (interface.name, interface.ip_address, interface.mac_address, interface.description)
        yield f"interface {interface.local_key}", " ".join(filter(None, told))
    for view in services(asset):
        yield f"port {view.local_key}", " ".join(filter(None, (view.state, view.name, view.product, view.version)))


def _told(fact: Fact) -> str:
    told = [f"{fact.source.kind} {fact.source.name}"]
    told += [f"from {fact.vantage}"] if fact.vantage else []
    told += [_span(fact), f"confidence {fact.confidence}"]
    told += [f"evidence {fact.source.evidence}"] if fact.source.evidence else []
    return ", ".join(told)


def _span(seen: Asset | Fact) -> str:
    return f"{seen.first_seen:%Y-%m-%d %H:%M} to {seen.last_seen:%Y-%m-%d %H:%M} UTC"


def _service_record(view: ServiceView) -> dict[str, Any]:
    return {
        "port": view.port,
        "transport": view.transport,
        "state": view.state or "unprobed",
        "service": view.name,
        "product": view.product,
        "version": view.version,
        "source": view.source,
    }


def _module_record(part: Asset) -> dict[str, Any]:
    held = settled(part)
    keys = ("slot", "manufacturer", "model", "order_code", "serial_number", "firmware_software_version")
    return {"id": part.id, **{key: _json_value(held[key].value) if key in held else None for key in keys}}


def _sources(asset: Asset, held: Mapping[str, Fact]) -> dict[str, dict[str, Any]]:
    chosen = dict(held)
    for key in ("ip_address", "mac_address"):
        if fact := best(asset, key):
            chosen[key] = fact
    return {
        key: {
            "kind": fact.source.kind,
            "name": fact.source.name,
            "evidence": fact.source.evidence,
            "vantage": fact.vantage,
            "last_seen": fact.last_seen.isoformat(),
            "confidence": fact.confidence,
            "rivals": [as_text(rival.value) for rival in rivals(asset, key)],
        }
        for key, fact in sorted(chosen.items())
    }


def _json_value(value: Value) -> Any:
    return list(value) if isinstance(value, tuple) else value
