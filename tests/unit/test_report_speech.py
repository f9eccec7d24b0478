"""A report in German says nothing in English but what devices and people said."""

import io
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest

import assetctl
from assetctl.errors import InputError
from assetctl.policy.check import Check
from assetctl.policy.load import checks_folder, load_checks
from assetctl.policy.values import REASONS
from assetctl.report import html, xlsx
from assetctl.report.auditor import FORMS, GUIDE, LABEL, SEAL
from assetctl.report.heat import CELL, GAP, SHORT
from assetctl.report.inputs import CheckInfo
from assetctl.report.sheets import ordered
from assetctl.report.speech import _PLACE, SOURCE, Speech, speech, speech_of, spoken
from assetctl.report.table import Kind, Table
from assetctl.report.view import ReportView, build
from assetctl.report.words import words
from tests.unit.report_plant import plant

DE = speech("de")
EMPTY = plant(assets=(), zones=(), findings=(), scans=(), positions=())
ROOT = Path(assetctl.__file__).parent
BOLD_WIDTH = 6.9  # pixels of a character of bold words of 12 pixels, on average


def raw() -> dict[str, str]:
    held = tomllib.loads(files("assetctl.report").joinpath("texts", "de.toml").read_text("utf-8"))
    texts: dict[str, str] = held["texts"]
    return texts


@cache
def written() -> str:
    """All texts of the program, with what breaks a text over lines taken out."""
    paths = (path for path in (*ROOT.rglob("*.py"), *ROOT.rglob("*.toml")) if "texts" not in path.parts)
    sources = [path.read_text("utf-8") for path in paths]
    sources += [path.read_text("utf-8") for path in (ROOT.parent / "reports" / "templates").iterdir()]
    return re.sub(r'"\s*\n\s*f?"', "", "\n".join(sources)).replace('\\"', '"')


def own_words(view: ReportView) -> Iterator[str]:
    """Every text that is the report's own wherever it stands."""
    yield view.label
    yield from (item for item, _ in view.cover)
    yield from view.notices
    for section in view.sections:
        yield from (section.title, *section.lead, *section.points)
        yield from (text for figure in section.figures for text in (figure.label, figure.note))
        yield from (text for chart in section.charts for text in (chart.title,))
        for drawing in section.drawings:
            yield from (drawing.title, drawing.description, *drawing.notes)
    for table in (*view.front, *view.tables()):
        yield from of_table(table)


def of_table(table: Table) -> Iterator[str]:
    yield from (table.sheet, table.purpose, table.empty)
    yield from (column.title for column in table.columns)
    marks = [at for at, column in enumerate(table.columns) if column.kind is Kind.MARK]
    yield from (str(row[at]) for row in table.rows() for at in marks)


def all_own() -> set[str]:
    texts = {text for view in (build(plant()), build(EMPTY)) for text in own_words(view)}
    texts |= {text for table in ordered(build(plant())) for text in of_table(table)}
    return texts - {""}


def test_every_text_of_the_report_itself_is_in_german() -> None:
    assert {text for text in all_own() if DE.find(text) is None} == set()


def test_every_word_of_the_word_list_is_in_german() -> None:
    held = words()
    texts = {*held.marks, *held.glossary, *held.glossary.values(), *held.strengths.values(), *held.decides.values()}
    texts |= {held.label, *held.limits, held.unverified_name, held.unverified_cell, *held.reasons}
    texts |= {text for reason in held.reasons.values() for text in (reason.meaning, reason.remedy)}
    texts |= {*GUIDE, LABEL, SEAL}
    texts |= {text for form in FORMS.values() for entry in form.entries for text in (entry.heading, entry.prompt)}
    assert {text for text in texts - {""} if DE.find(text) is None} == set()


def is_written(piece: str) -> bool:
    """Whether a part of a key stands in the program, or, where the program composes it, all of its words do."""
    words_of = re.findall("[a-z]{4,}", piece.casefold())
    return piece.strip() in written() or all(word in written().casefold() for word in words_of)


def test_every_key_is_a_text_of_the_program() -> None:
    assert [key for key in raw() if not all(map(is_written, _PLACE.split(key)[::3]))] == []


def test_the_places_of_a_key_and_its_text_are_the_same() -> None:
    for key, text in raw().items():
        assert {place[0] for place in _PLACE.findall(key)} == {place[0] for place in _PLACE.findall(text)}, key
        assert all(not kind for _, kind in _PLACE.findall(text)), text


