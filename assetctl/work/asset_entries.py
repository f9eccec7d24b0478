"""What auditors entered beside assets becomes declared facts of their positions, all of them or none."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from assetctl.errors import InputError
from assetctl.exchange import declared
from assetctl.model import Asset
from assetctl.report.auditor import ASSETS, UNSET
from assetctl.settle import settled
from assetctl.store.repo import Store
from assetctl.text import near, one_line
from assetctl.work.declaring import Declaration, Place, Places, Register, Written
from assetctl.work.returning import Difference, Filled, filled, origin, returned


@dataclass(frozen=True, slots=True)
class Compared:
    """A filled workbook against the register of positions. problems: one line each; with any, nothing is written."""

    differences: tuple[Difference, ...]
    problems: tuple[str, ...]
    notices: tuple[str, ...]
    declarations: tuple[Declaration, ...]

    @property
    def realms(self) -> tuple[str, ...]:
        """Those whose inventory is to be made again."""
        return tuple(sorted({one.place.realm for one in self.declarations}))


def compared(store: Store, path: Path, register: Register) -> Compared:
    """What the entries of a workbook would declare, and what is wrong with them. Raises InputError."""
    back = returned(path, ASSETS)
    source = origin(store, back)
    book = _Inventory(store, register)
    problems: list[str] = []
    found: list[Difference] = []
    declarations: list[Declaration] = []
    for row in filled(back.lines, ASSETS, source):
        problems += row.problems
        try:
            asset, place = book.place(row)
        except InputError as error:
            problems.append(f"{row.where}: {error}")
            continue
        made, wrong = _declaration(row, place)
        problems += [] if row.problems else wrong
        found += _differences(asset, made)
        if made.values or made.unset:
            declarations.append(made)
    if declarations and not problems:
        register.check_all(declarations)
    return Compared(tuple(found), tuple(problems), source.notices, tuple(declarations))


class _Inventory:
    """The assets by id and alias, and the position of each; each position is given out once."""

    def __init__(self, store: Store, register: Register) -> None:
        self._register, self._imported = register, store.positions()
        every = store.assets()
        self._assets: dict[str, Asset] = {alias: one for one in every for alias in one.aliases}
        self._assets |= {one.id: one for one in every}
        self._of_realm: dict[str, list[Asset]] = {}
        for one in every:
            self._of_realm.setdefault(one.realm, []).append(one)
        self._places: dict[str, Places] = {}
        self._given: dict[tuple[str, str], str] = {}

    def place(self, row: Filled) -> tuple[Asset, Place]:
        """The asset of a row, and where it stands. Raises InputError."""
        asset = self._assets.get(row.id)
        if asset is None:
            shown, hint = one_line(row.id, most=40) or "no id", near(row.id[:80], tuple(self._assets))
            raise InputError(f"{shown}: no such asset{hint}; is it another inventory's?")
        if asset.realm not in self._places:
            of_realm = self._of_realm[asset.realm]
            self._places[asset.realm] = Places(self._register, asset.realm, of_realm, self._imported)
        place = self._places[asset.realm].of(asset)
        other = self._given.setdefault((place.realm, place.id), row.where)
        if other != row.where:
            raise InputError(f"position {place.id} is that of {other} too; keep one of the two")
        return asset, place


def _declaration(row: Filled, place: Place) -> tuple[Declaration, list[str]]:
    """What a row declares that is not declared so already, and what is wrong with it."""
    values: dict[str, Written] = {}
    unset: list[str] = []
    wrong: list[str] = []
    for entry in ASSETS.entries:
        text, where = row.entered.get(entry.key), f"{row.where}: {entry.heading}"
        if text in ("", UNSET):
            if entry.key in place.declared:
                unset.append(entry.key)
            elif text == "":
                wrong.append(f"{where}: was emptied, but nobody declared it; what was observed cannot be taken away")
        elif text is not None:
            try:
                value = declared.parse(entry.key, text)
            except ValueError as error:
                wrong.append(f"{where}: {error}; {one_line(text, most=40)} was found")
            else:
                if value != place.declared.get(entry.key):
                    values[entry.key] = list(value) if isinstance(value, tuple) else str(value)
    return Declaration(place, values, tuple(unset)), wrong


def _differences(asset: Asset, made: Declaration) -> Iterator[Difference]:
    place, shown = made.place, {key: fact.value for key, fact in settled(asset).items()}
    note = f"new position {place.id} ({place.why})" if place.is_new else ""
    for key in sorted({*made.values, *made.unset}):
        new = _told(made.values, key)
        yield Difference(asset.id, f"position {place.id}", key, _told({**shown, **place.declared}, key), new, note)


def _told(values: Mapping[str, object], key: str) -> str:
    value = values.get(key, "")
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
