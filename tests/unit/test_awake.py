"""The machine is held awake exactly as long as a scan runs, by the system's own tool."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from assetctl.work.awake import awake, tool

TOOL = """#!/bin/sh
echo "$@" > "{folder}/asked"
shift 4
"$@"
echo over > "{folder}/ended"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the stand-in for the system's tool says what happened to it."""
    (tmp_path / "systemd-inhibit").write_text(TOOL.format(folder=tmp_path))
    (tmp_path / "systemd-inhibit").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(sys, "platform", "linux")
    return tmp_path


def test_the_lock_ends_with_the_scan(folder: Path) -> None:
    with awake():
        assert not (folder / "ended").exists()
    assert (folder / "ended").exists()
    assert (
        folder / "asked"
    ).read_text() == "--what=sleep:idle --who=assetctl --why=a scan is running --mode=block cat\n"


def test_the_lock_ends_with_a_process_that_is_killed(folder: Path) -> None:
    os.mkfifo(folder / "ended")
    code = "import os\nfrom assetctl.work.awake import awake\nwith awake():\n    os.kill(os.getpid(), 9)"
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == -signal.SIGKILL
    assert (folder / "ended").read_text() == "over\n"


def test_a_tool_that_gives_up_is_done_without(folder: Path) -> None:
    (folder / "systemd-inhibit").write_text(f"#!/bin/sh\necho tried > {folder}/asked\nexit 1\n")
    with awake():
        ran = True
    assert ran
    assert (folder / "asked").read_text() == "tried\n"


def test_without_a_tool_a_scan_runs_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert tool() == ""
    with awake():
        ran = True
    assert ran
