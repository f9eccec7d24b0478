"""Compares the inventory with a golden file, and says what a CI job is told.

Theory. A device stands where its entry says, or it does not; that is asked first, by position, then by id, then by
address and serial number. Only what was seen since the cut (the begin of the look, or `max_age` ago) counts as looked
at: what was not is "not observed" or "stale", never "equal". A value that differs is a change in the plant, unless
today's decoders read the golden's own evidence as they read the device: then only the reading changed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from assetctl import settle
from assetctl.baseline import FIELDS, MANY, PORTS, Entry, Golden, Rule, key_of, parts_of, ports, values_of
from assetctl.errors import Exit
from assetctl.model import Asset

Reread = Callable[[Entry], Mapping[str, str] | None]
"""Facts, and ports as "tcp/502", that today's decoders make of an entry's evidence; None when it is not at hand."""

LookedAt = Callable[[Entry, Asset | None], datetime | None]
"""Begin of the newest look that would have seen the device of an entry where it is to stand; None for no such look."""

AtLeast = Callable[[str, str, str], bool | None]
"""Whether a version is another or a later one, by the way its maker counts; None when they have no known order."""


def no_order(_have: str, _bound: str, _maker: str) -> None:
    """Knows no order of versions."""


class Outcome(StrEnum):
    EQUAL = "equal"
    CHANGED = "changed"
    EXCHANGED = "exchanged"  # another piece of the same kind
    MISSING = "missing"  # looked for and not there
    NEW = "new"
    NOT_OBSERVED = "not observed"  # nobody looked
    STALE = "stale"  # seen, but too long ago
    READING_CHANGED = "reading changed"  # the same bytes, read better


PARENT = "parent"
_PIECE = ("serial_number", "mac_address")  # what tells one piece of a kind from another
DRIFT = frozenset({Outcome.CHANGED, Outcome.EXCHANGED, Outcome.MISSING, Outcome.NEW})
UNSEEN = frozenset({Outcome.NOT_OBSERVED, Outcome.STALE})


@dataclass(frozen=True, slots=True)
class Difference:
    """One line of the comparison. field: "" for the device as a whole, else a fact or a port such as "tcp/502"."""

    entry: str
    asset: str
    outcome: Outcome
    field: str = ""
    golden: str = ""
    current: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Look:
    """What a comparison is made with. cut: what was last seen before it does not count, None for no limit."""

    golden: Golden
    assets: tuple[Asset, ...]
    looked_at: LookedAt
    cut: datetime | None
    reread: Reread | None
    versions_differ: bool
    at_least: AtLeast

    def is_fresh(self, at: datetime) -> bool:
        return self.cut is None or at >= self.cut


def verify(
    golden: Golden,
    assets: Sequence[Asset],
    *,
    looked_at: LookedAt,
    now: datetime,
    max_age: timedelta | None = None,
    decoders: Mapping[str, str] = MappingProxyType({}),
    data: Mapping[str, str] = MappingProxyType({}),
    reread: Reread | None = None,
    at_least: AtLeast = no_order,
) -> tuple[Difference, ...]:
    """Every difference, and one line "equal" for each entry without any, in a fixed order.

    max_age: what was seen longer ago does not count. decoders, data: today's versions, as in the header of the file.
    """
    cut = now - max_age if max_age else None
    differ = dict(golden.decoders) != dict(decoders) or dict(golden.data) != dict(data)
    mine = tuple(sorted((asset for asset in assets if asset.realm == golden.realm), key=lambda asset: asset.id))
    look = _Look(golden, mine, looked_at, cut, reread, differ, at_least)
    found: list[Difference] = []
    matched: dict[str, Asset] = {}
    for entry in sorted(golden.entries, key=lambda entry: (bool(entry.parent), entry.key)):
        asset = _find(look, entry, matched)
        if asset is not None:
            matched[entry.key] = asset
        found += _compare(look, entry, asset, matched)
    known = {asset.id for asset in matched.values()}
    for asset in mine:
        if asset.zone == golden.zone and asset.id not in known and look.is_fresh(asset.last_seen):
            found.append(Difference(key_of(asset), asset.id, Outcome.NEW, current=_described(asset)))
    return tuple(sorted(found, key=lambda one: (one.entry, one.field, one.outcome)))


def coverage(golden: Golden, differences: Iterable[Difference]) -> float:
    """Share of the golden entries of which everything was looked at, 0 to 1; 1 when there are none."""
    entries = {entry.key for entry in golden.entries}
    unseen = {one.entry for one in differences if one.outcome in UNSEEN}
    return 1 - len(entries & unseen) / len(entries) if entries else 1.0


def verdict(differences: Sequence[Difference], *, coverage: float, required: float = 1.0) -> Exit:
    """What the caller is told. Comparing nothing with nothing is no success."""
    outcomes = {one.outcome for one in differences}
    if not outcomes:
        return Exit.NOTHING
    if outcomes & DRIFT:
        return Exit.DRIFT
    if coverage < required or outcomes <= UNSEEN:
        return Exit.PARTIAL
    return Exit.DONE


def _find(look: _Look, entry: Entry, matched: Mapping[str, Asset]) -> Asset | None:
    """The asset that an entry speaks of today: a fresh one if there is any, else the one that used to be there."""
    standing = [asset for asset in look.assets if asset.position == entry.key]
    if standing:
        return standing[0]
    known = [asset for asset in look.assets if entry.asset in (asset.id, *asset.aliases)]
    there = _at_place(look, entry, matched)
    if known and there and known[0] is not there and not _stands_elsewhere(known[0], entry):
        known = [there]  # another device answers in its place
    serial, macs = entry.match.get("serial_number", ""), parts_of(entry.match.get("mac_address", ""))
    same = [asset for asset in look.assets if serial and serial == settle.text(asset, "serial_number")]
    if not entry.parent:
        same += [one for one in look.assets if not one.parent and macs & set(settle.texts(one, "mac_address"))]
    every = [*known, *([there] if there else []), *same]
    return next((asset for asset in every if look.is_fresh(asset.last_seen)), every[0] if every else None)


def _at_place(look: _Look, entry: Entry, matched: Mapping[str, Asset]) -> Asset | None:
    """The asset seen last at the address, or as the part, that an entry names."""
    if entry.parent:
        device = matched.get(entry.parent)
        here = [
            asset
            for asset in look.assets
            if device
            and asset.parent == device.id
            and parts_of(values_of(asset).get("part", "")) & parts_of(entry.match.get("part", "?"))
        ]
    else:
        wanted = set(_addresses(entry))
        here = [one for one in look.assets if not one.parent and wanted & set(settle.addresses(one))]
    return max(here, key=lambda asset: (asset.last_seen, asset.id), default=None)


def _stands_elsewhere(asset: Asset, entry: Entry) -> bool:
    return bool(set(settle.addresses(asset)) - set(_addresses(entry)))


def _addresses(entry: Entry) -> tuple[str, ...]:
    return tuple(one.strip() for one in entry.match.get("ip_address", "").split(",") if one.strip())


def _compare(look: _Look, entry: Entry, asset: Asset | None, matched: Mapping[str, Asset]) -> list[Difference]:
    is_missing = _is_missing(look, entry, asset, matched)
    if asset is None or is_missing or not look.is_fresh(asset.last_seen):
        seen = f"last seen {asset.last_seen:%Y-%m-%d %H:%M} UTC" if asset else "never seen"
        unseen = Outcome.STALE if asset else Outcome.NOT_OBSERVED
        name = asset.id if asset else entry.asset
        outcome = Outcome.MISSING if is_missing else unseen
        return [Difference(entry.key, name, outcome, golden=", ".join(_addresses(entry)), note=seen)]
    found = [*_fields(look, entry, asset), *_rack(look, entry, asset, matched), *_ports(look, entry, asset)]
    return found or [Difference(entry.key, asset.id, Outcome.EQUAL)]


def _is_missing(look: _Look, entry: Entry, asset: Asset | None, matched: Mapping[str, Asset]) -> bool:
    """Whether a device was looked for since it was last seen; for a part, whether its rack told others since then."""
    if entry.parent:
        device = next((one for one in look.golden.entries if one.key == entry.parent), None)
        begun = look.looked_at(device, matched.get(entry.parent)) if device else None
        return begun is not None and _others_were_told(look, asset, matched.get(entry.parent), begun)
    begun = look.looked_at(entry, asset)
    if begun is None or asset is None:
        return begun is not None
    return asset.last_seen < begun and not _stands_elsewhere(asset, entry)


def _others_were_told(look: _Look, part: Asset | None, device: Asset | None, begun: datetime) -> bool:
    """Whether a look at a rack brought parts of the kind that this one is told by, and not this one."""
    if device is None or (part is not None and part.last_seen >= begun):
        return False
    others = [one for one in look.assets if one.parent == device.id and one.last_seen >= begun]
    return any(part is None or _sources(part) & _sources(one) for one in others)


def _sources(asset: Asset) -> frozenset[str]:
    return frozenset(fact.source.name for fact in asset.facts if fact.source.kind == settle.PROBE)


def _fields(look: _Look, entry: Entry, asset: Asset) -> list[Difference]:
    now = values_of(asset, since=look.cut)
    found = []
    for name in FIELDS:
        approved = entry.facts.get(name)
        if approved is None or look.golden.rule(entry, name) is Rule.IGNORE:
            continue
        if name not in now:
            outcome, note = _unread(look, entry, name)
            found.append(Difference(entry.key, asset.id, outcome, name, ", ".join(approved), note=note))
        elif (differs := _differs(look, entry, name, now)) is not None:
            outcome, note = _kind(look, entry, name, now)
            note = note or differs
            found.append(Difference(entry.key, asset.id, outcome, name, ", ".join(approved), now[name], note))
    return _as_one_piece(found)


def _rack(look: _Look, entry: Entry, asset: Asset, matched: Mapping[str, Asset]) -> list[Difference]:
    """A part that stands in another device than the one it was approved in."""
    device = matched.get(entry.parent)
    if device is None or asset.parent == device.id or look.golden.rule(entry, PARENT) is Rule.IGNORE:
        return []
    now = next((one for one in look.assets if one.id == asset.parent), None)
    return [Difference(entry.key, asset.id, Outcome.CHANGED, PARENT, entry.parent, key_of(now) if now else "")]


def _as_one_piece(found: list[Difference]) -> list[Difference]:
    """An exchanged piece has another serial number and another hardware address: one line."""
    pieces = [one for one in found if one.outcome is Outcome.EXCHANGED]
    return [one for one in found if one not in pieces[1:]]


def _unread(look: _Look, entry: Entry, name: str) -> tuple[Outcome, str]:
    """What it means that nobody told an approved value: today's decoders may leave it out."""
    again = look.reread(entry) if look.versions_differ and look.reread and entry.evidence else None
    if again is None or name in again:
        return Outcome.NOT_OBSERVED, ""
    return Outcome.READING_CHANGED, "today's decoders do not read it in the golden's own evidence either"


