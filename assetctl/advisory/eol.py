"""The user's list of ends of sale and of support, as CSV with a heading line or as a YAML list.

maker: Siemens
product: 6ES7 3??-*          # order code or product name; ?, x and * stand for what varies
end_of_sale: 2023-10-01      # either date may be missing, not both
end_of_support: 2033-10-01
source: maker's letter of 2022-11-04
"""

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from assetctl.advisory.records import LifeCycle
from assetctl.documents import read_text_lines, read_yaml
from assetctl.errors import InputError
from assetctl.makers import canonical
from assetctl.text import near, one_line

COLUMNS = ("maker", "product", "end_of_sale", "end_of_support", "source")
MOST_ROWS = 20_000
MOST_TEXT = 300
_FIRST, _LAST = date(1970, 1, 1), date(2100, 12, 31)


def read_file(path: Path) -> tuple[LifeCycle, ...]:
    """The rows of a list. Raises InputError with file and line; no row is left out."""
    rows = _csv(path) if path.suffix.lower() == ".csv" else _yaml(path)
    named = len(str(path)) - len(path.name)  # what is kept names the file, not the folders of this machine
    found = tuple(replace(_row(place, row), place=place[named:]) for place, row in rows)
    if not found:
        raise InputError(f"{path}: at least one row is expected, none was found")
    if len(found) > MOST_ROWS:
        raise InputError(f"{path}: at most {MOST_ROWS} rows are read, {len(found)} were found; split the file")
    return found


def _csv(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    lines = read_text_lines(path)
    reader = csv.reader(
        lines, delimiter=";" if lines and lines[0].count(";") > lines[0].count(",") else ",", strict=True
    )
    heads: list[str] = []
    try:
        for cells in reader:
            if not heads:
                heads = [cell.strip().casefold() for cell in cells]
            elif any(cell.strip() for cell in cells):
                if len(cells) != len(heads):
                    raise InputError(
                        f"{path}:{reader.line_num}: {len(heads)} cells are expected, {len(cells)} were found"
                    )
                yield f"{path}:{reader.line_num}", dict(zip(heads, cells, strict=True))
    except csv.Error as error:
        problem = f"{path}:{reader.line_num}: CSV is expected, {one_line(str(error))} was found; check the quotes"
    else:
        return
    raise InputError(problem)


def _yaml(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    document = read_yaml(path)
    if not isinstance(document.root, list):
        raise InputError(f'{path}: a list of rows is expected, each beginning with "- maker: ..."')
    for index, row in enumerate(document.root):
        place = document.place((index, "maker"))
        if not isinstance(row, dict) or not all(isinstance(value, str) for value in row.values()):
            raise InputError(f"{place}: a row of texts is expected; the fields are {', '.join(COLUMNS)}")
        yield place, row


def _row(place: str, row: dict[str, str]) -> LifeCycle:
    for name in row:
        if name not in COLUMNS:
            raise InputError(f"{place}: {one_line(name, most=40)!r} is not known here{near(name, COLUMNS)}")
    texts = {name: row.get(name, "").strip() for name in COLUMNS}
    for name in ("maker", "product", "source"):
        if not texts[name] or len(texts[name]) > MOST_TEXT:
            raise InputError(f"{place}: {name}: a text of 1 to {MOST_TEXT} characters is expected")
    if not any(sign.isalnum() and sign != "x" for sign in texts["product"]):
        raise InputError(f"{place}: product: a pattern that fits everything was found; name a code or a product")
    sale, support = (_day(place, name, texts[name]) for name in ("end_of_sale", "end_of_support"))
    if sale is None and support is None:
        raise InputError(f"{place}: end_of_sale or end_of_support is expected, both are empty")
    if sale and support and support < sale:
        raise InputError(f"{place}: end_of_support {support} lies before end_of_sale {sale}; check the dates")
    return LifeCycle(canonical(texts["maker"]), texts["product"], sale, support, texts["source"], place)


def _day(place: str, name: str, text: str) -> date | None:
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise InputError(
            f"{place}: {name}: a date such as 2030-12-31 is expected, {one_line(text, most=40)!r} was found"
        ) from None
    if not _FIRST <= found <= _LAST:
        raise InputError(f"{place}: {name}: a date from {_FIRST} to {_LAST} is expected, {found} was found")
    return found
