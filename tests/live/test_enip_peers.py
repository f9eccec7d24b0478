"""EtherNet/IP against cpppo, beside what nmap and pycomm3 read from the same server.

The rack is cpppo too: one server routes over its port 1 to others, which stand for the modules.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from assetctl.protocol import Context
from assetctl.protocols.enip import PROTOCOL
from tests.live.driver import Driven, drive, free_port, peer
from tests.live.opinions import nmap_script

pytestmark = pytest.mark.live

HOST = "127.77.32.1"
DEEP = frozenset({"cip.interfaces"})
RACK = frozenset({"cip.backplane"})

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

MODULE_CLIENT = """
import sys
from pycomm3 import CIPDriver
with CIPDriver(f"{sys.argv[1]}:{sys.argv[2]}/bp/0") as driver:
    for slot in sys.argv[3:]:
        told = driver.get_module_info(int(slot))
        print(slot, told["vendor"], told["product_name"], told["serial"], told["product_type"], sep="=")
"""
# cpppo knows class 0x66 only as "unknown" and with four bytes too many; this one answers as a 1756-A7 was recorded
CHASSIS = """
import sys
from cpppo.server.enip import main
from cpppo.server.enip.device import Attribute, Object
from cpppo.server.enip.parser import UDINT, UINT, USINT

class Chassis(Object):
    class_id = 0x66

    def __init__(self, name=None, **kwds):
        super().__init__(name=name, **kwds)
        if self.instance_id:
            told = [(UINT, 0x0800), (UDINT, 0), (UINT, 0x2D), (USINT, 1), (USINT, 0), (UINT, 0x0101)]
            told += [(UDINT, 0x004B6283), (UINT, int(sys.argv.pop()))]
            for number, (kind, value) in enumerate(told, 1):
                self.attribute[str(number)] = Attribute(f"Chassis {number}", kind, default=value)

Chassis(instance_id=1)
sys.exit(main.main())
"""
MODULES = {
    0: {"type": 14, "code": 93, "revision": 0x0B14, "serial": 0x006C061A, "name": "1756-L71/B LOGIX5571"},
    2: {"type": 7, "code": 17, "revision": 0x0203, "serial": 0x00A1B2C3, "name": "1756-IB16/A DCIN"},
    3: {"type": 12, "code": 7, "revision": 0x010B, "serial": 0x00D4E5F6, "name": "1756-CNBR/E"},
}


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


def _module(folder: Path, slot: int, **told: object) -> list[str]:
    """The configuration of one module, as arguments of a server."""
    keys = {"type": "Device Type", "code": "Product Code Number", "revision": "Product Revision"}
    keys |= {"serial": "Serial Number", "name": "Product Name"}
    lines = ["[Identity]", "Vendor Number = 1", *(f"{keys[key]} = {value}" for key, value in told.items())]
    (folder / f"slot{slot}.cfg").write_text("\n".join(lines))
    return ["--no-udp", "-c", str(folder / f"slot{slot}.cfg")]


@pytest.fixture(scope="module", params=[4, 7], ids=["full", "refusing"])
def rack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """Port and size of a rack with modules in slots 0, 2 and 3, asked through the one in slot 1."""
    folder = tmp_path_factory.mktemp("rack")
    with ExitStack() as servers:
        routes = {}
        for slot, told in MODULES.items():
            number = free_port(HOST)
            command = [sys.executable, "-m", "cpppo.server.enip", *_module(folder, slot, **told)]
            servers.enter_context(peer([*command, "-a", f"{HOST}:{number}", "TAG=INT[10]"], HOST, number))
            routes[f"1/{slot}"] = f"{HOST}:{number}"
        number = free_port(HOST)
        config = _module(folder, 1, type=12, code=58, revision=0x0606, serial=0x0072AB01, name="1756-ENBT/A")[1:]
        (folder / "routes.cfg").write_text(f"[UCMM]\nRoute = {json.dumps(routes)}\nRoute Path = 1/1")
        command = [sys.executable, "-c", CHASSIS, *config, "-c", str(folder / "routes.cfg")]
        command += ["-a", f"{HOST}:{number}", "TAG=INT[10]", str(request.param)]
        servers.enter_context(peer(command, HOST, number))
        yield number, request.param


def test_every_module_of_a_rack_is_a_part_with_its_identity(rack: tuple[int, int]) -> None:
    """A slot for which cpppo has no route is refused by the encapsulation, which ends the walk."""
    port, size = rack
    read = drive(PROTOCOL, Context(port=port, depth=RACK), HOST)
    asked = [name for name, _, _ in read.recording]
    assert asked == [
        *("connect", "list-identity", "connect", "register-session", "get-chassis-attributes-all"),
        *["unconnected-send"] * (3 if size == 4 else 4),
        "unregister-session",
    ]
    assert (read.value("slot"), read.value("cip_chassis_size")) == (1, size)
    assert read.value("chassis_serial_number") == "004B6283"
    assert {claim.part for claim in read.claims} == {"", "slot/0", "slot/2", "slot/3"}
    for slot, told in MODULES.items():
        said = {claim.key: claim.value for claim in read.claims if claim.part == f"slot/{slot}"}
        assert said["model"] == told["name"]
        assert said["serial_number"] == f"{told['serial']:08X}"
        assert (said["cip_device_type"], said["cip_product_code"]) == (told["type"], told["code"])
        assert (said["slot"], said["chassis_serial_number"]) == (slot, "004B6283")
    assert read.units <= PROTOCOL.limit(Context(port=port, depth=RACK)).units


def test_pycomm3_reads_the_same_modules_slot_by_slot(rack: tuple[int, int]) -> None:
    pytest.importorskip("pycomm3")
    port, _ = rack
    read = drive(PROTOCOL, Context(port=port, depth=RACK), HOST)
    command = [sys.executable, "-c", MODULE_CLIENT, HOST, str(port), *map(str, MODULES)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    keys = ("manufacturer", "model", "serial_number", "cip_device_type_name")
    for line in said.splitlines():
        slot, *other = line.split("=")
        ours = {claim.key: claim.value for claim in read.claims if claim.part == f"slot/{slot}"}
        assert [other[0], other[1], other[2].upper(), other[3]] == [ours[key] for key in keys]
    assert len(said.splitlines()) == len(MODULES)


def test_the_server_goes_on_answering_others(port: int) -> None:
    again = [drive(PROTOCOL, Context(port=port, seed=seed, depth=DEEP), HOST) for seed in range(3)]
    assert {talk.value("serial_number") for talk in again} == {"00C0FFEE"}
