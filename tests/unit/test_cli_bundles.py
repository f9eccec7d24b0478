"""A bundle from the command line: out of one cell, into a centre, and its evidence proven there."""

import json
import shutil
from pathlib import Path

import pytest

from tests.unit.command import Desk
from tests.unit.scanned import desk, scanned_once, servers

__all__ = ["desk", "scanned_once", "servers"]

KEYS = """
[files]
keys = "keys.yaml"
[[signing]]
name = "cell"
key = "cell.pem"
passphrase = { env = "CELL_PASSPHRASE" }
"""


@pytest.fixture
def bundle(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CELL_PASSPHRASE", "correct horse battery")
    settings = desk.folder / "assetctl.toml"
    settings.write_text(settings.read_text() + KEYS)
    assert desk.call("keys", "make", "cell").code == 0
    assert desk.call("keys", "enrol", "cell.pub.pem", "--owner", "Cell 1", "--by", "B").code == 0
    desk.write("approval.toml", "x = 1\n")
    said = desk.call("bundle", "write", "one.bundle", "--key", "cell", "--file", "approval.toml")
    assert said.code == 0, said.err
    return desk.folder / "one.bundle"


@pytest.fixture
def centre(desk: Desk, bundle: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Another machine with the same enrolled keys and nothing else."""
    folder = desk.folder.parent / "centre"
    folder.mkdir()
    shutil.copy(desk.folder / "keys.yaml", folder)
    shutil.copy(bundle, folder)
    made = Desk(folder, monkeypatch)
    made.write("assetctl.toml", KEYS)
    return made


def test_evidence_that_came_in_a_bundle_is_proven_like_that_of_a_scan(centre: Desk) -> None:
    assert centre.call("bundle", "verify", "one.bundle").code == 0
    said = centre.call("-f", "json", "bundle", "merge", "one.bundle", "--as", "plant=cell-1", "--files", "in")
    assert said.code == 0, said.err
    record = json.loads(said.out)["data"]
    assert (record["assets"], record["sender"], record["realms"]) == (3, "Cell 1", {"plant": "cell-1"})
    assert (centre.folder / "in" / "approval.toml").read_text() == "x = 1\n"
    proof = json.loads(centre.call("-f", "json", "evidence", "verify").out)["data"]
    assert [(one["fault"], one["exchanges"] > 0) for one in proof] == [("", True)]
    assert centre.call("evidence", "reread", "--dry-run").code == 0
    before = centre.call("-f", "csv", "assets", "list").out
    again = centre.call("bundle", "merge", "one.bundle")
    assert again.code == 0
    assert "taken in before" in again.err
    assert centre.call("-f", "csv", "assets", "list").out == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["bundle", "merge", "one.bundle", "--as", "plant"], "THEIRS=OURS"),
        (["bundle", "merge", "one.bundle", "--as", "plant=A b"], "not a realm"),
        (["bundle", "merge", "one.bundle", "--as", "other=x"], "no such realm"),
        (["bundle", "merge", "none.bundle"], "cannot be read"),
        (["bundle", "merge", "keys.yaml"], "no bundle"),
        (["bundle", "verify", "."], "cannot be read"),
        (["bundle", "write", "x.bundle", "--key", "nobody"], "no [[signing]]"),
        (["bundle", "write", "x.bundle", "--key", "cell", "--scan", "nope"], "does not exist"),
    ],
)
def test_bad_input_is_one_line_and_makes_no_database(centre: Desk, arguments: list[str], told: str) -> None:
    if "nope" in arguments:
        shutil.copy(centre.folder.parent / "desk" / "cell.pem", centre.folder)
    said = centre.call(*arguments)
    assert said.code in (2, 9)
    assert len(said.errors) == 1
    assert told in said.errors[0]
    assert not (centre.folder / "assetctl.db").exists()


def test_a_changed_bundle_returns_9_and_takes_nothing_in(centre: Desk) -> None:
    path = centre.folder / "one.bundle"
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    said = centre.call("bundle", "merge", "one.bundle")
    assert said.code == 9
    assert "changed since Cell 1 signed it" in said.errors[0]
    assert not (centre.folder / "assetctl.db").exists()
