"""The wheel works where there is no checkout: it holds everything, finds it, and does the whole job."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKED = {"checks": "assetctl/_packed/checks", "reports/templates": "assetctl/_packed/templates"}
MAY_UNSHARE = os.name == "posix" and os.geteuid() == 0 and shutil.which("unshare") and shutil.which("ip")
# with nothing but a loopback of its own: no network, and no other demo on the same addresses
ALONE = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh") if MAY_UNSHARE else ()
pytestmark = [pytest.mark.slow]


def run(*command: object, cwd: Path, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    world = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "ASSETCTL", "XDG"))}
    world |= {"HOME": str(cwd), "NO_COLOR": "1", "PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=world,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    done = run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """assetctl from the wheel in an environment of its own, which borrows the dependencies and not the checkout."""
    home = tmp_path_factory.mktemp("installed")
    done = run(sys.executable, "-m", "venv", "--without-pip", home / "venv", cwd=home)
    assert done.returncode == 0, done.stderr
    python = next(path for path in (home / "venv/bin/python", home / "venv/Scripts/python.exe") if path.exists())
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index")
    done = run(*pip, wheel, cwd=home)
    assert done.returncode == 0, done.stderr
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home).stdout.strip())
    borrowed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "borrowed.pth").write_text("\n".join(sorted(borrowed)) + "\n", "utf-8")
    return python.with_name("assetctl")


def test_the_wheel_holds_every_file_that_the_program_reads(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    tracked = run("git", "-C", ROOT, "ls-files", "assetctl", *PACKED, cwd=ROOT).stdout.split()
    for name in tracked:
        folder = next((top for top in PACKED if name.startswith(top + "/")), "")
        packed = name.replace(folder, PACKED[folder], 1) if folder else name
        assert packed in held or not (ROOT / name).exists(), name
    assert len([name for name in held if name.startswith("assetctl/_packed/checks/")]) > 25
    assert not [name for name in held if name.startswith(("tests/", "bench/", "docs/"))]


def test_the_installed_program_is_not_the_checkout(program: Path, tmp_path: Path) -> None:
    where = run(program.with_name("python"), "-c", "import assetctl; print(assetctl.__file__)", cwd=tmp_path)
    assert Path(where.stdout.strip()).is_relative_to(program.parents[1])


def test_checks_templates_tables_and_captures_are_found(program: Path, tmp_path: Path) -> None:
    assert run(program, "version", cwd=tmp_path).stdout.startswith("assetctl ")
    helped = run(program, "--help", cwd=tmp_path)
    assert helped.returncode == 0
    assert "scan" in helped.stdout
    listed = run(program, "--format", "csv", "policy", "list", cwd=tmp_path)
    assert len(listed.stdout.splitlines()) == 1 + len(list((ROOT / "checks").glob("*.yaml")))
    tried = run(program, "policy", "test", cwd=tmp_path)
    assert tried.returncode == 0, tried.stderr
    wrote = run(program, "init", tmp_path / "plant", cwd=tmp_path)
    assert wrote.returncode == 0, wrote.stderr
    assert (tmp_path / "plant" / "assetctl.toml").is_file()


def test_an_import_becomes_a_report(program: Path, tmp_path: Path) -> None:
    listed = ROOT / "assetctl" / "demo" / "files" / "it-hosts.xml"
    taken = run(program, "--db", "plant.db", "import", "nmap", listed, cwd=tmp_path)
    assert taken.returncode == 0, taken.stderr
    made = run(program, "--db", "plant.db", "report", "all", "--out", "out", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "out" / "report.html").read_text("utf-8").startswith("<!doctype html>")
    assert zipfile.is_zipfile(tmp_path / "out" / "report.xlsx")


def test_the_demo_does_the_whole_job(program: Path, tmp_path: Path) -> None:
    done = run(*ALONE, program, "demo", cwd=tmp_path, timeout=180)
    assert done.returncode == 0, done.stdout + done.stderr
    written = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert {"report.html", "report.xlsx"} <= written
