"""Charts as numbers: bars, ladders and stacks, each with the same in one sentence."""

from collections.abc import Iterable
from dataclasses import dataclass

from assetctl.report.table import final
from assetctl.text import counted

FULL = 1000  # length of a whole bar


@dataclass(frozen=True, slots=True)
class Part:
    """One bar, or one part of a stacked bar. start, length: of FULL."""

    label: str
    count: int
    tone: str
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Chart:
    """stacked: the parts share one bar. description: the same in one sentence."""

    id: str
    title: str
    description: str
    parts: tuple[Part, ...]
    stacked: bool = False


def bars(id: str, title: str, counts: Iterable[tuple[str, int]], *, most: int = 10, whole: int = 0) -> Chart:
    """A chart of the greatest counts, the rest as one bar; equal counts by label. whole: what a full bar stands for."""
    ranked = sorted(counts, key=lambda pair: (-pair[1], pair[0]))
    rest = sum(count for _, count in ranked[most:])
    shown = ranked[:most] + ([(counted(len(ranked) - most, "other"), rest)] if rest else [])
    greatest = whole or max((count for _, count in shown), default=0) or 1
    parts = tuple(Part(final(label, 40), count, "plain", 0, count * FULL // greatest) for label, count in shown)
    return Chart(id, title, told(parts), parts)


def ladder(id: str, title: str, counts: Iterable[tuple[str, int]], *, whole: int = 0) -> Chart:
    """A chart of counts in the given order."""
    held = list(counts)
    greatest = whole or max((count for _, count in held), default=0) or 1
    parts = tuple(Part(final(label, 40), count, "plain", 0, count * FULL // greatest) for label, count in held)
    return Chart(id, title, told(parts), parts)


def stack(id: str, title: str, counts: Iterable[tuple[str, int, str]]) -> Chart:
    """One bar that is divided in the given order; label, count and tone of each part. Parts of zero are left out."""
    held = [row for row in counts if row[1]]
    total = sum(count for _, count, _ in held) or 1
    parts: list[Part] = []
    before = 0
    for label, count, tone in held:
        start, end = before * FULL // total, (before + count) * FULL // total
        parts.append(Part(label, count, tone, start, end - start))
        before += count
    return Chart(id, title, told(parts), tuple(parts), stacked=True)


def told(parts: Iterable[Part]) -> str:
    """The bars of a chart in one sentence."""
    return ", ".join(f"{part.label}: {part.count}" for part in parts) or "nothing to show"
