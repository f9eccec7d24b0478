"""Rows of the page: nothing in a cell becomes markup, and rows that stand for several leave none of them out."""

import io
from dataclasses import replace
from html import escape

from hypothesis import given
from hypothesis import strategies as st

from assetctl.report import html
from assetctl.report.gathering import MOST_LINKED, PageRows, gathered
from assetctl.report.inputs import ReportInputs
from assetctl.report.rows import LONG, pieces
from assetctl.report.speech import speech
from assetctl.report.table import Column, Kind, Ref, Row, Table, table
from assetctl.report.templates import Templates
from assetctl.report.view import build
from tests.unit.report_plant import plant

COLUMNS = (
    Column("Id", Kind.KEY),
    Column("Text"),
    Column("Hidden", page=False),
    Column("Code", Kind.CODE),
    Column("State", Kind.MARK),
    Column("Count", Kind.NUMBER),
    Column("Links", Kind.LINKS),
)
PATTERNS = Templates().cells()
texts = st.one_of(
    st.text(max_size=8), st.sampled_from(["<b>", "&amp;", "</td>", '"', "x" * (LONG + 1), "pass", "{text}"])
)
rows = st.tuples(
    st.builds(Ref, st.just("assets-1"), texts),
    texts,
    texts,
    texts,
    texts,
    st.integers(),
    st.lists(st.builds(Ref, st.sampled_from(["", "zones-1"]), texts), max_size=3).map(tuple),
)


def made(held: list[Row], gathers: str = "") -> Table:
    return table("t", "T", "T.", COLUMNS, lambda: held, empty="", gathers=gathers)


@given(rows)
def test_every_value_stands_in_its_row_escaped(row: Row) -> None:
    final = next(made([row]).rows())
    written = "".join(pieces(COLUMNS, [final], PATTERNS, speech("en").marks))
    for at, cell in enumerate(final):
        links = cell if isinstance(cell, tuple) else (cell,) if isinstance(cell, Ref) else ()
        for text in [one.label for one in links] or [str(cell)] * (not isinstance(cell, tuple)):
            assert at == 2 or escape(text) in written
    opened = written.replace("<tr>", "").count("<td") + written.count("<th")
    assert opened == len(COLUMNS) - 1


def test_many_rows_are_written_as_one_by_one() -> None:
    held = [(Ref(f"t-{at}", "k"), "a" * (at % 400), "", "", "fail" if at % 3 else "", at, ()) for at in range(120)]
    together = "".join(pieces(COLUMNS, held, PATTERNS, speech("en").marks))
    assert together == "".join("".join(pieces(COLUMNS, [row], PATTERNS, speech("en").marks)) for row in held)


def linked(at: int, key: str, zone: str) -> Row:
    return (Ref(f"t-{at}", key), "same", f"hidden {at}", "", "fail", 1, (Ref(f"zones-{zone}", zone),))


def test_rows_that_differ_in_one_column_stand_as_one() -> None:
    held = [linked(1, "A", "x"), linked(2, "B", "x"), linked(3, "A", "y"), linked(4, "A", "x")]
    (first, second), count = gathered(made(held, "Links"))
    assert count == 2
    assert first == (*held[0][:6], (Ref("zones-x", "x"), Ref("zones-y", "y")))
    assert second == held[1]


def test_many_gathered_links_are_words() -> None:
    held = [linked(at, "A", f"z{at}") for at in range(MOST_LINKED + 1)]
    (only,), _ = gathered(made(held, "Links"))
    assert only[6] == (Ref("", "z0, z1, z2, z3, z4, z5, z6"),)


def test_rows_that_the_page_has_no_room_for_are_counted_once_each() -> None:
    keys = "ABCABDEDA"
    held = [linked(at, key, f"z{at}") for at, key in enumerate(keys)]
    rows, count = gathered(replace(made(held, "Links"), most=2))
    assert count == len(set(keys))
    assert [row[6] for row in rows] == [
        tuple(Ref(f"zones-z{at}", f"z{at}") for at, one in enumerate(keys) if one == key) for key in "AB"
    ]


def test_no_row_of_a_gathering_table_is_left_out_of_the_page() -> None:
    view = build(plant())
    gathering = [one for one in view.tables() if one.gathers is not None and one.count]
    assert {one.id for one in gathering} >= {"services", "unknowns", "counts", "requirements", "results"}
    for one in gathering:
        at = one.gathers
        assert at is not None
        held = {label for row in (one.page_rows or one.rows)() for label in labels(row[at])}
        told = {label for row in PageRows().first(one) for label in labels(row[at])}
        assert told == held, one.id


def labels(cell: object) -> set[str]:
    if isinstance(cell, tuple):
        return {word for one in cell for word in (one.label.split(", ") if not one.anchor else [one.label])}
    return set(str(cell).split(", "))


def test_a_result_that_the_page_leaves_out_stands_elsewhere_in_it() -> None:
    inputs = plant()
    view = build(inputs)
    results = next(one for one in view.tables() if one.id == "results")
    assert results.page_rows is not None
    assert results.left_out
    assert {row[6] for row in results.page_rows()}.isdisjoint({"fail", "pass"})
    assert written(inputs).count("Failures stand under Findings") == 1


def written(inputs: ReportInputs) -> str:
    out = io.StringIO()
    html.write(replace(build(inputs), language="en"), out)
    return out.getvalue()
