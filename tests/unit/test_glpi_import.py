"""Laws of importing GLPI inventories: both forms say the same, and hostile files are one line."""

import json
from pathlib import Path

import pytest

from assetctl.exchange.glpi import claims, parse
from assetctl.store.repo import open_store
from tests.unit.command import Desk

CONTENT = {
    "hardware": {"name": "HMI-3", "uuid": "4C4C4544"},
    "bios": {"smanufacturer": "Siemens AG", "smodel": "SIMATIC IPC477E", "ssn": "SVPK1234567"},
    "operatingsystem": {"full_name": "Microsoft Windows 10 Enterprise LTSC", "kernel_version": "10.0.17763"},
    "networks": [
        {"description": "Intel I210", "ipaddress": "10.20.1.30", "mac": "00:1b:1b:00:00:30"},
        {"description": "lo", "ipaddress": "127.0.0.1"},
    ],
    "softwares": [{"name": "WinCC Runtime", "version": "17.0.0.4"}],
}
JSON = json.dumps({"action": "inventory", "deviceid": "HMI-3-2024", "content": CONTENT})


def _xml() -> str:
    def part(name: str, told: dict[str, str]) -> str:
        inner = "".join(f"<{key.upper()}>{value}</{key.upper()}>" for key, value in told.items())
        return f"<{name.upper()}>{inner}</{name.upper()}>"

    parts = [part(n, one) for n, v in CONTENT.items() for one in (v if isinstance(v, list) else [v])]
    body = "".join(parts).replace("<MAC>", "<MACADDR>").replace("</MAC>", "</MACADDR>")
    return f'<?xml version="1.0" encoding="UTF-8"?><REQUEST><CONTENT>{body}</CONTENT></REQUEST>'


BOMB = '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;">]><REQUEST><CONTENT>&c;</CONTENT></REQUEST>'


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    folder = tmp_path / "desk"
    folder.mkdir()
    return Desk(folder, monkeypatch)


def test_json_and_xml_say_the_same() -> None:
    assert claims(parse(JSON.encode(), "a")) == claims(parse(_xml().encode(), "a"))


def test_an_inventory_becomes_an_asset_that_is_read_again(desk: Desk) -> None:
    desk.write("a.json", JSON)
    for _ in range(2):
        assert desk.call("import", "glpi", "a.json", "--at", "2024-01-01").code == 0
    assert " 0 changed" in desk.call("evidence", "reread").err
    with open_store(f"sqlite:///{desk.folder / 'assetctl.db'}", create=False) as store:
        (asset,) = store.assets()
        told = {fact.key: fact.value for fact in asset.facts}
    wanted = {"hostname": "HMI-3", "manufacturer": "Siemens", "model": "SIMATIC IPC477E", "ip_address": "10.20.1.30"}
    wanted |= {"serial_number": "SVPK1234567", "mac_address": "00:1B:1B:00:00:30", "os_version": "10.0.17763"}
    wanted |= {"software_name": "WinCC Runtime", "software_version": "17.0.0.4"}
    assert {key: told.get(key) for key in wanted} == wanted


@pytest.mark.parametrize("content", ["", "{}", "x", '{"content": []}', "<a>", BOMB, "[" * 50_000, "<REQUEST/>"])
def test_another_file_is_one_line(desk: Desk, content: str) -> None:
    desk.write("a.json", content)
    said = desk.call("import", "glpi", "a.json")
    assert (said.code, len(said.errors)) == (2, 1)
    assert "a.json" in said.errors[0]
