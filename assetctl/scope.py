"""What may be asked, by whom it was allowed, and from where: the scope of one realm, as values.

`settings` reads these from assetctl.toml; everything here is pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from ipaddress import ip_network

from assetctl.model import Address, Destination, IPAddress, IPNetwork, NetworkKind, Segment

EVERYWHERE_4, EVERYWHERE_6 = ip_network("0.0.0.0/0"), ip_network("::/0")


@dataclass(frozen=True, slots=True)
class Network:
    """A range of one realm and how careful it must be treated. The most specific range that holds an address counts.

    fragile: one device at a time. substation: S7 is not asked at all on port 102.
    """

    realm: str
    range: IPNetwork
    kind: NetworkKind = NetworkKind.OT
    fragile: bool = False
    substation: bool = False
    site: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """One thing the user wants looked at: a range of addresses, and the name it was given as, when it was a name."""

    realm: str
    first: IPAddress
    last: IPAddress
    name: str = ""

    def __contains__(self, place: Destination) -> bool:
        if isinstance(place, Segment) or place.realm != self.realm or place.ip.version != self.first.version:
            return False
        return int(self.first) <= int(place.ip) <= int(self.last)

    def __len__(self) -> int:
        return int(self.last) - int(self.first) + 1

    def __str__(self) -> str:
        span = f"{self.first}" if self.first == self.last else f"{self.first}-{self.last}"
        return f"{self.realm}/{span}" + (f" ({self.name})" if self.name else "")


@dataclass(frozen=True, slots=True)
class Vantage:
    """Where we ask from. anchor_gateway, anchor_mac: the neighbour that must be seen before the first OT frame."""

    realm: str
    interface: str = ""
    source: IPAddress | None = None
    anchor_gateway: IPAddress | None = None
    anchor_mac: str = ""
    declared: bool = False

    @property
    def name(self) -> str:
        return f"{self.interface or 'any'}/{self.source or 'any'}"

    @property
    def is_verified(self) -> bool:
        return bool(self.anchor_mac)


@dataclass(frozen=True, slots=True)
class Window:
    """A weekly time in which OT devices may be asked, in the scope's time zone. days: 0 Monday to 6 Sunday."""

    days: tuple[int, ...]
    start: time
    end: time
    realm: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """Pace, budgets and waits; the defaults are those for OT networks. None of them may be loosened on OT by a flag."""

    packets_per_second: int = 50
    ot_units_per_second: float = 2.0
    it_units_per_second: float = 20.0
    devices_per_24: int = 4
    identity_units: int = 24
    connect_s: float = 0.9
    answer_s: float = 2.0
    most_devices: int = 64


@dataclass(frozen=True, slots=True)
class Consent:
    """A stateful probe that somebody allowed for these targets, and why a second session is free there."""

    probe: str
    targets: tuple[Target, ...]
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class NamedSegment:
    """A segment on which every station may be asked at once, and who allowed it. name: what people call it."""

    segment: Segment
    by: str
    reason: str
    kind: NetworkKind = NetworkKind.OT
    name: str = ""
    site: str = ""


@dataclass(frozen=True, slots=True)
class CredentialEntry:
    """A credential by reference. secrets: part of it (community, auth, priv) -> reference such as {"env": "X"}.

    kind: snmp-v1, snmp-v2c or snmp-v3. networks: where it may be used; empty means everywhere in its realm.
    """

    name: str
    kind: str
    realm: str
    networks: tuple[IPNetwork, ...]
    secrets: Mapping[str, Mapping[str, str]]
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scope:
    """Everything the user declared about what may be asked."""

    targets: tuple[Target, ...] = ()
    excluded: tuple[Target, ...] = ()
    networks: tuple[Network, ...] = ()
    vantages: tuple[Vantage, ...] = ()
    windows: tuple[Window, ...] = ()
    timezone: str = "UTC"
    limits: Limits = Limits()
    probes: tuple[str, ...] = ()  # protocols by name; empty means every one whose class is allowed
    depth: frozenset[str] = frozenset()
    consents: tuple[Consent, ...] = ()
    credentials: tuple[CredentialEntry, ...] = ()
    sweep: bool = False
    units: Mapping[Address, tuple[int, ...]] = field(default_factory=dict)
    safety_consents: frozenset[Address] = frozenset()  # safety controllers that may be asked
    redundant: tuple[frozenset[Address], ...] = ()  # groups of which one member is asked in a run
    ports: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # protocol -> ports that replace its own
    parameters: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # protocol -> what it is told
    segments: tuple[NamedSegment, ...] = ()
    persons: int = 1  # how many must approve
    contact: str = ""

    def network_of(self, address: Destination) -> Network:
        """The most specific declared network that holds an address; an undeclared one is OT, loopback is lab.

        A segment stands for whatever networks are on it.
        """
        if isinstance(address, Segment):
            kind = next((one.kind for one in self.segments if one.segment == address), NetworkKind.OT)
            return Network(address.realm, EVERYWHERE_4, kind)
        held = [n for n in self.networks if n.realm == address.realm and address.ip in n.range]
        if held:
            return max(held, key=lambda n: n.range.prefixlen)
        whole = EVERYWHERE_4 if address.ip.version == 4 else EVERYWHERE_6
        return Network(address.realm, whole, NetworkKind.LAB if address.ip.is_loopback else NetworkKind.OT)

    def excludes(self, address: Destination) -> bool:
        return any(address in target for target in self.excluded)

    def includes(self, address: Destination) -> bool:
        if isinstance(address, Segment):
            return any(one.segment == address for one in self.segments)
        return any(address in target for target in self.targets) and not self.excludes(address)

    def vantage_of(self, realm: str) -> Vantage:
        """The declared vantage of a realm, or an undeclared one that the route decides."""
        return next((v for v in self.vantages if v.realm == realm), Vantage(realm))


def parse_moment(text: str) -> datetime:
    """An ISO 8601 time with zone, as UTC. Raises ValueError without a zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"time zone missing in {text!r}")
    return moment.astimezone(UTC)
