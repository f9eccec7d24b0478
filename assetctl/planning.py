"""The plan for a scope: which protocol is asked in which network, what it costs there, and why others are left out."""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from assetctl.errors import InputError
from assetctl.model import Address, NetworkKind, RequestClass, Transport
from assetctl.plan import LISTEN_S, NEVER_CONNECTED, NMAP, PORT_FINDER, Plan, Row, addresses, ip_of, size
from assetctl.protocol import Cost, Credential, Protocol
from assetctl.scope import NamedSegment, Network, Scope, Target
from assetctl.talk import TLS
from assetctl.text import counted

FINDER_PORTS = (21, 22, 23, 80, 443)

MOST_ADDRESSES = 65_536

LONGEST_LISTEN_S = 600.0


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
                f"{target}: {counted(len(target), 'address')}; above {MOST_ADDRESSES} a list of hosts (@file) is needed"
            )
        for network, part in _by_kind(target, scope):
            chosen, missed = _rows(part, network, scope, protocols, known=known, nmap=nmap)
            rows += chosen
            left_out += [(str(part), reason) for reason in missed]
    digests = {row.protocol: protocols[row.protocol].digest for row in rows if row.protocol in protocols}
    return Plan(tuple(rows), scope, digests, tuple(dict.fromkeys(left_out)), known)


def packets_for(units: int, connections: int, transport: Transport, scope: Scope, *, envelope: str = "") -> int:
    """The most packets that we send: SYN and its resends, ACK, FIN, ACK; data, three resends, ACK.

    A TLS connection takes two flights more than the units it counts: the hello again in another group, and the end.
    """
    if transport is Transport.LINK:
        return units - connections
    if transport is Transport.UDP:
        return units
    flights = units - connections + (2 * connections if envelope == TLS else 0)
    return connections * (4 + int(scope.limits.connect_s)) + flights * 5


def worst_units(cost: Cost, protocol: Protocol) -> int:
    """The most units of a talk: a datagram that stays unanswered is sent once more."""
    if protocol.transport is Transport.UDP:
        return cost.connections + 2 * (cost.units - cost.connections)
    return cost.units


def own_ports(protocols: Mapping[str, Protocol]) -> dict[str, frozenset[int]]:
    """By stateful protocol the ports it publishes: only these need a consent that names protocol and device."""
    return {name: frozenset(p.ports) for name, p in protocols.items() if p.klass is RequestClass.STATEFUL}


def _rows(
    target: Target,
    network: Network,
    scope: Scope,
    protocols: Mapping[str, Protocol],
    *,
    known: frozenset[Address],
    nmap: bool,
) -> tuple[list[Row], list[str]]:
    devices = size(target, scope)
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
    cost = protocol.most(depth, max((len(u) for a, u in scope.units.items() if a in target), default=0))
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
        _packets(protocol, units, cost.connections, scope) * len(ports),
        sweep,
        _why(protocol, scope, sweep=sweep),
        depth,
        credentials,
        is_hinted(protocol, scope),
    )


def _packets(protocol: Protocol, units: int, connections: int, scope: Scope) -> int:
    transport = protocol.fallback_transport or protocol.transport
    return packets_for(units, connections, transport, scope, envelope=protocol.envelope)


def is_hinted(protocol: Protocol, scope: Scope) -> bool:
    """Whether a protocol is asked only of devices of which something is evidenced that suggests it."""
    named = protocol.name in scope.probes or protocol.klass is RequestClass.STATEFUL  # by a consent for the device
    return protocol.wants is not None and (protocol.wants.strict or not named)


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


NMAP_PORTS: tuple[int, ...] = (
    *(21, 22, 23, 25, 53, 80, 110, 111, 135, 139, 143, 389, 443, 445, 587, 993, 995),
    *(1433, 1521, 3306, 3389, 5432, 5900, 5985, 8000, 8080, 8443, 8888),
)

NMAP_PACKETS = len(NMAP_PORTS) * 2 * 2 + 200  # two tries of SYN and RST per port, and light detection


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
        first, last = ip_of(low, version), ip_of(high - 1, version)
        yield scope.network_of(Address(target.realm, first)), Target(target.realm, first, last, target.name)
