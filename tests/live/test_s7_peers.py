"""S7 against servers that are not ours, beside what nmap and the snap7 client read from the same server."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from assetctl.protocol import Context
from assetctl.protocols.s7 import PROTOCOL
from tests.live.driver import Driven, drive, free_port, peer
from tests.live.opinions import nmap_script
from tests.live.plant import SNAP7_3

pytestmark = pytest.mark.live

HOST = "127.77.31.1"

C_SERVER = """
import sys, time, snap7
server = snap7.server.Server(log=False)
server.start_to(sys.argv[1], int(sys.argv[2]))
while True: time.sleep(1)
"""
PYTHON_SERVER = """
import sys, time
from snap7.server import Server
from snap7.type import SrvArea
server = Server()
server.register_area(SrvArea.DB, 1, bytearray(64))
server.start_to(sys.argv[1], int(sys.argv[2]))
while True: time.sleep(1)
"""
CLIENT = """
import sys, snap7
client = snap7.client.Client()
client.connect(sys.argv[1], 0, 2, int(sys.argv[2]))
info, code = client.get_cpu_info(), client.get_order_code()
for field in ("ModuleTypeName", "SerialNumber", "ASName", "Copyright", "ModuleName"):
    print(field, getattr(info, field).decode().strip(), sep="=")
print("OrderCode", code.OrderCode.decode().strip(), sep="=")
print("State", client.get_cpu_state(), sep="=")
communication = client.get_cp_info()
print("PDU", communication.MaxPduLength, sep="=")
# the binding takes four numbers of 32 bits for numbers of 16: the low half of the second stands in the third
print("Connections", communication.MaxMpiRate, sep="=")
print("Protection", client.get_protection().sch_rel, sep="=")
"""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The C library's server, from the environment that runs the tests."""
    pytest.importorskip("snap7")
    number = free_port(HOST)
    with peer([sys.executable, "-c", C_SERVER, HOST, str(number)], HOST, number):
        yield number


@pytest.fixture(scope="module")
def identified(port: int) -> Driven:
    return drive(PROTOCOL, Context(port=port, seed=0x1234), HOST)


def test_the_cpu_is_identified_on_one_connection_with_five_units(identified: Driven) -> None:
    assert (identified.connections, identified.units) == (1, 5)
    assert identified.value("manufacturer") == "Siemens"


def test_nothing_that_nmap_reads_is_missing_and_nothing_differs(identified: Driven, port: int) -> None:
    names = {
        "Module": "order_code",
        "Basic Hardware": "s7_basic_hardware",
        "Version": "firmware_software_version",
        "System Name": "application_name",
        "Module Type": "module_type",
        "Serial Number": "serial_number",
        "Plant Identification": "plant_identification",
        "Copyright": "copyright",
    }
    other = nmap_script("s7-info", HOST, port)
    assert {"Module", "Version", "Serial Number"} <= set(other)
    assert {key: identified.value(names[key]) for key in other} == {key: text.strip() for key, text in other.items()}


def test_the_snap7_client_reads_the_same_from_the_same_server(port: int) -> None:
    deep = drive(PROTOCOL, Context(port=port, depth=frozenset({"s7.details"})), HOST)
    said = subprocess.run(
        [sys.executable, "-c", CLIENT, HOST, str(port)], capture_output=True, text=True, timeout=30, check=True
    ).stdout
    other = dict(line.split("=", 1) for line in said.splitlines())
    assert other["ModuleTypeName"] == deep.value("module_type")
    assert other["SerialNumber"] == deep.value("serial_number")
    assert other["ASName"] == deep.value("application_name")
    assert other["Copyright"] == deep.value("copyright")
    assert other["ModuleName"] == deep.value("description")
    assert other["OrderCode"] == deep.value("order_code")
    assert other["State"] == f"S7CpuStatus{str(deep.value('s7_operating_state')).title()}"
    assert other["Protection"] == str(deep.value("s7_protection_level"))
    assert other["PDU"] == str(deep.value("s7_largest_pdu"))
    assert other["Connections"] == str(deep.value("s7_most_connections"))
    assert deep.units == 9


def test_the_cpu_in_the_rack_is_the_device_itself_and_no_part(port: int) -> None:
    """The library tells the rack of a CPU 315, whose only module is the CPU."""
    deep = drive(PROTOCOL, Context(port=port, depth=frozenset({"s7.modules"})), HOST)
    assert "0d91/0000" in str(deep.value("s7_szl_ids"))
    assert {claim.part for claim in deep.claims} == {""}


def test_named_tsaps_reach_the_server_too(port: int) -> None:
    named = drive(PROTOCOL, Context(port=port, parameters={"tsap": "0300/0200"}), HOST)
    assert (named.value("s7_tsap"), named.connections) == ("0200", 1)
    assert named.value("order_code") == "6ES7 315-2EH14-0AB0"


def test_a_server_with_malformed_lists_is_read_as_far_as_it_goes() -> None:
    if not SNAP7_3.exists():
        pytest.skip("python-snap7 3.x has no environment of its own here; `make test` makes it")
    number = free_port(HOST)
    with peer([str(SNAP7_3), "-c", PYTHON_SERVER, HOST, str(number)], HOST, number):
        read = drive(PROTOCOL, Context(port=number, depth=frozenset({"s7.details"})), HOST)
    assert read.value("order_code") == "6ES7 315-2EH14-0AB0"
    assert read.value("s7_szl_ids") == ("0011/0000", "001c/0000", "0232/0004", "0131/0001")
    assert read.value("serial_number") is None
    assert read.value("firmware_software_version") is None


def test_a_server_of_another_protocol_is_left_after_the_first_unit() -> None:
    number = free_port(HOST)
    with peer([sys.executable, "-m", "http.server", "--bind", HOST, str(number)], HOST, number):
        read = drive(PROTOCOL, Context(port=number, answer_s=0.5), HOST)
    assert read.claims == ()
    assert read.units == 2, "a connect and one connection request"
