"""PC Worx beside nmap: it asks the same bytes, and reads the same values from the same answers.

There is no foreign server that can be installed; the answers are those of the captures.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import assetctl.protocols.pcworx as pcworx
from tests.contracts.captures import Capture, load
from tests.live.driver import free_port
from tests.live.opinions import nmap_script

pytestmark = pytest.mark.live

HOST = "127.77.50.1"
CAPTURES = Path(pcworx.__file__).parent / "captures"


@pytest.fixture(params=["ilc170", "ilc151"])
def capture(request: pytest.FixtureRequest) -> Capture:
    return load(pcworx.PROTOCOL, CAPTURES / f"{request.param}.toml")


@pytest.fixture
def controller(capture: Capture) -> Iterator[tuple[int, list[bytes]]]:
    """A port where each captured question gets its answer, and what was asked there."""
    answers = {unit: reply.frames[0] for _, unit, reply in capture.recording if unit}
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
                    while question := peer.recv(4096):
                        heard.append(question)
                        peer.sendall(answers[question])

        thread = threading.Thread(target=serve)
        thread.start()
        yield number, heard
        ending.set()
        thread.join()


def test_nmap_asks_the_same_and_reads_the_same(capture: Capture, controller: tuple[int, list[bytes]]) -> None:
    number, heard = controller
    other = nmap_script("pcworx-info", HOST, number)
    assert heard == [unit for _, unit, _ in capture.recording if unit]
    ours = {claim.key: claim.value for claim in capture.claims}
    assert other == {
        "PLC Type": ours["model"],
        "Model Number": ours["order_code"],
        "Firmware Version": ours["firmware_software_version"],
        "Firmware Date": str(ours["pcworx_firmware_date"])[:-9],
        "Firmware Time": str(ours["pcworx_firmware_date"])[-8:],
    }
