"""One table of a view as CSV or JSON, streamed."""

import csv
import json
from collections.abc import Callable, Iterator
from typing import TextIO

from assetctl.report.table import Cell, Column, Kind, Ref, Row, Table
from assetctl.text import cell as guarded

Redact = Callable[[str], str]


def write_csv(table: Table, out: TextIO, *, redact: Redact = str, raw: bool = False) -> None:
    """Write a table as CSV. raw: for machines alone, without the apostrophe that keeps a spreadsheet from computing."""
    guard = str if raw else guarded
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([column.title for column in table.columns])
    for row in table.rows():
        writer.writerow([value if isinstance(value, int) else guard(redact(_text(value))) for value in row])


def write_json(table: Table, out: TextIO, *, redact: Redact = str) -> None:
    """Write a table as a JSON array with one object a row, keyed by column title in snake case."""
    out.write("[")
    for number, row in enumerate(table.rows()):
        out.write(",\n" if number else "\n")
        json.dump(dict(_members(table.columns, row, redact)), out, ensure_ascii=False)
    out.write("\n]\n")


def _members(columns: tuple[Column, ...], row: Row, redact: Redact) -> Iterator[tuple[str, object]]:
    for column, value in zip(columns, row, strict=True):
        key = column.title.lower().replace("-", "_").replace(" ", "_")
        if column.kind is Kind.LINKS and isinstance(value, tuple):
            yield key, [redact(ref.label) for ref in value]
        else:
            yield key, value if isinstance(value, int) else redact(_text(value))


def _text(value: Cell) -> str:
    if isinstance(value, Ref):
        return value.label
    return " ".join(ref.label for ref in value) if isinstance(value, tuple) else str(value)
