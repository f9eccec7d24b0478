"""The guides for engineers and auditors, tried step by step on the demo plant, one after the other in one folder."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.M | re.S)
LIMIT_S = 1800


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the command of this tree beside it; what the guide before has left is still there."""
    folder = tmp_path_factory.mktemp("guides")
    (folder / "bin").mkdir()
    program = folder / "bin" / "assetctl"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m assetctl "$@"\n', "utf-8")
    program.chmod(0o755)
    return folder


def run(folder: Path, guide: str) -> list[str]:
    """What each step of a guide printed."""
    steps = BLOCK.findall((ROOT / "docs" / guide).read_text("utf-8"))
    assert len(steps) == 8
    marked = "".join(f"echo '--- step {number}'\n{step}" for number, step in enumerate(steps, 1))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ASSETCTL_", "CI"))}
    ours = {"PATH": f"{folder / 'bin'}:{kept['PATH']}", "PYTHONPATH": str(ROOT), "HOME": str(folder)}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"trap 'jobs -p | xargs -r kill' EXIT\n{marked}"],
        cwd=folder,
        env=kept | ours | {"ASSETCTL_LOCKS": str(folder / "locks")},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.split("--- step ")[1:]


@pytest.fixture(scope="module")
def engineer(folder: Path) -> list[str]:
    return run(folder, "engineer.md")


def test_every_step_of_the_engineer_works_in_its_order(engineer: list[str]) -> None:
    assert "at most 36600 units" in engineer[1]
    assert "CPU 315-2 PN/DP" in engineer[3]
    assert "open, indication" in engineer[5]
    assert re.search(r"PRESS-PLC1 +changed +model +CPU 314 +CPU 315-2 PN/DP", engineer[6])
    assert engineer[7].count("consistent with itself and the database") == 2


def test_every_step_of_the_auditor_works_in_its_order(folder: Path, engineer: list[str]) -> None:
    said = run(folder, "auditor.md")
    assert re.search(r"W-\S+ +SNM-001 +live", said[3])
    assert "confirmed" in said[5]
    assert re.search(r"report\.html +changed", said[6])
    plant = folder / "demo-plant"
    assert '"waivers"' in (plant / "audit" / "manifest.json").read_text("utf-8")
    assert "SR 1.5@press-line" in (plant / "walk.txt").read_text("utf-8")
    assert "PRESS-PLC1" in (plant / "audit" / "result.json").read_text("utf-8")
    assert "PRESS-PLC1" not in (plant / "share.html").read_text("utf-8")
