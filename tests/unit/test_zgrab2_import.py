"""Laws of importing zgrab2: what succeeded becomes facts in the forms of a scan, the rest is counted."""

import json
from pathlib import Path

import pytest

from assetctl.store.repo import open_store
from tests.unit.command import Desk

TIME = "2024-03-01T12:00:00Z"
OBJECTS = {"vendor": "WAGO", "product_code": "750-8212", "revision": "04.01", "model_name": "PFC200"}
RESULTS = {
    "modbus": {"unit_id": 1, "function_code": 43, "mei_response": {"conformity_level": 1, "objects": OBJECTS}},
    "siemens": {
        "is_s7": True,
        "system": "line 3",
        "module_id": "6ES7 315-2EH14-0AB0 ",
        "serial_number": "S C-C2UR28922012",
    },
    "bacnet": {
        "is_bacnet": True,
        "instance_number": 1234,
        "vendor_id": 5,
        "vendor_name": "Johnson",
        "model_name": "NAE",
    },
    "fox": {"is_fox": True, "hostname": "jace-1", "app_version": "3.8.213", "brand_id": "vykon"},
    "ssh": {"server_id": {"raw": "SSH-2.0-dropbear", "version": "2.0"}},
    "tls": {"handshake_log": {"server_hello": {"version": {"name": "TLSv1.2"}}}},
    "http": {"response": {"status_code": 200, "headers": {"server": ["GoAhead"]}}},
    "ftp": {"banner": "220 VxWorks FTP server ready."},
}
WANTED = {
    "modbus": {"manufacturer": "WAGO", "order_code": "750-8212", "model": "PFC200", "service_name": "modbus"},
    "siemens": {"order_code": "6ES7 315-2EH14-0AB0", "serial_number": "S C-C2UR28922012", "service_name": "s7"},
    "bacnet": {"bacnet_device_instance": 1234, "model": "NAE"},
    "fox": {"hostname": "jace-1", "application_software_version": "3.8.213", "service_name": "niagara-fox"},
    "ssh": {"service_banner": "SSH-2.0-dropbear", "ssh_protocol_version": "2.0"},
    "tls": {"tls_versions": ("TLSv1.2",), "service_tunnel": "ssl"},
    "http": {"http_server": "GoAhead"},
    "ftp": {"service_banner": "220 VxWorks FTP server ready."},
}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    folder = tmp_path / "desk"
    folder.mkdir()
    return Desk(folder, monkeypatch)


def _line(module: str, ip: str = "10.20.1.5", status: str = "success", result: object = None) -> str:
    scan = {"status": status, "protocol": module, "timestamp": TIME, "result": result or RESULTS.get(module)}
    return json.dumps({"ip": ip, "data": {module: scan}})


def _facts(desk: Desk) -> dict[str, object]:
    with open_store(f"sqlite:///{desk.folder / 'assetctl.db'}", create=False) as store:
        return {f.key: f.value for a in store.assets() for f in a.facts if f.source.kind == "import"}


@pytest.mark.parametrize("module", RESULTS)
def test_a_result_is_told_in_the_forms_of_a_scan(desk: Desk, module: str) -> None:
    desk.write("a.json", _line(module))
    assert desk.call("import", "zgrab2", "a.json").code == 0
    told = _facts(desk)
    assert {key: told.get(key) for key in WANTED[module]} == WANTED[module]
    assert told["port_state"] == "open"


def test_what_did_not_succeed_says_nothing_and_is_counted(desk: Desk) -> None:
    lines = [_line("modbus", status="connection-timeout"), _line("imap", result={"banner": "x"}), "{broken"]
    lines.append(_line("siemens", result={"is_s7": False}))
    desk.write("a.json", "\n".join(lines))
    said = desk.call("import", "zgrab2", "a.json")
    assert said.code == 0
    assert "3 lines, 1 result without success, 1 of modules not read" in said.err
    assert "1 line;" in said.err
    assert _facts(desk) == {}


@pytest.mark.parametrize(
    "content", ["", "x\n", "[]\n", '{"ip": "10.0.0.1"}\n', '{"ip": 7, "data": {}}\n', "[" * 30_000]
)
def test_another_file_is_one_line(desk: Desk, content: str) -> None:
    desk.write("a.json", content)
    said = desk.call("import", "zgrab2", "a.json")
    assert (said.code, len(said.errors)) == (2, 1)
    assert "a.json" in said.errors[0]
