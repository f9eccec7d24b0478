"""What a run may ask at most, known before the first packet: rows to read, a hash to approve, steps to take.

A plan is a value. Its rows are few (one per network and protocol); the steps are expanded lazily, device by device.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from itertools import pairwise

from assetctl.errors import InputError
from assetctl.model import Address, Destination, IPAddress, NetworkKind, RequestClass, Segment, Transport
from assetctl.protocol import Cost, Credential, Protocol
from assetctl.scope import NamedSegment, Network, Scope, Target

PORT_FINDER = "ports"
NMAP = "nmap"
FINDER_PORTS = (21, 22, 23, 80, 443)
NEVER_CONNECTED = frozenset({515, 9100, *range(4001, 4033), *range(10001, 10033), *range(2101, 2133)})
MOST_ADDRESSES = 65_536
LISTEN_S = "listen_s"
LONGEST_LISTEN_S = 600.0


@dataclass(frozen=True, slots=True)
class Step:
    """One talk with one device, or with all stations of a segment: the unit of scheduling, observation and resuming.

    id: unique in its scan and the same in every run of the same plan. purse: the budget it draws on: "identity", or the
    names of its depth questions. allowance: units that the purse holds for a device over 24 hours.
    listen_s: how long it listens, beside the time that its questions take.
    """

    id: str
    address: Destination
    protocol: str
    port: int
    transport: Transport
    kind: NetworkKind
    klass: RequestClass
    purse: str
    allowance: int
    cost: Cost
    depth: frozenset[str] = frozenset()
    credentials: tuple[Credential, ...] = ()
    units: tuple[int, ...] = ()
    listen_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a plan: a protocol at every address of a target, or on a segment.

    devices: addresses after exclusions. units: most for one device. packets: most that we put on the wire for one
    device, with handshakes, resends and FIN. sweep: the addresses are not known to hold a device.
    hinted: asked only of devices of which something is evidenced that suggests the protocol.
    """

    target: Target | Segment
    kind: NetworkKind
    protocol: str
    transport: Transport
    ports: tuple[int, ...]
    klass: RequestClass
    devices: int
    units: int
    packets: int
    sweep: bool
    why: str
    depth: tuple[str, ...] = ()
    credentials: tuple[Credential, ...] = ()
    hinted: bool = False
    listen_s: float = 0.0


@dataclass(frozen=True)
class Plan:
    """Everything a run may do.

    hash: over rows, limits, names, exclusions and the published request list of each protocol.
    """

    rows: tuple[Row, ...]
    scope: Scope
    digests: Mapping[str, str]
    left_out: tuple[tuple[str, str], ...] = ()  # (what, why) that was not planned, so that silence is not coverage
    known: frozenset[Address] = frozenset()
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def devices(self) -> int:
        """Addresses that may be contacted."""
        return sum(_size(target, self.scope) for target in self.targets)

    @property
    def targets(self) -> tuple[Target, ...]:
        """What is asked address by address."""
        return tuple(dict.fromkeys(row.target for row in self.rows if isinstance(row.target, Target)))

    @property
    def segments(self) -> tuple[Segment, ...]:
        """What is asked or listened to as a whole."""
        return tuple(dict.fromkeys(row.target for row in self.rows if isinstance(row.target, Segment)))

    @property
    def units(self) -> int:
        """The most units of the whole run, budgets applied."""
        return sum(self.units_at(target) * _size(target, self.scope) for target in {r.target for r in self.rows})

    @property
    def packets(self) -> int:
        return sum(row.packets * row.devices for row in self.rows)

    @property
    def sweeps(self) -> bool:
        return any(row.sweep and row.kind is NetworkKind.OT for row in self.rows)

    @property
    def is_harmless_place(self) -> bool:
        """Whether every row lies in a lab network, which loopback always is."""
        return all(row.kind is NetworkKind.LAB for row in self.rows)

    def units_at(self, target: Target | Segment) -> int:
        """The most units for one device of a target: identity at most its budget, and each depth question its own."""
        rows = [row for row in self.rows if row.target == target]
        identity = sum(row.units for row in rows if not row.depth)
        return min(identity, self.scope.limits.identity_units) + sum(row.units for row in rows if row.depth)

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.canonical().encode()).hexdigest()

    def canonical(self) -> str:
        """The plan as canonical JSON: what the hash is taken over and what approvals are compared with."""
        limits = self.scope.limits
        content = {
            "rows": [_row_text(row) for row in self.rows],
            "excluded": sorted(map(str, self.scope.excluded)),
            "limits": {name: getattr(limits, name) for name in limits.__dataclass_fields__},
            "parameters": {name: dict(sorted(told.items())) for name, told in sorted(self.scope.parameters.items())},
            "windows": [f"{w.realm}:{w.days}:{w.start}-{w.end}" for w in self.scope.windows],
            "requests": dict(sorted(self.digests.items())),
        }
        return json.dumps(content, sort_keys=True, separators=(",", ":"))


