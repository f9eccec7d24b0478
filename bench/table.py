"""Rows of the table: a goal, what was measured, whether it was reached, and the page they are written to."""

import json
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("pysnmp", "pyasn1", "typer", "sqlalchemy")


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
    found = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"""# Benchmarks

Written by `python -m bench --write docs/benchmarks.md` on {at:%Y-%m-%d}; `make bench` runs the same and only prints.
Python {platform.python_version()}, {cores} cores, {found}.

Only ratios are worth reading. Both sides of a ratio ran in turn in the same minutes on the same machine, in a network
namespace with nothing but loopback; the figure is the median over five rounds or more, except for the packet rates of
P12, one run each. In P1 and P9 both sides must find the same devices with the same values. Loopback has neither loss
nor latency except where a row says so.

"The client layer" is probe, vet, gate, hash-chained ledger and transport. "The whole path" also stores every answer
before the probe sees it, and every observation, in SQLite; no peer in this table keeps anything.

{text(rows)}

Rows that are short of their goal are short of CPU: about half a millisecond for a device that is asked one question,
spread over gate, ledger, event loop, probe and what an answer means for the next question. Where thousands are asked at
once without a limit, as in these rows, that is the wall time. Under the packet rate of a plant network, 50 a second by
default, it is not.
"""
