"""A NetBox gets what it lacks and keeps what people put in; a second run has nothing to do; nothing goes elsewhere."""

import json
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from assetctl.errors import Exit, InputError
from assetctl.exchange.out_netbox_compare import Compared
from assetctl.exchange.out_netbox_objects import objects
from assetctl.exchange.outgoing import Outgoing
from assetctl.settings import load_settings
from assetctl.transport.office import Office, office
from assetctl.work import pushing
from assetctl.work.schemas import schema_of
from tests.live.killed_plant import NETWORK
from tests.unit.command import Desk
from tests.unit.export_plants import INTERFACE, asset, cell, named, outgoing, plants
from tests.unit.netbox_server import NetBox, serving
from tests.unit.scanned import desk, scanned_once, servers

__all__ = ["desk", "scanned_once", "servers"]

TOKEN = "0123456789abcdef0123456789abcdef01234567"


def free(_ip: object) -> str:
    return ""


class Pushed:
    """A NetBox and the ways to it."""

    def __init__(self, box: NetBox, url: str) -> None:
        self.box = box
        self.office: Office = office(url, box.authorization, free)

    def compared(self, one: Outgoing) -> Compared:
        return pushing.compared(self.office, objects(one))

    def push(self, one: Outgoing) -> Compared:
        found = self.compared(one)
        pushing.write(self.office, found)
        return found

    def shown(self, one: Outgoing) -> list[tuple[str, str, str, str]]:
        lines = pushing.rows(self.compared(one))
        return [(str(row["kind"]), str(row["object"]), str(row["field"]), str(row["new"])) for row in lines]


@pytest.fixture
def pushed() -> Iterator[Pushed]:
    box = NetBox(f"Token {TOKEN}")
    with serving(box) as place:
        yield Pushed(box, f"http://{place}/")


@pytest.mark.parametrize("name", named())
def test_the_second_run_has_nothing_to_do(pushed: Pushed, name: str) -> None:
    made = pushed.push(named()[name])
    assert bool(made.steps) is bool(named()[name].devices or named()[name].areas)
    written = len(pushed.box.written)
    assert pushed.push(named()[name]).steps == ()
    assert len(pushed.box.written) == written


@given(one=plants())
@settings(max_examples=12, deadline=None)
def test_a_random_plant_is_taken_and_then_complete(one: Outgoing) -> None:
    box = NetBox(f"Token {TOKEN}", page=50)
    with serving(box) as place:
        pushed = Pushed(box, f"http://{place}")
        pushed.push(one)
        assert pushed.compared(one).steps == ()
        assert len(box.tables["dcim/devices"]) == len(one.wholes)


def test_looking_writes_nothing(pushed: Pushed) -> None:
    assert pushed.compared(outgoing(cell())).steps
    assert pushed.box.written == []


def test_netbox_holds_the_plant_as_it_is(pushed: Pushed) -> None:
    pushed.push(outgoing(cell()))
    box, tables = pushed.box, pushed.box.tables
    assert box.named("dcim/devices") == ["hist", "plc1", "sw1"]
    (plc,) = [one for one in tables["dcim/devices"].values() if one["name"] == "plc1"]
    assert plc["serial"] == "S C-X1"
    assert tables["dcim/device-types"][plc["device_type"]]["model"] == "CPU 1515-2 PN"
    assert tables["ipam/ip-addresses"][plc["primary_ip4"]]["address"] == "10.20.1.10/24"
    assert {(one["device"], one["protocol"], tuple(one["ports"])) for one in _services(box)} == {
        ("plc1", "tcp", (102,))
    }
    (rail, module) = sorted(tables["dcim/inventory-items"].values(), key=lambda one: one["id"])
    assert module["parent"] == rail["id"]
    (cable,) = tables["dcim/cables"].values()
    ends = [cable[f"{side}_terminations"][0]["object_id"] for side in "ab"]
    assert {tables["dcim/interfaces"][end]["name"] for end in ends} == {"port-001", "1/1"}
    (port,) = [one for one in tables["dcim/interfaces"].values() if one["name"] == "port-001"]
    assert tables["dcim/mac-addresses"][port["primary_mac_address"]]["mac_address"] == "00:1B:1B:00:00:05"


def _services(box: NetBox) -> list[dict[str, Any]]:
    devices = box.tables["dcim/devices"]
    return [one | {"device": devices[one["parent_object_id"]]["name"]} for one in box.tables["ipam/services"].values()]


