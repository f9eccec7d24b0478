"""One flow as it is judged: what passed between two addresses to one port, over all captures."""

from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network

from assetctl.model import Allowed, Conduit, Fact, Flow, IPAddress, Source, Subject, SubjectKind, Zone
from assetctl.traffic import named, recognised


@dataclass(frozen=True, slots=True)
class SeenFlow:
    """One flow with where its ends lie. told: its rows, newest last. facts: the same as evidence."""

    name: str
    realm: str
    source: IPAddress
    target: IPAddress
    transport: str
    port: int
    service: str
    told: tuple[Flow, ...]
    from_zone: Zone | None
    to_zone: Zone | None
    conduit: Conduit | None
    facts: tuple[Fact, ...]

    @property
    def last_seen(self) -> datetime:
        return self.told[-1].last_seen

    @property
    def stays_inside(self) -> bool:
        """Whether both ends lie in one zone; what goes to a group or to all stays where it is."""
        if self.target.is_multicast or self.target.is_link_local or str(self.target) == "255.255.255.255":
            return True
        if self.from_zone is None or self.to_zone is None:
            return self.from_zone is self.to_zone
        return self.from_zone.id == self.to_zone.id or self._is_broadcast

    @property
    def _is_broadcast(self) -> bool:
        zone = self.to_zone
        networks = zone.networks if zone else ()
        return any(isinstance(net, IPv4Network) and self.target == net.broadcast_address for net in networks)

    @property
    def allowed_by(self) -> tuple[Allowed, ...]:
        """The lines of its conduit that fit by transport and port."""
        return fitting(self.conduit, self.transport, self.port) if self.conduit else ()


def fitting(conduit: Conduit, transport: str, port: int) -> tuple[Allowed, ...]:
    """The lines of a conduit's `allow` that fit by transport and port."""
    return tuple(one for one in conduit.allow if one.transport == transport and one.ports[0] <= port <= one.ports[1])


def is_named(allowed: Allowed, service: str) -> bool:
    """Whether a sensor's words name the protocol of a line of `allow`."""
    known = named(allowed.protocol)
    told = service.split(",")
    return known in recognised(service) if known else allowed.protocol.casefold() in told


def as_fact(name: str, row: Flow) -> Fact:
    """One row of a flow of that name as a fact; its evidence is the capture."""
    return Fact(
        subject=Subject(SubjectKind.ASSET, name, name),
        key="flow",
        value=f"{row.connections} connections, {row.answered} answered",
        source=Source("import", f"flows {row.sensor}", row.capture),
        vantage=row.sensor,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        confidence=90,
    )
