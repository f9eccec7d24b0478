"""The one gate: every frame that leaves this program got its Permit here, and its ledger line first.

In this order: stop, exclusions, plan, vantage, quarantine and breakers, end of the approval and window, published list
and class, budget, pace. The first "no" is the reason that ledger and evidence show. What the gate does not know, it
refuses.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network

from assetctl.errors import Refusal
from assetctl.model import Address, Destination, NetworkKind, Outcome, RequestClass, Segment, Transport
from assetctl.plan import NEVER_CONNECTED, NMAP, PORT_FINDER, Plan, Step
from assetctl.protocol import Vet
from assetctl.safety import limits
from assetctl.safety.ledger import Ledger
from assetctl.safety.permit import Lease, Permit, Refused, Seal, Wait
from assetctl.scope import Target
from assetctl.talk import HANDSHAKE_UNITS, TLS, Ask, Open

LEASE_ADDRESSES = 16
LEASE_S = 60.0
CONNECT_PACKETS = 4  # SYN, ACK of the handshake, FIN, ACK of theirs
UNIT_PACKETS = 2  # the unit and the ACK of its answer
HANDSHAKE_PACKETS = 4 * UNIT_PACKETS  # TLS: the hello, perhaps again in another group, our part, and later the end
GREETING = 2  # datagrams of an SNMPv3 engine before its first question
RECONNECT_S = 2.0  # between the connections of one talk to an OT device
SEAT_WAIT_S = 0.05
IN_MIND = (
    4096  # addresses and steps for which the answers of plan and scope, which never change in a run, are remembered
)

_SEAL = Seal()


@dataclass(frozen=True)
class Rules:
    """What the gate is told about the protocols and the world; it imports none of them.

    vets, classes: by protocol. named_by: by protocol and request, the depth questions of which one must be named.
    envelopes: by protocol, what its TCP connections are wrapped in; any other wrapping is refused.
    own_ports: by stateful protocol, the ports it publishes; it alone reaches one that is never connected to otherwise.
    exclusions: read anew before each frame. stop: a reason once everything must end.
    zone_of: name of the zone whose breaker an address belongs to. quarantined: address -> why it is left alone.
    held: (address, protocol, request) -> why a hold forbids it, or "". same_device: further address of a device ->
    the one under which its pace, budget and seat are kept. until: when what allows the run ends; None for no end.
    """

    vets: Mapping[str, Vet]
    classes: Mapping[str, Mapping[str, RequestClass]]
    named_by: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    envelopes: Mapping[str, str] = field(default_factory=dict)
    own_ports: Mapping[str, frozenset[int]] = field(default_factory=dict)
    exclusions: Callable[[], tuple[Target, ...]] = tuple
    stop: Callable[[], str] = str
    zone_of: Callable[[Address], str] | None = None
    quarantined: Mapping[Address, str] = field(default_factory=dict)
    held: Callable[[Address, str, str], str] = lambda _address, _protocol, _request: ""
    vantage_fault: str = ""
    same_device: Mapping[Address, Address] = field(default_factory=dict)
    until: datetime | None = None


class Gate:
    """State of one run. now: wall clock in UTC. monotonic: seconds that never go back."""

    def __init__(
        self,
        plan: Plan,
        rules: Rules,
        ledger: Ledger,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        spent: Mapping[Destination, Mapping[str, int]] | None = None,
    ) -> None:
        self.plan = plan
        self.rules = rules
        self.ledger = ledger
        self._now = now
        self._monotonic = monotonic
        self._pace = limits.PacketPace(plan.scope.limits.packets_per_second)
        self._devices: dict[Destination, limits.DeviceState] = {}
        self._seated: dict[Destination, str] = {}
        self._ot_seen: set[Destination] = set()
        self._contacted: dict[str, set[Destination]] = {}
        self._trips: dict[str, set[Destination]] = {}
        self.stopped_zones: dict[str, str] = {}
        self._network_of = lru_cache(IN_MIND)(plan.scope.network_of)
        self._in_scope = lru_cache(IN_MIND)(plan.scope.includes)
        self._is_planned = lru_cache(IN_MIND)(self._has_row)
        for address, purses in (spent or {}).items():
            device = self._device(address)
            for purse, units in purses.items():
                device.units[purse] = device.units.get(purse, 0) + units

    # --- who may be asked -------------------------------------------------------------------------------------------

    def kind(self, address: Destination) -> NetworkKind:
        """How careful an address must be treated now: an IT host that showed an OT fact counts as OT."""
        declared = self._network_of(address).kind
        return NetworkKind.OT if declared is NetworkKind.IT and address in self._ot_seen else declared

    def tighten(self, address: Destination) -> None:
        """An OT fact was seen: from now on the rules for OT apply."""
        self._ot_seen.add(address)

    def begin(self, step: Step, *, worst_s: float) -> Wait | Refused | None:
        """Take the device's seat for a talk of at most `worst_s` seconds; None means it may begin."""
        reason = self._forbidden(step.address) or self._time_fault(step.address, worst_s)
        if reason:
            return self._refuse(step, "begin", reason)
        device = self._main(step.address)
        if device in self._seated:
            return Wait(SEAT_WAIT_S)
        if self.kind(step.address) is NetworkKind.OT:
            block = _block(step.address)
            fragile = self._network_of(step.address).fragile
            most = 1 if fragile else self.plan.scope.limits.devices_per_24
            if sum(other == block for other in self._seated.values()) >= most:
                return Wait(SEAT_WAIT_S)
            self._seated[device] = block
        else:
            self._seated[device] = ""
        return None

    def note_begin(self, step: Step) -> None:
        """Put on record that a talk begins, so that a resumed scan knows how often it did."""
        self._write(step, "begin", request="", units=0, packets=0)

    def note_listen(self, step: Step) -> int:
        """Put on record that a talk only listens for a while; the number of the line."""
        return self._write(step, "listen", request="", units=0, packets=0)

    def finish(self, address: Destination) -> None:
        """Give the device's seat back."""
        self._seated.pop(self._main(address), None)

    # --- what may leave ---------------------------------------------------------------------------------------------

    def permit(self, step: Step, action: Open | Ask, *, opened: Open) -> Permit | Wait | Refused:
        """Leave for one connect or unit. opened: the connection it goes over, which is `action` itself for an Open."""
        try:
            request = self._named(step, action, opened)
        except Refusal as refusal:
            return self._refuse(step, "unit", str(refusal))
        reason = self._forbidden(step.address) or self._time_fault(step.address, 0) or self._held(step, request)
        if reason:
            return self._refuse(step, request, reason)
        units, packets, _ = weight = _weight(step, action, opened)
        device, is_paced = self._device(step.address), self.kind(step.address) is not NetworkKind.LAB
        if is_paced:
            if device.spent(step.purse) + units > step.allowance:
                return self._refuse(step, request, f"budget: {device.spent(step.purse)} units are spent in 24 hours")
            wait = self._wait(step, action, device, packets if units else 0)
            if wait.seconds > 0:
                return wait
        return self._issue(step, action, opened, request=request, weight=weight, device=device, is_paced=is_paced)

    def goodbye(self, step: Step, opened: Open) -> Permit | Refused:
        """Leave for the unit that ends a connection; it was vetted and counted when the connection was opened."""
        try:
            request = self.rules.vets[step.protocol](opened.goodbye)
        except Refusal as refusal:
            return self._refuse(step, "goodbye", str(refusal))
        sequence = self._write(step, "permit", request=request, units=0, packets=UNIT_PACKETS, payload=opened.goodbye)
        return self._sealed(step, opened, opened.goodbye, request=request, action="goodbye", sequence=sequence)

    def lease(
        self, step: Step, addresses: tuple[Address, ...], ports: tuple[int, ...], argv: tuple[str, ...], *, profile: str
    ) -> Lease | Refused:
        """Leave for one nmap call on addresses of IT or lab networks, none of which ever showed an OT fact."""
        reason = "" if 0 < len(addresses) <= LEASE_ADDRESSES else f"{len(addresses)} addresses; 1 to 16 fit one lease"
        for address in addresses:
            reason = reason or self._forbidden(address) or self._expiry(LEASE_S) or self._not_for_nmap(address, ports)
        if reason:
            return self._refuse(step, NMAP, reason)
        payload = "\0".join(argv).encode()
        sequence = self._write(step, "lease", request=NMAP, units=len(addresses), packets=0, payload=payload)
        ips = tuple(address.ip for address in addresses)
        return Lease(_SEAL, addresses=ips, ports=ports, profile=profile, argv=argv, seconds=LEASE_S, sequence=sequence)

    def leased(self, step: Step, lease: Lease, report: str) -> None:
        """Note that a call ended by itself and what report, by SHA-256, it brought: it is not repeated."""
        entry = {"at": self._now().isoformat(), "do": "leased", "step": step.id, "re": lease.sequence, "sha256": report}
        self.ledger.append(entry, now_s=self._monotonic())

    def _not_for_nmap(self, address: Address, ports: tuple[int, ...]) -> str:
        if self.kind(address) is NetworkKind.OT:
            return f"{address} is treated as OT; nmap is for IT networks"
        planned = next((row.ports for row in self.plan.rows if row.protocol == NMAP and address in row.target), ())
        return "" if ports and set(ports) <= set(planned) else "nmap on these ports is not in the plan for this network"

    # --- what came of it --------------------------------------------------------------------------------------------

    def answered(
        self,
        step: Step,
        permit: Permit,
        outcome: Outcome,
        frames: tuple[bytes, ...],
        rtt_ms: float | None,
        detail: str,
        *,
        is_ours: bool = False,
    ) -> str:
        """Note how an exchange ended, before the probe sees it. Returns why the device breaker tripped, or "".

        rtt_ms: what the device took at least. is_ours: this machine was away meanwhile, which is reason enough for
        silence and for a reset.
        """
        digest = hashlib.sha256(b"".join(frames)).hexdigest() if frames else ""
        entry = {"re": permit.sequence, "outcome": outcome, "sizes": [len(f) for f in frames], "sha256": digest}
        self.ledger.append(
            {"at": self._now().isoformat(), "do": "answer", "step": step.id, **entry}, now_s=self._monotonic()
        )
        if self.kind(step.address) is NetworkKind.LAB or isinstance(step.address, Segment):
            return ""  # that nobody on a segment answers is no sign of harm
        device = self._device(step.address)
        if outcome is not Outcome.SILENT:  # it left later than it was permitted: the pace counts from its answer
            device.sent_at_s = self._monotonic()
        if is_ours and outcome in (Outcome.SILENT, Outcome.RESET):
            return ""
        reason = limits.judge_exchange(
            device, permit.request, permit.payload, outcome, rtt_ms, detail, protocol=step.protocol
        )
        return self.trip(step, reason) if reason else ""

    def uptime(self, step: Step, seconds: float) -> str:
        """Note a reading of the device's uptime. Returns why the breaker tripped, or ""."""
        reason = limits.judge_uptime(self._device(step.address), seconds, self._now())
        return self.trip(step, reason) if reason and self.kind(step.address) is not NetworkKind.LAB else ""

    def trip(self, step: Step, reason: str) -> str:
        """Stop asking a device, and its zone when too many of its devices tripped."""
        self._device(step.address).tripped = reason
        zone = self._zone(step.address)
        trips = self._trips.setdefault(zone, set())
        trips.add(step.address)
        self._write(step, "trip", request="", units=0, packets=0, reason=reason)
        if limits.zone_trips(len(trips), len(self._contacted.get(zone, ()))):
            self.stopped_zones[zone] = f"{len(trips)} devices of {zone} tripped"
        return reason

    @property
    def tripped(self) -> dict[Address, str]:
        """Devices that tripped in this run, and why."""
        return {place: s.tripped for place, s in self._devices.items() if s.tripped and isinstance(place, Address)}

    # --- the single rules -------------------------------------------------------------------------------------------

    def _forbidden(self, address: Destination) -> str:
        if stop := self.rules.stop():
            return f"stopped: {stop}"
        if any(address in target for target in self.rules.exclusions()):
            return "excluded"
        if not self._in_scope(address):
            return "not in the scope of the plan"
        if self.rules.vantage_fault and self.kind(address) is NetworkKind.OT:
            return f"vantage: {self.rules.vantage_fault}"
        if self.rules.quarantined and isinstance(address, Address) and address in self.rules.quarantined:
            return f"in quarantine: {self.rules.quarantined[address]}"
        state = self._devices.get(self._main(address))
        if state is not None and state.tripped:
            return f"tripped: {state.tripped}"
        if self.stopped_zones and (reason := self.stopped_zones.get(self._zone(address))):
            return f"zone stopped: {reason}"
        return ""

    def _expiry(self, worst_s: float) -> str:
        until = self.rules.until
        if until is None or self._now() + timedelta(seconds=worst_s) <= until:
            return ""
        return f"the approval ends at {until:%Y-%m-%d %H:%M} UTC"

    def _time_fault(self, address: Destination, worst_s: float) -> str:
        if expired := self._expiry(worst_s):
            return expired
        if not self.plan.scope.windows or self.kind(address) is not NetworkKind.OT:
            return ""
        windows = tuple(w for w in self.plan.scope.windows if w.realm in ("", address.realm))
        left = limits.seconds_left(windows, self._now(), self.plan.scope.timezone)
        if left is None or (left > 0 and left >= worst_s):
            return ""
        return "outside the window" if left == 0 else f"{left:.0f} s are left in the window, {worst_s:.0f} s are needed"

    def _held(self, step: Step, request: str) -> str:
        if isinstance(step.address, Segment):
            return ""
        reason = self.rules.held(step.address, step.protocol, request)
        return f"held: {reason}" if reason else ""

    def _named(self, step: Step, action: Open | Ask, opened: Open) -> str:
        """Name of the request on the published list. Raises Refusal when plan, list or class do not allow it."""
        if not self._is_planned(step.protocol, step.address, step.port):
            raise Refusal(f"{step.protocol} on port {step.port} is not in the plan for this address")
        own_ports = self.rules.own_ports.get(step.protocol, frozenset())
        if opened.port != step.port or opened.port in NEVER_CONNECTED - own_ports:
            raise Refusal(f"port {opened.port} is not the planned one")
        if (opened.transport is Transport.LINK) != isinstance(step.address, Segment):
            raise Refusal("frames for everybody go to a named segment alone, and nothing else goes there")
        if isinstance(action, Open):
            if action.transport is Transport.TCP and action.envelope != self.rules.envelopes.get(step.protocol, ""):
                raise Refusal(f"envelope {action.envelope or 'none'}: {step.protocol} does not travel in it")
            if action.source_port and (action.transport is not Transport.UDP or action.source_port != step.port):
                raise Refusal(f"source port {action.source_port}: only the planned port, and only for datagrams")
            if action.goodbye:
                self._classed(step, self.rules.vets[step.protocol](action.goodbye))
            return "connect"
        if step.protocol == PORT_FINDER:
            raise Refusal("the port finder sends no unit")
        name = self.rules.vets[step.protocol](action.payload)
        self._classed(step, name)
        return name

    def _has_row(self, protocol: str, address: Destination, port: int) -> bool:
        return any(r.protocol == protocol and address in r.target and port in r.ports for r in self.plan.rows)

    def _classed(self, step: Step, request: str) -> None:
        klass = self.rules.classes[step.protocol].get(request)
        if klass is None:
            raise Refusal(f"{request} is not on the published list of {step.protocol}")
        if klass is RequestClass.DEPTH and not step.depth:
            raise Refusal(f"{request} is depth and was not named")
        wanted = self.rules.named_by.get(step.protocol, {}).get(request, ())
        if wanted and step.depth.isdisjoint(wanted):
            raise Refusal(f"{request} belongs to {' or '.join(wanted)}, which was not named")
        if klass is RequestClass.STATEFUL and step.klass is not RequestClass.STATEFUL:
            raise Refusal(f"{request} is stateful and was not consented")

    def _wait(self, step: Step, action: Open | Ask, device: limits.DeviceState, packets: int) -> Wait:
        if not packets:
            return Wait(0.0)
        rate, now_s = self._rate(step.address), self._monotonic()
        again = (
            self.kind(step.address) is NetworkKind.OT and isinstance(action, Open) and device.connected_by == step.id
        )
        reconnect_s = device.sent_at_s + RECONNECT_S - now_s if again else 0.0
        own_s, shared_s = max(device.pause_s(rate, now_s), reconnect_s), self._pace.wait_s(packets, now_s)
        return Wait(max(own_s, shared_s), is_shared=shared_s > own_s)

    def _rate(self, address: Destination) -> float:
        """Units a second that a device may be sent; 0 for no limit."""
        scope = self.plan.scope.limits
        if self.kind(address) is NetworkKind.LAB:
            return 0.0
        if self._network_of(address).kind is NetworkKind.OT:
            return scope.ot_units_per_second
        if self.kind(address) is NetworkKind.OT:  # an IT host that showed an OT fact: whichever is slower
            return min(scope.ot_units_per_second, scope.it_units_per_second)
        return scope.it_units_per_second

    # --- issuing ----------------------------------------------------------------------------------------------------

    def _issue(
        self,
        step: Step,
        action: Open | Ask,
        opened: Open,
        *,
        request: str,
        weight: tuple[int, int, int],
        device: limits.DeviceState,
        is_paced: bool,
    ) -> Permit:
        units, packets, datagrams = weight
        payload = action.payload if isinstance(action, Ask) else b""
        sequence = self._write(step, "permit", request=request, units=units, packets=packets, payload=payload)
        device.units[step.purse] = device.units.get(step.purse, 0) + units
        if units and is_paced:
            device.sent_at_s = self._monotonic()
            device.connected_by = step.id if isinstance(action, Open) else device.connected_by
            self._pace.spend(packets, device.sent_at_s)
        self._contacted.setdefault(self._zone(step.address), set()).add(step.address)
        kind = "connect" if isinstance(action, Open) else "unit"
        return self._sealed(step, opened, payload, request=request, action=kind, sequence=sequence, datagrams=datagrams)

    def _sealed(
        self,
        step: Step,
        opened: Open,
        payload: bytes,
        *,
        request: str,
        action: str,
        sequence: int,
        datagrams: int = 1,
    ) -> Permit:
        return Permit(
            _SEAL,
            address=step.address,
            transport=opened.transport,
            port=opened.port,
            payload=payload,
            request=request,
            action=action,
            step=step.id,
            sequence=sequence,
            envelope=opened.envelope,
            datagrams=datagrams,
            pause_s=1.0 / rate if (rate := self._rate(step.address)) else 0.0,
            source_port=opened.source_port,
        )

    def _refuse(self, step: Step, request: str, reason: str) -> Refused:
        self._write(step, "refuse", request=request, units=0, packets=0, reason=reason)
        return Refused(reason)

    def _write(
        self, step: Step, do: str, *, request: str, units: int, packets: int, payload: bytes = b"", reason: str = ""
    ) -> int:
        entry: dict[str, object] = {
            "at": self._now().isoformat(),
            "do": do,
            "step": step.id,
            "to": str(step.address),
            "port": step.port,
            "request": request,
            "units": units,
            "packets": packets,
            "purse": step.purse,
        }
        if payload:
            entry |= {"size": len(payload), "sha256": hashlib.sha256(payload).hexdigest()}
        if reason:
            entry["reason"] = reason
        return self.ledger.append(entry, now_s=self._monotonic())

    def _device(self, address: Destination) -> limits.DeviceState:
        main = self._main(address)
        state = self._devices.get(main)
        if state is None:
            state = self._devices[main] = limits.DeviceState()
        return state

    def _main(self, address: Destination) -> Destination:
        """The address under which a device is counted, whichever of its addresses is asked."""
        same = self.rules.same_device
        return same.get(address, address) if same and isinstance(address, Address) else address

    def _zone(self, address: Destination) -> str:
        named = self.rules.zone_of(address) if self.rules.zone_of and isinstance(address, Address) else ""
        return named or _block(address)


