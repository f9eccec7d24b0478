"""The connections of a plant as a graph for Graphviz and as a drawing: a card for each device that others hang on.

The drawing needs no layout program: a card lists the ports of one device and what is at each of them, so that it stays
legible with hundreds of devices; lines lead only from card to card. The same topology gives the same bytes.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from textwrap import wrap

from assetctl.model import Asset
from assetctl.report.drawing import natural, standalone
from assetctl.report.drawing import text as words
from assetctl.report.section import Drawing, Shape
from assetctl.settle import addresses, text, texts
from assetctl.text import counted, one_line
from assetctl.topology import End, Link, Topology

CARD_WIDTH, ROW_HEIGHT, GAP_X, GAP_Y, MARGIN = 330, 17, 70, 34, 20
MOST_LABEL = 44
MOST_IN_COLUMN_PX, PAGE_COLUMN_PX = 2400, 900
MOST_LINKS, MOST_CARDS, MOST_NEAR = 90, 60, 6


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
    return standalone(_drawing(topology, _cards(topology, names), MOST_IN_COLUMN_PX))


@dataclass(frozen=True, slots=True)
class Device:
    """What a drawing says of an asset. zone: "" when it lies in none."""

    name: str
    role: str = ""
    zone: str = ""


def drawing(topology: Topology, devices: Mapping[str, Device]) -> Drawing:
    """A drawing that stays legible: each port while they are few, else a line for what hangs on each switch, else
    a card for each zone."""
    names = {id: one.name for id, one in devices.items()}
    cards = _cards(topology, names)
    if len(topology.links) > MOST_LINKS or len(cards) > MOST_CARDS:
        cards = _briefly(topology, cards, devices)
    if len(cards) > MOST_CARDS:
        by_zone = _by_zone(topology, devices)
        return _drawing(by_zone, _cards(by_zone, {})[:MOST_CARDS], PAGE_COLUMN_PX)
    return _drawing(topology, cards, PAGE_COLUMN_PX)


def _drawing(topology: Topology, cards: Sequence[_Card], column: int) -> Drawing:
    weak = {one.asset: one.cut_off for one in topology.weaknesses}
    hubs = {card.asset for card in cards}
    places = _placed(cards, column)
    lines = [link for link in topology.links if link.one.asset in places and link.other.asset in places]
    return Drawing(
        id="topology-drawing",
        title="Topology of the network",
        description=f"Cards: {len(cards)}, lines between them: {len(lines)}; the table Topology has every connection.",
        width=max((x for x, _ in places.values()), default=0) + CARD_WIDTH + MARGIN,
        height=max((places[card.asset][1] + card.height for card in cards), default=0) + MARGIN,
        shapes=(
            *(_line(link, places) for link in lines),
            *(shape for card in cards for shape in _drawn(card, places[card.asset], weak.get(card.asset, ()), hubs)),
        ),
    )


def _briefly(topology: Topology, cards: Sequence[_Card], devices: Mapping[str, Device]) -> tuple[_Card, ...]:
    """The same cards, each with its lines to other cards and one line for everything else on it."""
    hubs = {card.asset for card in cards}
    roles = {id: one.role or "others" for id, one in devices.items()}
    names = {id: one.name for id, one in devices.items()}
    ends: dict[str, list[tuple[End, End]]] = {}
    for link in topology.links:
        ends.setdefault(link.one.asset, []).append((link.one, link.other))
        ends.setdefault(link.other.asset, []).append((link.other, link.one))

    def rows(name: str) -> Iterator[str]:
        near = sorted((own, far) for own, far in ends[name] if far.asset in hubs)
        yield from (f"{own.port or '?'}: {names.get(far.asset, far.asset)}" for own, far in near[:MOST_NEAR])
        if len(near) > MOST_NEAR:
            yield f"and {len(near) - MOST_NEAR} more"
        rest = Counter(roles.get(far.asset, "others") for _, far in ends[name] if far.asset not in hubs)
        if rest:
            told = ", ".join(f"{count} {role}" for role, count in sorted(rest.items()))
            yield from wrap(f"{counted(rest.total(), 'device')}: {told}", MOST_LABEL)

    return tuple(replace(card, rows=tuple(rows(card.asset))) for card in cards)


def _by_zone(topology: Topology, devices: Mapping[str, Device]) -> Topology:
    """The zones in place of their devices; how many connections there are stands for a port."""
    zones = {id: one.zone or "(no zone)" for id, one in devices.items()}
    counts: Counter[tuple[str, str]] = Counter()
    for link in topology.links:
        one, other = sorted((zones.get(link.one.asset, "(no zone)"), zones.get(link.other.asset, "(no zone)")))
        if one != other:
            counts[one, other] += 1
    links = (Link(End(a, counted(n, "connection")), End(b), ()) for (a, b), n in sorted(counts.items()))
    return Topology(tuple(links), (), ())


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
        for name in sorted(hubs, key=lambda name: (ranks[name], natural(names.get(name, name)), name))
    )


def _rows(ends: Sequence[tuple[End, End, Link]], names: Mapping[str, str]) -> Iterator[str]:
    for own, far, link in sorted(ends, key=lambda end: (natural(end[0].port), names.get(end[1].asset, ""), end[1])):
        beyond = f" {far.port}" if far.port else ""
        yield f"{own.port or '?'}: {names.get(far.asset, far.asset)}{beyond}{' (shared)' if link.shared else ''}"


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


def _placed(cards: Sequence[_Card], column: int) -> dict[str, tuple[int, int]]:
    """Columns from left to right by rank; a column that grows too tall goes on in the next."""
    places: dict[str, tuple[int, int]] = {}
    x, y, rank = MARGIN, MARGIN, 0
    for card in cards:
        if card.rank > rank or (y > MARGIN and y + card.height > column):
            x, y, rank = x + CARD_WIDTH + GAP_X, MARGIN, max(rank, card.rank)
        places[card.asset] = x, y
        y += card.height + GAP_Y
    return places


def _line(link: Link, places: Mapping[str, tuple[int, int]]) -> Shape:
    """From the right side of the left card to the left side of the right one; within a column along its left side."""
    (x1, y1), (x2, y2) = sorted((places[link.one.asset], places[link.other.asset]))
    start, end = (x1, x2) if x1 == x2 else (x1 + CARD_WIDTH, x2)
    bend = -MARGIN if x1 == x2 else max(GAP_X // 2, (end - start) // 2)
    after = bend if x1 == x2 else -bend
    curve = f"M{start},{y1 + 12} C{start + bend},{y1 + 12} {end + after},{y2 + 12} {end},{y2 + 12}"
    return Shape("path", "line", words=curve)


def _drawn(card: _Card, place: tuple[int, int], cut_off: Sequence[str], hubs: Set[str]) -> Iterator[Shape]:
    """A thick frame where others are cut off than what hangs on the card itself."""
    x, y = place
    yield Shape("rect", "strong" if hubs & set(cut_off) else "box", (x, y, CARD_WIDTH, card.height))
    title = card.title + (f" (cuts off {len(cut_off)})" if cut_off else "")
    yield words("bold", x + 8, y + 16, title, most=MOST_LABEL)
    for number, row in enumerate(card.rows, start=1):
        yield words("word", x + 8, y + 16 + number * ROW_HEIGHT, row, most=MOST_LABEL)


def _quoted(told: str) -> str:
    shown = one_line(told).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{shown}"'
