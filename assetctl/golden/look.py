"""What a comparison is made with: today's assets, when they were looked at, and how versions are ordered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from assetctl.baseline import Entry, Golden
from assetctl.model import Asset

Reread = Callable[[Entry], Mapping[str, str] | None]
"""Facts, and ports as "tcp/502", that today's decoders make of an entry's evidence; None when it is not at hand."""

LookedAt = Callable[[Entry, Asset | None], datetime | None]
"""Begin of the newest look that would have seen the device of an entry where it is to stand; None for no such look."""

AtLeast = Callable[[str, str, str], bool | None]
"""Whether a version is another or a later one, by the way its maker counts; None when they have no known order."""


def no_order(_have: str, _bound: str, _maker: str) -> None:
    """Knows no order of versions."""


@dataclass(frozen=True, slots=True)
class Look:
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
