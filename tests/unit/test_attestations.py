"""Attestations: what counts and what does not, the file, and the questionnaire there and back."""

import hashlib
import io
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from assetctl.documents import parse_yaml
from assetctl.errors import Exit, InputError
from assetctl.exchange.questionnaire import ANSWERS, Question, read, write
from assetctl.policy.attestations import (
    Answer,
    Attestation,
    AttestationFile,
    Known,
    attestations_of,
    notices,
    standings,
)
from assetctl.policy.frameworks import IEC
from assetctl.policy.load import load_frameworks
from tests.unit.command import Desk

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
ROWS = load_frameworks()[IEC].rows
KNOWN = Known(tuple(ROWS), ("cell-1", "cell-2"), ("c-1",), ("INV-001",))
PAPER = b"who may have an account, and how it ends"
SHA = hashlib.sha256(PAPER).hexdigest()
ENTRY = f"""\
# answered in the workshop of October
schema: 1
attestations:
  - id: A-1
    requirement: SR 1.3
    zone: cell-1
    answer: yes  # shown to the auditor
    statement: Accounts end with the contract.
    document: accounts.pdf
    sha256: {SHA}
    author: A. Example
    organisation: Example Works
    reviewer: B. Example
    reviewer_organisation: Example Audit
    date: 2026-10-01
    valid_until: 2027-10-01
    despite: [INV-001]
"""


def loaded(text: str) -> AttestationFile:
    return attestations_of(parse_yaml(text, Path("attestations.yaml")), today=TODAY, known=KNOWN)


def one() -> Attestation:
    return loaded(ENTRY).attestations[0]


def fault(told: Attestation, today: date = TODAY, digest: str | None = SHA) -> str:
    (standing,) = standings([told], today=today, digest=lambda _: digest)
    return standing.fault


def test_an_attestation_says_everything_that_stands_in_its_file() -> None:
    assert one() == Attestation(
        id="A-1",
        requirement="SR 1.3",
        place="cell-1",
        is_conduit=False,
        answer=Answer.YES,
        statement="Accounts end with the contract.",
        document="accounts.pdf",
        sha256=SHA,
        author="A. Example",
        organisation="Example Works",
        reviewer="B. Example",
        reviewer_organisation="Example Audit",
        given=date(2026, 10, 1),
        valid_until=date(2027, 10, 1),
        despite=("INV-001",),
    )
    assert one().is_independent
    assert not replace(one(), reviewer_organisation=" example  works").is_independent
    assert not replace(one(), reviewer_organisation="").is_independent


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ""),
        ({"valid_until": TODAY}, ""),
        ({"valid_until": TODAY - timedelta(days=1)}, "was valid until 2026-11-21"),
        ({"document": ""}, "names no document"),
        ({"sha256": ""}, "names no document"),
        ({"reviewer": ""}, "nobody has reviewed it"),
        ({"reviewer": "a.  EXAMPLE"}, "is its reviewer too"),
    ],
)
def test_an_answer_counts_only_with_document_review_and_validity(changes: dict[str, Any], said: str) -> None:
    found = fault(replace(one(), **changes))
    assert said in found
    assert bool(found) == bool(said)


def test_a_document_that_is_missing_or_changed_ends_an_answer() -> None:
    assert "is not there" in fault(one(), digest=None)
    assert "has changed since" in fault(one(), digest="0" * 64)


def test_what_does_not_count_is_said_aloud_and_so_is_a_near_end() -> None:
    def said(told: Attestation) -> str:
        return "; ".join(notices(standings([told], today=TODAY, digest=lambda _: SHA)))

    assert said(one()) == ""
    assert "ends in 30 days" in said(replace(one(), valid_until=TODAY + timedelta(days=30)))
    assert "does not count: nobody has reviewed it" in said(replace(one(), reviewer=""))
    assert "does not count: it was valid until" in said(replace(one(), valid_until=date(2026, 1, 1)))
    late_no = replace(one(), answer=Answer.NO, valid_until=date(2026, 1, 1))
    assert "stands against its row still" in said(late_no)


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("requirement: SR 1.3", "requirement: SR 1.33", 5, "there is no row SR 1.33"),
        ("zone: cell-1", "zone: cel-1", 6, 'there is no zone cel-1, did you mean "cell-1"'),
        ("zone: cell-1", "conduit: c-9", 6, "there is no conduit c-9"),
        ("zone: cell-1", "zone: cell-1\n    conduit: c-1", 4, "one of zone and conduit is expected"),
        ("answer: yes", "answer: maybe", 7, "is not one of yes, no, partly, not applicable"),
        (f"sha256: {SHA}", "sha256: abc", 10, "is not a SHA-256"),
        ("date: 2026-10-01", "date: 2026-11-23", 15, "lies in the future"),
        ("valid_until: 2027-10-01", "valid_until: 2027-10-03", 4, "at most 366 days after 2026-10-01"),
        ("valid_until: 2027-10-01", "valid_until: 2026-10-01", 4, "a day after 2026-10-01"),
        ("[INV-001]", "[INV-002]", 17, "there is no check INV-002"),
        ("author: A. Example\n", "author: ''\n", 11, "a text is expected"),
        ("reviewer: B.", "reviewed: B.", 13, "unknown key"),
    ],
)
def test_a_mistake_is_one_line_with_its_place(old: str, new: str, line: int, said: str) -> None:
    assert old in ENTRY
    with pytest.raises(InputError) as error:
        loaded(ENTRY.replace(old, new))
    lines = str(error.value).splitlines()
    assert any(told.startswith(f"attestations.yaml:{line}: ") and said in told for told in lines), lines


