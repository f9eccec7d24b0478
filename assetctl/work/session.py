"""One scan from order to inventory: plan, permission, lock, vantage, ledger, run, and what came of it."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from time import monotonic

from assetctl.errors import Exit, InputError
from assetctl.model import Address, Destination, Observation, Scan, ScanState
from assetctl.plan import NMAP, Plan
from assetctl.planning import own_ports
from assetctl.safety.gate import Gate
from assetctl.safety.ledger import Ledger
from assetctl.safety.nature import control_equipment
from assetctl.safety.rules import Rules
from assetctl.scope import Vantage
from assetctl.settle import addresses
from assetctl.sightings import split
from assetctl.store.records import Approval as Approved
from assetctl.store.records import Incident, Quarantined
from assetctl.store.repo import Store
from assetctl.transport import link, route
from assetctl.work import clock, ledgers, lock, loop, recovery
from assetctl.work.awake import awake
from assetctl.work.converse import Surroundings
from assetctl.work.expected import expected
from assetctl.work.ingest import Ingested, ingest
from assetctl.work.keep import Keeper, Together
from assetctl.work.knowledge import Knowledge
from assetctl.work.nmap import Leases
from assetctl.work.order import Order, Permission, Place, evidenced, left_alone
from assetctl.work.scan import Held, Progress, Run, learn, run
from assetctl.work.stop import Stop, on_signals
from assetctl.work.tally import Tally, code_of, state_of


@dataclass(frozen=True)
class Outcomes:
    """The end of a run. trips: device -> why it was left alone. code: what the command returns."""

    scan: Scan
    ingested: Ingested
    trips: Mapping[Address, str]
    counts: Mapping[str, int]
    code: Exit


def perform(
    order: Order,
    plan: Plan,
    permission: Permission,
    store: Store,
    place: Place,
    *,
    now: Callable[[], datetime],
    progress: Progress,
    on_step: Callable[[Observation], None] | None = None,
) -> Outcomes:
    """Run a permitted plan and make the inventory again. Raises SafetyStop before any frame if the vantage is wrong."""
    if not plan.rows:
        raise InputError("the plan is empty: nothing in it may be asked; `assetctl plan` says why")
    vantage = _vantage(order, plan)
    with lock.held(place.locks, order.realm, order.scan) as stop_file, awake():
        earlier = ledgers.spent(store.scans(order.realm), now=now())
        scan = _begun(order, plan, permission, store, place, vantage=vantage, now=now)
        stop = Stop(stop_file)
        ledger = recovery.ledger_of(scan)
        held = Held(order.scope.safety_consents, safety_systems=left_alone(order, store))
        gate = _gate(order, plan, ledger, stop, store, now=now, earlier=earlier, held=held, until=permission.until)
        try:
            counts = _run(
                order, plan, gate, store, vantage, stop=stop, now=now, progress=progress, on_step=on_step, held=held
            )
        finally:
            ledger.close()
            scan = replace(scan, head=ledger.head, count=ledger.count, state=ScanState.INTERRUPTED)
            store.finish_scan(scan)
            _record_trips(gate, scan, store, place, order, now=now)
        code = code_of(counts, gate, stop, plan)
        state = state_of(code, stop)
        scan = replace(scan, state=state, ended=now(), exit=int(code), counts=counts)
        store.finish_scan(scan)
        return Outcomes(scan, ingest(store, order.realm, order.declared), gate.tripped, counts, code)


def _vantage(order: Order, plan: Plan) -> Vantage:
    """Where the run asks from, seen to be right before any frame.

    Raises SafetyStop when it is not, EnvironmentFault when this machine cannot ask a segment.
    """
    declared = order.scope.vantage_of(order.realm)
    for segment in plan.segments:
        link.check(segment.interface)
        route.check_segment(declared, segment.interface)
    firsts = dict.fromkeys(target.first for target in plan.targets)
    if firsts:
        return route.taken_for(declared, firsts)
    return replace(declared, interface=declared.interface or plan.segments[0].interface)


def _begun(
    order: Order,
    plan: Plan,
    permission: Permission,
    store: Store,
    place: Place,
    *,
    vantage: Vantage,
    now: Callable[[], datetime],
) -> Scan:
    approved = permission.hash or plan.hash
    if order.resume:
        scan = recovery.resumed(store, order.resume, plan)
        store.put_approval(Approved(permission.stated, f"scan {scan.id} resumed", now(), approved, scan=scan.id))
        return scan
    place.ledgers.mkdir(mode=0o700, parents=True, exist_ok=True)
    anchor = "anchor checked" if vantage.is_verified else "cell not verified"
    scan = Scan(
        id=order.scan,
        realm=order.realm,
        state=ScanState.RUNNING,
        started=now(),
        ended=None,
        vantage=f"{vantage.name} ({anchor})",
        plan_hash=plan.hash,
        approval=permission.stated,
        ledger=str(place.ledgers / f"{order.scan}.jsonl"),
        coverage=tuple(dict.fromkeys(str(row.target) for row in plan.rows)),
        excluded=tuple(str(target) for target in plan.scope.excluded),
        note=f"{clock.CLOCK}{clock.state()}",
    )
    store.begin_scan(scan)
    store.put_plan(scan.id, json.dumps({"request": order.request, "plan": json.loads(plan.canonical())}))
    store.put_approval(Approved(permission.stated, f"scan {scan.id}", now(), approved, scan=scan.id))
    return scan


def _gate(
    order: Order,
    plan: Plan,
    ledger: Ledger,
    stop: Stop,
    store: Store,
    *,
    now: Callable[[], datetime],
    earlier: Mapping[Destination, Mapping[str, int]],
    held: Held,
    until: datetime | None,
) -> Gate:
    quarantined = {
        ledgers.address(entry.subject): entry.reason for entry in store.quarantined(order.realm) if "/" in entry.subject
    }
    rules = Rules(
        vets={name: protocol.vet for name, protocol in order.protocols.items()},
        classes={name: protocol.classes for name, protocol in order.protocols.items()},
        named_by={name: protocol.named_by for name, protocol in order.protocols.items()},
        envelopes={name: protocol.envelope for name, protocol in order.protocols.items()},
        own_ports=own_ports(order.protocols),
        exclusions=order.exclusions,
        stop=stop,
        zone_of=order.zone_of,
        quarantined=quarantined,
        held=held.reason,
        same_device=_same_device(store, order.realm),
        until=until,
    )
    gate = Gate(plan, rules, ledger, now=now, monotonic=monotonic, spent=earlier)
    for address in evidenced(store, order.realm, control_equipment):
        gate.tighten(address)
    return gate


def _run(
    order: Order,
    plan: Plan,
    gate: Gate,
    store: Store,
    vantage: Vantage,
    *,
    stop: Stop,
    now: Callable[[], datetime],
    progress: Progress,
    on_step: Callable[[Observation], None] | None,
    held: Held,
) -> dict[str, int]:
    scan = order.resume or order.scan
    tally = Tally(progress, gate, on_step)
    done = store.steps_done(order.resume) if order.resume else frozenset()
    leased = ledgers.leased(Path(gate.ledger.path)) if order.resume else {}
    knowledge = _known(order, store)
    for before in store.observations(scan=order.resume) if order.resume else ():
        tally.counts[before.outcome] += before.id in done
        _learn_again(before, knowledge, held, gate)
    given_up = _given_up(order, Path(gate.ledger.path), done)
    exchanges = Keeper(scan, store.put_batch)
    around = Surroundings(scan, vantage, order.secrets, plan.scope.limits.connect_s, exchanges.keep, now)
    together: Together[Observation] = Together(partial(store.put_observations, are_kept=True))

    async def keep(observation: Observation) -> None:
        tally.add(observation)
        await together.add(observation)

    def keep_alone(observation: Observation) -> None:
        store.put_observations((observation,))
        tally.add(observation)

    async def everything() -> None:
        with on_signals(stop):
            await run(Run(plan, order.protocols, gate, around, keep, progress, done, given_up, held, knowledge))
            if any(row.protocol == NMAP for row in plan.rows) and not stop():
                await Leases(plan, gate, around, store, keep_alone, stop, leased).run()

    with asyncio.Runner(loop_factory=loop.made) as runner:
        runner.run(everything())
    return tally.counts


def _known(order: Order, store: Store) -> Knowledge:
    """What earlier evidence and people told of the devices."""
    knowledge = Knowledge()
    for asset in store.assets(order.realm):
        knowledge.recall(asset)
    for address, declared in expected(order.declared.register, order.realm):
        knowledge.expect(address, declared)
    return knowledge


def _learn_again(before: Observation, knowledge: Knowledge, held: Held, gate: Gate) -> None:
    """What an answer from before the interruption means for the rest of the run."""
    for one in split(before):
        knowledge.hear(one)
        if one.target is not None:
            learn(held, gate, one.target, one.claims)


def _given_up(order: Order, path: Path, done: frozenset[str]) -> frozenset[str]:
    """Steps that were begun twice and never finished; a third time is not tried."""
    if not order.resume or not path.exists():
        return frozenset()
    begun = ledgers.begun(path)
    return frozenset(
        f"{order.resume}/{step}" for step, times in begun.items() if times >= 2 and f"{order.resume}/{step}" not in done
    )


def _record_trips(
    gate: Gate, scan: Scan, store: Store, place: Place, order: Order, *, now: Callable[[], datetime]
) -> None:
    """Quarantine what tripped, with an incident file that says why and what to do."""
    for number, (address, reason) in enumerate(sorted(gate.tripped.items(), key=lambda item: str(item[0])), 1):
        path = place.incidents / f"{scan.id}-{number}.json"
        last = [
            f"{o.id}: {e.request} {e.outcome} {e.detail}".strip()
            for o in store.observations(scan=scan.id)
            if o.target == address
            for e in o.exchanges
        ][-10:]
        ledgers.incident(
            path, scan=scan, subject=str(address), reason=reason, at=now(), last=last, contact=order.scope.contact
        )
        store.quarantine((Quarantined(str(address), order.realm, reason, now(), scan.id, str(path)),))
        store.put_incident(
            Incident(f"{scan.id}-{number}", order.realm, now(), str(address), reason, scan.id, str(path))
        )


def _same_device(store: Store, realm: str) -> dict[Address, Address]:
    """Every further address of a device -> its first one: pace and budget belong to the device."""
    several = (addresses(asset) for asset in store.assets(realm))
    return {
        Address(realm, ip_address(other)): Address(realm, ip_address(texts[0]))
        for texts in several
        for other in texts[1:]
    }