def test_what_people_put_in_stays(pushed: Pushed) -> None:
    box = pushed.box
    maker = box.add("dcim/manufacturers", name="SIEMENS", slug="siemens-ag")
    kind = box.add("dcim/device-types", manufacturer=maker, model="S7-1515", slug="s7-1515")
    site = box.add("dcim/sites", name="works north", slug="n", status="planned")
    role = box.add("dcim/device-roles", name="Controller", slug="c", color="ff0000")
    plc = box.add(
        "dcim/devices", name="PLC1", site=site, role=role, device_type=kind, serial="S C-X1", asset_tag="A-1",
        status="staged", description="the press", comments="ask Kim first",
    )  # fmt: skip
    before = dict(box.tables["dcim/devices"][plc])
    pushed.push(outgoing(cell()))
    assert box.named("dcim/sites") == ["works north"]
    assert box.named("dcim/manufacturers") == ["Hirschmann", "SIEMENS", "Unknown"]
    after = box.tables["dcim/devices"][plc]
    assert {field: after[field] for field in before} == before
    assert set(after) - set(before) == {"location", "primary_ip4"}
    assert pushed.compared(outgoing(cell())).steps == ()


def test_a_device_that_was_renamed_is_known_by_its_serial_number(pushed: Pushed) -> None:
    pushed.push(outgoing(cell()))
    (plc,) = [one for one in pushed.box.tables["dcim/devices"].values() if one["name"] == "plc1"]
    plc["name"] = "PRESS-PLC"
    assert pushed.compared(outgoing(cell())).steps == ()


def test_another_piece_in_a_place_is_shown_and_changed(pushed: Pushed) -> None:
    pushed.push(outgoing(cell()))
    other = {"serial_number": "S 9", "model": "CPU 1518"}
    after = [
        replace(one, facts=tuple(replace(f, value=other.get(f.key, f.value)) for f in one.facts))
        if one.id == "as-plc"
        else one
        for one in cell()
    ]
    assert ("devices", "plc1", "serial", "S 9") in pushed.shown(outgoing(after))
    pushed.push(outgoing(after))
    box = pushed.box
    (plc,) = [one for one in box.tables["dcim/devices"].values() if one["name"] == "plc1"]
    assert (plc["serial"], box.tables["dcim/device-types"][plc["device_type"]]["model"]) == ("S 9", "CPU 1518")
    assert pushed.compared(outgoing(after)).steps == ()


def test_a_value_that_is_no_longer_known_is_not_emptied(pushed: Pushed) -> None:
    pushed.push(outgoing(cell()))
    poorer = [replace(one, facts=tuple(f for f in one.facts if f.key != "serial_number")) for one in cell()]
    assert [line for line in pushed.shown(outgoing(poorer)) if line[2] in ("serial", "device_type")] == []


def test_an_address_that_is_elsewhere_is_left_there_and_told(pushed: Pushed) -> None:
    address = pushed.box.add(
        "ipam/ip-addresses",
        address="10.20.1.10/24",
        status="active",
        assigned_object_type="virtualization.vminterface",
        assigned_object_id=77,
    )
    found = pushed.push(outgoing(cell()))
    assert [line for line in found.left_out if "10.20.1.10" in line]
    assert pushed.box.tables["ipam/ip-addresses"][address]["assigned_object_id"] == 77
    (plc,) = [one for one in pushed.box.tables["dcim/devices"].values() if one["name"] == "plc1"]
    assert plc.get("primary_ip4") is None
    assert pushed.compared(outgoing(cell())).steps == ()


def test_an_address_that_nobody_has_is_taken(pushed: Pushed) -> None:
    address = pushed.box.add("ipam/ip-addresses", address="10.20.1.10/16", status="reserved")
    pushed.push(outgoing(cell()))
    held = pushed.box.tables["ipam/ip-addresses"][address]
    assert (held["address"], held["status"]) == ("10.20.1.10/16", "reserved")
    assert pushed.box.tables["dcim/interfaces"][held["assigned_object_id"]]["name"] == "port-001"


def test_a_cable_to_elsewhere_is_left_there_and_told(pushed: Pushed) -> None:
    alone = [one for one in cell() if one.id != "as-switch"]
    pushed.push(outgoing(alone))
    (port,) = [one for one in pushed.box.tables["dcim/interfaces"].values() if one["name"] == "port-001"]
    port["cable"] = pushed.box.add("dcim/cables", a_terminations=[], b_terminations=[])
    found = pushed.push(outgoing(cell()))
    assert [line for line in found.left_out if line.startswith("cables")]
    assert len(pushed.box.tables["dcim/cables"]) == 1


