"""What a pass over a capture found -> observations, each with the packets it comes from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from assetctl.exchange.capture import segments as on_segment
from assetctl.exchange.capture.answers import drive
from assetctl.exchange.capture.conversation import Conversation, Place
from assetctl.exchange.capture.ears import NOT_TOLD, Ear, context_for, ears
from assetctl.exchange.capture.hosts import Hosts
from assetctl.exchange.capture.segments import Segments
from assetctl.exchange.capture.talks import Talks
from assetctl.model import Address, Claim, Exchange, IPAddress, Observation, Outcome, PortState, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols import registry

PCAP = "pcap"
READER = "pcap/1"
_RIVALS = "rivals"  # option of a talk in which several devices answered


@dataclass(frozen=True, slots=True)
class Reading:
    """An observation without its context's text, which `work` adds."""

    observation: Observation
    context: Context | None


@dataclass(slots=True)
class Maker:
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


def of_talks(talks: Talks, maker: Maker) -> Iterator[Reading]:
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
        if one.has_rivals:
            talks.left_out[f"{name} talk", "with several devices at one address, which are not told apart"] += 1
            claims = _of_services(claims)
        if one.dropped and one.ear.most > 1:
            talks.left_out[f"{name} exchange", f"beyond the first {one.ear.most} of a device"] += one.dropped
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
                options={"label": label, **({_RIVALS: "yes"} if one.has_rivals else {})},
            )
            yield Reading(observation, context)


def of_spoken(talks: Talks, maker: Maker, told: frozenset[Place]) -> Iterator[Reading]:
    """The services that were heard to answer and said nothing of themselves. told: talks that were read already."""
    for place, (number, at) in talks.spoken.items():
        ip, port, transport, name, _ = place
        if place not in told:
            key = f"{transport}/{port}"
            ear = next(one for one in ears()[str(transport), port] if one.protocol.name == name)
            claims = (
                Claim("port_state", PortState.OPEN, SubjectKind.SERVICE, key),
                Claim("service_name", ear.spoken, SubjectKind.SERVICE, key),
                Claim("service_source", "probed", SubjectKind.SERVICE, key),
            )
            record = f"packet {number}"
            named = f"spoken\n{_name(place)}"
            yield Reading(maker.make(named, READER, claims, span=(at, at), record=record, target=ip), None)


def said(ear: Ear, context: Context, exchanges: Sequence[Exchange], transport: Transport) -> tuple[Claim, ...]:
    """What a talk tells; nothing where the probe made nothing of it."""
    told = drive(ear.protocol.probe(context), ear.answers(exchanges, transport))
    claims = tuple(one for one in ear.settle(told, exchanges, context) if one.key not in NOT_TOLD)
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


def of_hosts(found: Hosts, maker: Maker) -> Iterator[Reading]:
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


def of_segments(found: Segments, maker: Maker) -> Iterator[Reading]:
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
    claims = said(ear, context, observation.exchanges, observation.transport)
    return _of_services(claims) if _RIVALS in observation.options else claims


def _of_services(claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
    return tuple(one for one in claims if one.kind is SubjectKind.SERVICE)
