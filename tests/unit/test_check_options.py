"""check with its options: one zone, younger evidence, an earlier answer, an earlier time."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assetctl.cli import app
from assetctl.errors import Exit, InputError
from assetctl.store.repo import open_store
from assetctl.work.known import read_known
from tests.unit.command import Desk, Said

DATA = Path(__file__).parents[1] / "data" / "nmap"
OS, WEB = DATA / "os.xml", DATA / "web.xml"
SETTINGS = '[files]\nzones = "zones.yaml"\nregister = "register.yaml"\n'
ZONES = """
zones:
  - {id: cell-1, networks: [127.61.0.0/24], sl_t: 1, owner: somebody}
  - {id: cell-2, networks: [127.62.0.0/24], sl_t: 1, owner: somebody}
"""
REGISTER = """
positions:
  - {id: P-1, match: {ip_address: 127.61.0.2}}
  - {id: P-2, match: {ip_address: 127.62.0.7}}
"""


def ended(path: Path) -> datetime:
    """When the scan of a report came to its end."""
    text = path.read_text("utf-8")
    return datetime.fromtimestamp(int(text.split('<finished time="')[1].split('"')[0]), UTC)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    folder = tmp_path / "desk"
    folder.mkdir()
    made = Desk(folder, monkeypatch)
    made.write("assetctl.toml", SETTINGS)
    made.write("zones.yaml", ZONES)
    made.write("register.yaml", REGISTER)
    assert made.call("import", "nmap", str(OS)).code == 0
    return made


def judged(desk: Desk, *options: str) -> tuple[Said, list[dict[str, str]]]:
    said = desk.call("--format", "json", "check", "--fail-on", "never", *options)
    return said, json.loads(said.out)["data"] if said.out else []


def kept(desk: Desk) -> int:
    with open_store(f"sqlite:///{desk.folder / 'assetctl.db'}", create=False) as store:
        return len(store.runs())


def stamp(moment: datetime) -> str:
    return moment.isoformat()


def test_a_zone_judges_what_lies_in_it_and_keeps_no_run(desk: Desk) -> None:
    _, everything = judged(desk)
    before = kept(desk)
    _, here = judged(desk, "--zone", "cell-1")
    _, there = judged(desk, "--zone", "cell-2")
    assert {row["id"] for row in here} < {row["id"] for row in everything}
    assert any(row["check"] == "INV-013" for row in here)
    assert not any(row["check"] == "INV-013" for row in there)
    assert {row["subject"] for row in here if row["check"] == "ZON-008"} <= {"cell-1"}
    assert {row["subject"] for row in there if row["check"] == "INV-002"} == {"P-2"}
    assert kept(desk) == before


def test_a_flow_between_two_of_the_zones_counts_once(desk: Desk) -> None:
    zones = ZONES.replace("cell-1,", "cell-1, level: 1,").replace("cell-2,", "cell-2, trust: untrusted,")
    desk.write("zones.yaml", "schema: 2" + zones.replace("sl_t: 1, ", ""))
    at = stamp(datetime.now(UTC) - timedelta(hours=1))
    desk.write(
        "flows.csv",
        f"start,source,target,transport,port,service,answered\n{at},127.62.0.7,127.61.0.2,tcp,3389,rdp,yes\n",
    )
    assert desk.call("import", "flows", "flows.csv", "--sensor", "tap").code == 0
    _, rows = judged(desk, "--policy", "CON-008", "--zone", "cell-1", "--zone", "cell-2")
    said = desk.call("check", "--fail-on", "never", "--policy", "CON-008", "--zone", "cell-1", "--zone", "cell-2")
    assert [row["result"] for row in rows] == ["fail"]
    assert "1 check: 0 pass, 1 fail, 0 unknown, 0 not applicable, 0 error" in said.err


def test_a_zone_that_nobody_declared_is_named(desk: Desk) -> None:
    said = desk.call("check", "--zone", "cell1")
    assert (said.code, said.errors) == (
        Exit.USAGE,
        ['error: --zone cell1: no such zone in the zones file, did you mean "cell-1"?'],
    )


def test_what_was_known_at_a_time_is_judged_at_that_time(desk: Desk) -> None:
    moment = ended(OS)
    said, before = judged(desk, "--as-of", stamp(moment - timedelta(days=1)))
    assert said.code == Exit.NOTHING
    assert not any(row["check"] == "INV-013" for row in before)
    _, after = judged(desk, "--as-of", stamp(moment + timedelta(minutes=1)))
    stale = [row for row in after if row["reason"] == "stale"]
    assert any(row["check"] == "INV-013" for row in after)
    assert stale == []
    assert kept(desk) == 0


def test_a_later_import_is_not_known_earlier(desk: Desk) -> None:
    assert desk.call("import", "nmap", str(WEB)).code == 0
    first, second = sorted((ended(OS), ended(WEB)))
    _, early = judged(desk, "--as-of", stamp(first + (second - first) / 2))
    _, late = judged(desk, "--as-of", stamp(second + timedelta(minutes=1)))
    subjects = [{row["subject"] for row in rows if row["check"] == "INV-013"} for rows in (early, late)]
    assert subjects[0] < subjects[1]


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "2999-01-01"])
def test_a_time_that_is_none_or_to_come_is_refused(desk: Desk, text: str) -> None:
    said = desk.call("check", "--as-of", text)
    assert (said.code, len(said.errors)) == (Exit.USAGE, 1)


def test_a_date_stands_for_its_end() -> None:
    from assetctl.cli.checks import _moment

    assert _moment("2026-01-01") == datetime(2026, 1, 1, 23, 59, 59, tzinfo=UTC)
    assert _moment("2026-01-01T08:00:00+01:00") == datetime(2026, 1, 1, 7, tzinfo=UTC)
    with pytest.raises(InputError, match="future"):
        _moment(str((app.now() + timedelta(days=9)).date()))


def test_known_failures_are_shown_and_do_not_count(desk: Desk) -> None:
    first = desk.call("--format", "json", "check", "--fail-on", "low")
    assert first.code == Exit.FINDINGS
    desk.write("known.json", first.out)
    again = desk.call("--format", "json", "check", "--fail-on", "low", "--baseline", "known.json")
    assert again.code == Exit.DONE
    rows = json.loads(again.out)["data"]
    assert all(row["known"] for row in rows if row["result"] == "fail")
    rest = json.loads(first.out)
    rest["data"] = [row for row in rest["data"] if row["check"] != "INV-013"]
    desk.write("less.json", json.dumps(rest))
    assert desk.call("check", "--fail-on", "medium", "--baseline", "less.json").code == Exit.FINDINGS


def test_the_file_of_output_is_a_baseline_too(desk: Desk) -> None:
    assert desk.call("check", "--fail-on", "never", "--output", "known.json").code in (Exit.DONE, Exit.FINDINGS)
    assert desk.call("check", "--fail-on", "low", "--baseline", "known.json").code == Exit.DONE


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", '{"data": 3}', '[{"id": 3, "result": "fail"}]', '[{"id": "x"}]', "[" * 9000]
)
def test_a_broken_baseline_is_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "b.json"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match=r"b\.json"):
        read_known(path)
    with pytest.raises(InputError, match="none"):
        read_known(tmp_path / "none")


def test_older_evidence_counts_for_no_check_and_the_answer_is_partial(desk: Desk) -> None:
    moment = stamp(ended(OS) + timedelta(hours=2))
    _, lenient = judged(desk, "--as-of", moment)
    said, strict = judged(desk, "--as-of", moment, "--max-age", "1h")
    unknown = [{row["id"] for row in rows if row["reason"] == "stale"} for rows in (lenient, strict)]
    assert unknown[0] < unknown[1]
    assert said.code == Exit.PARTIAL
    assert "not seen within --max-age: 2 (P-1, P-2)" in said.err


def test_in_ci_the_age_must_be_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    said = desk.call("check")
    assert (said.code, "--max-age" in said.err) == (Exit.USAGE, True)


def test_every_output_that_is_named_is_written(desk: Desk) -> None:
    desk.call("check", "--fail-on", "never", "--output", "one.sarif", "--output", "two.xml")
    assert json.loads((desk.folder / "one.sarif").read_text())["version"] == "2.1.0"
    assert (desk.folder / "two.xml").read_text().startswith("<?xml")
    assert desk.call("check", "--output", "three.json", "--output", "four.pdf").code == Exit.USAGE
    assert not (desk.folder / "three.json").exists()
