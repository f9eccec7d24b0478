"""Rounds of sides in turn, and what they say of each other."""

from collections.abc import Callable, Mapping
from statistics import median
from typing import Any

ROUNDS = 5

Figures = dict[str, Any]
Sides = Mapping[str, Callable[[], Figures]]


def rounds(sides: Sides, count: int = ROUNDS, *, warm: bool = True) -> dict[str, list[Figures]]:
    """Each side in turn, `count` times. warm: after one turn that warms the machine and is thrown away."""
    found: dict[str, list[Figures]] = {name: [] for name in sides}
    for number in range(count + warm):
        for name, measure in sides.items():
            figures = measure()
            if number >= warm:
                found[name].append(figures)
    return found


def ratio(found: Mapping[str, list[Figures]], ours: str, theirs: str, figure: str) -> float:
    """Median over the rounds of what one side took of the other."""
    pairs = zip(found[ours], found[theirs], strict=True)
    return float(median(mine[figure] / other[figure] for mine, other in pairs))


def middle(found: Mapping[str, list[Figures]], side: str, figure: str) -> float:
    return float(median(figures[figure] for figures in found[side]))


def same(found: Mapping[str, list[Figures]], figure: str = "digest") -> None:
    """Raise SystemExit when two sides did not bring the same values."""
    if len({figures[figure] for several in found.values() for figures in several}) != 1:
        raise SystemExit(f"bench: the sides found different values: {found}")
