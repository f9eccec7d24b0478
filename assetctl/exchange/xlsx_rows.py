"""Workbooks -> rows, with openpyxl below limits that a hostile file cannot pass."""

import io
import math
import re
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any

from assetctl.errors import InputError
from assetctl.exchange.rows import MOST_COLUMNS, MOST_ROWS, Row
from assetctl.text import one_line

OLE = bytes.fromhex("d0cf11e0a1b11ae1")
ZIP = b"PK\x03\x04"
MOST_UNPACKED = 100_000_000
MOST_MEMBERS = 5_000
MOST_ELEMENTS = 5_000_000  # in one sheet; a cell has two
MOST_RATIO = 200  # of packed to unpacked; sheets reach 100, bombs 1000
FREE_UNPACKED = 10_000_000  # below this the ratio does not matter
MOST_MERGES = 20_000
LAST_ROW = 1_048_576

_LEADING_ZEROS = re.compile(r"0{2,40}\Z")
_DECIMALS = re.compile(r"#?,?#{0,3}0\.(0{1,12})\Z")
_NOT_KEPT = "a number of more than 15 digits, of which Excel keeps 15; make the cell a text and type it again"
_NO_VALUE = "a formula without a stored value; open the list in a spreadsheet program and save it"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet by name."""

    name: str
    is_hidden: bool


class Book:
    """An open workbook. Values as last calculated; formulas are only looked at to know where a value is missing."""

    def __init__(self, values: Any, formulas: Any, archive: zipfile.ZipFile, path: Path) -> None:
        self._values = values
        self._formulas = formulas
        self._archive = archive
        self._path = path

    @property
    def sheets(self) -> tuple[Sheet, ...]:
        return tuple(Sheet(str(ws.title), ws.sheet_state != "visible") for ws in self._values.worksheets)

    def rows(self, sheet: str, *, most: int = LAST_ROW) -> tuple[Row, ...]:
        """The rows that hold something, among the first `most`; cells merged downwards repeat their text."""
        with _foreign(self._path):
            return tuple(self._rows(sheet, most))

    def _rows(self, sheet: str, most: int) -> Iterator[Row]:
        values, formulas = self._values[sheet], self._formulas[sheet]
        below = _Merged(_merges(self._archive, values, self._path))
        count = 0
        pairs = zip(_cells(values), _cells(formulas), strict=False)
        for number, (cells, written) in enumerate(islice(pairs, most), start=1):
            row = below.filled(_row(number, cells, written))
            if row.is_empty:
                continue
            count += 1
            if count > MOST_ROWS:
                raise InputError(f"{self._path}: more than {MOST_ROWS} rows in sheet {one_line(sheet)}; split the list")
            yield row


@contextmanager
def open_book(raw: bytes, path: Path) -> Iterator[Book]:
    """A workbook for reading. Raises InputError when it is none, is protected, or unpacks to too much."""
    check_container(raw, path)
    from openpyxl import load_workbook

    with _foreign(path):
        archive = zipfile.ZipFile(io.BytesIO(raw))
        books = [load_workbook(io.BytesIO(raw), read_only=True, data_only=only) for only in (True, False)]
    try:
        yield Book(books[0], books[1], archive, path)
    finally:
        for book in books:
            book.close()
        archive.close()


def check_container(raw: bytes, path: Path) -> None:
    """Refuse what openpyxl must not be given: another format, and what unpacks beyond the limits."""
    if raw.startswith(OLE):
        if "EncryptedPackage".encode("utf-16-le") in raw:
            raise InputError(f"{path}: protected by a password; save it without one")
        raise InputError(f"{path}: the old Excel format (xls); save it as xlsx")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as fault:
        raise InputError(f"{path}: not a whole workbook ({one_line(str(fault))}); copy or save it again") from fault
    unpacked = sum(member.file_size for member in members)
    is_bomb = unpacked > max(FREE_UNPACKED, MOST_RATIO * len(raw))
    if len(members) > MOST_MEMBERS or unpacked > MOST_UNPACKED or is_bomb:
        raise InputError(f"{path}: unpacks to {unpacked // 1_000_000} MB in {len(members)} parts, too much for a list")
    if "xl/workbook.xml" not in {member.filename for member in members}:
        raise InputError(f"{path}: a packed file, but not a workbook of the xlsx kind; save it as xlsx")


@contextmanager
def _foreign(path: Path) -> Iterator[None]:
    """openpyxl answers a broken file with errors of many kinds, and talks about what it leaves out."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except InputError:
        raise
    except Exception as fault:
        cause = fault.__cause__ or fault  # openpyxl's own words leave out why
        reason = one_line(f"{type(cause).__name__}: {cause}")
        raise InputError(f"{path}: the workbook is damaged ({reason}); open it and save it again") from fault


