"""All comparisons or those named, in a network namespace of their own.

Prints the table, keeps it in bench/results/, ends with 0 whether goals were reached or not. A comparison that breaks,
as where a side finds other values than its peer, is a row that says so, and ends the run with 1 after all others.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from bench import port_rows, rows, snmp_rows, store_rows
from bench.process import enter_namespace
from bench.table import Row, page, save, text

ALL: Mapping[str, Callable[[], list[Row]]] = {
    "discovery": snmp_rows.discovery,
    "gufo": snmp_rows.beside_gufo,
    "late": snmp_rows.late_answers,
    "sweep": snmp_rows.sweep,
    "sixteen": snmp_rows.silent_range,
    "sweepers": port_rows.other_sweepers,
    "memory": snmp_rows.memory,
    "busy": port_rows.busy_machine,
    "usm": snmp_rows.signed,
    "modbus": rows.modbus_identity,
    "refused": port_rows.refused_ports,
    "dropped": port_rows.dropped_ports,
    "pace": rows.pacing,
    "store": store_rows.storing,
    "reports": rows.reports,
    "startup": rows.start,
    "judgement": rows.judgement,
    "plant": rows.plant,
    "sites": rows.many_sites,
}


def main(arguments: list[str]) -> None:
    told = _told(arguments)
    enter_namespace(arguments)
    found: list[Row] = []
    broken = False
    for name in told.names or ALL:
        print(f"{name} ...", file=sys.stderr, flush=True)
        try:
            found += ALL[name]()
        except (SystemExit, subprocess.SubprocessError) as fault:
            broken = True
            found.append(Row(name, "this comparison broke", "", "", None, str(fault)))
        if told.write is not None:
            told.write.write_text(page(found, at=datetime.now(UTC), cores=os.cpu_count() or 1), "utf-8")
    print(text(found))
    print(f"kept as {save(found, Path(__file__).parent / 'results', at=datetime.now(UTC)).name}", file=sys.stderr)
    raise SystemExit(int(broken))


def _told(arguments: list[str]) -> argparse.Namespace:
    """What to run; ends the program for --help, and for a name that is none."""
    parser = argparse.ArgumentParser("python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(ALL)}; without one, all of them")
    parser.add_argument(
        "--write",
        type=Path,
        metavar="PAGE",
        help="also write the page, after each comparison, such as docs/benchmarks.md",
    )
    told = parser.parse_args(arguments)
    if strange := [name for name in told.names if name not in ALL]:
        parser.error(f"no comparison {', '.join(strange)}; there are {', '.join(ALL)}")
    return told


if __name__ == "__main__":
    main(sys.argv[1:])
