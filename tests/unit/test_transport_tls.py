"""TLS around a stream: the handshake in bounds, units in and out, an orderly end, and what each failure is called.

The peers are the standard library's blocking sockets in TLS, and sockets that speak something else.
"""

import asyncio
import socket
import ssl
import struct
import subprocess
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assetctl.model import NetworkKind, Observation, Outcome
from assetctl.protocol import Context
from assetctl.protocols.https import PROTOCOL
from assetctl.safety.ledger import read
from assetctl.safety.weight import HANDSHAKE_PACKETS
from assetctl.scope import Vantage
from assetctl.talk import HANDSHAKE_UNITS
from assetctl.transport import tls
from assetctl.work.converse import Surroundings, converse
from tests.unit.plants import Clock, first_step, gate, plan_of, scope, target

PAGE = b"HTTP/1.1 200 OK\r\nServer: pump/1\r\nContent-Length: 25\r\n\r\n<title>Pump hall</title>\r\n"
HELLO, ALERT = 0x16, 0x15


@dataclass
class Peer:
    """What reached one server. raw: bytes as they travelled. said: units in the tunnel. versions: of each handshake."""

    port: int = 0
    connections: int = 0
    raw: bytearray = field(default_factory=bytearray)
    said: list[bytes] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificate")
    path = folder / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "700", "-subj", "/CN=hmi-3"]
    subprocess.run([*command, "-keyout", path, "-out", folder / "cert.pem"], check=True, capture_output=True)
    path.write_text(path.read_text() + (folder / "cert.pem").read_text())
    return path


