"""The figures of forty sites at several sizes as a table for people.

`python -m bench.site_table FILE...`: each file is what `python -m bench.sites` printed, smallest size first.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from math import log, log10
from pathlib import Path
from typing import Any

Measured = Mapping[str, Any]


def text(measured: Sequence[Measured]) -> str:
    """CPU and memory of each step by size, with the exponent of the growth between the last two sizes."""
    sizes = [f"{one['assets']:,} assets, {one['facts']:,} facts".replace(",", " ") for one in measured]
    steps = dict.fromkeys(name for one in measured for name in one["steps"])
    lines = [f"| {measured[0]['engine']} | {' | '.join(sizes)} | grows as |", "|---|" + "---|" * (len(sizes) + 1)]
    lines += [_line(name, [one["steps"].get(name) for one in measured], measured) for name in steps]
    stored = [f"{one['bytes'] >> 20} MB" for one in measured]
    lines.append(f"| database | {' | '.join(stored)} | {_power([one['bytes'] for one in measured], measured)} |")
    return "\n".join(lines)


def _line(name: str, figures: Sequence[Measured | None], measured: Sequence[Measured]) -> str:
    cells = [f"{one['cpu_s']:.1f} s, {one['kib'] >> 10} MB" if one else "" for one in figures]
    return f"| {name} | {' | '.join(cells)} | {_power([one and one['cpu_s'] for one in figures], measured)} |"


def _power(values: Sequence[Any], measured: Sequence[Measured]) -> str:
    """The exponent of n, "" where there are not two sizes; n log n would be a little above 1."""
    known = [(one["assets"], value) for one, value in zip(measured, values, strict=True) if value]
    if len(known) < 2:
        return ""
    (less, before), (more, after) = known[-2:]
    n_log_n = log10(more / less * log(more) / log(less)) / log10(more / less)
    return f"n^{log10(after / before) / log10(more / less):.2f} (n log n: n^{n_log_n:.2f})"


def main(arguments: Iterable[str]) -> None:
    print(text([json.loads(Path(name).read_text("utf-8")) for name in arguments]))


if __name__ == "__main__":
    main(sys.argv[1:])
