"""Writes captures with scapy: recorded talks as the packets in which they would have passed."""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from assetctl.model import Outcome, Transport
from tests.contracts.captures import Capture

CLIENT, SERVER = "10.20.1.100", "10.20.1.5"
CLIENT_MAC, SERVER_MAC = "00:1b:1b:00:00:64", "00:1b:1b:00:00:05"
BEGUN = 1_700_000_000.0


@dataclass
class Wire:
    """Packets one after another, 10 ms apart."""

    packets: list[bytes] = field(default_factory=list)
    _port: int = 49152

    def arp(self, ip: str, mac: str) -> None:
        from scapy.layers.l2 import ARP, Ether

        frame = Ether(src=mac, dst="ff:ff:ff:ff:ff:ff") / ARP(op=2, hwsrc=mac, psrc=ip, hwdst=mac, pdst=ip)
        self.packets.append(bytes(frame))

    def datagram(self, sent: bytes, *, source: tuple[str, int], target: tuple[str, int]) -> None:
        from scapy.layers.inet import IP, UDP
        from scapy.layers.l2 import Ether

        macs = (CLIENT_MAC, SERVER_MAC) if source[0] == CLIENT else (SERVER_MAC, CLIENT_MAC)
        frame = Ether(src=macs[0], dst=macs[1]) / IP(src=source[0], dst=target[0])
        self.packets.append(bytes(frame / UDP(sport=source[1], dport=target[1]) / sent))

    def connection(self, port: int, *, accepts: bool = True, server: str = SERVER) -> "Connection":
        self._port += 1
        return Connection(self, self._port, port, server).opened(accepts)

    def next_port(self) -> int:
        self._port += 1
        return self._port


@dataclass
class Connection:
    """One TCP connection from CLIENT to SERVER."""

    wire: Wire
    own: int
    port: int
    server: str = SERVER
    sequence: list[int] = field(default_factory=lambda: [4_294_967_290, 7_000])  # the ring turns over early

    def opened(self, accepts: bool) -> "Connection":
        self._send(False, b"", "S")
        self._send(True, b"", "SA" if accepts else "RA")
        return self

    def say(self, data: bytes, *, from_server: bool = False, piece: int = 1400) -> None:
        for at in range(0, len(data), piece):
            self._send(from_server, data[at : at + piece], "PA")

    def close(self) -> None:
        self._send(False, b"", "FA")
        self._send(True, b"", "FA")

    def _send(self, from_server: bool, data: bytes, flags: str) -> None:
        from scapy.layers.inet import IP, TCP
        from scapy.layers.l2 import Ether

        hosts, ports, macs = (CLIENT, self.server), (self.own, self.port), (CLIENT_MAC, SERVER_MAC)
        if from_server:
            hosts, ports, macs = hosts[::-1], ports[::-1], macs[::-1]
        frame = Ether(src=macs[0], dst=macs[1]) / IP(src=hosts[0], dst=hosts[1])
        ack = self.sequence[not from_server]
        frame /= TCP(sport=ports[0], dport=ports[1], flags=flags, seq=self.sequence[from_server], ack=ack)
        self.wire.packets.append(bytes(frame / data))
        grown = len(data) + ("S" in flags) + ("F" in flags)
        self.sequence[from_server] = (self.sequence[from_server] + grown) % 2**32


def pcap(packets: Iterable[bytes], *, link_type: int = 1, snaplen: int = 262_144) -> bytes:
    """A file of pcap, little-endian, microseconds."""
    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, snaplen, link_type)]
    for at, packet in enumerate(packets):
        kept = packet[:snaplen]
        out += [struct.pack("<IIII", int(BEGUN) + at // 100, at % 100 * 10_000, len(kept), len(packet)), kept]
    return b"".join(out)


def written(path: Path, packets: Iterable[bytes]) -> Path:
    path.write_bytes(pcap(packets))
    return path


def server_of(capture: Capture) -> str:
    """The address of the device in a recorded talk."""
    return SERVER if capture.context.host in ("", "eth0") else capture.context.host


def talk(capture: Capture, *, community: bytes = b"plant-7") -> list[bytes]:
    """The packets of a recorded talk."""
    return list(_packets(capture, community))


def _packets(capture: Capture, community: bytes) -> Iterator[bytes]:
    wire = Wire()
    if capture.protocol.transport is Transport.LINK:
        for _, sent, reply in capture.recording:
            wire.packets += [frame for frame in (sent, *reply.frames) if frame]
        return iter(wire.packets)
    connection: Connection | None = None
    own = wire.next_port()
    transport = capture.protocol.transport
    opens = 0
    for name, sent, reply in capture.recording:
        if name == "connect":
            opens += 1
            is_second = opens > 1 and capture.protocol.fallback_transport is not None
            transport = capture.protocol.fallback_transport if is_second else transport
            if transport is Transport.TCP:
                if connection is not None:
                    connection.close()
                connection = wire.connection(
                    capture.context.port,
                    accepts=reply.outcome is Outcome.ANSWERED,
                    server=server_of(capture),
                )
        elif transport is Transport.TCP and connection is not None:
            connection.say(sent)
            for frame in reply.frames:
                connection.say(frame, from_server=True)
        else:
            _datagrams(wire, capture, own, sent, reply.frames, community)
    if connection is not None:
        connection.close()
    return iter(wire.packets)


def _datagrams(
    wire: Wire, capture: Capture, own: int, sent: bytes, frames: tuple[bytes, ...], community: bytes
) -> None:
    port = capture.context.port
    own = port if capture.protocol.name == "bacnet" else own
    if capture.protocol.name == "snmp":
        kind = capture.context.credentials[0].kind if capture.context.credentials else "snmp-v2c"
        sent, *rest = (_message(unit, community, kind) for unit in (sent, *frames))
        frames = tuple(rest)
    if sent:
        wire.datagram(sent, source=(CLIENT, own), target=(server_of(capture), port))
    for frame in frames:
        wire.datagram(frame, source=(server_of(capture), port), target=(CLIENT, own))


def _message(pdu: bytes, community: bytes, kind: str) -> bytes:
    from assetctl.secrets.credentials import Community
    from assetctl.transport.community import wrap

    return wrap(pdu, Community("captured", "v1" if kind == "snmp-v1" else "v2c", community)) if pdu else b""
