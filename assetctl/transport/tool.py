"""nmap on IT networks: started through python-nmap, on a lease, with nothing but validated values.

python-nmap splits its hosts text like a shell, so a host may smuggle in options: here only address objects become text.
Its own reading of the report is left out (it loses fields and expands entities); the raw XML goes to exchange/nmap_xml.
python-nmap is GPL-3.0: this is the only module that imports it.
"""

import os
import re
import shlex
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from tempfile import TemporaryDirectory

from assetctl.errors import EnvironmentFault, Refusal
from assetctl.model import IPAddress
from assetctl.plan import NEVER_CONNECTED
from assetctl.safety.permit import Lease
from assetctl.text import one_line
from assetctl.transport import leash

MOST_ADDRESSES = 16
MOST_PORTS = 1000
MOST_RATE = 20  # packets a second in total, so that no single device ever sees more
MOST_SECONDS = 60.0
GRACE_S = 0.5  # between asking nmap to end, when it still writes what it has, and making it

OT_PORTS = frozenset(
    {102, 502, 789, 1089, 1090, 1091, 1200, 1911, 1962, 2222, 2404, 2455, 4000, 4840, 4843, 4911, 5006, 5007, 5094}
    | {9600, 11740, 18245, 18246, 20000, 20547, 34962, 34963, 34964, 41100, 44818, 47808, 48898}
    | {55000, 55001, 55002, 55003}
)
FORBIDDEN_PORTS = OT_PORTS | NEVER_CONNECTED

_QUIET = ("-n", "-Pn", "-sT", "--unprivileged", "--no-stylesheet", "--max-retries", "1", "--max-rtt-timeout", "1s")
_CALM = ("--max-parallelism", "4", "--host-timeout", "50s")
PROFILES = {
    "it-ports": (*_QUIET, *_CALM),
    "it-light": (*_QUIET, *_CALM, "-sV", "--version-intensity", "2", "--script-timeout", "10s"),
}

_ZONE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._]{0,14}\Z")
_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class NmapOutput:
    """What nmap wrote.

    stopped: "" when it ended by itself, else why we ended it; the report is then cut off or empty.
    """

    xml: bytes
    stderr: str
    stopped: str = ""


@dataclass(slots=True)
class _Run:
    """One nmap that may be running. folder: where the leash finds its orders and leaves nmap's process id."""

    folder: Path
    over: threading.Event
    stopped: str = ""


def argv_for(addresses: tuple[IPAddress, ...], ports: tuple[int, ...], profile: str, rate: int) -> tuple[str, ...]:
    """nmap's exact arguments for a lease, the program's name left out.

    rate: packets a second, 1 to 20. Raises Refusal for anything that nmap must not be asked.
    """
    if profile not in PROFILES:
        raise Refusal(f"nmap: no profile {profile!r}; known are {', '.join(sorted(PROFILES))}")
    if type(rate) is not int or not 1 <= rate <= MOST_RATE:
        raise Refusal(f"nmap: a rate is 1 to {MOST_RATE} packets a second, not {rate!r}")
    hosts, family = _hosts(addresses)
    return ("-oX", "-", *hosts, "-p", _ports(ports), *PROFILES[profile], "--max-rate", str(rate), *family)


def allowed_ports(ports: tuple[int, ...]) -> tuple[int, ...]:
    """The ports that nmap may be given, in order and once each: no OT, serial-tunnel or print port."""
    return tuple(sorted({port for port in ports if port not in FORBIDDEN_PORTS}))


