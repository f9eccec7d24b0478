"""The two sides of a difference: what a scan saw, what was known at a time, what a golden file or an inventory says."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from assetctl import settle
from assetctl.baseline import FIELDS, STATES, Entry, as_text, parts_of, ports, values_of
from assetctl.documents import read_json
from assetctl.errors import InputError
from assetctl.facts import vocabulary
from assetctl.model import DEFAULT_REALM, Asset, SubjectKind
from assetctl.store.repo import Store
from assetctl.text import near
from assetctl.work.golding import load
from assetctl.work.ingest import Declared, assets_at, assets_in
from assetctl.work.records import PLAIN

MOST_BYTES = 256 * 1024 * 1024
EXPECTED = "a scan id, a time such as 2026-03-01, a golden file (.yaml) or an inventory (.json) is expected"


@dataclass(frozen=True, slots=True)
class Item:
    """One asset. names: ids, aliases and position, with the realm. places: its addresses, with the realm.

    values: by field; a port is a field such as "tcp/502", what belongs to an interface or service has its key in front.
    """

    id: str
    names: frozenset[str]
    places: frozenset[str]
    values: Mapping[str, str]
    position: str = ""
    zone: str = ""
    tags: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """realm, zone: to which it is limited, "" for no limit; only a golden file is limited to a zone.

    is_partial: what is not in it may not have been asked. knows: whether it would tell a field if it were there.
    """

    name: str
    items: tuple[Item, ...]
    realm: str = ""
    zone: str = ""
    is_partial: bool = False
    knows: Callable[[str], bool] = field(default=lambda _: True)


def is_file(name: str) -> bool:
    """Whether a side is a file, so that no database is needed for it."""
    return name.endswith((".yaml", ".yml", ".json"))


def file_side(name: str) -> Side:
    """A golden file, or the inventory that `assets export` or `--format json assets list` wrote. Raises InputError."""
    path = Path(name)
    if path.suffix == ".json":
        document = read_json(path, most=MOST_BYTES)
        return Side(name, tuple(_recorded(document.root, path)), knows=lambda key: ": " not in key)
    golden, _ = load(path)
    items = tuple(_approved(entry, golden.realm, golden.zone) for entry in golden.entries)
    return Side(name, items, golden.realm, golden.zone, knows=lambda key: key in FIELDS or is_port(key))


def stored_side(name: str, store: Store, declared: Declared, *, now: datetime, time: datetime | None) -> Side:
    """A scan by its id, or what was known at a time. Raises InputError."""
    scans = {scan.id: scan for scan in store.scans()}
    if name in scans:
        assets = assets_in(store, scans[name].realm, name, declared)
        return Side(name, items_of(assets), realm=scans[name].realm, is_partial=True)
    if time is None:
        raise InputError(f"{name}: {EXPECTED}{near(name, tuple(scans))}")
    if time > now:
        raise InputError(f"{name}: that is in the future; nothing can be known of it")
    realms = sorted({scan.realm for scan in scans.values()})
    return Side(name, items_of(one for realm in realms for one in assets_at(store, realm, time, declared)))


def items_of(assets: Iterable[Asset]) -> tuple[Item, ...]:
    """Assets as items."""
    return tuple(_item(asset) for asset in sorted(assets, key=lambda asset: asset.id))


def is_port(key: str) -> bool:
    """Whether a field is the state of a port."""
    return key.startswith(("tcp/", "udp/")) and ": " not in key


def _item(asset: Asset) -> Item:
    names = (asset.id, *asset.aliases, *([asset.position] if asset.position else []))
    said = settle.settled(asset)
    values = {key: as_text(fact.value) for key, fact in said.items() if _is_lasting(key)}
    values |= {**_local(asset), **{name: state for name, (state, _) in ports(asset).items()}, **values_of(asset)}
    values |= {"zone": asset.zone} if asset.zone else {}
    return Item(
        id=asset.id,
        names=_in_realm(asset.realm, names),
        places=_in_realm(asset.realm, () if asset.parent else settle.addresses(asset)),
        values=values,
        position=asset.position or "",
        zone=asset.zone or "",
        tags=as_text(said["tags"].value) if "tags" in said else "",
        note=as_text(said["notes_description"].value) if "notes_description" in said else "",
    )


def _local(asset: Asset) -> dict[str, str]:
    """What is known of interfaces, services, certificates, neighbours and programs."""
    found: dict[str, set[str]] = {}
    for fact in settle.current(asset.facts):
        if fact.subject.kind is not SubjectKind.ASSET and fact.key != "port_state" and _is_lasting(fact.key):
            found.setdefault(f"{fact.subject.local_key}: {fact.key}", set()).add(as_text(fact.value))
    return {key: ", ".join(sorted(values)) for key, values in found.items()}


def _is_lasting(key: str) -> bool:
    known = vocabulary().get(key)
    return known is not None and not known.volatile


def _in_realm(realm: str, names: Iterable[str]) -> frozenset[str]:
    return frozenset(f"{realm}/{name}" for name in names)


def _approved(entry: Entry, realm: str, zone: str) -> Item:
    return Item(
        id=entry.asset or entry.key,
        names=_in_realm(realm, {entry.key, entry.asset or entry.key}),
        places=_in_realm(realm, parts_of(entry.match.get("ip_address", ""))),
        values={**{name: ", ".join(values) for name, values in entry.facts.items()}, **entry.ports},
        position="" if entry.key == entry.asset else entry.key,
        zone=zone,
    )


def _recorded(root: Any, path: Path) -> Iterator[Item]:
    rows = root.get("data") if isinstance(root, dict) else root
    if not isinstance(rows, list):
        raise InputError(
            f"{path}: an inventory is expected, no list of assets was found; write one: assets export FILE"
        )
    for number, row in enumerate(rows, start=1):
        try:
            yield _record(row)
        except (TypeError, ValueError, KeyError, AttributeError):
            raise InputError(f"{path}: row {number}: an asset of `assetctl schema assets` is expected") from None


def _record(row: Mapping[str, Any]) -> Item:
    """One record of the contract. Raises TypeError, ValueError or LookupError when it is none."""
    facts = row["facts"]
    values = {key: _told(value) for key, value in facts.items() if _is_lasting(key)}
    values |= {key: _told(row[key]) for key in (*PLAIN, "ip_address", "mac_address") if row.get(key)}
    values |= {_port(one): _text(one["state"]) for one in row["ports_services"] if one["state"] in STATES}
    values |= {"zone": _text(row["zone"])} if row.get("zone") else {}
    realm = _text(row.get("realm", DEFAULT_REALM))
    position = row.get("position") or ""
    names = [_text(row["id"]), *map(_text, row.get("aliases", ())), *([_text(position)] if position else [])]
    return Item(
        id=_text(row["id"]),
        names=_in_realm(realm, names),
        places=_in_realm(realm, () if row.get("parent") else map(_text, row["ip_address"])),
        values=values,
        position=position,
        zone=row.get("zone") or "",
        tags=values.get("tags", ""),
        note=values.get("notes_description", ""),
    )


def _port(row: Mapping[str, Any]) -> str:
    return f"{_text(row['transport'])}/{int(row['port'])}"


def _told(value: Any) -> str:
    return as_text(tuple(map(_text, value)) if isinstance(value, list) else value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value
