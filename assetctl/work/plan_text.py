"""A plan as people read it before they allow it: at most 40 lines, whatever its size."""

import json
from typing import Any

from assetctl.model import NetworkKind, RequestClass, Segment
from assetctl.plan import Plan, Row
from assetctl.scope import Vantage
from assetctl.text import counted

MOST_LINES = 40
MOST_ROWS = 18
MOST_NOTES = 6
_EASE = {RequestClass.STATEFUL: 0, RequestClass.DEPTH: 1, RequestClass.IDENTITY: 2}


def lines(plan: Plan, *, vantage: Vantage, since: str = "") -> tuple[str, ...]:
    """The plan in at most 40 lines: totals, rows, the costliest device, sweeps, depth, exclusions, what is left out.

    since: canonical text of the last plan that was run, to show the difference to it.
    """
    shown = [
        *_totals(plan, vantage),
        "",
        *_rows(plan),
        "",
        *_particulars(plan),
        *_difference(plan, since),
    ]
    return tuple(shown[:MOST_LINES])


def duration_s(plan: Plan) -> float:
    """A rough time for the whole plan, from the pace of each device, how many go side by side, and the packet rate."""
    return _seconds(plan, plan.rows)


def _seconds(plan: Plan, rows: tuple[Row, ...]) -> float:
    scope = plan.scope.limits
    by_pace = sum(row.listen_s for row in rows)
    for row in rows:
        if row.kind is NetworkKind.OT:
            blocks = max(1, row.devices // 256)
            by_pace += row.devices * row.units / 3 / scope.ot_units_per_second / (scope.devices_per_24 * blocks)
    paced = sum(row.packets * row.devices for row in rows if row.kind is not NetworkKind.LAB)
    return max(by_pace, paced / 2 / scope.packets_per_second)


def plan_record(plan: Plan) -> dict[str, Any]:
    """The plan for programs: totals, every row, and what is not asked and why."""
    return {
        "hash": plan.hash,
        "devices": plan.devices,
        "units": plan.units,
        "packets": plan.packets,
        "seconds": round(duration_s(plan)),
        "rows": [_row_record(row) for row in plan.rows],
        "excluded": [str(target) for target in plan.scope.excluded],
        "not_asked": [{"what": what, "why": why} for what, why in plan.left_out],
    }


def _row_record(row: Row) -> dict[str, Any]:
    return {
        "target": str(row.target),
        "network": row.kind.value,
        "protocol": row.protocol,
        "transport": row.transport.value,
        "ports": list(row.ports),
        "class": row.klass.value,
        "depth": list(row.depth),
        "devices": row.devices,
        "units_per_device": row.units,
        "packets_per_device": row.packets,
        "sweep": row.sweep,
        "why": row.why,
        "hinted": row.hinted,
        "listen_s": row.listen_s,
    }


def _totals(plan: Plan, vantage: Vantage) -> list[str]:
    anchor = "anchor checked" if vantage.is_verified else "cell not verified: no anchor is declared"
    time = _about(duration_s(plan))
    whom = f"{counted(plan.devices, 'address')}" + (f", segments: {len(plan.segments)}" if plan.segments else "")
    return [
        f"Plan {plan.hash[:16]}: {whom}, at most {counted(plan.units, 'unit')},"
        f" {counted(plan.packets, 'packet')}, {time}",
        f"From {vantage.interface or 'the route'} ({vantage.source or 'source by route'}); {anchor}",
        f"At most {counted(plan.scope.limits.packets_per_second, 'packet')} a second;"
        " questions that read, see docs/protocols.md",
    ]


def _about(seconds: float) -> str:
    return f"about {seconds / 60:.0f} min" if seconds >= 90 else f"about {max(1, seconds):.0f} s"


def _rows(plan: Plan) -> list[str]:
    """What is named for itself first: stateful, then depth; then what every device is asked, alike places together."""
    alike: dict[tuple[str, ...], list[Row]] = {}
    for row in sorted((row for row in plan.rows if not row.hinted), key=lambda row: _EASE[row.klass]):
        alike.setdefault((*_asked(row), f"{row.units} {row.packets}"), []).append(row)
    cells = [_cells(rows) for rows in list(alike.values())[:MOST_ROWS]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    shown = ["  " + "  ".join(map(str.ljust, row, widths)).rstrip() for row in cells]
    if len(alike) > MOST_ROWS:
        shown.append(f"  … and {len(alike) - MOST_ROWS} more lines; `plan --save FILE` writes every row")
    if hinted := dict.fromkeys(row.protocol for row in plan.rows if row.hinted):
        shown.append(f"  only where evidence suggests it: {', '.join(hinted)}")
    return shown


def _cells(rows: list[Row]) -> tuple[str, ...]:
    """One line for rows that ask the same in several places."""
    row = rows[0]
    place = str(row.target) + (f" and {len(rows) - 1} more" if len(rows) > 1 else "")
    if isinstance(row.target, Segment):
        sends = f"{counted(row.packets, 'frame')} to all stations" if row.packets else "sends nothing"
        most = f"{sends}, listens {row.listen_s:g} s"
    else:
        most = f"{sum(one.devices for one in rows)} x {counted(row.units, 'unit')}, {counted(row.packets, 'packet')}"
    *asked, whom = _asked(row)
    return place, *asked, most, whom


def _asked(row: Row) -> tuple[str, ...]:
    """What is asked and of whom, without where."""
    if isinstance(row.target, Segment):
        types = ",".join(f"0x{port:04x}" for port in row.ports)
        return row.kind, row.protocol, f"{row.transport}/{types}", row.klass, "segment"
    ports = ",".join(map(str, row.ports)) if len(row.ports) <= 5 else f"{counted(len(row.ports), 'port')}"
    depth = f" + {', '.join(row.depth)}" if row.depth else ""
    whom = "sweep" if row.sweep else "known"
    return row.kind, row.protocol + depth, f"{row.transport}/{ports}", row.klass, whom


def _particulars(plan: Plan) -> list[str]:
    targets = plan.targets
    notes = []
    if targets:
        costliest = max(targets, key=plan.units_at)
        notes.append(f"Costliest device: {counted(plan.units_at(costliest), 'unit')}, in {costliest}")
        longest = max(targets, key=lambda t: sum(row.devices * row.units for row in plan.by_target[t]))
        notes.append(f"Longest part: {longest}, {_about(_seconds(plan, plan.by_target[longest]))}")
    asked = (row for row in plan.rows if isinstance(row.target, Segment) and row.packets)
    notes += dict.fromkeys(f"{row.target}: {row.why}" for row in asked)
    if plan.sweeps:
        arp = sum(row.devices for row in plan.rows if row.sweep and row.kind is NetworkKind.OT)
        notes.append(f"A blind sweep of OT addresses is part of this: up to {arp} ARP requests beside the packets")
    deep = [f"{row.protocol} ({', '.join(row.depth)})" for row in plan.rows if row.depth]
    deep += [f"{row.protocol} (stateful)" for row in plan.rows if row.klass is RequestClass.STATEFUL]
    notes.append("Depth or stateful: " + (", ".join(dict.fromkeys(deep)) or "nothing"))
    excluded = [str(target) for target in plan.scope.excluded]
    notes.append("Excluded: " + (", ".join(excluded[:6]) or "nothing") + (" …" if len(excluded) > 6 else ""))
    return notes + _left_out(plan)


def _left_out(plan: Plan) -> list[str]:
    """What is not asked, by reason: each protocol is named once, with one of the places."""
    by_reason: dict[str, tuple[dict[str, None], dict[str, None]]] = {}
    for place, why in plan.left_out:
        name, _, reason = why.rpartition(": ") if why.count(": ") == 1 else ("", "", why)
        names, places = by_reason.setdefault(reason, ({}, {}))
        places[place] = None
        if name:
            names[name] = None
    notes = []
    for reason, (names, places) in by_reason.items():
        first, *others = places
        where = first + (f" and {len(others)} more" if others else "")
        notes.append(f"Not asked in {where}: " + (f"{', '.join(names)}: " if names else "") + reason)
    if len(notes) > MOST_NOTES:
        notes = [*notes[:MOST_NOTES], f"Not asked for {len(notes) - MOST_NOTES} more reasons; see --format json plan"]
    return notes


def _difference(plan: Plan, since: str) -> list[str]:
    """What is new or gone since the last plan that was run; that a device is known by now is no news."""
    if not since:
        return []
    before = {_question(row): None for row in json.loads(since)["rows"]}
    now = {_question(row): None for row in json.loads(plan.canonical())["rows"]}
    new, gone = [one for one in now if one not in before], [one for one in before if one not in now]
    if not new and not gone:
        return ["Against the last plan that was run: the same questions"]
    told = [
        f"{word}: {', '.join(found[:3])}{' …' * (len(found) > 3)}"
        for word, found in (("new", new), ("gone", gone))
        if found
    ]
    return [f"Against the last plan that was run: {'; '.join(told)}"]


def _question(row: list[Any]) -> str:
    """One row of a canonical plan in a few words."""
    target, kind, protocol, transport, ports, _, _, _, _, _, depth, *_ = row
    deep = f" + {', '.join(depth)}" if depth else ""
    return f"{protocol}{deep} {transport}/{','.join(map(str, ports[:5]))} {target} ({kind})"
