"""Rows of any log of Zeek, as tab-separated values with #fields or as JSON, each with its line.

Source: Zeek's documentation of its log formats. Which log it is, is told by #path or _path, else by the file's name.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from assetctl.errors import InputError
from assetctl.exchange.flow_lines import Lines
from assetctl.text import one_line

MOST_PROBLEMS = 20
MOST_FIELDS = 512
MOST_TEXT = 4096
_ESCAPE = re.compile(r"\\x([0-9a-fA-F]{2})")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Row:
    """One line. told: texts by field, those that are set; sets and vectors as they stand, with commas."""

    number: int
    told: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.told.get(name, "")


@dataclass(slots=True)
class Log:
    """One log that is read once. name: such as dhcp, known when the first row was read."""

    path: Path
    name: str = ""
    format: str = ""
    sha256: str = ""
    rows_read: int = 0
    skipped: int = 0
    problems: list[str] = field(default_factory=list)
    _fields: tuple[str, ...] = ()
    _separator: str = "\t"
    _unset: frozenset[str] = frozenset({"-", "(empty)", ""})

    def rows(self) -> Iterator[Row]:
        """Every row. Raises InputError when this is no log of Zeek."""
        lines = Lines(self.path)
        for number, raw in lines.read():
            try:
                told = self._told(raw)
            except ValueError as fault:
                self.skip(number, str(fault))
                if not self.rows_read and self.skipped > MOST_PROBLEMS:
                    break
                continue
            if told is not None:
                self.rows_read += 1
                yield Row(number, told)
        self.sha256 = lines.sha256
        if not self.format or (not self.rows_read and self.skipped):
            said = f"; {self.problems[0]}" if self.problems else ""
            raise InputError(f"{self.path}: no log of Zeek; tab-separated values or JSON of Zeek are expected{said}")

    def skip(self, number: int, reason: str) -> None:
        """Count a row that cannot be used."""
        self.skipped += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(f"line {number}: {one_line(reason)}")

    def _told(self, raw: bytes | None) -> Mapping[str, str] | None:
        if raw is None:
            raise ValueError("longer than 64 KiB")
        try:
            line = raw.decode("utf-8-sig").rstrip("\r")
        except UnicodeDecodeError:
            raise ValueError("not UTF-8") from None
        if not line.strip():
            return None
        if line.startswith("#"):
            self.format = "zeek"
            self._header(line)
            return None
        if line.lstrip().startswith("{"):
            self.format = "zeek-json"
            return self._object(line)
        return self._cells(line)

    def _header(self, line: str) -> None:
        mark, _, rest = line.partition(" ") if line.startswith("#separator") else line.partition(self._separator)
        match mark:
            case "#separator":
                self._separator = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), rest.strip(" ")) or "\t"
            case "#path":
                self.name = rest.strip()
            case "#unset_field" | "#empty_field":
                self._unset |= {rest}
            case "#fields":
                self._fields = tuple(rest.split(self._separator))[:MOST_FIELDS]
                if len(set(self._fields)) != len(self._fields):
                    self._fields = ()
                    raise ValueError("#fields names a field twice")

    def _cells(self, line: str) -> Mapping[str, str]:
        cells = line.split(self._separator)
        if not self._fields:
            raise ValueError("a line before any #fields")
        if len(cells) != len(self._fields):
            raise ValueError(f"{len(self._fields)} fields are expected, {len(cells)} were found")
        self.name = self.name or _from_file(self.path)
        return {name: _plain(cell) for name, cell in zip(self._fields, cells, strict=True) if cell not in self._unset}

    def _object(self, line: str) -> Mapping[str, str]:
        try:
            told = json.loads(line)
        except (ValueError, RecursionError):
            raise ValueError("no JSON that can be read") from None
        if not isinstance(told, dict):
            raise ValueError("a JSON object is expected")
        name = told.get("_path")
        self.name = self.name or (name if isinstance(name, str) else "") or _from_file(self.path)
        return dict(list(_flat(told))[:MOST_FIELDS])


def _from_file(path: Path) -> str:
    """The log's name as Zeek names files: dhcp.log, dhcp.10:00:00-11:00:00.log.gz, dhcp_20260901.log."""
    found = _NAME.match(path.name)
    return re.sub(r"_?\d{6,}.*", "", found[0]) if found else ""


def _plain(cell: str) -> str:
    """A cell with its escaped bytes as text."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), cell[:MOST_TEXT])


def _flat(told: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in told.items():
        match value:
            case bool():
                yield prefix + name, "T" if value else "F"
            case str() | int() | float():
                yield prefix + name, str(value)[:MOST_TEXT]
            case list():
                yield prefix + name, ",".join(str(one) for one in value if not isinstance(one, dict | list))[:MOST_TEXT]
            case dict() if not prefix:
                yield from _flat(value, f"{name}.")
