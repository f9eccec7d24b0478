"""Services on IT networks by nmap, lease by lease; what comes back is read like any imported report."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

from assetctl.exchange.nmap_xml import read
from assetctl.model import Address, NetworkKind, Observation, RequestClass, Transport
from assetctl.plan import NMAP, NMAP_PORTS, Plan, Step, addresses
from assetctl.protocol import Cost
from assetctl.safety.gate import LEASE_ADDRESSES, Gate
from assetctl.safety.permit import Lease
from assetctl.store.repo import Store
from assetctl.transport.tool import allowed_ports, argv_for, run_nmap
from assetctl.work.converse import NAP_S, Surroundings

PROFILE = "it-light"


async def run_leases(
    plan: Plan,
    gate: Gate,
    around: Surroundings,
    store: Store,
    *,
    keep: Callable[[Observation], None],
    stop: Callable[[], str],
) -> None:
    """Look at every IT address of the plan that never showed an OT fact. Ends within a second of a stop."""
    for row in plan.rows:
        if row.protocol == NMAP:
            usual = (a for a in addresses(row.target, plan.scope) if gate.kind(a) is not NetworkKind.OT)
            for batch in _batches(usual):
                if stop():
                    return
                await _one(batch, plan, gate, around, store, keep=keep, stop=stop)


async def _one(
    batch: tuple[Address, ...],
    plan: Plan,
    gate: Gate,
    around: Surroundings,
    store: Store,
    *,
    keep: Callable[[Observation], None],
    stop: Callable[[], str],
) -> None:
    ports = allowed_ports(NMAP_PORTS)
    argv = argv_for(tuple(a.ip for a in batch), ports, PROFILE, plan.scope.limits.packets_per_second)
    step = Step(
        f"nmap@{batch[0]}+{len(batch)}",
        batch[0],
        NMAP,
        0,
        Transport.TCP,
        NetworkKind.IT,
        RequestClass.IDENTITY,
        "identity",
        Cost(len(batch), 0),
    )
    lease = gate.lease(step, batch, argv, profile=PROFILE)
    if not isinstance(lease, Lease):
        return
    cancel = threading.Event()
    work = asyncio.create_task(asyncio.to_thread(run_nmap, lease, cancel=cancel))
    while not work.done():
        if stop():
            cancel.set()
        await asyncio.wait((work,), timeout=NAP_S)
    output = await work
    if output.xml:
        digest = store.put_blob(output.xml)
        report = read(output.xml, scan=around.scan, realm=batch[0].realm, file=digest)
        for observation in report.observations:
            keep(replace(observation, vantage=around.vantage.name))


def _batches(found: Iterator[Address]) -> Iterator[tuple[Address, ...]]:
    while batch := tuple(islice(found, LEASE_ADDRESSES)):
        yield batch
