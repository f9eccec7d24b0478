"""Differences that somebody approves are taken into the golden file: named ones only, comments and layout kept.

The old value stays in the approval and in git. What an entry rests on is renewed when nothing of it differs any more;
while something does, it rests on nothing, so that no later decoder can take an open difference for a reading.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from assetctl.baseline import FIELDS, MATCH_KEYS, Approval, Entry, Golden, Rule, entry_of
from assetctl.baseline_text import approval_plain, entry_plain, needs_quotes, read
from assetctl.documents import Document
from assetctl.errors import InputError
from assetctl.golden.changes import PARENT
from assetctl.golden.outcome import UNSEEN, Difference, Outcome
from assetctl.model import Asset
from assetctl.protocol import Protocol
from assetctl.store.repo import Store
from assetctl.text import near
from assetctl.work.editing import appended, edit
from assetctl.work.golding import Verified, decoders

_OF_NOTHING = frozenset({Outcome.EQUAL, *UNSEEN})


@dataclass(frozen=True, slots=True)
class Who:
    """Who approves, why, under which change, on which day."""

    by: str
    reason: str
    ticket: str
    on: date


def accept(
    store: Store,
    path: Path,
    verified: Verified,
    names: Sequence[str],
    who: Who,
    protocols: Mapping[str, Protocol],
) -> tuple[str, ...]:
    """Write the named differences into a golden file; one line for each. Raises InputError and leaves it as it is."""
    if not who.by or not who.reason:
        raise InputError("who approves and why must be said: --by NAME --reason TEXT")
    chosen = named(verified.differences, names)
    assets = {asset.id: asset for asset in store.assets(verified.golden.realm)}
    chosen = (*chosen, *_parts_along(verified, chosen, assets))
    told = tuple(_told(one) for one in chosen)
    left = [one for one in verified.differences if one not in chosen]
    approval = Approval(who.on.isoformat(), who.by, who.reason, told, who.ticket)
    golden = taken_in(verified.golden, chosen, left, assets)
    readings_left = any(one.outcome is Outcome.READING_CHANGED for one in left)
    versions = {} if readings_left else {"decoders": decoders(protocols)}

    def change(document: Any) -> None:
        _become(document["entries"], {one.key: entry_plain(one) for one in golden.entries})
        if "approvals" not in document:
            _insert(document, "approvals", [], before="entries")
        appended(document["approvals"], _spelled(approval_plain(approval)))
        for name, values in versions.items():
            _become(document.setdefault(name, {}), values)

    def check(document: Document) -> Golden:
        return read(document.root, file=str(path), lines=document.lines)

    edit(path, change, check=check)
    return told


def named(differences: Sequence[Difference], names: Iterable[str]) -> tuple[Difference, ...]:
    """The differences that ENTRY or ENTRY:FIELD name. Raises InputError for a name without any that can be accepted."""
    found: dict[Difference, None] = {}
    for name in names:
        mine = [one for one in differences if name in (one.entry, f"{one.entry}:{one.field}")]
        able = [one for one in mine if one.outcome not in _OF_NOTHING]
        if not mine:
            known = tuple(f"{one.entry}:{one.field}" if one.field else one.entry for one in differences)
            raise InputError(f"{name}: no such difference{near(name, known)}; `assetctl golden verify` names them")
        if not able:
            raise InputError(f"{name}: {mine[0].outcome}; there is nothing to accept")
        found.update(dict.fromkeys(able))
    return tuple(found)


def _parts_along(
    verified: Verified, chosen: Sequence[Difference], assets: Mapping[str, Asset]
) -> tuple[Difference, ...]:
    """The parts of devices that are taken out, and the new parts of those that are taken in."""
    gone = {one.entry for one in chosen if one.outcome is Outcome.MISSING}
    come = {one.asset for one in chosen if _is_new(one)}
    named_already = {one.entry for one in chosen}
    out = [
        Difference(entry.key, entry.asset, Outcome.MISSING)
        for entry in verified.golden.entries
        if entry.parent in gone and entry.key not in named_already
    ]
    brought = [
        one
        for one in verified.differences
        if _is_new(one) and one.entry not in named_already and one.asset in assets and assets[one.asset].parent in come
    ]
    return (*out, *brought)


def _is_new(one: Difference) -> bool:
    return one.outcome is Outcome.NEW and not one.field


def taken_in(
    golden: Golden, chosen: Sequence[Difference], left: Sequence[Difference], assets: Mapping[str, Asset]
) -> Golden:
    """The inventory with the chosen differences in it. left: the other rows of the same comparison."""
    entries = {one.key: one for one in golden.entries}
    places = {one.asset: one.key for one in golden.entries} | {one.asset: one.entry for one in (*left, *chosen)}
    still_open = {one.entry for one in left if one.outcome is not Outcome.EQUAL}
    for one in chosen:
        if one.outcome is Outcome.MISSING:
            entries = {key: entry for key, entry in entries.items() if one.entry not in (key, entry.parent)}
        elif _is_new(one):
            entries[one.entry] = entry_of(assets[one.asset], places)
        elif one.entry in entries:  # not a part of a device that was taken out
            entry = _with(golden, entries[one.entry], one, assets, places)
            asset = assets[one.asset]
            evidence = () if one.entry in still_open else entry_of(asset, {}).evidence
            kept = entry.evidence if one.outcome is Outcome.READING_CHANGED else evidence
            entries[one.entry] = replace(entry, evidence=kept)
    return replace(golden, entries=tuple(entries.values()))


def _with(
    golden: Golden, entry: Entry, one: Difference, assets: Mapping[str, Asset], places: Mapping[str, str]
) -> Entry:
    """An entry with one difference in it. places: key of the entry of each asset."""
    asset = assets[one.asset]
    if one.field == PARENT:
        return replace(entry, parent=places.get(asset.parent or "", entry.parent))
    if one.field not in FIELDS:
        return replace(entry, ports={**entry.ports, one.field: one.current})
    values = entry.facts.get(one.field, ())
    is_list = len(values) > 1 or golden.rule(entry, one.field) is Rule.ONE_OF
    now = (*values, one.current) if is_list else (one.current,)
    facts = {**entry.facts, one.field: now}
    if one.outcome is not Outcome.EXCHANGED:
        return replace(entry, facts=facts, match=_match(entry.match, {one.field: one.current}), asset=asset.id)
    today = entry_of(asset, {})  # another piece: all that tells it from the old one
    piece = {name: today.facts[name] for name in ("serial_number", "mac_address") if name in today.facts}
    match = _match(entry.match, {name: values[0] for name, values in piece.items()})
    return replace(entry, facts={**facts, **piece}, match=match, asset=asset.id)


def _match(match: Mapping[str, str], values: Mapping[str, str]) -> Mapping[str, str]:
    return {**match, **{name: value for name, value in values.items() if name in MATCH_KEYS and value}}


def _told(one: Difference) -> str:
    what = one.field or "device"
    if one.outcome is Outcome.MISSING:
        return f"{one.entry} taken out: missing"
    return f"{one.entry} {what} {one.outcome}: {one.golden or '(nothing)'} -> {one.current or '(nothing)'}"


def _become(held: Any, wanted: Mapping[str, Any]) -> None:
    """Make a mapping of the file say what is wanted, and leave what says so already."""
    for name in [name for name in held if name not in wanted]:
        del held[name]
    for name, value in wanted.items():
        if name in held and isinstance(held[name], dict) and isinstance(value, Mapping):
            _become(held[name], value)
        elif name not in held:
            _insert(held, name, _spelled(value))
        elif held[name] != value:
            held[name] = _spelled(value)


def _insert(held: Any, name: str, value: Any, *, before: str = "") -> None:
    """A new key where it belongs: before another, or in the order of names."""
    insert: Callable[[int, str, Any], None] | None = getattr(held, "insert", None)
    if insert is None:
        held[name] = value
        return
    names = list(held)
    at = names.index(before) if before in names else sum(one < name for one in names)
    insert(at, name, value)


def _spelled(value: Any) -> Any:
    """A value for the file, in quotes where a bare one could be read as something else."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    if isinstance(value, Mapping):
        return {name: _spelled(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_spelled(one) for one in value]
    return DoubleQuotedScalarString(value) if needs_quotes(str(value)) else str(value)