ZONES = """\
schema: 2
zones:
  - {id: cell-1, networks: [10.20.1.0/24], sl_t: 2}
  - {id: "cell-2", networks: [10.20.2.0/24]}
conduits:
  - {id: c-1, from: cell-1, to: cell-2, opens: from, sl_t: {DC: 1}}
"""
SETTINGS = '[files]\nzones = "zones.yaml"\nattestations = "attestations.yaml"\n'


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    (tmp_path / "desk").mkdir()
    made = Desk(tmp_path / "desk", monkeypatch)
    made.write("assetctl.toml", SETTINGS)
    made.write("zones.yaml", ZONES)
    made.write("accounts.pdf", PAPER)
    return made


ANSWER = ("SR 1.3", "yes", "--zone", "cell-1", "--author", "A. Example", "--reviewer", "B. Example")


def test_an_answer_is_added_with_the_hash_of_its_document_and_renewed(desk: Desk) -> None:
    assert desk.call("attest", "add", *ANSWER, "--document", "accounts.pdf").code == 0
    path = desk.folder / "attestations.yaml"
    assert f"sha256: {SHA}" in path.read_text()
    (row,) = map(json.loads, desk.call("--format", "jsonl", "attest", "list").out.splitlines())
    assert (row["id"], row["counts"], row["note"]) == ("cell-1_SR1.3", True, "")
    desk.write("accounts.pdf", PAPER + b".")
    path.write_text(path.read_text().replace("answer: yes", "answer: yes  # keep"))
    listed = desk.call("attest", "list")
    assert "does not count: its document accounts.pdf has changed" in listed.err
    assert desk.call("attest", "renew", "cell-1_SR1.3", "--reviewer", "C. Example").code == 0
    assert "answer: yes  # keep" in path.read_text()
    assert "does not count" not in desk.call("attest", "list").err
    assert desk.call("attest", "renew", "cell-1_SR1.4", "--reviewer", "C").errors[0].count("did you mean") == 1


def test_an_answer_without_its_document_is_refused(desk: Desk) -> None:
    said = desk.call("attest", "add", *ANSWER, "--document", "nowhere.pdf")
    assert said.code == Exit.USAGE
    assert "this document is not there" in said.errors[0]
    assert not (desk.folder / "attestations.yaml").exists()


def book(questions: list[Question]) -> Any:
    stream = io.BytesIO()
    write(questions, stream, at=NOW)
    return load_workbook(io.BytesIO(stream.getvalue()))


def test_the_questionnaire_asks_every_row_of_every_place(desk: Desk) -> None:
    said = desk.call("attest", "export", "q.xlsx")
    assert said.code == 0, said.err
    assert "300 questions" in said.err
    made = load_workbook(desk.folder / "q.xlsx")
    assert made.sheetnames == ["Read me", "cell-1", "cell-2", "c-1"]
    for sheet in made.worksheets[1:]:
        head = [cell.value for cell in sheet[1]]
        assert sheet.protection.sheet
        assert [row[head.index("Requirement")].value for row in sheet.iter_rows(min_row=2)] == list(ROWS)
        for cell in sheet[2]:
            assert cell.protection.locked is (head[cell.column - 1] not in ANSWERS)
        kinds = {(one.type, str(one.sqref)) for one in sheet.data_validations.dataValidation}
        assert {kind for kind, _ in kinds} == {"list", "date"}
    targets = {row[7].value for row in made["cell-1"].iter_rows(min_row=2)}
    assert targets == {"yes", "no"}
    assert {row[7].value for row in made["cell-2"].iter_rows(min_row=2)} == {"not set"}


def test_texts_of_people_stay_texts() -> None:
    row = ROWS["SR 1.3"]
    made = book([Question("=cmd|x", False, row, 2, "", "A-1", {"answer": "no", "statement": "=1+1\nnext"})])
    sheet = made.worksheets[1]
    cells = {cell.value: cell.data_type for cell in sheet[2]}
    assert cells["=cmd|x"] == "s"
    assert cells["=1+1\nnext"] == "s"


