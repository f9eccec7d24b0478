"""DNP3 against opendnp3 (C++) and dnp3py: they answer the same question with the same bytes."""

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from assetctl.protocol import Context
from assetctl.protocols.dnp3 import PROTOCOL
from assetctl.protocols.dnp3_tcp import PROTOCOL as TCP
from tests.live.driver import drive, free_port, peer

pytestmark = pytest.mark.live

HOST = "127.77.42.1"
DECLARED = {"destination": "10", "source": "1"}

OPENDNP3 = """
import sys, threading, opendnp3
kind, host, port, own, master, unsolicited, remote = sys.argv[1:]
class Application(opendnp3.IOutstationApplication):
    def Now(self): return opendnp3.DNPTime(0)
class Commands(opendnp3.ICommandHandler):
    def Begin(self): pass
    def End(self): pass
class Listener(opendnp3.IChannelListener):
    def OnStateChange(self, state): print(state, flush=True)
manager, listener, nothing = opendnp3.DNP3Manager(1), Listener(), opendnp3.levels.NOTHING
here = opendnp3.IPEndpoint(host, int(port))
if kind == "tcp":
    channel = manager.AddTCPServer("s", nothing, opendnp3.ServerAcceptMode.CloseExisting, here, listener)
else:
    there = opendnp3.IPEndpoint(host, int(remote))
    channel = manager.AddUDPChannel("s", nothing, opendnp3.ChannelRetry.Default(), here, there, listener)
config = opendnp3.OutstationStackConfig(opendnp3.DatabaseConfig(2))
config.link.LocalAddr, config.link.RemoteAddr = int(own), int(master)
config.outstation.params.allowUnsolicited = unsolicited == "1"
application, commands = Application(), Commands()
outstation = channel.AddOutstation("o", commands, application, config)
outstation.Enable()
if kind == "udp":
    import socket
    up = socket.create_server((host, int(port)))  # tells that it is up: nobody connects to a datagram socket
threading.Event().wait()
"""
DNP3PY = """
import asyncio, sys
from dnp3.database import AnalogInputConfig, Database
from dnp3.outstation import Outstation, OutstationConfig, OutstationTcpRunner
points = Database()
points.add_analog_input(0, AnalogInputConfig())
station = Outstation(database=points, config=OutstationConfig(address=10))
asyncio.run(OutstationTcpRunner(outstation=station, host=sys.argv[1], port=int(sys.argv[2])).run())
"""


@contextmanager
def _opendnp3(kind: str, own: int, master: int, *, unsolicited: bool = False, remote: int = 0) -> Iterator[int]:
    port = free_port(HOST)
    arguments = (kind, HOST, port, own, master, int(unsolicited), remote)
    with peer([sys.executable, "-c", OPENDNP3, *map(str, arguments)], HOST, port):
        yield port


def test_opendnp3_answers_one_frame_with_its_address() -> None:
    with _opendnp3("tcp", 10, 1) as port:
        read = drive(TCP, Context(port=port, parameters=DECLARED), HOST)
    assert read.value("dnp3_address") == 10
    assert (read.connections, read.units) == (1, 2)


def test_dnp3py_answers_the_same_question_with_the_same_bytes() -> None:
    port = free_port(HOST)
    with peer([sys.executable, "-c", DNP3PY, HOST, str(port)], HOST, port):
        one = drive(TCP, Context(port=port, parameters=DECLARED), HOST)
    with _opendnp3("tcp", 10, 1) as port:
        other = drive(TCP, Context(port=port, parameters=DECLARED), HOST)
    assert [exchange[1:] for exchange in one.recording] == [exchange[1:] for exchange in other.recording]


def test_an_outstation_that_speaks_first_is_read_and_asked() -> None:
    with _opendnp3("tcp", 1024, 7, unsolicited=True) as port:
        read = drive(TCP, Context(port=port, parameters={"destination": "1024", "source": "7"}), HOST)
    assert (read.value("dnp3_address"), read.value("dnp3_master_address")) == (1024, 7)
    assert read.units == 2


def test_an_outstation_of_another_master_does_not_answer() -> None:
    with _opendnp3("tcp", 10, 7) as port:
        read = drive(TCP, Context(port=port, parameters=DECLARED, answer_s=0.5), HOST)
    assert read.claims == ()


def test_it_is_found_without_a_question_where_it_speaks_unasked() -> None:
    with _opendnp3("tcp", 1024, 7, unsolicited=True) as port:
        read = drive(TCP, Context(port=port, answer_s=0.5), HOST)
    assert read.units == 1, "a connect"
    assert (read.value("dnp3_address"), read.value("dnp3_master_address")) == (1024, 7)


def test_opendnp3_answers_over_udp() -> None:
    """opendnp3 sends to the port that it was configured for, so a relay stands there in our place."""
    with socket.socket(type=socket.SOCK_DGRAM) as inner, socket.socket(type=socket.SOCK_DGRAM) as outer:
        inner.bind((HOST, 0))
        outer.bind((HOST, 0))
        with _opendnp3("udp", 10, 1, remote=inner.getsockname()[1]) as port:
            relay = threading.Thread(target=_relay, args=(inner, outer, port))
            relay.start()
            read = drive(PROTOCOL, Context(port=outer.getsockname()[1], parameters=DECLARED), HOST)
            relay.join(5)
    assert read.value("dnp3_address") == 10
    assert read.units == 2


def _relay(inner: socket.socket, outer: socket.socket, port: int) -> None:
    """One question there, one answer back."""
    for sock in (inner, outer):
        sock.settimeout(5)
    question, asker = outer.recvfrom(1024)
    inner.sendto(question, (HOST, port))
    outer.sendto(inner.recv(1024), asker)
