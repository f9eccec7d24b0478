"""The fake plant: loopback only, devices as data, and an honest count of what reached each of them."""

import errno
import json
import os
import socket
import stat
import time
import tomllib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.demo import account, ber, loopback, modbus, s7, snmp, usm
from assetctl.demo.devices import NETWORK, Device, load
from assetctl.demo.folder import MARK, SETTINGS, prepare
from assetctl.demo.plant import Plant, bound_in, make, running
from assetctl.demo.received import Ending, Fragility, Received, Unit
from assetctl.errors import EnvironmentFault, InputError, WireError
from assetctl.exchange.nmap_xml import read as read_nmap
from assetctl.model import RequestClass, Transport
from assetctl.plan import NEVER_CONNECTED
from assetctl.protocols import registry
from assetctl.protocols.modbus import codec as modbus_codec
from assetctl.protocols.s7 import codec as s7_codec
from assetctl.protocols.snmp import codec as snmp_codec
from assetctl.protocols.snmp.objects import SCALARS, SYS_NAME
from assetctl.wire import Reader

OWN_NETWORK = f"127.{40 + os.getpid() % 180}."  # a plant of this process alone
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
OUTSIDE = ("10.0.0.1", "0.0.0.0", "192.168.1.1", "126.255.255.255", "128.0.0.1", "::", "::ffff:127.0.0.1", "fe80::1")


def by_name(devices: tuple[Device, ...], name: str) -> Device:
    return next(device for device in devices if device.name == name)


# --- loopback only ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", OUTSIDE)
@pytest.mark.parametrize("transport", list(Transport))
def test_nothing_but_loopback_is_bound(address: str, transport: Transport) -> None:
    with pytest.raises(InputError, match="loopback"):
        loopback.bound(address, transport, 0)


def test_a_device_outside_loopback_cannot_be_served() -> None:
    plant = make("10.20.")
    with pytest.raises(InputError, match="loopback"):
        plant.bind()


def test_a_missing_loopback_address_is_one_line_that_says_what_to_do() -> None:
    told = loopback.explained(OSError(errno.EADDRNOTAVAIL, "x"), "127.20.1.1", 5502)
    assert "127.20.1.1" in told
    assert "macOS" in told
    assert "\n" not in told


def test_a_taken_port_is_one_line_and_gives_every_other_port_back() -> None:
    with socket.socket() as taken:
        taken.bind((f"{OWN_NETWORK}9.4", 0))
        port = taken.getsockname()[1]
        device = by_name(load(OWN_NETWORK), "PRESS-PLC2")
        busy = replace(device.services[0], port=port)
        other = replace(device, addresses=(f"{OWN_NETWORK}9.4",), services=(busy,))
        plant = Plant(OWN_NETWORK, (device, other), {})
        with pytest.raises(EnvironmentFault, match=r"is taken; is another demo running\?") as caught:
            plant.bind()
    assert "\n" not in str(caught.value)
    loopback.bound(device.addresses[0], Transport.TCP, 5502).close()


def test_a_second_demo_takes_another_network_and_the_last_is_told_so() -> None:
    second = f"127.{int(OWN_NETWORK.split('.')[1]) + 5}."
    with running((OWN_NETWORK,)), running((OWN_NETWORK, second)) as plant:
        assert plant.network == second
        with pytest.raises(EnvironmentFault, match="end another demo first"):
            bound_in((OWN_NETWORK, second))


# --- the devices ------------------------------------------------------------------------------------------------------


def test_the_plant_has_what_a_demo_must_show() -> None:
    devices = load()
    served = {service.port for device in devices for service in device.services}
    assert len(devices) >= 14
    assert not served & NEVER_CONNECTED
    assert min(served) > 1023
    assert max(served) < 32768, "the system gives higher ports to connections of others"
    assert sum(device.fragility() is not None for device in devices) == 1
    assert sum(len(device.addresses) > 1 for device in devices) >= 2


def test_every_address_lies_in_a_cell_and_belongs_to_one_device() -> None:
    cells = [ip_network(f"127.20.{cell}.0/28") for cell in (1, 2, 9)]
    addresses = [ip_address(address) for device in load() for address in device.addresses]
    assert len(addresses) == len(set(addresses))
    assert all(any(address in cell for cell in cells) for address in addresses)


