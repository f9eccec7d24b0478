"""The guide for CI, tried step by step on a fake plant, and the ready workflow files, which run the same lines."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.live.killed_plant import NETWORK, Plant
from tests.unit.scanned import SETTINGS, servers

__all__ = ["servers"]

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "ci.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.M | re.S)
FILES = '[files]\nzones = "zones.yaml"\nregister = "register.yaml"\n'
ZONES = f"schema: 1\nzones:\n- {{id: cell-1, networks: [{NETWORK}.0/24]}}\n"
REGISTER = f"schema: 1\npositions:\n- id: PUMP-1\n  match: {{ip_address: {NETWORK}.1}}\n"


@pytest.fixture
def shell(tmp_path: Path, servers: Plant) -> dict[str, str]:
    """A folder with settings of a plant, and the environment of a shell in it."""
    folder, tools = tmp_path / "plant", tmp_path / "bin"
    folder.mkdir()
    tools.mkdir()
    (folder / "assetctl.toml").write_text(SETTINGS % servers.port + FILES, "utf-8")
    (folder / "zones.yaml").write_text(ZONES, "utf-8")
    (folder / "register.yaml").write_text(REGISTER, "utf-8")
    program = tools / "assetctl"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m assetctl "$@"\n', "utf-8")
    program.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ASSETCTL_", "GIT_", "CI"))}
    person = {"NAME": "A. Smith", "EMAIL": "a.smith@example.com"}
    git = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in person.items()}
    return (
        kept
        | git
        | {
            "PATH": f"{tools}:{kept['PATH']}",
            "PYTHONPATH": str(ROOT),
            "HOME": str(tmp_path),
            "PWD": str(folder),
            "ASSETCTL_LOCKS": str(tmp_path / "locks"),
        }
    )


def test_every_step_of_the_guide_works_in_its_order(shell: dict[str, str]) -> None:
    steps = BLOCK.findall(GUIDE.read_text("utf-8"))
    assert len(steps) >= 7
    marked = "".join(f"echo '--- step {number}'\n{step}" for number, step in enumerate(steps))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", marked],
        cwd=shell["PWD"],
        env=shell,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout.split("--- step ")
    assert "changed" in said[-2]
    assert "OLD-TYPE" in said[-2]
    assert NETWORK not in (Path(shell["PWD"]) / "drift.sarif").read_text("utf-8")
    assert "accepted: PUMP-1 model changed: OLD-TYPE" in done.stderr


@pytest.mark.parametrize("name", ["github.yml", "gitlab.yml"])
def test_the_ready_files_run_lines_of_the_guide_and_nothing_else_of_ours(name: str) -> None:
    tried = {line for step in BLOCK.findall(GUIDE.read_text("utf-8")) for line in step.splitlines()}
    document = YAML(typ="safe", pure=True).load((ROOT / "docs" / "ci" / name).read_text("utf-8"))
    ours = [line for line in commands(document) if line.startswith("assetctl ")]
    assert len(ours) == 5
    assert set(ours) <= tried


def commands(value: Any) -> list[str]:
    """Every shell line of a workflow file."""
    if isinstance(value, dict):
        named = [value[key] for key in ("run", "script", "before_script") if key in value]
        lines = [
            line for one in named for text in (one if isinstance(one, list) else [one]) for line in text.splitlines()
        ]
        return lines + [line for inner in value.values() for line in commands(inner)]
    return [line for inner in value for line in commands(inner)] if isinstance(value, list) else []


def test_the_scan_never_runs_for_a_merge_request() -> None:
    github = YAML(typ="safe", pure=True).load((ROOT / "docs" / "ci" / "github.yml").read_text("utf-8"))
    assert "pull_request" not in github["jobs"]["scan"]["if"]
    assert "head.repo.full_name == github.repository" in github["jobs"]["verify"]["if"]
    gitlab = YAML(typ="safe", pure=True).load((ROOT / "docs" / "ci" / "gitlab.yml").read_text("utf-8"))
    assert {rule["if"] for rule in gitlab["scan"]["rules"]} == {
        '$CI_PIPELINE_SOURCE == "schedule"',
        '$CI_PIPELINE_SOURCE == "web"',
    }
