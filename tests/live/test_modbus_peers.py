"""Modbus/TCP against servers that are not ours, beside what the pymodbus client reads from the same server."""

import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from assetctl.protocol import Context
from assetctl.protocols.modbus import PROTOCOL, codec, probe, server_id
from tests.live.driver import Driven, drive, free_port, peer

pytestmark = pytest.mark.live

HOST = "127.77.33.1"
DEEP = frozenset({probe.SERVER_ID})

PYMODBUS = """
import sys
from pymodbus import ModbusDeviceIdentification
from pymodbus.server import StartTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice
names = ("VendorName", "ProductCode", "MajorMinorRevision", "VendorUrl", "ProductName", "ModelName",
         "UserApplicationName")
identity = ModbusDeviceIdentification(info_name=dict(zip(names, sys.argv[3:])))
device = SimDevice(1, SimData(0, count=10, values=7, datatype=DataType.REGISTERS), identity=identity)
StartTcpServer(device, address=(sys.argv[1], int(sys.argv[2])), identity=identity)
"""
PYMODBUSTCP = """
import sys
from pyModbusTCP.server import DeviceIdentification, ModbusServer
texts = [text.encode() for text in sys.argv[3:6]]
identity = DeviceIdentification(vendor_name=texts[0], product_code=texts[1], major_minor_revision=texts[2])
ModbusServer(host=sys.argv[1], port=int(sys.argv[2]), device_id=identity).start()
"""
CLIENT = """
import sys
from pymodbus.client import ModbusTcpClient
client = ModbusTcpClient(sys.argv[1], port=int(sys.argv[2]))
client.connect()
found = {}
for number in range(7):
    found |= client.read_device_information(read_code=4, object_id=number, device_id=255).information
for number, text in sorted(found.items()):
    print(number, text.decode(), sep="=")
print("server", client.report_device_id(device_id=255).identifier.decode(), sep="=")
client.close()
"""
TEXTS = (
    "Schneider Electric",
    "BMX P34 2020",
    "v2.80",
    "http://www.se.example",
    "Modicon M340",
    "M340 CPU",
    "tank farm " + "x" * 190,
)


def _serve(program: str, *texts: str) -> Iterator[int]:
    number = free_port(HOST)
    with peer([sys.executable, "-c", program, HOST, str(number), *texts], HOST, number):
        yield number


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """pymodbus with all texts, one of them long."""
    yield from _serve(PYMODBUS, *TEXTS)


@pytest.fixture(scope="module")
def other_port() -> Iterator[int]:
    """pyModbusTCP with three texts; it resets at function 17."""
    yield from _serve(PYMODBUSTCP, "Wago", "750-8212", "04.01.10")


@pytest.fixture(scope="module")
def identified(port: int) -> Driven:
    return drive(PROTOCOL, Context(port=port, seed=0x1234, depth=DEEP), HOST)


def test_the_device_is_identified_on_one_connection(identified: Driven) -> None:
    assert identified.connections == 1
    assert identified.units <= 1 + 3 * 3
    assert {name for name, _, _ in identified.recording} == {"connect", "read-device-identification"}


@pytest.fixture(scope="module")
def opinion(port: int) -> dict[str, str]:
    """What the pymodbus client reads, by object number, and "server" for function 17."""
    said = subprocess.run(
        [sys.executable, "-c", CLIENT, HOST, str(port)], capture_output=True, text=True, timeout=30, check=True
    ).stdout
    return dict(line.split("=", 1) for line in said.splitlines())


def test_the_pymodbus_client_reads_the_same(identified: Driven, opinion: dict[str, str]) -> None:
    keys = {**probe.OBJECTS, probe.PRODUCT_NAME: "description"}
    assert {number: opinion[str(number)] for number in keys} == {
        number: identified.value(key) for number, key in keys.items()
    }


def test_the_server_id_is_read_as_the_pymodbus_client_reads_it(port: int, opinion: dict[str, str]) -> None:
    """Asked by itself, as the conversation asks it only where there is no identification."""
    with socket.create_connection((HOST, port), 2) as line:
        line.settimeout(2)
        line.sendall(codec.encode_server_id(transaction=7, unit_id=probe.SELF))
        told = codec.decode_server_id(line.recv(300), transaction=7, unit_id=probe.SELF)
    assert isinstance(told, bytes)
    assert next(server_id.claims(told, part="")).value == opinion["server"]


def test_a_server_with_three_texts_and_levels_it_does_not_have_is_read(other_port: int) -> None:
    read = drive(PROTOCOL, Context(port=other_port, depth=DEEP), HOST)
    assert read.value("manufacturer") == "Wago"
    assert read.value("order_code") == "750-8212"
    assert read.value("firmware_software_version") == "04.01.10"
    assert "report-server-id" not in {name for name, _, _ in read.recording}, "it would be reset for it"


def test_a_server_of_another_protocol_is_left_after_the_first_unit() -> None:
    number = free_port(HOST)
    with peer([sys.executable, "-m", "http.server", "--bind", HOST, str(number)], HOST, number):
        read = drive(PROTOCOL, Context(port=number, answer_s=0.5, depth=DEEP), HOST)
    assert read.claims == ()
    assert read.units == 2, "a connect and one question"


def test_the_servers_go_on_answering_others(port: int, other_port: int) -> None:
    for number, maker in ((port, "Schneider Electric"), (other_port, "Wago")):
        again = [drive(PROTOCOL, Context(port=number, seed=seed), HOST) for seed in range(3)]
        assert {talk.value("manufacturer") for talk in again} == {maker}
