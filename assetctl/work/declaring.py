"""What people declare about places is written into the register, which they review; nothing else in it changes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from assetctl.documents import Document, parse_yaml, read_yaml
from assetctl.errors import InputError
from assetctl.facts import vocabulary
from assetctl.model import DEFAULT_REALM, Asset, Position
from assetctl.settle import addresses, texts
from assetctl.standing import stand
from assetctl.text import near
from assetctl.work.editing import appended, changed, drop, edit, put
from assetctl.zones import register_of

BLANK = """\
# Positions of the plant: what is declared about a place, whatever device stands there. Reviewed like code.
#
# match ties a device to its position; declared takes any fact about an asset. `assetctl assets` writes this file and
# keeps its comments.
schema: 1
positions: []
"""
TAGS, NOTES = "tags", "notes_description"
Written = str | list[str]


@dataclass(frozen=True, slots=True)
class Place:
    """A position as it is to stand in the register. is_new: it is not there yet. why: how the device is tied to it."""

    id: str
    realm: str
    match: Mapping[str, str]
    declared: Mapping[str, Any]
    is_new: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class Declaration:
    """Facts to be declared for a place, which is made where it is new, and those that are declared no more."""

    place: Place
    values: Mapping[str, Written]
    unset: Sequence[str] = ()


class Register:
    """One register file and the time at which it is written."""

    def __init__(self, path: Path, *, now: datetime) -> None:
        self.path, self.now = path, now
        self._held: tuple[Position, ...] | None = None

    def read(self) -> tuple[Position, ...]:
        """The positions of the file, read once; none when there is none yet."""
        if self._held is None:
            self._held = register_of(read_yaml(self.path), now=self.now) if self.path.exists() else ()
        return self._held

    def place(self, name: str) -> Place | None:
        """The position of an id, None when there is none."""
        found = next((one for one in self.read() if one.id == name), None)
        return Place(found.id, found.realm, found.match, found.declared, is_new=False) if found else None

    def add(self, place: Place) -> None:
        """A position that is not there yet. Raises InputError when the file would not load with it."""
        self._edit(lambda document: _add(document, place))

    def retire(self, name: str, *, by: str, reason: str) -> None:
        """Say that a position is no longer used; it stays in the file as history."""
        told = {"by": by, "on": self.now.date().isoformat(), "reason": reason}

        def change(document: Any) -> None:
            entry = self._entry(document, name)
            if "retired" in entry:
                raise InputError(f"{self.path}: {name} is retired already")
            put(entry, "retired", dict(told))

        self._edit(change)

    def write(self, place: Place, values: Mapping[str, Written], unset: Sequence[str] = ()) -> None:
        """Facts of a position, which is made where it is new; in one go, so that a mistake leaves nothing behind."""
        self.write_all([Declaration(place, values, unset)])

    def write_all(self, declarations: Sequence[Declaration]) -> None:
        """Facts of many positions, all of them or none."""
        self._edit(lambda document: self._put_all(document, declarations))

    def check_all(self, declarations: Sequence[Declaration]) -> None:
        """Raise InputError when the file would not load with these; nothing is written."""
        before = self.path.read_text("utf-8-sig") if self.path.exists() else BLANK
        text = changed(before, lambda document: self._put_all(document, declarations), self.path)
        self._load(parse_yaml(text, self.path))

    def _put_all(self, document: Any, declarations: Sequence[Declaration]) -> None:
        for one in declarations:
            if one.place.is_new:
                kept = {key: value for key, value in one.place.declared.items() if key not in one.unset}
                _add(document, replace(one.place, declared={**kept, **one.values}))
            else:
                self._declare(document, one.place.id, one.values, one.unset)

    def _declare(self, document: Any, name: str, values: Mapping[str, Written], unset: Sequence[str]) -> None:
        entry = self._entry(document, name)
        if "declared" not in entry:
            put(entry, "declared", {})
        declared = entry["declared"]
        for key in unset:
            if key not in declared:
                raise InputError(f"{self.path}: {name} declares no {key}{near(key, tuple(map(str, declared)))}")
            drop(declared, key)
        for key, value in values.items():
            if isinstance(value, list) and isinstance(declared.get(key), list):
                _become(declared[key], value)
            else:
                put(declared, key, _copy(value))

    def _edit(self, change: Callable[[Any], None]) -> None:
        edit(self.path, change, check=self._load, blank=BLANK)
        self._held = None

    def _load(self, document: Document) -> tuple[Position, ...]:
        return register_of(document, now=self.now)

    def _entry(self, document: Any, name: str) -> Any:
        found = {str(entry["id"]): entry for entry in document["positions"]}
        if name not in found:
            raise InputError(f"{self.path}: there is no position {name}{near(name, tuple(found))}")
        return found[name]


class Places:
    """Which position of a realm each of its devices stands at.

    assets: of the realm. imported: positions that a list brought; they are copied into the register.
    """

    def __init__(self, register: Register, realm: str, assets: Sequence[Asset], imported: Sequence[Position]) -> None:
        self._register = register
        self._by_id = {one.id: one for one in (*imported, *register.read()) if one.realm == realm}
        standings = stand(tuple(self._by_id.values()), assets)
        self._at = {one.asset: self._by_id[one.position] for one in standings if one.asset}
        self._in_file = {one.id for one in register.read()}

    def of(self, asset: Asset, name: str = "") -> Place:
        """The position of a device; where it has none, one proposed by its address. name: an id for a new one.

        Raises InputError for a device that nothing could tie to a place.
        """
        if asset.parent:
            raise InputError(f"{asset.id} is a part of {asset.parent}; declare at the position of that device")
        if held := self._at.get(asset.id):
            in_file = self._register.place(held.id) if held.id in self._in_file else None
            return in_file or Place(
                held.id, held.realm, held.match, held.declared, is_new=True, why=f"from {held.source}"
            )
        for key, found in (("ip_address", addresses(asset)), ("mac_address", texts(asset, "mac_address"))):
            if found:
                match = {key: found[0]}
                return Place(name or f"P-{found[0]}", asset.realm, match, {}, is_new=True, why=f"{key} {found[0]}")
        raise InputError(f"{asset.id} has no address by which a position could know it; add one: assetctl assets add")


def place_of(
    register: Register, asset: Asset, assets: Sequence[Asset], imported: Sequence[Position], name: str = ""
) -> Place:
    """The position of one device, see `Places`."""
    return Places(register, asset.realm, assets, imported).of(asset, name)


def _add(document: Any, place: Place) -> None:
    entry: dict[str, Any] = {"id": place.id}
    if place.realm != DEFAULT_REALM:
        entry["realm"] = place.realm
    entry["match"] = dict(place.match)
    if place.declared:
        entry["declared"] = {key: _spelled(value) for key, value in place.declared.items()}
    appended(document["positions"], _copy(entry))


def tagged(place: Place, add: Sequence[str], remove: Sequence[str]) -> list[str]:
    """The tags of a position after a change. Raises InputError for one to be removed that is not there."""
    held = place.declared.get(TAGS, ())
    before = tuple(held) if isinstance(held, tuple) else ()
    for tag in remove:
        if tag not in before:
            raise InputError(f"{place.id} has no tag {tag}{near(tag, before)}")
    return [tag for tag in dict.fromkeys((*before, *add)) if tag not in remove]


def written(pairs: Sequence[str]) -> dict[str, Written]:
    """Facts from KEY=VALUE; the values of a list stand between commas. Raises InputError with a near key."""
    found: dict[str, Written] = {}
    for pair in pairs:
        key, sign, value = pair.partition("=")
        known = vocabulary().get(key)
        if not sign:
            raise InputError(f"{pair}: KEY=VALUE is expected, such as asset_criticality=high")
        if known is None:
            raise InputError(f"{key}: not a fact key{near(key, tuple(vocabulary()))}; docs/facts.md lists them")
        many = [one.strip() for one in value.split(",") if one.strip()]
        found[key] = many if known.type == "texts" else value
    return found


def _become(rows: Any, wanted: Sequence[str]) -> None:
    """Change a list in place, so that what is written beside its items stays."""
    for item in [item for item in rows if str(item) not in wanted]:
        rows.remove(item)
    held = {str(item) for item in rows}
    for item in wanted:
        if item not in held:
            rows.insert(max(0, len(rows) - 1), item)


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copy(inner) for key, inner in value.items()}
    return [_copy(one) for one in value] if isinstance(value, list) else value


def _spelled(value: Any) -> Written:
    if isinstance(value, bool):
        return str(value).lower()
    return [str(one) for one in value] if isinstance(value, tuple | list) else str(value)
