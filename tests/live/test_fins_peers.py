"""FINS beside nmap's omron-info: the same answers of a controller, read by both.

No server of FINS but Omron's own is known to us, so a controller is played here from the layouts of Omron W342 and
W420; what is compared is how two readers that share no code ask and read it.
"""

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from assetctl.protocol import Context
from assetctl.protocols.fins import PROTOCOL
from assetctl.protocols.fins_tcp import PROTOCOL as TCP
from tests.live.driver import drive, free_port
from tests.live.opinions import nmap_script

pytestmark = pytest.mark.live

HOST = "127.77.45.1"
NODE = 5
DATA = b"CS1G_CPU44H".ljust(20) + b"03.00".ljust(20, b"\0") + bytes(40) + bytes.fromhex("001417800008010000000000")


def _controller(question: bytes) -> bytes:
    """The answer of node 5 to controller data read with data 00; refused (1101) for anything else."""
    head = bytes((0xC0, 0, 2, question[6], question[7], question[8], 0, NODE, 0, question[9]))
    return head + question[10:12] + (b"\0\0" + DATA if question[10:] == b"\x05\x01\0" else b"\x11\x01")


def _datagrams(sock: socket.socket) -> None:
    while True:
        question, asker = sock.recvfrom(2048)
        if len(question) >= 12:
            sock.sendto(_controller(question), asker)


def _streams(listener: socket.socket) -> None:
    while True:
        with listener.accept()[0] as made:
            made.settimeout(5)
            try:
                _stream(made)
            except OSError:
                continue


def _stream(made: socket.socket) -> None:
    while unit := made.recv(2048):
        command = int.from_bytes(unit[8:12])
        nodes = (239).to_bytes(4) + NODE.to_bytes(4)
        body = (
            (1).to_bytes(4) + bytes(4) + nodes if command == 0 else (2).to_bytes(4) + bytes(4) + _controller(unit[16:])
        )
        made.sendall(b"FINS" + len(body).to_bytes(4) + body)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    number = free_port(HOST)
    with socket.create_server((HOST, number)) as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.bind((HOST, number))
        _begin(_datagrams, udp)
        _begin(_streams, tcp)
        yield number


def _begin(serve: Callable[[socket.socket], None], sock: socket.socket) -> None:
    def until_closed() -> None:
        try:
            serve(sock)
        except OSError:
            return  # the socket was closed: the tests are over

    threading.Thread(target=until_closed, daemon=True).start()


@pytest.mark.parametrize("udp", [True, False])
def test_nmap_reads_the_same_model_and_version(port: int, udp: bool) -> None:
    context = Context(port=port, seed=1, parameters={"source_node": "239"})
    read = drive(PROTOCOL if udp else TCP, context, HOST)
    other = nmap_script("omron-info", HOST, port, udp=udp)
    assert other["Controller Version"] == read.value("firmware_software_version") == "03.00"
    assert other["Controller Model"].split() == [read.value("model"), "03.00"], "nmap reads on into the version"
    assert read.value("fins_node") == NODE


def test_over_udp_it_takes_one_datagram_and_over_tcp_two_units(port: int) -> None:
    context = Context(port=port, parameters={"source_node": "239"})
    assert [drive(protocol, context, HOST).units for protocol in (PROTOCOL, TCP)] == [2, 3]
