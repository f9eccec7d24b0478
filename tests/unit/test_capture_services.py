"""Laws of what a capture shows beside identities: who speaks what, and whose servers are in nobody's inventory."""

import struct
from collections.abc import Iterable
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from assetctl.exchange.capture.read import Captured, read
from assetctl.exchange.capture.readings import again
from assetctl.exchange.flow_rows import rows
from assetctl.model import SubjectKind
from tests.contracts.captures import all_captures
from tests.unit.capture_writer import CLIENT, SERVER, SERVER_MAC, Wire, written

NOW = datetime(2026, 3, 1, tzinfo=UTC)
RECORDED = {str(one): one for one in all_captures()}
ABROAD = "8.8.4.4"
SSH = b"SSH-2.0-dropbear_2019.78\r\n"


def _read(folder: Path, packets: Iterable[bytes], covered: str = "") -> Captured:
    file = written(folder / "a.pcap", packets)
    if not covered:
        return read(file, realm="plant", now=NOW)
    return read(file, realm="plant", now=NOW, is_own=lambda ip: ip in ip_network(covered))


def _spoken(found: Captured) -> dict[str, set[object]]:
    """The names of services by address."""
    told: dict[str, set[object]] = {}
    for one in found.readings:
        names = {claim.value for claim in one.observation.claims if claim.key == "service_name"}
        if one.observation.target and names:
            told.setdefault(str(one.observation.target.ip), set()).update(names)
    return told


def _ssh(wire: Wire, server: str) -> None:
    connection = wire.connection(22, server=server)
    connection.say(SSH, from_server=True)
    connection.close()


# Whose servers


def test_servers_of_the_rest_of_the_world_are_flows_alone(tmp_path: Path) -> None:
    wire = Wire()
    _ssh(wire, ABROAD)
    _ssh(wire, SERVER)
    found = _read(tmp_path, wire.packets)
    assert set(_spoken(found)) == {SERVER}
    assert len(found.left_out) == 1
    assert found.left_out[0].startswith("1 talk with a server of a public address")
    assert ip_address(ABROAD) in {key[1] for key, _ in rows(found.gathered)}


def test_a_public_address_of_the_plant_is_kept(tmp_path: Path) -> None:
    wire = Wire()
    _ssh(wire, ABROAD)
    assert set(_spoken(_read(tmp_path, wire.packets, "8.8.0.0/16"))) == {ABROAD}
    assert not _spoken(_read(tmp_path, wire.packets, "9.9.0.0/16"))
    wire.arp(ABROAD, SERVER_MAC)
    assert set(_spoken(_read(tmp_path, wire.packets))) == {ABROAD}


def test_who_speaks_a_protocol_of_plants_is_in_one(tmp_path: Path) -> None:
    wire = Wire()
    _ssh(wire, ABROAD)
    connection = wire.connection(502, server=ABROAD)
    connection.say(bytes.fromhex("000100000006 01 03 0000 0001"))
    connection.say(bytes.fromhex("000100000005 01 03 02 002a"), from_server=True)
    assert _spoken(_read(tmp_path, wire.packets)) == {ABROAD: {"ssh", "modbus"}}


def test_a_server_greets_at_the_beginning_only(tmp_path: Path) -> None:
    wire = Wire()
    connection = wire.connection(21)
    connection.say(b"331 Password required for jane\r\n", from_server=True)
    whole = _read(tmp_path, wire.packets)
    assert any(claim.key == "service_banner" for one in whole.readings for claim in one.observation.claims)
    middle = _read(tmp_path, wire.packets[2:])
    assert not any(claim.key == "service_banner" for one in middle.readings for claim in one.observation.claims)


# Services of which only process data was heard


def _enip(command: int, context: bytes, body: bytes) -> bytes:
    return struct.pack("<HHII8sI", command, len(body), 7, 0, context, 0) + body


def _connected(number: int, message: bytes) -> bytes:
    data = struct.pack("<HHI", 0xA1, 4, 99) + struct.pack("<HHH", 0xB1, len(message) + 2, number) + message
    return bytes(6) + struct.pack("<H", 2) + data


SENT = {
    "enip": (
        44818,
        _enip(0x70, bytes(8), _connected(5, bytes.fromhex("4c 02 20 72 24 00 0100"))),
        _enip(0x70, bytes(8), _connected(5, bytes.fromhex("cc 00 00 00 c400 2a000000"))),
    ),
    "s7": (
        102,
        bytes.fromhex("0300001f 02f080 3201 0000 0200 000e 0000 0401120a10020001000184000000"),
        bytes.fromhex("0300001a 02f080 3203 0000 0200 0002 0005 0000 0401ff04000812"),
    ),
    "iec104": (2404, bytes.fromhex("680407000000"), bytes.fromhex("68040b000000")),
}


@pytest.mark.parametrize("name", SENT)
def test_an_answer_about_the_process_shows_the_service(tmp_path: Path, name: str) -> None:
    port, question, answer = SENT[name]
    wire = Wire()
    connection = wire.connection(port)
    connection.say(question)
    connection.say(answer, from_server=True)
    found = _read(tmp_path, wire.packets)
    assert _spoken(found) == {SERVER: {name}}
    assert {claim.local_key for one in found.readings for claim in one.observation.claims
            if claim.kind is SubjectKind.SERVICE} == {f"tcp/{port}"}  # fmt: skip
    assert not any(one.observation.exchanges for one in found.readings)
    alone = Wire()
    alone.connection(port).say(question)
    assert not _spoken(_read(tmp_path, alone.packets))


