"""A workbook of ours that came back from people: its rows, and what it says it is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a workbook in one language spells things. names: sheets, headings and items of the cover, by the English.

    choices: by heading, the English word of each that may be chosen.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def of(self, name: str) -> str:
        return self.names.get(name, name)

    def entered(self, heading: str, text: str) -> str:
        """What was typed into a cell, in English where it is a word of a choice."""
        return self.choices.get(heading, {}).get(text.strip().casefold(), text)


ENGLISH = Spelling()


def read(
    path: Path,
    sheet: str,
    *,
    given: Sequence[str],
    entered: Sequence[str],
    spellings: Sequence[Spelling] = (ENGLISH,),
) -> Returned:
    """The rows of a sheet. entered: headings of what people may have changed. spellings: English first.

    All names of what is returned are English. Raises InputError when it is not ours.
    """
    with open_book(read_file(path), path) as book:
        names = tuple(one.name for one in book.sheets)
        spelling = next((one for one in spellings if one.of(COVER) in names), spellings[0])
        for name in map(spelling.of, (COVER, sheet)):
            if name not in names:
                raise InputError(f'{path}: there is no sheet "{name}"{near(name, names)}; {_HINT}')
        english = {spelled: name for name, spelled in spelling.names.items()}
        rows = book.rows(spelling.of(COVER))
        cover = {english.get(row.cell(0), row.cell(0)): row.cell(1) for row in rows}
        return Returned(path, cover, tuple(_lines(book, sheet, path, (given, entered), spelling)))


def _lines(
    book: Book, name: str, path: Path, headings: tuple[Sequence[str], Sequence[str]], spelling: Spelling
) -> Iterator[Line]:
    """headings: those of what tells which row it is, and those of what may have been changed."""
    (given, entered), sheet = headings, spelling.of(name)
    rows = book.rows(sheet)
    if not rows:
        raise InputError(f'{path}: the sheet "{sheet}" is empty; {_HINT}')
    spelled = {spelling.of(one): one for one in (*given, *entered)}
    found = _columns(rows[0], tuple(spelled), f"{path}, sheet {sheet}")
    columns = {spelled[heading]: at for heading, at in found.items() if heading in spelled}
    for row in rows[1:]:
        held = {name: row.cell(columns[name]) for name in (*given, *entered)}
        yield Line(
            f"{sheet}, row {row.number}",
            {name: held[name] for name in given},
            {name: spelling.entered(name, held[name]) for name in entered},
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
