"""Everything that was loaded, as one value: what it says about an asset, and up to when it tells."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from assetctl.advisory import codes
from assetctl.advisory.codes import Fit
from assetctl.advisory.described import Described
from assetctl.advisory.matching import Match, Matcher
from assetctl.advisory.names import Grade, same, speaks_of
from assetctl.advisory.records import Advisory, Catalogue, Exploited, Feed, LifeCycle, Naming


@dataclass(slots=True)
class Knowledge:
    """catalogue: None when none was loaded."""

    advisories: tuple[Advisory, ...] = ()
    catalogue: Catalogue | None = None
    life_cycles: tuple[LifeCycle, ...] = ()
    feeds: tuple[Feed, ...] = ()
    _matcher: Matcher = field(init=False)
    _as_of: dict[str, datetime] = field(init=False)
    _by_maker: dict[tuple[str, ...], datetime | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._matcher = Matcher(self.advisories)
        self._as_of = {feed.sha256: feed.as_of for feed in self.feeds}

    def matches(self, asset: Described) -> tuple[Match, ...]:
        """The advisories that name an asset, by id."""
        return self._matcher.matches(asset)

    def as_of(self, asset: Described) -> datetime | None:
        """Up to when the advisories about an asset's maker tell; None when there are none, or nothing to compare.

        Advisories of other makers say nothing about it, and a device without a name can be found in none.
        """
        device = asset.device
        if not device.makers or not (device.names or device.codes):
            return None
        if device.makers not in self._by_maker:
            told = (self._as_of.get(one.sha256, one.current) for one in self._matcher.speaking_of(device.makers))
            self._by_maker[device.makers] = max(told, default=None)
        return self._by_maker[device.makers]

    def exploited(self, asset: Described, besides: Iterable[str]) -> tuple[Exploited, ...]:
        """Entries that name the asset's maker and product themselves, and none of the numbers in `besides`.

        The catalogue tells no versions, so such an entry is never more than possible.
        """
        if self.catalogue is None:
            return ()
        settled = set(besides)
        return tuple(one for one in self.catalogue.entries if one.cve not in settled and _is_named(one, asset))

    def listed(self, cves: Iterable[str]) -> tuple[Exploited, ...]:
        """The entries of these vulnerabilities."""
        wanted = set(cves)
        entries = self.catalogue.entries if self.catalogue else ()
        return tuple(one for one in entries if one.cve in wanted)

    def life_cycle(self, asset: Described) -> tuple[LifeCycle, ...]:
        """The rows that fit the asset most closely: those with the longest pattern. Several when they differ."""
        fitting = [row for row in self.life_cycles if _is_meant(row, asset)]
        longest = max((_length(row) for row in fitting), default=0)
        chosen = {(row.end_of_sale, row.end_of_support): row for row in fitting if _length(row) == longest}
        return tuple(chosen.values())


def _is_named(entry: Exploited, asset: Described) -> bool:
    naming = Naming(entry.maker, (entry.product,))
    return any(own.makers and same(naming, own).grade is not Grade.NONE for own in asset.identities)


def _is_meant(row: LifeCycle, asset: Described) -> bool:
    device = asset.device
    if not any(speaks_of(row.maker, maker) for maker in device.makers):
        return False
    return any(codes.fits(row.product, text) is Fit.WHOLE for text in (*device.codes, *device.names))


def _length(row: LifeCycle) -> int:
    return sum(sign.isalnum() and sign != "x" for sign in row.product)
