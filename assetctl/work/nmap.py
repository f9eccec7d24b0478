"""Services on IT networks by nmap, lease by lease; what comes back is read like any imported report.

First the open ports of up to 16 hosts, then light service detection on the open ports of a few hosts alone: nmap
reports a group of hosts at its end, so small groups lose little when a window closes.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from assetctl.exchange.nmap_xml import read
from assetctl.model import Address, NetworkKind, Observation, RequestClass, Transport
from assetctl.plan import NMAP, Plan, Row, Step, addresses
from assetctl.protocol import Cost
from assetctl.safety.gate import LEASE_ADDRESSES, Gate
from assetctl.safety.permit import Lease
from assetctl.store.repo import Store
from assetctl.transport.tool import allowed_ports, argv_for, run_nmap
from assetctl.work.converse import NAP_S, Surroundings

FIND, DETECT = "it-ports", "it-light"
DETECT_ADDRESSES = 4
MOST_RATE = 20


@dataclass(frozen=True)
class Leases:
    """What the nmap part of a scan works with. keep: stores an observation. stop: a reason once all must end."""

    plan: Plan
    gate: Gate
    around: Surroundings
    store: Store
    keep: Callable[[Observation], None]
    stop: Callable[[], str]

    async def run(self) -> None:
        """Look at every IT address of the plan that never showed an OT fact. Ends within a second of a stop."""
        for row in self.plan.rows:
            if row.protocol == NMAP:
                for batch in _batches(self._usual(row), LEASE_ADDRESSES):
                    await self._both(batch, allowed_ports(row.ports))

    def _usual(self, row: Row) -> Iterator[Address]:
        return (a for a in addresses(row.target, self.plan.scope) if self.gate.kind(a) is not NetworkKind.OT)

    async def _both(self, batch: tuple[Address, ...], ports: tuple[int, ...]) -> None:
        found = await self._one(batch, ports, FIND)
        open_ports = {address: _open(observation) for address, observation in found.items() if _open(observation)}
        for few in _batches(iter(sorted(open_ports)), DETECT_ADDRESSES):
            wanted = tuple(sorted({port for address in few for port in open_ports[address]}))
            await self._one(few, wanted, DETECT)

    async def _one(
        self, batch: tuple[Address, ...], ports: tuple[int, ...], profile: str
    ) -> dict[Address, Observation]:
        """One lease from the gate to the store; the observations by address."""
        if self.stop() or not ports:
            return {}
        rate = min(MOST_RATE, self.plan.scope.limits.packets_per_second)
        argv = argv_for(tuple(a.ip for a in batch), ports, profile, rate)
        lease = self.gate.lease(_step(batch, profile), batch, ports, argv, profile=profile)
        if not isinstance(lease, Lease):
            return {}
        cancel = threading.Event()
        work = asyncio.create_task(asyncio.to_thread(run_nmap, lease, cancel=cancel))
        while not work.done():
            if self.stop():
                cancel.set()
            await asyncio.wait((work,), timeout=NAP_S)
        return self._kept((await work).xml, batch[0].realm)

    def _kept(self, xml: bytes, realm: str) -> dict[Address, Observation]:
        if not xml:
            return {}
        digest = self.store.put_blob(xml)
        report = read(xml, scan=self.around.scan, realm=realm, file=digest)
        found = {}
        for observation in report.observations:
            options = {**observation.options, "blob": digest}
            kept = replace(observation, vantage=self.around.vantage.name, options=options)
            self.keep(kept)
            if kept.target is not None:
                found[kept.target] = kept
        return found


def _step(batch: tuple[Address, ...], profile: str) -> Step:
    return Step(
        f"{NMAP}@{batch[0]}+{len(batch)}/{profile}",
        batch[0],
        NMAP,
        0,
        Transport.TCP,
        NetworkKind.IT,
        RequestClass.IDENTITY,
        "identity",
        Cost(len(batch), 0),
    )


def _open(observation: Observation) -> tuple[int, ...]:
    return tuple(
        int(claim.local_key.partition("/")[2])
        for claim in observation.claims
        if claim.key == "port_state" and claim.value == "open" and claim.local_key.startswith("tcp/")
    )


def _batches(found: Iterator[Address], size: int) -> Iterator[tuple[Address, ...]]:
    while batch := tuple(islice(found, size)):
        yield batch
