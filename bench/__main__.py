"""`python -m bench [NAME ...] [--write PAGE]`: all comparisons or those named, in a network namespace of their own.

Names: discovery, gufo, late, sweep, memory, usm, modbus, pace, startup, judgement, reports, plant, sites. Prints the
table, keeps it in bench/results/, ends with 0 whether goals were reached or not; a side that finds another number of
devices or other values than its peer ends it with 1.
"""

import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from bench import rows, snmp_rows
from bench.process import enter_namespace
from bench.table import Row, page, save, text

ALL: Mapping[str, Callable[[], list[Row]]] = {
    "discovery": snmp_rows.discovery,
    "gufo": snmp_rows.beside_gufo,
    "late": snmp_rows.late_answers,
    "sweep": snmp_rows.sweep,
    "memory": snmp_rows.memory,
    "usm": snmp_rows.signed,
    "modbus": rows.modbus_identity,
    "pace": rows.pacing,
    "startup": rows.start,
    "judgement": rows.judgement,
    "reports": rows.reports,
    "plant": rows.plant,
    "sites": rows.many_sites,
}


def main(arguments: list[str]) -> None:
    enter_namespace(arguments)
    target = Path(arguments[arguments.index("--write") + 1]) if "--write" in arguments else None
    names = [name for name in arguments if name in ALL] or list(ALL)
    found: list[Row] = []
    for name in names:
        print(f"{name} ...", file=sys.stderr, flush=True)
        found += ALL[name]()
    now = datetime.now(UTC)
    print(text(found))
    print(f"kept as {save(found, Path(__file__).parent / 'results', at=now).name}", file=sys.stderr)
    if target is not None:
        target.write_text(page(found, at=now, cores=os.cpu_count() or 1), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
