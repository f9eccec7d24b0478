"""A table as CSV for other systems."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence


def table(columns: Sequence[str], rows: Iterable[Mapping[str, str]], guard: Callable[[str], str]) -> str:
    """The whole file; a column that a row does not have is empty. guard: makes a value safe for a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([guard(row.get(name, "")) for name in columns] for row in rows)
    return out.getvalue()
