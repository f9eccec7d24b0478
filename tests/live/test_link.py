"""Layer 2 against stations that scapy plays and against lldpd, in namespaces of our own, judged by the wire."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.live.namespace import PEERS_END, SCANNER_END, SCANNER_MAC, Namespaces, end, listening, namespaces
from tests.live.wire import HEAD, recorded

pytestmark = [pytest.mark.live]

SCRIPTS = Path(__file__).parent / "peers"
MODBUS = "198.18.77.2"
DCP, LLDP = b"\x88\x92", b"\x88\xcc"
CONFIG = f"""
[targets]
include = ["{MODBUS}"]
[[segments]]
interface = "{SCANNER_END}"
name = "line-1"
by = "A. Engineer"
reason = "the line stands still"
[probes]
only = ["lldp", "modbus", "profinet_dcp"]
[parameters.lldp]
listen_s = "3"
"""
DESCRIPTION = "Siemens SCALANCE XC208 fw 4.3"


@dataclass
class Desk:
    """A folder with settings in the scanner's namespace."""

    spaces: Namespaces
    folder: Path
    config: str = CONFIG
    frames: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        (self.folder / "assetctl.toml").write_text(self.config)

    def command(self, *words: str) -> list[str]:
        return [*self.spaces.scanner.enter, "env", "-C", str(self.folder), sys.executable, "-m", "assetctl", *words]

    def run(self, *words: str, before: tuple[str, ...] = ()) -> "subprocess.CompletedProcess[str]":
        command = self.command(*words)
        at = len(self.spaces.scanner.enter)
        return subprocess.run(
            [*command[:at], *before, *command[at:]], capture_output=True, text=True, timeout=120, check=False,
            env=os.environ | {"HOME": str(self.folder)},
        )  # fmt: skip

    def data(self, *words: str) -> Any:
        done = self.run("--format", "json", *words)
        assert done.stdout, done.stderr
        return json.loads(done.stdout)["data"]

    def approve(self) -> Path:
        path = self.folder / "approval.toml"
        assert self.run("plan", "--approval", str(path)).returncode == 0
        path.write_text(
            path.read_text().replace("approved_by = []", 'approved_by = ["A. Example"]').replace("runs = 1", "runs = 9")
        )
        return path

    def scan(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """A whole scan, and every frame that the scanner put on the wire meanwhile."""
        file = self.folder / "frames"
        with recorded(self.spaces.peers.enter, PEERS_END, file, [SCANNER_MAC]):
            done = self.run("--format", "json", "scan", "--approval", str(self.approve()), *words)
        self.frames = [frame for frame in _frames(file) if frame[6:12] == bytes.fromhex(SCANNER_MAC.replace(":", ""))]
        return done

    def ledger(self) -> list[dict[str, Any]]:
        (path,) = self.folder.glob("*.ledgers/*.jsonl")
        return [json.loads(line) for line in path.read_text().splitlines()]


def _frames(file: Path) -> Iterator[bytes]:
    content, at = file.read_bytes(), 0
    while at < len(content):
        _, length = HEAD.unpack_from(content, at)
        yield content[at + HEAD.size : at + HEAD.size + length]
        at += HEAD.size + length


def _until(true: Callable[[], bool], what: str) -> None:
    limit = time.monotonic() + 20
    while not true():
        assert time.monotonic() < limit, what
        time.sleep(0.05)


@pytest.fixture(scope="module")
def segment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Namespaces]:
    """Four stations, a switch that speaks LLDP, and a Modbus server at the address that the first station tells."""
    folder = tmp_path_factory.mktemp("segment")
    with namespaces() as spaces:
        log = folder / "stations.log"
        spaces.started.append(
            spaces.peers.start(sys.executable, str(SCRIPTS / "profinet_stations.py"), PEERS_END, cwd=folder, log=log)
        )
        _until(lambda: "ready" in log.read_text(), f"scapy: {log.read_text()}")
        server = spaces.peers.start(
            sys.executable, str(SCRIPTS / "pymodbus_server.py"), MODBUS, cwd=folder, log=folder / "modbus.log"
        )
        spaces.started.append(server)
        listening(spaces.peers, server, "tcp", MODBUS, 502, folder / "modbus.log")
        with TemporaryDirectory(prefix="lldpd-") as public:  # lldpd goes on as a user of its own
            os.chmod(public, 0o755)
            _lldpd(spaces, folder, Path(public) / "socket")
            yield spaces


