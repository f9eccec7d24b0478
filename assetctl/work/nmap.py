"""Services on IT networks by nmap, lease by lease; what comes back is read like any imported report.

First the open ports of up to 16 hosts, then light service detection on the open ports of a few hosts alone: nmap
reports a group of hosts at its end, so small groups lose little when a window closes.
"""

import asyncio
import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from assetctl.exchange.nmap_xml import read
from assetctl.model import Address, NetworkKind, Observation, RequestClass, Transport
from assetctl.plan import NMAP, Plan, Row, Step, addresses
from assetctl.protocol import Cost
from assetctl.safety.gate import LEASE_ADDRESSES, Gate
from assetctl.safety.permit import Lease
from assetctl.scope import Target
from assetctl.store.repo import Store
from assetctl.transport.tool import allowed_ports, argv_for, run_nmap
from assetctl.work.converse import NAP_S, Surroundings

FIND, DETECT = "it-ports", "it-light"
DETECT_ADDRESSES = 4
MOST_RATE = 20


@dataclass(frozen=True)
class Leases:
    """What the nmap part of a scan works with. keep: stores an observation. stop: a reason once all must end.

    done: SHA-256 of the argument list of each call that ended before an interruption -> of the report it brought.
    """

    plan: Plan
    gate: Gate
    around: Surroundings
    store: Store
    keep: Callable[[Observation], None]
    stop: Callable[[], str]
    done: Mapping[str, str] = field(default_factory=dict)

    async def run(self) -> None:
        """Look at every IT address of the plan that never showed an OT fact. Ends within a second of a stop."""
        for row in self.plan.rows:
            if row.protocol == NMAP and isinstance(row.target, Target):
                await self._row(row, row.target)

    async def _row(self, row: Row, target: Target) -> None:
        """The addresses of a row in batches that are the same when the scan is resumed."""
        for batch in _batches(addresses(target, self.plan.scope), LEASE_ADDRESSES):
            usual = tuple(a for a in batch if self.gate.kind(a) is not NetworkKind.OT)
            if usual:
                await self._both(usual, allowed_ports(row.ports))

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
        before = self.done.get(hashlib.sha256("\0".join(argv).encode()).hexdigest(), "")
        if before:
            return self._kept(self.store.blob(before) or b"", batch[0].realm)
        step = _step(batch, profile)
        lease = self.gate.lease(step, batch, ports, argv, profile=profile)
        if not isinstance(lease, Lease):
            return {}
        cancel = threading.Event()
        work = asyncio.create_task(asyncio.to_thread(run_nmap, lease, cancel=cancel))
        while not work.done():
            if self.stop():
                cancel.set()
            await asyncio.wait((work,), timeout=NAP_S)
        xml = (await work).xml
        found = self._kept(xml, batch[0].realm)
        if xml and not cancel.is_set():
            self.gate.leased(step, lease, hashlib.sha256(xml).hexdigest())
        return found

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
        len(batch),
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
