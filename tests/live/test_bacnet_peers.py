"""BACnet/IP against three servers of other people, beside what nmap and another client read from them.

bacpypes3 does not know the wildcard instance and must be called by Who-Is; bacpypes knows it, and serves
ReadPropertyMultiple only where that is added; rusty-bacnet shares no code with them and is a BBMD as well.
"""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from socket import inet_aton

import pytest

from assetctl.model import Outcome
from assetctl.protocol import Context
from assetctl.protocols.bacnet import PROTOCOL, names, probe
from assetctl.protocols.bacnet.claims import TABLES
from tests.live.driver import Driven, drive, free_port
from tests.live.opinions import nmap_script

pytestmark = pytest.mark.live

HOST = "127.77.34.1"
DEEP = frozenset({probe.BBMD})
LONG = "supply air handling unit of hall 3 " * 20
UP_S = 120.0

BACPYPES3 = """
import asyncio, sys
from bacpypes3.app import Application
from bacpypes3.argparse import SimpleArgumentParser
from bacpypes3.local.device import DeviceObject
from bacpypes3.local.networkport import NetworkPortObject
from bacpypes3.vendor import VendorInfo

vendor = VendorInfo(35)
vendor.register_object_class(8, DeviceObject)
vendor.register_object_class(56, NetworkPortObject)

async def main():
    address, description, location = ":".join(sys.argv[1:3]), *sys.argv[3:]
    arguments = ["--address", address, "--name", "AHU-7", "--instance", "1007", "--vendoridentifier", "35"]
    device = (app := Application.from_args(SimpleArgumentParser().parse_args(arguments))).device_object
    device.vendorIdentifier, device.vendorName, device.modelName = 35, "Reliable Controls", "AHU-7 Controller"
    device.firmwareRevision, device.description, device.location = "3.11.2", description, location
    await asyncio.Event().wait()

asyncio.run(main())
"""
BACPYPES = """
import sys
from bacpypes.app import BIPSimpleApplication
from bacpypes.core import run
from bacpypes.local.device import LocalDeviceObject
from bacpypes.service.object import ReadWritePropertyMultipleServices

class Multiple(BIPSimpleApplication, ReadWritePropertyMultipleServices):
    pass

device = LocalDeviceObject(
    objectName="VAV-12", objectIdentifier=("device", 3012), maxApduLengthAccepted=1024,
    segmentationSupported="noSegmentation", vendorIdentifier=15, vendorName="Cornell", modelName="VAV",
    firmwareRevision="1.2", applicationSoftwareVersion="9.1", location="roof", description="room 12",
    systemStatus="operational", protocolVersion=1, protocolRevision=5, serialNumber="C-0815",
)
app = (Multiple if sys.argv[3] == "multiple" else BIPSimpleApplication)(device, ":".join(sys.argv[1:3]))
run()
"""
ROUTER = """
import asyncio, sys
from bacpypes3.app import Application
from bacpypes3.ipv4.link import NormalLinkLayer
from bacpypes3.local.device import DeviceObject
from bacpypes3.pdu import IPv4Address, LocalStation
from bacpypes3.vlan import VirtualNetwork
from bacpypes3.vlan.link import VirtualLinkLayer

def device(instance, name, **more):
    told = {"maxApduLengthAccepted": 480, "segmentationSupported": "noSegmentation", "vendorIdentifier": 35} | more
    return DeviceObject(objectIdentifier=("device", instance), objectName=name, vendorName="Reliable Controls", **told)

async def main():
    kept = [Application.from_object_list([device(600, "ROUTER", modelName="MACH-ProSys")])]
    own = IPv4Address(":".join(sys.argv[1:3]))
    kept[0].nsap.bind(NormalLinkLayer(own), net=1, address=own)
    for network in (5, 6):
        VirtualNetwork(f"bus{network}")
        kept[0].nsap.bind(VirtualLinkLayer(LocalStation(1), f"bus{network}"), net=network)
    for network, address, instance, more in (
        (5, 2, 512, {"modelName": "MACH-Zone", "firmwareRevision": "8.24", "serialNumber": "Z-0512"}),
        (5, 127, 527, {"modelName": "MACH-Zone", "description": "x" * 400}),
        (6, 3, 603, {"modelName": "RC-FLEXair", "maxApduLengthAccepted": 50}),
    ):
        kept.append(Application.from_object_list([device(instance, f"ZONE-{instance}", **more)]))
        place = LocalStation(address)
        kept[-1].nsap.bind(VirtualLinkLayer(place, f"bus{network}"), address=place)
    await asyncio.Event().wait()

asyncio.run(main())
"""
RUSTY = """
import asyncio, sys
from rusty_bacnet import BACnetServer, Bbmd

async def main():
    host, port = sys.argv[1], int(sys.argv[2])
    server = BACnetServer(
        device_instance=2042, device_name="CHILLER-2", interface=host, port=port, broadcast_address=host,
        share_port_by_address=True, mutation_policy="deny_all", bbmd=Bbmd(bdt=["127.77.34.99:47808"]),
    )
    await server.start()
    await asyncio.Event().wait()

asyncio.run(main())
"""
CLIENT = """
import asyncio, sys
from rusty_bacnet import BACnetClient, ObjectIdentifier, ObjectType, PropertyIdentifier

async def main():
    own, port, device, instance = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    async with BACnetClient(interface=own, port=port, broadcast_address=own, share_port_by_address=True) as client:
        for name in sys.argv[5:]:
            wanted = getattr(PropertyIdentifier, name)
            told = await client.read_property(device, ObjectIdentifier(ObjectType.DEVICE, instance), wanted)
            print(name, told.value, sep="=", flush=True)

asyncio.run(main())
"""


