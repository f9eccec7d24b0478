"""Compares the inventory with a golden file.

Theory. A device stands where its entry says, or it does not; that is asked first, by position, then by id, then by
address and serial number. Only what was seen since the cut (the begin of the look, or `max_age` ago) counts as looked
at: what was not is "not observed" or "stale", never "equal". A value that differs is a change in the plant, unless
today's decoders read the golden's own evidence as they read the device: then only the reading changed.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from assetctl import settle
from assetctl.baseline import Entry, Golden, key_of
from assetctl.golden.changes import changed_fields, changed_ports, changed_rack
from assetctl.golden.look import AtLeast, Look, LookedAt, Reread, no_order
from assetctl.golden.matching import addresses_of, asset_of, is_gone
from assetctl.golden.outcome import Difference, Outcome
from assetctl.model import Asset


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
    look = Look(golden, mine, looked_at, cut, reread, differ, at_least)
    found: list[Difference] = []
    matched: dict[str, Asset] = {}
    for entry in sorted(golden.entries, key=lambda entry: (bool(entry.parent), entry.key)):
        asset = asset_of(look, entry, matched)
        if asset is not None:
            matched[entry.key] = asset
        found += _compare(look, entry, asset, matched)
    known = {asset.id for asset in matched.values()}
    for asset in mine:
        if asset.zone == golden.zone and asset.id not in known and look.is_fresh(asset.last_seen):
            found.append(Difference(key_of(asset), asset.id, Outcome.NEW, current=_described(asset)))
    return tuple(sorted(found, key=lambda one: (one.entry, one.field, one.outcome)))


def _compare(look: Look, entry: Entry, asset: Asset | None, matched: Mapping[str, Asset]) -> list[Difference]:
    is_missing = is_gone(look, entry, asset, matched)
    if asset is None or is_missing or not look.is_fresh(asset.last_seen):
        seen = f"last seen {asset.last_seen:%Y-%m-%d %H:%M} UTC" if asset else "never seen"
        unseen = Outcome.STALE if asset else Outcome.NOT_OBSERVED
        name = asset.id if asset else entry.asset
        outcome = Outcome.MISSING if is_missing else unseen
        return [Difference(entry.key, name, outcome, golden=", ".join(addresses_of(entry)), note=seen)]
    found = [
        *changed_fields(look, entry, asset),
        *changed_rack(look, entry, asset, matched),
        *changed_ports(look, entry, asset),
    ]
    return found or [Difference(entry.key, asset.id, Outcome.EQUAL)]


def _described(asset: Asset) -> str:
    parts = [settle.text(asset, key) for key in ("manufacturer", "model", "hostname")]
    return " ".join(filter(None, [*parts, ", ".join(settle.addresses(asset))]))
