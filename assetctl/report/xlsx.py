"""The report as a workbook: one named table a sheet, streamed; only this module makes links, and nothing a formula.

openpyxl is kept from using lxml, so that the bytes do not depend on what else is installed.
"""

import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, BinaryIO

from assetctl.report.archive import settle
from assetctl.report.cells import HEAD, Styles, put, styles
from assetctl.report.table import Cell, Column, Kind, Ref, Row, Table, final
from assetctl.report.view import ReportView
from assetctl.report.words import words

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import Cell as SheetCell

MOST_LINKS = 20_000  # links a sheet, and rows of a table that can be linked to; a sheet can hold 65 530
A4 = 9

_NOT_IN_NAMES = re.compile(r"\W")

Targets = Mapping[str, str]


def write(view: ReportView, out: BinaryIO) -> None:
    """Write the workbook; memory does not grow with the rows."""
    os.environ.setdefault("OPENPYXL_LXML", "False")
    from openpyxl import Workbook

    at = datetime.fromisoformat(view.generated_at)
    book = Workbook(write_only=True)
    book.properties.title, book.properties.creator = final(view.title, 200), "assetctl"
    book.properties.created = at.replace(tzinfo=None)
    tables = (*view.front, *view.tables())
    targets = dict(chain.from_iterable(map(_targets, tables)))
    for table in tables:
        _fill(book, table, targets)
    with tempfile.TemporaryFile() as draft:
        book.save(draft)
        draft.seek(0)
        settle(draft, out, at)


class _Pen:
    """Writes the rows of one streamed sheet, and counts them and the links in them."""

    def __init__(self, sheet: Any, table: Table, targets: Targets) -> None:
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.worksheet.hyperlink import Hyperlink

        self.new, self.link = WriteOnlyCell, Hyperlink
        self.sheet, self.columns, self.targets = sheet, table.columns, targets
        self.styles: Styles = styles(sheet)
        self.row, self.links = 1, 0

    def head(self) -> None:
        self.sheet.append([put(self.new(self.sheet), _heading(one), self.styles[HEAD]) for one in self.columns])

    def line(self, row: Row) -> None:
        self.row += 1
        cells = [self.cell(at, one.kind, value) for at, (one, value) in enumerate(zip(self.columns, row, strict=True))]
        self.sheet.append(cells)

    def cell(self, at: int, kind: Kind, value: Cell) -> "SheetCell":
        made = self.new(self.sheet)
        match kind:
            case Kind.TEXT | Kind.CODE | Kind.NUMBER | Kind.KEY:
                return put(made, value, self.styles[kind])
            case Kind.TIME if isinstance(value, str) and value:
                return put(made, datetime.fromisoformat(value), self.styles[Kind.TIME])
            case Kind.MARK if isinstance(value, str) and value:
                mark = words().marks.get(value)
                return put(made, value, self.styles[mark.tone if mark else Kind.TEXT])
            case Kind.LINKS if target := self.target(value):
                return self.linked(put(made, value, self.styles[Kind.LINKS]), at, target)
            case _:
                return put(made, value, self.styles[Kind.TEXT])

    def target(self, value: Cell) -> str:
        """Where the first link of a cell leads; a cell holds one link only."""
        if not isinstance(value, tuple) or self.links >= MOST_LINKS:
            return ""
        return next((self.targets[ref.anchor] for ref in value if ref.anchor in self.targets), "")

    def linked(self, made: "SheetCell", at: int, target: str) -> "SheetCell":
        self.links += 1
        made.row, made.column = self.row, at + 1  # a link carries its own coordinate
        made.hyperlink = self.link(ref="", location=target)
        return made


def _targets(table: Table) -> Iterator[tuple[str, str]]:
    """Where each row that can be linked to stands, by anchor."""
    at = next((at for at, column in enumerate(table.columns) if column.kind is Kind.KEY), None)
    if at is None:
        return
    for number, row in enumerate(islice(table.rows(), MOST_LINKS), start=2):
        key = row[at]
        if isinstance(key, Ref):
            yield key.anchor, f"'{table.sheet}'!{_letter(at)}{number}"


def _fill(book: "Workbook", table: Table, targets: Targets) -> None:
    sheet: Any = book.create_sheet(table.sheet)  # the stubs do not know what a streamed sheet has
    _lay_out(sheet, table)
    pen = _Pen(sheet, table, targets)
    pen.head()
    for row in table.rows():
        pen.line(row)
    if pen.row == 1:
        pen.line(_empty(table))
    _name(sheet, table, pen.row)


def _lay_out(sheet: Any, table: Table) -> None:
    """Everything that a streamed sheet wants to know before its first row."""
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet.freeze_panes = "A2"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.oddFooter.left.text, sheet.oddFooter.right.text = "&A", "&P / &N"
    for at, column in enumerate(table.columns):
        sheet.column_dimensions[_letter(at)].width = column.width + 2


def _name(sheet: Any, table: Table, rows: int) -> None:
    """Make a named table of what was written. A streamed sheet must be told its column names."""
    from openpyxl.worksheet.table import Table as NamedTable
    from openpyxl.worksheet.table import TableStyleInfo

    reach = f"A1:{_letter(len(table.columns) - 1)}{rows}"
    named: Any = NamedTable(displayName="T_" + _NOT_IN_NAMES.sub("_", table.sheet), ref=reach)
    named._initialise_columns()
    for made, column in zip(named.tableColumns, table.columns, strict=True):
        made.name = _heading(column)
    named.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=True)
    sheet.tables.add(named)


def _heading(column: Column) -> str:
    return f"{column.title} (UTC)" if column.kind is Kind.TIME else column.title


def _empty(table: Table) -> Row:
    """The sentence in place of rows: a named table needs one row."""
    return (Ref("", table.empty or "Nothing to show."), *("" for _ in table.columns[1:]))


def _letter(at: int) -> str:
    from openpyxl.utils import get_column_letter

    return get_column_letter(at + 1)