def test_every_protocol_that_is_asked_without_being_named_is_in_the_plant() -> None:
    table = tomllib.loads((Path(account.__file__).parent / "plant.toml").read_text("utf-8"))
    ports = {service.port for device in load() for service in device.services}
    asked = [
        name
        for name, one in registry().items()
        if one.klass is RequestClass.IDENTITY
        and one.wants is None
        and one.ports
        and one.transport is not Transport.LINK
    ]
    absent = [name for name in asked if table["ports"].get(name) not in ports]
    assert not absent, f"add a port and a device of {absent} to assetctl/demo/plant.toml"


def test_another_network_moves_every_address() -> None:
    assert all(address.startswith("127.33.") for device in load("127.33.") for address in device.addresses)


# --- what a device bears ----------------------------------------------------------------------------------------------


def received(most_connections: int = 1, most_per_s: int = 3) -> Received:
    return Received("X", Fragility(most_connections, most_per_s))


def unit(at_s: float) -> Unit:
    return Unit("127.20.1.7", Transport.TCP, 5502, b"q", at_s)


def test_two_units_a_second_on_one_connection_do_no_harm() -> None:
    one = received()
    for question in range(10):
        connection = one.opened("127.20.1.7", 5502, question * 1.0)
        one.heard(unit(question + 0.5))
        connection.ending = Ending.FIN
    assert not one.is_harmed
    assert one.most_at_once == 1
    assert one.highest_per_s == 2


def test_a_second_connection_harms() -> None:
    one = received()
    one.opened("127.20.1.7", 5502, 0.0)
    one.opened("127.20.1.7", 5502, 9.0)
    assert one.is_harmed


def test_a_burst_harms() -> None:
    one = received()
    for question in range(4):
        one.heard(unit(question * 0.2))
    assert one.is_harmed


def test_a_harmed_device_never_answers_again_and_the_plant_says_so() -> None:
    question = modbus_codec.encode(transaction=1, unit_id=255, read_code=1, object_id=0)
    with running((OWN_NETWORK,)) as plant:
        device = by_name(plant.devices, "FEEDER-OLD")
        where = (device.addresses[0], device.services[0].port)
        with socket.create_connection(where, 5) as first:
            first.sendall(question)
            assert first.recv(300)
            with socket.create_connection(where, 5) as second:
                second.settimeout(5)
                second.sendall(question)
                second.shutdown(socket.SHUT_WR)
                assert second.recv(300) == b""
        assert [line.partition(":")[0] for line in plant.harmed] == ["FEEDER-OLD"]


# --- the two books ----------------------------------------------------------------------------------------------------


def test_a_unit_and_a_connection_beside_the_ledger_are_found(tmp_path: Path) -> None:
    ledger = tmp_path / "empty.jsonl"
    ledger.touch()
    with running((OWN_NETWORK,)) as plant:
        address = by_name(plant.devices, "PRESS-PLC2").addresses[0]
        with socket.create_connection((address, 5502), 5) as asker:
            asker.sendall(modbus_codec.encode(transaction=1, unit_id=255, read_code=1, object_id=0))
            asker.recv(300)
        found = list(account.differences(ledger, plant))
    assert found == [
        f"{address} port 5502: 0 connections in the ledger, 1 received",
        f"{address} port 5502: 0 units of the ledger not received, 1 received beside it",
    ]


def until(what: Callable[[], bool]) -> None:
    """Wait for another thread, at most five seconds."""
    end = time.monotonic() + 5
    while not what() and time.monotonic() < end:
        os.sched_yield()
    assert what()


def test_the_end_of_each_connection_is_noted_as_the_device_saw_it() -> None:
    with running((OWN_NETWORK,)) as plant:
        one = plant.received["PRESS-PLC2"]
        address = by_name(plant.devices, "PRESS-PLC2").addresses[0]
        socket.create_connection((address, 5502), 5).close()
        until(lambda: [c.ending for c in one.connections] == [Ending.FIN])
        rude = socket.create_connection((address, 5502), 5)
        rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        rude.close()
        until(lambda: [c.ending for c in one.connections] == [Ending.FIN, Ending.RESET])