@contextmanager
def serving(code: str, port: int, *arguments: str) -> Iterator[None]:
    """A server in a process of its own, up when its port is bound; nothing is sent for it. Ended by its process id."""
    with subprocess.Popen([sys.executable, "-W", "ignore", "-c", code, HOST, str(port), *arguments]) as process:
        try:
            until = time.monotonic() + UP_S
            while not _is_bound(port):
                assert process.poll() is None, f"the peer ended with {process.returncode} before its port was up"
                assert time.monotonic() < until, "the peer is not up"
                time.sleep(0.05)
            yield
        finally:
            process.kill()


def _is_bound(port: int) -> bool:
    wanted = inet_aton(HOST)[::-1].hex().upper() + f":{port:04X}"
    return any(line.split()[1] == wanted for line in Path("/proc/net/udp").read_text("ascii").splitlines()[1:])


def _named(read: Driven) -> list[str]:
    return [name for name, _, _ in read.recording]


# bacpypes3


@contextmanager
def _bacpypes3(description: str = "Lüftung", location: str = "hall 3") -> Iterator[int]:
    pytest.importorskip("bacpypes3")
    port = free_port(HOST)
    with serving(BACPYPES3, port, description, location):
        yield port


@pytest.fixture(scope="module")
def ahu() -> Iterator[int]:
    with _bacpypes3() as port:
        yield port


def test_a_device_without_the_wildcard_is_called_and_then_read_at_once(ahu: int) -> None:
    read = drive(PROTOCOL, Context(port=ahu, seed=0x12F0), HOST)
    assert _named(read) == ["connect", "find-device", "who-is", "read-property-multiple"]
    assert {claim.key: claim.value for claim in read.claims} == {
        "service_name": "bacnet",
        "service_source": "probed",
        "bacnet_device_instance": 1007,
        "manufacturer": "Reliable Controls",
        "model": "AHU-7 Controller",
        "firmware_software_version": "3.11.2",
        "hostname": "AHU-7",
        "application_software_version": "1.0",
        "bacnet_vendor_id": 35,
        "description": "Lüftung",
        "physical_location_address": "hall 3",
        "bacnet_protocol_version": 1,
        "bacnet_protocol_revision": 22,
        "bacnet_system_status": "operational",
        "bacnet_absent_properties": ("serial-number: unknown-property",),
    }


def test_nmap_reads_nothing_of_it(ahu: int) -> None:
    assert nmap_script("bacnet-info", HOST, ahu, udp=True) in ({}, {"BACNet ADPU Type": "Error (5) "})


def test_another_client_reads_the_same(ahu: int) -> None:
    pytest.importorskip("rusty_bacnet")
    read = drive(PROTOCOL, Context(port=ahu), HOST)
    wanted = {
        "VENDOR_NAME": "manufacturer",
        "MODEL_NAME": "model",
        "FIRMWARE_REVISION": "firmware_software_version",
        "OBJECT_NAME": "hostname",
        "APPLICATION_SOFTWARE_VERSION": "application_software_version",
        "VENDOR_IDENTIFIER": "bacnet_vendor_id",
        "DESCRIPTION": "description",
        "LOCATION": "physical_location_address",
        "PROTOCOL_REVISION": "bacnet_protocol_revision",
    }
    own = "127.77.34.2"
    command = [sys.executable, "-c", CLIENT, own, str(free_port(own)), f"{HOST}:{ahu}", "1007", *wanted]
    said = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout
    other = dict(line.split("=", 1) for line in said.splitlines())
    assert other == {name: str(read.value(key)) for name, key in wanted.items()}