def _kind(look: _Look, entry: Entry, name: str, now: Mapping[str, str]) -> tuple[Outcome, str]:
    """What a differing value means."""
    note = ""
    if look.versions_differ and look.reread and entry.evidence:
        again = look.reread(entry)
        if again is not None and again.get(name) == now[name]:
            return Outcome.READING_CHANGED, "today's decoders read the golden's own evidence the same way"
        note = "decoders changed, and the evidence of the golden entry is not at hand" if again is None else ""
    if name in _PIECE and not note and _is_another_piece(look, entry, name, now):
        alike = [kind for kind in ("order_code", "model") if kind in entry.facts and now.get(kind)]
        if alike and all(now[kind] in entry.facts[kind] for kind in alike):
            return Outcome.EXCHANGED, f"same {alike[0].replace('_', ' ')} {now[alike[0]]}"
    return Outcome.CHANGED, note


def _is_another_piece(look: _Look, entry: Entry, name: str, now: Mapping[str, str]) -> bool:
    """Whether a differing serial number or hardware address shows that a device was exchanged, not a part of it."""
    if name == "serial_number":
        return True
    kept = parts_of(now[name]) & parts_of(", ".join(entry.facts[name]))
    serial = "serial_number"
    same = serial in now and serial in entry.facts and _differs(look, entry, serial, now) is None
    return not kept and not same