def find_nmap() -> Path | None:
    """nmap where systems install it; None without it or without python-nmap. The user's own path does not count."""
    if find_spec("nmap") is None:
        return None
    places = ("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "/opt/local/bin", "/bin")
    found = shutil.which("nmap", path=os.pathsep.join(places))
    return Path(found) if found else None


def run_nmap(lease: Lease, *, binary: Path | None = None, cancel: threading.Event | None = None) -> NmapOutput:
    """Run one lease to its end, its last second, or `cancel`, whichever comes first.

    Raises Refusal when the lease does not hold what `argv_for` makes, EnvironmentFault when nmap cannot run here.
    """
    argv = _checked(lease)
    program = _program(binary)
    with TemporaryDirectory(prefix="assetctl-nmap-") as folder:
        run = _Run(Path(folder), threading.Event())
        starter = _write_starter(run.folder, program, argv)
        lease.use()
        with _watched(run, lease.seconds, cancel or threading.Event()):
            xml, stderr = _scan(run, starter, argv)
    if not xml and not run.stopped:
        raise EnvironmentFault(f"nmap ended without a report: {one_line(stderr) or 'no message'}")
    return NmapOutput(xml, stderr, run.stopped)


def _hosts(addresses: tuple[IPAddress, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The addresses as text, and the option for their family."""
    if not 1 <= len(addresses) <= MOST_ADDRESSES:
        raise Refusal(f"nmap: 1 to {MOST_ADDRESSES} addresses fit one lease, not {len(addresses)}")
    if any(type(ip) not in (IPv4Address, IPv6Address) for ip in addresses):
        raise Refusal("nmap: addresses are address objects, never text")
    if len({ip.version for ip in addresses}) > 1:
        raise Refusal("nmap: one lease holds IPv4 or IPv6 addresses, not both")
    for ip in addresses:
        if ip.is_multicast or ip.is_unspecified or int(ip) == 0xFFFFFFFF:
            raise Refusal(f"nmap: {ip} is not the address of one device")
        if isinstance(ip, IPv6Address) and ip.scope_id is not None and not _ZONE.match(ip.scope_id):
            raise Refusal("nmap: an address zone is the name of an interface")
    return tuple(str(ip) for ip in addresses), (("-6",) if addresses[0].version == 6 else ())


def _ports(ports: tuple[int, ...]) -> str:
    if not 1 <= len(ports) <= MOST_PORTS:
        raise Refusal(f"nmap: 1 to {MOST_PORTS} ports fit one lease, not {len(ports)}")
    for port in ports:
        if type(port) is not int or not 1 <= port <= 65535:
            raise Refusal("nmap: a port is a number from 1 to 65535")
        if port in FORBIDDEN_PORTS:
            raise Refusal(f"nmap: port {port} belongs to OT, serial-tunnel or print devices")
    return ",".join(str(port) for port in sorted(set(ports)))


def _checked(lease: Lease) -> tuple[str, ...]:
    """The lease's arguments, when they are exactly what its other fields make."""
    if not 0 < lease.seconds <= MOST_SECONDS:
        raise Refusal(f"nmap: a lease is for at most {MOST_SECONDS:.0f} s, not {lease.seconds}")
    rates = [after for option, after in zip(lease.argv, lease.argv[1:], strict=False) if option == "--max-rate"]
    rate = int(rates[0]) if len(rates) == 1 and re.fullmatch(r"[0-9]{1,4}", rates[0]) else 0
    if lease.argv != argv_for(lease.addresses, lease.ports, lease.profile, rate):
        raise Refusal("nmap: the lease's arguments are not those of its addresses, ports and profile")
    return lease.argv


def _program(binary: Path | None) -> Path:
    if sys.platform == "win32":
        raise EnvironmentFault("nmap is started on Linux and macOS only; here, run it yourself and import its XML")
    program = binary or find_nmap()
    if program is None or not program.is_file():
        raise EnvironmentFault("nmap is not installed: install it, or leave IT services out; all else works without")
    return program.absolute()


def _write_starter(folder: Path, program: Path, argv: tuple[str, ...]) -> Path:
    """An executable that python-nmap takes for nmap, and the orders of the leash behind it."""
    (folder / "argv").write_text("\0".join(argv), "utf-8")
    command = [sys.executable, "-I", "-S", str(Path(leash.__file__)), str(os.getpid()), str(folder), str(program)]
    starter = folder / "nmap"
    starter.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n', "utf-8")
    starter.chmod(0o700)
    return starter


def _scan(run: _Run, starter: Path, argv: tuple[str, ...]) -> tuple[bytes, str]:
    """The raw report and what nmap wrote to stderr; nothing when it was stopped before it began."""
    import nmap

    class RawScanner(nmap.PortScanner):
        """Keeps the report as it came instead of reading it."""

        raw: bytes = b""
        stderr: str = ""

        def analyse_nmap_xml_scan(
            self, nmap_xml_output: bytes | None = None, nmap_err: str = "", *_: object, **__: object
        ) -> dict[str, object]:
            self.raw, self.stderr = nmap_xml_output or b"", nmap_err
            return {}

    at = argv.index("-p")
    try:
        scanner = RawScanner(nmap_search_path=(str(starter),))  # type: ignore[no-untyped-call]
        scanner.scan(" ".join(argv[2:at]), ports=argv[at + 1], arguments=" ".join(argv[at + 2 :]))  # type: ignore[no-untyped-call]
    except Exception as fault:
        if run.stopped:
            return b"", ""
        raise EnvironmentFault(
            f"nmap could not be started from {run.folder.parent} ({one_line(str(fault))}); "
            "where programs may not run there, set TMPDIR"
        ) from fault
    return scanner.raw, scanner.stderr


@contextmanager
def _watched(run: _Run, seconds: float, cancel: threading.Event) -> Iterator[None]:
    """Ends nmap by its process id at `cancel`, when its time is up, and whenever the block is left."""
    watcher = threading.Thread(target=_watch, args=(run, time.monotonic() + seconds, cancel), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        run.over.set()
        watcher.join()
        _signal(run.folder, signal.SIGKILL)


def _watch(run: _Run, end: float, cancel: threading.Event) -> None:
    while not run.over.wait(_POLL_S):
        if cancel.is_set() or time.monotonic() >= end:
            run.stopped = "cancelled" if cancel.is_set() else "time is up"
            (run.folder / "stop").touch()
            _signal(run.folder, signal.SIGTERM)
            if not run.over.wait(GRACE_S):
                _signal(run.folder, signal.SIGKILL)
            return


def _signal(folder: Path, number: signal.Signals) -> None:
    """Signal nmap, unless it has not begun or is gone: an id that is no longer our child's is another's."""
    with suppress(OSError, ValueError):
        pid = int((folder / "pid").read_text("utf-8"))
        if hasattr(os, "waitid"):  # macOS has it from Python 3.13 on
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        os.kill(pid, number)
