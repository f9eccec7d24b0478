"""What a comparison with a golden file comes to, and what a CI job is told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from assetctl.baseline import Golden
from assetctl.errors import Exit


class Outcome(StrEnum):
    EQUAL = "equal"
    CHANGED = "changed"
    EXCHANGED = "exchanged"  # another piece of the same kind
    MISSING = "missing"  # looked for and not there
    NEW = "new"
    NOT_OBSERVED = "not observed"  # nobody looked
    STALE = "stale"  # seen, but too long ago
    READING_CHANGED = "reading changed"  # the same bytes, read better


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