def test_address_spaces_stay_apart(pushed: Pushed) -> None:
    at = {(INTERFACE, "1"): {"ip_address": "10.20.1.9"}}
    two = [asset(f"as-{realm}", {"hostname": realm}, at, realm=realm) for realm in ("plant", "line-2")]
    pushed.push(outgoing(two))
    held = pushed.box.tables["ipam/ip-addresses"].values()
    assert len({one["vrf"] for one in held}) == len(held) == 2
    assert pushed.compared(outgoing(two)).steps == ()


def test_a_refusal_names_the_object_and_the_next_run_does_the_rest(pushed: Pushed) -> None:
    box = pushed.box
    site, role = box.add("dcim/sites", name="Elsewhere", slug="e"), box.add("dcim/device-roles", name="x", slug="x")
    other = box.add("dcim/devices", name="old", site=site, role=role, device_type=None, asset_tag="4711")
    with pytest.raises(InputError, match=r"devices plc1 is refused: __all__: .*asset_tag") as fault:
        pushed.push(outgoing(cell()))
    assert "\n" not in str(fault.value)
    assert box.named("dcim/devices") == ["old"]  # of one request, all or none
    box.tables["dcim/devices"][other]["asset_tag"] = None
    pushed.push(outgoing(cell()))
    assert pushed.compared(outgoing(cell())).steps == ()


def test_every_query_fits_into_a_request_line(pushed: Pushed) -> None:
    many = [asset(f"as-{n}", {"hostname": f"ärger-{n}-{'x' * 40}", "model": f"M {n}"}) for n in range(60)]
    pushed.box.page = 1000
    pushed.push(outgoing(many))
    assert max(len(path) for _, path in pushed.box.seen) < 4000
    assert len(pushed.box.tables["dcim/devices"]) == 60


# What is sent where


def test_a_redirect_is_not_followed_and_the_token_stays_here(pushed: Pushed) -> None:
    with serving(NetBox("Token x")) as elsewhere:
        pushed.box.redirect = f"http://{elsewhere}/api/status/"
        with pytest.raises(InputError, match="points to http://127"):
            pushed.compared(outgoing(cell()))
    assert len(pushed.box.seen) == 1


