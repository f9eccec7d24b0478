"""SNMP tables against others' agents and readers: lldpd, net-snmp's package list, and recorded switches by pysnmp."""

import asyncio
import bz2
import json
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from assetctl.model import SubjectKind
from assetctl.protocols.snmp import arp, bridge, lldp
from assetctl.secrets.credentials import Community
from tests.live.namespace import Namespaces, namespaces
from tests.live.snmp_agents import HOST, SNMPD, SYSTEM, snmpd, snmpsim
from tests.live.test_snmp_peers import Talked, talk_to

pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")]  # pysnmp's
ROOT = Path(__file__).parents[2]
LLDPD = shutil.which("lldpd", path="/usr/sbin:/usr/local/sbin:/usr/bin")
LLDPCLI = shutil.which("lldpcli", path="/usr/sbin:/usr/local/sbin:/usr/bin")
RECORDED = {
    "arista": "cloud/arista-dcs-7150s-52-cl.snmprec.bz2",
    "procurve": "network/switch/hpe-procurve-516733-b21.snmprec.bz2",
    "icx": "network/switch/brocade-icx6430-24.snmprec.bz2",
    "nexus": "network/switch/cisco-n5000.snmprec.bz2",
}
MIB_SYSTEM = (1, 3, 6, 1, 2, 1, 1)
UP_S = 120.0


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    spec = find_spec("snmpsim_data")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "data"
    texts = {name: bz2.decompress((folder / path).read_bytes()).decode("latin-1") for name, path in RECORDED.items()}
    with snmpsim(tmp_path_factory.mktemp("snmpsim"), texts) as port:
        for name in texts:  # the first look at a recording makes its index
            walked(port, name, MIB_SYSTEM)
        yield port


def neighbours(done: Talked) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for claim in done.claims:
        if claim.kind is SubjectKind.NEIGHBOUR:
            found.setdefault(claim.local_key, {})[claim.key.removeprefix("neighbour_")] = claim.value
    return found


with warnings.catch_warnings():  # pysnmp calls pysmi by a name of yesterday
    warnings.simplefilter("ignore", DeprecationWarning)
    from pysnmp.hlapi.v1arch import asyncio as hlapi


def walked(port: int, community: str, column: tuple[int, ...]) -> dict[tuple[int, ...], Any]:
    """One column by pysnmp, index -> value."""

    async def walk() -> dict[tuple[int, ...], Any]:
        found = {}
        target = await hlapi.UdpTransportTarget.create((HOST, port), timeout=5)
        with hlapi.SnmpDispatcher() as dispatcher:
            async for fault, status, _, varbinds in hlapi.bulk_walk_cmd(
                dispatcher, hlapi.CommunityData(community), target, 0, 10,
                hlapi.ObjectType(hlapi.ObjectIdentity(column)), lexicographicMode=False,
            ):  # fmt: skip
                assert not fault
                assert not status
                for name, value in varbinds:
                    found[tuple(name)[len(column) :]] = value
        return found

    return asyncio.run(walk())


def shown(mac: bytes) -> str:
    return mac.hex(":").upper()


def as_id(value: Any) -> str:
    raw = bytes(value)
    return shown(raw) if len(raw) == 6 else raw.decode()


def is_single(index: tuple[int, ...]) -> bool:
    return any(index[-6:]) and not index[-6] & 1


@pytest.mark.parametrize("community", ["arista", "icx", "procurve"])
def test_every_entry_of_the_forwarding_table_that_pysnmp_reads_is_behind_its_interface(
    recorded: int, community: str
) -> None:
    done = talk_to(recorded, Community("ro", "v2c", community.encode()), depth=frozenset({"snmp.fdb"}))
    ports = walked(recorded, community, bridge.Q_FDB_PORT)
    statuses = walked(recorded, community, bridge.Q_FDB_STATUS)
    interfaces = walked(recorded, community, bridge.PORT_IF_INDEX)
    expected: dict[str, set[tuple[str, Any]]] = {}
    for index, port in ports.items():
        if is_single(index) and int(statuses[index]) != bridge.INVALID:
            held = expected.setdefault(shown(bytes(index[-6:])), set())
            held.add((bridge.STATUSES[int(statuses[index]) - 1], interfaces.get((int(port),), None)))
    assert expected
    told: dict[str, set[tuple[str, Any]]] = {}
    for one in neighbours(done).values():
        held = told.setdefault(one["mac_address"], set())
        held |= {(status, one.get("local_interface")) for status in one["entry_types"]}
    assert told == expected


