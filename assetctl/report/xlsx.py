"""The report as a workbook: one named table a sheet, streamed; only this module makes links, and nothing a formula.

Some cells are for the auditor to fill in; all others are locked.

openpyxl is kept from using lxml, so that the bytes do not depend on what else is installed. It makes everything but
the rows: those are written as the XML that they are, since its way through an element for each cell takes twice as long
as all the rest.
"""

import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import chain, islice
from typing import Any, BinaryIO

from assetctl.report.archive import settle
from assetctl.report.auditor import SEAL, Entry, seal
from assetctl.report.cells import (
    ENTRY,
    ENTRY_DAY,
    ENTRY_HEAD,
    HEAD,
    NUMBER_HEAD,
    SEALED,
    Styles,
    styles,
    words_of,
    written,
)
from assetctl.report.drawn import draw
from assetctl.report.logo import Logo
from assetctl.report.sheets import CHARTS, admit, form_of, lay_out, letter, open_columns, ordered, require_room
from assetctl.report.speech import Speech, speech_of, spoken
from assetctl.report.table import Cell, Kind, Ref, Row, Table, final
from assetctl.report.view import ReportView

MOST_LINKS = 20_000  # links a sheet, and rows of a table that can be linked to; a sheet can hold 65 530
LINE_POINTS, MOST_LINES = 13.5, 12
_LOGO_AT = "D2"

_NOT_IN_NAMES = re.compile(r"\W")

Targets = Mapping[str, str]


def write(view: ReportView, out: BinaryIO) -> None:
    """Write the workbook; memory does not grow with the rows. Raises InputError when a sheet cannot hold its rows."""
    require_room(view)
    os.environ.setdefault("OPENPYXL_LXML", "False")
    from openpyxl import Workbook

    at = datetime.fromisoformat(view.generated_at)
    book = Workbook(write_only=True)
    book.properties.title, book.properties.creator = final(view.title, 200), "assetctl"
    book.properties.created = at.replace(tzinfo=None)
    say, tables = speech_of(view), ordered(view)
    targets = dict(chain.from_iterable(_targets(one, say(one.sheet)) for one in tables))
    try:
        for table in tables:
            sheet: Any = book.create_sheet(say(table.sheet))  # the stubs do not know what a streamed sheet has
            _fill(sheet, table, _Pen(sheet, table, targets, view.report_id, say))
            if table.id == "cover" and view.logo:
                _place(sheet, view.logo)
            if table.sheet == CHARTS:
                draw(sheet, spoken(view))
        with tempfile.TemporaryFile() as draft:
            book.save(draft)
            draft.seek(0)
            settle(draft, out, at)
    except BaseException:
        _abandon(book.worksheets)
        raise


def _abandon(sheets: Iterable[Any]) -> None:
    """End the streams of sheets that will not be finished: swept away later, each would complain on its own."""
    for sheet in sheets:
        for stream in (sheet._rows, sheet._writer and sheet._writer.xf):
            with suppress(Exception):  # what kept them from being finished keeps them from being ended well
                if stream is not None:
                    stream.close()
        with suppress(Exception):  # a draft that is already gone
            if sheet._writer is not None:
                sheet._writer.cleanup()