def make(
    scope: Scope, protocols: Mapping[str, Protocol], *, known: frozenset[Address] = frozenset(), nmap: bool = False
) -> Plan:
    """The plan for a scope.

    known: addresses where earlier evidence says a device is; targets that hold nothing else are no sweep.
    nmap: the program is there. Raises InputError when a network is too large for a sweep.
    """
    rows: list[Row] = []
    left_out: list[tuple[str, str]] = []
    for named in scope.segments:
        chosen, missed = _segment_rows(named, scope, protocols)
        rows += chosen
        left_out += [(str(named.segment), reason) for reason in missed]
    for target in scope.targets:
        if len(target) > MOST_ADDRESSES:
            raise InputError(
                f"{target}: {len(target)} addresses; above {MOST_ADDRESSES} a list of hosts (@file) is needed"
            )
        for network, part in _by_kind(target, scope):
            chosen, missed = _rows(part, network, scope, protocols, known=known, nmap=nmap)
            rows += chosen
            left_out += [(str(part), reason) for reason in missed]
    digests = {row.protocol: protocols[row.protocol].digest for row in rows if row.protocol in protocols}
    return Plan(tuple(rows), scope, digests, tuple(dict.fromkeys(left_out)), known)


def steps(
    plan: Plan, protocols: Mapping[str, Protocol], target: Target | Segment
) -> Iterator[tuple[Destination, tuple[Step, ...]]]:
    """Each address of a target with its steps in order, expanded one address at a time; a segment with its own."""
    rows = [row for row in plan.rows if row.target == target and row.protocol != NMAP]
    if rows:
        for place in (target,) if isinstance(target, Segment) else addresses(target, plan.scope):
            yield place, tuple(_steps_at(place, rows, plan.scope, protocols))


def addresses(target: Target, scope: Scope) -> Iterator[Address]:
    """The addresses of a target without the excluded ones."""
    for number in range(int(target.first), int(target.last) + 1):
        address = Address(target.realm, _ip(number, target.first.version))
        if not scope.excludes(address):
            yield address


def packets_for(units: int, connections: int, transport: Transport, scope: Scope) -> int:
    """The most packets that we send: SYN and its resends, ACK, FIN, ACK; data, three resends, ACK."""
    if transport is Transport.LINK:
        return units - connections
    if transport is Transport.UDP:
        return units
    return connections * (4 + int(scope.limits.connect_s)) + (units - connections) * 5


def worst_units(cost: Cost, protocol: Protocol) -> int:
    """The most units of a talk: a datagram that stays unanswered is sent once more."""
    if protocol.transport is Transport.UDP:
        return cost.connections + 2 * (cost.units - cost.connections)
    return cost.units


