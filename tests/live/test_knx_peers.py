"""KNXnet/IP against knxd in a namespace of its own, and beside what xknx reads from the same bytes."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live.namespace import PEERS, PEERS_END, Namespaces, Unable, namespaces

pytestmark = pytest.mark.live

CONFIG = """
[main]
addr = 1.1.128
client-addrs = 1.1.129:8
connections = srv,B
name = knxgw01
[srv]
server = ets_router
discover = true
tunnel = tun
[tun]
filters =
[B]
driver = dummy
filters =
"""
DRIVE = """
import json, sys
from assetctl.protocol import Context
from assetctl.protocols.knx import PROTOCOL
from tests.live.driver import drive
read = drive(PROTOCOL, Context(port=3671, answer_s=float(sys.argv[2])), sys.argv[1])
print(json.dumps({
    "units": [[name, unit.hex(), [frame.hex() for frame in reply.frames]] for name, unit, reply in read.recording],
    "claims": {claim.key: claim.value for claim in read.claims},
}))
"""
READER = """
import json, sys
from xknx.knxip import DescriptionRequest, HPAI, KNXIPFrame
from xknx.knxip.dib import DIBDeviceInformation, DIBSuppSVCFamilies
frame, _ = KNXIPFrame.from_knx(bytes.fromhex(sys.argv[1]))
told = {type(dib): dib for dib in frame.body.dibs}
device, services = told[DIBDeviceInformation], told[DIBSuppSVCFamilies]
asked = KNXIPFrame.init_from_body(DescriptionRequest(control_endpoint=HPAI()))
print(json.dumps({
    "asked": asked.to_knx().hex(), "name": device.name, "address": str(device.individual_address),
    "mac": device.mac_address.upper(), "medium": device.knx_medium.name,
    "services": [[family.name.value, family.version] for family in services.families],
}))
"""


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What our talk with knxd brought; it is up when it answers."""
    if shutil.which("knxd") is None:
        pytest.skip("knxd is not installed")
    folder = tmp_path_factory.mktemp("knxd")
    (folder / "knxd.ini").write_text(CONFIG)
    try:
        with namespaces() as spaces:
            yield _driven(spaces, folder)
    except Unable as reason:
        pytest.skip(str(reason))


def _driven(spaces: Namespaces, folder: Path) -> dict[str, Any]:
    spaces.peers.run("ip", "route", "add", "224.0.0.0/4", "dev", PEERS_END)
    server = spaces.peers.start("knxd", str(folder / "knxd.ini"), cwd=folder, log=folder / "log")
    try:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            said = spaces.scanner.run(sys.executable, "-c", DRIVE, PEERS[0], "0.5", PYTHONPATH=":".join(sys.path[:2]))
            read: dict[str, Any] = json.loads(said.stdout)
            if read["claims"]:
                return read
        raise AssertionError((folder / "log").read_text())
    finally:
        server.terminate()
        server.wait(timeout=10)


def test_the_interface_is_described_by_one_datagram(answered: dict[str, Any]) -> None:
    assert [name for name, _, _ in answered["units"]] == ["connect", "description-request"]
    assert answered["claims"]["description"] == "knxgw01"
    assert answered["claims"]["knx_individual_address"] == "1.1.128"


def test_xknx_asks_the_same_and_reads_the_same(answered: dict[str, Any]) -> None:
    pytest.importorskip("xknx")
    _, question, (answer,) = answered["units"][1]
    command = [sys.executable, "-c", READER, answer]
    other = json.loads(subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout)
    claims = answered["claims"]
    assert other["asked"] == question
    assert (other["name"], other["address"]) == (claims["description"], claims["knx_individual_address"])
    assert (other["mac"], other["medium"]) == (claims["mac_address"], claims["knx_medium"])
    names = {2: "core", 3: "device management", 4: "tunnelling", 5: "routing"}
    assert [f"{names[family]} {version}" for family, version in other["services"]] == claims["knx_services"]
