"""Niagara Fox beside nmap: it asks the same bytes, and reads the same values from the same answer.

There is no foreign server that can be installed; the answers are those of the captures.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import assetctl.protocols.fox as fox
from tests.contracts.captures import Capture, load
from tests.live.driver import free_port
from tests.live.opinions import nmap_script

pytestmark = pytest.mark.live

HOST = "127.77.49.1"
CAPTURES = Path(fox.__file__).parent / "captures"
NAMES = {
    "app.version": "application_software_version",
    "os.name": "operating_system",
    "hostId": "fox_host_id",
    "brandId": "fox_brand_id",
    "hostAddress": "fox_host_address",
    "fox.version": "fox_version",
    "hostName": "hostname",
}


@pytest.fixture(params=["niagara_ax", "workbench"])
def capture(request: pytest.FixtureRequest) -> Capture:
    return load(fox.PROTOCOL, CAPTURES / f"{request.param}.toml")


@pytest.fixture
def station(capture: Capture) -> Iterator[tuple[int, list[bytes]]]:
    """A port where the captured hello is given to whoever says hello, and what was said there."""
    heard: list[bytes] = []
    number = free_port(HOST)
    ending = threading.Event()
    with socket.create_server((HOST, number)) as server:
        server.settimeout(0.2)

        def serve() -> None:
            while not ending.is_set():
                try:
                    peer, _ = server.accept()
                except TimeoutError:
                    continue
                with peer, suppress(ConnectionError):  # nmap ends its first connection with a reset
                    peer.settimeout(5)
                    heard.append(peer.recv(4096))
                    if heard[-1].startswith(b"fox a 1"):
                        peer.sendall(capture.recording[1][2].frames[0] + b"\n")

        thread = threading.Thread(target=serve)
        thread.start()
        yield number, heard
        ending.set()
        thread.join()


def test_nmap_asks_the_same_and_reads_the_same(capture: Capture, station: tuple[int, list[bytes]]) -> None:
    number, heard = station
    other = nmap_script("fox-info", HOST, number)
    assert fox.codec.encode() in heard
    ours = {claim.key: claim.value for claim in capture.claims}
    for name, key in NAMES.items():
        if name != "hostName" or "hostname" in ours:
            assert other[name] == ours[key]
    assert f"Niagara {other['app.name']}" == ours["service_product"]
    assert f"{other['vm.name']} {other['vm.version']}" == ours["fox_vm"]
    assert set(other) <= {*NAMES, "app.name", "vm.name", "vm.version", "timeZone", "vmUuid"}
