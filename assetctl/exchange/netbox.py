"""Devices, interfaces and IP addresses that NetBox exports, as JSON of its API or as CSV -> declared positions.

What stands in NetBox was entered by people: it is declared, and never taken for an observation. The kind of each file
is told by its fields, so that the three may come in any order. A device that is planned, in stock or given up has no
position in the plant.
Source: NetBox's REST API and CSV export, versions 3.5 to 4: device, interface, MAC address and IP address.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from assetctl.errors import InputError
from assetctl.exchange import declared
from assetctl.exchange.rows import read_file
from assetctl.model import Position, Value
from assetctl.text import one_line

MOST_RECORDS = 100_000
MOST_PROBLEMS = 20
NOT_IN_PLACE = frozenset({"planned", "staged", "inventory", "decommissioning", "offline", "failed"})

_Told = Mapping[str, str]
# field of ours -> headings and paths under which NetBox has it
_DEVICE = {
    "name": ("name",),
    "status": ("status.value", "status"),
    "role": ("role.name", "device_role.name", "role", "device_role"),
    "manufacturer": ("device_type.manufacturer.name", "manufacturer.name", "manufacturer"),
    "model": ("device_type.model", "device_type", "type"),
    "part_number": ("device_type.part_number", "part_number"),
    "serial": ("serial", "serial_number"),
    "asset_tag": ("asset_tag",),
    "tenant": ("tenant.name", "tenant"),
    "site": ("site.name", "site"),
    "location": ("location.name", "location"),
    "rack": ("rack.name", "rack"),
    "tags": ("tags",),
    "description": ("description",),
    "address": (
        *("primary_ip4.address", "primary_ip.address", "primary_ip6.address"),
        *("primary_ip4", "ip_address", "primary_ip", "primary_ip6"),
    ),
}
_INTERFACE = {
    "device": ("device.name", "device"),
    "mac": ("primary_mac_address.mac_address", "mac_address", "primary_mac_address"),
}
_IP = {
    "device": ("assigned_object.device.name", "device", "parent"),
    "address": ("address", "ip_address"),
}
_DECLARED = {
    **{"manufacturer": "manufacturer", "model": "model", "part_number": "order_code", "serial": "serial_number"},
    **{"role": "asset_role_type", "asset_tag": "asset_number", "tenant": "department_owner", "tags": "tags"},
    **{"description": "notes_description"},
}


@dataclass(slots=True)
class NetBox:
    """What the files hold. devices: (place, fields). out_of_place: devices without a position in the plant."""

    devices: list[tuple[str, _Told]] = field(default_factory=list)
    macs: dict[str, set[str]] = field(default_factory=dict)
    addresses: dict[str, list[str]] = field(default_factory=dict)
    records: int = 0
    out_of_place: int = 0
    problems: list[str] = field(default_factory=list)

    def problem(self, place: str, reason: str) -> None:
        """Note what of a record was not taken."""
        self.problems.append(f"{place}: {one_line(reason)}")


def read_netbox(paths: Iterable[Path]) -> NetBox:
    """All records of the files. Raises InputError when one is no export of these."""
    found = NetBox()
    for path in paths:
        rows = list(_rows(path))
        kind = _kind(rows, path)
        for place, row in rows:
            found.records += 1
            if found.records > MOST_RECORDS:
                raise InputError(f"{path}: more than {MOST_RECORDS} records; split the export")
            _READERS[kind](found, place, row)
    return found


def positions(found: NetBox, *, realm: str, now: datetime) -> tuple[Position, ...]:
    """The positions of the devices, in the order of the files; of two with one name the first counts."""
    made: dict[str, Position] = {}
    for place, told in found.devices:
        try:
            name = declared.position_id(told["name"])
        except ValueError as fault:
            found.problem(place, str(fault))
            continue
        if name in made:
            found.problem(place, f"a second device with the name {name}")
            continue
        values = dict(_values(found, place, told))
        match = _match(found, place, told, values)
        made[name] = Position(name, realm, match, values, source=place, declared_at=now)
    return tuple(made.values())


def _match(found: NetBox, place: str, told: _Told, values: Mapping[str, Value]) -> Mapping[str, str]:
    """What ties a device to the position: its address, else its only hardware address, serial number, or name."""
    own = found.addresses.get(told["name"], [])
    candidates = [("ip_address", told["address"] or (own[0] if len(own) == 1 else ""))]
    macs = sorted(found.macs.get(told["name"], ()))
    candidates += [("mac_address", macs[0] if len(macs) == 1 else ""), ("serial_number", told["serial"])]
    for key, text in candidates:
        if text:
            try:
                return {key: str(declared.parse(key, text))}
            except ValueError as fault:
                found.problem(place, f"{key}: {fault}")
    return {"hostname": told["name"]} if "hostname" not in values else {"hostname": str(values["hostname"])}


def _values(found: NetBox, place: str, told: _Told) -> Iterator[tuple[str, Value]]:
    for name, key in _DECLARED.items():
        if told[name] and not declared.is_nothing(told[name]):
            try:
                yield key, declared.parse(key, told[name])
            except ValueError as fault:
                found.problem(place, f"{key}: {fault}")
    where = " / ".join(one for one in (told["site"], told["location"], told["rack"]) if one)
    if where:
        yield "physical_location_address", declared.parse("physical_location_address", where)


def _kind(rows: list[tuple[str, _Told]], path: Path) -> str:
    """device, interface or ip, by the fields of the first records."""
    names = {name for _, row in rows[:50] for name in row}
    roots = {name.partition(".")[0] for name in names}
    if "address" in roots and roots & {"assigned_object", "family", "interface", "parent", "assigned_object_type"}:
        return "ip"
    if {"device_type", "site"} <= roots or {"manufacturer", "site"} <= roots or {"type", "site"} <= roots:
        return "device"
    if {"device", "name"} <= roots:
        return "interface"
    raise InputError(f"{path}: devices, interfaces or IP addresses of NetBox are expected, as JSON or CSV")


def _picked(row: _Told, fields: Mapping[str, tuple[str, ...]]) -> _Told:
    return {ours: next((row[name] for name in names if row.get(name)), "") for ours, names in fields.items()}


def _device(found: NetBox, place: str, row: _Told) -> None:
    told = _picked(row, _DEVICE)
    if told["status"].casefold() in NOT_IN_PLACE:
        found.out_of_place += 1
    elif not told["name"]:
        found.problem(place, "a device without a name")
    else:
        found.devices.append((place, told))


def _interface(found: NetBox, place: str, row: _Told) -> None:
    del place
    told = _picked(row, _INTERFACE)
    if told["device"] and told["mac"]:
        found.macs.setdefault(told["device"], set()).add(told["mac"])


def _ip(found: NetBox, place: str, row: _Told) -> None:
    del place
    told = _picked(row, _IP)
    if told["device"] and told["address"]:
        found.addresses.setdefault(told["device"], []).append(told["address"])


_READERS: Mapping[str, Callable[[NetBox, str, _Told], None]] = {"device": _device, "interface": _interface, "ip": _ip}


def _rows(path: Path) -> Iterator[tuple[str, _Told]]:
    raw = read_file(path)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path}: not UTF-8; export it from NetBox as CSV or JSON") from None
    yield from _objects(text, path) if text.lstrip()[:1] in ("{", "[") else _lines(text, path)


def _objects(text: str, path: Path) -> Iterator[tuple[str, _Told]]:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise InputError(f"{path}: no JSON that can be read ({one_line(str(fault))})") from None
    rows = told.get("results") if isinstance(told, dict) else told
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError(f'{path}: a list of objects is expected, or an object with "results"')
    for number, row in enumerate(rows, 1):
        yield f"{path.name}:{number}", dict(_flat(row, "", 3))


def _flat(told: Mapping[str, object], prefix: str, depth: int) -> Iterator[tuple[str, str]]:
    for name, value in told.items():
        match value:
            case bool() | None:
                continue
            case str() | int() | float():
                yield prefix + name, str(value).strip()
            case dict() if depth:
                yield from _flat(value, f"{prefix}{name}.", depth - 1)
            case list():
                yield prefix + name, ",".join(filter(None, map(_label, value[:64])))


def _label(one: object) -> str:
    return str(one.get("name", "")) if isinstance(one, dict) else str(one)


def _lines(text: str, path: Path) -> Iterator[tuple[str, _Told]]:
    separator = ";" if text.split("\n", 1)[0].count(";") > text.split("\n", 1)[0].count(",") else ","
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        header = ["_".join(cell.strip().casefold().split()) for cell in next(rows, [])]
        named = [name for name in header if name]
        if len(set(named)) != len(named):
            raise InputError(f"{path}: a heading stands there twice; export it again")
        for row in rows:
            if any(cell.strip() for cell in row):
                told = {name: cell.strip() for name, cell in zip(header, row, strict=False) if name and cell.strip()}
                yield f"{path.name}:{rows.line_num}", told
    except csv.Error as fault:
        raise InputError(f"{path}: no CSV that can be read ({fault})") from None
