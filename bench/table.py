"""Rows of the table: a goal, what was measured, whether it was reached, and the page they are written to."""

import json
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("pysnmp", "pyasn1", "gufo-snmp", "typer", "sqlalchemy")


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison. goal: the most that `measured` may be, "" where it is shown only. passed: None for no goal."""

    number: str
    what: str
    goal: str
    measured: str
    passed: bool | None
    note: str = ""

    @property
    def verdict(self) -> str:
        return {True: "pass", False: "**short**", None: ""}[self.passed]


def at_most(number: str, what: str, measured: float, goal: float | None, *, note: str = "", peer: str = "") -> Row:
    """A row whose measured ratio must not be above its goal."""
    shown = f"{measured:.2f}{' of ' + peer if peer else ''}"
    limit = f"at most {goal:.3g}" if goal is not None else ""
    return Row(number, what, limit, shown, None if goal is None else measured <= goal, note)


def none_of(number: str, what: str, found: Sequence[str], *, note: str = "") -> Row:
    """A row whose list of faults must be empty; its first one is shown."""
    return Row(number, what, "0", f"{len(found)}", not found, "; ".join([*found[:1], *([note] if note else [])]))


def text(rows: Iterable[Row]) -> str:
    """The table for a terminal and for the page alike."""
    lines = ["| | comparison | goal | measured | | note |", "|---|---|---|---|---|---|"]
    lines += [f"| {r.number} | {r.what} | {r.goal} | {r.measured} | {r.verdict} | {r.note} |" for r in rows]
    return "\n".join(lines)


def save(rows: Iterable[Row], folder: Path, *, at: datetime) -> Path:
    """The rows as JSON, a file for each run."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{at:%Y%m%dT%H%M%S}.json"
    path.write_text(json.dumps({"at": at.isoformat(), "rows": [asdict(row) for row in rows]}, indent=1))
    return path


def page(rows: Iterable[Row], *, at: datetime, cores: int) -> str:
    """docs/benchmarks.md."""
    found = ", ".join(map(_installed, PACKAGES))
    return f"""# Benchmarks

Written by `python -m bench --write docs/benchmarks.md` on {at:%Y-%m-%d}; `make bench` runs the same and only prints.
Python {platform.python_version()}, {cores} cores, {found}.

Only ratios are worth reading. Both sides of a ratio ran in turn in the same minutes on the same machine, in a network
namespace with nothing but loopback; the figure is the median over five rounds or more, over three for P5, P9 and P13
to P16 and two for P3, P6, P10, P11 and P19, except for the packet rates of P12, one run each. In P1, P2, P8, P9 and P19
both sides must find the same devices with the same values, in P10 and P11 the same ports; P5 says what each missed.
Loopback has neither loss nor latency except where a row says so.

"The client layer" is probe, vet, gate, hash-chained ledger and transport. "The whole path" also stores every answer
before the probe sees it, and every observation, in SQLite; no peer in this table keeps anything.

P19 is what a plant's engineer does: `scan`, `check` and `report all` against a plant of many kinds of fake devices, on
the ports of their protocols. Its parts are measured alone, without what binds them together. What the commands say of
each device is held against the plant's own truth, which was written beside the devices and comes from no decoder.

What each scanner finds on fragile devices, and which of them it harms, is in [twins.md](twins.md).

{text(rows)}

Rows that are short of their goal are short of CPU: a quarter to half a millisecond for a device that is asked one
question, spread over gate, ledger, event loop, probe and what an answer means for the next question. Where thousands
are asked at once without a limit, as in these rows, that is the wall time. Under the packet rate of a plant network, 50
a second by default, it is not. P11 is another matter: a device has one connect of ours at a time, so twenty that say
nothing take twenty timeouts, while nmap asks for as many at once as it can. That rule is older than the goal and stays.
"""


def _installed(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"{name} not installed"
