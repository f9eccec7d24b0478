"""Laws of hearing others ask: clients of every make word their questions in their own way, and name people in them."""

import struct
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assetctl.exchange.capture.read import Captured, read
from assetctl.exchange.capture.readings import again
from assetctl.protocols.dnp3 import codec as dnp3
from assetctl.protocols.opcua import codec as opcua
from tests.unit.capture_writer import CLIENT, SERVER, Wire, written
from tests.unit.test_capture_talks import RECORDED

NOW = datetime(2026, 3, 1, tzinfo=UTC)
OTHER = "10.20.1.77"


def _read(folder: Path, packets: Iterable[bytes]) -> Captured:
    return read(written(folder / "a.pcap", packets), realm="plant", now=NOW)


def _said(found: Captured, reader: str) -> dict[tuple[str, str], object]:
    return {
        (claim.part, claim.key): claim.value
        for one in found.readings
        if one.observation.reader.split("/")[0] == reader
        for claim in one.observation.claims
    }


def _kept(found: Captured) -> bytes:
    return b"".join(u for one in found.readings for e in one.observation.exchanges for u in (e.sent, *e.received))


# OPC UA


def _ask_endpoints(channel: int, number: int, profiles: tuple[bytes, ...]) -> bytes:
    """GetEndpoints as the .NET stack words it: with a time, a time-out, a locale and the profiles it can speak."""
    text = [len(one).to_bytes(4, "little") + one for one in (b"opc.tcp://plc-7:4840/", b"de-DE", *profiles)]
    header = b"\0\0" + (133_000_000_000_000_000).to_bytes(8, "little") + number.to_bytes(4, "little") + bytes(4)
    header += b"\xff\xff\xff\xff" + (60_000).to_bytes(4, "little") + bytes(3)
    body = b"\x01\0" + (428).to_bytes(2, "little") + header + text[0] + (1).to_bytes(4, "little") + text[1]
    body += len(profiles).to_bytes(4, "little") + b"".join(text[2:])
    return opcua.encode_message(channel=channel, token=9, number=number, body=body)


def _told_endpoints() -> tuple[bytes, ...]:
    asked = next(row for row in RECORDED["opcua-asyncua"].recording if row[0] == "get-endpoints")
    return asked[2].frames


def _of_channel(unit: bytes, channel: int, number: int) -> bytes:
    return unit[:8] + struct.pack("<II", channel, 9) + unit[16:20] + struct.pack("<I", number) + unit[24:]


UA_TCP = b"http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary"


@pytest.mark.parametrize("profiles", [(), (UA_TCP,)])
def test_endpoints_are_told_whoever_asked_in_whatever_words(tmp_path: Path, profiles: tuple[bytes, ...]) -> None:
    wire = Wire()
    line = wire.connection(4840)  # the capture begins after the channel was opened
    line.say(_ask_endpoints(77, 12, profiles))
    line.say(b"".join(_of_channel(unit, 77, 12) for unit in _told_endpoints()), from_server=True, piece=100)
    said = _said(_read(tmp_path, wire.packets), "opcua")
    scanned = {(claim.part, claim.key): claim.value for claim in RECORDED["opcua-asyncua"].claims}
    assert said["", "opcua_endpoints"] == scanned["", "opcua_endpoints"]
    assert said["", "anonymous_access"] == scanned["", "anonymous_access"]


def test_endpoints_of_another_transport_alone_say_nothing_of_the_others(tmp_path: Path) -> None:
    wire = Wire()
    line = wire.connection(4840)
    line.say(_ask_endpoints(77, 12, (b"http://opcfoundation.org/UA-Profile/Transport/https-uabinary",)))
    line.say(b"".join(_of_channel(unit, 77, 12) for unit in _told_endpoints()), from_server=True)
    assert _said(_read(tmp_path, wire.packets), "opcua") == {}


# Remote Desktop