@contextmanager
def listening(serve: Callable[[socket.socket, Peer], None]) -> Iterator[Peer]:
    """A server on loopback that hands each connection to `serve`."""
    peer = Peer()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(10)
    peer.port = listener.getsockname()[1]

    def run() -> None:
        with suppress(OSError):
            while True:
                made, _ = listener.accept()
                peer.connections += 1
                made.settimeout(10)
                with made, suppress(OSError):
                    serve(made, peer)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    with listener:
        yield peer
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def in_tls(
    certificate: Path,
    *,
    answer: bytes = PAGE,
    set_up: Callable[[ssl.SSLContext], None] | None = None,
    notifies: bool = True,
) -> Callable[[socket.socket, Peer], None]:
    """A server that answers one question in TLS. notifies: it ends with a close_notify, as it should."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if set_up:
        set_up(context)

    def serve(made: socket.socket, peer: Peer) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        session = context.wrap_bio(incoming, outgoing, server_side=True)

        def until(act: Callable[[], object]) -> object:
            while True:
                try:
                    return act()
                except ssl.SSLWantReadError:
                    made.sendall(outgoing.read())
                    chunk = made.recv(65536)
                    peer.raw += chunk
                    incoming.write(chunk) if chunk else incoming.write_eof()
                finally:
                    made.sendall(outgoing.read())

        until(session.do_handshake)
        peer.versions.append(str(session.version()))
        unit = until(lambda: session.read(65536))
        assert isinstance(unit, bytes)
        peer.said.append(unit)
        session.write(answer)
        made.sendall(outgoing.read())
        if notifies:
            with suppress(ssl.SSLWantReadError):
                session.unwrap()
            made.sendall(outgoing.read())
        made.shutdown(socket.SHUT_WR)
        while chunk := made.recv(65536):
            peer.raw += chunk
            incoming.write(chunk)
        incoming.write_eof()
        try:
            peer.ends.append("more" if session.read(1) else "close_notify")
        except ssl.SSLError as error:
            peer.ends.append(type(error).__name__)
        peer.ends.append("FIN")

    return serve


def asked(
    peer: Peer, folder: Path, *, wait_s: float = 2.0, kind: NetworkKind = NetworkKind.LAB, clock: Clock | None = None
) -> Observation:
    plan = plan_of(scope(target("127.0.0.1"), kind=kind, probes=("https",), ports={"https": (peer.port,)}))

    async def keep(_step: str, _exchange: object) -> None:
        return None

    around = Surroundings("s1", Vantage("plant"), {}, 0.9, keep, lambda: datetime.now(UTC))
    context = Context(port=peer.port, answer_s=wait_s, host="127.0.0.1")
    made = gate(plan, folder, clock=clock or time.monotonic)
    talk = converse(first_step(plan), PROTOCOL.probe(context), context, PROTOCOL.reader, gate=made, around=around)
    return asyncio.run(talk)


def values(observation: Observation) -> dict[str, object]:
    return {claim.key: claim.value for claim in observation.claims}


# --- the talk ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("notifies", [True, False], ids=["close_notify", "FIN-alone"])
def test_a_page_behind_tls_is_read_and_the_evidence_holds_the_plain_unit(
    certificate: Path, tmp_path: Path, notifies: bool
) -> None:
    with listening(in_tls(certificate, notifies=notifies)) as peer:
        heard = asked(peer, tmp_path)
    told = values(heard)
    assert (told["http_title"], told["http_server"], told["port_state"]) == ("Pump hall", "pump/1", "open")
    assert (told["service_name"], told["service_tunnel"], heard.envelope) == ("http", "ssl", "tls")
    assert [e.sent for e in heard.exchanges if e.sent] == peer.said
    assert peer.said[0].startswith(b"GET / HTTP/1.1\r\n")
    assert peer.said[0] not in bytes(peer.raw), "what travels is sealed"
    assert peer.connections == 1


def test_it_ends_with_our_close_notify_and_our_fin(certificate: Path, tmp_path: Path) -> None:
    with listening(in_tls(certificate, notifies=False)) as peer:
        asked(peer, tmp_path)
    assert peer.ends == ["close_notify", "FIN"]


def test_no_server_name_is_sent_and_no_session_offered_again(certificate: Path, tmp_path: Path) -> None:
    names: list[str | None] = []

    def set_up(context: ssl.SSLContext) -> None:
        context.sni_callback = lambda _session, name, _context: names.append(name)

    with listening(in_tls(certificate, set_up=set_up)) as peer:
        asked(peer, tmp_path)
    assert names == [None]


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1", "TLSv1_2", "TLSv1_3"])
def test_every_version_from_1_0_to_1_3_is_spoken(certificate: Path, tmp_path: Path, version: str) -> None:
    def set_up(context: ssl.SSLContext) -> None:
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings(action="ignore"):  # old versions, on purpose
            context.minimum_version = context.maximum_version = ssl.TLSVersion[version]

    with listening(in_tls(certificate, set_up=set_up)) as peer:
        heard = asked(peer, tmp_path)
    assert values(heard)["http_title"] == "Pump hall"
    assert [one.replace(".", "_") for one in peer.versions] == [version]


def test_a_server_that_wants_a_key_of_another_group_is_given_one(certificate: Path, tmp_path: Path) -> None:
    with listening(in_tls(certificate, set_up=lambda context: context.set_ecdh_curve("secp384r1"))) as peer:
        heard = asked(peer, tmp_path)
    assert values(heard)["http_title"] == "Pump hall"
    assert sum(kind == HELLO for kind, _ in records(bytes(peer.raw))) == 2, "the hello went out twice"


def records(stream: bytes) -> Iterator[tuple[int, int]]:
    """Kind and size of each record that reached a server."""
    while len(stream) >= 5:
        kind, _, size = struct.unpack_from(">BHH", stream)
        yield kind, size
        stream = stream[5 + size :]


# --- what it costs ----------------------------------------------------------------------------------------------------


def test_the_gate_counts_the_handshake_before_it_leaves(certificate: Path, tmp_path: Path) -> None:
    with listening(in_tls(certificate)) as peer:
        asked(peer, tmp_path)
    lines = [line.entry for line in read(tmp_path / "ledger") if line.entry["do"] == "permit"]
    assert [(one["request"], one["units"]) for one in lines] == [
        ("connect", 1 + HANDSHAKE_UNITS),
        ("get-first-page", 1),
    ]
    assert int(str(lines[0]["packets"])) >= HANDSHAKE_PACKETS
    assert sum(int(str(one["units"])) for one in lines) <= PROTOCOL.cost.units


def test_on_ot_the_flights_of_a_handshake_keep_the_pace(certificate: Path, tmp_path: Path) -> None:
    """Two units a second: half a second before each of our two flights, and before the question."""
    with listening(in_tls(certificate)) as peer:
        started = time.monotonic()
        heard = asked(peer, tmp_path, kind=NetworkKind.OT)
    assert values(heard)["http_title"] == "Pump hall"
    assert time.monotonic() - started >= 3 * 0.5


# --- what may go wrong ------------------------------------------------------------------------------------------------


def flood(piece: bytes) -> Callable[[socket.socket, Peer], None]:
    def serve(made: socket.socket, _peer: Peer) -> None:
        made.recv(65536)
        while True:
            made.sendall(piece * 200)

    return serve


def reset(made: socket.socket, _peer: Peer) -> None:
    made.recv(65536)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def says(answer: bytes) -> Callable[[socket.socket, Peer], None]:
    def serve(made: socket.socket, peer: Peer) -> None:
        peer.raw += made.recv(65536)
        made.sendall(answer)
        while chunk := made.recv(65536):
            peer.raw += chunk

    return serve


BAD = {
    "refuses": (says(bytes.fromhex("15030300020228")), Outcome.REFUSED, "handshake failure"),
    "speaks-http": (says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), Outcome.GARBLED, ""),
    "noise": (says(b"\xff" * 64), Outcome.GARBLED, ""),
    "half-a-record": (says(bytes.fromhex("160303004002")), Outcome.GARBLED, "stopped after 6 bytes"),
    "silent": (says(b""), Outcome.SILENT, "no answer to the hello"),
    "hangs-up": (lambda made, peer: made.recv(65536) and None, Outcome.RESET, "closed"),
    "resets": (reset, Outcome.RESET, "reset"),
    "empty-records": (flood(bytes.fromhex("1603030000")), Outcome.GARBLED, ""),
    "warnings": (flood(bytes.fromhex("15030300020100")), Outcome.GARBLED, ""),
    "large-records": (flood(bytes.fromhex("1603033fff0b003fff") + b"\0" * 0x3FFB), Outcome.GARBLED, ""),
}


@pytest.mark.parametrize("name", list(BAD))
def test_a_handshake_that_fails_says_how_and_the_port_was_open(name: str, tmp_path: Path) -> None:
    serve, outcome, word = BAD[name]
    with listening(serve) as peer:
        started = time.monotonic()
        heard = asked(peer, tmp_path, wait_s=0.3)
    assert heard.outcome is outcome, heard.exchanges[0].detail
    assert heard.exchanges[0].detail.startswith(f"tcp/{peer.port}: {tls.FAULT}")
    assert word in heard.exchanges[0].detail.lower()
    assert values(heard) == {"port_state": "open"}
    assert peer.connections == 1
    assert [kind for kind, _ in records(bytes(peer.raw))] in ([], [HELLO]), "after a failure only a FIN leaves"
    assert time.monotonic() - started < 5


def test_a_closed_port_is_closed(tmp_path: Path) -> None:
    with listening(says(b"")) as peer:
        pass
    heard = asked(peer, tmp_path)
    assert (heard.outcome, values(heard)) == (Outcome.REFUSED, {"port_state": "closed"})


def test_a_handshake_dribbled_byte_by_byte_is_the_same_handshake(certificate: Path, tmp_path: Path) -> None:
    class Slow:
        def __init__(self, made: socket.socket) -> None:
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.made = made

        def sendall(self, data: bytes) -> None:
            for at in range(len(data)):
                self.made.sendall(data[at : at + 1])

        def __getattr__(self, name: str) -> object:
            return getattr(self.made, name)

    serve = in_tls(certificate)
    with listening(lambda made, peer: serve(Slow(made), peer)) as peer:  # type: ignore[arg-type]
        heard = asked(peer, tmp_path)
    assert values(heard)["http_title"] == "Pump hall"


def test_a_server_that_wants_our_certificate_refuses_the_question(certificate: Path, tmp_path: Path) -> None:
    def set_up(context: ssl.SSLContext) -> None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(certificate)

    with listening(in_tls(certificate, set_up=set_up)) as peer:
        heard = asked(peer, tmp_path)
    unit = heard.exchanges[-1]
    assert (unit.request, unit.outcome) == ("get-first-page", Outcome.REFUSED)
    assert "certificate required" in unit.detail


@pytest.mark.parametrize("cut", range(1, 12))
def test_records_are_counted_wherever_the_stream_is_cut(cut: int) -> None:
    stream = bytes.fromhex("16030300020101") * 3 + bytes.fromhex("1703030000")
    bounds = tls._Bounds()
    for at in range(0, len(stream), cut):
        assert bounds.crossed(stream[at : at + cut]) == ""
    assert (bounds.records, bounds.size) == (4, len(stream))
    assert bounds.crossed(bytes.fromhex("1603030000") * (tls.MOST_RECORDS + 1))
