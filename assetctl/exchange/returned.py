"""A workbook of ours that came back from people: its rows, and what it says it is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assetctl.errors import InputError
from assetctl.exchange.rows import Row, read_file
from assetctl.exchange.xlsx_rows import Book, open_book
from assetctl.text import near, one_line

COVER = "Cover"
_HINT = "take the workbook that `assetctl report xlsx` wrote"


@dataclass(frozen=True, slots=True)
class Line:
    """One row. given: what tells which row it is. entered: heading -> text. where: sheet and row.

    problems: heading -> why its cell cannot be used.
    """

    where: str
    given: Mapping[str, str]
    entered: Mapping[str, str]
    problems: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Returned:
    """What came back. cover: item -> value of the sheet that says what the workbook is."""

    path: Path
    cover: Mapping[str, str]
    lines: tuple[Line, ...]


def read(path: Path, sheet: str, *, given: Sequence[str], entered: Sequence[str]) -> Returned:
    """The rows of a sheet. entered: headings of what people may have changed. Raises InputError when it is not ours."""
    with open_book(read_file(path), path) as book:
        names = tuple(one.name for one in book.sheets)
        for name in (COVER, sheet):
            if name not in names:
                raise InputError(f'{path}: there is no sheet "{name}"{near(name, names)}; {_HINT}')
        cover = {row.cell(0): row.cell(1) for row in book.rows(COVER)}
        return Returned(path, cover, tuple(_lines(book, sheet, path, given, entered)))


def _lines(book: Book, sheet: str, path: Path, given: Sequence[str], entered: Sequence[str]) -> Iterator[Line]:
    rows = book.rows(sheet)
    if not rows:
        raise InputError(f'{path}: the sheet "{sheet}" is empty; {_HINT}')
    columns = _columns(rows[0], (*given, *entered), f"{path}, sheet {sheet}")
    for row in rows[1:]:
        held = {name: row.cell(columns[name]) for name in (*given, *entered)}
        yield Line(
            f"{sheet}, row {row.number}",
            {name: held[name] for name in given},
            {name: held[name] for name in entered},
            dict(_problems(row, {name: columns[name] for name in held})),
        )


def _columns(head: Row, wanted: Sequence[str], where: str) -> Mapping[str, int]:
    """Where each heading stands. Raises InputError for one that is missing or stands twice."""
    found: dict[str, int] = {}
    for at, cell in enumerate(head.cells):
        text = " ".join(cell.split())
        if text in wanted and text in found:
            raise InputError(f'{where}: the column "{text}" stands twice; keep the one that the report wrote')
        found[text] = at
    for name in wanted:
        if name not in found:
            raise InputError(f'{where}: the column "{name}" is missing{near(name, tuple(found))}; {_HINT}')
    return found


def _problems(row: Row, columns: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    for name, at in columns.items():
        if at in row.formulas:
            yield name, f"a formula; type its value ({one_line(row.cell(at), most=40) or 'nothing'})"
        elif at in row.problems:
            yield name, row.problems[at]