def test_vlans_of_every_port_are_those_of_the_port_lists_that_pysnmp_reads(recorded: int) -> None:
    done = talk_to(recorded, Community("ro", "v2c", b"arista"), depth=frozenset({"snmp.fdb"}))
    pvids = walked(recorded, "arista", bridge.PVID)
    interfaces = {index[0]: int(value) for index, value in walked(recorded, "arista", bridge.PORT_IF_INDEX).items()}
    assert {c.local_key: c.value for c in done.claims if c.key == "interface_vlan"} == {
        f"if/{interfaces[index[0]]}": int(value) for index, value in pvids.items() if index[0] in interfaces and value
    }
    told = {c.local_key: c.value for c in done.claims if c.key == "interface_vlans_untagged"}
    untagged = {i[-1]: bytes(raw) for i, raw in walked(recorded, "arista", bridge.VLAN_UNTAGGED).items()}
    for port, interface in interfaces.items():
        at, bit = divmod(port - 1, 8)
        wanted = {vlan for vlan, raw in untagged.items() if at < len(raw) and raw[at] & 0x80 >> bit}
        spans = [span.partition("-") for span in told.get(f"if/{interface}", ())]
        assert wanted == {n for low, _, high in spans for n in range(int(low), int(high or low) + 1)}


def test_every_arp_entry_that_pysnmp_reads_is_told(recorded: int) -> None:
    done = talk_to(recorded, Community("ro", "v2c", b"nexus"), depth=frozenset({"snmp.arp"}))
    entries = walked(recorded, "nexus", arp.PHYS_ADDRESS)
    expected = {
        (index[0], shown(bytes(raw)), ".".join(map(str, index[3:])))
        for index, raw in entries.items()
        if index[1] == 1 and len(bytes(raw)) == 6 and is_single(tuple(bytes(raw)))
    }
    told = {
        (one["local_interface"], one["mac_address"], address)
        for one in neighbours(done).values()
        for address in one["addresses"]
    }
    assert len(expected) > 400
    assert told == expected


@pytest.mark.parametrize(("community", "count"), [("arista", 2), ("nexus", 9), ("procurve", 5)])
def test_every_lldp_neighbour_that_pysnmp_reads_is_told(recorded: int, community: str, count: int) -> None:
    done = talk_to(recorded, Community("ro", "v2c", community.encode()), depth=frozenset({"snmp.neighbours"}))
    chassis = walked(recorded, community, lldp.REMOTE.columns[1])
    names = walked(recorded, community, lldp.REMOTE.columns[5])
    lldp_ones = [one for one in neighbours(done).values() if "lldp" in one["learned_by"]]
    assert len(chassis) == count
    assert sorted(one["chassis"] for one in lldp_ones) == sorted(map(as_id, chassis.values()))
    told = {one["chassis"]: one.get("name", "") for one in lldp_ones}
    named = {as_id(chassis[i]): bytes(names[i]).decode().strip("\0 ") for i in chassis}
    assert all(told[chassis_id] == name for chassis_id, name in named.items() if name)


def test_the_programs_of_a_debian_machine_are_those_of_its_package_list(tmp_path: Path) -> None:
    dpkg = shutil.which("dpkg-query")
    assert SNMPD
    assert dpkg, "net-snmp reads the package list of Debian; this machine has none"
    listed = subprocess.run([dpkg, "-W", "-f", "${Package}\t${Version}\n"], capture_output=True, text=True, check=True)
    rows = [line.split("\t") for line in listed.stdout.splitlines()]
    known = {(name, version) for name, version in rows if version}
    with snmpd(tmp_path) as port:
        done = talk_to(port, Community("ro", "v2c", b"plantread"), depth=frozenset({"snmp.host-resources"}))
    told: dict[str, dict[str, Any]] = {}
    for claim in done.claims:
        if claim.kind is SubjectKind.SOFTWARE:
            told.setdefault(claim.local_key, {})[claim.key] = claim.value
    found = {(one["software_name"], one.get("software_version", "")) for one in told.values()}
    assert known
    assert found <= known
    if done.value("snmp_tables_cut") is None:
        assert found == known


