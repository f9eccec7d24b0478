"""What a run may ask at most, known before the first packet: rows to read, a hash to approve, steps to take.

A plan is a value. Its rows are few (one per network and protocol); the steps are expanded lazily, device by device.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address
from operator import itemgetter
from typing import Final

from assetctl.model import Address, Destination, IPAddress, NetworkKind, RequestClass, Segment, Transport
from assetctl.protocol import Cost, Credential, Protocol
from assetctl.scope import Scope, Target

PORT_FINDER = "ports"

NMAP = "nmap"

NEVER_CONNECTED = frozenset({515, 9100, *range(4001, 4033), *range(10001, 10033), *range(2101, 2133)})

LISTEN_S = "listen_s"


@dataclass(slots=True, unsafe_hash=True)
class Step:
    """One talk with one device, or with all stations of a segment: the unit of scheduling, observation and resuming.

    id: unique in its scan and the same in every run of the same plan. purse: the budget it draws on: "identity", or the
    names of its depth questions. allowance: units that the purse holds for a device over 24 hours.
    listen_s: how long it listens, beside the time that its questions take.
    """

    id: Final[str]
    address: Final[Destination]
    protocol: Final[str]
    port: Final[int]
    transport: Final[Transport]
    kind: Final[NetworkKind]
    klass: Final[RequestClass]
    purse: Final[str]
    allowance: Final[int]
    cost: Final[Cost]
    depth: Final[frozenset[str]] = frozenset()
    credentials: Final[tuple[Credential, ...]] = ()
    units: Final[tuple[int, ...]] = ()
    listen_s: Final[float] = 0.0


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

    hash: over rows, limits, names, exclusions and the published request list of each protocol. resting: of what is
    excluded those that take their turn in another run, as a partner is asked in this one.
    """

    rows: tuple[Row, ...]
    scope: Scope
    digests: Mapping[str, str]
    left_out: tuple[tuple[str, str], ...] = ()  # (what, why) that was not planned, so that silence is not coverage
    known: frozenset[Address] = frozenset()
    resting: frozenset[Target] = frozenset()
    extra: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def by_target(self) -> Mapping[Target | Segment, tuple[Row, ...]]:
        """The rows of each target, in their order; a plan from evidence has thousands of targets of one address."""
        found: dict[Target | Segment, list[Row]] = {}
        for row in self.rows:
            found.setdefault(row.target, []).append(row)
        return {target: tuple(rows) for target, rows in found.items()}

    @cached_property
    def _numbered(self) -> tuple[Mapping[Destination, list[tuple[int, Row]]], list[tuple[int, Row]]]:
        """The rows with their numbers: by the one place that their target is, and those whose target is a range."""
        alone: dict[Destination, list[tuple[int, Row]]] = {}
        ranges: list[tuple[int, Row]] = []
        for numbered in enumerate(self.rows):
            target = numbered[1].target
            if isinstance(target, Segment):
                alone.setdefault(target, []).append(numbered)
            elif len(target) == 1:
                alone.setdefault(Address(target.realm, target.first), []).append(numbered)
            else:
                ranges.append(numbered)
        return alone, ranges

    def rows_at(self, place: Destination) -> list[Row]:
        """The rows whose target holds a place, in their order."""
        alone, ranges = self._numbered
        found = [*alone.get(place, ()), *(numbered for numbered in ranges if place in numbered[1].target)]
        return [row for _, row in sorted(found, key=itemgetter(0))]

    @property
    def devices(self) -> int:
        """Addresses that may be contacted."""
        return sum(size(target, self.scope) for target in self.targets)

    @property
    def targets(self) -> tuple[Target, ...]:
        """What is asked address by address."""
        return tuple(target for target in self.by_target if isinstance(target, Target))

    @property
    def segments(self) -> tuple[Segment, ...]:
        """What is asked or listened to as a whole."""
        return tuple(target for target in self.by_target if isinstance(target, Segment))

    @property
    def units(self) -> int:
        """The most units of the whole run, budgets applied."""
        return sum(self.units_at(target) * size(target, self.scope) for target in self.by_target)

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
        rows = self.by_target.get(target, ())
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


def steps(
    plan: Plan,
    protocols: Mapping[str, Protocol],
    target: Target | Segment,
    *,
    places: Iterable[Address] | None = None,
) -> Iterator[tuple[Destination, tuple[Step, ...]]]:
    """Each address of a target with its steps in order, expanded one address at a time; a segment with its own.

    places: of these addresses of the target alone, in this order.
    """
    rows = [row for row in plan.by_target.get(target, ()) if row.protocol != NMAP]
    lines = [line for row in rows for line in _lines(row, plan.scope, protocols.get(row.protocol))]
    if lines:
        every = (
            (target,) if isinstance(target, Segment) else addresses(target, plan.scope) if places is None else places
        )
        for place in every:
            yield place, tuple([_step(line, place, plan.scope) for line in lines])


def addresses(target: Target, scope: Scope) -> Iterator[Address]:
    """The addresses of a target without the excluded ones."""
    for number in range(int(target.first), int(target.last) + 1):
        address = Address(target.realm, ip_of(number, target.first.version))
        if not scope.excludes(address):
            yield address


OT_PORTS = frozenset(
    {f"tcp/{port}" for port in (102, 502, 789, 1089, 1090, 1091, 1911, 1962, 2222, 2404, 2455, 4840, 4911, 5006, 5007)}
    | {f"tcp/{port}" for port in (5094, 9600, 11740, 18245, 20000, 20547, 34962, 34963, 34964, 44818, 48898)}
    | {f"udp/{port}" for port in (1740, 2222, 5094, 9600, 20000, 34964, 44818, 47808, 48899)}
)


@dataclass(frozen=True, slots=True)
class _Line:
    """What of a step is the same at every address of a row. more: protocol where units behind a device cost extra."""

    row: Row
    port: int
    purse: str
    cost: Cost
    depth: frozenset[str]
    allowance: int
    more: Protocol | None


def _lines(row: Row, scope: Scope, protocol: Protocol | None) -> Iterator[_Line]:
    cost, depth = protocol.most(row.depth, 0) if protocol else Cost(1, 1), frozenset(row.depth)
    allowance = cost.units * len(row.ports) if row.depth else scope.limits.identity_units
    more = protocol if protocol is not None and protocol.unit_cost.units > 0 else None
    for port in row.ports:
        yield _Line(row, port, _purse(row), cost, depth, allowance, more)


def _step(line: _Line, address: Destination, scope: Scope) -> Step:
    row, cost, allowance = line.row, line.cost, line.allowance
    units = scope.units.get(address, ()) if line.more is not None and isinstance(address, Address) else ()
    if units and line.more is not None:
        cost = line.more.most(row.depth, len(units))
        allowance = cost.units * len(row.ports) if row.depth else allowance
    return Step(
        f"{row.protocol}@{address}:{row.transport}/{line.port}",
        address,
        row.protocol,
        line.port,
        row.transport,
        row.kind,
        row.klass,
        line.purse,
        allowance,
        cost,
        line.depth,
        row.credentials,
        units,
        row.listen_s,
    )


def _purse(row: Row) -> str:
    return "+".join(row.depth) if row.depth else "identity"


def ip_of(number: int, version: int) -> IPAddress:
    return IPv4Address(number) if version == 4 else IPv6Address(number)


def size(target: Target | Segment, scope: Scope) -> int:
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
