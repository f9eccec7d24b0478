"""What one run saw otherwise than another, asset by asset and field by field."""

from typing import Any

from assetctl.errors import InputError
from assetctl.facts import vocabulary
from assetctl.model import Asset
from assetctl.settle import as_text
from assetctl.store.repo import Store


def diff(store: Store, before: str, after: str) -> list[dict[str, Any]]:
    """Assets that only one run saw, and values that differ between what the two said. Volatile values are left out."""
    first, second = store.scan(before), store.scan(after)
    for name, scan in ((before, first), (after, second)):
        if scan is None:
            raise InputError(f"{name}: no such scan; `assetctl scans list` shows them")
    rows: list[dict[str, Any]] = []
    for asset in store.assets():
        old, new = _seen_in(asset, before, store), _seen_in(asset, after, store)
        if old and not new:
            rows.append(_row(asset, "not seen", "", "", ""))
        elif new and not old:
            rows.append(_row(asset, "new", "", "", ""))
        elif old and new:
            rows += [
                _row(asset, "changed", key, ", ".join(sorted(old.get(key, ()))), ", ".join(sorted(new.get(key, ()))))
                for key in sorted(old.keys() | new.keys())
                if old.get(key) != new.get(key) and key in old and key in new
            ]
    return rows


def _seen_in(asset: Asset, scan: str, store: Store) -> dict[str, set[str]]:
    """What a run said of an asset: "key" or "local key: key" -> values."""
    said: dict[str, set[str]] = {}
    names = [name for name in asset.observations if name.startswith(scan + "/")]
    for name in names:
        observation = store.observation(name)
        for claim in observation.claims if observation else ():
            if claim.part == "" and not _is_volatile(claim.key):
                key = f"{claim.local_key}: {claim.key}" if claim.local_key else claim.key
                said.setdefault(key, set()).add(as_text(claim.value))
    return said


def _is_volatile(key: str) -> bool:
    known = vocabulary().get(key)
    return known is None or known.volatile


def _row(asset: Asset, change: str, field: str, before: str, after: str) -> dict[str, Any]:
    return {"asset": asset.id, "change": change, "field": field, "before": before, "after": after}
