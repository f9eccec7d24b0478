"""A capture file -> observations and flows, in one pass."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from assetctl.errors import InputError, WireError
from assetctl.exchange.capture import frames, tunnels
from assetctl.exchange.capture.ears import ears
from assetctl.exchange.capture.file import CaptureFile, Packet
from assetctl.exchange.capture.flows import Flows
from assetctl.exchange.capture.fragments import Fragments
from assetctl.exchange.capture.frames import Linked
from assetctl.exchange.capture.hosts import Hosts
from assetctl.exchange.capture.inventoried import of_the_plant
from assetctl.exchange.capture.packets import (
    ACK,
    SYN,
    TCP,
    UDP,
    Inside,
    Segment,
    decode_arp,
    decode_ip,
    decode_segment,
)
from assetctl.exchange.capture.readings import Maker, Reading, of_hosts, of_segments, of_spoken, of_talks
from assetctl.exchange.capture.segments import Segments
from assetctl.exchange.capture.talks import Talks
from assetctl.exchange.capture.tunnels import Wrapped
from assetctl.exchange.flow_rows import Gathered
from assetctl.model import IPAddress
from assetctl.text import counted

TOLERANCE = timedelta(minutes=5)
_DHCP = frozenset({67, 68})
_CUT, _BROKEN = ("packet", "cut by the snapshot length"), ("packet", "with a broken header")
_PUBLIC = "with a server of a public address, told as a flow alone; --covers its network where it is the plant's"
_JOINED = tunnels.TUNNELS | {TCP, UDP}


@dataclass(frozen=True, slots=True)
class Captured:
    """What a capture told. left_out: lines for people. started, ended: of its packets. gathered: its flows."""

    format: str
    sha256: str
    packets: int
    started: datetime
    ended: datetime
    readings: tuple[Reading, ...]
    gathered: Gathered
    left_out: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(slots=True)
class _Pass:
    """One pass over a capture."""

    flows: Flows
    talks: Talks = field(default_factory=Talks)
    hosts: Hosts = field(default_factory=Hosts)
    segments: Segments = field(default_factory=Segments)
    fragments: Fragments = field(default_factory=Fragments)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)
    packets: int = 0
    started: datetime | None = None
    ended: datetime | None = None
    is_read: bool = False

    def take(self, packet: Packet) -> None:
        """Read one packet; what is not read is counted with its reason."""
        self.packets += 1
        self.started = min(self.started or packet.at, packet.at)
        self.ended = max(self.ended or packet.at, packet.at)
        if packet.link_type not in frames.READ:
            self.left_out["packet", f"of link type {packet.link_type}, which is not read"] += 1
            return
        self.is_read = True
        try:
            linked = frames.decode(packet.link_type, packet.data)
        except WireError:
            self._broken(packet)
        else:
            self._heard(linked, packet, 0)

    def _heard(self, linked: Linked, packet: Packet, depth: int) -> None:
        try:
            self._frame(linked, packet, depth)
        except WireError:
            self._broken(packet)

    def _broken(self, packet: Packet) -> None:
        self.left_out[_CUT if packet.is_cut else _BROKEN] += 1

    def _frame(self, linked: Linked, packet: Packet, depth: int) -> None:
        wrapped = tunnels.in_frame(linked)
        if wrapped is not None:
            self._within(wrapped, packet, depth)
        elif linked.ether_type in (frames.IPV4, frames.IPV6):
            self._ip(decode_ip(linked.ether_type, linked.payload), packet, depth)
        elif linked.ether_type == frames.ARP:
            told = decode_arp(linked.payload)
            if told is not None:
                self.hosts.arp(told, packet.number, packet.at)
        elif not packet.is_cut:
            self.segments.take(linked, packet.number, packet.at)

    def _within(self, wrapped: Wrapped, packet: Packet, depth: int) -> None:
        """Read what an envelope holds. Its own addresses are of its ends, and told in their flow alone."""
        if depth >= tunnels.MOST_DEPTH:
            self.left_out["packet", f"within more than {tunnels.MOST_DEPTH} tunnels"] += 1
        else:
            self._heard(wrapped.linked, replace(packet, is_cut=packet.is_cut or wrapped.is_cut), depth + 1)

    def _ip(self, inside: Inside, packet: Packet, depth: int) -> None:
        segment = None
        if inside.protocol in (TCP, UDP) and inside.has_head:
            segment = decode_segment(inside)
        if inside.has_head:
            self.flows.take(inside, segment, packet.at)
        if inside.is_fragment and inside.protocol in _JOINED:
            joined = self.fragments.take(inside)
            if joined is None:
                return
            inside, segment = joined, decode_segment(joined) if joined.protocol in (TCP, UDP) else None
        if inside.protocol in tunnels.TUNNELS:
            self._tunnel(inside, packet, depth)
        elif segment is None:
            return
        elif inside.protocol == TCP:
            self._segment(inside, segment, packet)
        elif (wrapped := tunnels.in_datagram(segment)) is not None:
            self._within(wrapped, packet, depth)
        else:
            self._datagram(inside, segment, packet)

    def _tunnel(self, inside: Inside, packet: Packet, depth: int) -> None:
        wrapped = tunnels.in_packet(inside)
        if wrapped is not None:
            self._within(wrapped, replace(packet, is_cut=packet.is_cut or inside.missing > 0), depth)
        else:
            self.left_out["tunnelled packet", "not read, counted as flow of the tunnel"] += 1

    def _datagram(self, inside: Inside, segment: Segment, packet: Packet) -> None:
        known = ears()
        if {segment.source_port, segment.target_port} <= _DHCP:  # both the same between a relay and its server
            self.hosts.dhcp(segment.data, packet.number, packet.at)
        elif segment.missing:
            self.left_out[_CUT] += 1
        elif ("udp", segment.source_port) in known or ("udp", segment.target_port) in known:
            self.talks.datagram(inside.source, inside.target, segment, packet.number, packet.at)

    def _segment(self, inside: Inside, segment: Segment, packet: Packet) -> None:
        known = ears()
        self.hosts.accepted(inside.source, segment, packet.number, packet.at)
        to_server, from_server = ("tcp", segment.target_port) in known, ("tcp", segment.source_port) in known
        if to_server and from_server and segment.flags & SYN:
            from_server = bool(segment.flags & ACK)
        elif to_server and from_server:
            from_server = segment.source_port < segment.target_port
        if from_server:
            ends = (inside.target, segment.target_port, inside.source, segment.source_port)
            self.talks.segment(ends, segment, from_server=True, number=packet.number, at=packet.at)
        elif to_server:
            ends = (inside.source, segment.source_port, inside.target, segment.target_port)
            self.talks.segment(ends, segment, from_server=False, number=packet.number, at=packet.at)

    def stations(self) -> frozenset[IPAddress]:
        """Addresses of this link, and those at which a protocol of plants was heard."""
        return self.hosts.told() | {place[0] for place in self.talks.spoken}


def scan_id(realm: str, digest: str) -> str:
    """Id of an import: the same file of the same realm is the same import."""
    return "i-" + sha256(f"{realm}\n{digest}".encode()).hexdigest()[:12]


def read(path: Path, *, realm: str, now: datetime, is_own: Callable[[IPAddress], bool] = lambda _: False) -> Captured:
    """Everything a capture tells. is_own: whether an address was declared to be the plant's.

    Raises InputError when it is no capture, or none of its links is read.
    """
    file = CaptureFile(path)
    one = _Pass(Flows(Gathered(now + TOLERANCE)))
    for packet in file.packets():
        one.take(packet)
    if not one.packets or one.started is None or one.ended is None:
        raise InputError(f"{path}: no packet in it{': ' + file.broken if file.broken else ''}")
    if not one.is_read:
        raise InputError(f"{path}: {_lines(one)[0]}; capture on Ethernet, or export as Ethernet")
    if one.ended > now + TOLERANCE:
        raise InputError(f"{path}: a packet of {one.ended:%Y-%m-%d %H:%M} lies in the future; check the clock")
    maker = Maker(scan_id(realm, file.sha256), realm, file.sha256, path.name)
    told, beyond = of_the_plant(of_talks(one.talks, maker), one.stations(), is_own)
    if beyond:
        one.left_out["talk", _PUBLIC] += beyond
    places = frozenset(
        (r.observation.target.ip, r.observation.port, r.observation.transport, r.observation.reader.split("/")[0], "")
        for r in told
        if r.observation.target and r.observation.transport
    )
    readings = (
        *told,
        *of_spoken(one.talks, maker, places),
        *of_hosts(one.hosts, maker),
        *of_segments(one.segments, maker),
    )
    lines = _lines(one)
    broken = (f"{file.broken}; what precedes it was read",) if file.broken else ()
    gathered = one.flows.finish()
    return Captured(
        file.format,
        file.sha256,
        one.packets,
        one.started,
        one.ended,
        readings,
        gathered,
        lines,
        broken + maker.faults(),
    )


def _lines(one: _Pass) -> tuple[str, ...]:
    counts = one.left_out + one.talks.left_out
    if beyond := one.hosts.beyond + one.segments.beyond:
        counts["entry", "beyond the bounds of addresses and frames"] += beyond
    if torn := one.fragments.finish():
        counts["IP packet", "of which a fragment is missing"] += torn
    return tuple(f"{counted(count, noun)} {what}" for (noun, what), count in sorted(counts.items()))
