"""The workbook holds what was said as text, leads from finding to evidence, and depends on its content alone."""

import gc
import io
import os
import re
import resource
import sys
import tempfile
import tracemalloc
import zipfile
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.utils import range_boundaries
from openpyxl.utils.datetime import to_excel

from assetctl.errors import InputError
from assetctl.report import cells, xlsx
from assetctl.report.auditor import FINDINGS, FORMS, SEAL, changed, is_of, seal
from assetctl.report.cells import LIMIT, bounded
from assetctl.report.section import Section
from assetctl.report.sheets import letter, require_room
from assetctl.report.table import Column, Kind, Ref, Row, table
from assetctl.report.view import ReportView, build
from assetctl.report.xlsx import _put_down, write
from tests.unit.report_plant import GENERATED, HOSTILE, hostile_plant, plant

PROMISED = """Cover|Read me|Summary|Charts|SL vectors|Requirements|Findings|Results|Unknowns|Assets|Services|Zones
Conduits|Topology|Certificates|Advisories|Life cycle|Golden diff|Waivers|Attestations|Coverage|Exclusions|Authorisation
Traffic|Evidence|Mapping|Checks|Sign-off"""
REFERENCE = re.compile(rb"<f>'Charts'!\$[BC]\$\d+(:\$[BC]\$\d+)?</f>")


@cache
def written(hostile: bool = False) -> bytes:
    return written_of(build(hostile_plant() if hostile else plant()))


def written_of(view: ReportView) -> bytes:
    out = io.BytesIO()
    write(view, out)
    return out.getvalue()


def loaded(hostile: bool = False) -> Workbook:
    return load_workbook(io.BytesIO(written(hostile)))


