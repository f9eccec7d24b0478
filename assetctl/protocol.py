"""What a protocol folder declares about itself in its PROTOCOL record.

The gate, the plan, the documentation and the contract tests know a protocol by this record alone.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice, product
from typing import Final

from assetctl.model import RequestClass, Transport
from assetctl.talk import Talk
from assetctl.wire import Framing

Vet = Callable[[bytes], str]
"""Name of the published request that a unit is. Raises Refusal for every other unit. Shares no code with the codec."""


@dataclass(frozen=True, slots=True)
class Request:
    """One question that the encoders can make.

    encode: bytes from the arguments. arguments: for each keyword of `encode` the values it may take; long ranges as
    `range`, others as tuples. They are what tests enumerate and what docs/protocols.md prints.
    varying: byte offsets that carry a counter or random id, so that recordings compare without them.
    clause: where the standard defines it. depths: the depth questions that send it; () where any of the protocol's may.
    """

    name: str
    klass: RequestClass
    clause: str
    meaning: str
    encode: Callable[..., bytes]
    arguments: Mapping[str, Sequence[object]] = field(default_factory=dict)
    varying: tuple[int, ...] = ()
    depths: tuple[str, ...] = ()

    def examples(self, most: int = 2000) -> Iterator[bytes]:
        """Units over the argument ranges: all combinations, or an even sample where there are more than `most`."""
        names = list(self.arguments)
        total = 1
        for name in names:
            total *= len(self.arguments[name])
        if total <= most:
            for values in product(*self.arguments.values()):
                yield self.encode(**dict(zip(names, values, strict=True)))
            return
        for index in range(most):
            chosen: dict[str, object] = {}
            rest = index * max(1, total // most) + index
            for name in names:
                options = self.arguments[name]
                rest, at = divmod(rest, len(options))
                chosen[name] = options[(at + index) % len(options)]
            yield self.encode(**chosen)

    def pattern(self) -> str:
        """The unit as hexadecimal, bytes that differ over the argument ranges shown as "..", for docs and digest."""
        units = list(islice(self.examples(500), 500))
        shortest = min(map(len, units))
        shown = "".join(
            f"{units[0][at]:02x}" if all(unit[at] == units[0][at] for unit in units) else ".." for at in range(shortest)
        )
        return shown + ("…" if any(len(unit) != shortest for unit in units) else "")


@dataclass(frozen=True, slots=True)
class Credential:
    """What a probe may know of a credential: its name and how it travels (snmp-v1, snmp-v2c, snmp-v3)."""

    name: str
    kind: str


OPEN_PORTS = "open_ports"
"""Key in `Context.known`: the ports of the device that evidence shows open, such as "tcp/502 tcp/4840"."""
TLS_PORTS = "tls_ports"
"""Key in `Context.known`: those of them behind which TLS was spoken."""


@dataclass(frozen=True, slots=True)
class Wants:
    """What must be evidenced of a device before a protocol is asked of it unnamed: its maker, or an open port of it.

    makers: in the spelling of data/makers.toml, compared with the maker told and with the owner of the MAC prefix.
    strict: the makers alone count, and they count also where the scope names the protocol.
    ports: further ports that suggest it when open, such as "tcp/48898" for a protocol that asks by datagram.
    tunnelled: an open port suggests it only where TLS was spoken behind it.
    """

    makers: frozenset[str]
    strict: bool = False
    ports: frozenset[str] = frozenset()
    tunnelled: bool = False

    def suggested(self, known: Mapping[str, str], *, port: str) -> bool:
        """Whether what is known of a device is reason enough. port: such as "tcp/1911"."""
        told = {known.get(key, "").casefold() for key in ("manufacturer", "mac_maker")}
        if not told.isdisjoint(maker.casefold() for maker in self.makers):
            return True
        evidenced = known.get(TLS_PORTS if self.tunnelled else OPEN_PORTS, "").split()
        return not self.strict and not self.ports.union({port}).isdisjoint(evidenced)


@dataclass(slots=True, unsafe_hash=True)
class Context:
    """What a conversation is started with. Everything in it is kept with the observation, so a replay is the same.

    port: as planned. seed: 16-bit start of transaction ids. depth: depth questions that were named.
    host: the address as text, for protocols that name it in their questions; on a segment the name of our interface.
    known: facts that other steps or earlier evidence brought, by key, and OPEN_PORTS.
    units: further addressing the scope names, such as Modbus unit ids.
    parameters: what the scope declares for this protocol, by the names that `Protocol.parameters` lists.
    held: questions that a hold forbids for this device.
    """

    port: Final[int]
    seed: Final[int] = 0
    depth: Final[frozenset[str]] = frozenset()
    credentials: Final[tuple[Credential, ...]] = ()
    units: Final[tuple[int, ...]] = ()
    parameters: Final[Mapping[str, str]] = field(default_factory=dict)
    answer_s: Final[float] = 2.0
    known: Final[Mapping[str, str]] = field(default_factory=dict)
    held: Final[frozenset[str]] = frozenset()
    host: Final[str] = ""


@dataclass(frozen=True, slots=True)
class Cost:
    """The most that one talk sends: units (a connect counts one) and connections."""

    units: int
    connections: int


@dataclass(frozen=True)
class Protocol:
    """One protocol: its ports, framing, published requests, and the functions that vet and probe.

    version: of the decoder; it changes when the same bytes give other claims. ports: asked by default, in this order.
    cost: the most that an identity talk sends. unit_cost: the same for each unit of the context.
    depths: cost of each depth question by name, such as "snmp.tables".
    verified: seen to work against an implementation that is not ours.
    fallback_transport: on the same ports, where `transport` brought nothing or a depth question needs it.
    everywhere: a protocol of offices and plants alike, asked on IT networks too; elsewhere after those of the plant.
    ports may be empty: then it is asked only where the scope names ports for it.
    wants: what must be evidenced before it is asked unnamed; None asks every device.
    parameters: what a scope may declare for it, name -> meaning with the values it may take.
    listen_s: how long a talk with a segment listens; a scope may declare another time as its parameter "listen_s".
    envelope: "tls" when each of its connections is wrapped in TLS; its costs count `HANDSHAKE_UNITS` for each of them.
    """

    name: str
    title: str
    version: int
    transport: Transport
    ports: tuple[int, ...]
    framing: Framing
    requests: tuple[Request, ...]
    vet: Vet
    probe: Callable[[Context], Talk]
    cost: Cost
    claims: frozenset[str]
    sources: tuple[str, ...]
    klass: RequestClass = RequestClass.IDENTITY
    depths: Mapping[str, Cost] = field(default_factory=dict)
    unit_cost: Cost = Cost(0, 0)
    needs_credential: bool = False
    verified: bool = True
    fallback_transport: Transport | None = None
    everywhere: bool = False
    wants: Wants | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    listen_s: float = 0.0
    envelope: str = ""

    @property
    def reader(self) -> str:
        return f"{self.name}/{self.version}"

    @cached_property
    def classes(self) -> Mapping[str, RequestClass]:
        """Class of each request by name."""
        return {request.name: request.klass for request in self.requests}

    @cached_property
    def named_by(self) -> Mapping[str, tuple[str, ...]]:
        """The depth questions that send a request, by its name, where not any of them may."""
        return {request.name: request.depths for request in self.requests if request.depths}

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the published request list; a plan is bound to it."""
        lines = (f"{r.name} {r.klass} {r.pattern()} {sorted(r.arguments.items())!r}" for r in self.requests)
        text = "\n".join(lines)
        return hashlib.sha256(f"{self.name}\n{text}".encode()).hexdigest()

    def limit(self, context: Context) -> Cost:
        """The most that a talk with this context sends."""
        return self.most(tuple(name for name in self.depths if name in context.depth), len(context.units))

    def most(self, depth: Sequence[str], units: int) -> Cost:
        """The most that a talk with these depth questions and so many units behind the device sends."""
        extra = [self.depths[name] for name in depth] + [self.unit_cost] * units
        return Cost(
            self.cost.units + sum(c.units for c in extra), self.cost.connections + sum(c.connections for c in extra)
        )
