"""The scanners that go through the rack: what each is told, how it is run, and what it says of each address."""

import contextlib
import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.live.namespace import Side
from tests.twins.devices import KINDS
from tests.twins.twin import Twin

COMMUNITY = "TWINS_COMMUNITY"
SETTINGS = """
schema = 1
[project]
name = "Rack of twins"
contact = "control room"
[[networks]]
range = "198.18.77.0/24"
[[networks]]
range = "198.18.78.0/24"
[probes]
depth = ["snmp.tables"]
[[credentials]]
name = "plant"
kind = "snmp-v2c"
community = {{ env = "{community}" }}
[files]
register = "register.yaml"
{named}"""
SCRIPTS = "default,modbus-discover,s7-info,enip-info,bacnet-info,omron-info,iec-identify,snmp-sysdescr"
RUN_S = 900.0
INVENTORY_S = 240.0


@dataclass
class Outcome:
    """What a scanner made of the rack. text: all that it says of an address, in lower case. code: its exit code."""

    code: int
    text: Mapping[str, str]
    said: str = ""


def targets() -> list[str]:
    return [kind.address() for kind in KINDS]


def assetctl(side: Side, folder: Path) -> Outcome:
    """Settings and register as an engineer would keep them, an approval, one scan with the usual limits."""
    folder.mkdir(parents=True)
    named = "\n".join(sorted({kind.named for kind in KINDS}))
    settings = SETTINGS.format(community=COMMUNITY, named=named)
    (folder / "assetctl.toml").write_text(settings)
    (folder / "register.yaml").write_text("schema: 1\npositions: []\n")
    run = _Commands(side, folder)
    for kind in KINDS:
        if kind.declared:
            run("assets", "add", kind.__name__, "--ip", kind.address(), *kind.declared)
    scans = [_scan(run, network) for network in sorted({kind.network for kind in KINDS})]
    asked = [one.code for one in scans]
    said = "".join(one.err for one in scans)
    return Outcome(max(asked), _shown(run), said)


def _scan(run: "_Commands", network: str) -> "_Said":
    """Plan, have it approved, scan. A trip of a breaker ends with 10, what could not be asked with 5."""
    wanted = [kind.address() for kind in KINDS if kind.network == network]
    approval = run.folder / f"approval-{network}.toml"
    run("plan", *wanted, "--approval", str(approval))
    approval.write_text(approval.read_text().replace("approved_by = []", 'approved_by = ["A. Example, shift lead"]'))
    scan = run("scan", *wanted, "--approval", str(approval), may_fail=True)
    assert scan.code in (0, 5, 10), f"{scan.code}\n{scan.err}"
    return scan


def _shown(run: "_Commands") -> dict[str, str]:
    """What the inventory lists of each address; the whole record where a field is not in the list."""
    texts: dict[str, str] = {}
    told = {kind.address(): [value.lower() for value in kind.truth.values()] for kind in KINDS}
    for asset in run("assets", "list").data:
        shown, here = json.dumps(asset, ensure_ascii=False).lower(), asset.get("ip_address", ())
        if any(value not in shown for address in here for value in told.get(address, ())):
            shown += run("assets", "show", asset["id"]).out.lower()
        texts |= {address: texts.get(address, "") + shown for address in here}
    return texts


@dataclass
class _Said:
    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)["data"]


@dataclass
class _Commands:
    """assetctl on the scanner's side, in a folder."""

    side: Side
    folder: Path

    def __call__(self, *words: str, may_fail: bool = False) -> _Said:
        settings = ["--config", str(self.folder / "assetctl.toml"), "--format", "json"]
        environment = {COMMUNITY: "public", "ASSETCTL_LOCKS": str(self.folder / "locks"), "HOME": str(self.folder)}
        done = self.side.run(sys.executable, "-m", "assetctl", *settings, *words, timeout=RUN_S, **environment)
        assert may_fail or done.returncode == 0, f"{words}: {done.returncode}\n{done.stderr}"
        return _Said(done.returncode, done.stdout, done.stderr)


def nmap(side: Side, folder: Path) -> Outcome:
    """Service detection and the usual scripts, on the ports that the rack has and no others."""
    folder.mkdir(parents=True)
    tcp = ",".join(str(port) for port in sorted({port for kind in KINDS for port in kind.tcp}))
    udp = ",".join(str(port) for port in sorted({port for kind in KINDS for port in kind.udp}))
    report = folder / "nmap.xml"
    words = ["nmap", "-n", "-Pn", "-sS", "-sU", "-sV", "-p", f"T:{tcp},U:{udp}", "--script", SCRIPTS]
    words += ["--host-timeout", "300s", "-oX", str(report), *targets()]
    done = side.run(*words, timeout=RUN_S)
    assert done.returncode == 0, done.stderr
    hosts = ElementTree.parse(report).getroot().iter("host")
    texts = {address.get("addr", ""): _text(host) for host in hosts for address in host.iter("address")}
    return Outcome(done.returncode, texts, done.stderr)


def onesixtyone(side: Side, folder: Path) -> Outcome:
    """The community of the rack, once at each address."""
    folder.mkdir(parents=True)
    hosts = folder / "hosts"
    hosts.write_text("\n".join(targets()) + "\n")
    done = side.run("onesixtyone", "-w", "1000", "-i", str(hosts), "public", timeout=RUN_S)
    assert done.returncode == 0, done.stderr
    texts: dict[str, str] = {}
    for line in done.stdout.lower().splitlines():
        address, _, said = line.partition(" ")
        texts[address] = texts.get(address, "") + said
    return Outcome(done.returncode, texts, done.stderr)


def fusioninventory(side: Side, folder: Path) -> Outcome:
    """The network tasks of an inventory agent: from the first address of a network to the last, then each device's.

    Ended after INVENTORY_S a network, with what it wrote until then: a walk in circles has no end for it.
    """
    folder.mkdir(parents=True)
    words = ["fusioninventory-netdiscovery", "--community", "public", "--threads", "10", "--inventory"]
    for network in sorted({kind.network for kind in KINDS}):
        hosts = [kind.host for kind in KINDS if kind.network == network]
        ends = ["--first", f"{network}.{min(hosts)}", "--last", f"{network}.{max(hosts)}"]
        with contextlib.suppress(subprocess.TimeoutExpired):
            done = side.run(*words, *ends, "--save", str(folder), timeout=INVENTORY_S)
            assert done.returncode == 0, done.stderr
    texts: dict[str, str] = {}
    for file in sorted(folder.glob("net*/*.xml")):
        texts[file.stem] = texts.get(file.stem, "") + _text(ElementTree.parse(file).getroot())
    return Outcome(0, texts)


def _text(element: ElementTree.Element) -> str:
    """All that stands in an element and below it."""
    return " ".join(value for one in element.iter() for value in (*one.attrib.values(), one.text or "")).lower()


def found(kind: type[Twin], outcome: Outcome) -> list[str]:
    """Which identity fields of a twin stand in what a scanner says of its address, by the same rule for all."""
    text = outcome.text.get(kind.address(), "")
    return [key for key, value in kind.truth.items() if value.lower() in text]