def lldp_daemon(both: Namespaces, side: str, end: str, folder: Path, *options: str) -> list[str]:
    """Start lldpd on one end of the pair; the start of an lldpcli command for it."""
    assert LLDPD, "lldpd is not installed"
    assert LLDPCLI
    socket = folder / f"{side}.sock"
    one = both.scanner if side == "scanner" else both.peers
    command = (LLDPD, "-d", "-u", str(socket), "-I", end, *options)
    both.started.append(one.start(*command, cwd=folder, log=folder / f"{side}.log"))
    client = [*one.enter, LLDPCLI, "-u", str(socket)]
    until = time.monotonic() + UP_S
    while time.monotonic() < until:
        done = subprocess.run([*client, "configure", "lldp", "tx-interval", "1"], capture_output=True, check=False)
        if done.returncode == 0:
            return client
        time.sleep(0.05)
    raise AssertionError((folder / f"{side}.log").read_text(errors="replace")[-2000:])


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that lldpd can enter after it has given up its rights."""
    with tempfile.TemporaryDirectory(prefix="lldp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def test_lldpd_and_our_reading_of_its_mib_name_the_same_neighbour(open_folder: Path) -> None:
    """lldpd tells net-snmp's agent over AgentX what it heard; lldpcli, on the same side, shows it in its own words."""
    assert SNMPD
    with namespaces() as both:
        (open_folder / "snmpd.conf").write_text(
            f"agentAddress udp:{HOST}:16100\n{SYSTEM}rocommunity plantread\n"
            f"master agentx\nagentXSocket {open_folder}/x\nagentXPerms 777 777\n"
        )
        env = {"MIBS": "", "SNMP_PERSISTENT_DIR": str(open_folder / "state"), "SNMPCONFPATH": str(open_folder)}
        command = (SNMPD, "-f", "-Lo", "-C", "-c", "snmpd.conf")
        both.started.append(both.peers.start(*command, cwd=open_folder, log=open_folder / "snmpd.log", more=env))
        switch = lldp_daemon(both, "peers", "plant1", open_folder, "-x", "-X", str(open_folder / "x"))
        station = ("-S", "Siemens SIMATIC test station fw 4.3", "-C", "plant0")
        lldp_daemon(both, "scanner", "plant0", open_folder, *station)  # it speaks when it starts
        heard = _heard(switch)
        told = _asked(both)
    (local, interface), *_ = heard.items()
    (one,) = told.values()
    chassis_name, chassis = next(iter(interface["chassis"].items()))
    assert local == one["local_port"] == "plant1"
    assert one["chassis"].lower() == chassis["id"]["value"].lower()
    assert one["chassis_type"] == {"mac": "macAddress"}[chassis["id"]["type"]]
    assert one["name"] == chassis_name
    assert one["description"] == chassis["descr"] == "Siemens SIMATIC test station fw 4.3"
    assert one["port"].lower() == interface["port"]["id"]["value"].lower()
    assert one["port_description"] == interface["port"]["descr"]
    addresses = chassis.get("mgmt-ip", [])
    assert set(one["addresses"]) == {addresses} if isinstance(addresses, str) else set(addresses)
    enabled = {entry["type"].lower() for entry in chassis["capability"] if entry["enabled"]}
    told_names = {name.lower().removesuffix("only").replace("accesspoint", "") for name in one.get("capabilities", ())}
    assert told_names == enabled


def _heard(client: list[str]) -> dict[str, Any]:
    """The neighbours that lldpcli shows, by interface, once there is one."""
    until = time.monotonic() + UP_S
    while time.monotonic() < until:
        done = subprocess.run([*client, "show", "neighbors", "-f", "json"], capture_output=True, check=True)
        found = json.loads(done.stdout)["lldp"].get("interface", [])
        if found:
            rows = found if isinstance(found, list) else [found]
            return {name: row for one in rows for name, row in one.items()}
        time.sleep(0.2)
    raise AssertionError(f"lldpd heard no neighbour: {done.stdout!r}")


def _asked(both: Namespaces) -> dict[str, dict[str, Any]]:
    """The neighbours that our probe reads from the agent beside lldpd, once AgentX has joined the two."""
    until = time.monotonic() + UP_S
    while time.monotonic() < until:
        done = both.peers.run(
            sys.executable, "-m", "tests.live.snmp_asking", "16100", "plantread", "snmp.neighbours",
            PYTHONPATH=str(ROOT), timeout=60.0,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found: dict[str, dict[str, Any]] = {}
        for key, value, kind, local_key in map(json.loads, done.stdout.splitlines()):
            if kind == SubjectKind.NEIGHBOUR:
                found.setdefault(local_key, {})[key.removeprefix("neighbour_")] = value
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError("no neighbour in LLDP-MIB")
