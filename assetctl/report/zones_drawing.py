"""Zones and conduits as a drawing: boxes by level from the business network down to the process, lines between them.

Theory. A band holds the zones of one level, wrapped into rows. Conduits run in lanes of their own: in the gap below the
upper box when the boxes stand in the same or in neighbouring rows, else through a lane at the right edge. Each line has
a number that the list below the boxes explains, so that the drawing stays legible with many of both. How many assets
there are changes a number in a box, nothing else. The same zones give the same bytes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from assetctl.model import Allowed, Conduit, Zone
from assetctl.text import one_line

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
MOST_BOX_TEXT, MOST_LIST_TEXT = 32, 150
TRUST = {"trusted": "#eef6ee", "semi": "#fbf6e3", "untrusted": "#fbeaea", "": "#f8fafc"}
DASHES = {"untrusted": ' stroke-dasharray="6 3"'}


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
    sheet = _arranged(_boxes(zones, counts), conduits)
    notes = list(_list(sheet, nowhere))
    trunk = sum(len(wire.gaps) > 1 for wire in sheet.wires)
    columns = min(MOST_IN_ROW, max((sum(b.row == row for b in sheet.boxes.values()) for row in range(99)), default=1))
    right = LABEL_WIDTH + MARGIN + max(columns, 1) * (BOX_WIDTH + GAP)
    width = max(right + trunk * LANE + MARGIN, 640)
    height = sheet.bottom + len(notes) * LINE + 2 * MARGIN
    shown = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'role="img" font-family="sans-serif" font-size="12"><title>Zones and conduits</title>',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        *_bands(sheet, width),
        *_wires(sheet, right),
        *(_drawn(box, sheet.tops[box.row]) for box in sheet.boxes.values()),
        *(
            f'<text x="{MARGIN}" y="{sheet.bottom + MARGIN + at * LINE}" fill="#0f172a">{_short(text, MOST_LIST_TEXT)}'
            "</text>"
            for at, text in enumerate(notes)
        ),
        "</svg>",
    ]
    return "\n".join(shown) + "\n"


def _boxes(zones: Sequence[Zone], counts: Mapping[str, int]) -> tuple[_Box, ...]:
    found: list[_Box] = []
    row = -1
    for level in LEVELS:
        here = sorted((zone for zone in zones if zone.level == level), key=lambda zone: (zone.parent, zone.id))
        for at, zone in enumerate(here):
            row += at % MOST_IN_ROW == 0
            x = LABEL_WIDTH + MARGIN + at % MOST_IN_ROW * (BOX_WIDTH + GAP)
            found.append(_Box(zone, tuple(_lines(zone, counts.get(zone.id, 0))), row, x))
    return tuple(found)


def _lines(zone: Zone, count: int) -> Iterator[str]:
    yield f"{count} asset{'' if count == 1 else 's'}"
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
    for conduit in sorted(conduits, key=lambda one: one.id):
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


def _bands(sheet: _Sheet, width: int) -> Iterator[str]:
    """The name of each level at the left, with a line above it."""
    told: set[str] = set()
    for box in sheet.boxes.values():
        level = box.zone.level
        if level not in told:
            told.add(level)
            y = sheet.tops[box.row]
            yield f'<path d="M{MARGIN},{y - 8} H{width - MARGIN}" stroke="#cbd5e1" stroke-width="1"/>'
            name = f"Level {level}" if level else LEVELS[""]
            yield f'<text x="{MARGIN}" y="{y + 16}" font-weight="bold" fill="#0f172a">{name}</text>'
            if level:
                yield f'<text x="{MARGIN}" y="{y + 16 + LINE}" fill="#475569">{LEVELS[level]}</text>'


def _wires(sheet: _Sheet, right: int) -> Iterator[str]:
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
        dash = DASHES.get(wire.conduit.trust, "")
        yield f'<path d="{path}" fill="none" stroke="#334155" stroke-width="1.5"{dash}/>'
        yield f'<circle cx="{start[0]}" cy="{lanes[0]}" r="8" fill="#ffffff" stroke="#334155"/>'
        yield (
            f'<text x="{start[0]}" y="{lanes[0] + 4}" font-size="10" text-anchor="middle" fill="#0f172a">'
            f"{wire.number}</text>"
        )


def _end(sheet: _Sheet, wire: _Wire, box: _Box, *, below: bool) -> tuple[int, int]:
    """Where a wire meets a box: those of one side stand beside each other."""
    all_here = sheet.ends[box.zone.id, below]
    x = box.x + BOX_WIDTH * (all_here.index(wire.number) + 1) // (len(all_here) + 1)
    top = sheet.tops[box.row]
    return x, top + box.height if below else top


def _lane(sheet: _Sheet, gap: int, number: int) -> int:
    return sheet.tops[gap] + sheet.heights[gap] + LANE + sheet.lanes[gap].index(number) * LANE


def _drawn(box: _Box, y: int) -> str:
    frame = 'stroke="#9a3412" stroke-width="3"' if "safety" in box.zone.designations else 'stroke="#334155"'
    fill = TRUST[box.zone.trust]
    lines = [
        f'<rect x="{box.x}" y="{y}" width="{BOX_WIDTH}" height="{box.height}" rx="4" fill="{fill}" {frame}/>',
        f'<text x="{box.x + 8}" y="{y + 16}" font-weight="bold" fill="#0f172a">'
        f"{_short(box.zone.id, MOST_BOX_TEXT)}</text>",
    ]
    for number, text in enumerate(box.lines, start=1):
        line_y = y + 16 + number * LINE
        lines.append(f'<text x="{box.x + 8}" y="{line_y}" fill="#0f172a">{_short(text, MOST_BOX_TEXT)}</text>')
    return "\n".join(lines)


def _list(sheet: _Sheet, nowhere: int) -> Iterator[str]:
    for wire in sheet.wires:
        yield f"{wire.number}  {described(wire.conduit)}"
    if nowhere:
        yield f"{nowhere} asset{'' if nowhere == 1 else 's'} in no zone, or in several"
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


def _short(told: str, most: int) -> str:
    shown = one_line(told, most=4 * most)
    return escape(shown if len(shown) <= most else f"{shown[: most - 1]}…")
