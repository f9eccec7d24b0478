"""Data to stdout in five formats, talk to stderr. Device text passes `text` before it reaches a terminal or a cell.

The JSON form is an envelope: schema, version, generated_at, command, exit, data, warnings.
"""

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from assetctl import __version__
from assetctl.cli.clock import dated
from assetctl.text import cell, one_line, visible

MOST_WORD, MOST_TEXT = 60, 2000
TEXTS = frozenset({"value", "statement", "advice", "fault", "problem", "change", "reason", "note", "proof", "approval"})
"""Columns that are read as sentences or copied whole: they are folded, not cut."""


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    MARKDOWN = "markdown"


@dataclass
class Output:
    """Where a command's words go. verbosity: -1 quiet, 0, 1 or 2. redact: what takes names out of data."""

    format: Format = Format.TABLE
    verbosity: int = 0
    color: bool = True
    warnings: list[str] = field(default_factory=list)
    redact: Callable[[Any], Any] = lambda value: value
    _is_asked: bool = False

    def say(self, text: str = "") -> None:
        """A line for people, unless quiet."""
        if self.verbosity >= 0:
            print(visible(self._told(text), most=4000), file=sys.stderr)

    def detail(self, text: str) -> None:
        if self.verbosity >= 1:
            print(visible(self._told(text), most=4000), file=sys.stderr)

    def warn(self, text: str) -> None:
        """A line that is also part of the JSON answer."""
        self.warnings.append(text)
        print(f"warning: {visible(self._told(text), most=4000)}", file=sys.stderr)

    def error(self, text: str) -> None:
        """What is wrong, in one line, also when quiet; with all names, since somebody has to find the place."""
        print(f"error: {visible(text, most=8000)}", file=sys.stderr)

    def _told(self, text: str) -> str:
        """Talk travels too, into the log of a build. What is said while the names are gathered is no part of it."""
        if self._is_asked:
            return text
        self._is_asked = True
        try:
            return str(self.redact(text))
        finally:
            self._is_asked = False

    def rows(
        self,
        schema: str,
        rows: Iterable[Mapping[str, Any]],
        *,
        columns: Sequence[str],
        command: str,
        code: int = 0,
        empty: str = "nothing to show",
    ) -> None:
        """A list of records: all their keys in JSON, the named columns in tables and CSV. empty: said for no record."""
        if self.format is Format.JSON:
            self.document(schema, list(rows), command=command, code=code)
            return
        records = self.redact(list(rows))
        match self.format:
            case Format.JSONL:
                for record in records:
                    print(_json(record, indent=None))
            case Format.CSV:
                self._csv(records, columns)
            case Format.MARKDOWN:
                from assetctl.report.markdown import table

                print(table(columns, ([shown(record.get(name)) for name in columns] for record in records)), end="")
            case _:
                self._table(records, columns, empty)

    def document(self, schema: str, data: object, *, command: str, code: int = 0) -> None:
        """One answer in the JSON envelope, whatever the format."""
        envelope = {
            "schema": f"assetctl/{schema}/1",
            "version": __version__,
            "generated_at": generated_at(),
            "command": command,
            "exit": code,
            "data": self.redact(data),
            "warnings": self.redact(self.warnings),
        }
        print(_json(envelope, indent=2))

    def plain(self, text: str) -> None:
        """Text that is the answer itself."""
        for line in self.redact(text).splitlines():
            print(visible(line, most=100_000))

    def _csv(self, records: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
        import csv

        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        for record in records:
            writer.writerow([cell(shown(record.get(name))) for name in columns])

    def _table(self, records: Sequence[Mapping[str, Any]], columns: Sequence[str], empty: str) -> None:
        if not records:
            self.say(empty)
            return
        if not sys.stdout.isatty():
            self._lines(records, columns)
            return
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, header_style="bold", pad_edge=False)
        for name in columns:
            table.add_column(name.replace("_", " "), overflow="fold")
        for record in records:
            table.add_row(*(Text(_cell(record, name)) for name in columns))
        Console(no_color=not self.color, highlight=False).print(table)

    def _lines(self, records: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
        """A table without a terminal: columns padded with blanks."""
        cells = [[_cell(record, name) for name in columns] for record in records]
        heads = [name.replace("_", " ") for name in columns]
        widths = [max(len(row[at]) for row in (heads, *cells)) for at in range(len(columns))]
        for row in (heads, *cells):
            print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def _cell(record: Mapping[str, Any], name: str) -> str:
    return one_line(shown(record.get(name)), most=MOST_TEXT if name in TEXTS else MOST_WORD)


def shown(value: Any) -> str:
    """A value in one cell: lists joined, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={shown(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(shown(inner) for inner in value)
    return str(value)


def generated_at() -> str:
    """When this is written, ISO 8601 in UTC."""
    return dated().isoformat(timespec="seconds")


def _json(value: object, *, indent: int | None) -> str:
    return json.dumps(value, indent=indent, sort_keys=True, ensure_ascii=True, default=str)
