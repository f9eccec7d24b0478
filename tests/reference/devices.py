"""The devices of the reference plant, out of its tables: what each is, what it says, and what people declared of it."""

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from assetctl.facts import vocabulary
from assetctl.model import Claim, PortState, SubjectKind, Value

DATA = Path(__file__).with_name("data")
JUDGED = date(2026, 6, 1)
"""The day from which every day in the tables is counted."""

PORTS = "ports"
IMPORT = "xlsx"
_OWN = ("role", "mac", "services", "parts", "part", "declared", "like")
_DAY = re.compile(r"\b20\d\d-[01]\d-[0-3]\d(?!\d)")
_CELL = re.compile(r"(?<=[a-z]-)(press|filling|safety)\b")
_PLACE = re.compile(r"=([PFS])1\+")
_NET = re.compile(r"\b10\.20\.([01])\b")
_VLAN = re.compile(r'"(10[012])"')


@dataclass(frozen=True, slots=True)
class Device:
    """One device. says: facts by reader and place, such as "tcp/22 service_name". parts: the same of what is behind it.

    switch: in whose forwarding table it stands. ports: their states. before: it was seen 40 days ago too; gone: it was
    seen then only.
    """

    name: str
    number: int
    zone: str
    switch: str
    ip: str
    mac: str
    role: str
    position: str
    says: Mapping[str, Mapping[str, Value]]
    ports: Mapping[str, str]
    declared: Mapping[str, Value]
    parts: Sequence[tuple[str, str, Mapping[str, Value]]] = ()
    before: bool = False
    gone: bool = False

    @property
    def count(self) -> int:
        """How many assets it is, its parts included."""
        return 1 + len(self.parts)

    def claims(self, seen: str) -> Iterator[tuple[str, tuple[Claim, ...]]]:
        """What each reader hears. seen: when, as text."""
        mac = Claim("mac_address", self.mac, SubjectKind.INTERFACE, self.ip)
        states = (Claim("port_state", state, SubjectKind.SERVICE, port) for port, state in sorted(self.ports.items()))
        yield PORTS, (mac, *states)
        for reader, facts in self.says.items():
            parts = (
                _claim(key, value, part) for part, by, own in self.parts if by == reader for key, value in own.items()
            )
            told = (_claim(place, seen if value == "{seen}" else value) for place, value in facts.items())
            yield reader, (*told, *parts)


def devices(cells: int = 1, *, later: timedelta = timedelta(0)) -> Iterator[Device]:
    """The devices of the plant with so many pairs of cells. later: by how much its days are put off."""
    kinds = tomllib.loads(shifted(_text("kinds.toml"), later))
    number = 0
    for text in (_text("devices.toml"), *(renamed(_text("cells.toml"), n) for n in range(1, cells + 1))):
        for group in tomllib.loads(shifted(text, later)).values():
            for row in group.get("devices", ()):
                number += 1
                yield _device(row, group, kinds, number)


def shifted(text: str, later: timedelta) -> str:
    """A text with every day in it put off."""
    return _DAY.sub(lambda found: str(date.fromisoformat(found[0]) + later), text)


def renamed(text: str, n: int) -> str:
    """A text about the first pair of cells as one about the n-th: its names, places, addresses and VLANs."""
    if n == 1:
        return text
    text = _CELL.sub(rf"\g<1>{n}", text)
    text = _PLACE.sub(rf"=\g<1>{n}+", text)
    text = _NET.sub(lambda found: _network(int(found[1]), n), text)
    return _VLAN.sub(lambda found: f'"{int(found[1]) + 3 * (n - 1)}"', text)


def _network(half: int, n: int) -> str:
    at = 2 * (n - 1) + half
    return f"10.{20 + at // 256}.{at % 256}"


def _text(name: str) -> str:
    return (DATA / name).read_text("utf-8")


