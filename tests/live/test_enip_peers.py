"""EtherNet/IP against cpppo, beside what nmap and pycomm3 read from the same server."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assetctl.protocol import Context
from assetctl.protocols.enip import PROTOCOL
from tests.live.driver import Driven, drive, free_port, peer
from tests.live.opinions import nmap_script

pytestmark = pytest.mark.live

HOST = "127.77.32.1"
DEEP = frozenset({"cip.interfaces"})

CONFIG = """
[Identity]
Vendor Number = 1
Device Type = 14
Product Code Number = 150
Product Revision = 2848
Serial Number = 12648430
Product Name = 1769-L33ER/A LOGIX5333ER
[TCPIP]
Host Name = line7-plc
Interface Configuration = {"ip_address": "10.20.1.5", "network_mask": "255.255.255.0"}
"""
CLIENT = """
import sys
from pycomm3 import CIPDriver
with CIPDriver(f"{sys.argv[1]}:{sys.argv[2]}") as driver:
    for key, value in driver._list_identity().items():
        print(key, value, sep="=")
"""


def _server(folder: Path, port: int, *more: str) -> list[str]:
    program = shutil.which("enip_server", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("cpppo is not installed")
    (folder / "enip.cfg").write_text(CONFIG)
    return [program, *more, "-c", str(folder / "enip.cfg"), "-a", f"{HOST}:{port}", "TAG=INT[10]"]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    number = free_port(HOST)
    with peer(_server(tmp_path_factory.mktemp("enip"), number), HOST, number):
        yield number


@pytest.fixture(scope="module")
def identified(port: int) -> Driven:
    return drive(PROTOCOL, Context(port=port, seed=0x1234), HOST)


def test_the_device_is_identified_by_one_datagram(identified: Driven) -> None:
    assert [name for name, _, _ in identified.recording] == ["connect", "list-identity"]
    assert identified.value("serial_number") == "00C0FFEE"


@pytest.mark.parametrize("udp", [False, True])
def test_nothing_that_nmap_reads_is_missing_and_nothing_differs(identified: Driven, port: int, udp: bool) -> None:
    other = nmap_script("enip-info", HOST, port, udp=udp)
    assert other["type"] == f"{identified.value('cip_device_type_name')} ({identified.value('cip_device_type')})"
    assert other["vendor"] == f"{identified.value('manufacturer')} ({identified.value('cip_vendor_id')})"
    assert other["productName"] == identified.value("model")
    assert other["serialNumber"].upper() == f"0X{identified.value('serial_number')}"
    assert other["productCode"] == str(identified.value("cip_product_code"))
    assert int(other["status"], 16) == identified.value("cip_status")
    assert int(other["state"], 16) == identified.value("cip_state")
    major, minor = str(identified.value("firmware_software_version")).split(".")
    assert other["revision"] == f"{int(major)}.{int(minor)}"
    told = {"type", "vendor", "productName", "serialNumber", "productCode", "status", "state", "revision", "deviceIp"}
    assert set(other) <= told, "a field of nmap's that we do not compare"


def test_pycomm3_reads_the_same_identity(identified: Driven, port: int) -> None:
    pytest.importorskip("pycomm3")
    said = subprocess.run(
        [sys.executable, "-c", CLIENT, HOST, str(port)], capture_output=True, text=True, timeout=30, check=True
    ).stdout
    other = dict(line.split("=", 1) for line in said.splitlines())
    assert other["vendor"] == identified.value("manufacturer")
    assert other["product_type"] == identified.value("cip_device_type_name")
    assert other["product_name"] == identified.value("model")
    assert other["serial"].upper() == identified.value("serial_number")


def test_a_server_without_udp_is_identified_over_tcp(tmp_path: Path) -> None:
    number = free_port(HOST)
    with peer(_server(tmp_path, number, "--no-udp"), HOST, number):
        read = drive(PROTOCOL, Context(port=number, answer_s=1.0), HOST)
    assert [name for name, _, _ in read.recording] == ["connect", "list-identity", "connect", "list-identity"]
    assert read.value("model") == "1769-L33ER/A LOGIX5333ER"


def test_host_name_and_address_are_read_in_a_session_and_the_missing_object_is_survived(port: int) -> None:
    deep = drive(PROTOCOL, Context(port=port, depth=DEEP), HOST)
    assert deep.value("hostname") == "line7-plc"
    assert deep.value("ip_address") == "10.20.1.5"
    assert deep.value("mac_address") is None
    assert deep.value("model") == "1769-L33ER/A LOGIX5333ER"
    assert deep.units <= PROTOCOL.limit(Context(port=port, depth=DEEP)).units


def test_the_server_goes_on_answering_others(port: int) -> None:
    again = [drive(PROTOCOL, Context(port=port, seed=seed, depth=DEEP), HOST) for seed in range(3)]
    assert {talk.value("serial_number") for talk in again} == {"00C0FFEE"}
