"""Laws of importing NetBox: JSON and CSV say the same, all of it is declared, nothing is lost silently."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assetctl.errors import InputError
from assetctl.exchange.netbox import positions, read_netbox
from assetctl.store.repo import open_store
from tests.unit.command import Desk

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DEVICE = {
    **{"id": 7, "name": "plc-3", "status": {"value": "active", "label": "Active"}, "serial": "S V-L7AB12342021"},
    "device_type": {"manufacturer": {"name": "Siemens"}, "model": "CPU 1512C-1 PN", "part_number": "6ES7 512-1CK01"},
    **{"role": {"name": "PLC"}, "site": {"name": "Works 2"}, "location": {"name": "Hall 3"}, "rack": None},
    **{"asset_tag": "A-100", "primary_ip4": {"address": "10.20.1.5/24"}, "tags": [{"name": "line-3"}]},
    **{"tenant": {"name": "Maintenance"}, "description": "filler"},
}
CSV = """\
name,status,role,manufacturer,device_type,serial,asset_tag,tenant,site,location,tags,description,primary_ip4
plc-3,active,PLC,Siemens,CPU 1512C-1 PN,S V-L7AB12342021,A-100,Maintenance,Works 2,Hall 3,line-3,filler,10.20.1.5/24
"""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    folder = tmp_path / "desk"
    folder.mkdir()
    return Desk(folder, monkeypatch)


def _positions(folder: Path, **files: object):
    paths = []
    for name, content in files.items():
        path = folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
        paths.append(path)
    found = read_netbox(paths)
    return positions(found, realm="plant", now=NOW), found


def test_json_and_csv_say_the_same(tmp_path: Path) -> None:
    ((first,), _), ((second,), _) = _positions(tmp_path, a={"results": [DEVICE]}), _positions(tmp_path, b=CSV)
    assert first.declared["order_code"] == "6ES7 512-1CK01"
    assert {key: value for key, value in first.declared.items() if key != "order_code"} == second.declared
    assert (first.id, first.match) == (second.id, second.match) == ("plc-3", {"ip_address": "10.20.1.5"})
    assert first.declared["physical_location_address"] == "Works 2 / Hall 3"
    assert (first.declared["asset_number"], first.declared["tags"]) == ("A-100", ("line-3",))


def test_a_device_without_a_primary_address_is_found_by_its_only_other_one(tmp_path: Path) -> None:
    bare = {**DEVICE, "primary_ip4": None}
    ip = {"address": "10.20.1.9/24", "assigned_object": {"device": {"name": "plc-3"}}, "family": {"value": 4}}
    interface = {"device": {"name": "plc-3"}, "name": "P1", "mac_address": "00:1B:1B:00:00:05"}
    assert _positions(tmp_path, a=[ip], b=[bare])[0][0].match == {"ip_address": "10.20.1.9"}
    assert _positions(tmp_path, a=[bare], b=[interface])[0][0].match == {"mac_address": "00:1B:1B:00:00:05"}
    assert _positions(tmp_path, a=[bare], b=[ip, ip])[0][0].match == {"serial_number": "S V-L7AB12342021"}
    assert _positions(tmp_path, a=[{**bare, "serial": ""}])[0][0].match == {"hostname": "plc-3"}


def test_what_is_not_in_place_is_no_position(tmp_path: Path) -> None:
    made, found = _positions(tmp_path, a=[{**DEVICE, "status": {"value": "inventory"}}])
    assert (made, found.out_of_place) == ((), 1)


def test_bad_values_cost_themselves_alone(tmp_path: Path) -> None:
    made, found = _positions(tmp_path, a=[{**DEVICE, "primary_ip4": {"address": "10.20.1"}}, {**DEVICE}])
    assert len(made) == 1
    assert made[0].match == {"serial_number": "S V-L7AB12342021"}
    assert len(found.problems) == 2


@pytest.mark.parametrize(
    "content", ["", "x", "{", "[1]", '{"a": 1}', "name,name,site\n", "a,b\n1,2\n", "[" * 40_000, '"\n', '[{"a": 1}]']
)
def test_another_file_is_one_line(tmp_path: Path, content: str) -> None:
    with pytest.raises(InputError) as fault:
        _positions(tmp_path, a=content)
    assert len(str(fault.value).splitlines()) == 1


def test_netbox_declares_and_observes_nothing(desk: Desk) -> None:
    desk.write("devices.csv", CSV)
    assert desk.call("import", "netbox", "devices.csv", "--dry-run").code == 0
    assert desk.call("import", "netbox", "devices.csv").code == 0
    with open_store(f"sqlite:///{desk.folder / 'assetctl.db'}", create=False) as store:
        assert [one.id for one in store.positions("plant")] == ["plc-3"]
        assert tuple(store.observations()) == ()
        assert all(fact.source.kind == "declared" for asset in store.assets() for fact in asset.facts)