def _rows(
    target: Target,
    network: Network,
    scope: Scope,
    protocols: Mapping[str, Protocol],
    *,
    known: frozenset[Address],
    nmap: bool,
) -> tuple[list[Row], list[str]]:
    devices = _size(target, scope)
    sweep = not all(address in known for address in addresses(target, scope)) if devices <= 4096 else True
    rows: list[Row] = []
    missed: list[str] = []
    nmap_wanted = network.kind is NetworkKind.IT and (not scope.probes or NMAP in scope.probes)
    # what tells most for least comes first, services of offices last, so that the budget goes to the plant's own
    in_turn = sorted(
        (one for one in protocols.values() if one.transport is not Transport.LINK),
        key=lambda one: (one.wants is not None, one.everywhere, not one.needs_credential),
    )
    for protocol in in_turn:
        reason = _unfit(protocol, target, network, scope, nmap=nmap_wanted and nmap)
        if reason:
            missed.append(f"{protocol.name}: {reason}")
        else:
            rows.append(_protocol_row(protocol, target, network, scope, devices=devices, sweep=sweep))
    covered = {port for row in rows if row.transport is Transport.TCP for port in row.ports}
    rows += _finder_row(target, network, scope, covered=covered, devices=devices, sweep=sweep)
    if nmap_wanted and nmap:
        rows.append(_nmap_row(target, network, devices))
    elif nmap_wanted:
        missed.append("nmap: not installed, so services on this IT network are not looked at")
    return ([row for row in rows if row.devices] if devices else []), missed


def _segment_rows(named: NamedSegment, scope: Scope, protocols: Mapping[str, Protocol]) -> tuple[list[Row], list[str]]:
    """What is sent to, or heard on, a segment. Its entry in the settings is the consent."""
    rows: list[Row] = []
    missed: list[str] = []
    for protocol in protocols.values():
        if protocol.transport is not Transport.LINK:
            continue
        if scope.probes and protocol.name not in scope.probes:
            missed.append(f"{protocol.name}: not among the chosen probes")
        else:
            rows.append(_segment_row(named, protocol, scope))
    return rows, missed


def _segment_row(named: NamedSegment, protocol: Protocol, scope: Scope) -> Row:
    frames = packets_for(protocol.cost.units, protocol.cost.connections, protocol.transport, scope)
    reach = "every station of the segment hears it, so no address can be excluded from it" if frames else "only listens"
    return Row(
        named.segment,
        named.kind,
        protocol.name,
        protocol.transport,
        protocol.ports,
        protocol.klass,
        1,
        protocol.cost.units,
        frames,
        sweep=False,
        why=f"{reach}; allowed by {named.by}: {named.reason}",
        listen_s=listen_s(protocol, scope),
    )


def listen_s(protocol: Protocol, scope: Scope) -> float:
    """How long a protocol listens on a segment. Raises InputError for a time that is none."""
    told = scope.parameters.get(protocol.name, {}).get(LISTEN_S, "")
    if not told:
        return protocol.listen_s
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,2})?", told, re.ASCII) or not 0 < float(told) <= LONGEST_LISTEN_S:
        raise InputError(
            f"parameters.{protocol.name}.{LISTEN_S}: seconds above 0 and up to {LONGEST_LISTEN_S:.0f} are expected, "
            f'such as "{protocol.listen_s:g}"'
        )
    return float(told)


def _unfit(protocol: Protocol, target: Target, network: Network, scope: Scope, *, nmap: bool) -> str:
    """Why a protocol is not asked in a network, or "" when it is. nmap: it is planned for this network."""
    if scope.probes and protocol.name not in scope.probes:
        return "not among the chosen probes"
    if protocol.klass is RequestClass.STATEFUL and not _consented(protocol.name, target, scope):
        return "stateful; needs a consent that names the device"
    if protocol.everywhere and nmap:
        return "nmap looks at its ports in this network; choose probes without nmap to ask it"
    is_for_it = protocol.everywhere or protocol.needs_credential or protocol.name in scope.probes
    if network.kind is NetworkKind.IT and not is_for_it:
        return "an OT protocol is asked in an IT network only when named"
    if not scope.ports.get(protocol.name, protocol.ports):
        return "has no port of its own; [ports] names where it is asked"
    if network.substation and protocol.name in ("s7", "s7plus"):
        return "port 102 is left alone in a substation"
    if protocol.needs_credential and not _credentials(protocol, target, scope):
        return "no credential for this network"
    return ""


