"""Which asset an entry of a golden file speaks of today, and whether it is missing."""

from collections.abc import Mapping
from datetime import datetime

from assetctl import settle
from assetctl.baseline import Entry, parts_of, values_of
from assetctl.golden.look import Look
from assetctl.model import Asset


def asset_of(look: Look, entry: Entry, matched: Mapping[str, Asset]) -> Asset | None:
    """The asset that an entry speaks of today: a fresh one if there is any, else the one that used to be there."""
    standing = [asset for asset in look.assets if asset.position == entry.key]
    if standing:
        return standing[0]
    known = [asset for asset in look.assets if entry.asset in (asset.id, *asset.aliases)]
    there = _at_place(look, entry, matched)
    if known and there and known[0] is not there and not _stands_elsewhere(known[0], entry):
        known = [there]  # another device answers in its place
    every = [*known, *([there] if there else []), *_same_piece(look, entry)]
    return next((asset for asset in every if look.is_fresh(asset.last_seen)), every[0] if every else None)


def _same_piece(look: Look, entry: Entry) -> list[Asset]:
    """The assets with the serial number of an entry, then the devices with its hardware address."""
    serial, macs = entry.match.get("serial_number", ""), parts_of(entry.match.get("mac_address", ""))
    same = [asset for asset in look.assets if serial and serial == settle.text(asset, "serial_number")]
    if not entry.parent:
        same += [one for one in look.assets if not one.parent and macs & set(settle.texts(one, "mac_address"))]
    return same


def _at_place(look: Look, entry: Entry, matched: Mapping[str, Asset]) -> Asset | None:
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
        wanted = set(addresses_of(entry))
        here = [one for one in look.assets if not one.parent and wanted & set(settle.addresses(one))]
    return max(here, key=lambda asset: (asset.last_seen, asset.id), default=None)


def _stands_elsewhere(asset: Asset, entry: Entry) -> bool:
    return bool(set(settle.addresses(asset)) - set(addresses_of(entry)))


def addresses_of(entry: Entry) -> tuple[str, ...]:
    return tuple(one.strip() for one in entry.match.get("ip_address", "").split(",") if one.strip())


def is_gone(look: Look, entry: Entry, asset: Asset | None, matched: Mapping[str, Asset]) -> bool:
    """Whether a device was looked for since it was last seen; for a part, whether its rack told others since then."""
    if entry.parent:
        device = next((one for one in look.golden.entries if one.key == entry.parent), None)
        begun = look.looked_at(device, matched.get(entry.parent)) if device else None
        return begun is not None and _others_were_told(look, asset, matched.get(entry.parent), begun)
    begun = look.looked_at(entry, asset)
    if begun is None or asset is None:
        return begun is not None
    return asset.last_seen < begun and not _stands_elsewhere(asset, entry)


def _others_were_told(look: Look, part: Asset | None, device: Asset | None, begun: datetime) -> bool:
    """Whether a look at a rack brought parts of the kind that this one is told by, and not this one."""
    if device is None or (part is not None and part.last_seen >= begun):
        return False
    others = [one for one in look.assets if one.parent == device.id and one.last_seen >= begun]
    return any(part is None or _sources(part) & _sources(one) for one in others)


def _sources(asset: Asset) -> frozenset[str]:
    return frozenset(fact.source.name for fact in asset.facts if fact.source.kind == settle.PROBE)
