"""TwinCAT's information query beside pyads: it asks the same question, and reads the same net id from the same answer.

There is no foreign server for this datagram that can be installed; the answers are those of the captures.
"""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import assetctl.protocols.ads as ads
from tests.contracts.captures import load

pytestmark = pytest.mark.live

HOST = "127.77.48.1"
CAPTURES = Path(ads.__file__).parent / "captures"
CLIENT = "import sys, pyads; print(pyads.pyads_ex.adsGetNetIdForPLC(sys.argv[1]))"


@pytest.fixture
def asked() -> Iterator[list[bytes]]:
    """What came in at the port of TwinCAT, while the recorded Windows 10 answers there."""
    pytest.importorskip("pyads")
    heard: list[bytes] = []
    answer = load(ads.PROTOCOL, CAPTURES / "windows10.toml").recording[1][2].frames[0]
    with socket.socket(type=socket.SOCK_DGRAM) as server:
        server.bind((HOST, ads.PROTOCOL.ports[0]))
        server.settimeout(30)

        def serve() -> None:
            question, sender = server.recvfrom(2048)
            heard.append(question)
            server.sendto(answer, sender)

        thread = threading.Thread(target=serve)
        thread.start()
        yield heard
        thread.join()


def test_pyads_asks_the_same_and_reads_the_same_net_id(asked: list[bytes]) -> None:
    command = [sys.executable, "-c", CLIENT, HOST]
    said = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout
    capture = load(ads.PROTOCOL, CAPTURES / "windows10.toml")
    assert said.strip() == next(claim.value for claim in capture.claims if claim.key == "ads_net_id")
    question = ads.codec.encode()
    assert asked[0][:12] == question[:12]
    assert (len(asked[0]), asked[0][20:]) == (len(question), question[20:]), "no tags, as with ours"
