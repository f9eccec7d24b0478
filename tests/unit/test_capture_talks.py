"""Laws of reading talks out of captures: what a device answered is what a scan would have claimed."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from assetctl.exchange.capture.ears import NOT_TOLD
from assetctl.exchange.capture.read import Captured, read
from assetctl.model import Claim, SubjectKind
from tests.contracts.captures import Capture, all_captures
from tests.unit.capture_writer import CLIENT, SERVER, Wire, server_of, talk, written

NOW = datetime(2026, 3, 1, tzinfo=UTC)
WHOLE = ("modbus", "s7", "profinet_dcp", "knx", "ads", "hartip", "crimson", "pcworx", "moxa", "greeting", "mysql")
WHOLE += ("fox", "vnc", "postgres", "http", "opcua", "fins", "fins_tcp", "mqtt", "ntp", "dnp3", "dnp3_tcp", "bacnet")
WHOLE += ("rdp", "proconos", "srtp", "codesys_v3_tcp", "codesys_v2", "veeder_root", "mms")
# what was asked in vain is not in a capture; an answer to another question is heard all the same
OTHERWISE = {"modbus-gateway_silent", "profinet_dcp-answers_to_others"}
OTHERWISE |= {"dnp3_tcp-source_zero"}  # nobody else's question shows that its answer is one
OTHERWISE |= {"mms-segmented"}  # its first TPDU ends before it tells to what it answers
OTHERWISE |= {"mms-other_tsap"}  # a connection alone is heard as one that S7 shares
OTHERWISE |= {"rdp-xrdp"}  # TLS 1.3 seals the certificate
OF_OTHER_QUESTIONS = {"service_name", "interface_type", "interface_admin_status", "tls_weak_suites", "tls_versions"}
OF_OTHER_QUESTIONS |= {"snmp_versions_answered"}
RECORDED = {str(one): one for one in all_captures() if one.claims and one.protocol.envelope != "tls"}


def _read(path: Path, realm: str = "plant") -> Captured:
    return read(path, realm=realm, now=NOW)


@cache
def _claims(name: str, folder: Path) -> tuple[frozenset[Claim], frozenset[Claim]]:
    """What a scan and a capture of a recorded talk claim."""
    capture = RECORDED[name]
    found = _read(written(folder / f"{name}.pcap", talk(capture)))
    told = (
        claim
        for one in found.readings
        if one.observation.reader == capture.protocol.reader
        for claim in one.observation.claims
    )
    return _comparable(capture, capture.claims), _comparable(capture, told)


def _comparable(capture: Capture, claims) -> frozenset[Claim]:
    """Without ports, and without what only follows from the questions of a scan or from its own place."""
    left = NOT_TOLD | {"port_state"}
    kept = (one for one in claims if one.key not in left)
    return frozenset(one for one in kept if one.kind is not SubjectKind.NEIGHBOUR or capture.protocol.name != "lldp")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("captures")


@pytest.mark.parametrize("name", [name for name, one in RECORDED.items() if one.protocol.name in WHOLE])
def test_a_captured_talk_says_all_that_the_scan_said(name: str, folder: Path) -> None:
    if name not in OTHERWISE:
        scanned, captured = _claims(name, folder)
        assert captured == scanned


@pytest.mark.parametrize("name", [name for name in RECORDED if name not in OTHERWISE])
def test_a_captured_talk_says_nothing_that_the_scan_did_not_say(name: str, folder: Path) -> None:
    scanned, captured = _claims(name, folder)
    assert {one for one in captured - scanned if one.key not in OF_OTHER_QUESTIONS} == set()


def _modbus(unit: int, transaction: int, objects: dict[int, bytes]) -> tuple[bytes, bytes]:
    question = transaction.to_bytes(2) + b"\0\0\0\x05" + bytes((unit,)) + b"\x2b\x0e\x01\x00"
    body = b"".join(bytes((at, len(text))) + text for at, text in objects.items())
    pdu = bytes((unit,)) + b"\x2b\x0e\x01\x01\x00\x00" + bytes((len(objects),)) + body
    return question, transaction.to_bytes(2) + b"\0\0" + len(pdu).to_bytes(2) + pdu


def _poll(transaction: int) -> tuple[bytes, bytes]:
    return transaction.to_bytes(2) + bytes.fromhex("000000060103 0000 0001"), transaction.to_bytes(2) + bytes.fromhex(
        "00000005010302 1234"
    )


def _said(path: Path, reader: str) -> dict[tuple[str, str], object]:
    return {
        (claim.part, claim.key): claim.value
        for one in _read(path).readings
        if one.observation.reader.split("/")[0] == reader
        for claim in one.observation.claims
    }


def test_a_master_that_asks_an_only_unit_and_polls_between_is_understood(tmp_path: Path) -> None:
    wire = Wire()
    line = wire.connection(502)
    question, answer = _modbus(1, 7, {0: b"WAGO", 1: b"750-8212", 2: b"04.01"})
    first, second = _poll(6), _poll(8)
    line.say(first[0] + question + second[0])  # three questions in one segment, answers in another order
    line.say(first[1] + second[1], from_server=True, piece=5)
    line.say(answer, from_server=True, piece=3)
    said = _said(written(tmp_path / "a.pcap", wire.packets), "modbus")
    assert said["", "manufacturer"] == "WAGO"
    assert said["", "modbus_unit_id"] == 1
    assert said["", "port_state"] == "open"


def test_several_units_of_a_modbus_address_are_parts(tmp_path: Path) -> None:
    wire = Wire()
    line = wire.connection(502)
    for unit, maker in ((3, b"Eurotherm"), (4, b"ABB")):
        question, answer = _modbus(unit, unit, {0: maker, 1: b"x", 2: b"1"})
        line.say(question)
        line.say(answer, from_server=True)
    said = _said(written(tmp_path / "a.pcap", wire.packets), "modbus")
    assert (said["unit/3", "manufacturer"], said["unit/4", "manufacturer"]) == ("Eurotherm", "ABB")
    assert ("", "manufacturer") not in said


def test_process_data_is_not_kept(tmp_path: Path) -> None:
    wire = Wire()
    line = wire.connection(502)
    for at in range(5):
        question, answer = _poll(at)
        line.say(question)
        line.say(answer, from_server=True)
    found = _read(written(tmp_path / "a.pcap", wire.packets))
    assert [one for one in found.readings if one.observation.exchanges] == []
    told = {(claim.key, claim.local_key): claim.value for one in found.readings for claim in one.observation.claims}
    assert told["service_name", "tcp/502"] == "modbus"  # that it was spoken is told all the same


def test_a_community_is_not_kept(tmp_path: Path) -> None:
    capture = RECORDED["snmp-net_snmp_v2c"]
    found = _read(written(tmp_path / "a.pcap", talk(capture, community=b"s3cr3t-word")))
    units = [unit for one in found.readings for e in one.observation.exchanges for unit in (e.sent, *e.received)]
    assert units
    assert all(b"s3cr3t-word" not in unit for unit in units)


def test_a_factory_community_is_told(tmp_path: Path) -> None:
    capture = RECORDED["snmp-net_snmp_v2c"]
    plain = _said(written(tmp_path / "a.pcap", talk(capture)), "snmp")
    factory = _said(written(tmp_path / "b.pcap", talk(capture, community=b"public")), "snmp")
    assert ("", "snmp_default_community_accepted") not in plain
    assert factory["", "snmp_default_community_accepted"] is True


def test_a_passwords_page_keeps_no_cookie(tmp_path: Path) -> None:
    wire = Wire()
    line = wire.connection(80)
    line.say(b"GET / HTTP/1.1\r\nHost: a\r\nCookie: session=5ecret\r\nAuthorization: Basic 5ecret\r\n\r\n")
    body = b"<title>Pump 3</title><input type=password>"
    head = b"HTTP/1.1 200 OK\r\nServer: GoAhead\r\nSet-Cookie: id=5ecret\r\nContent-Type: text/html\r\n"
    line.say(head + b"Content-Length: %d\r\n\r\n" % len(body) + body, from_server=True)
    line.close()
    found = _read(written(tmp_path / "a.pcap", wire.packets))
    kept = b"".join(unit for one in found.readings for e in one.observation.exchanges for unit in (e.sent, *e.received))
    assert b"5ecret" not in kept
    said = {claim.key: claim.value for one in found.readings for claim in one.observation.claims}
    assert (said["http_title"], said["http_server"], said["http_asks_login"]) == ("Pump 3", "GoAhead", True)


def test_a_gap_ends_a_stream_and_what_preceded_it_stands(tmp_path: Path) -> None:
    wire = Wire()
    line = wire.connection(502)
    for number, (unit, maker) in enumerate(((255, b"WAGO"), (3, b"ABB")), 1):
        question, answer = _modbus(unit, number, {0: maker, 1: b"x", 2: b"1"})
        line.say(question)
        line.say(answer, from_server=True)
        if number == 1:
            lost = len(wire.packets)
            line.say(_poll(9)[1], from_server=True)
    packets = wire.packets[:lost] + wire.packets[lost + 1 :]
    said = _said(written(tmp_path / "a.pcap", packets), "modbus")
    assert said["", "manufacturer"] == "WAGO"
    assert ("unit/3", "manufacturer") not in said


def test_segments_out_of_order_and_twice_are_read_once(tmp_path: Path) -> None:
    wire = Wire()
    line = wire.connection(502)
    question, answer = _modbus(255, 1, {0: b"WAGO", 1: b"750-8212", 2: b"04.01"})
    line.say(question)
    at = len(wire.packets)
    line.say(answer, from_server=True, piece=4)
    pieces = wire.packets[at:]
    said = _said(written(tmp_path / "a.pcap", wire.packets[:at] + pieces[::-1] + pieces), "modbus")
    assert said["", "order_code"] == "750-8212"


def test_an_i_am_to_everybody_is_its_senders(tmp_path: Path) -> None:
    wire = Wire()
    i_am = bytes.fromhex("810b0018 0120ffff00ff 1000 c4020004d2 2201e0 9103 2105".replace(" ", ""))
    i_am = i_am[:2] + len(i_am).to_bytes(2) + i_am[4:]
    wire.datagram(i_am, source=(SERVER, 47808), target=("10.20.1.255", 47808))
    said = _said(written(tmp_path / "a.pcap", wire.packets), "bacnet")
    assert (said["", "bacnet_device_instance"], said["", "bacnet_vendor_id"]) == (1234, 5)


def test_a_forwarded_i_am_is_its_first_senders(tmp_path: Path) -> None:
    wire = Wire()
    apdu = bytes.fromhex("0120ffff00ff 1000 c4020004d2 2201e0 9103 2105".replace(" ", ""))
    frame = b"\x81\x04" + (10 + len(apdu)).to_bytes(2) + bytes((10, 20, 9, 9)) + b"\xba\xc0" + apdu
    wire.datagram(frame, source=(SERVER, 47808), target=("10.20.1.255", 47808))
    targets = {str(one.observation.target) for one in _read(written(tmp_path / "a.pcap", wire.packets)).readings}
    assert targets == {"plant/10.20.9.9"}


def test_an_answer_to_everybodys_question_is_each_answerers(tmp_path: Path) -> None:
    recorded = RECORDED["enip-cpppo"].recording
    question, answer = recorded[1][1], recorded[1][2].frames[0]
    wire = Wire()
    wire.datagram(question, source=(CLIENT, 50000), target=("255.255.255.255", 44818))
    for server in ("10.20.1.5", "10.20.1.6"):
        wire.datagram(answer, source=(server, 44818), target=(CLIENT, 50000))
    readings = _read(written(tmp_path / "a.pcap", wire.packets)).readings
    assert {str(one.observation.target) for one in readings} == {"plant/10.20.1.5", "plant/10.20.1.6"}


def test_every_exchange_names_its_packets(tmp_path: Path) -> None:
    capture = RECORDED["s7-s7_1500_card"]
    found = _read(written(tmp_path / "a.pcap", talk(capture)))
    (s7,) = [one.observation for one in found.readings if one.observation.reader.startswith("s7/")]
    assert str(s7.target) == f"plant/{server_of(capture)}"
    assert all("packet " in one.detail for one in s7.exchanges)
    assert s7.options["file"] == found.sha256
    assert (s7.started, s7.ended) == (s7.exchanges[0].at, s7.exchanges[-1].at)
