"""What a killed run left behind, and on which terms an interrupted one goes on.

A run holds the lock of its realm on its machine for as long as it lives. So a scan row that says "running" while its
ledger's folder lies here and the lock is free, or is held for another scan, belongs to a killed run; a run on another
machine is none of our business.
"""

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from assetctl.errors import InputError, IntegrityFault
from assetctl.model import Scan, ScanState
from assetctl.plan import Plan
from assetctl.safety import ledger as chain
from assetctl.safety.ledger import Ledger
from assetctl.scope import parse_moment
from assetctl.store.records import Quarantined
from assetctl.store.repo import Store
from assetctl.text import counted
from assetctl.work import lock

RESUMABLE = (ScanState.INTERRUPTED, ScanState.STOPPED)


def mark_interrupted(store: Store, locks: Path) -> tuple[Scan, ...]:
    """Store every killed run as interrupted, with its ledger's head and count and what had tripped; the runs marked."""
    killed = [scan for scan in store.scans() if scan.state is ScanState.RUNNING and _is_killed(scan, locks)]
    return tuple(_closed(store, scan) for scan in killed)


def resumed(store: Store, scan_id: str, plan: Plan) -> Scan:
    """The interrupted scan, stored as running again. Raises InputError unless the plan asks no more than its own."""
    scan = store.scan(scan_id)
    if scan is None or scan.state not in RESUMABLE:
        raise InputError(f"scan {scan_id}: not there or not interrupted; `assetctl scans list` shows them")
    if reason := wider(json.loads(store.plan(scan_id) or "{}").get("plan", {}), plan):
        raise InputError(f"scan {scan_id}: today's plan is not its plan ({reason}); start a new scan")
    _check_room(store, scan)
    running = replace(scan, state=ScanState.RUNNING, head="", count=0)
    store.begin_scan(running)
    return running


def wider(permitted: dict[str, Any], plan: Plan) -> str:
    """In what respect a plan asks more than one that was permitted, or "". It may ask less: exclusions only narrow."""
    today = json.loads(plan.canonical())
    for name in ("limits", "windows", "requests", "parameters"):
        if today[name] != permitted.get(name):
            return f"its {name} changed"
    if set(permitted.get("excluded", ())) - set(today["excluded"]):
        return "something is no longer excluded"
    old = {_question(row): row for row in permitted.get("rows", ())}
    for row in today["rows"]:
        known = old.get(_question(row))
        if known is None or row[6] > known[6] or row[9] > known[9]:
            return f"{row[2]} at {row[0]} is new or wider"
    return ""


def ledger_of(scan: Scan) -> Ledger:
    """The ledger of a scan that begins, or that goes on after what was written before."""
    path = Path(scan.ledger)
    return chain.reopen(path) if path.exists() else Ledger(path)


def _question(row: Sequence[Any]) -> str:
    """A row of a canonical plan without how many devices it has and whether they are known."""
    return json.dumps([value for at, value in enumerate(row) if at not in (6, 9)])


def _check_room(store: Store, scan: Scan) -> None:
    """Refuse to go on with a ledger that was changed since, or that is behind the store, as after a power cut."""
    path = Path(scan.ledger)
    state = chain.verify(path, head=scan.head, count=scan.count) if path.exists() else chain.EMPTY
    numbers = (one.exchange.id.rpartition(":")[2] for one in store.exchanges(scan.id))
    last = max((int(number) for number in numbers if number.isdecimal()), default=0)
    if last > state.count:
        raise IntegrityFault(
            f"{path}: {counted(state.count, 'line')}, but exchange {last} is stored:"
            f" the ledger lost its end; start a new scan"
        )


def _is_killed(scan: Scan, locks: Path) -> bool:
    here = Path(scan.ledger).parent.is_dir()
    return here and lock.holder_of(locks, scan.realm) not in (scan.id, lock.UNKNOWN)


def _closed(store: Store, scan: Scan) -> Scan:
    """Store the end of a killed run. A chain that is not whole is left for `evidence verify` to tell."""
    path = Path(scan.ledger)
    closed = replace(scan, state=ScanState.INTERRUPTED)
    with suppress(IntegrityFault):
        if path.exists():
            state = chain.verify(path)
            closed = replace(closed, head=state.head, count=state.count)
            store.quarantine(_tripped(scan, chain.read(path)))
    store.finish_scan(closed)
    return closed


def _tripped(scan: Scan, lines: Iterable[chain.Line]) -> list[Quarantined]:
    """What tripped before the kill stays alone, as after a run that ended."""
    return [
        Quarantined(line.entry["to"], scan.realm, line.entry["reason"], parse_moment(line.entry["at"]), scan.id)
        for line in lines
        if line.entry.get("do") == "trip"
    ]
