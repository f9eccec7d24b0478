"""A workbook comes back from its auditor: what they entered is what changes, and nothing of a wrong one is taken in."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from assetctl.documents import parse_yaml
from assetctl.report.auditor import ASSETS, FINDINGS, SEAL
from tests.unit.command import Desk
from tests.unit.judged import ONE, REGISTER, TWO, desk, differences, edited, filled, heads, ids, judged
from tests.unit.scanned import scanned_once, servers

__all__ = ["desk", "judged", "scanned_once", "servers"]


def state(desk: Desk, id: str) -> dict[str, Any]:
    return dict(json.loads(desk.call("--format", "json", "findings", "show", id).out)["data"])


def test_an_untouched_workbook_changes_nothing(desk: Desk) -> None:
    for group in ("findings", "assets"):
        said = desk.call(group, "import", "report.xlsx")
        assert (said.code, said.out) == (0, "")
        assert "0 differences; nothing to do" in said.err


def test_a_german_workbook_is_read_back_as_the_english_one(desk: Desk) -> None:
    id = ids(desk, FINDINGS)[0]
    assert desk.call("report", "xlsx", "--out", "de.xlsx", "--language", "de").code == 0
    assert "0 differences; nothing to do" in desk.call("findings", "import", "de.xlsx").err
    book = load_workbook(desk.folder / "de.xlsx")
    sheet, at = book["Befunde"], heads(book["Befunde"])
    row = next(row for row in sheet.iter_rows(min_row=2) if row[at["Befund-Kennung"] - 1].value == id)
    row[at["Entscheidung"] - 1].value = "bestätigt"
    row[at["Kommentar des Prüfers"] - 1].value = "gesehen"
    book.save(desk.folder / "de.xlsx")
    said = desk.call("--format", "json", "findings", "import", "de.xlsx")
    assert {(one["id"], one["field"], one["new"]) for one in json.loads(said.out)["data"]} == {
        (id, "decision", "confirmed"),
        (id, "comment", "gesehen"),
    }


def test_the_difference_is_exactly_what_was_entered_and_is_made_only_when_told_to(desk: Desk) -> None:
    first, second, third = ids(desk, FINDINGS)[:3]
    back = filled(
        desk,
        FINDINGS,
        {
            first: {"Decision": "confirmed", "Auditor comment": "=seen on site", "Owner": "Press"},
            second: {"Decision": "rejected", "Auditor comment": "a test rig"},
            third: {"Due": "2027-03-01", "Auditor comment": "in the\nshutdown"},
        },
    )
    wanted = sorted(
        [
            (first, "decision", "indication", "confirmed"),
            (first, "comment", "", "=seen on site"),
            (first, "owner", "", "Press"),
            (second, "decision", "indication", "rejected"),
            (second, "comment", "", "a test rig"),
            (third, "due", "", "2027-03-01"),
            (third, "comment", "", "in the shutdown"),
        ]
    )
    assert differences(desk.call("--format", "json", "findings", "import", back)) == wanted
    assert state(desk, first)["assessment"] == "indication"
    assert desk.call("findings", "import", back, "--apply").code == 2
    done = desk.call("--format", "json", "findings", "import", back, "--apply", "--by", "A. Auditor")
    assert (done.code, differences(done)) == (0, wanted)
    assert "entries of 3 findings" in done.err
    told = state(desk, first)
    assert (told["assessment"], told["owner"]) == ("confirmed", "Press")
    assert [(one["what"], one["by"]) for one in told["history"][1:]] == [
        ("assigned", "A. Auditor"),
        ("confirmed", "A. Auditor"),
    ]
    assert told["history"][-1]["reason"] == "=seen on site"
    assert (state(desk, second)["assessment"], state(desk, third)["due"]) == ("rejected", "2027-03-01")
    again = desk.call("--format", "json", "findings", "import", back, "--apply", "--by", "B")
    assert differences(again) == []
    assert len(state(desk, third)["history"]) == len(state(desk, second)["history"]) == 2


def test_a_remark_alone_is_kept_once_and_a_withdrawal_ends(desk: Desk) -> None:
    first, second = ids(desk, FINDINGS)[:2]
    entries = {
        first: {"Auditor comment": "ask the owner"},
        second: {"Decision": "withdrawn", "Auditor comment": "line was sold"},
    }
    back = filled(desk, FINDINGS, entries)
    for _ in range(2):
        assert desk.call("findings", "import", back, "--apply", "--by", "A").code == 0
    assert [(one["what"], one["reason"]) for one in state(desk, first)["history"][1:]] == [
        ("commented", "ask the owner")
    ]
    assert state(desk, second)["state"].startswith("withdrawn")
    late = filled(desk, FINDINGS, {second: {"Owner": "Press"}})
    assert "only an open finding can be changed" in desk.call("findings", "import", late).errors[0]


def test_what_others_said_meanwhile_is_shown_beside_the_difference(desk: Desk) -> None:
    first = ids(desk, FINDINGS)[0]
    desk.call("findings", "reject", first, "--by", "B. Other", "--reason", "a test rig")
    back = filled(desk, FINDINGS, {first: {"Decision": "confirmed", "Auditor comment": "no, it is not"}})
    rows = json.loads(desk.call("--format", "json", "findings", "import", back).out)["data"]
    assert {(row["field"], row["old"]) for row in rows} == {("decision", "rejected"), ("comment", "")}
    assert all("rejected by B. Other" in row["note"] for row in rows)


def test_what_is_declared_is_exactly_what_was_entered(desk: Desk) -> None:
    sheet = load_workbook(desk.folder / "short.xlsx")["Assets"]
    at = heads(sheet)
    by_address = {row[at["Address"] - 1]: row[at["Asset id"] - 1] for row in sheet.iter_rows(values_only=True)}
    one, two = by_address[ONE], by_address[TWO]
    entries = {
        one: {"Department or owner": "", "Criticality": "medium", "Tags": "press, old"},
        two: {"Asset number": "0815"},
    }
    back = filled(desk, ASSETS, entries)
    wanted = sorted(
        [
            (one, "department_owner", "Press", ""),
            (one, "asset_criticality", "high", "medium"),
            (one, "tags", "", "press, old"),
            (two, "asset_number", "", "0815"),
        ]
    )
    shown = desk.call("--format", "json", "assets", "import", back)
    assert differences(shown) == wanted
    assert f"new position P-{TWO}" in next(r["note"] for r in json.loads(shown.out)["data"] if r["id"] == two)
    assert (desk.folder / "register.yaml").read_text() == REGISTER
    assert desk.call("assets", "import", back, "--apply").code == 0
    text = (desk.folder / "register.yaml").read_text()
    assert "# since the audit" in text
    press, new = parse_yaml(text, Path("r")).root["positions"]
    assert press["declared"] == {"asset_criticality": "medium", "tags": ["press", "old"]}
    assert (new["match"], new["declared"]) == ({"ip_address": TWO}, {"asset_number": "0815"})
    record = json.loads(desk.call("--format", "json", "assets", "show", TWO).out)["data"]
    assert record["facts"]["asset_number"] == "0815"
    assert differences(desk.call("--format", "json", "assets", "import", back)) == []


WRONG = (
    ({"Finding id": "no-such"}, "no-such: no such finding"),
    ({"Finding id": ""}, "no id: no such finding"),
    ({"Title": "Other title"}, "does not belong to what stands beside it"),
    ({SEAL: "0123456789ab"}, "does not belong to what stands beside it"),
    ({"Finding id": "=A1"}, "Finding id: a formula"),
    ({"Auditor comment": "=1+1"}, "Auditor comment: a formula"),
    ({"Decision": "maybe"}, "one of confirmed, rejected, withdrawn is expected, maybe was found"),
    ({"Auditor comment": None}, "confirmed without a comment"),
    ({"Finding id": "no-such", SEAL: None}, "no-such: no such finding"),
    ({"Due": "soon"}, "a day such as 2027-03-01 is expected, soon was found"),
    ({"Auditor comment": "gnp.\u202eexe"}, "hidden characters in gnp.\\u202eexe"),
    ({"Auditor comment": "x" * 2001}, "2001 characters, at most 2000"),
)


def test_one_wrong_entry_and_nothing_is_taken_in(desk: Desk) -> None:
    right = ids(desk, FINDINGS)[0]

    def spoil(sheet: Any, at: dict[str, int]) -> None:
        first = [cell.value for cell in sheet[2]]
        sheet.delete_rows(3, sheet.max_row)
        for number, (change, _) in enumerate(WRONG, start=3):
            for column, value in enumerate(first, start=1):
                sheet.cell(number, column, value)
            for heading, text in {"Decision": "confirmed", "Auditor comment": "seen", **change}.items():
                sheet.cell(number, at[heading]).value = text
        sheet.cell(2, at["Owner"], "Press")

    done = desk.call("findings", "import", edited(desk, FINDINGS, spoil), "--apply", "--by", "A. Auditor")
    assert done.code == 2
    for number, (_, said) in enumerate(WRONG, start=3):
        assert any(f"row {number}:" in line and said in line for line in done.errors), said
    assert f"row 5: {right} stands in Findings, row 2 already" in done.err
    assert "nothing was taken in" in done.errors[-1]
    assert state(desk, right)["owner"] == ""


def test_ids_that_changed_places_are_noticed(desk: Desk) -> None:
    """Each of the two is known, so that only what stands beside them tells."""

    def swap(sheet: Any, at: dict[str, int]) -> None:
        column = at["Finding id"]
        one, two = sheet.cell(2, column).value, sheet.cell(3, column).value
        sheet.cell(2, column, two)
        sheet.cell(3, column, one)
        sheet.cell(2, at["Owner"], "Press")

    done = desk.call("findings", "import", edited(desk, FINDINGS, swap))
    assert "does not belong to what stands beside it" in done.errors[0]


def test_rows_may_be_sorted_and_columns_moved(desk: Desk) -> None:
    first = ids(desk, FINDINGS)[0]

    def sort(sheet: Any, at: dict[str, int]) -> None:
        sheet.cell(2, at["Owner"], "Press")
        rows = [[cell.value for cell in row][::-1] for row in sheet.iter_rows()]
        sheet.delete_rows(1, sheet.max_row)
        for row in (rows[0], *reversed(rows[1:])):
            sheet.append(row)

    back = edited(desk, FINDINGS, sort)
    assert differences(desk.call("--format", "json", "findings", "import", back)) == [(first, "owner", "", "Press")]


def named(heading: str, other: str) -> Callable[[Any, dict[str, int]], None]:
    return lambda sheet, at: sheet.cell(1, at[heading], other)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (named("Evidence", "Decision"), 'the column "Decision" stands twice'),
        (named("Decision", "Decisions"), 'the column "Decision" is missing, did you mean "Decisions"?'),
        (named("Seal", "x"), 'the column "Seal" is missing'),
        (lambda sheet, _: setattr(sheet, "title", "Other"), 'there is no sheet "Findings"'),
        (lambda sheet, _: sheet.parent.remove(sheet.parent["Cover"]), 'there is no sheet "Cover"'),
        (lambda sheet, _: sheet.parent["Cover"].delete_rows(1, 99), "its cover names no report"),
    ],
)
def test_another_workbook_is_refused_in_one_line(
    desk: Desk, change: Callable[[Any, dict[str, int]], None], said: str
) -> None:
    done = desk.call("findings", "import", edited(desk, FINDINGS, change))
    assert (done.code, len(done.errors)) == (2, 1)
    assert said in done.errors[0]


def test_a_workbook_of_another_inventory_says_which(desk: Desk) -> None:
    def other(sheet: Any, _: dict[str, int]) -> None:
        for row in sheet.parent["Cover"].iter_rows():
            if row[0].value == "Run of the checks":
                row[1].value = "c-20200101T000000-abcdef"

    back = edited(desk, FINDINGS, other)
    for group in ("findings", "assets"):
        done = desk.call(group, "import", back)
        assert (done.code, len(done.errors)) == (2, 1)
        assert (
            "of Brewhouse was made from run c-20200101T000000-abcdef, which is not in this inventory" in done.errors[0]
        )


def emptied(heading: str) -> Callable[[Any, dict[str, int]], None]:
    def clear(sheet: Any, at: dict[str, int]) -> None:
        for row in range(2, sheet.max_row + 1):
            sheet.cell(row, at[heading]).value = None

    return clear


def test_what_was_only_assigned_or_observed_cannot_be_emptied(desk: Desk) -> None:
    first = ids(desk, FINDINGS)[0]
    desk.call("findings", "assign", first, "--owner", "Press", "--by", "B")
    assert desk.call("-q", "report", "xlsx", "--out", "short.xlsx").code == 0
    done = desk.call("findings", "import", edited(desk, FINDINGS, emptied("Owner")))
    assert [line for line in done.errors if "Owner: was emptied; it can be changed, not taken away" in line]
    assert len(done.errors) == 2
    back = edited(desk, ASSETS, emptied("Criticality"))
    (row,) = differences(desk.call("--format", "json", "assets", "import", back))
    assert row[1:] == ("asset_criticality", "high", "")


def wrong_asset(sheet: Any, at: dict[str, int]) -> None:
    sheet.cell(2, at["Criticality"], "urgent")
    sheet.cell(3, at["Notes"], '=HYPERLINK("http://evil.example")')
    sheet.cell(4, at["Asset id"], "as-no-such")
    sheet.cell(4, at["Notes"], "x")


def test_wrong_values_of_assets_leave_the_register_as_it_is(desk: Desk) -> None:
    done = desk.call("assets", "import", edited(desk, ASSETS, wrong_asset), "--apply")
    assert done.code == 2
    for said in ("Criticality: high, medium or low", "Notes: a formula", "as-no-such: no such asset"):
        assert any(said in line for line in done.errors), said
    assert (desk.folder / "register.yaml").read_text() == REGISTER


def bomb(text: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", text)
    return out.getvalue()


ENTITIES = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><workbook>&b;</workbook>'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"id,decision\n1,confirmed\n", "not a whole workbook"),
        (b"%PDF-1.4 ...", "not a whole workbook"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 512, "the old Excel format"),
        (bomb(b"\0" * 20_000_000), "too much for a list"),
        (bomb(ENTITIES), "the workbook is damaged"),
    ],
)
def test_what_is_no_workbook_is_refused_in_one_line(desk: Desk, content: bytes, said: str) -> None:
    desk.write("back.xlsx", content)
    for group in ("findings", "assets"):
        done = desk.call(group, "import", "back.xlsx")
        assert (done.code, len(done.errors)) == (2, 1)
        assert said in done.errors[0]


def test_a_workbook_that_was_cut_off_is_refused_wherever_it_ends(desk: Desk) -> None:
    whole = (desk.folder / "report.xlsx").read_bytes()
    for share in (0.2, 0.6, 0.95, 0.999):
        desk.write("back.xlsx", whole[: int(len(whole) * share)])
        done = desk.call("findings", "import", "back.xlsx")
        assert (done.code, len(done.errors)) == (2, 1)
        assert "not a whole workbook" in done.errors[0]


def test_a_workbook_of_somebody_else_is_not_ours(desk: Desk) -> None:
    book = Workbook()
    book.save(desk.folder / "back.xlsx")
    assert 'there is no sheet "Cover"' in desk.call("assets", "import", "back.xlsx").errors[0]
