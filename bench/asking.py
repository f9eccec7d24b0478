"""The real path as `assetctl scan` builds it: plan, gate, ledger, transport, keeper, store; on the bench's fleets."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from ipaddress import ip_address
from pathlib import Path

from assetctl.model import Exchange, Observation, Scan, ScanState
from assetctl.plan import Plan
from assetctl.planning import make
from assetctl.protocol import Protocol
from assetctl.protocols import modbus, snmp
from assetctl.safety.gate import Gate
from assetctl.safety.ledger import Ledger, verify
from assetctl.safety.rules import Rules
from assetctl.scope import CredentialEntry, Limits, Scope, Target
from assetctl.secrets.credentials import Community, Secret, UsmUser
from assetctl.store.repo import Store, open_store
from assetctl.transport import route
from assetctl.work.converse import Surroundings
from assetctl.work.keep import Keeper, Together
from assetctl.work.scan import Held, Progress, Run, run
from assetctl.work.stop import Stop
from bench.fleet import COMMUNITY

PROTOCOLS = {protocol.name: protocol for protocol in (modbus.PROTOCOL, snmp.PROTOCOL)}
REALM = "plant"
SCAN = "bench"
V2C = Community("fleet", "v2c", COMMUNITY)


@dataclass(frozen=True)
class Way:
    """How a run goes. store: keep evidence and observations in SQLite, else nowhere. held: takes each observation.

    resend: whether a datagram that met silence is sent once more. Without `held` the run itself holds all observations.
    """

    store: bool
    resend: bool = True
    secret: Secret = V2C
    protocols: Mapping[str, Protocol] = field(default_factory=lambda: PROTOCOLS)
    held: Callable[[Observation], None] | None = None


@dataclass(frozen=True)
class Asked:
    """One run: seconds on the clock and of this process's CPU, observations, lines of the verified ledger."""

    wall_s: float
    cpu_s: float
    observations: tuple[Observation, ...]
    lines: int


def scope_for(
    addresses: Sequence[str],
    protocol: str,
    port: int,
    limits: Limits,
    *,
    depth: Iterable[str] = (),
    secret: Secret = V2C,
) -> Scope:
    """One protocol on one port of consecutive loopback addresses, which are a lab: no pace, no budget."""
    entry = CredentialEntry("fleet", "snmp-v3" if isinstance(secret, UsmUser) else "snmp-v2c", REALM, (), {})
    return Scope(
        targets=(Target(REALM, ip_address(addresses[0]), ip_address(addresses[-1])),),
        limits=limits,
        probes=(protocol,),
        depth=frozenset(depth),
        credentials=(entry,) if protocol == "snmp" else (),
        ports={protocol: (port,)},
    )


def ask(scope: Scope, folder: Path, way: Way) -> Asked:
    """Take every step of the scope."""
    plan = make(scope, way.protocols)
    (folder / "ledger").unlink(missing_ok=True)
    ledger = Ledger(folder / "ledger")
    database = _store(folder, plan) if way.store else None
    seen: list[Observation] = []
    hold = way.held or seen.append
    together = Together(partial(database.put_observations, are_kept=True)) if database is not None else None

    async def keep_observation(observation: Observation) -> None:
        hold(observation)
        if together is not None:
            await together.add(observation)

    around = Surroundings(
        SCAN,
        route.taken(scope.vantage_of(REALM), scope.targets[0].first),
        {"fleet": way.secret},
        scope.limits.connect_s,
        Keeper(SCAN, database.put_batch).keep if database is not None else _forget,
        partial(datetime.now, UTC),
        resend=way.resend,
    )
    held = Held()
    gate = _gate(plan, ledger, folder, held, way.protocols)
    order = Run(plan, way.protocols, gate, around, keep_observation, Progress(0), held=held)
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    asyncio.run(run(order))
    wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
    ledger.close()
    if database is not None:
        database.close()
    return Asked(wall_s, cpu_s, tuple(seen), verify(ledger.path, head=ledger.head, count=ledger.count).count)


async def _forget(_step: str, _exchange: Exchange) -> None:
    return


def _gate(plan: Plan, ledger: Ledger, folder: Path, held: Held, protocols: Mapping[str, Protocol]) -> Gate:
    rules = Rules(
        vets={name: protocol.vet for name, protocol in protocols.items()},
        classes={name: protocol.classes for name, protocol in protocols.items()},
        named_by={name: protocol.named_by for name, protocol in protocols.items()},
        stop=Stop(folder / "stop"),
        held=held.reason,
    )
    return Gate(plan, rules, ledger, now=partial(datetime.now, UTC), monotonic=time.monotonic)


def _store(folder: Path, plan: Plan) -> Store:
    for old in folder.glob("bench.db*"):
        old.unlink()
    store = open_store(f"sqlite:///{folder / 'bench.db'}")
    store.begin_scan(Scan(SCAN, REALM, ScanState.RUNNING, datetime.now(UTC), None, "bench", plan.hash))
    return store
