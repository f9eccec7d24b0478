"""IEC 60870-5-104 against lib60870, with a master of lib60870 at work on the same station."""

import socket
import sys
from collections.abc import Iterator

import pytest

from assetctl.protocol import Context
from assetctl.protocols.iec104 import PROTOCOL, codec
from assetctl.wire import cut
from tests.live.driver import Driven, drive, free_port, peer

pytestmark = pytest.mark.live

HOST = "127.77.41.1"
STATION = 1234
SERVER = """
import sys, threading, c104
server = c104.Server(ip=sys.argv[1], port=int(sys.argv[2]))
station = server.add_station(common_address=int(sys.argv[3]))
station.add_point(io_address=11, type=c104.Type.M_ME_NC_1, report_ms=1000)
server.start()
threading.Event().wait()
"""
START, STARTED = bytes.fromhex("680407000000"), bytes.fromhex("68040b000000")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    number = free_port(HOST)
    with peer([sys.executable, "-c", SERVER, HOST, str(number), str(STATION)], HOST, number):
        yield number


@pytest.fixture(scope="module")
def asked(port: int) -> Driven:
    return drive(PROTOCOL, Context(port=port), HOST)


def test_the_station_is_known_by_one_test_frame(asked: Driven) -> None:
    assert [name for name, _, _ in asked.recording] == ["connect", "test-frame"]
    assert asked.value("service_name") == "iec104"


def test_no_data_transfer_is_started(asked: Driven) -> None:
    sent = b"".join(unit for _, unit, _ in asked.recording)
    assert sent == codec.encode_test()


def test_a_master_at_work_keeps_its_data_while_and_after_we_ask(port: int) -> None:
    """A plain socket takes the master's part: it starts the transfer, we ask beside it, its data goes on."""
    with socket.create_connection((HOST, port), 5) as master:
        master.settimeout(5)
        master.sendall(START)
        stream = _Stream(master)
        assert stream.next() == STARTED
        assert stream.station() == STATION
        assert drive(PROTOCOL, Context(port=port), HOST).value("service_name") == "iec104"
        assert [stream.station() for _ in range(2)] == [STATION, STATION]


class _Stream:
    def __init__(self, sock: socket.socket) -> None:
        self._sock, self._buffer = sock, b""

    def next(self) -> bytes:
        while (unit := cut(codec.FRAMING, self._buffer)) is None:
            received = self._sock.recv(4096)
            assert received, "the station closed the master's connection"
            self._buffer += received
        self._buffer = unit[1]
        return unit[0]

    def station(self) -> int | None:
        frame = codec.decode(self.next())
        assert isinstance(frame, codec.Information)
        return frame.common_address
