"""A capture file -> observations and flows, in one pass."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from assetctl.errors import InputError, WireError
from assetctl.exchange.capture import frames
from assetctl.exchange.capture import segments as on_segment
from assetctl.exchange.capture.answers import drive
from assetctl.exchange.capture.ears import NOT_TOLD, Ear, context_for, ears
from assetctl.exchange.capture.file import CaptureFile, Packet
from assetctl.exchange.capture.flows import Flows
from assetctl.exchange.capture.hosts import Hosts
from assetctl.exchange.capture.packets import (
    ACK,
    GRE,
    SYN,
    TCP,
    UDP,
    Inside,
    Segment,
    decode_arp,
    decode_ip,
    decode_segment,
)
from assetctl.exchange.capture.segments import Segments
from assetctl.exchange.capture.talks import Conversation, Place, Talks
from assetctl.exchange.flow_rows import Gathered
from assetctl.model import (
    Address,
    Claim,
    Exchange,
    IPAddress,
    Observation,
    Outcome,
    PortState,
    SubjectKind,
    Transport,
)
from assetctl.protocol import Context
from assetctl.protocols import registry

PCAP = "pcap"
READER = "pcap/1"
TOLERANCE = timedelta(minutes=5)
_DHCP = frozenset({67, 68})
_TUNNELS = {GRE: "GRE", 4: "IP in IP", 41: "IPv6 in IP"}
_VXLAN = 4789


@dataclass(frozen=True, slots=True)
class Reading:
    """An observation without its context's text, which `work` adds."""

    observation: Observation
    context: Context | None


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
    left_out: Counter[str] = field(default_factory=Counter)
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
            self.left_out[f"packets of link type {packet.link_type}, which is not read"] += 1
            return
        self.is_read = True
        try:
            self._frame(packet)
        except WireError:
            why = "packets cut by the snapshot length" if packet.is_cut else "packets with a broken header"
            self.left_out[why] += 1

    def _frame(self, packet: Packet) -> None:
        linked = frames.decode(packet.link_type, packet.data)
        if linked.ether_type in (frames.IPV4, frames.IPV6):
            self._ip(decode_ip(linked.ether_type, linked.payload), packet)
        elif linked.ether_type == frames.ARP:
            told = decode_arp(linked.payload)
            if told is not None:
                self.hosts.arp(told, packet.number, packet.at)
        elif not packet.is_cut:
            self.segments.take(linked, packet.number, packet.at)

    def _ip(self, inside: Inside, packet: Packet) -> None:
        if inside.is_fragment:
            self.left_out["IP fragments, counted in flows only"] += 1
        segment = None
        if inside.protocol in (TCP, UDP) and inside.has_head:
            segment = decode_segment(inside)
        if inside.has_head:
            self.flows.take(inside, segment, packet.at)
        if inside.protocol in _TUNNELS or (segment and inside.protocol == UDP and segment.target_port == _VXLAN):
            self.left_out["tunnelled packets (GRE, ERSPAN, VXLAN, IP in IP), counted as flows of the tunnel"] += 1
            return
        if segment is None or inside.is_fragment:
            return
        if inside.protocol == UDP:
            self._datagram(inside, segment, packet)
        else:
            self._segment(inside, segment, packet)

    def _datagram(self, inside: Inside, segment: Segment, packet: Packet) -> None:
        known = ears()
        if {segment.source_port, segment.target_port} == _DHCP:
            self.hosts.dhcp(segment.data, packet.number, packet.at)
        elif segment.missing:
            self.left_out["packets cut by the snapshot length"] += 1
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


def scan_id(realm: str, digest: str) -> str:
    """Id of an import: the same file of the same realm is the same import."""
    return "i-" + sha256(f"{realm}\n{digest}".encode()).hexdigest()[:12]


def read(path: Path, *, realm: str, now: datetime) -> Captured:
    """Everything a capture tells. Raises InputError when it is no capture, or none of its links is read."""
    file = CaptureFile(path)
    one = _Pass(Flows(Gathered(now + TOLERANCE)))
    for packet in file.packets():
        one.take(packet)
    if not one.packets or one.started is None or one.ended is None:
        raise InputError(f"{path}: no packet in it{': ' + file.broken if file.broken else ''}")
    if not one.is_read:
        raise InputError(f"{path}: {next(iter(one.left_out))}; capture on Ethernet, or export as Ethernet")
    if one.ended > now + TOLERANCE:
        raise InputError(f"{path}: a packet of {one.ended:%Y-%m-%d %H:%M} lies in the future; check the clock")
    maker = _Maker(scan_id(realm, file.sha256), realm, file.sha256, path.name)
    readings = (*_talks(one.talks, maker), *_hosts(one.hosts, maker), *_segments(one.segments, maker))
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
        counts["addresses and frames beyond the bounds"] += beyond
    return tuple(f"{count} {what}" for what, count in sorted(counts.items()))


