"""Zones and conduits as a drawing: boxes by level from the business network down to the process, lines between them.

Theory. A band holds the zones of one level, wrapped into rows. Conduits run in lanes of their own: in the gap below the
upper box when the boxes stand in the same or in neighbouring rows, else through a lane at the right edge. Each line has
a number that the list below the boxes explains, so that the drawing stays legible with many of both. How many assets
there are changes a number in a box, nothing else. The same zones give the same bytes.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from assetctl.model import Allowed, Conduit, Zone
from assetctl.report.drawing import natural, standalone
from assetctl.report.drawing import text as words
from assetctl.report.section import Drawing, Shape
from assetctl.text import counted

LEVELS = {
    "5": "Enterprise",
    "4": "Business",
    "3.5": "DMZ",
    "3": "Operations",
    "2": "Supervision",
    "1": "Control",
    "0": "Process",
    "": "No level",
}
FR = ("IAC", "UC", "SI", "DC", "RDF", "TRE", "RA")
BOX_WIDTH, LINE, LABEL_WIDTH, MARGIN, GAP, LANE = 230, 16, 110, 20, 26, 12
MOST_IN_ROW = 5
MOST_BOX_TEXT = 32
MOST_BOXES, MOST_LINES = 14, 4


@dataclass(frozen=True, slots=True)
class _Box:
    zone: Zone
    lines: tuple[str, ...]
    row: int
    x: int

    @property
    def height(self) -> int:
        return (len(self.lines) + 1) * LINE + 10


@dataclass(frozen=True, slots=True)
class _Wire:
    """One conduit. upper, lower: its boxes. number: as in the list."""

    number: int
    conduit: Conduit
    upper: _Box
    lower: _Box

    @property
    def gaps(self) -> tuple[int, ...]:
        """The rows below which it has a lane."""
        first, last = self.upper.row, self.lower.row - 1
        return (first,) if last <= first else (first, last)


@dataclass(slots=True)
class _Sheet:
    """Where everything stands. tops: of each row. lanes: of each gap, the wires in it in order."""

    boxes: Mapping[str, _Box]
    wires: tuple[_Wire, ...]
    tops: list[int] = field(default_factory=list)
    heights: list[int] = field(default_factory=list)
    lanes: dict[int, list[int]] = field(default_factory=dict)
    ends: dict[tuple[str, bool], list[int]] = field(default_factory=dict)
    bottom: int = 0


def svg(zones: Sequence[Zone], conduits: Sequence[Conduit], counts: Mapping[str, int], *, nowhere: int = 0) -> str:
    """One drawing, self-contained. counts: assets by zone. nowhere: assets in no zone, or in several."""
    drawn = drawing(zones, conduits, counts, nowhere=nowhere)
    return standalone(drawn, below=len(drawn.notes) * LINE + MARGIN)


def legible(zones: Sequence[Zone], conduits: Sequence[Conduit], counts: Mapping[str, int], *, nowhere: int) -> Drawing:
    """The same; of many zones those of one level, trust and purpose stand in one box."""
    if len(zones) <= MOST_BOXES:
        return drawing(zones, conduits, counts, nowhere=nowhere)
    found: dict[tuple[str, str, tuple[str, ...]], list[Zone]] = {}
    for zone in sorted(zones, key=lambda zone: natural(zone.id)):
        found.setdefault((zone.level, zone.trust, zone.designations), []).append(zone)
    held: dict[str, str] = {}
    ends: dict[str, str] = {}
    boxes: list[Zone] = []
    for (level, trust, designations), many in found.items():
        one = many[0] if len(many) == 1 else None
        name = many[0].id if one else f"{counted(len(many), 'zone')}: {many[0].id}"
        ends |= {} if one else {name: f"to {many[-1].id}"}
        held |= {zone.id: name for zone in many}
        boxes.append(one or Zone(name, many[0].realm, (), level, trust=trust, designations=designations))
    sums: Counter[str] = Counter()
    for zone in zones:
        sums[held[zone.id]] += counts.get(zone.id, 0)
    return drawing(boxes, tuple(_bundled(conduits, held)), sums, nowhere=nowhere, ends=ends)


def _bundled(conduits: Sequence[Conduit], held: Mapping[str, str]) -> Iterator[Conduit]:
    """The conduits between boxes that stand for several zones; those inside a box are not drawn."""
    between: dict[tuple[str, ...], list[Conduit]] = {}
    for one in sorted(conduits, key=lambda one: natural(one.id)):
        ends = held.get(one.source, ""), held.get(one.target, "")
        if all(ends) and ends[0] != ends[1]:
            between.setdefault(tuple(sorted(ends)), []).append(one)
    for many in between.values():
        ways = {(held[one.source], held[one.target], one.opens) for one in many}
        source, target, opens = min(ways)
        if len(many) == 1:
            yield replace(many[0], source=source, target=target)
            continue
        allow = tuple(dict.fromkeys(line for one in many for line in one.allow))[:MOST_LINES]
        name = f"{counted(len(many), 'conduit')}, {many[0].id} to {many[-1].id}"
        yield Conduit(name, source, target, opens if len(ways) == 1 else "both", allow)


def drawing(
    zones: Sequence[Zone],
    conduits: Sequence[Conduit],
    counts: Mapping[str, int],
    *,
    nowhere: int = 0,
    ends: Mapping[str, str] = MappingProxyType({}),
) -> Drawing:
    """All zones as boxes and all conduits as lines, with a list that explains the numbers on them.

    ends: the last zone of a box that stands for several.
    """
    sheet = _arranged(_boxes(zones, counts, ends), conduits)
    trunk = sum(len(wire.gaps) > 1 for wire in sheet.wires)
    columns = min(MOST_IN_ROW, max((sum(b.row == row for b in sheet.boxes.values()) for row in range(99)), default=1))
    right = LABEL_WIDTH + MARGIN + max(columns, 1) * (BOX_WIDTH + GAP)
    width = max(right + trunk * LANE + MARGIN, 640)
    return Drawing(
        id="zones-drawing",
        title="Zones and conduits, by level",
        description=f"Boxes by level: {len(sheet.boxes)}, lines between them: {len(sheet.wires)}; the list below"
        " explains the number on each.",
        width=width,
        height=sheet.bottom + MARGIN,
        shapes=(
            *_bands(sheet, width),
            *_wires(sheet, right),
            *(shape for box in sheet.boxes.values() for shape in _drawn(box, sheet.tops[box.row])),
        ),
        notes=tuple(_list(sheet, nowhere)),
    )


def _boxes(zones: Sequence[Zone], counts: Mapping[str, int], ends: Mapping[str, str]) -> tuple[_Box, ...]:
    found: list[_Box] = []
    row = -1
    for level in LEVELS:
        here = sorted((zone for zone in zones if zone.level == level), key=lambda zone: (zone.parent, zone.id))
        for at, zone in enumerate(here):
            row += at % MOST_IN_ROW == 0
            x = LABEL_WIDTH + MARGIN + at % MOST_IN_ROW * (BOX_WIDTH + GAP)
            found.append(_Box(zone, tuple(_lines(zone, counts.get(zone.id, 0), ends.get(zone.id, ""))), row, x))
    return tuple(found)


def _lines(zone: Zone, count: int, end: str) -> Iterator[str]:
    if end:
        yield end
    yield counted(count, "asset")
    if zone.parent:
        yield f"part of {zone.parent}"
    if zone.networks:
        more = f" and {len(zone.networks) - 1} more" if len(zone.networks) > 1 else ""
        yield f"{zone.networks[0]}{more}"
    if zone.designations or zone.trust:
        yield ", ".join((*zone.designations, *([zone.trust] if zone.trust else [])))
    if zone.sl_t:
        yield f"SL-T {vector(zone.sl_t)}"


def vector(levels: Mapping[str, int]) -> str:
    """Levels in the fixed order IAC UC SI DC RDF TRE RA, such as {2 2 1 1 2 - 2}."""
    return "{" + " ".join(str(levels.get(fr, "-")) for fr in FR) + "}"


def _arranged(boxes: Sequence[_Box], conduits: Sequence[Conduit]) -> _Sheet:
    by_id = {box.zone.id: box for box in boxes}
    wires: list[_Wire] = []
    for conduit in sorted(conduits, key=lambda one: natural(one.id)):
        ends = [by_id[name] for name in (conduit.source, conduit.target) if name in by_id]
        if len(ends) == 2:
            upper, lower = sorted(ends, key=lambda box: (box.row, box.x))
            wires.append(_Wire(len(wires) + 1, conduit, upper, lower))
    sheet = _Sheet(by_id, tuple(wires))
    for wire in wires:
        for gap in wire.gaps:
            sheet.lanes.setdefault(gap, []).append(wire.number)
        is_level = wire.upper.row == wire.lower.row
        sheet.ends.setdefault((wire.upper.zone.id, True), []).append(wire.number)
        sheet.ends.setdefault((wire.lower.zone.id, is_level), []).append(wire.number)
    y = MARGIN
    for row in range(max((box.row for box in boxes), default=-1) + 1):
        sheet.tops.append(y)
        sheet.heights.append(max(box.height for box in boxes if box.row == row))
        y += sheet.heights[-1] + GAP + len(sheet.lanes.get(row, ())) * LANE
    sheet.bottom = y + MARGIN
    return sheet


def _bands(sheet: _Sheet, width: int) -> Iterator[Shape]:
    """The name of each level at the left, with a line above it."""
    told: set[str] = set()
    for box in sheet.boxes.values():
        level = box.zone.level
        if level not in told:
            told.add(level)
            y = sheet.tops[box.row]
            yield Shape("path", "rule", words=f"M{MARGIN},{y - 8} H{width - MARGIN}")
            yield words("bold", MARGIN, y + 16, f"Level {level}" if level else LEVELS[""], most=MOST_BOX_TEXT)
            if level:
                yield words("soft", MARGIN, y + 16 + LINE, LEVELS[level], most=MOST_BOX_TEXT)


def _wires(sheet: _Sheet, right: int) -> Iterator[Shape]:
    far = [wire.number for wire in sheet.wires if len(wire.gaps) > 1]
    for wire in sheet.wires:
        is_level = wire.upper.row == wire.lower.row
        start, end = _end(sheet, wire, wire.upper, below=True), _end(sheet, wire, wire.lower, below=is_level)
        lanes = [_lane(sheet, gap, wire.number) for gap in wire.gaps]
        if wire.number in far:
            x = right + far.index(wire.number) * LANE
            path = f"M{start[0]},{start[1]} V{lanes[0]} H{x} V{lanes[1]} H{end[0]} V{end[1]}"
        else:
            path = f"M{start[0]},{start[1]} V{lanes[0]} H{end[0]} V{end[1]}"
        yield Shape("path", "dashed" if wire.conduit.trust == "untrusted" else "line", words=path)
        yield Shape("circle", "dot", (start[0], lanes[0], 8))
        yield words("mid", start[0], lanes[0] + 4, str(wire.number), most=4)


def _end(sheet: _Sheet, wire: _Wire, box: _Box, *, below: bool) -> tuple[int, int]:
    """Where a wire meets a box: those of one side stand beside each other."""
    all_here = sheet.ends[box.zone.id, below]
    x = box.x + BOX_WIDTH * (all_here.index(wire.number) + 1) // (len(all_here) + 1)
    top = sheet.tops[box.row]
    return x, top + box.height if below else top


def _lane(sheet: _Sheet, gap: int, number: int) -> int:
    return sheet.tops[gap] + sheet.heights[gap] + LANE + sheet.lanes[gap].index(number) * LANE


def _drawn(box: _Box, y: int) -> Iterator[Shape]:
    tone = "strong" if "safety" in box.zone.designations else box.zone.trust or "box"
    yield Shape("rect", tone, (box.x, y, BOX_WIDTH, box.height))
    yield words("bold", box.x + 8, y + 16, box.zone.id, most=MOST_BOX_TEXT)
    for number, line in enumerate(box.lines, start=1):
        yield words("word", box.x + 8, y + 16 + number * LINE, line, most=MOST_BOX_TEXT)


def _list(sheet: _Sheet, nowhere: int) -> Iterator[str]:
    for wire in sheet.wires:
        yield f"{wire.number}  {described(wire.conduit)}"
    if nowhere:
        yield f"{counted(nowhere, 'asset')} in no zone, or in several"
    if not sheet.boxes:
        yield "no zones are declared"


def described(conduit: Conduit) -> str:
    """A conduit in one line: ends, opener, what may pass, boundary."""
    arrow = {"from": "→", "to": "←", "both": "↔"}[conduit.opens]
    told = ", ".join(dict.fromkeys(passing(one) for one in conduit.allow))
    parts = [f"{conduit.id}: {conduit.source} {arrow} {conduit.target}", told or "nothing allowed"]
    if conduit.boundary:
        parts.append(f"at {', '.join(conduit.boundary)}")
    if conduit.tunnel:
        parts.append(f"in {conduit.tunnel}")
    if conduit.trust:
        parts.append(f"over {conduit.trust} network")
    if conduit.sl_t:
        parts.append(f"SL-T {vector(conduit.sl_t)}")
    return "; ".join(parts)


def passing(one: Allowed) -> str:
    """A line of what may pass, such as opcua tcp/4840."""
    first, last = one.ports
    span = "" if one.transport == "icmp" else f"/{first}" if first == last else f"/{first}-{last}"
    return f"{one.protocol} {one.transport}{span}".strip()
