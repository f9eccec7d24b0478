"""The workbook in LibreOffice: opened, worked out anew, typed into and saved, it is the same but for what was typed."""

import json
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from assetctl.report.view import build
from assetctl.report.xlsx import write
from tests.live.office import Office, can_be_alone
from tests.unit.command import Desk
from tests.unit.judged import ONE, desk, differences, heads, judged
from tests.unit.report_plant import HOSTILE, hostile_plant
from tests.unit.scanned import scanned_once, servers

__all__ = ["desk", "judged", "scanned_once", "servers"]

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(
        not can_be_alone(), reason="LibreOffice is not installed, or a network namespace cannot be made"
    ),
]
Links = dict[tuple[str, str], str]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("office"))


@pytest.fixture(scope="module")
def hostile(office: Office) -> tuple[Workbook, Workbook]:
    """A workbook full of hostile texts as we and as LibreOffice saved it."""
    path = office.folder / "hostile.xlsx"
    with path.open("wb") as out:
        write(build(hostile_plant()), out)
    return load_workbook(path), load_workbook(office.converted(path)[0])


@pytest.fixture(scope="module")
def ours(judged: Path) -> Workbook:
    return load_workbook(judged / "report.xlsx")


@pytest.fixture(scope="module")
def returned(office: Office, hostile: object, judged: Path, ours: Workbook) -> Path:
    """The workbook of the desk, into which somebody typed with LibreOffice."""
    return office.typed(judged / "report.xlsx", office.folder / "back.xlsx", entries(ours))


@pytest.fixture(scope="module")
def theirs(returned: Path) -> Workbook:
    return load_workbook(returned)


def entries(book: Workbook) -> list[tuple[str, str, str]]:
    findings, assets = book["Findings"], book["Assets"]
    at, of = heads(findings), heads(assets)
    row = next(cells[0].row for cells in assets.iter_rows() if cells[of["Address"] - 1].value == ONE)
    return [
        ("Findings", findings.cell(2, at["Decision"]).coordinate, "confirmed"),
        ("Findings", findings.cell(2, at["Auditor comment"]).coordinate, "=seen at +A1, 100 %"),
        ("Findings", findings.cell(3, at["Owner"]).coordinate, "Press"),
        ("Findings", findings.cell(3, at["Due"]).coordinate, "2027-03-01"),
        ("Assets", assets.cell(row, of["Asset number"]).coordinate, "0815"),
        ("Assets", assets.cell(row, of["Criticality"]).coordinate, "low"),
    ]


def texts(book: Workbook) -> dict[tuple[str, str], object]:
    return {(s.title, c.coordinate): c.value for s in book for row in s.iter_rows() for c in row if c.value is not None}


def links(book: Workbook) -> Links:
    cells = (cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.hyperlink)
    return {(cell.parent.title, cell.coordinate): str(cell.hyperlink.location) for cell in cells}


def rules(book: Workbook) -> set[tuple[str, str, str]]:
    return {(s.title, rule.type, str(rule.sqref)) for s in book for rule in s.data_validations.dataValidation}


def opened(book: Workbook) -> set[tuple[str, str]]:
    cells = (cell for sheet in book for row in sheet.iter_rows() for cell in row)
    return {(cell.parent.title, cell.coordinate) for cell in cells if not cell.protection.locked}


def test_nothing_but_what_was_typed_is_different(ours: Workbook, theirs: Workbook) -> None:
    assert ours.sheetnames == theirs.sheetnames
    before, after = texts(ours), texts(theirs)
    typed = {(sheet, cell) for sheet, cell, _ in entries(ours)}
    assert {place for place in before.keys() | after.keys() if before.get(place) != after.get(place)} == typed
    assert not [place for place, value in after.items() if str(value).startswith(("#REF", "#NAME", "#VALUE", "Err:"))]
    assert links(ours)
    assert links(ours) == links(theirs)
    assert rules(ours) == rules(theirs)
    assert opened(ours) == opened(theirs)
    for one, other in zip(ours, theirs, strict=True):
        assert (one.max_row, one.protection.sheet) == (other.max_row, other.protection.sheet)
        assert [named.ref for named in one.tables.values()] == [named.ref for named in other.tables.values()]
        assert (one.print_title_rows, len(one._charts)) == (other.print_title_rows, len(other._charts))
        assert other.page_setup.orientation == "landscape"


def test_what_was_typed_comes_back_and_nothing_else(desk: Desk, returned: Path, theirs: Workbook) -> None:
    findings = theirs["Findings"]
    first, second = (findings.cell(row, heads(findings)["Finding id"]).value for row in (2, 3))
    shown = desk.call("--format", "json", "findings", "import", str(returned))
    assert differences(shown) == sorted(
        [
            (first, "decision", "indication", "confirmed"),
            (first, "comment", "", "=seen at +A1, 100 %"),
            (second, "owner", "", "Press"),
            (second, "due", "", "2027-03-01"),
        ]
    )
    told = json.loads(desk.call("--format", "json", "assets", "import", str(returned)).out)["data"]
    assert {(row["about"], row["field"], row["old"], row["new"]) for row in told} == {
        ("position PRESS-1", "asset_number", "", "0815"),
        ("position PRESS-1", "asset_criticality", "high", "low"),
    }


def test_hostile_texts_are_still_texts_that_can_be_seen(hostile: tuple[Workbook, Workbook]) -> None:
    written, saved = hostile
    before, after = texts(written), texts(saved)
    assert {place: _plain(value) for place, value in before.items()} == {
        place: _plain(value) for place, value in after.items()
    }
    said = {cell.value for row in saved["Assets"].iter_rows() for cell in row}
    assert {HOSTILE[0], HOSTILE[1], "gnp.\\u202eexe", "\\ud800 lone"} <= said
    kinds = {cell.data_type for sheet in saved for row in sheet.iter_rows() for cell in row}
    assert kinds <= {"s", "n", "d"}
    assert all(place.startswith("'") for place in links(saved).values())


def _plain(value: object) -> object:
    """LibreOffice escapes what looks like an escape, as we do, each in its own way."""
    return value.replace("_x005F", "") if isinstance(value, str) else value