def _cells(sheet: Any) -> Iterator[tuple[Any, ...]]:
    sheet.reset_dimensions()  # what a file says about its own size may be wrong
    return (cells[:MOST_COLUMNS] for cells in sheet.iter_rows())


def _row(number: int, cells: tuple[Any, ...], written: tuple[Any, ...]) -> Row:
    texts: list[str] = []
    problems: dict[int, str] = {}
    for column, cell in enumerate(cells):
        if cell.value is None and column < len(written) and written[column].value is None:
            texts.append("")
            continue
        text, problem = cell_text(cell.value, str(cell.number_format or ""), is_error=cell.data_type == "e")
        formula = written[column].value if column < len(written) else None
        if cell.value is None and formula is not None:
            problem = _NO_VALUE
        if problem:
            problems[column] = problem
        texts.append(text)
    while texts and not texts[-1]:
        texts.pop()
    formulas = frozenset(at for at, cell in enumerate(written) if cell.data_type == "f")
    dates = frozenset(at for at, cell in enumerate(cells) if isinstance(cell.value, date | time))
    flags = frozenset(at for at, cell in enumerate(cells) if isinstance(cell.value, bool))
    return Row(number, tuple(texts), problems, formulas, dates, flags)


def cell_text(value: object, number_format: str, *, is_error: bool) -> tuple[str, str]:
    """The text that a person sees in a cell, and why there is none where there is none."""
    if is_error:
        return "", f"the cell shows the error {one_line(str(value), most=20)}"
    match value:
        case None:
            return "", ""
        case bool():
            return ("yes" if value else "no"), ""
        case int() | float():
            return _number(value, number_format)
        case datetime() if value.time() == time():
            return value.date().isoformat(), ""
        case datetime():
            return value.isoformat(sep=" ", timespec="seconds"), ""
        case date() | time():
            return value.isoformat(), ""
    return str(value).strip(), ""


def _number(value: float, number_format: str) -> tuple[str, str]:
    """A number as text: no ".0", the zeros that its format shows, and none whose last digits are lost."""
    if isinstance(value, float) and not math.isfinite(value):
        return "", "not a number"
    if abs(value) >= 10**15:
        return "", _NOT_KEPT
    if decimals := _DECIMALS.match(number_format):
        return f"{value:.{len(decimals[1])}f}", ""
    if value == int(value):
        width = len(number_format) if _LEADING_ZEROS.match(number_format) else 0
        return str(int(value)).zfill(width), ""
    return f"{value:.15g}", ""


class _Merged:
    """Texts of cells that are merged downwards, while their rows pass."""

    def __init__(self, ranges: list[tuple[int, int, int]]) -> None:
        self._starts: dict[int, list[tuple[int, int]]] = {}
        for column, first, last in ranges:
            self._starts.setdefault(first, []).append((column, last))
        self._open: dict[int, tuple[int, str]] = {}

    def filled(self, row: Row) -> Row:
        """The row with the texts of merged cells above. A row that is otherwise empty stays so."""
        self._open = {column: kept for column, kept in self._open.items() if kept[0] >= row.number}
        cells = list(row.cells)
        if not row.is_empty:
            for column, (_, text) in self._open.items():
                cells += [""] * (column + 1 - len(cells))
                cells[column] = cells[column] or text
        for column, last in self._starts.get(row.number, ()):
            self._open[column] = (last, row.cell(column))
        return replace(row, cells=tuple(cells))


def _merges(archive: zipfile.ZipFile, sheet: Any, path: Path) -> list[tuple[int, int, int]]:
    """(column from 0, first row, last row) of the cells merged downwards; read-only sheets do not tell them."""
    from defusedxml.ElementTree import iterparse
    from openpyxl.utils.cell import range_boundaries

    found: list[tuple[int, int, int]] = []
    with archive.open(sheet._worksheet_path) as part:
        for count, (_, element) in enumerate(iterparse(part)):
            if count > MOST_ELEMENTS:
                raise InputError(f"{path}: sheet {one_line(sheet.title)} has too many cells for a list; split it")
            if element.tag.endswith("}mergeCell") and len(found) < MOST_MERGES:
                left, top, _, bottom = range_boundaries(element.get("ref", ""))
                if left and top and bottom and bottom > top and left <= MOST_COLUMNS:
                    found.append((left - 1, top, bottom))
            element.clear()
    return found