def _offer(security: int) -> bytes:
    cookie = b"Cookie: mstshash=mueller\r\n"
    body = b"\xe0\0\0\0\0\0" + cookie + b"\x01\0\x08\0" + security.to_bytes(4, "little")
    return b"\x03\0" + (5 + len(body)).to_bytes(2) + bytes((len(body),)) + body


def test_a_desktop_client_of_today_is_understood_and_its_user_is_not_kept(tmp_path: Path) -> None:
    wire = Wire()
    line = wire.connection(3389)
    line.say(_offer(0x0B))
    line.say(bytes.fromhex("030000130ed000001234000209080008000000"), from_server=True)
    found = _read(tmp_path, wire.packets)
    assert _said(found, "rdp")["", "rdp_security"] == "CredSSP"
    assert b"mueller" not in _kept(found)


def test_a_choice_among_less_than_we_offer_is_no_choice_of_the_whole(tmp_path: Path) -> None:
    wire = Wire()
    line = wire.connection(3389)
    line.say(_offer(1))
    line.say(bytes.fromhex("030000130ed000001234000209080001000000"), from_server=True)
    said = _said(_read(tmp_path, wire.packets), "rdp")
    assert said["", "service_name"] == "rdp"
    assert ("", "rdp_security") not in said


# MQTT


def _connect(*, user: bytes = b"", level: int = 4, client: bytes = b"pump-station-7") -> bytes:
    flags = 0x02 | (0xC0 if user else 0)
    texts = (client, user, b"5ecret" * 30) if user else (client,)
    body = b"\0\x04MQTT" + bytes((level, flags, 0, 60)) + (b"\0" if level == 5 else b"")
    body += b"".join(len(one).to_bytes(2) + one for one in texts)
    size = bytes((len(body),)) if len(body) < 128 else bytes((len(body) & 0x7F | 0x80, len(body) >> 7))
    return b"\x10" + size + body


def _mqtt(folder: Path, *talks: tuple[bytes, bytes]) -> Captured:
    wire = Wire()
    for question, answer in talks:
        line = wire.connection(1883)
        line.say(question)
        line.say(answer, from_server=True)
        line.close()
    return _read(folder, wire.packets)


def test_a_login_says_nothing_about_those_without_a_name_and_is_not_kept(tmp_path: Path) -> None:
    found = _mqtt(tmp_path, (_connect(user=b"operator"), b"\x20\x02\0\0"))
    said = _said(found, "mqtt")
    assert said["", "service_name"] == "mqtt"
    assert not {("", "anonymous_access"), ("", "mqtt_return_code")} & said.keys()
    assert all(word not in _kept(found) for word in (b"5ecret", b"operator", b"pump"))


@pytest.mark.parametrize(("code", "is_open"), [(0, True), (5, False), (3, None)])
def test_an_answer_to_a_nameless_client_tells_who_may_enter(tmp_path: Path, code: int, is_open: bool | None) -> None:
    said = _said(_mqtt(tmp_path, (_connect(), bytes((0x20, 2, 0, code)))), "mqtt")
    assert said.get(("", "anonymous_access")) == is_open


def test_a_broker_that_tells_nameless_clients_apart_leaves_it_open(tmp_path: Path) -> None:
    talks = ((_connect(client=b"a"), b"\x20\x02\0\0"), (_connect(client=b"b"), b"\x20\x02\0\x05"))
    assert ("", "anonymous_access") not in _said(_mqtt(tmp_path, *talks), "mqtt")


def test_version_5_alone_tells_it_too(tmp_path: Path) -> None:
    said = _said(_mqtt(tmp_path, (_connect(level=5), b"\x20\x06\0\0\x03\x21\0\x0a")), "mqtt")
    assert said["", "anonymous_access"] is True


# NTP


