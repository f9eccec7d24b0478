"""Drives one talk against a real peer over blocking sockets and keeps the wire: what the live tests compare.

It holds to the talk's rules (one question at a time, an orderly close) and counts connections and units.
"""

import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from assetctl.errors import WireError
from assetctl.model import Claim, Outcome, Transport
from assetctl.protocol import Context, Protocol
from assetctl.talk import HANDSHAKE_UNITS, TLS, Ask, Open, Recorded, Reply
from assetctl.wire import Datagram, cut


@dataclass
class Driven:
    """One conversation: its claims, everything said in order, and what it cost."""

    claims: tuple[Claim, ...] = ()
    recording: list[Recorded] = field(default_factory=list)
    connections: int = 0
    units: int = 0

    def value(self, key: str) -> object:
        return next((claim.value for claim in self.claims if claim.key == key and not claim.part), None)


@dataclass
class _Line:
    sock: socket.socket | None = None
    buffer: bytes = b""


def drive(protocol: Protocol, context: Context, host: str) -> Driven:
    """Run the protocol's probe against host and context.port."""
    talk, line, driven = protocol.probe(context), _Line(), Driven()
    reply: Reply | None = None
    try:
        while True:
            step = next(talk) if reply is None else talk.send(reply)
            driven.units += isinstance(step, Open) or bool(step.payload)
            driven.units += HANDSHAKE_UNITS if isinstance(step, Open) and step.envelope == TLS else 0
            if isinstance(step, Open):
                driven.connections += 1
                reply = _open(line, step, host)
                driven.recording.append(("connect", b"", reply))
            else:
                name = protocol.vet(step.payload) if step.payload else "listen"
                reply = _ask(line, step)
                driven.recording.append((name, step.payload, reply))
    except StopIteration as end:
        driven.claims = end.value
        return driven
    finally:
        _close(line)


def _open(line: _Line, step: Open, host: str) -> Reply:
    _close(line)
    kind = socket.SOCK_STREAM if step.transport is Transport.TCP else socket.SOCK_DGRAM
    line.sock, line.buffer = socket.socket(socket.AF_INET, kind), b""
    line.sock.settimeout(2)
    try:
        line.sock.connect((host, step.port))
        if step.envelope == TLS:
            line.sock = _in_tls(line.sock)
    except ConnectionRefusedError:
        return Reply(Outcome.REFUSED)
    except ssl.SSLError as error:
        return Reply(Outcome.REFUSED, detail=str(error))
    return Reply(Outcome.ANSWERED)


def _in_tls(sock: socket.socket) -> socket.socket:
    """The connection in TLS as the standard library's blocking sockets speak it."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(sock)


def _ask(line: _Line, step: Ask) -> Reply:
    assert line.sock is not None
    frames: list[bytes] = []
    deadline = time.monotonic() + step.wait_s
    try:
        if step.payload:
            line.sock.sendall(step.payload)
        while len(frames) < step.replies:
            unit = _next_unit(line, step, deadline)
            if step.accepts is None or step.accepts(unit):
                frames.append(unit)
    except TimeoutError:
        pass
    except ConnectionRefusedError:
        return Reply(Outcome.REFUSED)
    except (ConnectionError, EOFError):
        return Reply(Outcome.RESET)
    except WireError as error:
        return Reply(Outcome.GARBLED, detail=str(error))
    return Reply(Outcome.ANSWERED if frames else Outcome.SILENT, tuple(frames))


def _next_unit(line: _Line, step: Ask, deadline: float) -> bytes:
    assert line.sock is not None
    while True:
        whole = cut(step.framing, line.buffer)
        if whole is not None:
            line.buffer = whole[1]
            return whole[0]
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        line.sock.settimeout(left)
        data = line.sock.recv(65535)
        if not data and not isinstance(step.framing, Datagram):
            return _last_unit(line, step)
        line.buffer += data


def _last_unit(line: _Line, step: Ask) -> bytes:
    """What the peer's close makes whole. Raises EOFError when that is nothing."""
    whole = cut(step.framing, line.buffer, closed=True)
    if whole is None:
        raise EOFError
    line.buffer = whole[1]
    return whole[0]


def _close(line: _Line) -> None:
    if line.sock is None:
        return
    try:
        if line.sock.type is socket.SOCK_STREAM:
            line.sock.shutdown(socket.SHUT_WR)
            line.sock.settimeout(2)
            while line.sock.recv(4096):
                pass
    except OSError:
        pass
    line.sock.close()
    line.sock = None


@contextmanager
def peer(command: Sequence[str], host: str, port: int) -> Iterator[None]:
    """A server in a process of its own, up when its port takes a connection; ended by its process id."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await_port(process, host, port)
        yield
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await_port(process: "subprocess.Popen[bytes]", host: str, port: int) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert process.poll() is None, f"the peer ended with {process.returncode} before its port was up"
        try:
            socket.create_connection((host, port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"the peer did not open port {port} within 90 seconds")


def free_port(host: str) -> int:
    """A port of this address that nobody holds, for TCP and UDP."""
    for _ in range(20):
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind((host, 0))
            port = int(tcp.getsockname()[1])
            try:
                udp.bind((host, port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free for both TCP and UDP")
