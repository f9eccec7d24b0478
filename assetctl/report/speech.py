"""The language of a report. English is the source: a catalogue gives the words of another language by the English ones.

A key is a whole text, or a pattern of one with named places: {name} holds anything, {word^} no blank, {count#} digits,
and {words*} a phrase that is looked up itself, part by part where it is a list. What is not in the catalogue stays as
it is: words of devices, files and people. The texts of a check stand in its own file, for every language it speaks.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import replace
from functools import cache, lru_cache
from importlib.resources import files
from types import MappingProxyType

from assetctl.errors import InputError
from assetctl.policy.check import TRANSLATIONS
from assetctl.report.auditor import Entry
from assetctl.report.charts import Chart, told
from assetctl.report.section import Drawing, Figure, Section, Shape
from assetctl.report.table import Cell, Column, Kind, Ref, Row, Table
from assetctl.report.view import ReportView
from assetctl.report.words import Mark, words
from assetctl.text import near

SOURCE = "en"
LANGUAGES = (SOURCE, *TRANSLATIONS)
MOST_PHRASE = 2000
_PLACE = re.compile(r"\{(\w+)([#*^]?)\}")
_HELD = {"#": "[0-9]+", "^": "[^ ]+"}
_LISTS = ("; ", ", ")
_SLOT = re.compile(r"\{([\w.]+)\}")
_SLOT_PHRASES = frozenset({"reason"})  # placeholders of checks that hold words of the program
_NAMED = frozenset({"makers", "roles"})  # charts whose labels are names, but for what sums up the rest
_PLACE_NAME = "bold"  # tone of a drawn name of a zone or conduit
_ENTERED = frozenset(
    {"Project", "Site", "Company", "System under consideration", "Supersedes"}
)  # cover: people's words
_COVER, _COVER_ITEM = frozenset({"Item", "Value"}), frozenset({"Item"})
_FOREIGN = frozenset({"Asset", "Subject", "Part of"})  # links whose words are always a name


class Speech:
    """One language. A call gives a text in it, or the text itself when the catalogue does not have it.

    wider: asked for what `texts` lack.
    """

    def __init__(self, language: str, texts: Mapping[str, str], wider: "Speech | None" = None) -> None:
        self.language = language
        self.wider = wider
        self.checks: Mapping[str, Speech] = {}
        self.texts = {key: text for key, text in texts.items() if not _PLACE.search(key)}
        patterns = sorted(texts.keys() - self.texts.keys(), key=lambda key: (-len(_PLACE.sub("", key)), key))
        self._patterns = tuple((*_compiled(key), texts[key]) for key in patterns)
        self.find = lru_cache(maxsize=1 << 14)(self._find)
        self.marks = MappingProxyType({self(word): mark for word, mark in words().marks.items()})

    def __call__(self, text: str) -> str:
        found = self.find(text)
        return text if found is None else found

    def _find(self, text: str) -> str | None:
        """The text in this language, None when the catalogue does not have it."""
        if text in self.texts or len(text) > MOST_PHRASE:
            return self.texts.get(text)
        for pattern, phrases, said in self._patterns:
            if match := pattern.fullmatch(text):
                return self._filled(said, match.groupdict(), phrases)
        return self.wider.find(text) if self.wider else None

    def _filled(self, said: str, parts: Mapping[str, str], phrases: frozenset[str]) -> str:
        told = {name: self.phrase(part) if name in phrases else part for name, part in parts.items()}
        return _PLACE.sub(lambda place: told[place[1]], said)

    def phrase(self, text: str) -> str:
        """A text whose parts may be known one by one, such as "2 met, 3 not determined"."""
        found = self.find(text)
        if found is not None:
            return found
        mark = next((mark for mark in _LISTS if mark in text), "")
        return mark.join(map(self.phrase, text.split(mark))) if mark else text

    def mark(self, word: str) -> Mark | None:
        """How a word is drawn, in whichever language it stands."""
        return self.marks.get(word)

    def row(self, table: Table, row: Row) -> Row:
        """A row with the words of the report and of its check in this language."""
        own = _columns("columns").get(table.id, frozenset())
        if table.id == "cover":
            own = _COVER_ITEM if row[0] in _ENTERED else _COVER
        check, checked = self._check(row), _columns("checks").get(table.id, frozenset())
        return tuple(
            check(cell) if isinstance(cell, str) and column.title in checked else self._cell(own, column, cell)
            for column, cell in zip(table.columns, row, strict=True)
        )

    def _check(self, row: Row) -> "Speech":
        """The words of the check that a row names by a link."""
        links = (cell if isinstance(cell, tuple) else (cell,) for cell in row if isinstance(cell, tuple | Ref))
        labels = (one.label for link in links for one in link)
        return next((self.checks[label] for label in labels if label in self.checks), self)

    def _cell(self, own: frozenset[str], column: Column, cell: Cell) -> Cell:
        if isinstance(cell, str):
            if not cell or not (column.kind is Kind.MARK or column.title in own):
                return cell
            return self(cell) if column.kind is Kind.MARK or own is _COVER else self.phrase(cell)
        if isinstance(cell, tuple) and column.title not in _FOREIGN:
            return tuple(one if one.anchor else Ref("", self(one.label)) for one in cell)
        return cell

    def table(self, table: Table) -> Table:
        return replace(
            table,
            sheet=self(table.sheet),
            purpose=self(table.purpose),
            empty=self(table.empty),
            left_out=self(table.left_out),
            columns=tuple(replace(one, title=self(one.title)) for one in table.columns),
            rows=self._rows(table, table.rows),
            page_rows=self._rows(table, table.page_rows) if table.page_rows else None,
        )

    def _rows(self, table: Table, rows: Callable[[], Iterator[Row]]) -> Callable[[], Iterator[Row]]:
        return lambda: (self.row(table, row) for row in rows())

    def entry(self, entry: Entry) -> Entry:
        """What can be filled in, in this language."""
        told = tuple(map(self, entry.choices))
        return replace(entry, heading=self(entry.heading), prompt=self(entry.prompt), choices=told)

    def section(self, section: Section) -> Section:
        return Section(
            section.id,
            self(section.title),
            self._all(section.lead),
            self._all(section.points),
            tuple(map(self._figure, section.figures)),
            tuple(map(self.chart, section.charts)),
            tuple(map(self.drawing, section.drawings)),
            tuple(map(self.table, section.tables)),
        )

    def chart(self, chart: Chart) -> Chart:
        parts = tuple(replace(part, label=self._label(part.label, is_name=chart.id in _NAMED)) for part in chart.parts)
        return replace(chart, title=self(chart.title), description=self(told(parts)), parts=parts)

    def drawing(self, drawing: Drawing) -> Drawing:
        return replace(
            drawing,
            title=self(drawing.title),
            description=self(drawing.description),
            notes=self._all(drawing.notes),
            shapes=tuple(map(self._shape, drawing.shapes)),
        )

    def _label(self, label: str, *, is_name: bool) -> str:
        return label if is_name and label in self.texts and label != "not known" else self(label)

    def _figure(self, figure: Figure) -> Figure:
        return replace(figure, label=self(figure.label), note=self(figure.note))

    def _shape(self, shape: Shape) -> Shape:
        is_name = shape.tone == _PLACE_NAME and shape.words in self.texts
        return shape if shape.tag != "text" or is_name else replace(shape, words=self.phrase(shape.words))

    def _all(self, texts: Iterable[str]) -> tuple[str, ...]:
        return tuple(map(self, texts))


def spoken(view: ReportView) -> ReportView:
    """The view in its language, as the page lays it out. Its id stays: it is that of the content."""
    if view.language == SOURCE:
        return view
    say = speech_of(view)
    return replace(
        view,
        title=say(view.title),
        classification=say(view.classification),
        label=say(view.label),
        cover=tuple((say(item), value if item in _ENTERED else say(value)) for item, value in view.cover),
        notices=tuple(map(say, view.notices)),
        sections=tuple(map(say.section, view.sections)),
        front=tuple(map(say.table, view.front)),
    )


def speech_of(view: ReportView) -> Speech:
    """The language of a view, in which its checks speak too."""
    general = speech(view.language)
    if view.language == SOURCE:
        return general
    say = copy(general)
    told = ((check, said[view.language]) for check, said in view.said.items() if view.language in said)
    say.checks = {check: Speech(view.language, _with_places(texts), general) for check, texts in told}
    return say


def _with_places(texts: Mapping[str, str]) -> Mapping[str, str]:
    """Wordings of a check as patterns: {asset.name} is the place asset_name."""

    def key(slot: re.Match[str]) -> str:
        return "{" + slot[1].replace(".", "_") + ("*" if slot[1] in _SLOT_PHRASES else "") + "}"

    def told(slot: re.Match[str]) -> str:
        return "{" + slot[1].replace(".", "_") + "}"

    return {_SLOT.sub(key, text): _SLOT.sub(told, said) for text, said in texts.items()}


@cache
def speech(language: str) -> Speech:
    """A language by its code. Raises InputError for one that is not shipped."""
    if language not in LANGUAGES:
        raise InputError(f"language {language}: one of {', '.join(LANGUAGES)} expected{near(language, LANGUAGES)}")
    return Speech(language, {} if language == SOURCE else _read(f"{language}.toml")["texts"])


def foreign() -> Iterator[Speech]:
    """The languages besides English."""
    return (speech(language) for language in LANGUAGES if language != SOURCE)


@cache
def _columns(kind: str) -> Mapping[str, frozenset[str]]:
    """By table, the columns whose cells are the report's own words, or those of the check that the row names."""
    return {table: frozenset(titles) for table, titles in _read("said.toml")[kind].items()}


def _read(name: str) -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(files("assetctl.report").joinpath("texts", name).read_text("utf-8"))


def _compiled(key: str) -> tuple[re.Pattern[str], frozenset[str]]:
    """The expression of a key, and the names of its places that hold phrases."""
    made, done, phrases = "", 0, set()
    for place in _PLACE.finditer(key):
        name, kind = place[1], place[2]
        held = f"(?P={name})" if f"(?P<{name}>" in made else f"(?P<{name}>{_HELD.get(kind, '.+?')})"
        made += re.escape(key[done : place.start()]) + held
        done = place.end()
        if kind == "*":
            phrases.add(name)
    return re.compile(made + re.escape(key[done:])), frozenset(phrases)