def _protocol_row(
    protocol: Protocol, target: Target, network: Network, scope: Scope, *, devices: int, sweep: bool
) -> Row:
    depth = tuple(sorted(name for name in scope.depth if name in protocol.depths))
    credentials = _credentials(protocol, target, scope)
    cost = _cost(protocol, depth, max((len(u) for a, u in scope.units.items() if a in target), default=0))
    ports = scope.ports.get(protocol.name, protocol.ports)
    units = worst_units(cost, protocol)
    return Row(
        target,
        network.kind,
        protocol.name,
        protocol.transport,
        ports,
        RequestClass.DEPTH if depth and protocol.klass is not RequestClass.STATEFUL else protocol.klass,
        devices,
        units * len(ports),
        packets_for(units, cost.connections, protocol.fallback_transport or protocol.transport, scope) * len(ports),
        sweep,
        _why(protocol, scope, sweep=sweep),
        depth,
        credentials,
        is_hinted(protocol, scope),
    )


def is_hinted(protocol: Protocol, scope: Scope) -> bool:
    """Whether a protocol is asked only of devices of which something is evidenced that suggests it."""
    return protocol.wants is not None and (protocol.wants.strict or protocol.name not in scope.probes)


def _why(protocol: Protocol, scope: Scope, *, sweep: bool) -> str:
    whom = "blind sweep" if sweep else "known devices"
    return f"{whom}, where evidence suggests it" if is_hinted(protocol, scope) else whom


def _finder_row(
    target: Target, network: Network, scope: Scope, *, covered: set[int], devices: int, sweep: bool
) -> list[Row]:
    """The port finder on the ports to which no protocol of the plan connects anyway."""
    if network.kind is NetworkKind.IT or (scope.probes and PORT_FINDER not in scope.probes):
        return []
    ports = tuple(p for p in scope.ports.get(PORT_FINDER, FINDER_PORTS) if p not in NEVER_CONNECTED | covered)
    if not ports:
        return []
    cost = Cost(len(ports), len(ports))
    return [
        Row(
            target,
            network.kind,
            PORT_FINDER,
            Transport.TCP,
            ports,
            RequestClass.IDENTITY,
            devices,
            cost.units,
            packets_for(cost.units, cost.connections, Transport.TCP, scope),
            sweep,
            "open, closed or filtered; connect and orderly close",
        )
    ]


def _nmap_row(target: Target, network: Network, devices: int) -> Row:
    return Row(
        target,
        network.kind,
        NMAP,
        Transport.TCP,
        NMAP_PORTS,
        RequestClass.IDENTITY,
        devices,
        1,
        NMAP_PACKETS,
        sweep=True,
        why="connect scan and light service detection on an IT network",
    )


OT_PORTS = frozenset(
    {f"tcp/{port}" for port in (102, 502, 789, 1089, 1090, 1091, 1911, 1962, 2222, 2404, 4840, 4911, 5006, 5007, 5094)}
    | {f"tcp/{port}" for port in (9600, 11740, 18245, 20000, 20547, 34962, 34963, 34964, 44818, 48898)}
    | {f"udp/{port}" for port in (2222, 5094, 9600, 20000, 34964, 44818, 47808, 48899)}
)
NMAP_PORTS: tuple[int, ...] = (
    *(21, 22, 23, 25, 53, 80, 110, 111, 135, 139, 143, 389, 443, 445, 587, 993, 995),
    *(1433, 1521, 3306, 3389, 5432, 5900, 5985, 8000, 8080, 8443, 8888),
)
NMAP_PACKETS = len(NMAP_PORTS) * 2 * 2 + 200  # two tries of SYN and RST per port, and light detection