def _ports(look: _Look, entry: Entry, asset: Asset) -> list[Difference]:
    if look.golden.rule(entry, PORTS) is Rule.IGNORE or entry.parent:
        return []
    now = {name: state for name, (state, fact) in ports(asset).items() if look.is_fresh(fact.last_seen)}
    found = []
    for name, approved in entry.ports.items():
        if name not in now:
            found.append(Difference(entry.key, asset.id, Outcome.NOT_OBSERVED, name, approved))
        elif now[name] != approved:
            outcome, note = _kind(look, entry, name, now)
            found.append(Difference(entry.key, asset.id, outcome, name, approved, now[name], note))
    opened = sorted(name for name, state in now.items() if state == "open" and name not in entry.ports)
    return found + [Difference(entry.key, asset.id, Outcome.NEW, name, "", "open") for name in opened]


def _described(asset: Asset) -> str:
    parts = [settle.text(asset, key) for key in ("manufacturer", "model", "hostname")]
    return " ".join(filter(None, [*parts, ", ".join(settle.addresses(asset))]))


def _differs(look: _Look, entry: Entry, name: str, now: Mapping[str, str]) -> str | None:
    """None when a value is as approved, else what there is to say about the difference, mostly ""."""
    approved, value = entry.facts[name], now[name]
    if value in approved:
        return None
    if name in MANY and parts_of(value) <= parts_of(", ".join(approved)):  # one that was not told now is no change
        return None
    if name == "ip_address" and any(parts_of(value) == parts_of(one) for one in approved):
        return None
    if look.golden.rule(entry, name) is not Rule.AT_LEAST:
        return ""
    maker = now.get("manufacturer", "")
    known = [look.at_least(value, one, maker) for one in approved]
    if True in known:
        return None
    return "the two versions have no known order" if None in known else "lower than approved"
