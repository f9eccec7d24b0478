"""The plant of the live tests: real servers on addresses of their own in one namespace, and assetctl in the other."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.live.namespace import PEERS_END, SCANNER, SCANNER_IT, Namespaces, listening
from tests.live.wire import Recording, recorded

PROGRAMS = Path(sys.executable).parent
SNAP7_3 = Path(__file__).parents[2] / ".venv-snap7" / "bin" / "python"
SCRIPTS = Path(__file__).parent / "peers"

MODICON, WAGO, S7_C, S7_PYTHON, ROCKWELL = (f"198.18.77.{last}" for last in range(2, 7))
SWITCH_V2C, SWITCH_V3, POWER, LINUX = (f"198.18.77.{last}" for last in range(7, 11))
REFUSING, RESETTING, SLOWING = (f"198.18.77.{last}" for last in range(11, 14))
WEB, SHELL = "198.18.78.2", "198.18.78.3"
ABSENT = ("198.18.77.40", "198.18.77.41")

ENIP = """
[Identity]
Vendor Number = 1
Device Type = 14
Product Code Number = 150
Product Revision = 2848
Serial Number = 12648430
Product Name = 1769-L33ER/A LOGIX5333ER
"""
SWITCH = """
agentAddress udp:{ip}:161
sysDescr Cisco IOS Software, IE 3000 Software, Version 15.2(4)E
sysName {name}
sysContact plant electricians
sysLocation hall 2, cabinet 14
sysServices 2
sysObjectID 1.3.6.1.4.1.9.1.958
exactEngineID 0x8000000903001122334{last}aa
{access}
"""
V3_USER = 'createUser ro SHA-256 "authpass123" AES "privpass123"\nrouser ro authPriv'
RECORDINGS = {
    "apc": "snmpsim_data/data/UPS/apc-8932.snmprec",
    "linux": "snmpsim/data/recorded/linux-full-walk.snmprec",
}
NGINX = """
daemon off; pid nginx.pid; error_log stderr;
events {{}}
http {{
  access_log off;
  server {{ listen {ip}:80; return 200 "plant\\n"; }}
  server {{ listen {ip}:443 ssl; ssl_certificate cert.pem; ssl_certificate_key key.pem;
            ssl_protocols TLSv1 TLSv1.1 TLSv1.2; ssl_ciphers ALL:@SECLEVEL=0; return 200 "plant\\n"; }}
}}
"""
CONFIG = """
schema = 1
[project]
name = "Line 7"
contact = "control room, ext. 4711"
[targets]
exclude_file = "exclude.txt"
[[networks]]
range = "198.18.77.0/24"
kind = "{kind}"
[[networks]]
range = "198.18.78.0/24"
kind = "it"
[[credentials]]
name = "switches"
kind = "snmp-v2c"
networks = ["198.18.77.7/32"]
community = {{ env = "PLANT_SWITCHES" }}
[[credentials]]
name = "core"
kind = "snmp-v3"
networks = ["198.18.77.8/32"]
user = "ro"
auth_protocol = "SHA256"
auth = {{ env = "PLANT_AUTH" }}
priv_protocol = "AES128"
priv = {{ env = "PLANT_PRIV" }}
[[credentials]]
name = "power"
kind = "snmp-v2c"
networks = ["198.18.77.9/32"]
community = {{ env = "PLANT_POWER" }}
[[credentials]]
name = "servers"
kind = "snmp-v2c"
networks = ["198.18.77.10/32"]
community = {{ env = "PLANT_SERVERS" }}
{more}
"""
COMMUNITIES = {SWITCH_V2C: b"public", POWER: b"apc", LINUX: b"linux"}
SECRETS = {
    "PLANT_SWITCHES": "public", "PLANT_AUTH": "authpass123", "PLANT_PRIV": "privpass123",
    "PLANT_POWER": "apc", "PLANT_SERVERS": "linux",
}  # fmt: skip


@dataclass(frozen=True)
class Peer:
    """One server. start: begins it in a folder. missing: what it needs and is not here, "" when all is."""

    name: str
    ip: str
    port: int
    start: "Callable[[Namespaces, Path], subprocess.Popen[bytes]]"
    missing: str = ""
    transport: str = "tcp"


def peers() -> tuple[Peer, ...]:
    """Every server of the plant; those that cannot run here say why."""
    return (
        _python("pymodbus", MODICON, 502, "pymodbus_server.py", needs="pymodbus"),
        _python("pyModbusTCP", WAGO, 502, "pymodbustcp_server.py", needs="pyModbusTCP"),
        _python("python-snap7 1.4.1", S7_C, 102, "snap7_server.py", needs="snap7"),
        _python("python-snap7 3.x", S7_PYTHON, 102, "snap7_server.py", program=SNAP7_3),
        Peer("cpppo", ROCKWELL, 44818, _cpppo, "" if (PROGRAMS / "enip_server").exists() else "cpppo"),
        Peer("snmpd v2c", SWITCH_V2C, 161, _agent("sw-1", SWITCH_V2C, 1, "rocommunity public"), _snmpd()[1], "udp"),
        Peer("snmpd v3", SWITCH_V3, 161, _agent("sw-2", SWITCH_V3, 2, V3_USER), _snmpd()[1], "udp"),
        Peer("snmpsim apc", POWER, 161, _recorded("apc", POWER), _snmpsim(), "udp"),
        Peer("snmpsim linux", LINUX, 161, _recorded("linux", LINUX), _snmpsim(), "udp"),
        _python("a device that resets", RESETTING, 502, "strange_modbus.py", "resets"),
        _python("a device that slows down", SLOWING, 502, "strange_modbus.py", "slows"),
        Peer("nginx", WEB, 443, _nginx, "" if _tool("nginx") and _tool("openssl") else "nginx or openssl"),
        Peer("sshd", SHELL, 22, _sshd, "" if _tool("sshd") and _tool("ssh-keygen") else "sshd"),
    )


def start(spaces: Namespaces, peer: Peer, folder: Path) -> "subprocess.Popen[bytes]":
    """Begin one server and wait until its port is bound."""
    place = folder / peer.ip
    place.mkdir()
    process = peer.start(spaces, place)
    spaces.started.append(process)
    listening(spaces.peers, process, peer.transport, peer.ip, peer.port, place / "log")
    return process


def _python(
    name: str, ip: str, port: int, script: str, *more: str, needs: str = "", program: Path = Path(sys.executable)
) -> Peer:
    missing = needs if needs and find_spec(needs) is None else "" if program.exists() else f"{name} (`make test`)"

    def begin(spaces: Namespaces, folder: Path) -> "subprocess.Popen[bytes]":
        return spaces.peers.start(str(program), str(SCRIPTS / script), ip, *more, cwd=folder, log=folder / "log")

    return Peer(name, ip, port, begin, missing)


def _cpppo(spaces: Namespaces, folder: Path) -> "subprocess.Popen[bytes]":
    (folder / "enip.cfg").write_text(ENIP)
    words = [str(PROGRAMS / "enip_server"), "-c", "enip.cfg", "-a", f"{ROCKWELL}:44818", "TAG=INT[10]"]
    return spaces.peers.start(*words, cwd=folder, log=folder / "log")


def _agent(name: str, ip: str, last: int, access: str) -> "Callable[[Namespaces, Path], subprocess.Popen[bytes]]":
    def begin(spaces: Namespaces, folder: Path) -> "subprocess.Popen[bytes]":
        (folder / "snmpd.conf").write_text(SWITCH.format(ip=ip, name=name, last=last, access=access))
        more = {"MIBS": "", "SNMP_PERSISTENT_DIR": str(folder / "state"), "SNMPCONFPATH": str(folder)}
        words = [_snmpd()[0], "-f", "-Lo", "-C", "-c", "snmpd.conf"]
        return spaces.peers.start(*words, cwd=folder, log=folder / "log", more=more)

    return begin


def _recorded(community: str, ip: str) -> "Callable[[Namespaces, Path], subprocess.Popen[bytes]]":
    def begin(spaces: Namespaces, folder: Path) -> "subprocess.Popen[bytes]":
        package, _, rest = RECORDINGS[community].partition("/")
        spec = find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        (folder / "data").mkdir()
        shutil.copy(Path(spec.origin).parent / rest, folder / "data" / f"{community}.snmprec")
        words = [str(PROGRAMS / "snmpsim-command-responder"), "--data-dir=data", "--cache-dir=cache"]
        words += [f"--agent-udpv4-endpoint={ip}:161", "--process-user=root", "--process-group=root"]
        return spaces.peers.start(*words, cwd=folder, log=folder / "log", more={"TMPDIR": str(folder)})

    return begin


def _nginx(spaces: Namespaces, folder: Path) -> "subprocess.Popen[bytes]":
    (folder / "nginx.conf").write_text(NGINX.format(ip=WEB))
    subject = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=historian.plant.example"]
    made = [_tool("openssl"), *subject, "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(made, cwd=folder, check=True, capture_output=True, timeout=60)
    words = [_tool("nginx"), "-p", str(folder), "-c", "nginx.conf", "-e", "stderr"]
    return spaces.peers.start(*words, cwd=folder, log=folder / "log")


def _sshd(spaces: Namespaces, folder: Path) -> "subprocess.Popen[bytes]":
    (folder / "empty").write_text("")
    made = [_tool("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", "hostkey"]
    subprocess.run(made, cwd=folder, check=True, capture_output=True, timeout=60)
    words = [_tool("sshd"), "-D", "-e", "-f", str(folder / "empty"), "-h", str(folder / "hostkey")]
    options = ["-o", f"ListenAddress={SHELL}", "-o", "PidFile=none"]
    return spaces.peers.start(*words, *options, cwd=folder, log=folder / "log")


def _tool(name: str) -> str:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin") or ""


def _snmpd() -> tuple[str, str]:
    return _tool("snmpd"), "" if _tool("snmpd") else "net-snmp's snmpd"


def _snmpsim() -> str:
    if os.geteuid() != 0:
        return "snmpsim gives up its groups, which a user namespace does not let it"
    has_all = (PROGRAMS / "snmpsim-command-responder").exists() and find_spec("snmpsim_data") is not None
    return "" if has_all else "snmpsim and its recordings"


@dataclass
class Said:
    """How one call of assetctl ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)["data"]


