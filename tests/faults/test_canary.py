"""Secrets never leave the place they were put: everything that any command writes or says is searched for them."""

import base64
import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from assetctl.errors import Exit
from tests.unit.command import Desk, Said

ADDRESS = "127.84.1.1"
COMMUNITY, IN_FILE = "canary-community-7f3a", "canary-in-a-file-91bc"
AUTH, PRIV = "canary-authentication-55d0", "canary-privacy-e2c4"
PASSWORD = "canary-database-08af"
SECRETS = (COMMUNITY, IN_FILE, AUTH, PRIV, PASSWORD)
SETTINGS = f"""
[targets]
include = ["{ADDRESS}"]
[probes]
only = ["snmp"]
[ports]
snmp = [%d]
[[credentials]]
name = "first"
kind = "snmp-v2c"
community = {{ env = "CANARY_COMMUNITY" }}
[[credentials]]
name = "second"
kind = "snmp-v2c"
community = {{ file = "secrets.toml#second" }}
[[credentials]]
name = "third"
kind = "snmp-v3"
user = "operator"
auth_protocol = "SHA256"
auth = {{ env = "CANARY_AUTH" }}
priv_protocol = "AES128"
priv = {{ env = "CANARY_PRIV" }}
"""
COMMANDS = (
    ("plan", "--save", "plan.json"),
    ("-vv", "scan", "--yes"),
    ("-vv", "--format", "json", "evidence", "list"),
    ("-vv", "check", "--fail-on", "never", "--output", "found.json"),
    ("-vv", "report", "all", "--out", "audit"),
    ("export", "json", "--out", "all.json"),
    ("db", "backup", "copy.db"),
    ("evidence", "verify"),
    ("secrets", "list"),
    ("doctor",),
    ("-vv", "plan", "--approval", "no/where.toml"),
)


@contextlib.contextmanager
def echo() -> Iterator[int]:
    """An agent that answers every message with itself, made an answer: so its community comes back, too."""
    with socket.socket(type=socket.SOCK_DGRAM) as agent:
        agent.bind((ADDRESS, 0))
        agent.settimeout(0.1)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    message, asker = agent.recvfrom(2048)
                    agent.sendto(message.replace(b"\xa0", b"\xa2", 1).replace(b"\xa1", b"\xa2", 1), asker)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield agent.getsockname()[1]
        finally:
            over.set()
            thread.join(5)


def spellings(secret: str) -> dict[str, bytes]:
    raw = secret.encode()
    shifted = {f"base64 at {at}": base64.b64encode(bytes(at) + raw)[4 if at else 0 : -4] for at in range(3)}
    return {
        "raw": raw,
        "hex": raw.hex().encode(),
        "HEX": raw.hex().upper().encode(),
        "UTF-16": secret.encode("utf-16-le"),
        "reversed": raw[::-1],
        **shifted,
    }


def found(name: str, content: bytes) -> list[str]:
    return [
        f"{name}: {secret} ({how})"
        for secret in SECRETS
        for how, bytes_ in spellings(secret).items()
        if bytes_ in content
    ]


def test_the_search_finds_every_spelling() -> None:
    hidden = base64.b64encode(b"x" + COMMUNITY.encode() + b"y")
    assert found("f", b"..." + hidden)
    assert all(found("f", b"." + spelling + b".") for spelling in spellings(PRIV).values())


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    folder = tmp_path / "desk"
    folder.mkdir()
    made = Desk(folder, monkeypatch)
    for name, value in (("COMMUNITY", COMMUNITY), ("AUTH", AUTH), ("PRIV", PRIV)):
        monkeypatch.setenv(f"CANARY_{name}", value)
    made.write("secrets.toml", f'second = "{IN_FILE}"\n').chmod(0o600)
    return made


def test_no_secret_is_in_anything_that_is_written_or_said(desk: Desk, tmp_path: Path) -> None:
    said: list[tuple[str, Said]] = []
    with echo() as port:
        desk.write("assetctl.toml", SETTINGS % port)
        said += [(" ".join(command), desk.call(*command)) for command in COMMANDS]
    codes = {name: one.code for name, one in said}
    assert Exit.USAGE not in codes.values(), [one.err for _, one in said if one.code == Exit.USAGE]
    away = f"postgresql://operator:{PASSWORD}@127.0.0.1:1/plant"
    said += [("no database", desk.call("-vv", "--db", away, "assets", "list"))]
    assert said[-1][1].code != Exit.DONE
    leaks = [leak for name, one in said for leak in found(name, f"{one.out}\n{one.err}".encode())]
    files = [path for path in sorted(tmp_path.rglob("*")) if path.is_file() and path.name != "secrets.toml"]
    assert {"assetctl.db", "plan.json", "found.json", "all.json", "copy.db"} <= {path.name for path in files}
    leaks += [leak for path in files for leak in found(path.name, path.read_bytes())]
    assert leaks == []
    assert any(path.suffix == ".jsonl" and b'"permit"' in path.read_bytes() for path in files)