def test_the_version_in_which_an_old_client_asked_is_not_the_servers(tmp_path: Path) -> None:
    time = bytes.fromhex("e8f1a2b3c4d5e6f7")
    question = b"\x1b" + bytes(39) + time
    answer = b"\x1c\x02\x06\xe9" + bytes(8) + bytes((10, 20, 1, 1)) + bytes(8) + time + bytes(16)
    wire = Wire()
    wire.datagram(question, source=(CLIENT, 123), target=(SERVER, 123))
    wire.datagram(answer, source=(SERVER, 123), target=(CLIENT, 123))
    said = _said(_read(tmp_path, wire.packets), "ntp")
    assert (said["", "ntp_stratum"], said["", "ntp_reference"]) == (2, "10.20.1.1")
    assert ("", "ntp_version") not in said


# DNP3


def _outstation(source: int, data: bytes, *, master: int = 1) -> bytes:
    head = b"\x05\x64" + bytes((5 + len(data), 0x44)) + struct.pack("<HH", master, source)
    blocks = (data[at : at + 16] for at in range(0, len(data), 16))
    return head + dnp3.crc(head) + b"".join(block + dnp3.crc(block) for block in blocks)


def _dnp3(folder: Path, *stations: int) -> Captured:
    wire = Wire()
    line = wire.connection(20000)
    for at, station in enumerate(stations):
        line.say(dnp3.encode_request(destination=station, source=1))
        line.say(_outstation(station, b"\xc0\x81\0\0MEASURED" + bytes((at,))), from_server=True, piece=7)
    return _read(folder, wire.packets)


def test_a_polled_outstation_is_told_with_its_master_and_without_its_values(tmp_path: Path) -> None:
    found = _dnp3(tmp_path, 10, 10, 10)
    said = _said(found, "dnp3_tcp")
    assert (said["", "dnp3_address"], said["", "dnp3_master_address"]) == (10, 1)
    assert b"MEASURED" not in _kept(found)


def test_several_outstations_behind_one_address_are_parts(tmp_path: Path) -> None:
    said = _said(_dnp3(tmp_path, 10, 11), "dnp3_tcp")
    assert (said["unit/10", "dnp3_address"], said["unit/11", "dnp3_address"]) == (10, 11)
    assert ("", "dnp3_address") not in said


def test_a_stream_that_only_looks_like_dnp3_is_none(tmp_path: Path) -> None:
    wire = Wire()
    line = wire.connection(20000)
    line.say(b"\x05\x64\x05\x44\x01\0\x0a\0\0\0", from_server=True)
    assert _said(_read(tmp_path, wire.packets), "dnp3_tcp") == {}


# FINS


def _fins(folder: Path, *nodes: int, network: int = 0) -> Captured:
    recorded = next(row for row in RECORDED["fins-cj2m"].recording if row[1])
    wire = Wire()
    for at, node in enumerate(nodes):
        question = bytes((0x80, 0, 7, network, node, 0, 0, 99, 0, 40 + at)) + b"\x05\x01"
        answer = bytes((0xC0, 0, 2, 0, 99, 0, network, node or 5, 0, 40 + at)) + recorded[2].frames[0][10:]
        wire.datagram(question, source=(CLIENT, 9600), target=(SERVER, 9600))
        wire.datagram(answer, source=(SERVER, 9600), target=(CLIENT, 9600))
    return _read(folder, wire.packets)


def test_a_panel_that_names_the_node_learns_what_a_scan_learns(tmp_path: Path) -> None:
    said = _said(_fins(tmp_path, 7), "fins")
    scanned = {claim.key: claim.value for claim in RECORDED["fins-cj2m"].claims}
    assert said["", "model"] == scanned["model"]
    assert said["", "fins_node"] == 7


def test_nodes_behind_one_address_are_not_melted(tmp_path: Path) -> None:
    assert ("", "model") not in _said(_fins(tmp_path, 7, 8), "fins")


def test_a_question_that_is_passed_on_to_another_network_is_not_the_devices(tmp_path: Path) -> None:
    assert ("", "model") not in _said(_fins(tmp_path, 7, network=2), "fins")


# SNMPv3


def _ber(kind: int, content: bytes) -> bytes:
    return bytes((kind, len(content))) + content if len(content) < 128 else bytes((kind, 0x81, len(content))) + content


