"""The questionnaire of all rows as a workbook: written to be filled in by people, and read back.

One sheet for each zone or conduit. Only the answer columns can be changed without lifting the protection; what is read
back counts by the place, row and id that the protected columns name.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO

from assetctl.errors import InputError
from assetctl.exchange.rows import Row, read_file
from assetctl.exchange.xlsx_rows import Book, open_book
from assetctl.policy.attestations import Answer
from assetctl.policy.frameworks import Requirement
from assetctl.text import near, one_line, visible

GIVEN = (
    "Place",
    "Kind",
    "Requirement",
    "FR",
    "Name",
    "In our own words",
    "From SL",
    "In target",
    "Network",
    "Checks",
    "Id",
)
ANSWERS: Mapping[str, str] = {
    "Answer": "answer",
    "Statement": "statement",
    "Document": "document",
    "SHA-256": "sha256",
    "Author": "author",
    "Organisation": "organisation",
    "Reviewer": "reviewer",
    "Reviewer's organisation": "reviewer_organisation",
    "Date": "date",
    "Valid until": "valid_until",
    "Despite": "despite",
}
"""Heading of each answer column -> key of the attestations file."""

NETWORK = {"D": "decides", "S": "supports", "R": "can only refute", "N": "says nothing"}
GUIDE = (
    ("Answer", "yes, no, partly, or not applicable with the reason in the statement. An empty one changes nothing."),
    ("Document", "What the answer rests on: a path from the folder of the attestations file."),
    ("SHA-256", "Of that document; leave it empty to have it worked out from the file as it is now."),
    ("Author, Reviewer", "Persons. A yes counts only when somebody other than its author has reviewed it."),
    ("Date, Valid until", "As 2026-11-22. An answer holds for at most 366 days."),
    ("Despite", "Checks, by id with commas, whose unknown results the author knew of."),
    ("Limits", "Answers are the owner's estimate, one input to an assessment; not a certification, no maturity level."),
)
_WIDTHS = {"Name": 34, "In our own words": 48, "Statement": 48, "Document": 30, "Checks": 30, "Place": 16}
_README, _LINES = "Read me", 100_000
_NOT_IN_SHEETS = re.compile(r"[\[\]:*?/\\']")


@dataclass(frozen=True, slots=True)
class Question:
    """One row of 62443-3-3 at one place. target: SL-T of its FR there, None when not set. checks: what they found.

    id, entry: of the attestation that is there already, "" and nothing for none.
    """

    place: str
    is_conduit: bool
    row: Requirement
    target: int | None
    checks: str = ""
    id: str = ""
    entry: Mapping[str, str | Sequence[str]] | None = None


@dataclass(frozen=True, slots=True)
class Filled:
    """One answered row of a workbook. where: file, sheet and row. problems: why it cannot be used."""

    id: str
    entry: Mapping[str, str | Sequence[str]]
    where: str
    problems: tuple[str, ...] = ()


def write(questions: Iterable[Question], out: BinaryIO, *, at: datetime) -> int:
    """Write the questionnaire; returns how many questions it holds."""
    import os

    os.environ.setdefault("OPENPYXL_LXML", "False")
    from openpyxl import Workbook

    book = Workbook()
    book.properties.creator, book.properties.title = "assetctl", "Questionnaire, IEC 62443-3-3"
    book.properties.created = book.properties.modified = at.replace(tzinfo=None, microsecond=0)
    _guide(book.active)
    by_place: dict[str, list[Question]] = {}
    for question in questions:
        by_place.setdefault(question.place, []).append(question)
    for place, rows in by_place.items():
        _sheet(book.create_sheet(_sheet_name(place, book.sheetnames)), rows)
    book.save(out)
    return sum(map(len, by_place.values()))


def read(path: Path) -> tuple[Filled, ...]:
    """The answered rows of a workbook, sheet by sheet. Raises InputError when it is no questionnaire."""
    with open_book(read_file(path), path) as book:
        found = [one for sheet in book.sheets if sheet.name != _README for one in _read_sheet(book, sheet.name, path)]
    return tuple(found)


def _guide(sheet: Any) -> None:
    sheet.title = _README
    for at, (what, text) in enumerate(GUIDE, start=1):
        _put(sheet.cell(at, 1), what)
        _put(sheet.cell(at, 2), text)
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 24, 110
    sheet.protection.sheet = True


def _sheet(sheet: Any, questions: Sequence[Question]) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill, Protection
    from openpyxl.utils import get_column_letter

    headings = (*GIVEN, *ANSWERS)
    wrapped, open_cell, wash = Alignment(vertical="top", wrap_text=True), Protection(locked=False), "FBF1DA"
    for at, heading in enumerate(headings, start=1):
        cell = sheet.cell(1, at)
        _put(cell, heading)
        cell.font, cell.fill = Font(bold=True, color="FFFFFF"), PatternFill("solid", fgColor="0B5566")
        sheet.column_dimensions[get_column_letter(at)].width = _WIDTHS.get(heading, 15)
    for line, question in enumerate(questions, start=2):
        for at, (heading, value) in enumerate(zip(headings, _values(question), strict=True), start=1):
            cell = sheet.cell(line, at)
            _put(cell, value)
            cell.alignment = wrapped
            if heading in ANSWERS:
                cell.protection, cell.fill = open_cell, PatternFill("solid", fgColor=wash)
                cell.number_format = "yyyy-mm-dd" if heading in ("Date", "Valid until") else "@"
    _protect(sheet, len(questions) + 1, headings)


def _protect(sheet: Any, last: int, headings: Sequence[str]) -> None:
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    choice = DataValidation(type="list", formula1=f'"{",".join(Answer)}"', allow_blank=True, showErrorMessage=True)
    choice.error = "One of " + ", ".join(Answer)
    day = DataValidation(type="date", operator="greaterThan", formula1="36526", allow_blank=True, showErrorMessage=True)
    day.error = "A day such as 2026-11-22"
    for validation, names in ((choice, ("Answer",)), (day, ("Date", "Valid until"))):
        sheet.add_data_validation(validation)
        for name in names:
            letter = get_column_letter(headings.index(name) + 1)
            validation.add(f"{letter}2:{letter}{last}")
    sheet.freeze_panes = "D2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(headings))}{last}"
    sheet.protection.sheet = True
    sheet.protection.autoFilter = sheet.protection.formatColumns = sheet.protection.formatRows = False
    sheet.page_setup.orientation = "landscape"
    sheet.print_title_rows = "1:1"


def _values(question: Question) -> Iterator[str | int | date]:
    row, entry = question.row, question.entry or {}
    target = "not set" if question.target is None else "yes" if row.from_sl <= question.target else "no"
    kind = "conduit" if question.is_conduit else "zone"
    yield from (question.place, kind, row.id, row.fr, row.name, row.words, row.from_sl, target)
    yield from (NETWORK[row.strength], question.checks, question.id)
    for key in ANSWERS.values():
        value = entry.get(key, "")
        text = value if isinstance(value, str) else ", ".join(value)
        yield date.fromisoformat(text) if text and key in ("date", "valid_until") else text


def _put(cell: Any, value: str | int | date) -> None:
    """A text stays text, "=1+1" included."""
    if not isinstance(value, str):
        cell.value = value
    elif value:
        cell.value = "\n".join(visible(line, most=16_000) for line in value.split("\n"))
        cell.data_type = "s"


def _sheet_name(place: str, used: Sequence[str]) -> str:
    """At most 31 characters, none that a spreadsheet refuses, and not used before."""
    stem = _NOT_IN_SHEETS.sub("_", place)[:27] or "place"
    taken = {name.casefold() for name in used}
    return next(name for n in range(1, _LINES) if (name := stem if n == 1 else f"{stem}~{n}").casefold() not in taken)


def _read_sheet(book: Book, sheet: str, path: Path) -> Iterator[Filled]:
    rows = book.rows(sheet)
    if not rows:
        return
    columns = _columns(rows[0], f"{path}, sheet {one_line(sheet)}")
    for row in rows[1:]:
        told = {key: row.cell(columns[heading]) for heading, key in ANSWERS.items()}
        where = f"{path}, sheet {one_line(sheet)}, row {row.number}"
        wrong = [f"{where}: {h}: {row.problems[columns[h]]}" for h in columns if columns[h] in row.problems]
        if any(told.values()) and not told["answer"]:
            wrong.append(f"{where}: Answer: nothing was found beside other values; give an answer, or clear the row")
        if told["answer"] or wrong:
            place = "conduit" if row.cell(columns["Kind"]) == "conduit" else "zone"
            fixed = {"requirement": row.cell(columns["Requirement"]), place: row.cell(columns["Place"])}
            yield Filled(row.cell(columns["Id"]), fixed | _entry(told), where, tuple(wrong))


def _columns(head: Row, where: str) -> Mapping[str, int]:
    found = {text: at for at, text in enumerate(head.cells)}
    for name in ("Place", "Kind", "Requirement", "Id", *ANSWERS):
        if name not in found:
            hint = near(name, tuple(found))
            raise InputError(f'{where}: the column "{name}" is missing{hint}; begin with: assetctl attest export')
    return found


def _entry(told: Mapping[str, str]) -> dict[str, str | Sequence[str]]:
    entry: dict[str, str | Sequence[str]] = {key: value for key, value in told.items() if value and key != "despite"}
    named = tuple(dict.fromkeys(one.strip() for one in told["despite"].split(",") if one.strip()))
    return entry | ({"despite": named} if named else {})
