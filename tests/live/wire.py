"""What reaches the peers, recorded on their side by a socket of the kernel's own and read back frame by frame.

Run as a program it records one interface into a file until it is told to end (`wire.py INTERFACE FILE`); it shares no
code with assetctl. Frames are stamped by the kernel when they arrive.
"""

import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

ETH_P_ALL, ETH_P_IP, ETH_P_ARP = 0x0003, 0x0800, 0x0806
SO_TIMESTAMPNS, SO_RCVBUFFORCE = 35, 33
TCP, UDP, ICMP = 6, 17, 1
FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10
HEAD = struct.Struct("<QI")  # nanoseconds since 1970, length of the frame that follows


@dataclass(frozen=True)
class Packet:
    """One IPv4 packet or ARP frame. at: seconds since 1970. seq, flags: of TCP. payload: of TCP or UDP.

    plain: neither IP options nor a fragment.
    """

    at: float
    kind: int
    mac: str
    source: str
    target: str
    protocol: int = 0
    source_port: int = 0
    port: int = 0
    seq: int = 0
    flags: int = 0
    payload: bytes = b""
    plain: bool = True


@dataclass
class Connection:
    """One TCP connection of the scanner's as the peer saw it. sent: our data segments with their times."""

    peer: str
    port: int
    began: float
    sent: list[tuple[float, bytes]] = field(default_factory=list)
    established: bool = False
    our_fin: float | None = None
    our_resets: int = 0
    their_reset: bool = False
    next_seq: int = 0

    @property
    def ended(self) -> float:
        """When we ended it, or the last time we said something."""
        return self.our_fin or (self.sent[-1][0] if self.sent else self.began)


@dataclass(frozen=True)
class Unit:
    """A connect (empty payload) or one unit of a protocol as it arrived."""

    at: float
    peer: str
    transport: str
    port: int
    payload: bytes

    @property
    def is_connect(self) -> bool:
        return not self.payload


@dataclass(frozen=True)
class Recording:
    """All frames of one recording. scanner: the addresses whose frames are ours."""

    packets: tuple[Packet, ...]
    scanner: frozenset[str]

    def ours(self, peer: str = "") -> list[Packet]:
        """Frames that the scanner sent, to one peer or to all; ARP included."""
        return [p for p in self.packets if p.source in self.scanner and peer in ("", p.target)]

    def connections(self, peer: str = "") -> list[Connection]:
        """TCP connections that the scanner began, in order."""
        found: dict[tuple[str, int, int], Connection] = {}
        done: list[Connection] = []
        for packet in self.packets:
            if packet.protocol != TCP:
                continue
            is_ours = packet.source in self.scanner
            other, own_port, port = (
                (packet.target, packet.source_port, packet.port)
                if is_ours
                else (packet.source, packet.port, packet.source_port)
            )
            if is_ours and packet.flags & SYN:
                if (other, own_port, port) not in found:
                    found[other, own_port, port] = Connection(other, port, packet.at, next_seq=packet.seq + 1)
                    done.append(found[other, own_port, port])
            elif connection := found.get((other, own_port, port)):
                _seen(connection, packet, is_ours)
        return [connection for connection in done if peer in ("", connection.peer)]

    def units(self, peer: str = "") -> list[Unit]:
        """Connects, TCP data segments and datagrams of ours in the order they arrived; a resend is not a second one."""
        found = [Unit(p.at, p.target, "udp", p.port, p.payload) for p in self.ours(peer) if p.protocol == UDP]
        for connection in self.connections(peer):
            found.append(Unit(connection.began, connection.peer, "tcp", connection.port, b""))
            found += [Unit(at, connection.peer, "tcp", connection.port, payload) for at, payload in connection.sent]
        return sorted(found, key=lambda unit: unit.at)


def _seen(connection: Connection, packet: Packet, is_ours: bool) -> None:
    """One packet of a connection that we began."""
    if not is_ours:
        connection.established |= packet.flags & (SYN | ACK) == SYN | ACK
        connection.their_reset |= bool(packet.flags & RST)
        return
    if packet.payload and packet.seq == connection.next_seq & 0xFFFFFFFF:
        connection.sent.append((packet.at, packet.payload))
        connection.next_seq += len(packet.payload)
    connection.our_resets += bool(packet.flags & RST)
    if packet.flags & FIN and connection.our_fin is None:
        connection.our_fin = packet.at


