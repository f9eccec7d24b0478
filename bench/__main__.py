"""`python -m bench [NAME ...] [--write PAGE]`: all comparisons or those named, in a network namespace of their own.

Names: discovery, sweep, modbus, pace, startup. Prints the table, keeps it in bench/results/, ends with 0 whether goals
were reached or not; a side that finds another number of devices or other values than its peer ends it with 1.
"""

import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from bench import modbus, pace, startup
from bench.fleet import alive
from bench.process import enter_namespace, fleet, side
from bench.snmp import DEVICES, SWEPT, TIMEOUT_S
from bench.table import Row, at_most, page, save, text

ROUNDS = 5
SWEEPS = 10
WHOLE_SWEEPS = 5
STARTS = 7
RATES = (50, 200, 1000)

Figures = dict[str, Any]


def rounds(sides: Mapping[str, Callable[[], Figures]], count: int = ROUNDS) -> dict[str, list[Figures]]:
    """Each side in turn, `count` times, after one turn that warms the machine and is thrown away."""
    found: dict[str, list[Figures]] = {name: [] for name in sides}
    for number in range(count + 1):
        for name, measure in sides.items():
            figures = measure()
            if number:
                found[name].append(figures)
    return found


def ratio(found: Mapping[str, list[Figures]], ours: str, theirs: str, figure: str) -> float:
    """Median over the rounds of what one side took of the other."""
    pairs = zip(found[ours], found[theirs], strict=True)
    return median(mine[figure] / other[figure] for mine, other in pairs)


def same(found: Mapping[str, list[Figures]]) -> None:
    """Raise SystemExit when two sides did not bring the same values."""
    if len({figures["digest"] for several in found.values() for figures in several}) != 1:
        raise SystemExit(f"bench: the sides found different values: {found}")


def discovery() -> list[Row]:
    sides = {name: lambda name=name: side("snmp", name, str(DEVICES)) for name in ("client", "whole", "pysnmp")}
    with fleet("snmp", str(DEVICES)):
        found = rounds(sides)
    same(found)
    note = f"{DEVICES} devices, {found['client'][0]['values']} values each, same questions and repetitions"
    what = "SNMP v2c discovery, CPU of pysnmp v1arch, "
    return [
        at_most("P1", what + "client layer", ratio(found, "client", "pysnmp", "cpu"), 1 / 8, note=note),
        at_most("P1", what + "whole path", ratio(found, "whole", "pysnmp", "cpu"), 1 / 8, note="pysnmp keeps nothing"),
    ]


def sweep() -> list[Row]:
    with fleet("sweep", str(SWEPT)):
        client = [side("snmp", "sweep", "0") for _ in range(SWEEPS)]
        whole = [side("snmp", "sweep-whole", "0") for _ in range(WHOLE_SWEEPS)]
    rows = []
    for layer, runs in (("client layer", client), ("whole path", whole)):
        missed = [run["missed"] for run in runs]
        wall = median(run["wall"] for run in runs) / TIMEOUT_S
        what = f"sweep of {SWEPT} addresses, {len(alive(SWEPT))} alive, {layer}"
        rows.append(Row("P4", f"{what}: devices missed", "0", f"{max(missed)} in {len(runs)} runs", not any(missed)))
        rows.append(at_most("P4", f"{what}: wall, in timeouts", wall, 1.3, note=f"{TIMEOUT_S:g} s, no retry"))
    return rows


def modbus_identity() -> list[Row]:
    rows = []
    sides = {name: lambda name=name: side("modbus", name) for name in ("client", "whole", "nmap")}
    for delay_s, goal in ((0.0, 1 / 2), (0.05, 1 / 12)):
        with fleet("modbus", str(modbus.DEVICES), str(delay_s)):
            found = rounds(sides)
        same(found)
        for layer, name in (("client", "client layer"), ("whole", "whole path")):
            what = f"Modbus identity of {modbus.DEVICES} devices, answers after {delay_s * 1000:.0f} ms, {name}: "
            note = "nmap with its start, ours without Python's; nmap asks twice as much and keeps nothing"
            rows.append(at_most("P9", what + "wall of nmap", ratio(found, layer, "nmap", "wall"), goal, note=note))
            rows.append(at_most("P9", what + "CPU of nmap", ratio(found, layer, "nmap", "cpu"), 0.6))
    return rows


def pacing() -> list[Row]:
    rows = []
    for rate in RATES:
        mine, peer = side("pace", "ours", str(rate)), side("pace", "nmap", str(rate))
        bound = rate + max(1, rate // 100)
        what = f"{rate} packets/s over {pace.SECONDS} s: "
        rows += [
            Row(
                "P12",
                what + "most permitted in any second",
                f"{rate}",
                f"{mine['sent_most']}",
                mine["sent_most"] <= rate,
            ),
            Row(
                "P12",
                what + "most received in any second",
                f"at most {bound}",
                f"{mine['received_most']}",
                mine["received_most"] <= bound,
                f"nmap --max-rate: {peer['received_most']}",
            ),
            Row(
                "P12",
                what + "mean, of the limit",
                "at least 0.95",
                f"{mine['mean']:.2f}",
                mine["mean"] >= 0.95,
                f"nmap: {peer['mean']:.2f}",
            ),
        ]
    return rows


def start() -> list[Row]:
    rows = []
    with TemporaryDirectory() as made:
        codes = {"ours": startup.PROGRAM, "bare": startup.bare(Path(made)), "eager": startup.eager()}
        for command in ("--help", "version"):
            sides = {
                name: lambda code=code, command=command: {"cpu": startup.cpu_s(code, command)}
                for name, code in codes.items()
            }
            found = rounds(sides, STARTS)
            heavy = startup.heavy_modules(command)
            what = f"assetctl {command}: "
            rows += [
                at_most(
                    "P17", what + "CPU of a bare typer program of its size", ratio(found, "ours", "bare", "cpu"), 1.25
                ),
                at_most("P17", what + "CPU of itself with eager imports", ratio(found, "ours", "eager", "cpu"), 0.3),
                Row("P17", what + "heavy packages loaded", "none", ", ".join(heavy) or "none", not heavy),
            ]
    return rows


ALL: Mapping[str, Callable[[], list[Row]]] = {
    "discovery": discovery,
    "sweep": sweep,
    "modbus": modbus_identity,
    "pace": pacing,
    "startup": start,
}


def main(arguments: list[str]) -> None:
    enter_namespace(arguments)
    target = Path(arguments[arguments.index("--write") + 1]) if "--write" in arguments else None
    names = [name for name in arguments if name in ALL] or list(ALL)
    rows: list[Row] = []
    for name in names:
        print(f"{name} ...", file=sys.stderr, flush=True)
        rows += ALL[name]()
    now = datetime.now(UTC)
    print(text(rows))
    print(f"kept as {save(rows, Path(__file__).parent / 'results', at=now).name}", file=sys.stderr)
    if target is not None:
        target.write_text(page(rows, at=now, cores=os.cpu_count() or 1), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
