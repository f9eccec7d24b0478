"""Laws of importing logs of Zeek: both forms say the same, who said it is known or the row is left out."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assetctl.errors import InputError
from assetctl.exchange.zeek_devices import observations, read_devices
from assetctl.exchange.zeek_rows import Log
from assetctl.store.repo import open_store
from tests.unit.command import Desk

TS = "1580238007.767398"
ID = {"id.orig_h": "10.20.1.100", "id.orig_p": "50000", "id.resp_h": "10.20.1.5", "id.resp_p": "44818"}
CIP = {
    **{"ts": TS, "uid": "C1", **ID, "encapsulation_version": "1", "socket_address": "10.20.1.5"},
    **{"socket_port": "44818", "vendor_id": "1", "vendor_name": "Rockwell Automation/Allen-Bradley"},
    **{"device_type_id": "14", "device_type_name": "Programmable Logic Controller", "product_code": "166"},
    **{"revision": "20.11", "device_status": "0x0030", "serial_number": "0x00c0ffee"},
    **{"product_name": "1756-L71/B LOGIX5571", "device_state": "0x00ff"},
}
DHCP = {
    **{"ts": TS, "uids": "C1,C2", "client_addr": "10.20.1.9", "server_addr": "10.20.1.1", "mac": "00:30:de:00:00:09"},
    **{"host_name": "hmi-9", "client_fqdn": "-", "domain": "plant.local", "requested_addr": "-"},
    **{"assigned_addr": "10.20.1.9", "lease_time": "86400.0", "msg_types": "DISCOVER,OFFER,REQUEST,ACK"},
}
BACNET = {
    **{"ts": TS, "uid": "C1", **ID, "id.orig_p": "47808", "id.resp_p": "47808", "is_orig": "F"},
    **{"pdu_service": "read-property-ack", "object_type": "device", "instance_number": "1234"},
    **{"property": "model-name", "array_index": "-", "value": "DSC-1212E"},
}
I_AM = {  # the form of the parser's own example log, which has no direction
    **{"ts": TS, "uid": "C1", "id.orig_h": "172.20.32.108", "id.orig_p": "47808", "id.resp_h": "172.20.32.255"},
    **{"id.resp_p": "47808", "pdu_service": "i-am", "object_type": "device", "instance_number": "721"},
    **{"vendor": "Cornell University", "range": "-", "object_name": "-"},
}
SSH = {"ts": TS, "uid": "C1", **ID, "id.resp_p": "22", "version": "2", "server": "SSH-2.0-dropbear_2019.78"}
SSL = {"ts": TS, "uid": "C1", **ID, "id.resp_p": "443", "version": "TLSv12", "established": "T"}
SNMP = {
    **{"ts": TS, "uid": "C1", **ID, "id.resp_p": "161", "duration": "0.1", "version": "2c", "community": "public"},
    **{"get_requests": "3", "get_responses": "3", "display_string": "SIMATIC NET", "up_since": "-"},
}
MODBUS = {"ts": TS, "uid": "C1", **ID, "id.resp_p": "502", "func": "READ_HOLDING_REGISTERS", "exception": "-"}
FP = "ab" * 32
SSL_CERTIFICATE = {**SSL, "cert_chain_fps": f"{FP},{'cd' * 32}"}
X509 = {
    **{"ts": TS, "fingerprint": FP, "certificate.version": "3", "certificate.serial": "01"},
    **{"certificate.subject": "CN=plc-5,O=Works", "certificate.issuer": "CN=Works CA,O=Works"},
    **{"certificate.not_valid_before": "1577836800.000000", "certificate.not_valid_after": "1893456000.000000"},
    **{"certificate.sig_alg": "sha256WithRSAEncryption", "certificate.key_type": "rsa"},
    **{"certificate.key_length": "2048", "san.dns": "plc-5,plc-5.works", "san.ip": "-"},
}
SZL = {
    **{"ts": TS, "uid": "C1", **ID, "id.resp_p": "102", "is_orig": "-", "automation_system_name": "SNAP7-SERVER"},
    **{"module_name": "CPU 315-2 PN/DP", "plant_name": "(empty)", "module_serial": "S C-C2UR28922012"},
}
S7 = {
    **{"ts": TS, "uid": "C1", **ID, "id.resp_p": "102", "is_orig": "F", "rosctr_name": "ACK-Data"},
    **{"function_code": "0xf0", "function_name": "Setup Communication"},
}
ENDPOINT = {
    **{"ts": TS, "uid": "C1", **ID, "id.resp_p": "4840", "endpoint_uri": "opc.tcp://plc-5:4840"},
    **{"application_uri": "urn:plc-5", "product_uri": "http://maker", "text": "PLC", "application_type": "0"},
    **{"message_security_mode": "1", "security_policy_uri": "http://opcfoundation.org/UA/SecurityPolicy#None"},
    "transport_profile_uri": "http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary",
}
TOKEN = {"ts": TS, "uid": "C1", **ID, "id.resp_p": "4840", "user_token_policy_id": "0", "user_token_type": "0"}
OBJECT = {
    **{"ts": TS, "uid": "C1", **ID, "id.resp_p": "502", "is_orig": "F", "unit": "1", "object_id_code": "0x00"},
    **{"object_id": "VendorName", "object_value": "WAGO"},
}
ROUTED = {
    **{**BACNET, "source_h": "10.20.1.5", "snet": "5", "sadr": "6c", "fwd_ip": "-"},
}
HART = {
    **{"ts": TS, "uid": "C1", **ID, "id.resp_p": "5094", "proto": "tcp"},
    **{"read_unique_identifier_response_expanded_device_type": "WIRELESSGATEWAY ROSEMOUNT"},
    **{"read_unique_identifier_response_hart_protocol_major_revision": "7"},
    **{"read_unique_identifier_response_device_revision_level": "4"},
    **{"read_unique_identifier_response_software_revision_level": "1"},
    **{"read_unique_identifier_response_device_id": "13762773"},
}
FINS = {
    **{"ts": TS, "uid": "C1", **ID, "id.resp_p": "9600", "command_code": "Controller Data Read (0x0501)"},
    **{"icf_data_type": "Response (1)", "controller_model": "CJ2M-CPU31          ", "controller_version": "02.01"},
}
FRAME = {"ts": TS, "uid": "C1", **ID, "id.resp_p": "9600", "proto": "udp", "icf_data_type": "Response (1)"}
PMU = {"ts": TS, "uid": "C1", **ID, "id.resp_p": "4712", "proto": "tcp", "frame_type": "CFG2", "pmu_count": "1"}
GENISYS = {"ts": TS, "uid": "C1", **ID, "id.resp_p": "10001", "proto": "tcp", "server": "1", "direction": "response"}
POINTS = {"ts": TS, "uid": "C1", **ID, "id.resp_p": "20000", "function_code": "RESPONSE", "object_type": "Counter"}
SRTP = {"ts": TS, "uid": "C1", **ID, "id.resp_p": "18245", "proto": "tcp", "status_code": "0x00"}
METER = {"ts": TS, "uid": "C1", **ID, "id.resp_p": "1153", "proto": "tcp", "req_resp": "Resp", "standard": "C12.22"}
ROWS = {
    **{"hart_ip_universal_commands": HART, "omron_fins_detail": FINS, "omron_fins_general": FRAME, "genisys": GENISYS},
    **{"synchrophasor_cfg": PMU, "dnp3_objects": POINTS, "ge_srtp_general": SRTP},
    **{"c1222_identification_service": METER},
    **{"cip_identity": CIP, "dhcp": DHCP, "bacnet_property": BACNET, "bacnet_discovery": I_AM, "ssh": SSH, "ssl": SSL},
    **{"snmp": SNMP, "modbus": MODBUS, "s7comm_known_devices": SZL, "s7comm": S7},
    **{"opcua-binary-get-endpoints-description": ENDPOINT, "opcua_binary_get_endpoints_user_token": TOKEN},
    **{"modbus_read_device_identification": OBJECT},
}


def tabbed(name: str, *rows: dict[str, str]) -> str:
    head = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n"
    lines = ["\t".join(row.values()) for row in rows]
    return head + f"#path\t{name}\n#fields\t" + "\t".join(rows[0]) + "\n" + "\n".join(lines) + "\n#close\t2020\n"


def in_json(name: str, *rows: dict[str, str]) -> str:
    def typed(row: dict[str, str]) -> dict[str, object]:
        told = {key: value for key, value in row.items() if value != "-"}
        return {"_path": name, **told, **({"is_orig": told["is_orig"] == "T"} if "is_orig" in told else {})}

    return "".join(json.dumps(typed(row)) + "\n" for row in rows)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    folder = tmp_path / "desk"
    folder.mkdir()
    return Desk(folder, monkeypatch)


def _facts(desk: Desk) -> dict[str, dict[str, object]]:
    with open_store(f"sqlite:///{desk.folder / 'assetctl.db'}", create=False) as store:
        return {
            str(next((f.value for f in asset.facts if f.key == "ip_address"), "")): {
                fact.key: fact.value for fact in asset.facts if fact.source.kind == "import"
            }
            for asset in store.assets()
        }


WANTED = {
    "hart_ip_universal_commands": {
        **{"hart_device_id": "D200D5", "hart_revision": 7, "hart_device_revision": 4, "service_name": "hart-ip"},
        **{"firmware_software_version": "1", "manufacturer": None, "model": None},
    },
    "omron_fins_detail": {
        **{"manufacturer": "Omron", "model": "CJ2M-CPU31", "firmware_software_version": "02.01", "service_name": None},
    },
    "omron_fins_general": {"service_name": "fins", "port_state": "open"},
    "synchrophasor_cfg": {"service_name": "synchrophasor"},
    "genisys": {"service_name": "genisys"},
    "dnp3_objects": {"service_name": "dnp3"},
    "ge_srtp_general": {"service_name": "srtp"},
    "c1222_identification_service": {"service_name": "c12.22"},
    "cip_identity": {
        **{"serial_number": "00C0FFEE", "firmware_software_version": "20.011", "cip_product_code": 166},
        **{"model": "1756-L71/B LOGIX5571", "cip_vendor_id": 1, "cip_device_type": 14},
    },
    "dhcp": {"hostname": "hmi-9", "mac_address": "00:30:DE:00:00:09"},
    "bacnet_property": {"model": "DSC-1212E", "bacnet_device_instance": 1234},
    "bacnet_discovery": {"manufacturer": "Cornell University", "bacnet_device_instance": 721},
    "ssh": {"service_banner": "SSH-2.0-dropbear_2019.78", "ssh_protocol_version": "2.0", "port_state": "open"},
    "ssl": {"tls_versions": ("TLSv1.2",), "service_tunnel": "ssl"},
    "snmp": {"description": "SIMATIC NET", "snmp_default_community_accepted": True},
    "modbus": {"service_name": "modbus", "port_state": "open"},
    "s7comm_known_devices": {"serial_number": "S C-C2UR28922012", "application_name": "SNAP7-SERVER"},
    "s7comm": {"service_name": "s7"},
    "opcua-binary-get-endpoints-description": {
        **{"opcua_application_uri": "urn:plc-5", "opcua_application_type": "Server", "service_name": "opcua"},
        **{"opcua_security_modes": ("None",), "opcua_security_policies": ("None",)},
    },
    "opcua_binary_get_endpoints_user_token": {"anonymous_access": True, "opcua_user_token_types": ("Anonymous",)},
    "modbus_read_device_identification": {"manufacturer": "WAGO", "modbus_unit_id": 1},
}
WHO = {"dhcp": "10.20.1.9", "bacnet_discovery": "172.20.32.108"}


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("form", [tabbed, in_json])
def test_a_row_is_its_speakers(desk: Desk, name: str, form) -> None:
    desk.write(f"{name}.log", form(name, ROWS[name]))
    for _ in range(2):
        assert desk.call("import", "zeek", f"{name}.log").code == 0
    facts = _facts(desk)
    assert list(facts) == [WHO.get(name, "10.20.1.5")]
    told = facts[WHO.get(name, "10.20.1.5")]
    assert {key: told.get(key) for key in WANTED[name]} == WANTED[name]
    assert " 0 changed" in desk.call("evidence", "reread").err


def test_a_question_says_nothing_of_the_device(desk: Desk) -> None:
    asked = {
        **{"omron_fins_detail": FINS | {"icf_data_type": "Command (0)"}, "genisys": GENISYS | {"direction": "request"}},
        **{"dnp3_objects": POINTS | {"function_code": "READ"}, "ge_srtp_general": SRTP | {"status_code": "-"}},
        **{"c1222_identification_service": METER | {"req_resp": "Req"}},
        "hart_ip_universal_commands": HART | {"read_unique_identifier_response_device_id": "-"},
    }
    for name, row in asked.items():
        desk.write(f"{name}.log", tabbed(name, row))
    desk.call("import", "zeek", *(f"{name}.log" for name in asked))
    assert _facts(desk) == {}


def test_of_several_hart_devices_behind_one_address_none_is_the_device(desk: Desk) -> None:
    other = HART | {"read_unique_identifier_response_device_id": "5"}
    desk.write("hart_ip_universal_commands.log", tabbed("hart_ip_universal_commands", HART, other))
    assert desk.call("import", "zeek", "hart_ip_universal_commands.log").code == 0
    told = _facts(desk)["10.20.1.5"]
    assert told["service_name"] == "hart-ip"
    assert not {"hart_device_id", "hart_revision", "firmware_software_version"} & set(told)


def test_a_hart_device_that_publishes_is_the_side_with_the_port(desk: Desk) -> None:
    row = HART | {"id.orig_h": "10.20.1.7", "id.orig_p": "5095", "id.resp_p": "49905", "proto": "udp"}
    desk.write("hart_ip_universal_commands.log", tabbed("hart_ip_universal_commands", row))
    assert desk.call("import", "zeek", "hart_ip_universal_commands.log").code == 0
    assert _facts(desk)["10.20.1.7"]["hart_device_id"] == "D200D5"


@pytest.mark.parametrize("names", [("ssl", "x509"), ("x509", "ssl"), ("b", "a")])
def test_a_certificate_is_of_the_server_that_showed_it(desk: Desk, names: tuple[str, str]) -> None:
    for name, log, row in zip(names, ("ssl", "x509"), (SSL_CERTIFICATE, X509), strict=True):
        desk.write(f"{name}.log", tabbed(log, row))
    assert desk.call("import", "zeek", *(f"{name}.log" for name in sorted(names))).code == 0
    told = _facts(desk)["10.20.1.5"]
    assert told["certificate_fingerprint"] == FP
    assert (told["certificate_subject"], told["certificate_self_signed"]) == ("CN=plc-5,O=Works", False)
    assert told["certificate_not_after"] == "2030-01-01T00:00:00+00:00"
    assert told["certificate_names"] == ("plc-5", "plc-5.works")


def test_a_name_that_zeek_writes_in_its_own_way_is_left_out(desk: Desk) -> None:
    odd = {**X509, "certificate.subject": "emailAddress=a@b,CN=M\\C3\\BCller"}
    desk.write("ssl.log", tabbed("ssl", SSL_CERTIFICATE))
    desk.write("x509.log", in_json("x509", odd))
    assert desk.call("import", "zeek", "ssl.log", "x509.log").code == 0
    told = _facts(desk)["10.20.1.5"]
    assert "certificate_subject" not in told
    assert told["certificate_key_bits"] == 2048


def test_ways_to_log_in_stand_in_the_order_of_the_standard(desk: Desk) -> None:
    rows = [{**TOKEN, "user_token_type": str(kind)} for kind in (2, 1, 0)]
    desk.write("a.log", tabbed("opcua_binary_get_endpoints_user_token", *rows))
    assert desk.call("import", "zeek", "a.log").code == 0
    told = _facts(desk)["10.20.1.5"]
    assert told["opcua_user_token_types"] == ("Anonymous", "UserName", "Certificate")


def test_units_behind_an_address_are_parts_of_it(desk: Desk) -> None:
    rows = [{**OBJECT, "unit": str(unit), "object_value": maker} for unit, maker in ((3, "Eurotherm"), (4, "ABB"))]
    desk.write("a.log", tabbed("modbus_read_device_identification", *rows))
    assert desk.call("import", "zeek", "a.log").code == 0
    with open_store(f"sqlite:///{desk.folder / 'assetctl.db'}", create=False) as store:
        told = {a.parent is not None: {f.value for f in a.facts if f.key == "manufacturer"} for a in store.assets()}
        assert len(store.assets()) == 3
    assert told[False] == set()


def test_a_device_behind_a_bacnet_router_is_a_part_of_the_router(desk: Desk) -> None:
    desk.write("a.log", tabbed("bacnet_property", ROUTED, {**ROUTED, "snet": "-", "sadr": "-", "value": "ROUTER"}))
    assert desk.call("import", "zeek", "a.log").code == 0
    with open_store(f"sqlite:///{desk.folder / 'assetctl.db'}", create=False) as store:
        assets = {a.parent is not None: {f.key: f.value for f in a.facts} for a in store.assets()}
    assert assets[False]["model"] == "ROUTER"
    assert (assets[True]["model"], assets[True]["bacnet_network_number"]) == ("DSC-1212E", 5)


def test_what_a_management_device_passed_on_is_its_first_senders(desk: Desk) -> None:
    desk.write("a.log", tabbed("bacnet_discovery", {**I_AM, "fwd_ip": "172.20.40.9"}))
    assert desk.call("import", "zeek", "a.log").code == 0
    assert _facts(desk)["172.20.40.9"]["bacnet_device_instance"] == 721


def test_who_said_it_follows_the_direction(desk: Desk) -> None:
    desk.write("a.log", tabbed("bacnet_property", BACNET, {**BACNET, "is_orig": "T", "instance_number": "9"}))
    said = desk.call("import", "zeek", "a.log")
    assert said.code == 0
    assert _facts(desk)["10.20.1.100"]["bacnet_device_instance"] == 9


def test_a_row_without_a_speaker_is_left_out_and_counted(desk: Desk) -> None:
    row = {key: value for key, value in BACNET.items() if key != "is_orig"}
    desk.write("a.log", tabbed("bacnet_property", row))
    said = desk.call("import", "zeek", "a.log")
    assert "1 line;" in said.err
    assert "is_orig" in said.err
    assert _facts(desk) == {}


def test_servers_of_the_world_are_no_assets(desk: Desk) -> None:
    desk.write("ssl.log", tabbed("ssl", {**SSL, "id.resp_h": "93.184.216.34"}))
    assert desk.call("import", "zeek", "ssl.log").code == 0
    assert _facts(desk) == {}


def test_a_community_is_not_stored(desk: Desk) -> None:
    desk.write("snmp.log", tabbed("snmp", {**SNMP, "community": "s3cr3t-word"}))
    assert desk.call("import", "zeek", "snmp.log").code == 0
    assert b"s3cr3t-word" not in (desk.folder / "assetctl.db").read_bytes()


BAD = {
    "unknown": tabbed("weird", {"ts": TS, "name": "x"}),
    "conn": tabbed("conn", {"ts": TS, **ID}),
    "twice": "#fields\tts\tts\n1\t2\n",
    "none": "hello\n",
    "empty": "",
    "deep": '{"a":' + "[" * 50_000,
}


@pytest.mark.parametrize("name", BAD)
def test_another_file_is_one_line_and_nothing_of_the_others_is_stored(desk: Desk, name: str) -> None:
    desk.write("dhcp.log", tabbed("dhcp", DHCP))
    desk.write("bad.log", BAD[name])
    said = desk.call("import", "zeek", "dhcp.log", "bad.log")
    assert (said.code, len(said.errors)) == (2, 1)
    assert "bad.log" in said.errors[0]
    assert _facts(desk) == {}


@settings(max_examples=60)
@given(st.data())
def test_mutated_logs_are_read_or_counted(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(ROWS)))
    raw = bytearray(data.draw(st.sampled_from([tabbed, in_json]))(name, ROWS[name], ROWS[name]).encode())
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    folder = tmp_path_factory.mktemp("z")
    (folder / f"{name}.log").write_bytes(bytes(raw))
    log = Log(folder / f"{name}.log")
    try:
        found = read_devices(log, newest=datetime(2026, 3, 1, tzinfo=UTC))
    except (InputError, ValueError) as fault:
        assert len(str(fault).splitlines()) <= 1  # noqa: PT017 - either is right
    else:
        assert list(observations(found, log, scan="i-1", realm="plant", file="a")) is not None
