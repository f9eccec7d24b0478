"""Changes to the zones file: shown as a difference first, read as the file would be, then written whole."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import unified_diff
from hashlib import sha256
from pathlib import Path
from typing import Any

from assetctl.documents import Document
from assetctl.errors import InputError
from assetctl.model import Asset, Position
from assetctl.text import near
from assetctl.work import outfile
from assetctl.work.editing import Change, appended, changed, put
from assetctl.zones import ZoneFile, parse_zones

BLANK = "schema: 2\nzones: []\n"
_SIDE = r"(?:(?P<transport>tcp|udp)/(?P<port>\d{1,5}(?:-\d{1,5})?)|(?P<plain>icmp))"
_ALLOW = (
    re.compile(_SIDE + r"\Z"),
    re.compile(r"(?P<proto>[A-Za-z][\w.-]*)(?::" + _SIDE + r")?\Z"),
)
_LEVELS = re.compile(r"(IAC|UC|SI|DC|RDF|TRE|RA)=([0-4])\Z")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change that is not made yet. before: the file's text as it was read, "" when there was none."""

    path: Path
    before: str
    after: str
    file: ZoneFile

    @property
    def difference(self) -> str:
        """The change as lines of a unified difference; "" when nothing would change."""
        old, new = self.before.splitlines(keepends=True), self.after.splitlines(keepends=True)
        return "".join(unified_diff(old, new, str(self.path), str(self.path)))


def propose(path: Path, change: Change, *, now: datetime) -> Proposal:
    """The file after a change. Raises InputError when it would then not be read, with the line in the changed text."""
    before = _text(path)
    after = changed(before or BLANK, change, path)
    return Proposal(path, before, after, parse_zones(after, path, now=now))


def write(proposal: Proposal) -> None:
    """Make a change. Raises InputError when the file is no longer what the change was shown for."""
    if _text(proposal.path) != proposal.before:
        raise InputError(f"{proposal.path} was changed meanwhile; give the command again")
    with outfile.text(proposal.path) as file:
        file.write(proposal.after)


def add_zone(name: str, values: Mapping[str, Any]) -> Change:
    """A new zone at the end of the list."""

    def change(root: Any) -> None:
        if any(str(zone["id"]) == name for zone in _zones(root)):
            raise InputError(f"zone {name} stands in the file already; change it there, or take another id")
        _renew(root)
        appended(root["zones"], {"id": name, **values})

    return change


def assign(zone: str, *, positions: Iterable[str] = (), assets: Iterable[str] = (), move: bool = False) -> Change:
    """Put positions and assets into a zone by name. move: and take them out of the zone that has them."""
    wanted = {"positions": tuple(positions), "assets": tuple(assets)}

    def change(root: Any) -> None:
        target = _named(_zones(root), zone, "zone")
        _renew(root)
        for key, names in wanted.items():
            if move:
                _taken_out(root, key, names, target)
            held = [str(name) for name in target.get(key, [])]
            new = [name for name in names if name not in held]
            if new and key in target:
                target[key].extend(new)
            elif new:
                put(target, key, new)

    return change


def put_conduit(name: str, values: Mapping[str, Any]) -> Change:
    """A new conduit, or other values of one that is there."""

    def change(root: Any) -> None:
        _renew(root)
        if "conduits" not in root:
            root["conduits"] = []
        found = next((one for one in root["conduits"] if str(one["id"]) == name), None)
        if found is None:
            missing = [key for key in ("from", "to", "opens") if key not in values]
            if missing:
                raise InputError(f"conduit {name} is new: give --{', --'.join(missing)}")
            appended(root["conduits"], {"id": name, **values})
            return
        for key, value in values.items():
            put(found, key, value)

    return change


def allowed(text: str) -> dict[str, str]:
    """A line of `allow` from opcua, tcp/4840, opcua:tcp/4840 or icmp. Raises InputError."""
    found = next((match for pattern in _ALLOW if (match := pattern.match(text))), None)
    if found is None or text in ("tcp", "udp"):
        raise InputError(f"--allow {text}: a protocol, a port such as tcp/4840, or both as opcua:tcp/4840 is expected")
    parts = found.groupdict()
    told = {"proto": parts.get("proto"), "port": parts["port"], "transport": parts["transport"] or parts["plain"]}
    return {key: value for key, value in told.items() if value}


def levels(text: str) -> str | dict[str, str]:
    """SL-T from one number, or from IAC=2,UC=1. Raises InputError."""
    if text in ("0", "1", "2", "3", "4"):
        return text
    parts = [_LEVELS.match(part.strip()) for part in text.split(",")]
    found = {part[1]: part[2] for part in parts if part}
    if len(found) != len(parts):
        raise InputError(f"--sl-t {text}: one level 0 to 4, or IAC=2,UC=1 and so on, is expected")
    return found


def sorted_out(
    names: Iterable[str], positions: Iterable[Position], assets: Iterable[Asset]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What people name as positions of the register and ids of assets. Raises InputError for what is neither."""
    known = {one.id for one in positions}
    ids = {alias: one.id for one in assets for alias in (*one.aliases, one.id)}
    places: list[str] = []
    devices: list[str] = []
    for name in names:
        if name in known:
            places.append(name)
        elif name in ids:
            devices.append(ids[name])
        else:
            raise InputError(f"{name}: neither a position of the register nor an asset{near(name, (*known, *ids))}")
    return tuple(places), tuple(devices)


def hash_of(path: Path) -> str:
    """SHA-256 of a document, "" when there is no such file."""
    return sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def place_of(document: Document, kind: str, name: str) -> str:
    """ "file:line" of a zone or conduit."""
    rows = document.root.get(kind, [])
    at = next((at for at, row in enumerate(rows) if row.get("id") == name), None)
    return document.place((kind, at)) if at is not None else str(document.path)


def _text(path: Path) -> str:
    if not path.exists():
        return ""
    from assetctl.documents import read_yaml

    read_yaml(path)  # strict and bounded, before anything else reads it
    return path.read_text("utf-8-sig")


def _zones(root: Any) -> Any:
    if not isinstance(root, dict) or not isinstance(root.get("zones"), list):
        raise InputError('the zones file has no list "zones"; `assetctl zones lint` says more')
    return root["zones"]


def _named(rows: Any, name: str, kind: str) -> Any:
    found = next((row for row in rows if str(row["id"]) == name), None)
    if found is None:
        raise InputError(f"{name}: no such {kind}{near(name, tuple(str(row['id']) for row in rows))}")
    return found


def _taken_out(root: Any, key: str, names: Iterable[str], target: Any) -> None:
    gone = set(names)
    for zone in _zones(root):
        if zone is target or key not in zone:
            continue
        for at in reversed(range(len(zone[key]))):
            if str(zone[key][at]) in gone:
                del zone[key][at]


def _renew(root: Any) -> None:
    """Schema 2, which has what these changes write."""
    if str(root.get("schema", "1")) == "1":
        if "schema" in root:
            root["schema"] = "2"
        elif hasattr(root, "insert"):
            root.insert(0, "schema", "2")
        else:
            rest = dict(root)
            root.clear()
            root |= {"schema": "2", **rest}
