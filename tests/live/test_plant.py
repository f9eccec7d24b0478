"""The whole scan against servers that others wrote, in namespaces of our own, judged by what reached the servers."""

import hashlib
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from assetctl.secrets.credentials import Community
from assetctl.transport.community import unwrap
from tests.live import plant, table
from tests.live.namespace import PEERS_MAC, SCANNER, SCANNER_END, Namespaces, Unable, namespaces
from tests.live.wire import ETH_P_ARP, ETH_P_IP, TCP, UDP, Recording, most_in_a_second

pytestmark = [pytest.mark.live]

OT = (
    *(plant.MODICON, plant.WAGO, plant.S7_C, plant.S7_PYTHON, plant.ROCKWELL),
    *(plant.SWITCH_V2C, plant.SWITCH_V3, plant.POWER, plant.LINUX, plant.REFUSING),
)
IT = (plant.WEB, plant.SHELL)
FINDER = (21, 22, 23, 80, 443)
STRANGE = (plant.RESETTING, plant.SLOWING)
OT_PACKETS, OT_UNITS, DEVICES_AT_ONCE = 50, 2, 4
SNMP_SWITCH = {
    "asset_role_type": "switch",
    "contact": "plant electricians",
    "description": "Cisco IOS Software, IE 3000 Software, Version 15.2(4)E",
    "firmware_software_version": "15.2(4)E",
    "manufacturer": "Cisco",
    "model": "IE-3000-4TC",  # by the arc alone
    "operating_system": "Cisco IOS",
    "os_version": "15.2(4)E",
    "physical_location_address": "hall 2, cabinet 14",
    "snmp_enterprise_number": 9,
    "sys_object_id": "1.3.6.1.4.1.9.1.958",
    "sys_services": 2,
}
EXPECTED: dict[str, dict[str, Any]] = {
    plant.MODICON: {
        "application_name": "tank farm",
        "asset_role_type": "plc",
        "description": "Modicon M340",
        "firmware_software_version": "v2.80",
        "manufacturer": "Schneider Electric",
        "modbus_conformity_level": 0x83,
        "modbus_unit_id": 255,
        "model": "M340 CPU",
        "order_code": "BMX P34 2020",
        "vendor_url": "http://www.se.example",
    },
    plant.WAGO: {
        "asset_role_type": "plc",
        "firmware_software_version": "04.01.10",
        "manufacturer": "WAGO",
        "modbus_conformity_level": 0x83,
        "modbus_unit_id": 255,
        "model": "750-8212",
        "order_code": "750-8212",
    },
    plant.S7_C: {
        "application_name": "SNAP7-SERVER",
        "asset_role_type": "plc",
        "copyright": "Original Siemens Equipment",
        "description": "CPU 315-2 PN/DP",
        "firmware_software_version": "3.2.6",
        "hardware_version": "4",
        "manufacturer": "Siemens",
        "memory_card_serial_number": "MMC 267FF11F",
        "model": "CPU 315-2 PN/DP",
        "module_type": "CPU 315-2 PN/DP",
        "order_code": "6ES7 315-2EH14-0AB0",
        "s7_basic_hardware": "6ES7 315-2EH14-0AB0",
        "s7_boot_loader_version": "A9.9",
        "s7_profile": "002a/f600/0001",
        "s7_szl_ids": ["0011/0000", "001c/0000"],
        "s7_tsap": "0301",
        "serial_number": "S C-C2UR28922012",
    },
    plant.S7_PYTHON: {
        "asset_role_type": "plc",
        "manufacturer": "Siemens",
        "order_code": "6ES7 315-2EH14-0AB0",
        "s7_szl_ids": ["0011/0000", "001c/0000"],
        "s7_tsap": "0301",
    },
    plant.ROCKWELL: {
        "asset_role_type": "plc",
        "cip_configured": False,
        "cip_device_type": 14,
        "cip_device_type_name": "Programmable Logic Controller",
        "cip_extended_device_status": "at least one I/O connection in run mode",
        "cip_faults": ["minor recoverable"],
        "cip_key_switch": "REMOTE RUN",
        "cip_owned": False,
        "cip_product_code": 150,
        "cip_state": 255,
        "cip_status": 0x3160,
        "cip_vendor_id": 1,
        "firmware_software_version": "32.011",
        "hardware_version": "A",
        "manufacturer": "Rockwell Automation",
        "model": "1769-L33ER/A LOGIX5333ER",
        "order_code": "1769-L33ER",
        "serial_number": "00C0FFEE",
    },
    plant.SWITCH_V2C: SNMP_SWITCH
    | {
        "hostname": "sw-1",
        "snmp_engine_id": "80000009030011223341aa",
        "snmp_versions_answered": ["v2c"],
        "snmp_versions_tried": ["v2c"],
    },
    plant.SWITCH_V3: SNMP_SWITCH
    | {
        "hostname": "sw-2",
        "snmp_auth_protocol": "SHA256",
        "snmp_engine_id": "80000009030011223342aa",
        "snmp_priv_protocol": "AES128",
        "snmp_security_level": "authPriv",
        "snmp_versions_answered": ["v3"],
        "snmp_versions_tried": ["v3"],
    },
    plant.POWER: {
        "asset_role_type": "pdu",
        "description": "APC Web/SNMP Management Card (MB:v4.1.0 PF:v6.7.2 PN:apc_hw05_aos_672.bin "
        "AF1:v6.7.2 AN1:apc_hw05_rpdu2g_672.bin MN:AP8932 HR:02 SN: 3F503A169043 MD:01/23/2019)",
        "firmware_software_version": "6.7.2",
        "hardware_version": "02",
        "hostname": "pwr-dc01-pdu-rack3-01",
        "mac_maker": "APC",
        "manufacturer": "APC",
        "model": "AP8932",
        "serial_number": "3F503A169043",
        "snmp_enterprise_number": 318,
        "snmp_versions_answered": ["v2c"],
        "snmp_versions_tried": ["v2c"],
        "sys_object_id": "1.3.6.1.4.1.318.1.3.4.6",
        "sys_services": 72,
    },
    plant.LINUX: {
        "contact": "Root <root@cray> (configure /etc/snmp/snmp.local.conf)",
        "description": "Linux cray 2.6.21.5-smp #2 SMP Tue Jun 19 14:58:11 CDT 2007 i686",
        "hostname": "tt",
        "mac_maker": "HP",
        "operating_system": "Linux",
        "os_version": "2.6.21.5-smp",
        "physical_location_address": "KK12 (edit /etc/snmp/snmpd.conf)",
        "snmp_engine_id": "80001f888092c37021529f4647",
        "snmp_enterprise_number": 8072,
        "snmp_versions_answered": ["v2c"],
        "snmp_versions_tried": ["v2c"],
        "sys_object_id": "1.3.6.1.4.1.8072.3.2.10",
    },
}
OPEN = {
    plant.MODICON: {("tcp", 502, "modbus")},
    plant.WAGO: {("tcp", 502, "modbus")},
    plant.S7_C: {("tcp", 102, "s7")},
    plant.S7_PYTHON: {("tcp", 102, "s7")},
    plant.ROCKWELL: {("udp", 44818, "enip")},
    **{ip: {("udp", 161, "snmp")} for ip in (plant.SWITCH_V2C, plant.SWITCH_V3, plant.POWER, plant.LINUX)},
}
MACS = {
    plant.SWITCH_V2C: [PEERS_MAC],
    plant.SWITCH_V3: [PEERS_MAC],
    plant.POWER: ["28:29:86:54:4F:45"],
    plant.LINUX: ["00:12:79:62:F9:40"],
}


