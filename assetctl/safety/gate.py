"""The one gate: every frame that leaves this program got its Permit here, and its ledger line first.

In this order: published list and class, stop, exclusions, plan, vantage, quarantine and breakers, end of the approval
and window, holds, budget, pace. The first "no" is the reason that ledger and evidence show. What the gate does not
know, it refuses.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from assetctl.errors import Refusal
from assetctl.model import Address, Destination, NetworkKind, Outcome, Segment
from assetctl.plan import NMAP, Plan, Step
from assetctl.safety import limits
from assetctl.safety.hours import Hours
from assetctl.safety.journal import Journal
from assetctl.safety.ledger import Ledger
from assetctl.safety.listed import Listed
from assetctl.safety.permit import Lease, Permit, Refused, Seal, Wait
from assetctl.safety.places import RECONNECT_S, Place, Places
from assetctl.safety.rules import Rules
from assetctl.safety.seats import Seats
from assetctl.safety.weight import UNIT_PACKETS, weight
from assetctl.safety.zone_breakers import ZoneBreakers
from assetctl.talk import Ask, Open

LEASE_ADDRESSES = 16
LEASE_S = 60.0
SEAT_WAIT_S = 0.05

_SEAL = Seal()


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
        self._journal = Journal(ledger, now=now, monotonic=monotonic)
        self._listed = Listed(plan, rules)
        self._pace = limits.PacketPace(plan.scope.limits.packets_per_second)
        self._places = Places(plan.scope, rules.same_device)
        self._hours = Hours(plan.scope, rules.until, now)
        self._seats = Seats()
        self._zones = ZoneBreakers(rules.zone_of)
        for address, purses in (spent or {}).items():
            device = self._places.of(address).device
            for purse, units in purses.items():
                device.units[purse] = device.units.get(purse, 0) + units
            self.leave(address)

    # --- who may be asked -------------------------------------------------------------------------------------------

    def kind(self, address: Destination) -> NetworkKind:
        """How careful an address must be treated now: an IT host that showed an OT fact counts as OT."""
        return self._places.of(address).kind

    def tighten(self, address: Destination) -> None:
        """An OT fact was seen: from now on the rules for OT apply."""
        self._places.tighten(address)

    def begin(self, step: Step, *, worst_s: float) -> Wait | Refused | None:
        """Take the device's seat for a talk of at most `worst_s` seconds; None means it may begin."""
        place = self._places.of(step.address)
        if reason := self._forbidden(step.address, place, worst_s):
            return self._refuse(step, "begin", reason)
        most = None
        if place.kind is NetworkKind.OT:
            most = 1 if place.network.fragile else self.plan.scope.limits.devices_per_24
        return None if self._seats.take(place.main, step.address, most) else Wait(SEAT_WAIT_S)

    def note_listen(self, step: Step) -> int:
        """Put on record that a talk only listens for a while; the number of the line."""
        return self._journal.decision(step, "listen")

    def finish(self, address: Destination) -> None:
        """Give the device's seat back."""
        self._seats.give_back(self._places.of(address).main)

    def leave(self, address: Destination) -> None:
        """Note that nothing more is asked of an address for now: of one that said nothing only what counts is kept."""
        self._places.leave(address, now_s=self._monotonic())

    # --- what may leave ---------------------------------------------------------------------------------------------

    def permit(self, step: Step, action: Open | Ask, *, opened: Open, begins: bool = False) -> Permit | Wait | Refused:
        """Leave for one connect or unit. opened: the connection it goes over, which is `action` itself for an Open.

        begins: it is the first of its talk, which is put on record, so that a resumed scan knows how often that began.
        """
        try:
            request = self._listed.name(step, action, opened)
        except Refusal as refusal:
            return self._refuse(step, "unit", str(refusal))
        place = self._places.of(step.address)
        if reason := self._forbidden(step.address, place, 0) or self._held(step, request):
            return self._refuse(step, request, reason)
        units, packets, datagrams = weight(step, action, opened)
        device, is_paced = place.device, place.kind is not NetworkKind.LAB
        if is_paced:
            if device.spent(step.purse) + units > step.allowance:
                return self._refuse(step, request, f"budget: {device.spent(step.purse)} units are spent in 24 hours")
            wait = self._wait(step, action, place, packets if units else 0)
            if wait.seconds > 0:
                return wait
        kind, payload = ("unit", action.payload) if isinstance(action, Ask) else ("connect", b"")
        number = self._journal.decision(
            step, "permit", request=request, units=units, packets=packets, payload=payload, begins=begins
        )
        device.units[step.purse] = device.units.get(step.purse, 0) + units
        if units and is_paced:
            self._spend(step, action, device, packets)
        if not place.is_met:
            place.is_met = True
            self._zones.meet(step.address)
        return Permit(
            _SEAL,
            address=step.address,
            transport=opened.transport,
            port=opened.port,
            payload=payload,
            request=request,
            action=kind,
            step=step.id,
            sequence=number,
            envelope=opened.envelope,
            datagrams=datagrams,
            pause_s=1.0 / place.rate if place.rate else 0.0,
            source_port=opened.source_port,
        )

    def goodbye(self, step: Step, opened: Open) -> Permit | Refused:
        """Leave for the unit that ends a connection; it was vetted and counted when the connection was opened."""
        try:
            request = self._listed.goodbye(step, opened)
        except Refusal as refusal:
            return self._refuse(step, "goodbye", str(refusal))
        number = self._journal.decision(step, "permit", request=request, packets=UNIT_PACKETS, payload=opened.goodbye)
        return Permit(
            _SEAL,
            address=step.address,
            transport=opened.transport,
            port=opened.port,
            payload=opened.goodbye,
            request=request,
            action="goodbye",
            step=step.id,
            sequence=number,
            envelope=opened.envelope,
        )

    def lease(
        self, step: Step, addresses: tuple[Address, ...], ports: tuple[int, ...], argv: tuple[str, ...], *, profile: str
    ) -> Lease | Refused:
        """Leave for one nmap call on addresses of IT or lab networks, none of which ever showed an OT fact."""
        reason = "" if 0 < len(addresses) <= LEASE_ADDRESSES else f"{len(addresses)} addresses; 1 to 16 fit one lease"
        for address in addresses:
            reason = reason or self._forbidden(address, self._places.of(address), LEASE_S)
            reason = reason or self._not_for_nmap(address, ports)
        if reason:
            return self._refuse(step, NMAP, reason)
        payload = "\0".join(argv).encode()
        number = self._journal.decision(step, "lease", request=NMAP, units=len(addresses), payload=payload)
        ips = tuple(address.ip for address in addresses)
        return Lease(_SEAL, addresses=ips, ports=ports, profile=profile, argv=argv, seconds=LEASE_S, sequence=number)

    def leased(self, step: Step, lease: Lease, report: str) -> None:
        """Note that a call ended by itself and what report, by SHA-256, it brought: it is not repeated."""
        self._journal.leased(step, lease.sequence, report)

    def _not_for_nmap(self, address: Address, ports: tuple[int, ...]) -> str:
        if self.kind(address) is NetworkKind.OT:
            return f"{address} is treated as OT; nmap is for IT networks"
        planned = self._listed.nmap_ports(address)
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
        self._journal.answer(step, permit.sequence, outcome, frames)
        place = self._places.of(step.address)
        if place.kind is NetworkKind.LAB or isinstance(step.address, Segment):
            return ""  # that nobody on a segment answers is no sign of harm
        device = place.device
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
        place = self._places.of(step.address)
        reason = limits.judge_uptime(place.device, seconds, self._now())
        return self.trip(step, reason) if reason and place.kind is not NetworkKind.LAB else ""

    def trip(self, step: Step, reason: str) -> str:
        """Stop asking a device, and its zone when too many of its devices tripped."""
        self._places.of(step.address).device.tripped = reason
        self._journal.decision(step, "trip", reason=reason)
        self._zones.trip(step.address)
        return reason

    @property
    def stopped_zones(self) -> Mapping[str, str]:
        """Zones that are left alone from now on, and why."""
        return self._zones.stopped

    @property
    def tripped(self) -> dict[Address, str]:
        """Devices that tripped in this run, and why."""
        return dict(self._places.tripped())

    # --- the single rules -------------------------------------------------------------------------------------------

    def _forbidden(self, address: Destination, place: Place, worst_s: float) -> str:
        """Why nothing that takes `worst_s` seconds may be asked there, or ""."""
        rules = self.rules
        if stop := rules.stop():
            return f"stopped: {stop}"
        if (excluded := rules.exclusions()) and any(address in target for target in excluded):
            return "excluded"
        if not place.is_in_scope:
            return "not in the scope of the plan"
        if rules.vantage_fault and place.kind is NetworkKind.OT:
            return f"vantage: {rules.vantage_fault}"
        if rules.quarantined and isinstance(address, Address) and address in rules.quarantined:
            return f"in quarantine: {rules.quarantined[address]}"
        if place.device.tripped:
            return f"tripped: {place.device.tripped}"
        if reason := self._zones.reason(address):
            return f"zone stopped: {reason}"
        return self._hours.fault(address.realm, place.kind, worst_s)

    def _held(self, step: Step, request: str) -> str:
        if isinstance(step.address, Segment):
            return ""
        reason = self.rules.held(step.address, step.protocol, request)
        return f"held: {reason}" if reason else ""

    def _wait(self, step: Step, action: Open | Ask, place: Place, packets: int) -> Wait:
        if not packets:
            return Wait(0.0)
        device, now_s = place.device, self._monotonic()
        again = place.kind is NetworkKind.OT and isinstance(action, Open) and device.connected_by == step.id
        reconnect_s = device.sent_at_s + RECONNECT_S - now_s if again else 0.0
        own_s, shared_s = max(device.pause_s(place.rate, now_s), reconnect_s), self._pace.wait_s(packets, now_s)
        return Wait(max(own_s, shared_s), is_shared=shared_s > own_s)

    # --- issuing ----------------------------------------------------------------------------------------------------

    def _spend(self, step: Step, action: Open | Ask, device: limits.DeviceState, packets: int) -> None:
        """Count what leaves now on the paces of its device and of the run."""
        device.sent_at_s = self._monotonic()
        if isinstance(action, Open):
            device.connected_by = step.id
        self._pace.spend(packets, device.sent_at_s)

    def _refuse(self, step: Step, request: str, reason: str) -> Refused:
        self._journal.decision(step, "refuse", request=request, reason=reason)
        return Refused(reason)
