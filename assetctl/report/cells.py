"""The one way into a workbook cell: what devices and files said stays text, is visible, and fits."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from assetctl.report.table import Cell, Kind, Ref, final
from assetctl.text import CUT_MARK

LIMIT = 32_767  # UTF-16 units that a cell can hold
HEAD, NUMBER_HEAD, ENTRY_HEAD = "head", "number head", "entry head"
ENTRY, ENTRY_DAY, SEALED = "entry", "entry day", "sealed"
_DAY_0, _DAY_S = datetime(1899, 12, 30), 86_400  # noqa: DTZ001 - spreadsheets know no zones
_EXACT = 10**15  # numbers from here on are not exact in a spreadsheet
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_INK = {"good": "1C6A3B", "bad": "A3241D", "warn": "805000", "error": "6D2A86", "quiet": "525C66"}
_WASH = {"good": "E6F3EA", "bad": "FBE7E5", "warn": "FBF1DA", "error": "F3E8F7", "quiet": "F3F1EB"}
_AMBER, _AMBER_WASH = "805000", "FFF6DC"
TONES: Mapping[str, str] = _INK | {
    "sev-critical": "7A1410",
    "sev-high": "A3241D",
    "sev-medium": "805000",
    "sev-low": "525C66",
}
"""Colour of a bar by the tone of what it counts."""

Styles = Mapping[str, int]
"""Number of the style by its name."""


def written(place: str, value: Cell | datetime, style: int) -> str:
    """A cell as XML. A text is made harmless, cut visibly at LIMIT, and stays text for ever, "=1+1" included.

    place: such as "B7". Source: ISO/IEC 29500-1, 18.3.1.4 (c), 18.3.1.53 (is), 18.18.11 (types of cells).
    """
    if isinstance(value, datetime):
        return f'<c r="{place}" s="{style}" t="n"><v>{_serial(value)}</v></c>'
    if isinstance(value, int) and abs(value) < _EXACT:
        return f'<c r="{place}" s="{style}" t="n"><v>{int(value)}</v></c>'
    text = bounded(words_of(value))
    if not text:
        return f'<c r="{place}" s="{style}" t="n" />'
    space = "" if text == text.strip() else ' xml:space="preserve"'
    return f'<c r="{place}" s="{style}" t="inlineStr"><is><t{space}>{escape(text)}</t></is></c>'


def _serial(value: datetime) -> str:
    """A time as the days since 1900 that spreadsheets count."""
    since: float = (value.replace(tzinfo=None) - _DAY_0).total_seconds() / _DAY_S
    return f"{since:.16g}"


def bounded(text: str) -> str:
    """Text as a cell can hold it. Spreadsheets read "_x000A_" as a control character: such a text is kept as it is."""
    if 2 * len(text) <= LIMIT and "_x" not in text and text.isprintable():
        return text
    shown = _ESCAPED.sub("_x005F_", final(text, LIMIT))
    units = shown.encode("utf-16-le")
    if len(units) <= 2 * LIMIT:
        return shown
    return units[: 2 * (LIMIT - len(CUT_MARK))].decode("utf-16-le", "ignore") + CUT_MARK


def styles(sheet: Any) -> Styles:
    """One prepared style for each kind of cell and tone of mark."""
    made = {
        HEAD: _style(sheet, {"bold": True, "color": "FFFFFF"}, fill="0B5566"),
        NUMBER_HEAD: _style(sheet, {"bold": True, "color": "FFFFFF"}, fill="0B5566", horizontal="right"),
        ENTRY_HEAD: _style(sheet, {"bold": True, "color": "FFFFFF"}, fill=_AMBER),
        ENTRY: _style(sheet, {}, fill=_AMBER_WASH, number_format="@", locked=False),
        ENTRY_DAY: _style(sheet, {}, fill=_AMBER_WASH, number_format="yyyy-mm-dd", locked=False),
        SEALED: _style(sheet, {"name": "Consolas", "size": 8, "color": "8A929B"}),
        Kind.TEXT: _style(sheet, {}),
        Kind.CODE: _style(sheet, {"name": "Consolas", "size": 9}),
        Kind.KEY: _style(sheet, {"bold": True}),
        Kind.LINKS: _style(sheet, {"color": "0B5566", "underline": "single"}),
        Kind.NUMBER: _style(sheet, {}, horizontal="right"),
        Kind.TIME: _style(sheet, {"color": "525C66"}, number_format="yyyy-mm-dd hh:mm:ss"),
    }
    return made | {tone: _style(sheet, {"bold": True, "color": _INK[tone]}, fill=_WASH[tone]) for tone in _INK}


def _style(
    sheet: Any,
    font: Mapping[str, Any],
    *,
    fill: str = "",
    number_format: str = "",
    horizontal: str = "left",
    locked: bool = True,
) -> int:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font, PatternFill, Protection

    cell: Any = WriteOnlyCell(sheet)
    cell.font = Font(**{"name": "Calibri", "size": 10, **font})
    cell.alignment = Alignment(vertical="top", wrap_text=True, horizontal=horizontal, indent=int(horizontal == "right"))
    cell.quotePrefix = not number_format
    if fill:
        cell.fill = PatternFill("solid", fgColor=fill)
    if number_format:
        cell.number_format = number_format
    if not locked:
        cell.protection = Protection(locked=False)
    return int(cell.style_id)


def words_of(value: Cell) -> str:
    """A cell of the view as one text."""
    if isinstance(value, Ref):
        return value.label
    return ", ".join(ref.label for ref in value) if isinstance(value, tuple) else str(value)
