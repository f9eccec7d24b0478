"""Waivers: strict files, narrow places, loud ends, and results that stay what they are."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.documents import parse_yaml
from assetctl.errors import Exit, InputError
from assetctl.model import Finding, Result, Severity
from assetctl.policy.waivers import State, Waiver, notices, uses, waived, waivers_of
from assetctl.settings import Settings
from assetctl.work.check import check_ids, pack
from assetctl.work.editing import appended, changed, put
from tests.unit.command import Desk
from tests.unit.scanned import desk, scanned_once, servers

__all__ = ["desk", "scanned_once", "servers"]

TODAY = date(2026, 11, 22)
ENTRY = """\
# reviewed by the works council
schema: 1
waivers:
  - id: W-1  # the old press
    check: SVC-002
    scope: {positions: [PRESS-1, "0012"], part: tcp/23}
    reason: the maker has no other service port
    owner: A. Example
    approver: B. Example
    measure: cell firewall
    ticket: CHG-17
    created: 2026-06-01
    expires: 2027-03-01
"""


def loaded(text: str, checks: tuple[str, ...] = ("SVC-001", "SVC-002")) -> tuple[Waiver, ...]:
    return waivers_of(parse_yaml(text, Path("waivers.yaml")), today=TODAY, checks=checks).waivers


def failure(check: str = "SVC-002", position: str = "PRESS-1", part: str = "tcp/23", **more: object) -> Finding:
    made = Finding(
        id=f"{check}-{position}-{part}",
        check=check,
        check_version=1,
        title="Telnet is off",
        severity=Severity.HIGH,
        subject="as-1",
        result=Result.FAIL,
        reason="",
        statement="It is on.",
        realm="plant",
        position=position,
        part=part,
    )
    return replace(made, **more)  # type: ignore[arg-type]


def test_a_waiver_says_everything_that_stands_in_its_file() -> None:
    (waiver,) = loaded(ENTRY)
    assert waiver == Waiver(
        id="W-1",
        check="SVC-002",
        realm="plant",
        places=frozenset({"PRESS-1", "0012"}),
        part="tcp/23",
        reason="the maker has no other service port",
        owner="A. Example",
        approver="B. Example",
        measure="cell firewall",
        ticket="CHG-17",
        began=date(2026, 6, 1),
        expires=date(2027, 3, 1),
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("PRESS-1,", '"PRESS-*",', 6, "without wildcards"),
        ("PRESS-1,", '"?",', 6, "without wildcards"),
        ("PRESS-1,", "all,", 6, "without wildcards"),
        ('positions: [PRESS-1, "0012"], ', "", 6, "at least one of positions, assets, zones, conduits"),
        ('"0012"', "PRESS-1", 6, "stands there twice"),
        ("approver: B. Example", "approver: a.  example", 4, "somebody else must approve"),
        ("approver: B. Example", "approver: ''", 9, "a text is expected"),
        ("    measure: cell firewall\n", "", 4, "is missing"),
        ("    ticket: CHG-17\n", "", 4, "is missing"),
        ("expires: 2027-03-01", "expires: 2027-06-02", 4, "2027-06-01 at the latest"),
        ("expires: 2027-03-01", "expires: 2026-06-01", 4, "a day after 2026-06-01 is expected"),
        ("expires: 2027-03-01", "expires: 2027-02-30", 13, "is not a day"),
        ("created: 2026-06-01", "created: 2026-11-23", 12, "lies in the future"),
        ("check: SVC-002", "check: SVC-003", 5, "there is no check SVC-003"),
        ("check: SVC-002", "check: SVC-*", 5, "check"),
        ("check: SVC-002", "cheque: SVC-002", 5, "unknown key"),
    ],
)
def test_a_mistake_is_one_line_with_its_place(old: str, new: str, line: int, said: str) -> None:
    assert old in ENTRY
    with pytest.raises(InputError) as error:
        loaded(ENTRY.replace(old, new))
    lines = str(error.value).splitlines()
    assert any(one.startswith(f"waivers.yaml:{line}: ") and said in one for one in lines), lines


def test_an_id_stands_in_a_file_once() -> None:
    with pytest.raises(InputError, match="W-1 stands there twice"):
        loaded(ENTRY + ENTRY.partition("waivers:\n")[2])


def test_a_waiver_covers_one_check_at_one_place_and_part() -> None:
    (waiver,) = loaded(ENTRY)
    assert waiver.covers(failure())
    assert waiver.covers(failure(position="", subject="0012"))
    assert not waiver.covers(failure(check="SVC-001"))
    assert not waiver.covers(failure(position="PRESS-2"))
    assert not waiver.covers(failure(position="PRESS-2", subject="PRESS-1"))
    assert not waiver.covers(failure(part="tcp/80"))
    assert not waiver.covers(failure(realm="line-2"))
    assert replace(waiver, part="").covers(failure(part="tcp/80"))


@given(st.sampled_from(Result), st.integers(-400, 400), st.booleans())
def test_no_waiver_changes_a_result(result: Result, days: int, revoked: bool) -> None:
    waiver = replace(loaded(ENTRY)[0], expires=TODAY + timedelta(days=days), revoked="x" if revoked else "")
    finding = failure(result=result)
    (after,) = waived([finding], [waiver], TODAY)
    assert replace(after, waiver="") == finding
    in_force = result is Result.FAIL and days >= 0 and not revoked
    assert after.waiver == ("W-1" if in_force else "")


@pytest.mark.parametrize(
    ("days", "state"),
    [(-1, State.EXPIRED), (0, State.EXPIRING), (30, State.EXPIRING), (31, State.LIVE)],
)
def test_a_waiver_holds_up_to_and_with_its_last_day(days: int, state: State) -> None:
    waiver = replace(loaded(ENTRY)[0], expires=TODAY + timedelta(days=days))
    assert waiver.state(TODAY) is state


def said_of(findings: list[Finding], **changes: object) -> str:
    waiver = replace(loaded(ENTRY)[0], **changes)  # type: ignore[arg-type]
    return "; ".join(notices(uses([waiver], findings, TODAY), TODAY))


def test_the_ends_of_a_waiver_are_said_aloud() -> None:
    soon, gone = TODAY + timedelta(days=30), TODAY - timedelta(days=2)
    assert said_of([failure()]) == ""
    assert "in 30 days" in said_of([failure()], expires=soon)
    assert "2 days ago: 1 failure no longer accepted" in said_of([failure()], expires=gone)
    assert "unused" in said_of([])
    assert "unused" in said_of([failure(result=Result.UNKNOWN)])
    assert said_of([], revoked="x") == ""


SETTINGS = '[files]\nwaivers = "waivers.yaml"\n'
TERMS = ("--reason", "no other port", "--owner", "A. Example", "--measure", "firewall", "--ticket", "CHG-2")


def test_a_waiver_is_added_renewed_and_revoked_and_comments_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "desk").mkdir()
    desk = Desk(tmp_path / "desk", monkeypatch)
    desk.write("assetctl.toml", SETTINGS)
    path = desk.write("waivers.yaml", ENTRY)
    day = datetime.now(UTC).date()
    scope = ("--position", "PRESS-2", "--part", "tcp/21")
    added = desk.call("waive", "add", "SVC-001", *scope, *TERMS, "--approver", "B. Example", "--expires", "90d")
    assert (added.code, added.err) == (0, f"written: waiver W-{day.year}-001 in {path}\n")
    text = path.read_text()
    assert text.startswith(ENTRY)
    assert f"expires: {day + timedelta(days=90)}" in text
    name = f"W-{day.year}-001"
    assert desk.call("waive", "renew", name, "--approver", "C. Example", "--expires", "365d").code == 0
    assert desk.call("waive", "revoke", name, "--by", "A. Example", "--reason", "mended").code == 0
    again = desk.call("waive", "revoke", name, "--by", "A. Example", "--reason", "mended")
    assert "is revoked already" in again.errors[0]
    assert path.read_text().startswith(ENTRY)
    told = desk.call("--format", "jsonl", "waive", "list", "--all").out
    assert '"approver": "C. Example"' in told


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("--position", "PRESS-*", "--approver", "B", "--expires", "90d"), "without wildcards"),
        (("--approver", "B", "--expires", "90d"), "at least one of positions"),
        (("--position", "P", "--approver", "a. example", "--expires", "90d"), "somebody else must approve"),
        (("--position", "P", "--approver", "B", "--expires", "366d"), "at most 365 days"),
        (("--position", "P", "--approver", "B", "--expires", "soon"), "a day such as"),
    ],
)
def test_a_waiver_that_may_not_be_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: tuple[str, ...], said: str
) -> None:
    (tmp_path / "desk").mkdir()
    desk = Desk(tmp_path / "desk", monkeypatch)
    desk.write("assetctl.toml", SETTINGS)
    refused = desk.call("waive", "add", "SVC-002", *TERMS, *change)
    assert refused.code == Exit.USAGE
    assert said in refused.errors[0]
    assert not (desk.folder / "waivers.yaml").exists()


def test_a_check_says_what_its_waivers_are_worth(desk: Desk) -> None:
    toml = (desk.folder / "assetctl.toml").read_text()
    desk.write("assetctl.toml", toml + SETTINGS)
    desk.write("waivers.yaml", "schema: 1\nwaivers: []\n")
    before = desk.call("--format", "jsonl", "check", "--fail-on", "never")
    failing = next(row for row in map(json.loads, before.out.splitlines()) if row["result"] == "fail")
    scope = ("--asset", failing["subject"], "--approver", "B. Example", "--expires", "20d")
    assert desk.call("waive", "add", failing["check"], *scope, *TERMS).code == 0
    after = desk.call("--format", "jsonl", "check", "--fail-on", "never")
    rows = {row["id"]: row for row in map(json.loads, after.out.splitlines())}
    assert rows[failing["id"]]["waiver"].startswith("W-")
    assert rows[failing["id"]]["result"] == "fail"
    assert "expires on" in after.err
    assert after.code == before.code
    path = desk.folder / "waivers.yaml"
    old = datetime.now(UTC).date() - timedelta(days=300)
    text = path.read_text()
    for key, day in (("created", old), ("expires", old + timedelta(days=200))):
        text = "\n".join(f"    {key}: {day}" if line.startswith(f"    {key}:") else line for line in text.splitlines())
    path.write_text(text + "\n")
    late = desk.call("--format", "jsonl", "check", "--fail-on", "never")
    assert late.code == Exit.FINDINGS
    assert "expired on" in late.err
    rows = {row["id"]: row for row in map(json.loads, late.out.splitlines())}
    assert rows[failing["id"]]["waiver"] == ""
    listed = desk.call("waive", "list")
    assert listed.code == Exit.FINDINGS


ODD = """\
rows:
- id: 0012   # as it stands on the plate
  when: 2026-01-01 10:00
  on: no
  size: 1_000
  empty:
  words: >
    folded
    text
  "quoted": 'it''s'

# about the next one
- id: 1e3
"""


@given(st.text(min_size=1, max_size=20), st.text(max_size=20))
def test_an_edit_spells_no_other_value_anew(key: str, value: str) -> None:
    path = Path("x.yaml")
    try:
        parse_yaml(ODD, path)

        def change(document: dict[str, list[dict[str, object]]]) -> None:
            put(document["rows"][0], "note", value)
            appended(document["rows"], {"id": key})

        after = changed(ODD, change, path)
    except InputError:
        assert not (key + value).isprintable(), "only what no file can hold is refused, before anything is written"
        return
    rows = parse_yaml(after, path).root["rows"]
    plain = parse_yaml(ODD, path).root["rows"]
    assert rows == [plain[0] | {"note": value}, plain[1], {"id": key}]
    assert after.index("# about the next one") > after.index("note")
    assert all(line in after for line in ("id: 0012   # as it stands on the plate", "  size: 1_000", "  on: no"))


def test_the_quick_look_for_ids_finds_those_of_the_pack() -> None:
    assert sorted(check_ids(Settings())) == [one.id for one in pack(Settings())]