def _v3(engine: bytes, *, boots: int = 12, user: bytes = b"nms-auditor") -> bytes:
    settings = _ber(0x30, _ber(2, b"\x11\x22\x33") + _ber(2, b"\x05\xc0") + _ber(4, b"\x07") + _ber(2, b"\x03"))
    head = _ber(4, engine) + _ber(2, bytes((boots,))) + _ber(2, b"\x01\0") + _ber(4, user)
    security = _ber(4, _ber(0x30, head + _ber(4, b"signature-12") + _ber(4, b"salt-678")))
    return _ber(0x30, _ber(2, b"\x03") + settings + security + _ber(4, b"sealed content of the PDU"))


def _engines(folder: Path, *engines: bytes) -> Captured:
    wire = Wire()
    for engine in engines:
        wire.datagram(_v3(engine), source=(CLIENT, 40_000), target=(SERVER, 161))
        wire.datagram(_v3(engine), source=(SERVER, 161), target=(CLIENT, 40_000))
    return _read(folder, wire.packets)


ENGINE = bytes.fromhex("80000f6f0300804f1a2b0e")


def test_the_engine_of_a_sealed_answer_is_told_and_nothing_of_its_user(tmp_path: Path) -> None:
    found = _engines(tmp_path, ENGINE, ENGINE)
    said = _said(found, "snmp")
    assert (said["", "snmp_engine_id"], said["", "snmp_engine_boots"]) == (ENGINE.hex(), 12)
    assert all(word not in _kept(found) for word in (b"auditor", b"signature", b"salt", b"sealed"))


def test_two_engines_at_one_address_are_not_taken_for_one(tmp_path: Path) -> None:
    said = _said(_engines(tmp_path, ENGINE, ENGINE[:-1] + b"\x99"), "snmp")
    assert said["", "service_name"] == "snmp"
    assert ("", "snmp_engine_id") not in said


def test_a_managers_own_message_names_no_engine_of_the_agent(tmp_path: Path) -> None:
    wire = Wire()
    wire.datagram(_v3(ENGINE), source=(CLIENT, 40_000), target=(SERVER, 161))
    assert _said(_read(tmp_path, wire.packets), "snmp") == {}


# BACnet behind a router


def _read_name(invoke: int, place: str, instance: int) -> bytes:
    apdu = bytes((0, 5, invoke, 12, 0x0C)) + (8 << 22 | instance).to_bytes(4) + b"\x19\x4d"
    npdu = bytes.fromhex(f"0124{place}ff") + apdu
    return b"\x81\x0a" + (4 + len(npdu)).to_bytes(2) + npdu


def _name(invoke: int, place: str, instance: int, name: bytes) -> bytes:
    text = bytes((0x75, len(name) + 1, 0)) + name
    apdu = bytes((0x30, invoke, 12, 0x0C)) + (8 << 22 | instance).to_bytes(4) + b"\x19\x4d\x3e" + text + b"\x3f"
    npdu = bytes.fromhex(f"0108{place}") + apdu
    return b"\x81\x0a" + (4 + len(npdu)).to_bytes(2) + npdu


def _of_wildcard(invoke: int, prop: int, value: str) -> tuple[bytes, bytes]:
    """A question to whichever device is there, and the answer of one that repeats the wildcard."""
    about = f"0c023fffff19{prop:02x}"
    apdus = f"0100 0005{invoke:02x}0c {about}", f"0100 30{invoke:02x}0c {about} 3e{value}3f"
    units = [bytes.fromhex(apdu) for apdu in apdus]
    return units[0], units[1]