def test_what_is_no_unit_is_counted_and_ends_the_connection() -> None:
    with running((OWN_NETWORK,)) as plant:
        address = by_name(plant.devices, "PRESS-PLC2").addresses[0]
        with socket.create_connection((address, 5502), 5) as asker:
            asker.sendall(b"\0\0\0\0\xff\xff\x01")
            assert asker.recv(10) == b""
        assert plant.received["PRESS-PLC2"].rubbish == 1
        assert not plant.received["PRESS-PLC2"].units


# --- the responders, against our own readers and against hostile bytes ------------------------------------------------


@given(st.dictionaries(st.integers(0, 0xFF), st.text(max_size=60), min_size=1, max_size=12))
def test_modbus_objects_come_back_whole_however_many_chunks_they_take(texts: dict[int, str]) -> None:
    respond = modbus.from_table({"objects": {str(number): text for number, text in texts.items()}})
    found: dict[int, bytes] = {}
    at = min(texts)
    for transaction in range(40):
        question = modbus_codec.encode(transaction=transaction, unit_id=255, read_code=3, object_id=at)
        said = respond(question)
        assert said is not None
        assert len(said.answers[0]) <= 260
        answer = modbus_codec.decode(said.answers[0], transaction=transaction, unit_id=255)
        assert isinstance(answer, modbus_codec.Identification)
        found.update(answer.objects)
        if not answer.more_follows:
            break
        at = answer.next_object_id
    assert found == {number: text.encode() for number, text in texts.items()}


@pytest.mark.parametrize("slot", [1, 2, 3])
def test_an_s7_slot_is_taken_and_the_others_are_refused(slot: int) -> None:
    respond = s7.from_table({"slot": slot, "order_code": "6ES7 315-2EH14-0AB0"})
    for asked in (1, 2, 3):
        said = respond(s7_codec.encode_connect(connection_type=3, slot=asked))
        assert said is not None
        refused = s7_codec.decode_connect(said.answers[0])
        assert (refused is None) == (asked == slot)


@given(st.integers(-(2**31), 2**31 - 1), st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=20))
def test_the_agents_ber_is_what_the_codec_reads(number: int, subs: list[int]) -> None:
    oid = (1, 3, *subs)
    assert ber.take_integer(Reader(ber.integer(number)), "x") == number
    assert ber.object_id(oid)[2:] == snmp_codec.encode_oid(oid)
    assert ber.take_object_id(Reader(ber.object_id(oid))) == oid


def test_the_agent_answers_its_community_and_no_other() -> None:
    respond = snmp.from_table({"community": "right", "name": "X"}, ())
    pdu = snmp_codec.encode_get(request_id=0x40000001, objects=SCALARS)

    def message(community: bytes) -> bytes:
        return ber.tlv(ber.SEQUENCE, ber.integer(1) + ber.tlv(ber.OCTETS, community) + pdu)

    silent, told = respond(message(b"wrong")), respond(message(b"right"))
    assert silent is not None
    assert (silent.unit, silent.answers) == (pdu, ())
    assert told is not None
    opened = usm.in_community(told.answers[0])
    assert opened is not None
    response = snmp_codec.decode(opened[1], request_id=0x40000001)
    assert next(v.value for v in response.varbinds if v.name == SYS_NAME) == b"X"


def test_keys_are_localized_as_another_implementation_does_it() -> None:
    from hashlib import sha256

    from pyasn1.type.univ import OctetString
    from pysnmp.proto.secmod.rfc3414 import localkey

    engine_id = bytes.fromhex("80000216030020856100a3")
    passed = localkey.hash_passphrase(b"demo-auth-phrase", sha256)
    theirs = localkey.localize_key(passed, OctetString(engine_id), sha256)
    assert usm.localized("demo-auth-phrase", engine_id) == bytes(theirs)


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16), st.binary(max_size=200))
def test_what_is_encrypted_comes_back(key: bytes, vector: bytes, data: bytes) -> None:
    hidden = usm.cfb(key, vector, data, decrypt=False)
    assert usm.cfb(key, vector, hidden, decrypt=True) == data
    assert len(hidden) == len(data)


