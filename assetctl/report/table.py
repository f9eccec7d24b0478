"""Tables as re-iterable row streams. All texts and numbers in them are final."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import chain, compress
from operator import itemgetter
from unicodedata import category

from assetctl.text import visible

MOST_TEXT = 4096
MOST_LABEL = 200

_PLAIN_KEY = re.compile(r"[\w.:/-]{1,100}", re.ASCII)


class Kind(StrEnum):
    """What the cells of a column hold; every writer decides by this alone how to show them."""

    TEXT = "text"  # str
    CODE = "code"  # str: an identifier, an address, hexadecimal
    NUMBER = "number"  # int
    TIME = "time"  # str: RFC 3339 in UTC, or ""
    MARK = "mark"  # str: a result, a severity or a yes/no word that has a sign of its own
    KEY = "key"  # Ref: the row's own id, at most one such column, the first
    LINKS = "links"  # tuple[Ref, ...]: ids of rows in other tables


@dataclass(frozen=True, slots=True)
class Ref:
    """A row by its anchor, and the words that stand for it. Without an anchor they lead nowhere."""

    anchor: str
    label: str


Cell = str | int | Ref | tuple[Ref, ...]
Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """page: shown in the page; every column stands in the workbook. width: of the workbook column, in characters.

    by_auditor: to be filled in by whoever reads the workbook; what stands there already is what the store knows.
    is_relative: its values are told from the day of the report, and are no part of its id.
    """

    title: str
    kind: Kind = Kind.TEXT
    width: int = 18
    page: bool = True
    by_auditor: bool = False
    is_relative: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table under its sheet name. rows: a fresh iterator at every call, always the same rows.

    empty: the sentence in place of rows. folded: closed in the page until asked for. most: rows in the page.
    gathers: the column whose values stand together in the page where the rest of neighbouring rows is the same.
    page_rows: those of the page where it does not show all, and left_out: the sentence that says where the others are.
    """

    id: str
    sheet: str
    purpose: str
    columns: tuple[Column, ...]
    rows: Callable[[], Iterator[Row]]
    count: int
    empty: str
    folded: bool = False
    most: int = 20_000
    gathers: int | None = None
    page_rows: Callable[[], Iterator[Row]] | None = None
    left_out: str = ""


def table(
    id: str,
    sheet: str,
    purpose: str,
    columns: tuple[Column, ...],
    rows: Callable[[], Iterable[Row]],
    *,
    empty: str,
    folded: bool = False,
    most: int = 20_000,
    gathers: str = "",
    page_rows: Callable[[], Iterable[Row]] | None = None,
    left_out: str = "",
    count: int | None = None,
) -> Table:
    """A table whose cells pass `final` on their way out. gathers: title of that column.

    count: of its rows, where the caller knows it; else they are counted once.
    """

    finished = _finisher(columns)

    def streamed(rows: Callable[[], Iterable[Row]]) -> Callable[[], Iterator[Row]]:
        return lambda: map(finished, rows())

    at = next(place for place, column in enumerate(columns) if column.title == gathers) if gathers else None
    count = sum(1 for _ in rows()) if count is None else count
    in_page = streamed(page_rows) if page_rows else None
    return Table(id, sheet, purpose, columns, streamed(rows), count, empty, folded, most, at, in_page, left_out)


def final(text: str, most: int = MOST_TEXT) -> str:
    """Text as every output may carry it: nothing hidden in it, nothing XML forbids, of bounded length."""
    if len(text) <= most and text.isprintable():
        return text
    shown = visible(text, most=most)
    return shown if shown.isprintable() else "".join(map(_drawn, shown))


def ref(table_id: str, key: str, label: str = "") -> Ref:
    """A link to the row of a table that has this key. A key that is no plain word is replaced by its digest."""
    plain = key if _PLAIN_KEY.fullmatch(key) else hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:24]
    return Ref(f"{table_id}-{plain}", final(label or key, MOST_LABEL))


def moment(at: datetime | None) -> str:
    """A time as every output prints it, to the second; "" for none."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ") if at else ""


def digest(texts: Iterable[str], tables: Iterable[Table]) -> str:
    """SHA-256 over texts and every row of the tables: equal content, equal digest."""
    whole = hashlib.sha256()
    encode = json.JSONEncoder(ensure_ascii=False, default=lambda link: (link.anchor, link.label)).encode
    heads = map(encode, texts)
    rows = (encode((one.id, *row)) for one in tables for row in _lasting(one))
    for line in chain(heads, rows):
        whole.update(line.encode() + b"\n")
    return whole.hexdigest()


def _lasting(one: Table) -> Iterator[Row]:
    """Rows without what is told from the day of the report."""
    if not any(column.is_relative for column in one.columns):
        return one.rows()
    kept = [not column.is_relative for column in one.columns]
    return (tuple(compress(row, kept)) for row in one.rows())


def _drawn(char: str) -> str:
    """A character that can be seen, or its code: tags, soft hyphens and what XML forbids are in no list of escapes."""
    if char.isprintable() or category(char) == "Zs":
        return char
    return f"\\u{ord(char):04x}"


def _finisher(columns: tuple[Column, ...]) -> Callable[[Row], Row]:
    """All cells of a row through `final`. Nearly every row is final as it is, which one look at its texts tells."""
    worded = (Kind.TEXT, Kind.CODE, Kind.TIME, Kind.MARK)
    texts = picker([at for at, column in enumerate(columns) if column.kind in worded])
    others = [at for at, column in enumerate(columns) if column.kind not in worded]

    def finished(row: Row) -> Row:
        try:
            whole = "".join(texts(row))  # type: ignore[arg-type]
        except TypeError:
            return tuple(map(_final_cell, row))  # a number among the texts
        if len(whole) > MOST_TEXT or not whole.isprintable():
            return tuple(map(_final_cell, row))
        for at in others:
            cell = row[at]
            for link in cell if isinstance(cell, tuple) else (cell,):
                if not _is_final(link):
                    return tuple(map(_final_cell, row))
        return row

    return finished


def picker(places: Sequence[int]) -> Callable[[Row], Sequence[Cell]]:
    """What takes the cells of these places out of a row."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda row: tuple(row[at] for at in places)


def _is_final(cell: Cell) -> bool:
    """Whether the words of a link are final; a number is."""
    return len(cell.label) <= MOST_LABEL and cell.label.isprintable() if isinstance(cell, Ref) else cell != str(cell)


def _final_cell(cell: Cell) -> Cell:
    if isinstance(cell, str):
        return final(cell)
    if isinstance(cell, Ref):
        return Ref(cell.anchor, final(cell.label, MOST_LABEL))
    if isinstance(cell, tuple):
        return tuple(Ref(one.anchor, final(one.label, MOST_LABEL)) for one in cell)
    return cell