def _lldpd(spaces: Namespaces, folder: Path, socket: Path) -> None:
    assert shutil.which("lldpd"), "lldpd is not installed"
    told = str(socket)
    words = ("-d", "-u", told, "-I", PEERS_END, "-S", DESCRIPTION, "-M", "1", "-m", "198.18.77.9")
    spaces.started.append(spaces.peers.start("lldpd", *words, cwd=folder, log=folder / "lldpd.log"))

    def is_up() -> bool:
        return spaces.peers.run("lldpcli", "-u", told, "configure", "lldp", "tx-interval", "1").returncode == 0

    _until(is_up, "lldpd did not come up")


@pytest.fixture(scope="module")
def scanned(segment: Namespaces, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(segment, tmp_path_factory.mktemp("scanned") / "desk")
    done = desk.scan()
    assert done.returncode == 0, done.stderr
    return desk


def _assets(desk: Desk) -> dict[str, dict[str, Any]]:
    return {mac: asset for asset in desk.data("assets", "list") for mac in asset["mac_address"]}


def test_one_frame_asks_everybody_and_it_is_the_one_in_the_ledger(scanned: Desk) -> None:
    asked = [frame for frame in scanned.frames if frame[12:14] == DCP]
    (permit,) = [line for line in scanned.ledger() if line.get("request") == "identify-all"]
    (frame,) = asked
    assert frame[:6].hex() == "010ecf000000"
    assert sha256(frame[:6] + bytes(6) + frame[12:]).hexdigest() == permit["sha256"]
    assert (permit["packets"], permit["to"]) == (1, f"plant/link:{SCANNER_END}")


def test_nothing_else_is_sent_to_everybody_but_what_the_kernel_asks_for_the_address(scanned: Desk) -> None:
    groups = {frame[12:14] for frame in scanned.frames if frame[0] & 1}
    assert groups <= {DCP, b"\x08\x06"}
    assert not [frame for frame in scanned.frames if frame[12:14] == LLDP]


def test_every_station_that_answered_is_a_device_and_tagged_answers_count(scanned: Desk) -> None:
    told = {
        "28:63:36:AB:CD:01": ("plc-line1", "198.18.77.2"),
        "AC:64:17:01:02:03": ("et200sp-1", "198.18.77.21"),
        "00:0E:8C:01:02:03": ("scalance-1", "198.18.77.22"),
        "00:30:DE:0A:0B:0C": (None, None),
    }
    found = _assets(scanned)
    assert {mac: (found[mac]["hostname"], next(iter(found[mac]["ip_address"]), None)) for mac in told} == told
    assert found["AC:64:17:01:02:03"]["facts"]["profinet_roles"] == ["IO-Device"]
    assert found["00:30:DE:0A:0B:0C"]["facts"]["profinet_ip_status"] == "not set"


def test_a_station_is_one_device_with_what_answered_at_its_address_and_what_it_says_by_lldp(scanned: Desk) -> None:
    asset = _assets(scanned)["28:63:36:AB:CD:01"]
    sources = {told["name"] for told in asset["sources"].values()}
    assert {"profinet_dcp", "lldp", "modbus"} <= sources
    assert asset["order_code"] == "BMX P34 2020"
    assert [one["port"] for one in asset["ports_services"]] == [502]


def test_what_lldpd_tells_is_what_is_heard_and_its_port_faces_ours(scanned: Desk) -> None:
    (asset,) = [one for one in scanned.data("assets", "list") if one["facts"].get("description") == DESCRIPTION]
    assert asset["ip_address"] == ["198.18.77.9"]
    assert "02:00:5E:00:77:02" in asset["mac_address"]
    assert asset["facts"]["lldp_chassis_id"] == "02:00:5E:00:77:02"
    assert "stationOnly" in asset["facts"]["lldp_capabilities"]
    stored = scanned.run("assets", "show", asset["id"]).stdout
    assert PEERS_END in stored


def test_the_evidence_reads_the_same_again_and_its_chain_holds(scanned: Desk) -> None:
    assert scanned.run("evidence", "verify").returncode == 0
    assert "0 changed" in scanned.run("evidence", "reread").stderr


def test_a_tagged_answer_keeps_its_vlan_in_the_evidence(scanned: Desk) -> None:
    (named,) = [row for row in scanned.data("evidence", "list") if row["request"] == "identify-all"]
    received = scanned.data("evidence", "show", named["id"])["received"]
    tagged = sorted(frame[12:40] for frame in received if frame[24:28] == "8100")
    assert tagged == ["000e8c0102038100c0648892feff", "ac64170102038100c0008892feff"]


def test_a_stop_ends_the_listening_and_the_scan_goes_on_with_what_is_left(segment: Namespaces, tmp_path: Path) -> None:
    desk = Desk(segment, tmp_path / "desk", CONFIG.replace('listen_s = "3"', 'listen_s = "12"'))
    approval = str(desk.approve())
    running = subprocess.Popen(desk.command("-q", "scan", "--approval", approval), stderr=subprocess.PIPE)
    try:
        _until(lambda: any(line["do"] == "listen" for line in _ledger_so_far(desk)), "it does not listen")
        began = time.monotonic()
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=10)
        assert time.monotonic() - began < 3
    finally:
        end(running)
    (row,) = desk.data("scans", "list")
    assert row["state"] == "interrupted"
    begun = [line["step"].partition("@")[0] for line in _ledger_so_far(desk) if line.get("begins")]
    assert "profinet_dcp" not in begun
    resumed = desk.run("--format", "json", "-q", "scan", "--resume", row["id"], "--approval", approval)
    assert resumed.returncode == 0, resumed.stderr
    again = [line["step"].partition("@")[0] for line in _ledger_so_far(desk) if line.get("begins")][len(begun) :]
    assert {"lldp", "profinet_dcp"} <= set(again)
    assert [line["request"] for line in _ledger_so_far(desk) if line.get("size") == 60] == ["identify-all"]