def members(book: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_every_promised_sheet_is_a_named_table_with_its_own_column_names() -> None:
    book = loaded()
    promised = PROMISED.replace("\n", "|").split("|")
    assert [name for name in book.sheetnames if name in promised] == promised
    names = [name for sheet in book for name in sheet.tables]
    assert len(names) == len(set(names)) == len(book.sheetnames)
    for sheet in book:
        (named,) = sheet.tables.values()
        left, top, right, bottom = range_boundaries(named.ref)
        assert (left, top) == (1, 1)
        assert (right, bottom) == (len([cell for cell in sheet[1] if cell.value]), sheet.max_row)
        heads = [cell.value for cell in sheet[1]]
        assert [column.name for column in named.tableColumns] == heads
        assert len(set(heads)) == len(heads)
        assert named.autoFilter.ref == named.ref


def test_every_sheet_prints_landscape_with_its_heading_on_each_page() -> None:
    for sheet in loaded():
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.print_title_rows == "$1:$1"
        key = {"Requirements": "A", "Waivers": "C", "Unknowns": "B", "Assets": "A", "Evidence": "A"}.get(
            sheet.title, ""
        )
        assert sheet.freeze_panes == (f"{chr(ord(key) + 1)}2" if key else sheet.freeze_panes)
        assert sheet.freeze_panes.endswith("2")
        assert (sheet.print_title_cols or "").endswith(f"${key}" if key else "")
        assert sheet.page_setup.fitToHeight == 0
        assert 1 <= sheet.page_setup.fitToWidth <= 5
        assert all(dimension.width > 8 for dimension in sheet.column_dimensions.values())
        assert bool(sheet.print_area) is (sheet.title != "Charts")
        assert sheet.oddFooter.right.text == "&P / &N"


def test_only_the_auditors_cells_are_open_and_only_they_have_rules() -> None:
    view = build(plant())
    tables = {one.sheet: one for one in view.tables()}
    for sheet in loaded():
        table, heads = tables.get(sheet.title), [cell.value for cell in sheet[1]]
        form = FORMS.get(table.id) if table else None
        titles = {one.heading for one in form.entries} if form else set()
        titles |= {one.title for one in table.columns if one.by_auditor} if table and table.count else set()
        assert set(heads) >= titles
        assert sheet.protection.sheet
        assert not sheet.protection.autoFilter, "filtering stays allowed"
        opened = {cell.column for row in sheet.iter_rows() for cell in row if not cell.protection.locked}
        assert opened == {heads.index(title) + 1 for title in titles}
        assert all(cell.protection.locked for cell in sheet[1])
        ruled = {str(area) for rule in sheet.data_validations.dataValidation for area in rule.sqref.ranges}
        assert ruled == {f"{letter(at - 1)}2:{letter(at - 1)}{sheet.max_row}" for at in opened}


def test_a_seal_tells_the_row_and_what_its_open_cells_held() -> None:
    sheet = loaded()["Findings"]
    heads = [cell.value for cell in sheet[1]]
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    seals = [row[heads.index(SEAL)] for row in rows]
    assert sheet.column_dimensions[letter(heads.index(SEAL))].hidden
    assert len(set(seals)) == len(seals) == next(one.count for one in build(plant()).tables() if one.id == "findings")
    report_id = build(plant()).report_id
    for row, sealed in zip(rows, seals, strict=True):
        cells = [row[heads.index(one.heading)] or "" for one in FINDINGS.entries]
        held = [cell.date().isoformat() if isinstance(cell, datetime) else cell for cell in cells]
        assert is_of(report_id, sealed, [row[heads.index(name)] for name in FINDINGS.told_by])
        assert changed(report_id, sealed, held) == (False,) * 4
        assert changed(report_id, sealed, ["confirmed", *held[1:]]) == (True, False, False, False)
        assert changed(report_id, sealed, held[1:]) is None
    other = load_workbook(io.BytesIO(written_of(build(plant(title="Another report")))))["Findings"]
    assert not set(seals) & {row[heads.index(SEAL)] for row in other.iter_rows(min_row=2, values_only=True)}


@settings(max_examples=40)
@given(st.text(max_size=20), st.text(max_size=20))
def test_a_seal_is_the_same_for_what_a_spreadsheet_program_gives_back(one: str, two: str) -> None:
    sealed = seal("r", (one, f"_x000A_{two}"), (two,))
    assert is_of("r", sealed, (f" {one}", f"_x005F_x000A_{two}"))
    assert changed("r", sealed, (f"{two} ",)) == (False,)
    assert not is_of("r", sealed, (f"{one}y", f"_x000A_{two}"))
    assert not is_of("r2", sealed, (one, f"_x000A_{two}"))
    assert changed("r", sealed, (f"{two}y",)) == (True,)


def test_every_chart_is_drawn_from_the_cells_that_name_it() -> None:
    view = build(plant())
    book = loaded()
    sheet = book["Charts"]
    rows = list(sheet.iter_rows(min_row=2, max_col=3, values_only=True))
    given = [chart for section in view.sections for chart in section.charts]
    assert rows == [(chart.title, part.label, part.count) for chart in given for part in chart.parts]
    drawn = sheet._charts
    assert len(drawn) == len([chart for chart in given if chart.parts])
    for made in drawn:
        (series,) = made.series
        words, numbers = (
            range_boundaries(one.f.split("!")[1].replace("$", "")) for one in (series.cat.numRef, series.val.numRef)
        )
        title = made.title.tx.rich.p[0].r[0].t
        assert {sheet.cell(row, 1).value for row in range(words[1], words[3] + 1)} == {title}
        assert (words[0], words[1], words[3]) == (2, numbers[1], numbers[3])


def test_a_row_is_as_high_as_its_texts_want() -> None:
    vectors = loaded()["SL vectors"]
    assert vectors.row_dimensions[1].height >= 27, "its headings are longer than its columns are wide"
    sheet = loaded()["Read me"]
    long = max(sheet.iter_rows(min_row=2), key=lambda row: len(str(row[2].value)))
    assert sheet.row_dimensions[long[0].row].height >= 27
    assert sheet.row_dimensions[2].height is None or len(str(sheet.cell(2, 3).value)) > 110


@pytest.mark.parametrize("hostile", [False, True])
def test_every_text_is_a_string_for_ever_and_nothing_is_a_formula(hostile: bool) -> None:
    texts = 0
    for sheet in loaded(hostile):
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type in ("s", "n", "d")
                if isinstance(cell.value, str):
                    texts += 1
                    assert cell.data_type == "s"
                    assert cell.quotePrefix or cell.number_format == "@"
    assert texts > 300
    for name, content in members(written(hostile)).items():
        assert b"<f>" not in REFERENCE.sub(b"", content), name
        assert b"externalLink" not in content, name
        assert b'TargetMode="External"' not in content, name


def test_what_a_device_says_stands_in_its_cell() -> None:
    said = {cell.value for row in loaded(hostile=True)["Assets"].iter_rows() for cell in row}
    assert {"=cmd|' /C calc'!A0", "[red]x[/foo]", "javascript:alert(1)", "{{7*7}}{%raw%}"} <= said
    assert {"gnp.\\u202eexe", "nul\\x00nul\\ufffe", "\\ud800 lone"} <= said
    assert HOSTILE[1] in said
    assert any(isinstance(text, str) and text.endswith("… [cut]") for text in said)


def test_a_text_that_spreadsheets_would_decode_is_kept_as_it_is() -> None:
    assert bounded("_x000A_=1+1") == "_x005F_x000A_=1+1"
    assert bounded("_x000A_x000A_") == "_x005F_x000A_x005F_x000A_"
    assert bounded("_x00_") == "_x00_"


@settings(max_examples=40)
@given(st.text(st.sampled_from("A\x00\U0001f600_x0041=\n"), max_size=12), st.sampled_from([1, 4000, 40_000]))
def test_a_cell_never_holds_more_than_it_can_and_marks_the_cut(piece: str, times: int) -> None:
    text = piece * times
    shown = bounded(text)
    assert len(shown.encode("utf-16-le")) <= 2 * LIMIT
    assert shown.endswith("… [cut]") or len(text) <= LIMIT
    assert shown.isprintable()


def test_times_lose_their_zone_and_the_heading_names_it() -> None:
    sheet = loaded()["Scans"]
    heads = [cell.value for cell in sheet[1]]
    started = sheet.cell(2, heads.index("Started (UTC)") + 1)
    assert started.value == datetime(2026, 11, 20, 22, 0)  # noqa: DTZ001
    assert started.number_format == "yyyy-mm-dd hh:mm:ss"


def test_a_number_that_a_spreadsheet_would_round_becomes_text() -> None:
    assert 't="inlineStr"' in cells.written("A1", 2**63, 1)
    assert 't="n"' in cells.written("A1", 2**31, 1)


@given(st.text(max_size=40) | st.integers(-(10**16), 10**16) | st.datetimes(min_value=datetime(1901, 1, 1)))  # noqa: DTZ001
def test_a_cell_holds_what_was_put_into_it(value: str | int | datetime) -> None:
    made = fromstring(cells.written("A1", value, 0))
    match value:
        case datetime():
            assert float(made[0].text or "") == pytest.approx(to_excel(value), abs=1e-9)
        case int() if abs(value) < 10**15:
            assert made[0].text == str(value)
        case _:
            text = bounded(str(value))
            assert (made[0][0].text if text else "") == text


def test_rows_are_written_where_there_is_no_way_past_the_elements() -> None:
    class Elements:
        def __init__(self) -> None:
            self.rows: list[str] = []

        def write(self, element: Element) -> None:
            self.rows.append("".join(element.itertext()))

    elements = Elements()
    _put_down(elements, ['<row r="1">', cells.written("A1", "a & <b>", 0), "</row>"], 1)
    assert elements.rows == ["a & <b>"]


def test_a_finding_leads_to_its_asset_and_the_asset_to_its_evidence() -> None:
    book = loaded()
    heads = [cell.value for cell in book["Findings"][1]]
    for row in book["Findings"].iter_rows(min_row=2):
        if row[heads.index("State")].value not in ("failing", "error"):
            continue  # what an earlier run said has no evidence in this one
        subject, evidence = row[heads.index("Subject")], row[heads.index("Evidence")]
        asset = book["Assets"][subject.hyperlink.location.removeprefix("'Assets'!")]
        assert asset.value == subject.value
        kept = book["Evidence"][evidence.hyperlink.location.removeprefix("'Evidence'!")]
        assert kept.value == evidence.value.split(", ")[0]
        assert subject.hyperlink.ref == subject.coordinate
    asset_heads = [cell.value for cell in book["Assets"][1]]
    linked = [row[asset_heads.index("Evidence")].hyperlink for row in book["Assets"].iter_rows(min_row=2)]
    assert sum(link is not None and link.location.startswith("'Evidence'!") for link in linked) >= 25


def test_every_link_stays_inside_and_leads_to_a_cell_that_is_there() -> None:
    book = loaded(hostile=True)
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.hyperlink:
                    assert cell.hyperlink.target is None
                    name, place = cell.hyperlink.location.rsplit("!", 1)
                    assert book[name.strip("'")][place].value is not None


def test_a_requirement_leads_to_its_finding_and_that_to_its_evidence() -> None:
    book = loaded()
    rows, heads = book["Requirements"], [cell.value for cell in book["Requirements"][1]]
    linked = [
        row[heads.index("Findings")] for row in rows.iter_rows(min_row=2) if row[heads.index("Findings")].hyperlink
    ]
    assert linked
    reached: set[str] = set()
    for cell in linked:
        sheet, place = cell.hyperlink.location.split("!")
        finding = book[sheet.strip("'")][place]
        assert (sheet, finding.value) == ("'Findings'", cell.value.split(", ")[0])
        titles = [one.value for one in book["Findings"][1]]
        evidence = book["Findings"].cell(finding.row, titles.index("Evidence") + 1)
        if evidence.hyperlink:
            sheet, place = evidence.hyperlink.location.split("!")
            assert sheet == "'Evidence'"
            assert book["Evidence"][place].value in evidence.value.split(", ")
            reached.add(finding.value)
    assert reached


def test_equal_views_give_equal_members_in_equal_order() -> None:
    again = written_of(build(plant()))
    assert members(again) == members(written())
    assert list(members(again)) == sorted(members(again))
    with zipfile.ZipFile(io.BytesIO(again)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_time_of_the_report_changes_only_the_cover_and_the_properties() -> None:
    later = members(written_of(build(plant(generated_at=GENERATED + timedelta(hours=1)))))
    changed = {name for name, content in members(written()).items() if later[name] != content}
    assert changed == {"docProps/core.xml", "xl/worksheets/sheet1.xml"}
    assert later["docProps/core.xml"].count(b"2026-11-22T10:30:00Z") == 2


def test_an_empty_table_says_why_it_is_empty() -> None:
    book = load_workbook(io.BytesIO(written_of(build(plant(findings=(), lives=(), exclusions=(), zones=())))))
    assert book["Exclusions"]["A2"].value == "Nothing was excluded."
    assert book["Zones"]["A2"].value == "No zones file was given."
    assert "not a proof" in book["Findings"]["A2"].value


def test_more_links_than_a_sheet_can_hold_become_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MOST_LINKS", 5)
    book = load_workbook(io.BytesIO(written_of(build(plant()))))
    links = [cell for row in book["Values"].iter_rows() for cell in row if cell.hyperlink]
    assert len(links) <= 5
    assert book["Values"].max_row > 100


def test_more_rows_than_a_sheet_holds_are_one_line_and_no_file() -> None:
    view = long_view(1)
    (section,) = (one for one in view.sections if one.id == "long")
    (short,) = section.tables
    for count, is_possible in ((1_048_575, True), (1_048_576, False)):
        grown = replace(view, sections=(replace(section, tables=(replace(short, count=count),)),))
        if is_possible:
            require_room(grown)
            continue
        out = io.BytesIO()
        with pytest.raises(InputError, match=r"sheet Long would have 1048576 rows and can hold 1048575"):
            write(grown, out)
        assert not out.getvalue()


def long_view(rows: int) -> ReportView:
    columns = (Column("Key", Kind.KEY), Column("Lead", Kind.LINKS), *(Column(f"C{at}") for at in range(18)))

    def row(number: int) -> Row:
        lead = (Ref("long-0", "first"),) if number < 100 else ()
        return (Ref(f"long-{min(number, 50)}", str(number)), lead, *(f"value {number} of {at}" for at in range(18)))

    long = table("long", "Long", "Rows.", columns, lambda: map(row, range(rows)), empty="")
    return replace(build(plant()), sections=(Section("long", "Long", tables=(long,)),))


def peak(view: ReportView) -> int:
    tracemalloc.start()
    write(view, io.BytesIO())
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return used


@pytest.mark.parametrize("spare", [0, 1, 7, 20])
def test_what_cannot_be_finished_is_swept_away_without_a_word(
    spare: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every sheet is a file until the end, so descriptors run out at the first, at a later one, or at none."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    said: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", said.append)
    view = build(plant())
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.open(os.devnull, os.O_RDONLY)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free + spare, before[1]))
    try:
        with pytest.raises(OSError, match="open files"):
            write(view, io.BytesIO())
        gc.collect()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert said == []
    assert list(tmp_path.iterdir()) == []


def test_memory_does_not_grow_with_the_rows() -> None:
    """25 000 more cells would take some 8 MB if they were kept; the collector's moods are below 1.5 MB."""
    assert peak(long_view(1_500)) <= peak(long_view(250)) + 1_500_000
