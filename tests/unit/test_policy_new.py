"""A new check: written from answers, loads at once, and its tests fail until they are filled in."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from assetctl.errors import InputError
from assetctl.policy.lint import lint
from assetctl.policy.load import load_check, load_frameworks
from assetctl.policy.skeleton import Draft, checked_expression, checked_id, checked_subject, skeleton
from assetctl.policy.trial import run_tests

ANSWERS = {
    "--title": "Panels: no telnet #1",
    "--severity": "high",
    "--for-each": "asset",
    "--assert": 'not speaks("telnet", 23)',
    "--applies-to": 'asset.asset_role_type == "hmi"',
    "--fail": '{asset.name} says "telnet": {decisive}',
    "--unknown": "{asset.name}: {reason}",
}


def run(folder: Path, answers: dict[str, str], *, stdin: int = subprocess.DEVNULL) -> subprocess.CompletedProcess[str]:
    flags = [word for pair in answers.items() for word in pair]
    command = [sys.executable, "-m", "assetctl", "policy", "new", "SITE-001", "--checks", str(folder), *flags]
    return subprocess.run(command, stdin=stdin, capture_output=True, text=True, timeout=60)


def test_the_file_loads_and_its_tests_fail_until_they_are_filled_in(tmp_path: Path) -> None:
    done = run(tmp_path, ANSWERS)
    assert done.returncode == 0, done.stderr
    check = load_check(tmp_path / "SITE-001.yaml")
    assert (check.id, check.title, check.severity) == ("SITE-001", "Panels: no telnet #1", "high")
    assert [trial.is_good for trial in run_tests(check)].count(False) >= 2
    assert lint([check], load_frameworks())


def test_a_filled_in_file_is_good(tmp_path: Path) -> None:
    assert run(tmp_path, ANSWERS).returncode == 0
    path = tmp_path / "SITE-001.yaml"
    text = path.read_text("utf-8")
    facts = (
        "{asset_role_type: hmi, tcp/23 port_state: closed}",
        "{asset_role_type: hmi, tcp/23 port_state: open, tcp/23 service_name: telnet, tcp/23 service_source: probed}",
        "{asset_role_type: hmi}",
        "{asset_role_type: plc}",
    )
    for one in facts:
        text = text.replace("facts: {}", f"facts: {one}", 1)
    path.write_text(text, "utf-8")
    assert lint([load_check(path)], load_frameworks()) == ()


def test_nothing_is_overwritten_and_no_id_taken(tmp_path: Path) -> None:
    (tmp_path / "SITE-001.yaml").write_text("mine", "utf-8")
    done = run(tmp_path, ANSWERS)
    assert (done.returncode, "exists" in done.stderr) == (2, True)
    assert (tmp_path / "SITE-001.yaml").read_text("utf-8") == "mine"


def test_without_a_terminal_the_missing_flag_is_named(tmp_path: Path) -> None:
    done = run(tmp_path, {key: value for key, value in ANSWERS.items() if key != "--title"})
    assert (done.returncode, "--title" in done.stderr) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_at_a_terminal_it_asks_and_asks_again(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    given = {key: value for key, value in ANSWERS.items() if key not in ("--assert", "--severity")}
    os.write(ours, b'hihg\nhigh\nasset.modle == 1\nasset.model != ""\n')
    done = run(tmp_path, given, stdin=theirs)
    os.close(ours)
    os.close(theirs)
    assert done.returncode == 0, done.stderr
    assert "did you mean" in done.stderr
    assert load_check(tmp_path / "SITE-001.yaml").assertion.text == 'asset.model != ""'


def test_a_wording_that_does_not_load_leaves_no_file(tmp_path: Path) -> None:
    done = run(tmp_path, {**ANSWERS, "--fail": "{asset.nam}"})
    assert (done.returncode, "asset.nam" in done.stderr) == (2, True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["telnet", "SITE-1", "../X-001", "site-001"])
def test_an_id_is_checked(text: str) -> None:
    with pytest.raises(InputError, match="SITE-001"):
        checked_id(text)


def test_subjects_and_expressions_are_checked() -> None:
    with pytest.raises(InputError, match="one of asset"):
        checked_subject("device")
    with pytest.raises(InputError, match="not known"):
        checked_expression("sevice.port == 1", "service")


@pytest.mark.parametrize("title", ["a: b", "- x", "#", '"q"', "null", "x: {y}", "ü\\"])
def test_any_text_survives_the_way_through_the_file(tmp_path: Path, title: str) -> None:
    draft = Draft("SITE-001", title, "low", "asset", "asset.reachable", "f", "u {reason}")
    (tmp_path / "SITE-001.yaml").write_text(skeleton(draft), "utf-8")
    assert load_check(tmp_path / "SITE-001.yaml").title == title
