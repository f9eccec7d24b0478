"""The rows of a table as the page writes them: cells by their patterns, every value escaped, many cells at once.

A hundred thousand cells are not worth a template each: Jinja lays out the page, and these patterns its rows.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import groupby, islice

from assetctl.report.table import Cell, Column, Kind, Ref, Row, picker
from assetctl.report.words import Mark

PLACES: Mapping[str, frozenset[str]] = {
    **{kind.value: frozenset({"{text}"}) for kind in (Kind.TEXT, Kind.CODE, Kind.NUMBER, Kind.TIME, Kind.MARK)},
    "key": frozenset({"{text}", "{anchor}"}),
    "links": frozenset({"{links}"}),
    "link": frozenset({"{text}", "{anchor}"}),
    "long": frozenset({"{text}"}),
    "empty": frozenset(),
}
"""By pattern the places that it must have."""

LONG = 300  # characters, from which on a cell scrolls
_TOGETHER = 50  # rows in a piece
_PLAIN = frozenset({Kind.TEXT, Kind.CODE, Kind.NUMBER, Kind.TIME})
_SHORT: Mapping[str, str] = {
    "assets": "a",
    "attestations": "t",
    "checks": "k",
    "conduits": "c",
    "evidence": "e",
    "findings": "f",
    "waivers": "w",
    "zones": "z",
}
"""Tables to which many links lead, by a letter: an anchor is the same in every report, and long only once."""
_BETWEEN = "\0"  # stands in no text of a view: what is hidden in a text is spelled out

_Part = Callable[[Row], str]


def pieces(
    columns: Sequence[Column], rows: Iterable[Row], patterns: Mapping[str, str], marks: Mapping[str, Mark]
) -> Iterator[str]:
    """The rows in pieces. patterns: see `PLACES`. marks: by word, how a state is drawn."""
    parts = tuple(_parts(columns, patterns, marks))
    written = ("\n<tr>" + "".join([part(row) for part in parts]) for row in rows)
    while piece := "".join(islice(written, _TOGETHER)):
        yield piece


def _parts(columns: Sequence[Column], patterns: Mapping[str, str], marks: Mapping[str, Mark]) -> Iterator[_Part]:
    """What writes the cells of a row from left to right; columns of plain texts that stand alike are one part."""
    on_page = [(at, column.kind) for at, column in enumerate(columns) if column.page]
    for alike, same in groupby(on_page, key=lambda one: patterns[one[1]] if one[1] in _PLAIN else one[1]):
        places = [at for at, _ in same]
        match alike:
            case Kind.KEY:
                yield from (_key(at, patterns) for at in places)
            case Kind.MARK:
                yield from (_mark(at, patterns, marks) for at in places)
            case Kind.LINKS:
                yield from (_links(at, patterns) for at in places)
            case pattern:
                yield _plain(places, pattern, patterns)


def _plain(places: Sequence[int], pattern: str, patterns: Mapping[str, str]) -> _Part:
    """Plain cells side by side, as one text where each of them is short."""
    taken, (head, tail) = picker(places), pattern.split("{text}")
    empty, (begin, end) = patterns["empty"], patterns["long"].split("{text}")

    def cell(text: str) -> str:
        if len(text) > LONG:
            return head + begin + text + end + tail
        return head + text + tail if text else empty

    def write(row: Row) -> str:
        cells = taken(row)
        whole = escape(_BETWEEN.join(map(str, cells)))
        if (len(whole) > LONG and max(map(len, whole.split(_BETWEEN))) > LONG) or (head != empty and "" in cells):
            return "".join(map(cell, whole.split(_BETWEEN)))
        return head + whole.replace(_BETWEEN, tail + head) + tail

    return write


def _key(at: int, patterns: Mapping[str, str]) -> _Part:
    linked = _linked(patterns["key"])

    def write(row: Row) -> str:
        cell = row[at]
        return linked(cell) if isinstance(cell, Ref) else ""

    return write


def _mark(at: int, patterns: Mapping[str, str], marks: Mapping[str, Mark]) -> _Part:
    made: dict[Cell, str] = {"": patterns["empty"]}
    for word, mark in marks.items():
        if word:
            made[word] = _drawn(patterns["mark"], word, mark)

    def write(row: Row) -> str:
        known = made.get(row[at])
        return patterns["text"].replace("{text}", escape(str(row[at]))) if known is None else known

    return write


def _drawn(pattern: str, word: str, mark: Mark) -> str:
    return pattern.replace("{tone}", mark.tone).replace("{sign}", mark.sign).replace("{text}", escape(word))


def anchor(ref: Ref) -> str:
    """The name of a row within the page."""
    table, dash, key = ref.anchor.partition("-")
    return _SHORT.get(table, table) + dash + key


def _links(at: int, patterns: Mapping[str, str]) -> _Part:
    linked, (head, tail) = _linked(patterns["link"]), patterns["links"].split("{links}")
    empty, (begin, end) = patterns["empty"], patterns["long"].split("{text}")

    def write(row: Row) -> str:
        cell = row[at]
        if not isinstance(cell, tuple) or not cell:
            return empty
        joined = " ".join([linked(one) if one.anchor else escape(one.label) for one in cell])
        is_long = sum([len(one.label) for one in cell]) > LONG
        return head + begin + joined + end + tail if is_long else head + joined + tail

    return write


def _linked(pattern: str) -> Callable[[Ref], str]:
    """How a link is written; its anchor stands before its text, or after it."""
    first = pattern.index("{anchor}") < pattern.index("{text}")
    places = ("{anchor}", "{text}") if first else ("{text}", "{anchor}")
    head, rest = pattern.split(places[0])
    middle, tail = rest.split(places[1])

    def write(ref: Ref) -> str:
        named, label = escape(anchor(ref)), escape(ref.label)
        told = (named, label) if first else (label, named)
        return head + told[0] + middle + told[1] + tail

    return write