@dataclass
class Plant:
    """The running servers. missing: address -> why its server could not be started."""

    spaces: Namespaces
    folder: Path
    missing: dict[str, str]

    def need(self, *addresses: str) -> None:
        """Skip the test when one of these servers is not there."""
        absent = [self.missing[address] for address in addresses if address in self.missing]
        if absent:
            pytest.skip(f"not here: {', '.join(absent)}")

    def desk(self, name: str, *, kind: str = "ot", more: str = "") -> plant.Desk:
        return plant.Desk(self.spaces, self.folder / name, kind=kind, more=more)


@dataclass
class Survey:
    """A scan of the OT network at its true pace, one of the IT network beside it, and what reached the servers."""

    desk: plant.Desk
    said: plant.Said
    assets: dict[str, dict[str, Any]]
    ledger: list[dict[str, Any]]
    recording: Recording
    web: plant.Desk
    web_code: int
    web_assets: dict[str, dict[str, Any]]

    @property
    def scan(self) -> str:
        return str(self.said.data["id"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    folder = tmp_path_factory.mktemp("plant")
    missing = {}
    try:
        with namespaces() as spaces:
            for peer in plant.peers():
                if peer.missing:
                    missing[peer.ip] = peer.missing
                else:
                    plant.start(spaces, peer, folder)
            yield Plant(spaces, folder, missing)
    except Unable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def survey(site: Plant) -> Survey:
    there = [ip for ip in OT if ip not in site.missing]
    desk, web = site.desk("survey"), site.desk("web")
    approved = web.approved(*IT)
    with plant.watched(site.spaces, site.folder / "survey.frames") as recordings:
        beside = web.begin("scan", *IT, "--approval", approved)
        said = desk.scan(*there, *plant.ABSENT)
        web_code = beside.wait(120)
    ledger = desk.ledger(said.data["id"])
    return Survey(desk, said, desk.assets(), ledger, recordings[0], web, web_code, web.assets())


# --- who is there ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ip", EXPECTED)
def test_a_server_is_known_by_exactly_what_it_says_of_itself(site: Plant, survey: Survey, ip: str) -> None:
    site.need(ip)
    asset = survey.assets[ip]
    facts = dict(asset["facts"])
    uptime = facts.pop("sys_uptime_s", None)
    boots, seconds = facts.pop("snmp_engine_boots", None), facts.pop("snmp_engine_time_s", None)
    assert facts == EXPECTED[ip]
    assert (uptime is not None) == (("udp", 161, "snmp") in OPEN[ip])
    assert (boots is None) == (seconds is None)
    assert boots is None or "snmp_engine_id" in facts
    assert asset["mac_address"] == MACS.get(ip, [])
    assert {(s["transport"], s["port"], s["service"]) for s in asset["ports_services"] if s["state"] == "open"} == OPEN[
        ip
    ]
    others = {s["port"]: s["state"] for s in asset["ports_services"] if s["state"] != "open"}
    assert set(others.values()) == {"closed"}
    assert set(FINDER) <= set(others)
    assert asset["modules"] == []
    for key in ("manufacturer", "model", "serial_number", "order_code", "hostname", "operating_system"):
        assert asset[key] == EXPECTED[ip].get(key), key


def test_nobody_else_is_an_asset(site: Plant, survey: Survey) -> None:
    """A host that refuses every port is not known to be a device, and an address where nothing is, is not one."""
    assert survey.said.code == 0, survey.said.err
    assert set(survey.assets) == set(EXPECTED) - set(site.missing)


def test_an_absent_host_gets_requests_for_its_hardware_address_and_nothing_else(survey: Survey) -> None:
    for ip in plant.ABSENT:
        frames = survey.recording.ours(ip)
        assert frames
        assert {frame.kind for frame in frames} == {ETH_P_ARP}


def test_a_host_that_refuses_everything_is_asked_no_unit_after_a_connect(survey: Survey) -> None:
    connections = survey.recording.connections(plant.REFUSING)
    assert {connection.port for connection in connections} >= {*FINDER, 102, 502, 44818}
    assert not any(connection.established or connection.sent for connection in connections)
    datagrams = [unit.port for unit in survey.recording.units(plant.REFUSING) if unit.transport == "udp"]
    assert 44818 in datagrams
    assert len(datagrams) == len(set(datagrams)), "a refusal is an answer: the question is not repeated"


def test_services_of_the_it_network_are_named_by_nmap(site: Plant, survey: Survey) -> None:
    site.need(*IT)
    if shutil.which("nmap") is None:
        pytest.skip("nmap is not installed")
    assert survey.web_code == 0, (survey.web.folder / "said").read_text()
    found = {
        (ip, s["port"], s["service"], s["product"])
        for ip, asset in survey.web_assets.items()
        for s in asset["ports_services"]
        if s["state"] == "open"
    }
    assert found >= {(plant.WEB, 80, "http", "nginx"), (plant.SHELL, 22, "ssh", "OpenSSH")}
    assert {(ip, port) for ip, port, _, _ in found} == {(plant.WEB, 80), (plant.WEB, 443), (plant.SHELL, 22)}


# --- what reached them ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ip", [ip for ip in OT if ip != plant.SWITCH_V3])
def test_what_reached_a_server_is_what_the_ledger_says_and_nothing_else(site: Plant, survey: Survey, ip: str) -> None:
    site.need(ip)
    assert arrived(survey.recording, ip) == stated(survey.ledger, ip)
    assert arrived(survey.recording, ip)


def test_sealed_questions_are_as_many_as_the_ledger_allows(site: Plant, survey: Survey) -> None:
    """What is inside cannot be read here: one datagram for each question, one or two more to meet the agent."""
    site.need(plant.SWITCH_V3)
    sealed = [u for u in survey.recording.units(plant.SWITCH_V3) if u.port == 161]
    lines = [e for e in permits(survey.ledger, plant.SWITCH_V3) if e["port"] == 161]
    questions = [e for e in lines if "sha256" in e]
    assert len(questions) + 1 <= len(sealed) <= sum(e["units"] for e in lines)
    assert not any(b"sw-2" in u.payload or b"\x2b\x06\x01\x02\x01\x01" in u.payload for u in sealed)
    rest = [e for e in stated(survey.ledger, plant.SWITCH_V3) if e[0] != 161]
    assert [e for e in arrived(survey.recording, plant.SWITCH_V3) if e[0] != 161] == rest


def test_the_traffic_record_counts_what_arrived(site: Plant, survey: Survey) -> None:
    traffic = survey.desk.run("scans", "show", survey.scan).data["traffic"]
    told = {row["address"].partition("/")[2]: (row["units"], row["connections"]) for row in traffic}
    for ip in set(OT) - set(site.missing) - {plant.SWITCH_V3}:
        units = survey.recording.units(ip)
        assert told[ip] == (len(units), len(survey.recording.connections(ip)))


def test_only_the_planned_addresses_were_sent_anything(survey: Survey) -> None:
    assert {p.target for p in survey.recording.ours() if p.kind == ETH_P_IP} <= {*OT, *IT}
    assert all(p.plain for p in survey.recording.ours()), "no fragment and no IP option ever leaves"
    assert {p.protocol for p in survey.recording.ours() if p.kind == ETH_P_IP} <= {TCP, UDP}
    assert {p.kind for p in survey.recording.packets} <= {ETH_P_IP, ETH_P_ARP}


@pytest.mark.parametrize("ip", OT)
def test_one_connection_at_a_time_ended_by_our_fin_and_never_by_a_reset(survey: Survey, ip: str) -> None:
    connections = survey.recording.connections(ip)
    for earlier, later in pairwise(connections):
        assert earlier.ended <= later.began
    for connection in connections:
        assert connection.our_resets == 0
        assert (connection.our_fin is not None) == connection.established


@pytest.mark.parametrize("ip", OT)
def test_an_ot_device_gets_at_most_two_units_in_any_second(survey: Survey, ip: str) -> None:
    assert most_in_a_second(unit.at for unit in survey.recording.units(ip)) <= OT_UNITS


def test_the_ot_network_as_a_whole_is_paced(survey: Survey) -> None:
    times = [p.at for p in survey.recording.ours() if p.kind == ETH_P_IP and p.target in OT]
    assert most_in_a_second(times) <= OT_PACKETS + 1
    spans = [(c.began, c.ended) for ip in OT for c in survey.recording.connections(ip)]
    assert max(sum(began <= at < ended for began, ended in spans) for at, _ in spans) <= DEVICES_AT_ONCE


def test_no_secret_lies_in_the_folder_of_the_scan(survey: Survey) -> None:
    for path in survey.desk.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [word for word in (b"authpass123", b"privpass123") if word in content], path.name


# --- beside nmap ----------------------------------------------------------------------------------------------------


def test_never_fewer_fields_than_nmaps_scripts_and_never_more_units_for_theirs(
    site: Plant, survey: Survey, capsys: pytest.CaptureFixture[str]
) -> None:
    if shutil.which("nmap") is None:
        pytest.skip("nmap is not installed")
    folder = site.folder / "nmap"
    folder.mkdir()
    rows = table.compare(site.spaces, survey.desk, survey.scan, survey.recording, folder)
    with capsys.disabled():
        print("\n" + table.markdown(rows, table.nmap_version(site.spaces)))
    assert len(rows) == sum(match.ip not in site.missing for match in table.MATCHES)
    for row in rows:
        assert row.differing == (), row
        assert row.our_fields >= len(row.theirs), row
        assert row.ours_for <= row.their_units, row
        assert row.our_connections <= row.their_connections, row
    assert sum(bool(row.same) for row in rows) >= len(rows) - 2


# --- what ends it ---------------------------------------------------------------------------------------------------


def test_an_exclusion_written_during_the_scan_counts_at_once(site: Plant) -> None:
    site.need(plant.MODICON, plant.WAGO)
    desk = site.desk("excluding")
    with plant.watched(site.spaces, site.folder / "excluding.frames") as recordings:
        process = begun(desk, plant.MODICON, plant.WAGO, permits_first=6)
        (desk.folder / "exclude.txt").write_text(f"{plant.WAGO}\n")
        written = time.time()
        assert process.wait(60) == 5
    units = recordings[0].units(plant.WAGO)
    assert units
    assert all(unit.at <= written + 0.25 for unit in units)
    assert {c.port for c in recordings[0].connections(plant.MODICON)} >= set(FINDER)


WRONG_VANTAGES = {
    "another interface": 'interface = "lo"',
    "another source": 'source = "198.18.78.1"',
    "an anchor that was never seen": f'anchor = {{ gateway = "198.18.77.19", mac = "{PEERS_MAC}" }}',
    "an anchor with another address": 'anchor = { gateway = "198.18.77.20", mac = "02:00:5E:00:99:99" }',
}


@pytest.mark.parametrize("wrong", WRONG_VANTAGES)
def test_from_the_wrong_place_no_frame_leaves(site: Plant, wrong: str) -> None:
    seen_anchor(site.spaces)
    desk = site.desk(wrong.replace(" ", "-"), more=f'[[vantages]]\nrealm = "plant"\n{WRONG_VANTAGES[wrong]}\n')
    with plant.watched(site.spaces, site.folder / "wrong.frames") as recordings:
        said = desk.scan(plant.MODICON, plant.SWITCH_V2C)
    assert said.code == 10, said.err
    assert recordings[0].packets == ()


def test_from_the_right_place_the_anchor_is_told(site: Plant) -> None:
    site.need(plant.MODICON)
    seen_anchor(site.spaces)
    anchor = f'anchor = {{ gateway = "198.18.77.20", mac = "{PEERS_MAC}" }}'
    declared = f'[[vantages]]\nrealm = "plant"\ninterface = "{SCANNER_END}"\nsource = "{SCANNER}"\n{anchor}\n'
    desk = site.desk("right", more=declared)
    said = desk.scan(plant.MODICON, "--only", "modbus")
    assert said.code == 0, said.err
    assert desk.run("scans", "show", said.data["id"]).data["vantage"] == f"{SCANNER_END}/{SCANNER} (anchor checked)"


SLOW = "[limits]\npackets_per_second = 10\n"
"""A pace that leaves a scan in motion until a loaded machine has started the command that stops it."""


@pytest.mark.parametrize(("how", "code"), [("assetctl stop", 10), ("Ctrl-C", 130)])
def test_a_stop_ends_all_sending_within_a_second(site: Plant, how: str, code: int) -> None:
    targets = [ip for ip in OT if ip not in site.missing]
    desk = site.desk(how.replace(" ", "-"), more=SLOW)
    with plant.watched(site.spaces, site.folder / "stop.frames") as recordings:
        process = begun(desk, *targets, permits_first=12)
        if how == "Ctrl-C":
            process.send_signal(signal.SIGINT)
        else:
            assert desk.run("stop").code == 0
        told = time.time()
        assert process.wait(20) == code
    frames = [p for p in recordings[0].ours() if p.kind == ETH_P_IP]
    assert frames
    assert frames[-1].at <= told + 1.0
    assert {p.target for p in frames} < set(targets), "it was stopped before it was done"
    assert all(c.our_fin for ip in targets for c in recordings[0].connections(ip) if c.established)


def test_a_stop_ends_nmap_within_a_second(site: Plant) -> None:
    site.need(*IT)
    if shutil.which("nmap") is None:
        pytest.skip("nmap is not installed")
    desk = site.desk("stop-nmap")
    with plant.watched(site.spaces, site.folder / "stop-nmap.frames") as recordings:
        process = begun(desk, *IT)
        until(lambda: any(e["do"] == "lease" for e in written_ledger(desk)), process)
        until(lambda: nmap_runs_on(plant.WEB), process)
        process.send_signal(signal.SIGINT)
        told = time.time()
        assert process.wait(20) == 130
    assert not nmap_runs_on(plant.WEB)
    frames = [p for p in recordings[0].ours() if p.kind == ETH_P_IP]
    assert all(p.at <= told + 1.0 for p in frames)


# --- devices in trouble ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ip", "word", "units"), [(plant.RESETTING, "reset", 3), (plant.SLOWING, "slowed down", 7)], ids=["resets", "slows"]
)
def test_a_device_in_trouble_is_left_alone_until_somebody_looked_at_it(
    site: Plant, ip: str, word: str, units: int
) -> None:
    desk = site.desk(f"trouble-{word.split()[0]}")
    wish = (ip, "--only", "modbus")
    first, seen = watched_scan(site, desk, *wish)
    assert first.code == 10, first.err
    assert len(seen.units(ip)) == units
    (entry,) = desk.run("quarantine", "list").data
    assert entry["id"] == f"plant/{ip}"
    assert word in entry["reason"]
    assert "ext. 4711" in Path(entry["incident"]).read_text()

    quiet(site.spaces)
    second, seen = watched_scan(site, desk, *wish)
    assert second.code == 5, second.err
    assert seen.ours(ip) == []

    assert desk.run("quarantine", "clear", f"plant/{ip}", "--by", "A. Example", "--reason", "looked at it").code == 0
    third, seen = watched_scan(site, desk, *wish)
    assert third.code == 10, third.err
    assert len(seen.units(ip)) == units


# --- what the tests ask ---------------------------------------------------------------------------------------------


def permits(ledger: list[dict[str, Any]], ip: str) -> list[dict[str, Any]]:
    """Lines about what was let out to an address, those left out that send nothing."""
    return [e for e in ledger if e["do"] == "permit" and e["to"] == f"plant/{ip}" and e["units"]]


def stated(ledger: list[dict[str, Any]], ip: str) -> list[tuple[int, str]]:
    """Port and what went there: a connect, or the hash of a unit; as the ledger says it."""
    return [(e["port"], e.get("sha256", "connect")) for e in permits(ledger, ip)]


def arrived(recording: Recording, ip: str) -> list[tuple[int, str]]:
    """The same as it arrived, SNMP taken out of its community."""
    return [(u.port, hashlib.sha256(bare(ip, u.port, u.payload)).hexdigest() if u.payload else "connect")
            for u in recording.units(ip)]  # fmt: skip


def bare(ip: str, port: int, payload: bytes) -> bytes:
    if port == 161 and ip in plant.COMMUNITIES:
        return unwrap(payload, Community("c", "v2c", plant.COMMUNITIES[ip]))
    return payload


def watched_scan(site: Plant, desk: plant.Desk, *wish: str) -> tuple[plant.Said, Recording]:
    with plant.watched(site.spaces, desk.folder / f"frames-{desk.approvals}") as recordings:
        said = desk.scan(*wish)
    return said, recordings[0]


def begun(desk: plant.Desk, *targets: str, permits_first: int = 0) -> "subprocess.Popen[bytes]":
    """A scan in motion: it has let out this many units or connects."""
    process = desk.begin("scan", *targets, "--approval", desk.approved(*targets))
    until(lambda: sum(e["do"] == "permit" for e in written_ledger(desk)) >= permits_first, process)
    return process


def written_ledger(desk: plant.Desk) -> list[dict[str, Any]]:
    """The whole lines of the only ledger so far."""
    names = [path.stem for path in (desk.folder / "assetctl.ledgers").glob("*.jsonl")]
    return desk.ledger(names[0]) if names else []


def until(true: Callable[[], bool], process: "subprocess.Popen[bytes]", within_s: float = 30.0) -> None:
    end = time.monotonic() + within_s
    while not true():
        assert process.poll() is None, f"it ended with {process.returncode}"
        assert time.monotonic() < end, "it did not come so far"
        time.sleep(0.02)


def nmap_runs_on(ip: str) -> bool:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].endswith(b"/nmap") and ip.encode() in words:
            return True
    return False


def quiet(spaces: Namespaces) -> None:
    """Forget the neighbours on both sides, so that the kernel does not ask after them by itself."""
    spaces.scanner.run("ip", "neigh", "flush", "all")
    spaces.peers.run("ip", "neigh", "flush", "all")


def seen_anchor(spaces: Namespaces) -> None:
    """The state of a machine that has talked to the gateway .20 before, and to nobody else lately."""
    quiet(spaces)
    done = spaces.scanner.run(
        *f"ip neigh replace 198.18.77.20 lladdr {PEERS_MAC} dev {SCANNER_END} nud permanent".split()
    )
    assert done.returncode == 0, done.stderr