@dataclass(slots=True)
class _Maker:
    """Makes observations of one file."""

    scan: str
    realm: str
    digest: str
    file: str
    problems: list[str] = field(default_factory=list)

    def faults(self) -> tuple[str, ...]:
        return tuple(self.problems[:20])

    def make(
        self,
        name: str,
        reader: str,
        claims: Sequence[Claim],
        *,
        span: tuple[datetime, datetime],
        record: str,
        target: IPAddress | None = None,
        exchanges: Sequence[Exchange] = (),
        port: int = 0,
        transport: Transport | None = None,
        options: dict[str, str] | None = None,
    ) -> Observation:
        """One observation. name: what tells it from the others of this file."""
        return Observation(
            id=f"{PCAP}-" + sha256(f"{self.realm}\n{self.digest}\n{name}".encode()).hexdigest()[:24],
            scan=self.scan,
            source=PCAP,
            reader=reader,
            realm=self.realm,
            target=Address(self.realm, target) if target is not None else None,
            vantage="import",
            outcome=Outcome.ANSWERED,
            started=span[0],
            ended=span[1],
            exchanges=tuple(exchanges),
            claims=tuple(claims),
            port=port,
            transport=transport,
            options={"file": self.digest, **(options or {})},
            record=f"{self.file}: {record}",
        )


def _talks(talks: Talks, maker: _Maker) -> Iterator[Reading]:
    for place, one in talks.finish():
        ip, port, transport, name, label = place
        prefix = f"{maker.scan}:{ip}/{transport}/{port}/{name}/{label.replace(' ', '-')}"
        exchanges = tuple(_exchanges(one, prefix))
        context = context_for(one.ear, port, str(ip), exchanges, label)
        try:
            claims = said(one.ear, context, exchanges, transport)
        except Exception as fault:  # noqa: BLE001  a decoder's bug costs this talk alone
            maker.problems.append(f"{ip} {name}: not read ({type(fault).__name__}: {fault})")
            continue
        if one.dropped and one.ear.most > 1:
            talks.left_out[f"{name} exchanges beyond the first {one.ear.most} of a device"] += one.dropped
        if claims:
            observation = maker.make(
                _name(place),
                one.ear.protocol.reader,
                claims,
                span=(one.heard[0].at, max(heard.at for heard in one.heard)),
                record=f"packet {one.heard[0].answer}",
                target=ip,
                exchanges=exchanges,
                port=port,
                transport=transport,
                options={"label": label},
            )
            yield Reading(observation, context)


def said(ear: Ear, context: Context, exchanges: Sequence[Exchange], transport: Transport) -> tuple[Claim, ...]:
    """What a talk tells; nothing where the probe made nothing of it."""
    told = drive(ear.protocol.probe(context), ear.answers(exchanges, transport))
    claims = tuple(one for one in ear.settle(told, exchanges) if one.key not in NOT_TOLD)
    if not claims:
        return ()
    port = Claim("port_state", PortState.OPEN, SubjectKind.SERVICE, f"{transport}/{context.port}")
    return tuple(dict.fromkeys((*claims, port)))


def _name(place: Place) -> str:
    return "\n".join(map(str, place))


def _exchanges(one: Conversation, prefix: str) -> Iterator[Exchange]:
    for at, heard in enumerate(one.heard, 1):
        asked = f"packet {heard.question}, answer " if heard.question else ""
        yield Exchange(
            id=f"{prefix}:{at}",
            request="heard",
            sent=heard.sent,
            received=heard.received,
            outcome=Outcome.ANSWERED,
            at=heard.at,
            detail=f"{asked}packet {heard.answer}",
        )


def _hosts(found: Hosts, maker: _Maker) -> Iterator[Reading]:
    for ip, host in sorted(found.by_ip.items(), key=lambda item: (item[0].version, int(item[0]))):
        record, span = f"packet {host.packet}", (host.first, host.last)
        yield Reading(
            maker.make(f"host\n{ip}", READER, tuple(host.claims(ip)), span=span, record=record, target=ip), None
        )
    for mac, lease in sorted(found.leases.items()):
        record, span = f"packet {lease.packet}", (lease.first, lease.last)
        claims = tuple(lease.claims())
        if len(claims) > 1:
            yield Reading(maker.make(f"dhcp\n{mac}", READER, claims, span=span, record=record, target=lease.ip), None)


def _segments(found: Segments, maker: _Maker) -> Iterator[Reading]:
    for name, kept in sorted(found.frames.items()):
        protocol = registry().get(name)
        context = Context(port=protocol.ports[0] if protocol else 0)
        exchanges = tuple(
            Exchange(f"{maker.scan}:{name}:{at}", "heard", b"", (one.data,), Outcome.ANSWERED, one.at,
                     detail=f"packet {one.number}")
            for at, one in enumerate(kept, 1)
        )  # fmt: skip
        claims = on_segment.claims(name, tuple(one.data for one in kept), context)
        if claims:
            reader = protocol.reader if protocol else on_segment.CDP_READER
            observation = maker.make(
                f"link\n{name}",
                reader,
                claims,
                span=(kept[0].at, kept[-1].at),
                record=f"packet {kept[0].number}",
                exchanges=exchanges,
                port=context.port,
                transport=Transport.LINK,
            )
            yield Reading(observation, context)


def again(observation: Observation, context: Context) -> tuple[Claim, ...]:
    """The claims that today's decoders make of a stored talk. Observations without exchanges keep theirs."""
    name = observation.reader.split("/")[0]
    if observation.transport is Transport.LINK:
        return on_segment.claims(name, tuple(unit for one in observation.exchanges for unit in one.received), context)
    if observation.transport is None:
        return observation.claims
    found = ears().get((str(observation.transport), observation.port), ())
    ear = next((one for one in found if one.protocol.name == name), None)
    if ear is None:
        return observation.claims
    return said(ear, context, observation.exchanges, observation.transport)