def test_a_known_instance_costs_one_question_and_a_wrong_one_is_replaced(ahu: int) -> None:
    known = drive(PROTOCOL, Context(port=ahu, known={"bacnet_device_instance": "1007"}), HOST)
    assert _named(known) == ["connect", "read-property-multiple"]
    moved = drive(PROTOCOL, Context(port=ahu, known={"bacnet_device_instance": "1008"}), HOST)
    assert moved.value("bacnet_device_instance") == 1007
    assert moved.value("model") == known.value("model") == "AHU-7 Controller"


def test_a_device_that_is_no_bbmd_refuses_its_tables(ahu: int) -> None:
    read = drive(PROTOCOL, Context(port=ahu, depth=DEEP), HOST)
    assert _named(read)[-2:] == ["read-bdt", "read-fdt"]
    assert all(reply.outcome is Outcome.ANSWERED for _, _, reply in read.recording)
    assert not {claim.key for claim in read.claims} & {*TABLES.values()}


def test_a_text_longer_than_253_bytes_is_read_whole() -> None:
    with _bacpypes3(description=LONG) as port:
        read = drive(PROTOCOL, Context(port=port), HOST)
    assert len(_named(read)) == 4
    assert read.value("description") == LONG.strip()


@pytest.mark.parametrize(("size", "is_lost"), [(900, False), (1600, True)])
def test_an_answer_too_long_for_one_unit_loses_at_most_the_text_that_is_too_long(size: int, is_lost: bool) -> None:
    with _bacpypes3(description=LONG, location="x" * size) as port:
        read = drive(PROTOCOL, Context(port=port), HOST)
    assert _named(read)[4:] == ["read-property"] * (read.units - 4)
    assert read.value("description") == LONG.strip()
    assert read.value("firmware_software_version") == "3.11.2"
    assert read.value("physical_location_address") == (None if is_lost else "x" * size)
    absent = read.value("bacnet_absent_properties")
    assert isinstance(absent, tuple)
    assert ("location: abort: segmentation-not-supported" in absent) is is_lost
    assert read.units <= PROTOCOL.cost.units


@pytest.mark.parametrize(("size", "parts"), [(900, 2), (1600, 2), (9000, 7)])
def test_in_depth_an_answer_too_long_for_one_unit_is_taken_whole(size: int, parts: int) -> None:
    with _bacpypes3(description=LONG, location="x" * size) as port:
        read = drive(PROTOCOL, Context(port=port, depth=frozenset({probe.SEGMENTS})), HOST)
    assert _named(read)[3:] == [
        *("read-property-multiple", "read-property-multiple-in-segments"),
        *["acknowledge-segment"] * parts,
    ]
    assert read.value("description") == LONG.strip()
    assert read.value("physical_location_address") == "x" * size
    assert read.value("bacnet_absent_properties") == ("serial-number: unknown-property",)


def test_an_answer_that_takes_more_units_than_are_offered_is_read_one_by_one() -> None:
    with _bacpypes3(description=LONG, location="x" * 14000) as port:
        read = drive(PROTOCOL, Context(port=port, depth=frozenset({probe.SEGMENTS})), HOST)
    assert "acknowledge-segment" not in _named(read)
    assert read.value("description") == LONG.strip()
    assert read.units <= PROTOCOL.limit(Context(port=port, depth=frozenset({probe.SEGMENTS}))).units


def test_the_devices_behind_a_router_are_read_as_parts_of_it() -> None:
    """bacpypes3 answers the network number with a broadcast, which nobody hears on a loopback address."""
    pytest.importorskip("bacpypes3")
    port = free_port(HOST)
    with serving(ROUTER, port):
        plain = drive(PROTOCOL, Context(port=port), HOST)
        read = drive(PROTOCOL, Context(port=port, depth=frozenset({probe.ROUTED})), HOST)
    assert plain.value("hostname") == read.value("hostname") == "ROUTER"
    assert not [claim for claim in plain.claims if claim.part]
    assert read.value("bacnet_routed_networks") == ("5", "6")
    parts = {claim.part: {} for claim in read.claims if claim.part}
    for claim in read.claims:
        if claim.part:
            parts[claim.part][claim.key] = claim.value
    assert set(parts) == {"net/5/addr/02", "net/5/addr/7f", "net/6/addr/03"}
    zone = parts["net/5/addr/02"]
    assert (zone["model"], zone["firmware_software_version"], zone["serial_number"]) == ("MACH-Zone", "8.24", "Z-0512")
    assert (zone["bacnet_device_instance"], zone["bacnet_network_number"], zone["bacnet_mac_address"]) == (512, 5, "02")
    assert {part["manufacturer"] for part in parts.values()} == {"Reliable Controls"}
    assert parts["net/5/addr/7f"]["hostname"] == "ZONE-527"
    assert parts["net/6/addr/03"]["model"] == "RC-FLEXair"
    assert read.units <= PROTOCOL.limit(Context(port=port, depth=frozenset({probe.ROUTED}))).units