def _weight(step: Step, action: Open | Ask, opened: Open) -> tuple[int, int, int]:
    """Units, packets and datagrams of an action.

    A connection in TLS counts its handshake too. Opening a datagram socket sends nothing, except that an SNMPv3 engine
    asks for the agent's id and time first.
    """
    if isinstance(action, Open):
        goodbye = 1 if action.goodbye else 0
        if action.transport is Transport.TCP and action.envelope == TLS:
            return 1 + goodbye + HANDSHAKE_UNITS, CONNECT_PACKETS + HANDSHAKE_PACKETS, 1
        if action.transport is Transport.TCP:
            return 1 + goodbye, CONNECT_PACKETS, 1
        greets = any(c.name == opened.envelope and c.kind == "snmp-v3" for c in step.credentials)
        return (GREETING, GREETING, GREETING) if greets else (0, 0, 0)
    return 1, UNIT_PACKETS if opened.transport is Transport.TCP else 1, 1


def _block(address: Destination) -> str:
    """The /24, or /64, that an address lies in; a segment is one for itself."""
    if isinstance(address, Segment):
        return str(address)
    bits, version = (8, 4) if address.ip.version == 4 else (64, 6)
    return _block_text(address.realm, int(address.ip) >> bits, version)


@lru_cache(IN_MIND)
def _block_text(realm: str, number: int, version: int) -> str:
    network = IPv4Network((number << 8, 24)) if version == 4 else IPv6Network((number << 64, 64))
    return f"{realm}/{network}"
