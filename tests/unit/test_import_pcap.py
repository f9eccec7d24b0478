"""Laws of taking captures in: assets with evidence, flows, nothing twice and nothing half."""

import gzip
import struct
from pathlib import Path

import pytest

from assetctl.store.repo import Store, open_store
from tests.contracts.captures import all_captures
from tests.unit.capture_writer import CLIENT, SERVER, SERVER_MAC, Wire, pcap, talk
from tests.unit.command import Desk

RECORDED = {str(one): one for one in all_captures()}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    folder = tmp_path / "desk"
    folder.mkdir()
    return Desk(folder, monkeypatch)


def _store(desk: Desk) -> Store:
    return open_store(f"sqlite:///{desk.folder / 'assetctl.db'}", create=False)


def _dhcp(operation: int, mac: str, given: str, options: bytes) -> bytes:
    raw = bytes(map(int, given.split(".")))
    head = bytes((operation, 1, 6, 0)) + bytes(12) + raw + bytes(8) + bytes.fromhex(mac.replace(":", ""))
    return head + bytes(10 + 64 + 128) + bytes.fromhex("63825363") + options + b"\xff"


def _cdp(mac: str) -> bytes:
    def field(kind: int, value: bytes) -> bytes:
        return struct.pack(">HH", kind, len(value) + 4) + value

    address = struct.pack(">I", 1) + b"\x01\x01\xcc\x00\x04" + bytes((10, 20, 1, 3))
    body = b"\x02\xb4\x00\x00" + field(1, b"sw-3") + field(2, address) + field(3, b"Gi0/1")
    body += field(5, b"Cisco IOS Software, Version 15.2(7)E3") + field(6, b"cisco IE-3300-8T2S")
    payload = bytes.fromhex("aaaa0300000c2000") + body
    return bytes.fromhex("01000ccccccc" + mac.replace(":", "")) + len(payload).to_bytes(2) + payload


def _cell() -> bytes:
    """A cell: a controller, a switch, a client with a lease."""
    wire = Wire()
    wire.arp(SERVER, SERVER_MAC)
    wire.packets += talk(RECORDED["s7-s7_1500_card"])
    wire.packets += talk(RECORDED["lldp-switch"])
    wire.packets.append(_cdp("00:1b:54:00:00:03"))
    mac = "00:30:de:00:00:09"
    asked = bytes((53, 1, 3, 12, 5)) + b"hmi-9" + bytes((60, 6)) + b"WAGO.x"
    wire.datagram(_dhcp(1, mac, "0.0.0.0", asked), source=("0.0.0.0", 68), target=("255.255.255.255", 67))
    wire.datagram(_dhcp(2, mac, "10.20.1.9", bytes((53, 1, 5))), source=("10.20.1.1", 67), target=("10.20.1.9", 68))
    return pcap(wire.packets)


def test_a_capture_becomes_assets_flows_and_evidence(desk: Desk) -> None:
    desk.write("cell.pcap", _cell())
    said = desk.call("import", "pcap", "cell.pcap", "--sensor", "tap-3")
    assert said.code == 0
    with _store(desk) as store:
        facts = {
            (fact.key, fact.value) for asset in store.assets() for fact in asset.facts if fact.source.kind == "import"
        }
        flows = store.flows()
        observations = tuple(store.observations())
    recorded = ("order_code", "serial_number", "firmware_software_version", "model")
    wanted = {(one.key, one.value) for one in RECORDED["s7-s7_1500_card"].claims if one.key in recorded}
    wanted |= {("mac_address", SERVER_MAC.upper()), ("hostname", "hmi-9")}
    wanted |= {("dhcp_vendor_class", "WAGO.x"), ("ip_address", "10.20.1.9"), ("hostname", "sw-3")}
    wanted |= {("model", "cisco IE-3300-8T2S"), ("port_state", "open")}
    assert wanted - facts == set()
    assert {(str(one.source), str(one.target), one.port, one.sensor) for one in flows} >= {
        (CLIENT, SERVER, 102, "tap-3")
    }
    assert all(one.options["file"] and "packet " in one.record for one in observations if one.target)


def test_the_same_capture_twice_changes_nothing(desk: Desk) -> None:
    desk.write("cell.pcap", _cell())
    desk.write("again.pcap.gz", gzip.compress(_cell(), mtime=0))
    told = []
    for _ in range(2):
        assert desk.call("import", "pcap", "cell.pcap").code == 0
        with _store(desk) as store:
            told.append((store.assets(), store.flows(), tuple(store.observations())))
    assert told[0] == told[1]


def test_a_dry_run_stores_nothing(desk: Desk) -> None:
    desk.write("cell.pcap", _cell())
    assert desk.call("import", "pcap", "cell.pcap", "--dry-run").code == 0
    with _store(desk) as store:
        assert (store.assets(), store.flows(), store.captures()) == ((), (), ())


def test_a_capture_is_read_again_from_its_exchanges(desk: Desk) -> None:
    desk.write("cell.pcap", _cell())
    assert desk.call("import", "pcap", "cell.pcap").code == 0
    (desk.folder / "cell.pcap").unlink()
    said = desk.call("evidence", "reread")
    assert said.code == 0
    assert " 0 changed" in said.out + said.err


@pytest.mark.parametrize("content", [b"", b"\x00" * 24, b"PK\x03\x04" + bytes(99), _cell()[:30]])
def test_a_bad_file_is_one_line_and_stores_nothing(desk: Desk, content: bytes) -> None:
    desk.write("bad.pcap", content)
    said = desk.call("import", "pcap", "bad.pcap")
    assert said.code == 2
    assert len(said.errors) == 1
    assert "bad.pcap" in said.errors[0]
    with _store(desk) as store:
        assert (store.assets(), store.flows(), store.scans()) == ((), (), ())


def test_a_zone_that_is_not_declared_is_refused_before_anything_is_stored(desk: Desk) -> None:
    desk.write("cell.pcap", _cell())
    assert desk.call("import", "pcap", "cell.pcap", "--covers", "cell-9").code == 2
    with _store(desk) as store:
        assert (store.assets(), store.scans()) == ((), ())


def test_an_address_of_the_world_is_a_flow_and_no_asset(desk: Desk) -> None:
    wire = Wire()
    wire.connection(443, server="93.184.216.34").close()
    desk.write("a.pcap", pcap(wire.packets))
    assert desk.call("import", "pcap", "a.pcap").code == 0
    with _store(desk) as store:
        assert store.assets() == ()
        assert len(store.flows()) == 1
