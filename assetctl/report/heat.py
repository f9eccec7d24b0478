"""Drawings of the security levels: zones against FRs, and the rows of each FR by what is known of them."""

from collections.abc import Iterator, Mapping, Sequence

from assetctl.policy.levels import Cell, Verdict
from assetctl.report.drawing import natural, text
from assetctl.report.levels import FR, FR_NAMES, WORST_FIRST
from assetctl.report.section import Drawing, Shape
from assetctl.text import counted

LABEL, CELL, ROW, HEAD, GAP = 210, 115, 38, 26, 3
BAR, BAR_ROW, NAME = 420, 30, 330
MOST_ROWS = 15
_TONES: Mapping[Verdict, str] = {
    Verdict.GAP: "bad",
    Verdict.INDICATED: "warn",
    Verdict.UNDETERMINED: "unsure",
    Verdict.REACHED: "good",
    Verdict.NO_TARGET: "none",
}
SHORT: Mapping[Verdict, str] = {
    Verdict.GAP: "gap",
    Verdict.INDICATED: "gap if it holds",
    Verdict.UNDETERMINED: "undetermined",
    Verdict.REACHED: "reached",
    Verdict.NO_TARGET: "no target",
}
_PARTS = (
    ("contradicted", "bad"),
    ("indicated", "warn"),
    ("unknown", "unsure"),
    ("met", "good"),
    ("not_applicable", "none"),
)
NOTE = (
    "T: target. A: attested or evidenced up to. N: not contradicted up to, by what is confirmed; behind the stroke: "
    "if all indications hold.",
)


def heat_maps(cells: Sequence[Cell]) -> tuple[Drawing, ...]:
    """Zones, then conduits, against FRs, the worst first; of very many the worst, and the table has them all."""
    zones, conduits = (_by_place(cells, is_conduit=kind) for kind in (False, True))
    return (
        *_sheets("zones", "Security levels of the zones", zones, most=3),
        *_sheets("conduits", "Security levels of the conduits", conduits, most=1),
    )


def _by_place(cells: Sequence[Cell], *, is_conduit: bool) -> list[list[Cell]]:
    """The cells of each place, those with the most and worst gaps first."""
    held: dict[str, list[Cell]] = {}
    for cell in cells:
        if cell.is_conduit is is_conduit:
            held.setdefault(cell.place, []).append(cell)
    return sorted(
        held.values(), key=lambda row: ([-sum(c.verdict is v for c in row) for v in WORST_FIRST], natural(row[0].place))
    )


def _sheets(name: str, title: str, places: Sequence[Sequence[Cell]], *, most: int) -> Iterator[Drawing]:
    """Some places a drawing, so that none is cut by the end of a page."""
    sheets = [places[at : at + MOST_ROWS] for at in range(0, len(places), MOST_ROWS)][:most]
    shown = sum(map(len, sheets))
    for number, sheet in enumerate(sheets, start=1):
        told = title if len(sheets) == 1 else f"{title} ({number} of {len(sheets)})"
        is_last = number == len(sheets)
        left = (
            (f"{counted(len(places) - shown, 'more place')} in the table SL vectors.",) if shown < len(places) else ()
        )
        yield Drawing(
            id=f"heat-{name}-{number}",
            title=told,
            description=_told(sheet),
            width=LABEL + len(FR) * CELL + GAP,
            height=HEAD + len(sheet) * ROW + GAP,
            shapes=tuple(_map(sheet)),
            notes=(*NOTE, *left) if is_last else (),
        )


def _told(sheet: Sequence[Sequence[Cell]]) -> str:
    counts = {v: sum(cell.verdict is v for row in sheet for cell in row) for v in WORST_FIRST}
    said = ", ".join(f"{count} {v.value}" for v, count in counts.items() if count)
    return f"{counted(len(sheet), 'place')} by {len(FR)} foundational requirements: {said}."


def _map(sheet: Sequence[Sequence[Cell]]) -> Iterator[Shape]:
    for column, fr in enumerate(FR):
        yield text("middle", LABEL + column * CELL + CELL // 2, HEAD - 9, fr, most=6)
    for row, cells in enumerate(sheet):
        y = HEAD + row * ROW
        yield text("bold", 2, y + 23, cells[0].place, most=28)
        for cell in cells:
            x = LABEL + FR.index(cell.fr) * CELL
            yield Shape("rect", f"cell-{_TONES[cell.verdict]}", (x, y, CELL - GAP, ROW - GAP))
            yield text("on", x + 8, y + 15, SHORT[cell.verdict], most=18)
            yield text("on-small", x + 8, y + 29, _levels(cell), most=24)


def _levels(cell: Cell) -> str:
    target = "–" if cell.target is None else cell.target
    return f"T {target} · A {cell.attested} · N {cell.not_contradicted}/{cell.not_contradicted_if}"


def results(cells: Sequence[Cell]) -> tuple[Drawing, ...]:
    """Of each FR, how many rows up to the targets have which state, over all zones and conduits."""
    if not cells:
        return ()
    sums = {fr: [sum(getattr(c.counts, part) for c in cells if c.fr == fr) for part, _ in _PARTS] for fr in FR}
    said = "; ".join(f"{fr}: {_counts(counts)}" for fr, counts in sums.items())
    return (
        Drawing(
            id="fr-results",
            title="Rows by foundational requirement, up to the targets",
            description=f"{said}.",
            width=NAME + BAR + NAME + 40,
            height=len(FR) * BAR_ROW + GAP,
            shapes=tuple(shape for at, fr in enumerate(FR) for shape in _bar(at, fr, sums[fr])),
        ),
    )


def _bar(at: int, fr: str, counts: Sequence[int]) -> Iterator[Shape]:
    y, x, total = at * BAR_ROW, NAME, sum(counts)
    yield text("word", 2, y + 17, FR_NAMES[fr], most=56)
    before = 0
    for (_, tone), count in zip(_PARTS, counts, strict=True):
        start, end = before * BAR // (total or 1), (before + count) * BAR // (total or 1)
        before += count
        if count:
            yield Shape("rect", f"part-{tone}", (x + start, y + 3, max(end - start - 1, 1), BAR_ROW - 10))
    yield text("word", x + BAR + 12, y + 17, _counts(counts), most=80)


def _counts(counts: Sequence[int]) -> str:
    names = ("contradicted", "indicated", "not determined", "met", "not applicable")
    return ", ".join(f"{count} {name}" for name, count in zip(names, counts, strict=True) if count) or "no rows"
