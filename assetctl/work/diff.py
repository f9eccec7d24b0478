"""What differs between two scans, times, golden files or inventories, asset by asset and field by field."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from assetctl.work.sides import Item, Side, is_port

COLUMNS = ("asset", "position", "change", "field", "before", "after", "tags", "note")
NEW, GONE, NOT_SEEN, CHANGED = "new", "gone", "not seen", "changed"


def diff(before: Side, after: Side) -> list[dict[str, Any]]:
    """Assets that only one side has, and values that differ between what the two say, in a fixed order.

    A golden file is compared with its own zone. What a scan does not say of an asset is no difference: it may not have
    been asked. Values that change by themselves are left out.
    """
    old, new = _inside(before, after), _inside(after, before)
    pairs = _pairs(old, new)
    matched = {item.id for _, item in pairs}
    rows = [row for one, other in pairs for row in _changes(one, other, before, after)]
    absent = NOT_SEEN if after.is_partial else GONE
    rows += [_row(one, absent) for one in old if one.id not in {item.id for item, _ in pairs}]
    rows += [_row(one, NEW) for one in new if one.id not in matched]
    return sorted(rows, key=lambda row: (row["position"] or row["asset"], row["asset"], row["field"]))


def _inside(side: Side, other: Side) -> list[Item]:
    """The items of a side that lie where the other side is limited to."""
    items = sorted(side.items, key=lambda item: item.id)
    if other.zone and not side.zone:
        items = [item for item in items if item.zone == other.zone]
    if other.realm and not side.realm:
        items = [item for item in items if any(name.startswith(f"{other.realm}/") for name in item.names)]
    return items


def _pairs(old: Iterable[Item], new: Iterable[Item]) -> list[tuple[Item, Item]]:
    """The items that are one asset: by a name, else by an address at which both stand."""
    left = {item.id: item for item in new}
    pairs, without = [], []
    by_name = _index((item, item.names) for item in left.values())
    for item in old:
        found = next((by_name[name] for name in sorted(item.names) if by_name.get(name) in left), "")
        pairs += [(item, left.pop(found))] if found else []
        without += [] if found else [item]
    by_place = _index((item, item.places) for item in left.values())
    for item in without:
        found = next((by_place[place] for place in sorted(item.places) if by_place.get(place) in left), "")
        pairs += [(item, left.pop(found))] if found else []
    return pairs


def _index(rows: Iterable[tuple[Item, Iterable[str]]]) -> Mapping[str, str]:
    return {name: item.id for item, names in rows for name in names}


def _changes(old: Item, new: Item, before: Side, after: Side) -> Iterator[dict[str, Any]]:
    for key in sorted(old.values.keys() | new.values.keys()):
        one, other = old.values.get(key, ""), new.values.get(key, "")
        both_know = before.knows(key) and after.knows(key)
        if one != other and both_know and ((one and other) or _counts(key, one, other, before, after)):
            yield _row(new, CHANGED, key, one, other, old)


def _counts(key: str, one: str, other: str, before: Side, after: Side) -> bool:
    """Whether it is a difference that only one side tells a value."""
    if is_port(key):
        return "open" in (one, other) and not (before.is_partial or after.is_partial)
    unapproved = bool(before.zone) != bool(after.zone) and not (one if before.zone else other)
    return not (before.is_partial or after.is_partial or unapproved)


def _row(item: Item, change: str, key: str = "", before: str = "", after: str = "", old: Item | None = None) -> Any:
    return {
        "asset": item.id,
        "position": item.position or (old.position if old else ""),
        "change": change,
        "field": key,
        "before": before,
        "after": after,
        "tags": item.tags or (old.tags if old else ""),
        "note": item.note or (old.note if old else ""),
    }
