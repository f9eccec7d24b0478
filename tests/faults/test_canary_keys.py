"""Secrets of keys, of databases and in the memory: not in files, not in words, not in crashes, not with children."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from assetctl.errors import Exit
from assetctl.settings import load_settings
from assetctl.work import printing
from tests.faults import test_canary as canary
from tests.unit.command import Desk, Said
from tests.unit.report_plant import GENERATED

ROOT = Path(__file__).parents[2]
NMAP = ROOT / "tests" / "data" / "nmap" / "ot.xml"
PASSPHRASE, CENTRE = "canary-passphrase-3d11", "canary-centre-77ab"
SETTINGS = """
[files]
keys = "keys.yaml"
[[signing]]
name = "own"
key = "own.pem"
passphrase = { env = "CANARY_PASSPHRASE" }
[collector]
site = "north"
centre_key = "00"
key = "own"
approval = "approval.toml"
"""
COMMANDS = (
    ("keys", "make", "own"),
    ("keys", "enrol", "own.pub.pem", "--owner", "A. Owner", "--by", "B. Keeper"),
    ("keys", "list"),
    ("import", "nmap", str(NMAP)),
    ("bundle", "write", "north.bundle", "--key", "own"),
    ("--db", "centre.db", "bundle", "merge", "north.bundle", "--as", "plant=north"),
    ("report", "all", "--out", "audit", "--sign", "own"),
    ("verify", "audit/manifest.json"),
    ("doctor",),
)
UNREACHED = (("collector", "run", "--once"),)


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canary, "SECRETS", (PASSPHRASE, CENTRE, canary.PASSWORD))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: None) -> Desk:
    (tmp_path / "desk").mkdir()
    made = Desk(tmp_path / "desk", monkeypatch)
    monkeypatch.setenv("CANARY_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("ASSETCTL_CENTRE_URL", f"postgresql://north:{CENTRE}@127.0.0.1:1/centre")
    made.write("assetctl.toml", SETTINGS)
    return made


def test_no_passphrase_and_no_address_with_a_password_is_in_anything_that_is_written_or_said(
    desk: Desk, tmp_path: Path
) -> None:
    said: list[tuple[str, Said]] = [(" ".join(one), desk.call("-vv", *one)) for one in (*COMMANDS, *UNREACHED)]
    away = f"postgresql://operator:{canary.PASSWORD}@127.0.0.1:1/plant"
    refused = [("collector", "list"), ("collector", "status"), ("collector", "merge"), ("db", "migrate")]
    said += [(" ".join(one), desk.call("-vv", "--db", away, *one)) for one in refused]
    codes = {name: one.code for name, one in said}
    assert all(codes[" ".join(one)] == Exit.DONE for one in COMMANDS[:7]), (codes, [one.err for _, one in said])
    assert all(code == Exit.ENVIRONMENT for code in list(codes.values())[len(COMMANDS) :]), codes
    leaks = [leak for name, one in said for leak in canary.found(name, f"{one.out}\n{one.err}".encode())]
    files = [path for path in sorted(tmp_path.rglob("*")) if path.is_file() and path.name != "assetctl.toml"]
    assert {"own.pem", "north.bundle", "manifest.json"} <= {path.name for path in files}
    assert leaks + [leak for path in files for leak in canary.found(path.name, path.read_bytes())] == []


def test_settings_do_not_show_the_passwords_in_them(desk: Desk) -> None:
    flags = {"database.url": f"postgresql://operator:{canary.PASSWORD}@127.0.0.1:1/plant"}
    settings = load_settings(None, cwd=desk.folder, environ=os.environ, flags=flags)
    assert settings.collector.centre
    assert canary.found("settings", f"{settings!r}{settings}{settings.database!r}".encode()) == []


CRASH = """
import os, sys
from assetctl.cli.main import main
from assetctl.work import session
how = sys.argv[1]

def crash(*given, **named):
    if how == "abort":
        os.abort()
    raise RuntimeError("a bug while the secrets are known")

session._gate = crash
sys.argv = ["assetctl", "-vv", "scan", "--yes"]
main()
"""


@pytest.mark.parametrize("how", ["raise", "abort"])
def test_a_crash_while_the_secrets_are_known_shows_and_leaves_none(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "assetctl.toml").write_text(canary.SETTINGS % 161, "utf-8")
    (tmp_path / "secrets.toml").write_text(f'second = "{canary.IN_FILE}"\n', "utf-8")
    (tmp_path / "secrets.toml").chmod(0o600)
    secrets = {"CANARY_COMMUNITY": canary.COMMUNITY, "CANARY_AUTH": canary.AUTH, "CANARY_PRIV": canary.PRIV}
    own = {"PYTHONPATH": str(ROOT), "ASSETCTL_LOCKS": str(tmp_path / "locks"), "XDG_CONFIG_HOME": str(tmp_path)}
    asks_for_a_core = 'ulimit -S -c "$(ulimit -H -c)"; exec "$@"'
    child = subprocess.Popen(
        ["sh", "-c", asks_for_a_core, "sh", sys.executable, "-c", CRASH, how],
        cwd=tmp_path, env=os.environ | secrets | own, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stderr is not None
    out, err = child.stdout.read(), child.stderr.read()
    status = os.waitpid(child.pid, 0)[1]
    child.returncode = os.waitstatus_to_exitcode(status)
    for stream in (child.stdout, child.stderr):
        stream.close()
    assert child.returncode == (-6 if how == "abort" else 1), err
    assert b"a bug" in err or how == "abort"
    assert not os.WCOREDUMP(status)
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "secrets.toml"]
    leaks = [leak for path in files for leak in canary.found(path.name, path.read_bytes())]
    assert leaks + canary.found("said", out + err) == []


BROWSER = """#!/bin/sh
for word in "$@"; do
  case "$word" in --print-to-pdf=*) env > "${word#*=}"; echo "$@" >> "${word#*=}";; esac
done
"""


def test_a_browser_is_told_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: None) -> None:
    monkeypatch.setenv("CANARY_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("ASSETCTL_DATABASE_URL", f"postgresql://operator:{canary.PASSWORD}@db/plant")
    monkeypatch.setenv("ASSETCTL_CENTRE_URL", f"postgresql://north:{CENTRE}@db/plant")
    fake = tmp_path / "browser"
    fake.write_text(BROWSER, "utf-8")
    fake.chmod(0o755)
    page = tmp_path / "report.html"
    page.write_text("<p>words</p>", "utf-8")
    told = printing.paper(page, fake, at=GENERATED)
    assert b"PATH=" in told
    assert b"--headless" in told
    assert canary.found("environment and arguments", told) == []
