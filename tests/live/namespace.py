"""Two network namespaces joined by a veth pair with both ends inside: a scanner's side and the peers' side.

Each lives as long as a `cat` that waits on a pipe of ours, so nothing is left when the tests are broken off. There is
no way out of either: no default route, no interface but the pair. Without root a user namespace is put around both.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SCANNER_END, PEERS_END = "plant0", "plant1"
SCANNER, SCANNER_IT = "198.18.77.1", "198.18.78.1"
SCANNER_MAC, PEERS_MAC = "02:00:5E:00:77:01", "02:00:5E:00:77:02"
PEERS = tuple(f"198.18.77.{last}" for last in range(2, 21))
PEERS_IT = tuple(f"198.18.78.{last}" for last in range(2, 6))
TOOLS = ("ip", "unshare", "nsenter", "cat")
END_S = 5.0
UP_S = 120.0


class Unable(Exception):
    """Namespaces cannot be made here, and why."""


@dataclass
class Side:
    """One namespace, by the process that holds it. enter: what a command is put behind to run inside."""

    holder: "subprocess.Popen[bytes]"
    enter: tuple[str, ...]

    def run(self, *command: str, timeout: float = 30.0, **more: str) -> "subprocess.CompletedProcess[str]":
        """Run a command inside to its end and return it, whatever its code. more: environment."""
        return subprocess.run(
            [*self.enter, *command], capture_output=True, text=True, timeout=timeout, env=os.environ | more, check=False
        )

    def start(
        self, *command: str, cwd: Path, log: Path, more: dict[str, str] | None = None
    ) -> "subprocess.Popen[bytes]":
        """Start a command inside; its process id is the command's own."""
        with log.open("wb") as out:
            return subprocess.Popen(
                [*self.enter, *command], cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env=os.environ | (more or {}),
            )  # fmt: skip


@dataclass
class Namespaces:
    """Both sides, and what was started in them."""

    scanner: Side
    peers: Side
    started: "list[subprocess.Popen[bytes]]" = field(default_factory=list)


@contextlib.contextmanager
def namespaces() -> Iterator[Namespaces]:
    """Both namespaces with addresses and links up; they end with the block. Raises Unable."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if sys.platform != "linux" or missing:
        raise Unable(f"network namespaces need Linux and {', '.join(missing or TOOLS)}")
    as_root = os.geteuid() == 0
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(_held(["unshare", "-n" if as_root else "-Urn"]))
        enter = _entrance(first, as_root)
        second = stack.enter_context(_held([*enter, "unshare", "-n"]))
        both = Namespaces(Side(first, enter), Side(second, _entrance(second, as_root)))
        _join(both)
        try:
            yield both
        finally:
            for process in reversed(both.started):
                end(process)


@contextlib.contextmanager
def alone() -> Iterator[Side]:
    """A namespace without any link to anywhere: an air-gapped site. Raises Unable."""
    as_root = os.geteuid() == 0
    with _held(["unshare", "-n" if as_root else "-Urn"]) as holder:
        side = Side(holder, _entrance(holder, as_root))
        _ip(side, "link set lo up")
        yield side


def end(process: "subprocess.Popen[bytes]") -> None:
    """End a process that we started, by its id."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(END_S)


def listening(side: Side, process: "subprocess.Popen[bytes]", transport: str, ip: str, port: int, log: Path) -> None:
    """Wait until a socket of this address and port is bound inside; nothing is sent for it."""
    until = time.monotonic() + UP_S
    wanted = "".join(f"{int(part):02X}" for part in reversed(ip.split("."))) + f":{port:04X}"
    table = Path(f"/proc/{process.pid}/net/{transport}")
    state = "0A" if transport == "tcp" else "07"
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(OSError):
            rows = [line.split() for line in table.read_text("ascii").splitlines()[1:]]
            if any(row[1] in (wanted, f"00000000:{port:04X}") and row[3] == state for row in rows):
                return
        time.sleep(0.02)
    raise AssertionError(f"{transport}/{port} of {ip} did not come up: {log.read_text(errors='replace')[-2000:]}")


@contextlib.contextmanager
def _held(command: Sequence[str]) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that sits in new namespaces until its standard input ends."""
    holder = subprocess.Popen([*command, "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert holder.stdin
    assert holder.stdout
    assert holder.stderr
    try:
        with contextlib.suppress(BrokenPipeError):
            holder.stdin.write(b"in\n")
            holder.stdin.flush()
        if holder.stdout.readline() != b"in\n":
            raise Unable(f"{' '.join(command[-2:])}: {holder.stderr.read().decode(errors='replace').strip()}")
        yield holder
    finally:
        holder.communicate(timeout=END_S)


def _entrance(holder: "subprocess.Popen[bytes]", as_root: bool) -> tuple[str, ...]:
    own_user = () if as_root else ("-U", "--preserve-credentials")
    return ("nsenter", "-t", str(holder.pid), "-n", *own_user, "--")


def _join(both: Namespaces) -> None:
    """The veth pair, its addresses, and no IPv6, so that every frame on it is one of ours."""
    pair = f"link add {SCANNER_END} address {SCANNER_MAC} type veth peer name {PEERS_END} address {PEERS_MAC}"
    _ip(both.scanner, f"{pair} netns {both.peers.holder.pid}")
    ends = ((both.scanner, SCANNER_END, (SCANNER, SCANNER_IT)), (both.peers, PEERS_END, (*PEERS, *PEERS_IT)))
    for side, end_name, addresses in ends:
        side.run("sh", "-c", "echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6")
        # many addresses share one kernel here, and with it one allowance of port-unreachable messages
        side.run("sh", "-c", "echo 0 >/proc/sys/net/ipv4/icmp_ratelimit")
        lines = [f"address add {address}/24 dev {end_name}" for address in addresses]
        batch = "\n".join(["link set lo up", *lines, f"link set {end_name} up"])
        done = subprocess.run(
            [*side.enter, "ip", "-batch", "-"], input=batch, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise Unable(f"ip: {done.stderr.strip()}")


def _ip(side: Side, words: str) -> None:
    done = side.run("ip", *words.split())
    if done.returncode:
        raise Unable(f"ip {words}: {done.stderr.strip()}")