@dataclass
class Desk:
    """assetctl on the scanner's side, with a folder of its own: settings, database, locks."""

    spaces: Namespaces
    folder: Path
    kind: str = "ot"
    more: str = ""
    approvals: int = 0
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        (self.folder / "assetctl.toml").write_text(CONFIG.format(kind=self.kind, more=self.more))
        (self.folder / "exclude.txt").write_text("")
        self.environment = {**SECRETS, "ASSETCTL_LOCKS": str(self.folder / "locks"), "HOME": str(self.folder)}

    def words(self, *arguments: str) -> list[str]:
        settings = ["--config", str(self.folder / "assetctl.toml"), "--format", "json"]
        return [sys.executable, "-m", "assetctl", *settings, *arguments]

    def run(self, *arguments: str, timeout: float = 150.0) -> Said:
        """Run one command to its end."""
        done = self.spaces.scanner.run(*self.words(*arguments), timeout=timeout, **self.environment)
        return Said(done.returncode, done.stdout, done.stderr)

    def begin(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Start a command; what it says goes to files in the folder."""
        process = self.spaces.scanner.start(
            *self.words(*arguments), cwd=self.folder, log=self.folder / "said", more=self.environment
        )
        self.spaces.started.append(process)
        return process

    def approved(self, *arguments: str) -> str:
        """The path of an approval, signed, of exactly what these arguments would ask."""
        self.approvals += 1
        path = self.folder / f"approval-{self.approvals}.toml"
        planned = self.run("plan", *arguments, "--approval", str(path))
        assert planned.code == 0, planned.err
        path.write_text(path.read_text().replace("approved_by = []", 'approved_by = ["A. Example, shift lead"]'))
        return str(path)

    def scan(self, *targets: str, timeout: float = 150.0) -> Said:
        """Plan, approve and scan."""
        return self.run("scan", *targets, "--approval", self.approved(*targets), timeout=timeout)

    def ledger(self, scan: str) -> list[dict[str, Any]]:
        """The lines of a scan's ledger."""
        path = self.folder / "assetctl.ledgers" / f"{scan}.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()]

    def assets(self) -> dict[str, dict[str, Any]]:
        """Assets by address, as `assetctl assets list` gives them."""
        said = self.run("assets", "list")
        return {ip: asset for asset in json.loads(said.out)["data"] for ip in asset["ip_address"]}


def watched(spaces: Namespaces, file: Path, more: Iterable[str] = ()) -> Any:
    """Record what reaches the peers while a block runs."""
    return recorded(spaces.peers.enter, PEERS_END, file, (SCANNER, SCANNER_IT, *more))


__all__ = ["Desk", "Peer", "Recording", "Said", "peers", "start", "watched"]