def test_no_proxy_is_used(pushed: Pushed, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/")
    pushed.push(outgoing(cell()))
    assert pushed.box.written


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://192.0.2.7", "https only"),
        ("ftp://127.0.0.1", "no address"),
        ("https://user:word@127.0.0.1", "password"),
        ("https://127.0.0.1/?a=b", "host and a path"),
        ("https://127.0.0.1:99999", "no address"),
        ("https://127.0.0.1\r\nX: y", "no address"),
        ("127.0.0.1", "no address"),
        ("", "no address"),
    ],
)
def test_an_address_that_is_none_is_refused(url: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as fault:
        office(url, "Token x", free)
    assert "word" not in str(fault.value).partition("holds a")[0]


def test_where_nothing_may_be_sent_nothing_is_sent(pushed: Pushed) -> None:
    with pytest.raises(InputError, match=r"OT network.*nothing was sent"):
        office(str(pushed.office), "Token x", lambda ip: "this address lies in an OT network")
    assert pushed.box.seen == []


OFFICE = """
[[networks]]
range = "198.51.100.0/24"
kind = "it"
[[networks]]
range = "192.0.2.0/24"
[targets]
include = ["203.0.113.0/28"]
"""


@pytest.mark.parametrize(
    ("host", "is_refused"),
    [
        ("192.0.2.7", True),
        ("[::ffff:192.0.2.7]", True),  # on the wire it is IPv4
        ("203.0.113.3", True),  # a target that no network declares is OT
        ("198.51.100.7", False),
        ("203.0.113.200", False),
    ],
)
def test_no_address_of_the_plant_is_taken_for_one_of_the_office(
    host: str, is_refused: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NETBOX", "x")
    (tmp_path / "assetctl.toml").write_text(OFFICE, "utf-8")
    told = load_settings(tmp_path / "assetctl.toml", cwd=tmp_path, environ={})
    if is_refused:
        with pytest.raises(InputError, match="OT network"):
            pushing.server(told, f"https://{host}", "env:NETBOX")
    else:
        assert str(pushing.server(told, f"https://{host}", "env:NETBOX")) == f"https://{host}:443"


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "netbox")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 7)
        .not_valid_before(datetime(2024, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2124, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "netbox.pem", folder / "netbox.key"
    files[0].write_bytes(made.public_bytes(Encoding.PEM))
    files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


def test_a_certificate_is_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    box = NetBox(f"Token {TOKEN}")
    with serving(box, lambda socket: context.wrap_socket(socket, server_side=True)) as place:
        there = office(f"https://{place}", box.authorization, free)
        with pytest.raises(Exception, match=r"no answer could be had .*certificate"):
            there.ask("/api/status/")
        assert box.seen == []
        monkeypatch.setenv("SSL_CERT_FILE", str(files[0]))
        assert there.ask("/api/status/").status == 200


# On the command line


def _asked(place: str) -> tuple[str, ...]:
    return ("export", "netbox", "--to", f"http://{place}", "--token-from", "env:NETBOX_TOKEN")


def _call(desk: Desk, place: str, *more: str) -> Any:
    return desk.call(*_asked(place), *more)


def test_the_command_shows_then_writes_then_has_nothing_to_do(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETBOX_TOKEN", "nbt_abc.def")
    box = NetBox("Bearer nbt_abc.def", page=100)
    with serving(box) as place:
        shown = _call(desk, place)
        assert shown.code == Exit.DONE, shown.err
        assert "--apply writes them" in shown.err
        assert NETWORK in shown.out
        assert box.written == []
        told = json.loads(desk.call("--format", "json", *_asked(place)).out)
        Draft202012Validator(schema_of("netbox-changes")).validate(told)
        assert told["data"]
        assert _call(desk, place, "--apply").code == Exit.DONE
        assert box.named("dcim/devices")
        again = _call(desk, place, "--apply")
        assert (again.code, "0 objects to make or change" in again.err) == (Exit.DONE, True)
        assert "nbt_" not in shown.out + shown.err + again.err


@pytest.mark.parametrize(
    ("more", "code", "says"),
    [
        (("--apply",), Exit.USAGE, "--to URL"),
        (("--token-from", "env:X"), Exit.USAGE, "--to URL"),
        (("--to", "https://127.0.0.1"), Exit.USAGE, "--token-from"),
        (("--to", "https://127.0.0.1", "--token-from", "secret"), Exit.USAGE, "env:"),
        (("--to", "https://127.0.0.1", "--token-from", "env:NO_SUCH"), Exit.SECRET, "NO_SUCH"),
        (("--to", "https://127.0.0.1", "--token-from", "env:T", "--out", "x"), Exit.USAGE, "--out"),
    ],
)
def test_a_call_that_lacks_something_is_one_line(desk: Desk, more: tuple[str, ...], code: Exit, says: str) -> None:
    said = desk.call("export", "netbox", *more)
    assert (said.code, len(said.errors)) == (code, 1)
    assert says in said.errors[0]


def test_a_redacted_inventory_goes_into_no_netbox(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("T", TOKEN)
    box = NetBox(f"Token {TOKEN}")
    with serving(box) as place:
        said = desk.call("--redact", "share", "export", "netbox", "--to", f"http://{place}", "--token-from", "env:T")
    assert said.code == Exit.USAGE
    assert box.seen == []


def test_a_wrong_token_an_old_netbox_and_an_ot_address_are_one_line(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NETBOX_TOKEN", TOKEN)
    with serving(NetBox("Token other")) as place:
        said = _call(desk, place)
        assert (said.code, len(said.errors)) == (Exit.SECRET, 1)
        assert TOKEN not in said.err
    with serving(NetBox(f"Token {TOKEN}", version="4.2.9")) as place:
        said = _call(desk, place)
        assert (said.code, "4.2" in said.errors[0]) == (Exit.USAGE, True)
    box = NetBox(f"Token {TOKEN}")
    settings = desk.folder / "assetctl.toml"
    text = settings.read_text("utf-8")
    settings.write_text(text + '\n[[networks]]\nrange = "127.0.0.1/32"\nkind = "ot"\n', "utf-8")
    with serving(box) as place:
        said = _call(desk, place, "--apply")
        assert (said.code, "OT network" in said.errors[0]) == (Exit.USAGE, True)
    settings.write_text(text.replace("[targets]", '[targets]\nexclude = ["127.0.0.1"]'), "utf-8")
    with serving(box) as place:
        said = _call(desk, place, "--apply")
        assert (said.code, "excludes" in said.errors[0]) == (Exit.USAGE, True)
    assert box.seen == []
