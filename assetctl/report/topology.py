"""The connections of a plant as a graph for Graphviz and as a drawing: a card for each device that others hang on.

The drawing needs no layout program: a card lists the ports of one device and what is at each of them, so that it stays
legible with hundreds of devices; lines lead only from card to card. The same topology gives the same bytes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from assetctl.model import Asset
from assetctl.settle import addresses, text, texts
from assetctl.text import one_line
from assetctl.topology import End, Link, Topology

CARD_WIDTH, ROW_HEIGHT, GAP_X, GAP_Y, MARGIN = 330, 17, 70, 34, 20
MOST_LABEL = 44
MOST_IN_COLUMN_PX = 2400


def label(asset: Asset) -> str:
    """What people call an asset: its name, else its address, else its hardware address, else its id."""
    told = (text(asset, "hostname"), *addresses(asset)[:1], *texts(asset, "mac_address")[:1], asset.id)
    return one_line(next(filter(None, told)))


def dot(topology: Topology, assets: Iterable[Asset]) -> Iterator[str]:
    """Lines of a graph in the language of Graphviz."""
    names = {one.id: label(one) for one in assets}
    used = sorted({end.asset for link in topology.links for end in (link.one, link.other)})
    yield "graph topology {"
    yield "  node [shape=box];"
    for name in used:
        yield f"  {_quoted(name)} [label={_quoted(names.get(name, name))}];"
    for link in topology.links:
        style = ", style=dashed" if link.shared else ""
        ports = f"taillabel={_quoted(link.one.port)}, headlabel={_quoted(link.other.port)}"
        yield f"  {_quoted(link.one.asset)} -- {_quoted(link.other.asset)} [{ports}{style}];"
    yield "}"


@dataclass(frozen=True, slots=True)
class _Card:
    """One device with its rows. rank: how many cards it is away from the first of its network."""

    asset: str
    title: str
    rows: tuple[str, ...]
    rank: int

    @property
    def height(self) -> int:
        return (len(self.rows) + 1) * ROW_HEIGHT + 10


def svg(topology: Topology, assets: Iterable[Asset]) -> str:
    """One drawing, self-contained. Weak points are marked in words and with a thick frame, not by colour alone."""
    names = {one.id: label(one) for one in assets}
    cards = _cards(topology, names)
    weak = {one.asset: len(one.cut_off) for one in topology.weaknesses}
    places = _placed(cards)
    width = max((x for x, _ in places.values()), default=0) + CARD_WIDTH + MARGIN
    height = max((places[card.asset][1] + card.height for card in cards), default=0) + MARGIN
    shown = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'role="img" font-family="sans-serif" font-size="12"><title>Topology</title>',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        *(_line(link, places) for link in topology.links if link.one.asset in places and link.other.asset in places),
        *(_drawn(card, places[card.asset], weak.get(card.asset, 0)) for card in cards),
        "</svg>",
    ]
    return "\n".join(shown) + "\n"


def _cards(topology: Topology, names: Mapping[str, str]) -> tuple[_Card, ...]:
    """A card for every device with more than one connection; a pair without one gives its first device the card."""
    by_asset: dict[str, list[tuple[End, End, Link]]] = {}
    for link in topology.links:
        by_asset.setdefault(link.one.asset, []).append((link.one, link.other, link))
        by_asset.setdefault(link.other.asset, []).append((link.other, link.one, link))
    hubs = {name for name, ends in by_asset.items() if len({far.asset for _, far, _ in ends}) > 1}
    hubs |= {link.one.asset for link in topology.links if not {link.one.asset, link.other.asset} & hubs}
    ranks = _ranks(hubs, {name: {far.asset for _, far, _ in ends} for name, ends in by_asset.items()})
    return tuple(
        _Card(name, names.get(name, name), tuple(_rows(by_asset[name], names)), ranks[name])
        for name in sorted(hubs, key=lambda name: (ranks[name], names.get(name, name), name))
    )


def _rows(ends: Sequence[tuple[End, End, Link]], names: Mapping[str, str]) -> Iterator[str]:
    for own, far, link in sorted(ends, key=lambda end: (_natural(end[0].port), names.get(end[1].asset, ""), end[1])):
        beyond = f" {far.port}" if far.port else ""
        yield f"{own.port or '?'}: {names.get(far.asset, far.asset)}{beyond}{' (shared)' if link.shared else ''}"


def _natural(port: str) -> tuple[tuple[int, str], ...]:
    """Port names in the order of people: 1/2 before 1/10."""
    pieces: list[tuple[int, str]] = []
    number = ""
    for char in f"{port} ":
        if char.isascii() and char.isdigit():
            number += char
            continue
        if number:
            pieces.append((int(number), ""))
            number = ""
        pieces.append((-1, char))
    return tuple(pieces)


def _ranks(hubs: set[str], near: Mapping[str, set[str]]) -> dict[str, int]:
    """How far each card is from the best connected one of its network."""
    ranks: dict[str, int] = {}
    for start in sorted(hubs, key=lambda name: (-len(near[name] & hubs), name)):
        front, rank = {start} - ranks.keys(), 0
        while front:
            ranks |= dict.fromkeys(front, rank)
            front = {far for name in front for far in near[name] & hubs} - ranks.keys()
            rank += 1
    return ranks


def _placed(cards: Sequence[_Card]) -> dict[str, tuple[int, int]]:
    """Columns from left to right by rank; a column that grows too tall goes on in the next."""
    places: dict[str, tuple[int, int]] = {}
    x, y, rank = MARGIN, MARGIN, 0
    for card in cards:
        if card.rank > rank or (y > MARGIN and y + card.height > MOST_IN_COLUMN_PX):
            x, y, rank = x + CARD_WIDTH + GAP_X, MARGIN, max(rank, card.rank)
        places[card.asset] = x, y
        y += card.height + GAP_Y
    return places


def _line(link: Link, places: Mapping[str, tuple[int, int]]) -> str:
    """From the right side of the left card to the left side of the right one; within a column along its left side."""
    (x1, y1), (x2, y2) = sorted((places[link.one.asset], places[link.other.asset]))
    start, end = (x1, x2) if x1 == x2 else (x1 + CARD_WIDTH, x2)
    bend = -MARGIN if x1 == x2 else max(GAP_X // 2, (end - start) // 2)
    after = bend if x1 == x2 else -bend
    curve = f"M{start},{y1 + 12} C{start + bend},{y1 + 12} {end + after},{y2 + 12} {end},{y2 + 12}"
    return f'<path d="{curve}" fill="none" stroke="#5b6b7b" stroke-width="1.5"/>'


def _drawn(card: _Card, place: tuple[int, int], cut_off: int) -> str:
    x, y = place
    frame = 'stroke="#9a3412" stroke-width="3"' if cut_off else 'stroke="#334155" stroke-width="1"'
    title = card.title + (f" (cuts off {cut_off})" if cut_off else "")
    lines = [
        f'<rect x="{x}" y="{y}" width="{CARD_WIDTH}" height="{card.height}" rx="4" fill="#f8fafc" {frame}/>',
        f'<text x="{x + 8}" y="{y + 16}" font-weight="bold" fill="#0f172a">{_short(title)}</text>',
    ]
    for number, row in enumerate(card.rows, start=1):
        lines.append(f'<text x="{x + 8}" y="{y + 16 + number * ROW_HEIGHT}" fill="#0f172a">{_short(row)}</text>')
    return "\n".join(lines)


def _short(told: str) -> str:
    shown = one_line(told)
    return escape(shown if len(shown) <= MOST_LABEL else f"{shown[: MOST_LABEL - 1]}…")


def _quoted(told: str) -> str:
    shown = one_line(told).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{shown}"'
