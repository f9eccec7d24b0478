"""SLMP against aslmp's server, beside what pymcprotocol reads from the same server."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from assetctl.protocol import Context
from assetctl.protocols.slmp import PROTOCOL
from assetctl.protocols.slmp_tcp import PROTOCOL as TCP
from tests.live.driver import Driven, drive, free_port, peer

pytestmark = pytest.mark.live

HOST = "127.77.44.1"
CLIENT = """
import sys, pymcprotocol
client = pymcprotocol.Type4E() if sys.argv[3] == "4E" else pymcprotocol.Type3E()
client.connect(sys.argv[1], int(sys.argv[2]))
print(*client.read_cputype(), sep="|")
client.close()
"""


@contextmanager
def _server(target: str) -> Iterator[Mapping[str, int]]:
    """Ports of the server by entry: tcp, tcp-4e, udp, udp-4e, tcp-ascii. It prints them once they are bound."""
    command = [sys.executable, "-u", "-m", "aslmp", "serve", "--target", target, "--host", HOST, "--healthy"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout
    try:
        ports: dict[str, int] = {}
        for line in process.stdout:
            entry, _, rest = line.partition(" ")
            if f"{HOST}:" in rest:
                ports[entry] = int(rest.split()[0].rpartition(":")[2])
            if line.startswith("Ctrl-C"):
                break
        assert {"tcp", "tcp-4e", "udp", "udp-4e"} <= set(ports), "the server did not come up"
        yield ports
    finally:
        process.terminate()
        process.communicate(timeout=10)


@pytest.fixture(scope="module", params=["fx5u-32mt-ds", "r04cpu"])
def ports(request: pytest.FixtureRequest) -> Iterator[Mapping[str, int]]:
    with _server(request.param) as found:
        yield found


def _read(entry: str, ports: Mapping[str, int]) -> Driven:
    protocol = PROTOCOL if entry.startswith("udp") else TCP
    frame = {"frame": "4E"} if entry.endswith("4e") else {}
    return drive(protocol, Context(port=ports[entry], seed=0x1234, parameters=frame), HOST)


@pytest.mark.parametrize("entry", ["tcp", "tcp-4e"])
def test_pymcprotocol_reads_the_same_name_and_code(ports: Mapping[str, int], entry: str) -> None:
    read = _read(entry, ports)
    frame = "4E" if entry == "tcp-4e" else "3E"
    said = subprocess.run(
        [sys.executable, "-c", CLIENT, HOST, str(ports[entry]), frame],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    ).stdout
    name, code = said.strip().split("|")
    assert (name, code.upper()) == (read.value("model"), read.value("slmp_model_code"))
    assert read.value("manufacturer") == "Mitsubishi Electric"


def test_all_frames_and_transports_tell_the_same_model_in_one_unit(ports: Mapping[str, int]) -> None:
    talks = [_read(entry, ports) for entry in ("tcp", "tcp-4e", "udp", "udp-4e")]
    assert len({talk.value("model") for talk in talks}) == 1
    assert talks[0].value("model")
    assert {talk.units for talk in talks} == {2}


def test_a_server_of_another_protocol_is_left_after_the_first_unit() -> None:
    number = free_port(HOST)
    with peer([sys.executable, "-m", "http.server", "--bind", HOST, str(number)], HOST, number):
        read = drive(TCP, Context(port=number, answer_s=0.5), HOST)
    assert read.claims == ()
    assert read.units == 2, "a connect and one question"
