"""`export` on the command line: where files go, what is refused, and what a redacted file holds."""

import json
import shutil
from pathlib import Path

import pytest

from assetctl.cli.exports import FORMS
from assetctl.errors import Exit
from assetctl.work.exporting import FOLDERS, NEEDS_RUN
from tests.live.killed_plant import NETWORK
from tests.unit.command import Desk
from tests.unit.scanned import desk, scanned_once, servers

__all__ = ["desk", "scanned_once", "servers"]

NAMES = tuple(form.name for form in FORMS)


def content(path: Path) -> dict[str, bytes]:
    """Every file of an export by name."""
    return {one.name: one.read_bytes() for one in ([path] if path.is_file() else sorted(path.iterdir()))}


@pytest.fixture(scope="module")
def checked_once(scanned_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checked") / "desk"
    shutil.copytree(scanned_once, folder)
    with pytest.MonkeyPatch.context() as patch:
        Desk(folder, patch).call("check")
    return folder


@pytest.fixture
def checked(checked_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The scanned folder after a run of the policy."""
    shutil.copytree(checked_once, tmp_path / "desk")
    return Desk(tmp_path / "desk", monkeypatch)


@pytest.mark.parametrize("name", NAMES)
def test_an_export_is_written_and_names_no_address_when_it_is_shared(checked: Desk, name: str) -> None:
    made = []
    for level in ("internal", "share"):
        path = checked.folder / level
        said = checked.call("--redact", level, "export", name, "--out", str(path))
        assert (said.code, said.out, said.errors) == (Exit.DONE, "", [])
        assert str(path) in said.err
        assert path.is_dir() is (name in FOLDERS)
        made.append(b"".join(content(path).values()))
    assert NETWORK.encode() in made[0] or name in ("sarif", "junit")
    assert made[1]
    assert NETWORK.encode() not in made[1]


@pytest.mark.parametrize("name", ["netbox", "oscal"])
def test_a_second_export_is_the_same_to_the_byte(checked: Desk, name: str) -> None:
    made = []
    for _ in range(2):
        assert checked.call("export", name, "--out", "here").code == Exit.DONE
        made.append(content(checked.folder / "here"))
    assert made[0] == made[1]


@pytest.mark.parametrize("name", sorted(NEEDS_RUN))
def test_results_are_not_exported_before_there_are_any(desk: Desk, name: str) -> None:
    said = desk.call("export", name, "--out", "results")
    assert (said.code, len(said.errors)) == (Exit.USAGE, 1)
    assert "assetctl check" in said.errors[0]
    assert not (desk.folder / "results").exists()


def test_the_default_place_is_a_file_or_folder_of_that_format(checked: Desk) -> None:
    for form in FORMS:
        if form.name in ("csv", "glpi"):
            assert checked.call("export", form.name).code == Exit.DONE
            assert (checked.folder / form.default).is_dir() is (form.name in FOLDERS)


def test_json_is_what_the_list_of_assets_gives(checked: Desk) -> None:
    checked.call("export", "json", "--out", "all.json")
    listed = json.loads(checked.call("--format", "json", "assets", "list").out)["data"]
    assert json.loads((checked.folder / "all.json").read_text()) == listed


def test_a_folder_with_something_else_in_it_is_left_alone(checked: Desk) -> None:
    folder = checked.folder / "netbox"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    said = checked.call("export", "netbox", "--out", str(folder))
    assert said.code == Exit.USAGE
    assert "notes.txt" in said.errors[0]
    assert content(folder) == {"notes.txt": b"mine"}


def test_a_file_is_no_folder(checked: Desk) -> None:
    checked.write("netbox", "mine")
    said = checked.call("export", "netbox", "--out", "netbox")
    assert (said.code, len(said.errors)) == (Exit.USAGE, 1)


def test_a_realm_without_assets_is_nothing(checked: Desk) -> None:
    assert checked.call("export", "json", "--realm", "elsewhere").code == Exit.NOTHING
