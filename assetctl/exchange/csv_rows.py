"""CSV files as spreadsheet programs of several languages write them -> rows."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from assetctl.errors import InputError
from assetctl.exchange.rows import MOST_COLUMNS, MOST_ROWS, Row

DELIMITERS = (";", ",", "\t", "|")
_SAMPLE_ROWS = 50
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def read_csv(raw: bytes, path: Path, *, score: Callable[[tuple[str, ...]], int]) -> tuple[tuple[Row, ...], str]:
    """The rows that hold something, and how they were read, for people.

    score: how much a row looks like headings; it helps to find the delimiter. Raises InputError with the line.
    """
    text, encoding = decode(raw, path)
    text, delimiter = _announced(text)
    delimiter = delimiter or find_delimiter(text, score)
    rows: list[Row] = []
    for row in _rows(text, delimiter, path):
        if len(rows) == MOST_ROWS:
            raise InputError(f"{path}: more than {MOST_ROWS} rows; split the list")
        rows.append(row)
    return tuple(rows), f"{encoding}, delimiter {delimiter!r}"


def decode(raw: bytes, path: Path) -> tuple[str, str]:
    """Text and the encoding it was taken for: a mark decides, then UTF-8 where valid, then Windows-1252."""
    for bom, name in _BOMS:
        if raw.startswith(bom):
            return _decoded(raw, name, path), name
    if b"\0" in raw[:4096]:
        name = "utf-16-le" if raw[1:2] == b"\0" else "utf-16-be"
        return _decoded(raw, name, path), name
    try:
        return raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _decoded(raw, "cp1252", path), "cp1252"


def find_delimiter(text: str, score: Callable[[tuple[str, ...]], int]) -> str:
    """The delimiter that gives the best headings, then the most rows of one width, then the widest."""

    def worth(delimiter: str) -> tuple[int, int, int]:
        rows = []
        try:
            rows = list(islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), _SAMPLE_ROWS))
        except csv.Error:
            return 0, 0, 0
        widths = Counter(len(row) for row in rows if len(row) > 1)
        width, count = widths.most_common(1)[0] if widths else (0, 0)
        return max((score(tuple(row[:MOST_COLUMNS])) for row in rows[:20]), default=0), count, width

    return max(DELIMITERS, key=worth)


def _decoded(raw: bytes, name: str, path: Path) -> str:
    try:
        text = raw.decode(name)
    except UnicodeDecodeError as fault:
        line = raw.count(b"\n", 0, fault.start) + 1
        raise InputError(f"{path}:{line}: neither UTF-8 nor {name}; save the list as CSV in UTF-8") from fault
    if "\0" in text:
        raise InputError(f"{path}: binary data; a workbook (xlsx) or a CSV file is expected")
    return text


def _announced(text: str) -> tuple[str, str]:
    """A first line such as "sep=;" tells spreadsheet programs the delimiter; it stays as an empty line."""
    first, end, rest = text.partition("\n")
    word = first.rstrip("\r")
    return (end + rest, word[4]) if len(word) == 5 and word.startswith("sep=") else (text, "")


def _rows(text: str, delimiter: str, path: Path) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            row = Row(line, tuple(cell.strip() for cell in cells[:MOST_COLUMNS]))
            if not row.is_empty:
                yield row
            line = reader.line_num + 1
    except csv.Error as fault:
        raise InputError(f"{path}:{line}: not CSV ({fault}); look for a quotation mark without its partner") from fault
