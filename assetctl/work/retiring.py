"""Places that are no longer used: what stood there is judged no more, unless it answers again."""

from collections.abc import Iterable, Mapping

from assetctl.model import Asset, Position, Retirement

Retired = Mapping[tuple[str, str], Retirement]


def retired(register: Iterable[Position]) -> Retired:
    """The retired positions by realm and id."""
    return {(one.realm, one.id): one.retired for one in register if one.retired}


def in_use(register: Iterable[Position]) -> tuple[Position, ...]:
    """The positions that are used."""
    return tuple(one for one in register if one.retired is None)


def still_judged(assets: tuple[Asset, ...], gone: Retired) -> tuple[Asset, ...]:
    """The assets without those at retired positions that have not answered since, and without their parts."""
    if not gone:
        return assets
    silent = {asset.id for asset in assets if _at(asset, gone) and not _answers(asset, gone)}
    return tuple(asset for asset in assets if asset.id not in silent and asset.parent not in silent)


def answering_again(assets: Iterable[Asset], gone: Retired) -> tuple[str, ...]:
    """A warning for each device at a retired position that was seen after the day of its retirement."""
    back = sorted((asset for asset in assets if _answers(asset, gone)), key=lambda one: (one.position or "", one.id))
    return tuple(
        f"{asset.position} was retired on {told.on} by {told.by} ({told.reason}), and {asset.id} answers there again,"
        f" last on {asset.last_seen:%Y-%m-%d}: take it off the network, or declare the position anew"
        for asset in back
        if (told := _at(asset, gone))
    )


def _at(asset: Asset, gone: Retired) -> Retirement | None:
    return gone.get((asset.realm, asset.position or ""))


def _answers(asset: Asset, gone: Retired) -> bool:
    told = _at(asset, gone)
    return told is not None and asset.last_seen.date() > told.on
