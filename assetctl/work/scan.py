"""Runs a plan: devices side by side within the limits, each device one question at a time, everything kept as it comes.

A scan can be ended at any moment. What was answered is stored, finished steps are never asked again, and an
interrupted one starts once more at most, on what is left of its device's budget.
"""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from assetctl import fingerprint
from assetctl.model import Address, Claim, NetworkKind, Observation, Outcome
from assetctl.plan import Plan, Step
from assetctl.protocol import Protocol
from assetctl.safety.gate import Gate
from assetctl.safety.holds import Hold, known
from assetctl.safety.nature import control_equipment, safety_system
from assetctl.safety.permit import Refused, Wait
from assetctl.sightings import split
from assetctl.work import contexts, finder
from assetctl.work.converse import NAP_S, Surroundings, converse, vantage_of
from assetctl.work.knowledge import Knowledge, in_turn, is_wanted
from assetctl.work.turns import Lane, turns

MADE_BETWEEN_LOOKS = 200_000


@dataclass
class Progress:
    """What a watcher may show. total: devices of the plan. done: those finished with."""

    total: int
    done: int = 0
    answered: int = 0
    units: int = 0
    last: str = ""


@dataclass
class Held:
    """Which holds apply to which device, as its answers come in. consented: safety systems that may be asked."""

    consented: frozenset[Address] = frozenset()
    holds: tuple[Hold, ...] = field(default_factory=known)
    by_address: dict[Address, list[Hold]] = field(default_factory=dict)
    safety_systems: dict[Address, str] = field(default_factory=dict)

    def learn(self, address: Address, claims: Iterable[Claim]) -> None:
        """Take in what an answer says about the device."""
        claims = tuple(claims)
        by_key: dict[str, list[Claim]] = {}
        for claim in claims:
            by_key.setdefault(claim.key, []).append(claim)
        found = [hold for hold in self.holds if hold.knows(by_key.get(hold.key, ()))]
        self.by_address.setdefault(address, []).extend(found)
        reason = safety_system((c.key, c.local_key, c.value) for c in claims if not c.part)
        if reason and address not in self.consented:
            self.safety_systems[address] = reason

    def reason(self, address: Address, protocol: str, request: str) -> str:
        """Why a request is held for a device, or ""."""
        if address in self.safety_systems:
            return f"a safety system by {self.safety_systems[address]}; it needs a consent that names it"
        match = next((h for h in self.by_address.get(address, ()) if h.holds(protocol, request)), None)
        return f"{match.reason} ({match.source})" if match else ""


@dataclass(frozen=True)
class Run:
    """One scan in motion. done: ids of steps finished before. given_up: of those begun twice and never finished."""

    plan: Plan
    protocols: Mapping[str, Protocol]
    gate: Gate
    around: Surroundings
    store: Callable[[Observation], Awaitable[None]]
    progress: Progress
    done: frozenset[str] = frozenset()
    given_up: frozenset[str] = frozenset()
    held: Held = field(default_factory=Held)
    knowledge: Knowledge = field(default_factory=Knowledge)


async def run(run: Run, *, on_step: Callable[[Observation], None] | None = None) -> None:
    """Take every step of the plan. Ends early, orderly, when the gate's stop says so or the task is cancelled."""
    asking = asyncio.create_task(_ask_all(run, on_step))
    watcher = asyncio.create_task(_watch(run, asking))
    try:
        with _rare_collection(), run.around.presence.watched():
            asked = await asyncio.gather(asking, return_exceptions=True)
    finally:
        watcher.cancel()
        watched = await asyncio.gather(watcher, return_exceptions=True)
        run.gate.ledger.sync(now_s=asyncio.get_running_loop().time())
    _raise_first((*watched, *asked))


async def _ask_all(run: Run, on_step: Callable[[Observation], None] | None) -> None:
    wide = run.plan.scope.limits.most_devices
    for lanes in turns(run.plan, run.protocols, run.knowledge, wide=wide):
        workers = [asyncio.create_task(_work(run, lane, on_step)) for lane in lanes]
        try:
            await asyncio.gather(*workers, return_exceptions=True)
        finally:  # of workers that were ended too, what had gone wrong in them
            _raise_first(worker.exception() for worker in workers if not worker.cancelled())


def _raise_first(results: Iterable[object]) -> None:
    """Raise what went wrong first; that something was cancelled is no fault."""
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, asyncio.CancelledError):
            raise result


