"""Compares the inventory with a golden file, and says what a CI job is told.

Theory. A device stands where its entry says, or it does not; that is asked first, by position, then by id, then by
address and serial number. Only what was seen since the cut (the begin of the look, or `max_age` ago) counts as looked
at: what was not is "not observed" or "stale", never "equal". A value that differs is a change in the plant, unless
today's decoders read the golden's own evidence as they read the device: then only the reading changed.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from assetctl import settle
from assetctl.baseline import FIELDS, PORTS, Entry, Golden, Rule, key_of, observed, ports, read, write
from assetctl.errors import Exit
from assetctl.model import Asset

__all__ = [
    "FIELDS",
    "Difference",
    "Entry",
    "Golden",
    "Outcome",
    "Rule",
    "coverage",
    "read",
    "verdict",
    "verify",
    "write",
]

Reread = Callable[[tuple[str, ...]], Mapping[str, str] | None]
"""Facts, and ports as "tcp/502", that today's decoders make of an entry's evidence; None when it is not at hand."""


class Outcome(StrEnum):
    EQUAL = "equal"
    CHANGED = "changed"
    EXCHANGED = "exchanged"  # another piece of the same kind
    MISSING = "missing"  # looked for and not there
    NEW = "new"
    NOT_OBSERVED = "not observed"  # nobody looked
    STALE = "stale"  # seen, but too long ago
    READING_CHANGED = "reading changed"  # the same bytes, read better


_TRIAL = frozenset({"alpha", "beta", "rc", "pre", "dev"})
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
    covered: Callable[[str], bool]
    cut: datetime | None
    reread: Reread | None
    versions_differ: bool

    def is_fresh(self, at: datetime) -> bool:
        return self.cut is None or at >= self.cut


def verify(
    golden: Golden,
    assets: Sequence[Asset],
    *,
    covered: Callable[[str], bool],
    now: datetime,
    max_age: timedelta | None = None,
    since: datetime | None = None,
    decoders: Mapping[str, str] = MappingProxyType({}),
    data: Mapping[str, str] = MappingProxyType({}),
    reread: Reread | None = None,
) -> tuple[Difference, ...]:
    """Every difference, and one line "equal" for each entry without any, in a fixed order.

    covered: whether the look that is judged asked an address, "realm/ip". since: begin of that look. decoders, data:
    today's versions, as in the header of the golden file.
    """
    limits = [limit for limit in (since, now - max_age if max_age else None) if limit]
    differ = dict(golden.decoders) != dict(decoders) or dict(golden.data) != dict(data)
    mine = tuple(sorted((asset for asset in assets if asset.realm == golden.realm), key=lambda asset: asset.id))
    look = _Look(golden, mine, covered, max(limits, default=None), reread, differ)
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
    """Share of the golden entries that were looked at, 0 to 1; 1 when there are none."""
    entries = {entry.key for entry in golden.entries}
    unseen = {one.entry for one in differences if one.outcome in UNSEEN and not one.field}
    return 1 - len(entries & unseen) / len(entries) if entries else 1.0


def verdict(differences: Sequence[Difference], *, coverage: float, required: float = 1.0) -> Exit:
    """What the caller is told. Comparing nothing with nothing is no success."""
    outcomes = {one.outcome for one in differences}
    if not outcomes:
        return Exit.NOTHING
    if outcomes & DRIFT:
        return Exit.DRIFT
    if outcomes & UNSEEN or coverage < required:
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
    serial = entry.match.get("serial_number", "")
    same = [asset for asset in look.assets if serial and serial == settle.text(asset, "serial_number")]
    every = [*known, *([there] if there else []), *same]
    return next((asset for asset in every if look.is_fresh(asset.last_seen)), every[0] if every else None)


def _at_place(look: _Look, entry: Entry, matched: Mapping[str, Asset]) -> Asset | None:
    """The asset seen last at the address, or as the part, that an entry names."""
    if entry.parent:
        device = matched.get(entry.parent)
        here = [
            asset
            for asset in look.assets
            if device and asset.parent == device.id and settle.text(asset, "part") == entry.match.get("part", "?")
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
    if asset is None or not look.is_fresh(asset.last_seen):
        return [_unseen(look, entry, asset, matched)]
    found = [*_fields(look, entry, asset), *_ports(look, entry, asset)]
    return found or [Difference(entry.key, asset.id, Outcome.EQUAL)]


def _unseen(look: _Look, entry: Entry, asset: Asset | None, matched: Mapping[str, Asset]) -> Difference:
    seen = f"last seen {asset.last_seen:%Y-%m-%d %H:%M} UTC" if asset else "never seen"
    was_looked_for = _part_was_looked_for(look, entry, matched) if entry.parent else _was_covered(look, entry)
    unseen = Outcome.STALE if asset else Outcome.NOT_OBSERVED
    outcome = Outcome.MISSING if was_looked_for else unseen
    name = asset.id if asset else entry.asset
    return Difference(entry.key, name, outcome, golden=", ".join(_addresses(entry)), note=seen)


def _was_covered(look: _Look, entry: Entry) -> bool:
    places = _addresses(entry)
    return bool(places) and all(look.covered(f"{look.golden.realm}/{ip}") for ip in places)


def _part_was_looked_for(look: _Look, entry: Entry, matched: Mapping[str, Asset]) -> bool:
    """A part is missing when its device was asked for parts and told others."""
    device = matched.get(entry.parent)
    return device is not None and any(
        asset.parent == device.id and look.is_fresh(asset.last_seen) for asset in look.assets
    )


def _fields(look: _Look, entry: Entry, asset: Asset) -> list[Difference]:
    facts = {name: fact for name, fact in observed(asset).items() if look.is_fresh(fact.last_seen)}
    now = {name: settle.as_text(fact.value) for name, fact in facts.items()}
    if not asset.parent:
        now["ip_address"] = ", ".join(settle.addresses(asset))
    found = []
    for name in FIELDS:
        rule = look.golden.rule(entry, name)
        if name not in entry.facts or rule is Rule.IGNORE:
            continue
        approved = entry.facts[name]
        if not now.get(name):
            found.append(Difference(entry.key, asset.id, Outcome.NOT_OBSERVED, name, ", ".join(approved)))
        elif not _agrees(rule, approved, now[name]):
            outcome, note = _kind(look, entry, name, now)
            found.append(Difference(entry.key, asset.id, outcome, name, ", ".join(approved), now[name], note))
    return found


def _kind(look: _Look, entry: Entry, name: str, now: Mapping[str, str]) -> tuple[Outcome, str]:
    """What a differing value means."""
    if look.versions_differ and look.reread and entry.evidence:
        again = look.reread(entry.evidence)
        if again is None:
            return Outcome.CHANGED, "decoders changed, and the evidence of the golden entry is not at hand"
        if again.get(name) == now[name]:
            return Outcome.READING_CHANGED, "today's decoders read the golden's own evidence the same way"
    alike = [kind for kind in ("order_code", "model") if kind in entry.facts and now.get(kind)]
    if name == "serial_number" and alike and all(now[kind] in entry.facts[kind] for kind in alike):
        return Outcome.EXCHANGED, f"same {alike[0].replace('_', ' ')} {now[alike[0]]}"
    return Outcome.CHANGED, ""


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


def _agrees(rule: Rule, approved: tuple[str, ...], now: str) -> bool:
    if rule is Rule.AT_LEAST:
        return any(version(now) >= version(one) for one in approved)
    return now in approved


def version(text: str) -> tuple[tuple[int, int, str], ...]:
    """A version in an order: numbers by value, a leading "V" and zeros at the end left out.

    A trial version comes before the one it leads to, other letters after: 1.2rc1, 1.2, 1.2a, 1.2.1.
    """
    found = re.findall(r"[0-9]{1,18}|[a-z]+", text[:128].lower())
    if len(found) > 1 and found[0] == "v":
        found = found[1:]
    parts = [(2, int(one), "") if one.isdigit() else (-1 if one in _TRIAL else 1, 0, one) for one in found]
    while len(parts) > 1 and parts[-1] == (2, 0, ""):
        parts.pop()
    return (*parts, (0, 0, ""))