@given(st.integers(0, 22), st.binary(max_size=120))
def test_no_bytes_break_a_device(number: int, frame: bytes) -> None:
    device = DEVICES[number % len(DEVICES)]
    for service in device.services:
        said = service.responder(frame)
        assert said is None or all(isinstance(answer, bytes) for answer in said.answers)


@given(st.integers(0, 22), st.integers(0, 200), st.integers(0, 255))
def test_no_changed_question_breaks_a_device(number: int, at: int, byte: int) -> None:
    device = DEVICES[number % len(DEVICES)]
    for protocol in registry().values():
        for request in protocol.requests:
            frame = bytearray(next(request.examples(1)))
            frame[at % len(frame)] = byte
            for service in device.services:
                service.responder(bytes(frame))


DEVICES = load()


# --- the folder -------------------------------------------------------------------------------------------------------


def test_the_folder_holds_what_a_run_needs_and_secrets_for_the_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    prepare(folder, network=NETWORK, now=NOW)
    assert {path.name for path in folder.iterdir()} == {
        *(MARK, SETTINGS, "zones.yaml", "register.yaml", "exclude.txt", "secrets.toml", "it-hosts.xml")
    }
    assert stat.S_IMODE((folder / "secrets.toml").stat().st_mode) == 0o600
    assert "demo-read" not in (folder / SETTINGS).read_text("utf-8")


def test_another_network_and_the_time_of_the_demo_go_into_every_file(tmp_path: Path) -> None:
    prepare(tmp_path / "demo", network="127.33.", now=NOW)
    texts = "".join(path.read_text("utf-8") for path in (tmp_path / "demo").iterdir())
    assert NETWORK not in texts
    assert "127.33." in texts
    report = read_nmap((tmp_path / "demo" / "it-hosts.xml").read_bytes(), scan="s", realm="plant", file="x")
    assert report.complete
    assert {(NOW - o.ended).total_seconds() for o in report.observations} == {3600.0}
    assert len(report.observations) == 3


def test_an_earlier_demo_is_replaced_whole(tmp_path: Path) -> None:
    prepare(tmp_path / "demo", network=NETWORK, now=NOW)
    (tmp_path / "demo" / "assetctl.db").write_text("old")
    prepare(tmp_path / "demo", network=NETWORK, now=NOW)
    assert not (tmp_path / "demo" / "assetctl.db").exists()


def test_anything_else_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "work.txt").write_text("mine")
    plain = tmp_path / "file"
    plain.write_text("mine")
    prepare(tmp_path / "demo", network=NETWORK, now=NOW)
    (tmp_path / "link").symlink_to(tmp_path / "demo")
    for path in (folder, plain, tmp_path / "link"):
        with pytest.raises(InputError, match="not of an earlier demo"):
            prepare(path, network=NETWORK, now=NOW)
    assert (folder / "work.txt").read_text() == "mine"
    assert (tmp_path / "demo" / MARK).exists()


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(EnvironmentFault, match="choose another --dir") as caught:
        prepare(tmp_path / "file" / "demo", network=NETWORK, now=NOW)
    assert "\n" not in str(caught.value)


def test_every_declared_position_but_one_is_in_the_plant() -> None:
    from assetctl.documents import read_yaml

    register = read_yaml(Path(account.__file__).parent / "files" / "register.yaml").root
    known = {address for device in load() for address in device.addresses} | {device.name for device in load()}
    told = json.dumps([p["match"] for p in register["positions"]])
    absent = [p["id"] for p in register["positions"] if p["match"].get("ip_address", p["id"]) not in known]
    assert absent == ["PRESS-ROBOT"]
    assert "serial_number" in told


def test_broken_ber_is_a_wire_error() -> None:
    for raw in (b"", b"\x02", b"\x02\x05\x01", b"\x06\x00", b"\x30\x84\xff\xff\xff\xff"):
        with pytest.raises(WireError):
            ber.take_object_id(Reader(raw))