class _Pen:
    """Writes the rows of one streamed sheet, and counts them and the links in them."""

    def __init__(self, sheet: Any, table: Table, targets: Targets, report_id: str, say: Speech) -> None:
        from openpyxl.worksheet.hyperlink import Hyperlink

        self.link = Hyperlink
        self.sheet, self.columns, self.targets = sheet, table.columns, targets
        self.say, self.table = say, table
        self.styles: Styles = styles(sheet)
        self.row, self.links = 1, 0
        self.widths = [column.width for column in table.columns]
        self.letters = [letter(at) for at in range(len(table.columns) + 1)]  # one more for the seals
        self.open, self.report_id = open_columns(table), report_id
        titles, form = [column.title for column in table.columns], form_of(table)
        self.told_by = [titles.index(name) for name in form.told_by] if form else []
        self.entries = [titles.index(one.heading) for one in form.entries] if form else []

    @property
    def heads(self) -> list[str]:
        """The headings; a sheet that is read back has one more, for the seals."""
        return [
            *(_heading(self.say(one.title), one.kind) for one in self.columns),
            *([self.say(SEAL)] if self.told_by else []),
        ]

    def begin(self) -> None:
        """Take over the writing of rows, once the sheet is laid out."""
        self.sheet._get_writer()
        self.sheet._writer.write_row = _put_down
        self.sheet._values_to_row = lambda rows, _number: rows

    def head(self) -> None:
        styles = [NUMBER_HEAD if one.kind is Kind.NUMBER else HEAD for one in self.columns] + [HEAD]
        for at in self.open:
            styles[at] = ENTRY_HEAD
        lines = 1 + max(len(self.say(one.title)) // one.width for one in self.columns)
        self.stack([self.plain(at, *one) for at, one in enumerate(zip(self.heads, styles, strict=False))], lines)

    def line(self, row: Row) -> None:
        self.row += 1
        said = self.say.row(self.table, row)
        cells = [self.cell(at, one.kind, value) for at, (one, value) in enumerate(zip(self.columns, said, strict=True))]
        for at, entry in self.open.items():
            cells[at] = self.opened(at, entry, said[at])
        if self.told_by:
            told, entered = (words_of(said[at]) for at in self.told_by), (words_of(row[at]) for at in self.entries)
            cells.append(self.plain(len(said), seal(self.report_id, told, entered), SEALED))
        self.stack(cells, 1 + max(map(_breaks, said, self.widths)))

    def plain(self, at: int, value: Cell | datetime, style: str) -> str:
        return written(f"{self.letters[at]}{self.row}", value, self.styles[style])

    def opened(self, at: int, entry: Entry, value: Cell) -> str:
        """A cell that can be filled in."""
        held = _day(value) if entry.is_day else value
        is_text = not entry.is_day or (held != "" and not isinstance(held, datetime))
        return self.plain(at, held, ENTRY if is_text else ENTRY_DAY)

    def stack(self, cells: Sequence[str], lines: int) -> None:
        """Append a row, as high as its texts want: not every spreadsheet program works that out when it opens."""
        height = f' ht="{LINE_POINTS * min(lines, MOST_LINES):g}" customHeight="1"' if lines > 1 else ""
        self.sheet.append([f'<row r="{self.row}"{height}>', *cells, "</row>"])

    def cell(self, at: int, kind: Kind, value: Cell) -> str:
        match kind:
            case Kind.TEXT | Kind.CODE | Kind.NUMBER | Kind.KEY:
                return self.plain(at, value, kind)
            case Kind.TIME if isinstance(value, str) and value:
                return self.plain(at, datetime.fromisoformat(value), Kind.TIME)
            case Kind.MARK if isinstance(value, str) and value:
                mark = self.say.mark(value)
                return self.plain(at, value, mark.tone if mark else Kind.TEXT)
            case Kind.LINKS if target := self.target(value):
                self.links += 1
                self.sheet._hyperlinks.append(self.link(ref=f"{self.letters[at]}{self.row}", location=target))
                return self.plain(at, value, Kind.LINKS)
            case _:
                return self.plain(at, value, Kind.TEXT)

    def target(self, value: Cell) -> str:
        """Where the first link of a cell leads; a cell holds one link only."""
        if not isinstance(value, tuple) or self.links >= MOST_LINKS:
            return ""
        return next((self.targets[ref.anchor] for ref in value if ref.anchor in self.targets), "")


def _place(sheet: Any, logo: Logo) -> None:
    """The picture beside the cover, at most as large as a card."""
    from openpyxl.drawing.image import Image

    class Picture(Image):
        """A picture whose size is known, so that no library has to open it."""

        def __init__(self) -> None:
            self.width, self.height = logo.fitted(320, 96)
            self.format = logo.kind

        def _data(self) -> bytes:
            return logo.data

    sheet.add_image(Picture(), _LOGO_AT)


def _targets(table: Table, sheet: str) -> Iterator[tuple[str, str]]:
    """Where each row that can be linked to stands, by anchor."""
    at = next((at for at, column in enumerate(table.columns) if column.kind is Kind.KEY), None)
    if at is None:
        return
    for number, row in enumerate(islice(table.rows(), MOST_LINKS), start=2):
        key = row[at]
        if isinstance(key, Ref):
            yield key.anchor, f"'{sheet}'!{letter(at)}{number}"


def _fill(sheet: Any, table: Table, pen: _Pen) -> None:
    lay_out(sheet, table)
    pen.begin()
    pen.head()
    for row in table.rows():
        pen.line(row)
    if pen.row == 1:
        pen.line(_empty(table, pen.say))
    admit(sheet, pen.open, pen.row, pen.say)
    _name(sheet, table.sheet, pen.heads, pen.row)
    if table.sheet != CHARTS:
        sheet.print_area = f"A1:{letter(len(table.columns) - 1)}{pen.row}"


def _name(sheet: Any, title: str, heads: Sequence[str], rows: int) -> None:
    """Make a named table of what was written. A streamed sheet must be told its column names."""
    from openpyxl.worksheet.table import Table as NamedTable
    from openpyxl.worksheet.table import TableStyleInfo

    reach = f"A1:{letter(len(heads) - 1)}{rows}"
    named: Any = NamedTable(displayName="T_" + _NOT_IN_NAMES.sub("_", title), ref=reach)
    named._initialise_columns()
    for made, head in zip(named.tableColumns, heads, strict=True):
        made.name = head
    named.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=True)
    sheet.tables.add(named)


def _day(value: Cell) -> Cell | datetime:
    """A day as spreadsheets know it; what is none stays the text that it is."""
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) and len(value) == len("2027-03-01") else value
    except ValueError:
        return value


def _put_down(stream: Any, row: Sequence[str], _number: int) -> None:
    """A row into the stream of its sheet, past the writer of elements where there is a way past it."""
    from openpyxl.xml.functions import fromstring

    text = "".join(row)
    past: Callable[[str], object] | None = getattr(stream, "_file", None)
    if past is None:
        stream.write(fromstring(text))
    else:
        past(text)


def _breaks(value: Cell, width: int) -> int:
    """How often a text is broken in a column of this width, about."""
    if isinstance(value, str):
        return max(len(value) - 1, 0) // width
    if isinstance(value, tuple) and len(value) > 1:
        return len(words_of(value)) // width
    return 0


def _heading(title: str, kind: Kind) -> str:
    return f"{title} (UTC)" if kind is Kind.TIME else title


def _empty(table: Table, say: Speech) -> Row:
    """The sentence in place of rows: a named table needs one row."""
    return (Ref("", say(table.empty or "Nothing to show.")), *("" for _ in table.columns[1:]))