def test_what_was_exported_comes_back_as_it_stands_in_the_file(desk: Desk) -> None:
    desk.write("attestations.yaml", ENTRY)
    desk.call("attest", "export", "q.xlsx")
    (filled,) = read(desk.folder / "q.xlsx")
    assert (filled.id, filled.problems) == ("A-1", ())
    plain = parse_yaml(ENTRY, Path("x")).root["attestations"][0]
    assert {key: list(v) if isinstance(v, tuple) else v for key, v in filled.entry.items()} == {
        key: value for key, value in plain.items() if key != "id"
    }
    again = desk.call("attest", "import", "q.xlsx", "--dry-run")
    assert (again.code, again.out) == (0, "")


def fill(desk: Desk, sheet: str, row: str, **cells: object) -> None:
    path = desk.folder / "q.xlsx"
    made = load_workbook(path)
    head = {cell.value: cell.column for cell in made[sheet][1]}
    line = next(one[2].row for one in made[sheet].iter_rows(min_row=2) if one[2].value == row)
    by_key = {key: heading for heading, key in ANSWERS.items()}
    for key, value in cells.items():
        made[sheet].cell(line, head[by_key[key]]).value = value
    made.save(path)


GIVEN = {"author": "A. Example", "reviewer": "B. Example", "date": date(2026, 11, 1), "valid_until": "2027-11-01"}


def test_a_filled_questionnaire_is_shown_first_and_then_written(desk: Desk) -> None:
    desk.write("attestations.yaml", ENTRY)
    desk.call("attest", "export", "q.xlsx")
    fill(desk, "cell-1", "SR 1.3", answer="partly", despite=None)
    fill(desk, "c-1", "SR 4.1", answer="yes", document="accounts.pdf", **GIVEN)
    shown = desk.call("--format", "jsonl", "attest", "import", "q.xlsx", "--dry-run")
    rows = [json.loads(line) for line in shown.out.splitlines()]
    assert [(row["change"], row["requirement"], row["place"]) for row in rows] == [
        ("changed", "SR 1.3", "cell-1"),
        ("added", "SR 4.1", "c-1"),
    ]
    assert rows[0]["value"] == "answer: yes -> partly; despite: INV-001 -> nothing"
    path = desk.folder / "attestations.yaml"
    assert path.read_text() == ENTRY
    assert desk.call("attest", "import", "q.xlsx").code == Exit.USAGE, "nobody said yes"
    assert path.read_text() == ENTRY
    assert desk.call("attest", "import", "q.xlsx", "--yes").code == 0
    text = path.read_text()
    assert text.startswith("# answered in the workshop of October")
    assert re.search("answer: partly +# shown to the auditor\n", text)
    assert "despite" not in text
    told = {a.id: a for a in loaded(text).attestations}
    assert told["c-1_SR4.1"].sha256 == SHA
    assert told["c-1_SR4.1"].is_conduit


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"answer": "maybe"} | GIVEN, 'answer: "maybe" is not one of'),
        ({"answer": "yes", "document": "nowhere.pdf"} | GIVEN, "this document is not there"),
        ({"answer": "yes"}, 'the key "author" is missing'),
        ({"answer": "yes"} | GIVEN | {"date": "soon"}, "is not a day"),
        ({"statement": "we do"}, "nothing was found beside other values"),
        ({"answer": '=IF(1,"yes","no")'} | GIVEN, "formula without a stored value"),
    ],
)
def test_one_wrong_row_is_named_and_nothing_is_written(desk: Desk, cells: dict[str, Any], said: str) -> None:
    desk.call("attest", "export", "q.xlsx", "--zone", "cell-1")
    fill(desk, "cell-1", "SR 1.1", **cells)
    fill(desk, "cell-1", "SR 1.3", answer="no", **GIVEN)
    refused = desk.call("attest", "import", "q.xlsx", "--yes")
    assert refused.code == Exit.USAGE
    assert any("sheet cell-1, row 2" in line and said in line for line in refused.errors), refused.errors
    assert not (desk.folder / "attestations.yaml").exists()


def test_another_workbook_is_no_questionnaire(desk: Desk) -> None:
    from openpyxl import Workbook

    Workbook().save(desk.folder / "other.xlsx")
    assert read(desk.folder / "other.xlsx") == ()
    made = Workbook()
    made.active["A1"] = "Plase"
    made.save(desk.folder / "odd.xlsx")
    refused = desk.call("attest", "import", "odd.xlsx", "--dry-run")
    assert refused.code == Exit.USAGE
    assert 'the column "Place" is missing' in refused.errors[0]