def test_an_answer_about_the_process_over_udp_shows_bacnet(tmp_path: Path) -> None:
    wire = Wire()
    ask, told = "810a0011 0104 0005 01 0c 0c00000001 1955", "810a0017 0100 30 01 0c 0c00000001 1955 3e 4441a00000 3f"
    wire.datagram(bytes.fromhex(ask), source=(CLIENT, 47808), target=(SERVER, 47808))
    wire.datagram(bytes.fromhex(told), source=(SERVER, 47808), target=(CLIENT, 47808))
    assert _spoken(_read(tmp_path, wire.packets)) == {SERVER: {"bacnet"}}


# IEC 60870-5-104


def _measured(number: int, address: int, value: bytes) -> bytes:
    """One short floating point number, spontaneous."""
    data = bytes((13, 1, 3, 0)) + address.to_bytes(2, "little") + bytes((0x01, 0x40, 0)) + value + b"\0"
    return bytes((0x68, 4 + len(data))) + (number << 1).to_bytes(2, "little") + bytes(2) + data


def test_a_station_is_known_by_the_common_addresses_it_sends(tmp_path: Path) -> None:
    wire = Wire()
    connection = wire.connection(2404)
    connection.say(bytes.fromhex("680407000000"))
    connection.say(bytes.fromhex("68040b000000"), from_server=True)
    for number in range(20):
        connection.say(_measured(number, 47 if number % 2 else 12, b"\xca\xfe\xba\xbe"), from_server=True)
    found = _read(tmp_path, wire.packets)
    told = {claim.key: claim.value for one in found.readings for claim in one.observation.claims}
    assert told["iec104_common_addresses"] == ("12", "47")
    assert told["service_name"] == "iec104"
    kept = b"".join(unit for one in found.readings for e in one.observation.exchanges for unit in e.received)
    assert kept
    assert b"\xca\xfe\xba\xbe" not in kept
    for one in found.readings:
        if one.context:
            assert again(one.observation, one.context) == one.observation.claims


def test_a_data_unit_of_unusual_sizes_names_no_station(tmp_path: Path) -> None:
    wire = Wire()
    connection = wire.connection(2404)
    short = _measured(1, 12, b"\xca\xfe\xba\xbe")
    connection.say(short[:1] + bytes((short[1] - 1,)) + short[2:-1], from_server=True)
    assert not _spoken(_read(tmp_path, wire.packets))


# TLS


def test_a_session_that_was_taken_up_does_not_hide_the_certificate(tmp_path: Path) -> None:
    recorded = RECORDED["tls-tls10_alone"]
    asked = next(sent for _, sent, reply in recorded.recording if sent and reply.frames)
    told = b"".join(frame for _, _, reply in recorded.recording for frame in reply.frames)
    hello = 5 + 4 + int.from_bytes(told[6:9])
    resumed = told[:3] + (hello - 5).to_bytes(2) + told[5:hello] + bytes.fromhex("140301000101 1603010004 deadbeef")
    words = {"whole": told, "resumed": resumed}

    def fingerprints(order: tuple[str, ...]) -> set[object]:
        wire = Wire()
        for name in order:
            connection = wire.connection(443)
            connection.say(asked)
            connection.say(words[name], from_server=True)
            connection.close()
        claims = [claim for one in _read(tmp_path, wire.packets).readings for claim in one.observation.claims]
        assert ("tls_versions", ("TLSv1.0",)) in {(claim.key, claim.value) for claim in claims}
        return {claim.value for claim in claims if claim.key == "certificate_fingerprint"}

    assert not fingerprints(("resumed",))
    assert fingerprints(("resumed", "whole")) == fingerprints(("whole", "resumed")) == fingerprints(("whole",)) != set()


# DHCP


def test_what_a_relay_passed_on_is_its_clients_word(tmp_path: Path) -> None:
    def message(operation: int, given: str, options: bytes) -> bytes:
        head = bytes((operation, 1, 6, 1)) + bytes(12) + ip_address(given).packed + bytes(4) + ip_address(SERVER).packed
        return head + bytes.fromhex("0030de000009") + bytes(202) + bytes.fromhex("63825363") + options + b"\xff"

    wire, server = Wire(), "10.99.0.1"
    asked = message(1, "0.0.0.0", bytes((53, 1, 3, 12, 5)) + b"hmi-9")
    wire.datagram(asked, source=(SERVER, 67), target=(server, 67))
    wire.datagram(message(2, "10.20.1.9", bytes((53, 1, 5))), source=(server, 67), target=(SERVER, 67))
    told = {
        (claim.key, claim.value) for one in _read(tmp_path, wire.packets).readings for claim in one.observation.claims
    }
    assert told >= {("mac_address", "00:30:DE:00:00:09"), ("hostname", "hmi-9"), ("ip_address", "10.20.1.9")}
    assert ("ip_address", SERVER) not in told