def _steps_at(address: Destination, rows: list[Row], scope: Scope, protocols: Mapping[str, Protocol]) -> Iterator[Step]:
    for row in rows:
        for port in row.ports:
            protocol = protocols.get(row.protocol)
            takes_units = protocol is not None and protocol.unit_cost.units > 0
            units = scope.units.get(address, ()) if takes_units and isinstance(address, Address) else ()
            yield Step(
                f"{row.protocol}@{address}:{row.transport}/{port}",
                address,
                row.protocol,
                port,
                row.transport,
                row.kind,
                row.klass,
                _purse(row),
                row.units if row.depth else scope.limits.identity_units,
                _cost(protocol, row.depth, len(units)) if protocol else Cost(1, 1),
                frozenset(row.depth),
                row.credentials,
                units,
                row.listen_s,
            )


def _cost(protocol: Protocol, depth: tuple[str, ...], units: int) -> Cost:
    extra = [protocol.depths[name] for name in depth] + [protocol.unit_cost] * units
    return Cost(
        protocol.cost.units + sum(c.units for c in extra), protocol.cost.connections + sum(c.connections for c in extra)
    )


def _purse(row: Row) -> str:
    return "+".join(row.depth) if row.depth else "identity"


def _credentials(protocol: Protocol, target: Target, scope: Scope) -> tuple[Credential, ...]:
    """Credentials that may be used anywhere in a target, in the stated order."""
    return tuple(
        Credential(entry.name, entry.kind)
        for entry in scope.credentials
        if entry.kind.startswith(protocol.name + "-")
        and entry.realm == target.realm
        and (not entry.networks or any(target.first in net and target.last in net for net in entry.networks))
    )


def _consented(protocol: str, target: Target, scope: Scope) -> bool:
    return any(
        consent.probe == protocol
        and Address(target.realm, target.first) in t
        and Address(target.realm, target.last) in t
        for consent in scope.consents
        for t in consent.targets
    )


def _by_kind(target: Target, scope: Scope) -> Iterator[tuple[Network, Target]]:
    """A target cut where the declared networks begin and end, each part with its network."""
    version = target.first.version
    edges = {int(target.first), int(target.last) + 1}
    for network in scope.networks:
        if network.realm == target.realm and network.range.version == version:
            edges |= {int(network.range.network_address), int(network.range.broadcast_address) + 1}
    inside = sorted(edge for edge in edges if int(target.first) <= edge <= int(target.last) + 1)
    for low, high in pairwise(inside):
        first, last = _ip(low, version), _ip(high - 1, version)
        yield scope.network_of(Address(target.realm, first)), Target(target.realm, first, last, target.name)


def _ip(number: int, version: int) -> IPAddress:
    return IPv4Address(number) if version == 4 else IPv6Address(number)


def _size(target: Target | Segment, scope: Scope) -> int:
    """Addresses of a target that are not excluded, counted without expanding it; a segment counts as one place."""
    if isinstance(target, Segment):
        return 1
    spans = sorted(
        (max(int(x.first), int(target.first)), min(int(x.last), int(target.last)))
        for x in scope.excluded
        if x.realm == target.realm and x.first.version == target.first.version
    )
    lost, upto = 0, int(target.first)
    for low, high in spans:
        low = max(low, upto)
        if high >= low:
            lost += high - low + 1
            upto = high + 1
    return len(target) - lost


def _row_text(row: Row) -> list[object]:
    return [
        str(row.target),
        row.kind,
        row.protocol,
        row.transport,
        list(row.ports),
        row.klass,
        row.devices,
        row.units,
        row.packets,
        row.sweep,
        list(row.depth),
        [f"{c.name}:{c.kind}" for c in row.credentials],
    ]
