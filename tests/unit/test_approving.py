"""Golden inventories as subjects of checks: what differs fails, what was not looked at is open."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from assetctl.baseline import Entry, Golden
from assetctl.errors import Exit
from assetctl.golden.outcome import Difference, Outcome
from assetctl.model import Asset
from assetctl.policy.plant import Approved
from assetctl.work.approving import entries_of
from assetctl.work.golding import Verified
from tests.unit.command import Desk
from tests.unit.policy_plants import asset

OS = Path(__file__).parents[1] / "data" / "nmap" / "os.xml"
RACK = Entry("P-1", "a1", {}, {}, {})
MODULE = Entry("slot/3", "m3", {}, {}, {}, parent="P-1")


def compared(
    *differences: Difference, entries: tuple[Entry, ...] = (RACK,), assets: tuple[Asset, ...] = ()
) -> dict[str, Approved]:
    verified = Verified(Golden("cell", "plant", entries), differences, 1.0, Exit.DONE)
    return {one.id: one for one in entries_of(verified, {one.id: one for one in assets})}


def test_an_equal_entry_is_there_and_unchanged() -> None:
    (entry,) = compared(Difference("P-1", "a1", Outcome.EQUAL)).values()
    assert (entry.presence, entry.changed, entry.unseen, entry.opened) == ("there", (), (), ())


@pytest.mark.parametrize(
    ("outcome", "presence"),
    [(Outcome.MISSING, "missing"), (Outcome.STALE, "not observed"), (Outcome.NOT_OBSERVED, "not observed")],
)
def test_what_was_not_seen_is_not_there(outcome: Outcome, presence: str) -> None:
    assert compared(Difference("P-1", "a1", outcome))["P-1"].presence == presence


def test_a_reading_that_changed_is_no_change_of_the_plant() -> None:
    entry = compared(
        Difference("P-1", "a1", Outcome.READING_CHANGED, "model", "x", "y"),
        Difference("P-1", "a1", Outcome.CHANGED, "firmware_software_version", "1", "2"),
        Difference("P-1", "a1", Outcome.NOT_OBSERVED, "hostname", "h"),
    )["P-1"]
    assert (entry.changed, entry.unseen) == (("firmware_software_version",), ("hostname",))


def test_a_port_that_closed_is_told_from_one_that_opened() -> None:
    entry = compared(
        Difference("P-1", "a1", Outcome.CHANGED, "tcp/80", "open", "closed"),
        Difference("P-1", "a1", Outcome.CHANGED, "tcp/23", "closed", "open"),
        Difference("P-1", "a1", Outcome.NEW, "tcp/8080", "", "open"),
        Difference("P-1", "a1", Outcome.NOT_OBSERVED, "tcp/502", "open"),
    )["P-1"]
    assert (entry.opened, entry.unasked, entry.changed) == (("tcp/23", "tcp/8080"), ("tcp/502",), ())


def test_modules_belong_to_their_rack_new_ones_too() -> None:
    found = compared(
        Difference("P-1", "a1", Outcome.EQUAL),
        Difference("slot/3", "m3", Outcome.EXCHANGED, "serial_number", "1", "2"),
        Difference("m9", "m9", Outcome.NEW),
        entries=(RACK, MODULE),
        assets=(asset(id="m9", parent="a1"), asset(id="a1")),
    )
    assert (found["P-1"].has_modules, found["P-1"].modules_changed) == (True, ("slot/3", "m9"))
    assert (found["m9"].parent, found["m9"].presence) == ("P-1", "new")


def test_a_module_that_was_not_seen_leaves_the_rack_open() -> None:
    found = compared(
        Difference("P-1", "a1", Outcome.EQUAL),
        Difference("slot/3", "m3", Outcome.NOT_OBSERVED),
        entries=(RACK, MODULE),
    )
    assert (found["P-1"].modules_changed, found["P-1"].modules_unseen) == ((), ("slot/3",))


def cell_with_golden_file(desk: Desk) -> Path:
    """An imported cell whose golden file the settings name."""
    desk.write("zones.yaml", "zones:\n  - {id: cell, networks: [127.61.0.0/24]}\n")
    desk.write("assetctl.toml", '[files]\nzones = "zones.yaml"\n')
    assert desk.call("import", "nmap", str(OS)).code == 0
    assert desk.call("check", "--fail-on", "never").code == Exit.DONE
    assert desk.call("golden", "write", "--out", "golden").code == 0
    (golden,) = (desk.folder / "golden").glob("*.yaml")
    desk.write("assetctl.toml", f'[files]\nzones = "zones.yaml"\ngolden = ["golden/{golden.name}"]\n')
    return golden


def test_the_settings_name_the_golden_files_that_checks_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tmp_path, monkeypatch)
    golden = cell_with_golden_file(desk)
    golden.write_text(golden.read_text("utf-8").replace("tcp/25: closed", "tcp/25: open"), "utf-8")
    said = desk.call("--format", "json", "check", "--fail-on", "never", "--policy", "CHG-001", "--policy", "CHG-004")
    assert {row["check"]: row["result"] for row in json.loads(said.out)["data"]} == {}
    golden.write_text(golden.read_text("utf-8").replace("tcp/22: open", "tcp/22: closed"), "utf-8")
    said = desk.call("--format", "json", "check", "--fail-on", "never", "--policy", "CHG-004")
    assert [(row["check"], row["result"]) for row in json.loads(said.out)["data"]] == [("CHG-004", "fail")]


def test_a_report_names_the_golden_files_it_compared_and_verify_tells_when_one_moved_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(tmp_path, monkeypatch)
    golden = cell_with_golden_file(desk)
    assert desk.call("report", "all", "--out", "audit").code == 0
    manifest = json.loads((tmp_path / "audit" / "manifest.json").read_text("utf-8"))
    named = f"golden golden/{golden.name}"
    digest = sha256(golden.read_bytes()).hexdigest()
    assert manifest["made_from"][named] == digest
    assert f"golden/{golden.name} {digest}" in (tmp_path / "audit" / "report.html").read_text("utf-8")
    golden.write_text(golden.read_text("utf-8") + "# reviewed\n", "utf-8")
    told = json.loads(desk.call("--format", "json", "verify", "audit").out)["data"]
    assert [row["state"] for row in told if row["what"] == f"made from {named}"] == ["moved on"]