def most_in_a_second(times: Iterable[float]) -> int:
    """The most events in any half-open second."""
    ordered = sorted(times)
    most, start = 0, 0
    for stop, at in enumerate(ordered):
        while at - ordered[start] >= 1.0:
            start += 1
        most = max(most, stop - start + 1)
    return most


def least_gap_s(times: Iterable[float]) -> float:
    """The shortest time between two events that follow each other; infinite for fewer than two."""
    return min((later - earlier for earlier, later in pairwise(sorted(times))), default=float("inf"))


@contextmanager
def recorded(enter: tuple[str, ...], interface: str, file: Path, scanner: Iterable[str]) -> Iterator[list[Recording]]:
    """Record while the block runs; afterwards the list holds the recording."""
    command = [*enter, sys.executable, str(Path(__file__)), interface, str(file)]
    recorder = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert recorder.stdout
    result: list[Recording] = []
    try:
        assert recorder.stdout.readline() == b"recording\n", "the recorder did not start"
        yield result
    finally:
        recorder.terminate()
        recorder.communicate(timeout=10)
        result.append(Recording(tuple(read(file)), frozenset(scanner)))


def read(file: Path) -> Iterator[Packet]:
    """The packets of a recording."""
    content, at = file.read_bytes(), 0
    while at < len(content):
        stamp, length = HEAD.unpack_from(content, at)
        packet = _packet(stamp / 1e9, content[at + HEAD.size : at + HEAD.size + length])
        at += HEAD.size + length
        if packet is not None:
            yield packet


def _packet(at: float, frame: bytes) -> Packet | None:
    kind = int.from_bytes(frame[12:14])
    mac = ":".join(f"{byte:02X}" for byte in frame[6:12])
    body = frame[14:]
    if kind == ETH_P_ARP:
        return Packet(at, kind, mac, _dotted(body[14:18]), _dotted(body[24:28]))
    if kind != ETH_P_IP:
        return Packet(at, kind, mac, "", "")
    header = (body[0] & 0x0F) * 4
    is_fragment = bool(int.from_bytes(body[6:8]) & 0x3FFF)
    whole = Packet(
        at, kind, mac, _dotted(body[12:16]), _dotted(body[16:20]), body[9], plain=header == 20 and not is_fragment
    )
    return _opened(whole, body[header : int.from_bytes(body[2:4])])


def _opened(packet: Packet, body: bytes) -> Packet:
    """The same with what TCP or UDP says."""
    if packet.protocol == UDP:
        own, port = struct.unpack(">HH", body[:4])
        return replace(packet, source_port=own, port=port, payload=body[8:])
    if packet.protocol == TCP:
        own, port, seq = struct.unpack(">HHI", body[:8])
        data = body[(body[12] >> 4) * 4 :]
        return replace(packet, source_port=own, port=port, seq=seq, flags=body[13], payload=data)
    return packet


def _dotted(raw: bytes) -> str:
    return ".".join(map(str, raw))


def _record(interface: str, file: Path) -> None:
    """Write every frame of an interface until SIGTERM, and then what still lies in the socket."""
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    for option in (socket.SO_RCVBUF, SO_RCVBUFFORCE):
        try:
            tap.setsockopt(socket.SOL_SOCKET, option, 32 << 20)
        except PermissionError:
            continue  # only root of the machine may go beyond its limit
    tap.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    tap.bind((interface, ETH_P_ALL))
    ending: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: ending.append(number))
    tap.settimeout(0.05)
    with file.open("wb") as out:
        print("recording", flush=True)
        while True:
            try:
                frame, extra, _, _ = tap.recvmsg(65536, 256)
            except TimeoutError:
                if ending:
                    return
                continue
            out.write(HEAD.pack(_stamp(extra), len(frame)) + frame)


def _stamp(extra: list[Any]) -> int:
    seconds, nanoseconds = struct.unpack("@ll", extra[0][2][:16])
    return int(seconds) * 1_000_000_000 + int(nanoseconds)


if __name__ == "__main__":
    _record(sys.argv[1], Path(sys.argv[2]))
