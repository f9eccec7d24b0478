"""Starts real SNMP agents on loopback, on ports of their own, and ends exactly those."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from assetctl.protocols.snmp import codec, objects
from assetctl.secrets.credentials import Community
from assetctl.transport.community import unwrap, wrap

SNMPD = shutil.which("snmpd") or shutil.which("snmpd", path="/usr/sbin:/usr/local/sbin")
SNMPSIM = shutil.which("snmpsim-command-responder", path=str(Path(sys.executable).parent))
HOST = "127.77.0.6"
UP_S = 120.0

SYSTEM = """\
sysDescr Cisco IOS Software, IE 3000 Software, Version 15.2(4)E
sysName sw-ie3000-01
sysContact plant electricians
sysLocation hall 2, cabinet 14
sysServices 2
sysObjectID 1.3.6.1.4.1.9.1.958
exactEngineID 0x80000009030011223344aa
"""


def free_port(host: str = HOST) -> int:
    """A UDP port that was free a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind((host, 0))
        return int(made.getsockname()[1])


@contextlib.contextmanager
def running(command: list[str], *, cwd: Path, env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is ended by its own id, with its output in a file beside its configuration."""
    with (cwd / "agent.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=cwd, env=os.environ | env, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)


@contextlib.contextmanager
def snmpd(folder: Path, lines: str = "", *, community: str = "plantread", port: int = 0) -> Iterator[int]:
    """net-snmp's agent; yields its port. lines: further lines of its configuration. port: 0 for one that is free."""
    port = port or free_port()
    (folder / "snmpd.conf").write_text(f"agentAddress udp:{HOST}:{port}\n{SYSTEM}rocommunity {community}\n{lines}")
    env = {"MIBS": "", "SNMP_PERSISTENT_DIR": str(folder / "state"), "SNMPCONFPATH": str(folder)}
    assert SNMPD
    with running([SNMPD, "-f", "-Lo", "-C", "-c", "snmpd.conf"], cwd=folder, env=env) as process:
        wait_until_up(process, port, community, folder)
        yield port


@contextlib.contextmanager
def snmpsim(folder: Path, records: dict[str, str]) -> Iterator[int]:
    """Recorded devices, one community for each; yields the port. records: community -> .snmprec text."""
    port = free_port()
    (folder / "data").mkdir()
    for community, text in records.items():
        (folder / "data" / f"{community}.snmprec").write_text(text)
    assert SNMPSIM
    command = [SNMPSIM, "--data-dir=data", "--cache-dir=cache", f"--agent-udpv4-endpoint={HOST}:{port}"]
    if os.getuid() == 0:
        command += ["--process-user=root", "--process-group=root"]
    with running(command, cwd=folder, env={"TMPDIR": str(folder)}) as process:
        wait_until_up(process, port, next(iter(records)), folder)
        yield port


def wait_until_up(process: subprocess.Popen[bytes], port: int, community: str, folder: Path) -> None:
    """Ask until the agent answers. Fails with the agent's own words when it ends or stays silent."""
    secret = Community("up", "v2c", community.encode())
    question = codec.encode_get(request_id=codec.REQUEST_ID_BASE, objects=(objects.SYS_DESCR,))
    until = time.monotonic() + UP_S
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.settimeout(0.2)
        made.connect((HOST, port))
        while process.poll() is None and time.monotonic() < until:
            try:
                made.send(wrap(question, secret))
                codec.decode(unwrap(made.recv(65535), secret), request_id=codec.REQUEST_ID_BASE)
            except (TimeoutError, ConnectionError):
                continue
            return
    raise AssertionError(f"agent did not answer: {(folder / 'agent.log').read_text(errors='replace')[-2000:]}")
