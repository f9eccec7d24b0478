"""The ready workflow files are what the services take, and their steps run as they stand on a fake plant."""

import copy
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from ruamel.yaml import YAML

from tests.live.killed_plant import NETWORK, Plant
from tests.unit.scanned import SETTINGS, servers
from tests.unit.test_ci_guide import FILES, REGISTER, ROOT, ZONES

__all__ = ["servers"]

SCHEMAS = {"github.yml": "github-workflows.json", "gitlab.yml": "gitlab-ci.json"}
NEEDS_A_REGISTRY = {
    "pip install assetctl",
    'python3 -m venv "$RUNNER_TEMP/venv" && "$RUNNER_TEMP/venv/bin/pip" install assetctl',
}
"""Steps that install the program: the tests have it already, and no network."""
PREPARED = """
assetctl plan --approval approval.toml
sed -i 's/^approved_by = \\[\\]/approved_by = ["A. Smith, plant engineer"]/; s/^runs = .*/runs = 31/' approval.toml
assetctl scan --approval approval.toml --yes
assetctl golden write --out golden
"""


def document(name: str) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe", pure=True).load((ROOT / "docs" / "ci" / name).read_text("utf-8"))
    return found


def validator(name: str) -> Draft7Validator:
    return Draft7Validator(json.loads((ROOT / "tests" / "data" / "schemas" / SCHEMAS[name]).read_text("utf-8")))


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_workflow_file_is_what_its_service_takes(name: str) -> None:
    assert [fault.message for fault in validator(name).iter_errors(document(name))] == []


@pytest.mark.parametrize(
    ("name", "way", "value"),
    [
        ("github.yml", ("jobs", "scan", "timeout-minutes"), "long"),
        ("github.yml", ("jobs", "scan", "unheard-of"), "x"),
        ("github.yml", ("permissions", "contents"), "some"),
        ("github.yml", ("jobs", "verify", "needs"), {}),
        ("gitlab.yml", ("scan", "unheard_of"), "x"),
        ("gitlab.yml", ("verify", "artifacts", "when"), "sometimes"),
        ("gitlab.yml", ("files", "script"), {}),
    ],
)
def test_a_fault_in_a_workflow_file_is_seen(name: str, way: tuple[str, ...], value: Any) -> None:
    changed = copy.deepcopy(document(name))
    node = changed
    for key in way[:-1]:
        node = node[key]
    node[way[-1]] = value
    assert not validator(name).is_valid(changed)


def scripts(name: str) -> Iterator[tuple[str, str]]:
    """Each step with its job, in the order of the jobs."""
    found = document(name)
    if name == "github.yml":
        for job, said in found["jobs"].items():
            yield from ((job, step["run"]) for step in said["steps"] if "run" in step)
    else:
        for job in found["stages"]:
            yield from ((job, line) for line in (*found[job].get("before_script", ()), *found[job]["script"]))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, servers: Plant) -> dict[str, str]:
    """The environment of a collector with a repository that was scanned and approved."""
    home = tmp_path_factory.mktemp("collector")
    folder, tools = home / "plant", home / "bin"
    folder.mkdir()
    tools.mkdir()
    for file, text in (
        ("assetctl.toml", SETTINGS % servers.port + FILES), ("zones.yaml", ZONES), ("register.yaml", REGISTER)
    ):  # fmt: skip
        (folder / file).write_text(text, "utf-8")
    program = tools / "assetctl"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m assetctl "$@"\n', "utf-8")
    program.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ASSETCTL_", "GITHUB_", "CI"))}
    made = kept | {
        "PATH": f"{tools}:{kept['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HOME": str(home),
        "PWD": str(folder),
        "ASSETCTL_LOCKS": str(home / "locks"),
        "ASSETCTL_DATABASE_URL": f"sqlite:///{home / 'plant.db'}",
    }
    done = run(PREPARED, made)
    assert done.returncode == 0, done.stdout + done.stderr
    return made


def run(script: str, shell: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A step as both services run it: bash that ends at the first failure."""
    words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(words, cwd=shell["PWD"], env=shell, capture_output=True, text=True, check=False)


def test_every_step_runs_as_it_stands(prepared: dict[str, str]) -> None:
    """Steps that both files have run once."""
    folder = Path(prepared["PWD"])
    shell = prepared | {"CI": "true", "RUNNER_TEMP": prepared["HOME"]}
    for variable in ("GITHUB_PATH", "GITHUB_STEP_SUMMARY"):
        shell[variable] = str(folder.parent / variable)
    steps = {script: job for name in SCHEMAS for job, script in scripts(name)}
    assert steps.keys() > NEEDS_A_REGISTRY
    for script, job in steps.items():
        if script not in NEEDS_A_REGISTRY:
            done = run(script, shell)
            assert done.returncode == 0, (job, script, done.stdout + done.stderr)
            assert NETWORK not in done.stdout or job == "scan"
    assert (folder / "drift.xml").read_text("utf-8").startswith("<?xml")
    assert json.loads((folder / "drift.sarif").read_text("utf-8"))["version"] == "2.1.0"
    assert Path(shell["GITHUB_STEP_SUMMARY"]).read_text("utf-8") == (folder / "drift.md").read_text("utf-8")


def test_a_difference_fails_the_last_job_and_its_files_are_there(prepared: dict[str, str]) -> None:
    golden = Path(prepared["PWD"]) / "golden" / "cell-1.yaml"
    before = golden.read_text("utf-8")
    assert "model: " in before
    (verify,) = {next(script for job, script in scripts(name) if job == "verify") for name in SCHEMAS}
    golden.write_text(before.replace("model: ", "model: OLD-", 1), "utf-8")
    try:
        done = run(verify, prepared | {"CI": "true"})
    finally:
        golden.write_text(before, "utf-8")
    assert done.returncode == 4, done.stdout + done.stderr
    assert "changed" in (golden.parent.parent / "drift.md").read_text("utf-8")