@pytest.mark.parametrize(("instance", "is_known"), [("c402000007", True), ("c4023fffff", False)])
def test_a_device_that_repeats_the_wildcard_is_known_by_the_instance_it_tells(
    tmp_path: Path, instance: str, is_known: bool
) -> None:
    wire = Wire()
    for invoke, (prop, value) in enumerate(((75, instance), (77, "750600" + b"AHU-7".hex()))):
        asked, told = (b"\x81\x0a" + (4 + len(unit)).to_bytes(2) + unit for unit in _of_wildcard(invoke, prop, value))
        wire.datagram(asked, source=(CLIENT, 47808), target=(SERVER, 47808))
        wire.datagram(told, source=(SERVER, 47808), target=(CLIENT, 47808))
    said = _said(_read(tmp_path, wire.packets), "bacnet")
    assert said.get(("", "bacnet_device_instance")) == (7 if is_known else None)
    assert said.get(("", "hostname")) == ("AHU-7" if is_known else None)


def test_devices_behind_a_router_are_its_parts_even_with_equal_numbers(tmp_path: Path) -> None:
    wire = Wire()
    rooms = (("00050101", 501, b"ROOM1"), ("00050102", 502, b"ROOM2"))
    for place, instance, _ in rooms:
        wire.datagram(_read_name(9, place, instance), source=(CLIENT, 47808), target=(SERVER, 47808))
    for place, instance, name in reversed(rooms):
        wire.datagram(_name(9, place, instance, name), source=(SERVER, 47808), target=(CLIENT, 47808))
    said = _said(_read(tmp_path, wire.packets), "bacnet")
    for address, (_, instance, name) in enumerate(rooms, 1):
        part = f"net/5/addr/{address:02x}"
        assert said[part, "hostname"] == name.decode()
        assert (said[part, "bacnet_device_instance"], said[part, "bacnet_network_number"]) == (instance, 5)
        assert said[part, "bacnet_mac_address"] == f"{address:02X}"
    assert ("", "hostname") not in said


def test_a_router_that_was_asked_for_one_network_has_not_told_all(tmp_path: Path) -> None:
    seen = []
    for question in ("810b00070180ff", "810b0007018000", "810b00090180000006"):
        wire = Wire()
        wire.datagram(bytes.fromhex(question), source=(CLIENT, 47808), target=("10.20.1.255", 47808))
        wire.datagram(bytes.fromhex("810a000901 8001 0006"), source=(SERVER, 47808), target=(CLIENT, 47808))
        seen.append(_said(_read(tmp_path, wire.packets), "bacnet").get(("", "bacnet_routed_networks")))
    assert seen == [("6",), ("6",), None]  # unasked, asked for all, asked for one


# several devices at one address


def _modbus_id(maker: bytes, transaction: int) -> tuple[bytes, bytes]:
    question = transaction.to_bytes(2) + b"\0\0\0\x05\xff\x2b\x0e\x01\0"
    pdu = b"\xff\x2b\x0e\x01\x01\0\0\x01\0" + bytes((len(maker),)) + maker
    return question, transaction.to_bytes(2) + b"\0\0" + len(pdu).to_bytes(2) + pdu


def _two(folder: Path, name: str, first: bytes, second: bytes) -> Captured:
    """Two answers to a question that was asked twice."""
    wire = Wire()
    if name == "modbus":
        for number, maker in enumerate((first, second), 1):
            line = wire.connection(502)
            question, answer = _modbus_id(maker, number)
            line.say(question)
            line.say(answer, from_server=True)
            line.close()
    elif name == "enip":
        for unit in (first, second):
            wire.datagram(unit, source=(SERVER, 44818), target=("10.20.1.255", 44818))
    else:
        for unit in (first, second):
            wire.datagram(unit, source=(SERVER, 47808), target=("10.20.1.255", 47808))
    return _read(folder, wire.packets)


def _list_identity(serial: bytes, status: bytes = b"\x30\0") -> bytes:
    unit = bytearray(RECORDED["enip-cpppo"].recording[1][2].frames[0])
    unit[58:62], unit[56:58] = serial, status
    return bytes(unit)


