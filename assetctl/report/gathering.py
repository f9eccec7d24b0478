"""Rows of the page that stand for several: what is the same of many subjects is said once, with all of them.

A few of them are links; many are words, which a hundred stops of the tabulator key would not make easier to find.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from assetctl.report.table import Cell, Kind, Ref, Row, Table

MOST_LINKED = 6


class PageRows:
    """The rows of tables as the page has them. The last table that was gathered is kept, since it is counted first."""

    def __init__(self) -> None:
        self._last: tuple[Table | None, Sequence[Row], int] = (None, (), 0)

    def shown(self, table: Table) -> int:
        """How many rows the page would have with room for all."""
        if table.gathers is not None:
            return self._gathered(table)[1]
        return sum(1 for _ in table.page_rows()) if table.page_rows else table.count

    def first(self, table: Table) -> Iterator[Row]:
        """Those that the page has room for."""
        rows = self._gathered(table)[0] if table.gathers is not None else (table.page_rows or table.rows)()
        return islice(rows, table.most)

    def _gathered(self, table: Table) -> tuple[Sequence[Row], int]:
        if self._last[0] is not table:
            self._last = table, *gathered(table)
        return self._last[1:]


def gathered(table: Table) -> tuple[Sequence[Row], int]:
    """Rows that differ in the gathering column only are one row, where the first of them stands, with all its values.

    What the page does not show of them is that of the first. Returns those that the page has room for, and how many
    there are in all: of the others, which may be millions, only a number each is kept.
    """
    at = table.gathers
    assert at is not None, "only a table that gathers is asked for this"
    shown = [place for place, column in enumerate(table.columns) if column.page and place != at]
    keys = frozenset(place for place in shown if table.columns[place].kind is Kind.KEY)
    held: dict[tuple[Cell, ...], tuple[Row, list[Cell]]] = {}
    beyond: set[int] = set()
    for row in (table.page_rows or table.rows)():
        rest = tuple([_label(row[place]) if place in keys else row[place] for place in shown])
        if (known := held.get(rest)) is not None:
            known[1].append(row[at])
        elif len(held) < table.most:
            held[rest] = row, [row[at]]
        else:
            beyond.add(hash(rest))
    rows = tuple([(*first[:at], _all(cells), *first[at + 1 :]) for first, cells in held.values()])
    return rows, len(rows) + len(beyond)


def _label(cell: Cell) -> Cell:
    return cell.label if isinstance(cell, Ref) else cell


def _all(cells: Sequence[Cell]) -> Cell:
    """Every value once, in the order of the rows."""
    if not isinstance(cells[0], tuple):
        return _listed(map(str, cells))
    links = dict.fromkeys(one for cell in cells if isinstance(cell, tuple) for one in cell)
    return tuple(links) if len(links) <= MOST_LINKED else (Ref("", _listed(one.label for one in links)),)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(words))