def test_a_mark_looks_alike_in_every_language() -> None:
    for word, mark in words().marks.items():
        assert DE.mark(DE(word)) == mark, word


def test_sheets_and_headings_stay_apart_and_fit() -> None:
    tables = ordered(build(plant()))
    sheets = [DE(one.sheet) for one in tables]
    assert len(set(map(str.casefold, sheets))) == len(sheets)
    assert all(len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in sheets)
    for table in tables:
        titles = [DE(column.title) for column in table.columns]
        assert len(set(titles)) == len(titles), table.sheet


@pytest.mark.parametrize("say", [speech(SOURCE), DE], ids=[SOURCE, "de"])
def test_words_fit_into_the_cells_of_a_heat_map(say: Speech) -> None:
    for word in SHORT.values():
        assert 8 + len(say(word)) * BOLD_WIDTH <= CELL - GAP, word


def test_choices_fit_into_a_cell_rule() -> None:
    for form in FORMS.values():
        for entry in map(DE.entry, form.entries):
            assert len(",".join(entry.choices)) <= 253
            assert len(entry.prompt) <= 255
            assert len(entry.heading) <= 32


def test_words_of_devices_stay_as_they_are() -> None:
    view = build(plant())
    assets = next(one for one in view.tables() if one.id == "assets")
    columns = [column.title for column in assets.columns]
    for title in ("Host name", "Asset", "Model", "Zone"):
        at = columns.index(title)
        linked = [row for row in assets.rows() if title != "Zone"]
        assert [row[at] for row in linked] == [DE.row(assets, row)[at] for row in linked]


def test_english_is_what_it_was() -> None:
    view = build(plant())
    assert spoken(view) is view
    assert speech(SOURCE)("Assets") == "Assets"


def test_the_page_is_german_and_keeps_its_id() -> None:
    view = replace(build(plant()), language="de")
    out = io.StringIO()
    html.write(view, out)
    page = out.getvalue()
    assert '<html lang="de">' in page
    assert view.report_id in page
    for text in (
        "Skip to the report",
        "Chapters",
        "What weakens this report",
        "Statement of limits",
        " rows<",
        ">unknown<",
    ):
        assert text not in page


def test_the_workbook_is_the_same_bytes_twice() -> None:
    view = replace(build(plant()), language="de")
    first, second = io.BytesIO(), io.BytesIO()
    xlsx.write(view, first)
    xlsx.write(view, second)
    assert first.getvalue() == second.getvalue()


def test_a_text_of_many_places_is_found_in_bounded_time() -> None:
    text = "waiver " + "(, owner ) is unused: no failure of  at " * 40
    assert DE.find(text) is None


def test_a_language_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="language fr: one of en, de expected"):
        speech("fr")


def test_a_phrase_is_taken_part_by_part() -> None:
    say = Speech("x", {"{count#} met": "{count} erfüllt", "rest": "Rest"})
    assert say.phrase("2 met, rest, other") == "2 erfüllt, Rest, other"


def test_the_texts_of_every_check_are_in_german() -> None:
    assert [check.id for check in packaged() if "de" not in check.said] == []


def test_a_wording_of_a_check_keeps_what_it_was_filled_with() -> None:
    (check,) = (one for one in packaged() if one.id == "SVC-002")
    judged = build(plant(checks=(CheckInfo(check.id, check.title, check.severity, said=check.said),)))
    say = speech_of(replace(judged, language="de")).checks["SVC-002"]
    assert say(check.title) == "Telnet ist abgeschaltet"
    told = "press 7 open: {x} speaks Telnet (tcp/23 port_state = open); logins cross the network in clear text."
    assert say(told).startswith("press 7 open: {x} spricht Telnet (tcp/23 port_state = open); Anmeldungen")
    reason = "tcp/23 port_state: the evidence is older than the check allows"
    assert say(f"Whether P speaks Telnet is open: {reason}.") == (
        "Ob P Telnet spricht, ist offen: tcp/23 port_state: der Nachweis ist älter, als die Prüfung zulässt."
    )


def test_every_reason_of_an_unknown_is_in_german() -> None:
    assert [text for text in REASONS.values() if DE.find(text) is None or DE.find(f"model: {text}") is None] == []


def test_a_place_that_comes_twice_holds_the_same_both_times() -> None:
    say = Speech("x", {"{a} and again {a}": "{a} und {a}"})
    assert say("one and again one") == "one und one"
    assert say("one and again two") == "one and again two"


@cache
def packaged() -> tuple[Check, ...]:
    return load_checks((checks_folder(),))
