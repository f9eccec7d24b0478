"""nmap itself, on loopback: what it is started with, what reaches a server, and that it never outlives us."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from ipaddress import ip_address
from pathlib import Path

import pytest

from assetctl.exchange.nmap_xml import read
from assetctl.safety.permit import Lease, Seal
from assetctl.transport.tool import argv_for, find_nmap, run_nmap

pytestmark = [pytest.mark.live, pytest.mark.skipif(find_nmap() is None, reason="nmap is not installed")]

HOST = "127.61.2.1"


class Server:
    """Accepts on one port, says `greeting`, and counts connections."""

    def __init__(self, greeting: bytes) -> None:
        self.socket = socket.create_server((HOST, 0))
        self.port: int = self.socket.getsockname()[1]
        self.greeting = greeting
        self.came: list[socket.socket] = []
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                self.came.append(self.socket.accept()[0])
                with suppress(ConnectionError):
                    self.came[-1].sendall(self.greeting)

    def close(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join(10)
        for each in (self.socket, *self.came):
            each.close()


@pytest.fixture
def ssh() -> Iterator[Server]:
    with closing(Server(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")) as server:
        yield server


@pytest.fixture
def tarpit() -> Iterator[Server]:
    with closing(Server(b"")) as server:
        yield server


def lease(ports: tuple[int, ...], profile: str, seconds: float = 60.0) -> Lease:
    addresses = (ip_address(HOST),)
    argv = argv_for(addresses, ports, profile, 20)
    return Lease(Seal(), addresses=addresses, ports=ports, profile=profile, argv=argv, seconds=seconds, sequence=1)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except (FileNotFoundError, ProcessLookupError):
        return False


def nmap_started_on(port: int, within_s: float) -> int:
    """Process id of the nmap that scans this port."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = path.read_bytes().split(b"\0")
            except OSError:
                continue
            if words[0].endswith(b"/nmap") and b"-p" in words and str(port).encode() in words:
                return int(path.parent.name)
    return 0


def test_it_finds_what_is_there_with_one_connect(ssh: Server) -> None:
    ports = tuple(sorted({ssh.port, *(port for port in range(60_000, 60_010) if port != ssh.port)}))
    output = run_nmap(lease(ports, "it-ports"))
    assert output.stopped == ""
    result = read(output.xml, scan="s", realm="plant", file="nmap")
    states = {c.local_key: c.value for c in result.observations[0].claims if c.key == "port_state"}
    assert result.complete
    assert states.pop(f"tcp/{ssh.port}") == "open"
    assert set(states.values()) == {"closed"}
    assert len(ssh.came) == 1


def test_its_pace_is_kept() -> None:
    began = time.monotonic()
    run_nmap(lease(tuple(range(60_100, 60_140)), "it-ports"))
    assert time.monotonic() - began >= 39 / 20


def test_light_detection_reads_a_greeting_and_asks_little(ssh: Server) -> None:
    output = run_nmap(lease((ssh.port,), "it-light"))
    result = read(output.xml, scan="s", realm="plant", file="nmap")
    claims = {c.key: c.value for c in result.observations[0].claims}
    assert claims["service_name"] == "ssh"
    assert claims["service_product"] == "OpenSSH"
    assert claims["service_source"] == "probed"
    assert len(ssh.came) <= 4


def test_a_cancel_ends_it_within_a_second(tarpit: Server) -> None:
    cancel = threading.Event()
    ended: list[float] = []

    def scan() -> None:
        assert run_nmap(lease((tarpit.port,), "it-light"), cancel=cancel).stopped == "cancelled"
        ended.append(time.monotonic())

    thread = threading.Thread(target=scan)
    thread.start()
    pid = nmap_started_on(tarpit.port, 20)
    assert pid
    asked = time.monotonic()
    cancel.set()
    thread.join(10)
    assert ended
    assert ended[0] - asked < 1.0
    assert not is_running(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tie a child's life to its parent's")
def test_a_killed_parent_takes_nmap_with_it(tarpit: Server, tmp_path: Path) -> None:
    code = f"""
        from ipaddress import ip_address
        from assetctl.safety.permit import Lease, Seal
        from assetctl.transport.tool import argv_for, run_nmap
        fields = dict(addresses=(ip_address("{HOST}"),), ports=({tarpit.port},), profile="it-light")
        argv = argv_for(*fields.values(), 20)
        run_nmap(Lease(Seal(), argv=argv, seconds=60.0, sequence=1, **fields))
    """
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], env=environment) as parent:
        pid = nmap_started_on(tarpit.port, 20)
        assert pid
        assert is_running(pid)
        parent.send_signal(signal.SIGKILL)
        parent.wait(10)
    killed = time.monotonic()
    while is_running(pid) and time.monotonic() < killed + 10:
        os.sched_yield()
    assert time.monotonic() - killed < 2.0