def _ledger_so_far(desk: Desk) -> list[dict[str, Any]]:
    found = list(desk.folder.glob("*.ledgers/*.jsonl"))
    lines = found[0].read_text().splitlines(keepends=True) if found else []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def test_without_the_right_to_raw_sockets_one_line_says_so_and_nothing_is_sent(
    segment: Namespaces, tmp_path: Path
) -> None:
    desk = Desk(segment, tmp_path / "desk")
    approval = desk.approve()
    done = desk.run(
        "-q", "scan", "--approval", str(approval), before=("setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw")
    )
    assert done.returncode == 7
    (line,) = [one for one in done.stderr.splitlines() if one.startswith("error")]
    assert "CAP_NET_RAW" in line
    assert not list(desk.folder.glob("*.ledgers/*"))


@pytest.mark.parametrize(("interface", "code"), [("nowhere0", 7), ("lo", 10)])
def test_an_interface_that_is_not_there_or_not_the_declared_one_ends_it_before_any_frame(
    segment: Namespaces, tmp_path: Path, interface: str, code: int
) -> None:
    vantage = f'[[vantages]]\ninterface = "{SCANNER_END}"\n'
    desk = Desk(segment, tmp_path / "desk", CONFIG.replace(f'"{SCANNER_END}"', f'"{interface}"') + vantage)
    done = desk.scan()
    assert done.returncode == code, done.stderr
    assert not [frame for frame in desk.frames if frame[12:14] in (DCP, LLDP)]