def _i_am(instance: int) -> bytes:
    apdu = b"\x10\0\xc4" + (8 << 22 | instance).to_bytes(4) + bytes.fromhex("2201e0 9103 2105")
    return b"\x81\x0b" + (6 + len(apdu)).to_bytes(2) + b"\x01\0" + apdu


TWO = {
    "modbus": (b"WAGO", b"ABB", "manufacturer"),
    "enip": (_list_identity(b"\x01\0\0\0"), _list_identity(b"\x02\0\0\0"), "serial_number"),
    "bacnet": (_i_am(7), _i_am(8), "bacnet_device_instance"),
}


@pytest.mark.parametrize("name", TWO)
def test_devices_behind_one_address_are_not_melted(tmp_path: Path, name: str) -> None:
    first, second, key = TWO[name]
    found = _two(tmp_path, name, first, second)
    said = _said(found, name)
    assert ("", key) not in said
    assert said["", "service_name"] == name
    assert any("several devices at one address" in line for line in found.left_out)
    (one,) = [one for one in found.readings if one.observation.reader.startswith(f"{name}/")]
    assert one.context is not None
    assert again(one.observation, one.context) == one.observation.claims
    assert ("", key) in _said(_two(tmp_path, name, first, first), name)


def test_a_state_that_changes_makes_no_second_device(tmp_path: Path) -> None:
    first, later = _list_identity(b"\x01\0\0\0"), _list_identity(b"\x01\0\0\0", status=b"\x60\0")
    assert _said(_two(tmp_path, "enip", first, later), "enip")["", "serial_number"] == "00000001"


# fragments


def _fragments(data: bytes, *, port: int = 161) -> list[bytes]:
    from scapy.layers.inet import IP, UDP, fragment
    from scapy.layers.l2 import Ether

    whole = IP(src=SERVER, dst=CLIENT, id=77) / UDP(sport=port, dport=40_000) / data
    return [bytes(Ether() / one) for one in fragment(whole, 24)]


def _asked_once() -> tuple[list[bytes], list[bytes]]:
    """A question and its answer in fragments."""
    wire = Wire()
    wire.datagram(_v3(ENGINE), source=(CLIENT, 40_000), target=(SERVER, 161))
    return wire.packets, _fragments(_v3(ENGINE))


def test_an_answer_in_fragments_is_read_in_any_order(tmp_path: Path) -> None:
    question, pieces = _asked_once()
    assert len(pieces) > 3
    for order in (pieces, pieces[::-1], [*pieces[1:], pieces[1], pieces[0]]):
        found = _read(tmp_path, [*question, *order])
        assert _said(found, "snmp")["", "snmp_engine_id"] == ENGINE.hex()


def test_an_answer_with_a_missing_fragment_says_nothing_and_is_counted(tmp_path: Path) -> None:
    question, pieces = _asked_once()
    found = _read(tmp_path, [*question, *pieces[:1], *pieces[2:]])
    assert _said(found, "snmp") == {}
    assert "1 IP packet of which a fragment is missing" in found.left_out


def test_fragments_that_contradict_each_other_say_nothing(tmp_path: Path) -> None:
    question, pieces = _asked_once()
    forged = pieces[1][:-4] + b"evil"
    for order in ([pieces[0], forged, *pieces[1:]], [*pieces[:2], forged, *pieces[2:]]):
        assert _said(_read(tmp_path, [*question, *order]), "snmp") == {}


def test_fragments_of_ipv6_are_read(tmp_path: Path) -> None:
    from scapy.layers.inet import UDP
    from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment, fragment6
    from scapy.layers.l2 import Ether

    data = _v3(ENGINE) + bytes(1400)
    head = IPv6(src="fd00::5", dst="fd00::64") / IPv6ExtHdrFragment(id=9)
    whole = head / UDP(sport=161, dport=40_000) / data
    pieces = [bytes(Ether() / one) for one in fragment6(whole, 1280)]
    assert len(pieces) == 2
    found = _read(tmp_path, pieces)
    assert _said(found, "snmp")["", "snmp_engine_id"] == ENGINE.hex()
