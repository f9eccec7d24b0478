"""The wheelhouse for machines without a network: complete, checked, and refused when a byte of it was changed.

Making it asks the package index for the locked wheels, as `make test` did before; installing it asks nobody.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.slow]

OFFLINE = ("unshare", "--net") if os.name == "posix" and os.geteuid() == 0 and shutil.which("unshare") else ()


def run(*command: object, cwd: Path, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    world = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "ASSETCTL"))}
    world |= {"PYTHON": sys.executable, "HOME": str(cwd), "NO_COLOR": "1"}
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=world,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bundle", ROOT / "tools" / "bundle.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("packed") / "bundle"
    command = [sys.executable, ROOT / "tools" / "bundle.py", "--out", out]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode and ("No matching distribution" in done.stderr or "Connection" in done.stderr):
        pytest.skip("no package index can be reached to pack from")
    assert done.returncode == 0, done.stdout + done.stderr
    assert tool().digest(out / "SHA256SUMS") in done.stdout
    return out


def test_every_locked_package_of_this_machine_is_in_it(bundle: Path) -> None:
    module = tool()
    machine = module.Machine(f"{sys.version_info.major}.{sys.version_info.minor}", ())
    locked = list(module.pins(ROOT / "requirements" / "runtime.txt"))
    lines = (ROOT / "requirements" / "runtime.txt").read_text("utf-8").splitlines()
    assert len(locked) == sum("==" in line and not line.startswith((" ", "#")) for line in lines)
    listed = (bundle / "requirements.txt").read_text("utf-8")
    for pin in locked:
        assert (f"{pin.name}=={pin.version}" in listed) is machine.wants(pin)
    assert "assetctl==" in listed
    assert not [path for path in (bundle / "wheels").iterdir() if path.suffix != ".whl"]


def test_windows_packages_are_for_windows_alone() -> None:
    module = tool()
    locked = {pin.name: pin for pin in module.pins(ROOT / "requirements" / "runtime.txt")}
    assert module.Machine("3.12", ("win_amd64",)).wants(locked["colorama"])
    assert not module.Machine("3.12", ("manylinux2014_x86_64",)).wants(locked["colorama"])


def test_it_installs_without_a_network_and_the_program_runs(bundle: Path, tmp_path: Path) -> None:
    done = run(*OFFLINE, "sh", bundle / "install.sh", tmp_path / "venv", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    program = tmp_path / "venv" / "bin" / "assetctl"
    assert run(*OFFLINE, program, "version", cwd=tmp_path).stdout.startswith("assetctl ")
    assert run(*OFFLINE, program, "--help", cwd=tmp_path).returncode == 0
    where = run(tmp_path / "venv/bin/python", "-c", "import assetctl, pysnmp; print(assetctl.__file__)", cwd=tmp_path)
    assert Path(where.stdout.strip()).is_relative_to(tmp_path / "venv")


def test_a_changed_byte_is_refused_before_anything_is_installed(bundle: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(bundle, tmp_path / "copy")
    wheel = next((copy / "wheels").glob("assetctl-*.whl"))
    wheel.write_bytes(wheel.read_bytes()[:-1] + b"\x01")
    done = run("sh", copy / "install.sh", tmp_path / "venv", cwd=tmp_path)
    assert done.returncode != 0
    assert not (tmp_path / "venv").exists()


def test_a_changed_wheel_under_a_rewritten_sum_is_refused_by_its_hash(bundle: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(bundle, tmp_path / "copy")
    wheel = next((copy / "wheels").glob("assetctl-*.whl"))
    wheel.write_bytes(wheel.read_bytes()[:-1] + b"\x01")
    sums = copy / "SHA256SUMS"
    lines = [line for line in sums.read_text("utf-8").splitlines() if not line.endswith(wheel.name)]
    lines.append(f"{tool().digest(wheel)}  wheels/{wheel.name}")
    sums.write_text("\n".join(lines) + "\n", "utf-8")
    done = run("sh", copy / "install.sh", tmp_path / "venv", cwd=tmp_path)
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert not (tmp_path / "venv" / "bin" / "assetctl").exists()


def test_a_folder_that_is_no_bundle_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep me", "utf-8")
    done = run(sys.executable, ROOT / "tools" / "bundle.py", "--out", tmp_path / "mine", cwd=tmp_path)
    assert done.returncode != 0
    assert (tmp_path / "mine" / "notes.txt").read_text("utf-8") == "keep me"