@contextmanager
def _rare_collection() -> Iterator[None]:
    """Look for unreachable cycles rarely: a run makes few, and each look walks over everything that it holds."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(MADE_BETWEEN_LOOKS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


async def _watch(run: Run, asking: asyncio.Task[None]) -> None:
    """End all sending within a second of a stop, and have the ledger on disk every second."""
    loop = asyncio.get_running_loop()
    try:
        while not run.gate.rules.stop():
            await asyncio.sleep(NAP_S)
            run.gate.ledger.sync_when_due(now_s=loop.time())
    finally:  # also when the ledger is not safe, which the disk tells only once
        asking.cancel()


async def _work(run: Run, lane: Lane, on_step: Callable[[Observation], None] | None) -> None:
    for address, todo in lane:
        reached = False
        for step in in_turn(todo, run.knowledge.of(address)):
            known = run.knowledge.of(step.address)
            if f"{run.around.scan}/{step.id}" in run.done or not _is_wanted(run, step, known):
                continue
            if run.gate.rules.stop():
                return
            observation = await _take(run, step, known)
            await run.store(observation)
            reached = reached or observation.outcome in (Outcome.ANSWERED, Outcome.REFUSED)
            _learn(run, step, observation)
            if on_step is not None:
                on_step(observation)
        run.gate.leave(address)
        run.progress.done += isinstance(address, Address)
        run.progress.answered += reached
        run.progress.last = str(address)


def _is_wanted(run: Run, step: Step, known: Mapping[str, str]) -> bool:
    return is_wanted(step, run.protocols.get(step.protocol), run.plan.scope, known)


async def _take(run: Run, step: Step, known: Mapping[str, str]) -> Observation:
    """One step: a seat for the device, the talk, and its observation whatever came of it."""
    protocol = run.protocols.get(step.protocol)
    context = contexts.context_for(step, run.around.scan, run.plan.scope, known=known)
    if run.knowledge.is_strange(step):
        return _untaken(run, step, Outcome.DENIED, "an unknown answer on this port; no second protocol is tried on it")
    if f"{run.around.scan}/{step.id}" in run.given_up:
        return _untaken(run, step, Outcome.ABORTED, "interrupted twice; not begun again in this scan")
    seat = await _seat(run, step)
    if isinstance(seat, Refused):
        return _untaken(run, step, Outcome.DENIED, seat.reason)
    probe, reader = (finder.find, finder.READER) if protocol is None else (protocol.probe, protocol.reader)
    try:
        return await converse(step, probe(context), context, reader, gate=run.gate, around=run.around)
    finally:
        run.gate.finish(step.address)


async def _seat(run: Run, step: Step) -> Refused | None:
    limits = run.plan.scope.limits
    pace = 1 / limits.ot_units_per_second if run.gate.kind(step.address) is NetworkKind.OT else 0.05
    worst_s = step.cost.units * (limits.answer_s + pace) + step.listen_s
    while isinstance(answer := run.gate.begin(step, worst_s=worst_s), Wait):
        await asyncio.sleep(answer.seconds)
    return answer


def _untaken(run: Run, step: Step, outcome: Outcome, detail: str) -> Observation:
    """The observation of a step that was not taken: nothing was asked, and why."""
    now = run.around.now()
    context = contexts.context_for(step, run.around.scan, run.plan.scope)
    protocol = run.protocols.get(step.protocol)
    return Observation(
        id=f"{run.around.scan}/{step.id}",
        scan=run.around.scan,
        source="probe",
        reader=protocol.reader if protocol else finder.READER,
        realm=step.address.realm,
        target=step.address if isinstance(step.address, Address) else None,
        vantage=vantage_of(step, run.around),
        outcome=outcome,
        started=now,
        ended=now,
        exchanges=(),
        claims=(),
        port=step.port,
        transport=step.transport,
        options=contexts.written(context),
        detail=detail,
    )


def _learn(run: Run, step: Step, observation: Observation) -> None:
    """What an answer means for the questions still to come: holds, stricter rules, the uptime breaker."""
    if observation.outcome is Outcome.SILENT and not observation.claims:
        return
    for one in split(observation):
        if one.target is not None:
            learn(run.held, run.gate, one.target, one.claims)
            run.knowledge.hear(one)
    for claim in observation.claims:
        if claim.key == "sys_uptime_s" and isinstance(claim.value, int):
            run.gate.uptime(step, float(claim.value))


def learn(held: Held, gate: Gate, address: Address, said: tuple[Claim, ...]) -> None:
    """Which holds and stricter rules follow from what a device said, in this run or before its interruption."""
    if not said:
        return
    claims = said + tuple(one.claim for one in fingerprint.derive(said))
    held.learn(address, claims)
    if control_equipment((c.key, c.local_key, c.value) for c in claims):
        gate.tighten(address)