# bacpypes


@pytest.fixture(scope="module", params=["single", "multiple"])
def vav(request: pytest.FixtureRequest) -> Iterator[tuple[str, int]]:
    if sys.version_info >= (3, 12):
        pytest.skip("bacpypes needs asyncore, which Python 3.12 no longer has")
    pytest.importorskip("bacpypes")
    port = free_port(HOST)
    with serving(BACPYPES, port, request.param):
        yield request.param, port


def test_a_device_is_read_at_once_or_one_by_one_with_the_same_result(vav: tuple[str, int]) -> None:
    read = drive(PROTOCOL, Context(port=vav[1]), HOST)
    singles = ["read-property"] * 12 if vav[0] == "single" else []
    assert _named(read) == ["connect", "find-device", "read-property-multiple", *singles]
    assert read.value("serial_number") == "C-0815"
    assert read.value("bacnet_protocol_revision") == 5
    assert read.value("bacnet_absent_properties") is None
    assert read.units <= PROTOCOL.cost.units


def test_nothing_that_nmap_reads_is_missing_and_nothing_differs(vav: tuple[str, int]) -> None:
    _compare_with_nmap(drive(PROTOCOL, Context(port=vav[1]), HOST), vav[1])


def _compare_with_nmap(read: Driven, port: int, *, unnamed: Sequence[str] = ()) -> None:
    """Every field of the script beside ours. unnamed: fields that nmap leaves empty or cannot name."""
    other = nmap_script("bacnet-info", HOST, port, udp=True)
    number = read.value("bacnet_vendor_id")
    assert isinstance(number, int)
    ours = {
        "Vendor ID": f"{names.vendor(number)} ({number})",
        "Vendor Name": read.value("manufacturer"),
        "Object-identifier": str(read.value("bacnet_device_instance")),
        "Firmware": read.value("firmware_software_version"),
        "Application Software": read.value("application_software_version"),
        "Object Name": read.value("hostname"),
        "Model Name": read.value("model"),
        "Description": read.value("description"),
        "Location": read.value("physical_location_address"),
    }
    assert other
    assert {key: value for key, value in other.items() if key not in unnamed} == {
        key: value for key, value in ours.items() if key not in unnamed
    }


# rusty-bacnet


@pytest.fixture(scope="module")
def chiller() -> Iterator[int]:
    pytest.importorskip("rusty_bacnet")
    port = free_port(HOST)
    with serving(RUSTY, port):
        yield port


def test_two_questions_identify_a_device_of_another_code_base(chiller: int) -> None:
    read = drive(PROTOCOL, Context(port=chiller), HOST)
    assert _named(read) == ["connect", "find-device", "read-property-multiple"]
    assert read.value("bacnet_device_instance") == 2042
    assert read.value("manufacturer") == "Rusty BACnet"
    assert read.value("bacnet_absent_properties") == ("location: unknown-property", "serial-number: unknown-property")
    _compare_with_nmap(read, chiller, unnamed=("Vendor ID", "Description", "Location"))


def test_the_tables_of_a_bbmd_are_read_in_depth_alone(chiller: int) -> None:
    assert "read-bdt" not in _named(drive(PROTOCOL, Context(port=chiller), HOST))
    read = drive(PROTOCOL, Context(port=chiller, depth=DEEP), HOST)
    assert read.value("bacnet_broadcast_distribution") == (
        "127.77.34.99:47808/255.255.255.255",
        f"{HOST}:{chiller}/255.255.255.255",
    )
    assert read.value("bacnet_foreign_devices") is None
    assert [reply.frames[0].hex() for name, _, reply in read.recording if name == "read-fdt"] == ["81070004"]


def test_the_server_goes_on_answering_others(chiller: int) -> None:
    again = [drive(PROTOCOL, Context(port=chiller, seed=seed, depth=DEEP), HOST) for seed in (0, 0xFF, 0xFFFF)]
    assert {talk.value("hostname") for talk in again} == {"CHILLER-2"}