def _device(row: Mapping[str, Any], group: Mapping[str, Any], kinds: Mapping[str, Any], number: int) -> Device:
    kind = _kind(row["kind"], kinds["kinds"])
    services = (*kind.get("services", ()), *row.get("services", ()))
    heard = [kinds["services"][name] for name in services]
    heard += [{reader: facts for reader, facts in kind.items() if reader not in _OWN}, row.get("facts", {})]
    ip = f"{group['net']}.{row['at']}"
    names = _names(
        row["name"], ip, f"{kind['mac']}:{number >> 16:02X}:{number >> 8 & 255:02X}:{number & 255:02X}", number
    )
    says: dict[str, dict[str, Value]] = {}
    for facts in heard:
        for reader, told in facts.items():
            says.setdefault(reader, {}).update((_filled(k, names), _value(v, names)) for k, v in told.items())
    if row.get("no_certificate"):
        says = {reader: {k: v for k, v in told.items() if "certificate" not in k} for reader, told in says.items()}
    return Device(
        name=row["name"],
        number=number,
        zone=group["zone"],
        switch=row.get("switch", group["switch"]),
        ip=ip,
        mac=names["mac"],
        role=kind["role"],
        position="" if row.get("unregistered") else row["position"],
        says=says,
        ports=_ports(says, row, kinds["everywhere"]),
        declared=_declared(row, kind, kinds["everywhere"], number),
        parts=tuple(_part(name, kind["part"], row["name"], number) for name in kind.get("parts", ())),
        before=row.get("before", False) or row.get("gone", False),
        gone=row.get("gone", False),
    )


def _kind(name: str, kinds: Mapping[str, Any]) -> Mapping[str, Any]:
    kind: Mapping[str, Any] = kinds[name]
    return {**_kind(kind["like"], kinds), **kind} if "like" in kind else kind


def _names(name: str, ip: str, mac: str, number: int) -> Mapping[str, str]:
    digest = hashlib.sha256(name.encode()).hexdigest()
    return {
        **{"name": name, "ip": ip, "mac": mac, "serial": f"RP-{number:05d}-7", "seen": "{seen}"},
        **{"hash": digest, "hash16": digest[:16], "hash32": digest[:32]},
    }


def _filled(text: str, names: Mapping[str, str]) -> str:
    return text.format_map(names)


def _value(value: Any, names: Mapping[str, str]) -> Value:
    if isinstance(value, list):
        return tuple(_filled(one, names) for one in value)
    found: Value = _filled(value, names) if isinstance(value, str) else value
    return found


def _part(part: str, told: Mapping[str, Any], name: str, number: int) -> tuple[str, str, Mapping[str, Value]]:
    own = f"RP-{number:05d}-{part.rpartition('/')[2]}M"
    facts = {key: own if value == "{serial}" else value for key, value in told.items() if key != "reader"}
    return part, told["reader"], facts


def _ports(says: Mapping[str, Mapping[str, Value]], row: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, str]:
    states = {f"tcp/{port}": PortState.CLOSED.value for port in (*asked["tcp"], *asked["tcp_high"])}
    states |= {f"udp/{port}": PortState.CLOSED.value for port in asked["udp"]}
    spoke = {place.rpartition(" ")[0] for told in says.values() for place in told if place.endswith(" service_name")}
    states |= dict.fromkeys((*spoke, *row.get("open", ())), PortState.OPEN.value)
    return states | dict.fromkeys(row.get("filtered", ()), PortState.FILTERED.value)


def _declared(
    row: Mapping[str, Any], kind: Mapping[str, Any], everywhere: Mapping[str, Any], number: int
) -> dict[str, Value]:
    own = {
        "asset_role_type": kind["role"],
        "asset_number": f"A-{number:05d}",
        "department_owner": "Automation",
        "physical_location_address": f"Hall {1 + number % 3}, cabinet {number}",
    }
    return {**everywhere["declared"], **own, **kind.get("declared", {}), **row.get("declared", {})}


def _claim(place: str, value: Value, part: str = "") -> Claim:
    local_key, _, key = place.rpartition(" ")
    return Claim(key, value, vocabulary()[key].kind, local_key, part)


def as_json(value: object) -> str:
    """A value on one line, which YAML reads as well."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
