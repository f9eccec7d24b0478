"""Reads the whole store again: every observation with today's readers, then the inventory."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from assetctl.exchange.capture.readings import PCAP
from assetctl.model import Observation
from assetctl.protocols import registry
from assetctl.store.repo import Store
from assetctl.work.importing import NMAP_XML, nmap_again
from assetctl.work.importing_capture import capture_again
from assetctl.work.importing_records import importers as other_importers
from assetctl.work.ingest import NOTHING, Declared, ingest
from assetctl.work.reread import Reread, reread

_OLDER = "of today's questions are not in this evidence; its stored reading is kept, a new scan asks them"


@dataclass(frozen=True, slots=True)
class Done:
    """What reading again brought.

    changes: observation and what is new or gone. faults: what could not be read. kept: observations that were asked
    for with older questions and keep their stored reading, with the reason.
    """

    observations: int
    assets: int
    changes: tuple[tuple[str, str], ...]
    faults: tuple[str, ...]
    kept: tuple[str, ...] = ()


def reread_all(store: Store, *, declared: Declared = NOTHING, dry_run: bool = False) -> Done:
    """Derive everything again from stored evidence; nothing is sent."""
    importers: dict[str, Callable[[Observation], Observation]] = {
        NMAP_XML: partial(nmap_again, store),
        PCAP: capture_again,
        **other_importers(store),
    }
    changes, faults, kept, fresh = [], [], [], []
    count = 0
    for one in reread(store.observations(), registry(), importers=importers):
        count += 1
        if one.fault:
            faults.append(f"{one.observation.id}: {one.fault}")
        if one.kept:
            kept.append(f"{one.observation.id}: {one.missing} {_OLDER}")
        if one.changed:
            changes.append((one.observation.id, _change(store, one)))
            fresh.append(one.observation)
    if not dry_run:
        store.put_observations(fresh)
        for realm in sorted({scan.realm for scan in store.scans()}):
            ingest(store, realm, declared)
    return Done(count, store.count_assets(), tuple(changes), tuple(faults), tuple(kept))


def _change(store: Store, one: Reread) -> str:
    before = store.observation(one.observation.id)
    old = {(c.key, str(c.value)) for c in before.claims} if before else set()
    new = {(c.key, str(c.value)) for c in one.observation.claims}
    told = [f"+{key}={value}" for key, value in sorted(new - old)] + [
        f"-{key}={value}" for key, value in sorted(old - new)
    ]
    return " ".join(told)
