"""S7comm-plus against the server of the s7commplus library, and our question beside that of its client.

The server hands out a session to any question, so it shows that answers are read; that the question is right shows
the comparison with the client, which is known to work with CPUs.
"""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from assetctl.protocol import Context
from assetctl.protocols.s7plus import PROTOCOL, codec
from tests.live.driver import Driven, drive, free_port, peer

pytestmark = pytest.mark.live

HOST = "127.77.34.1"

SERVER = """
import sys, threading
from s7commplus.server import S7CommPlusServer
server = S7CommPlusServer(public_key_fingerprint="00:1234567890ABCDEF", session_challenge=bytes(20))
server.start(sys.argv[1], int(sys.argv[2]))
threading.Event().wait()
"""
CLIENT = """
from s7commplus.connection import S7CommPlusConnection
class Sent(Exception): pass
def stop(): raise Sent
connection = S7CommPlusConnection.__new__(S7CommPlusConnection)
connection._next_sequence_number = lambda: 5
connection._send_s7_data = lambda data: print(data.hex())
connection._recv_s7_data = stop
try:
    connection._create_session()
except Sent:
    pass
"""


@pytest.fixture(scope="module")
def identified() -> Iterator[Driven]:
    number = free_port(HOST)
    with peer([sys.executable, "-c", SERVER, HOST, str(number)], HOST, number):
        yield drive(PROTOCOL, Context(port=number, seed=0x1234), HOST)


def test_the_session_tells_order_code_and_firmware(identified: Driven) -> None:
    assert identified.value("order_code") == "6ES7 215-1AG40-0XB0"
    assert identified.value("firmware_software_version") == "4.2"
    assert identified.value("manufacturer") == "Siemens"


def test_the_session_is_deleted_and_the_server_confirms(identified: Driven) -> None:
    names = [name for name, _, _ in identified.recording]
    assert names == ["connect", "cotp-connect", "create-session", "delete-session"]
    confirmed = identified.recording[-1][2].frames[0]
    assert confirmed[14:16] == b"\x04\xd4", "DeleteObject"
    assert identified.connections == 1


def test_the_question_is_that_of_the_librarys_client_but_for_the_name() -> None:
    said = subprocess.run(
        [sys.executable, "-c", CLIENT], capture_output=True, text=True, timeout=30, check=True
    ).stdout.strip()
    theirs = bytes.fromhex(said)
    ours = codec.encode_create(sequence=5)[7:]
    assert _unnamed(ours, codec.NAME) == _unnamed(theirs, b"s7commplus")


def _unnamed(pdu: bytes, name: bytes) -> bytes:
    """A PDU without its length, and with a mark for the name and the lengths that go with it."""
    plain = bytes((len(name),)) + name
    prefixed = bytes((9 + len(name),)) + b"1:::6.0::" + name
    return pdu[4:].replace(prefixed, b"<prefixed>").replace(plain, b"<name>")
