"""How the sheets of the workbook stand: their order, panes, paper, locks, and what may be typed into which cell."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from assetctl.errors import InputError
from assetctl.report.auditor import FORMS, GUIDE, LABEL, MOST_TEXT, Entry, Form
from assetctl.report.speech import Speech, spoken
from assetctl.report.table import Column, Kind, Row, Table, final
from assetctl.report.view import ReportView

CHARTS = "Charts"
LEFT = 3  # columns at most that stay in sight beside the others
MOST_ROWS = 1 << 20  # of a sheet, its heading among them
PAGE_WIDTH = 210  # characters of one landscape page at a size that can be read
A4 = 9
_ORDER = """Cover|Read me|Summary|Charts|SL vectors|Rows|Requirements|Findings|Results|Result counts|Unknowns
Unknown reasons|Assets|Attributes|Values|Services|Zones|Conduits|Flows|Sensors|Topology|Certificates|Advisories
Life cycle|Feeds|Golden diff|Golden files|Waivers|Attestations|Coverage|Vantages|Not seen|Exclusions|Authorisation|Scans
Method|Traffic|Incidents|Evidence|Mapping|Checks|Glossary|Sign-off"""
_PLACE: Mapping[str, int] = {name: at for at, name in enumerate(_ORDER.replace("\n", "|").split("|"))}
_LATE = _PLACE["Evidence"]
_CHART_COLUMNS = (Column("Chart", width=60), Column("Item", width=34), Column("Count", Kind.NUMBER, 10))


def ordered(view: ReportView) -> tuple[Table, ...]:
    """All tables of the workbook in the order of its sheets; one without a place stands before Evidence."""
    tables = (*map(_guided, view.front), _charted(view), *view.tables())
    return tuple(sorted(tables, key=lambda one: _PLACE.get(one.sheet, _LATE - 0.5)))


def require_room(view: ReportView) -> None:
    """Raise InputError when a table of the workbook has more rows than a sheet can hold."""
    for one in view.tables():
        if one.count >= MOST_ROWS:
            raise InputError(
                f"sheet {one.sheet} would have {one.count} rows and can hold {MOST_ROWS - 1}: no workbook is written; "
                "`assetctl report xlsx --realm NAME` writes that of one site, `assetctl assets export FILE.csv` and "
                "`assetctl check --output FILE.json` write lists of any length"
            )


def lay_out(sheet: Any, table: Table) -> None:
    """Everything that a streamed sheet wants to know before its first row."""
    from openpyxl.worksheet.properties import PageSetupProperties

    left = _left(table)
    sheet.freeze_panes = f"{letter(left)}2"
    sheet.print_title_rows = "1:1"
    if left:
        sheet.print_title_cols = f"A:{letter(left - 1)}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", A4
    sheet.page_setup.pageOrder = "overThenDown"
    widths = [column.width + 2 for column in table.columns]
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = -(-sum(widths) // PAGE_WIDTH), 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.oddFooter.left.text, sheet.oddFooter.right.text = "&A", "&P / &N"
    for at, width in enumerate(widths):
        sheet.column_dimensions[letter(at)].width = width
    if form_of(table):
        sheet.column_dimensions[letter(len(widths))].hidden = True
    _lock(sheet)


def open_columns(table: Table) -> Mapping[int, Entry]:
    """What can be filled in, by column; nothing where the table has no row."""
    form = form_of(table)
    known = {one.heading: one for one in form.entries} if form else {}
    found = {at: known.get(one.title) or _note(one) for at, one in enumerate(table.columns) if _is_open(one, known)}
    return found if table.count else {}


def admit(sheet: Any, entries: Mapping[int, Entry], last_row: int, say: Speech) -> None:
    """Say what may be typed into the open cells."""
    for at, entry in ((at, say.entry(one)) for at, one in entries.items()):
        rule = _rule(entry)
        rule.error = say(rule.error)
        rule.promptTitle, rule.prompt, rule.showInputMessage = entry.heading[:32], entry.prompt[:255], True
        rule.errorTitle, rule.showErrorMessage = entry.heading[:32], True
        rule.add(f"{letter(at)}2:{letter(at)}{last_row}")
        sheet.data_validations.append(rule)


def form_of(table: Table) -> Form | None:
    """What is read back from the rows of a table, None for nothing."""
    form = FORMS.get(table.id)
    return form if form and table.count else None


def letter(at: int) -> str:
    """The name of a column counted from 0."""
    from openpyxl.utils import get_column_letter

    return get_column_letter(at + 1)


def _is_open(column: Column, known: Mapping[str, Entry]) -> bool:
    return column.by_auditor or column.title in known


def _note(column: Column) -> Entry:
    """A column that is only kept in the workbook."""
    return Entry("", column.title, "Kept in this workbook; it is not read back.", is_day=column.title == "Date")


def _lock(sheet: Any) -> None:
    """Without a password: it keeps slips out, not people."""
    locks = sheet.protection
    locks.sheet = True
    locks.autoFilter = locks.sort = locks.formatColumns = locks.formatRows = False  # these stay allowed


def _rule(entry: Entry) -> Any:
    from openpyxl.worksheet.datavalidation import DataValidation

    if entry.choices:
        rule = DataValidation(type="list", formula1=f'"{",".join(entry.choices)}"', allow_blank=True)
        rule.error = f"One of {', '.join(entry.choices)}"
    elif entry.is_day:
        rule = DataValidation(type="date", operator="greaterThan", formula1="36526", allow_blank=True)
        rule.error = "A day such as 2027-03-01"
    else:
        rule = DataValidation(type="textLength", operator="lessThanOrEqual", formula1=str(MOST_TEXT), allow_blank=True)
        rule.error = f"At most {MOST_TEXT} characters"
    return rule


def _left(table: Table) -> int:
    """How many columns stay in sight: up to the key, where it is among the first."""
    at = next((at for at, column in enumerate(table.columns) if column.kind is Kind.KEY), 0)
    return at + 1 if at < LEFT and len(table.columns) > LEFT else 0


def _guided(table: Table) -> Table:
    """The sheet that says how to read the workbook, with how to fill it in."""
    if table.id != "readme":
        return table
    guide: tuple[Row, ...] = tuple((LABEL, "", text) for text in GUIDE)

    def rows() -> Iterator[Row]:
        yield from table.rows()
        yield from guide

    return replace(table, rows=rows, count=table.count + len(guide))


def _charted(view: ReportView) -> Table:
    """The numbers of all charts, each beside its words."""
    rows: tuple[Row, ...] = tuple(
        (final(chart.title), final(part.label), part.count)
        for section in spoken(view).sections
        for chart in section.charts
        for part in chart.parts
    )
    purpose = "The numbers of the charts."
    return Table("charts", CHARTS, purpose, _CHART_COLUMNS, lambda: iter(rows), len(rows), "There is nothing to draw.")
