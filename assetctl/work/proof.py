"""Whether stored evidence is what was stored: ledger chains, and every answer against the ledger line that noted it."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from assetctl.errors import InputError, IntegrityFault
from assetctl.model import Scan
from assetctl.safety import ledger as chain
from assetctl.store.repo import Store


@dataclass(frozen=True, slots=True)
class Proof:
    """One run. claim: what the check can say. fault: what is wrong, "" when nothing is."""

    scan: str
    lines: int
    exchanges: int
    claim: str
    fault: str = ""


def verify(
    store: Store, scan: str | None = None, *, head: str = "", count: int = 0, ledger: Path | None = None
) -> tuple[Proof, ...]:
    """Check one run, or all that have a ledger. head, count: from the ticket, kept outside this machine.

    Without them the chain is compared with what the database keeps, which proves only that both were not changed apart.
    """
    runs = [store.scan(scan)] if scan else list(store.scans())
    if runs == [None]:
        raise InputError(f"{scan}: no such scan; `assetctl scans list` shows them")
    return tuple(_proved(store, run, head, count, ledger) for run in runs if run is not None and (run.ledger or ledger))


def _proved(store: Store, scan: Scan, head: str, count: int, ledger: Path | None) -> Proof:
    path = ledger or Path(scan.ledger)
    claim = "as the ticket says" if head and count else "consistent with itself and the database"
    try:
        state = chain.verify(path, head=head or scan.head, count=count or scan.count)
        checked = _exchanges(store, scan, path)
    except IntegrityFault as fault:
        return Proof(scan.id, 0, 0, "", str(fault))
    torn = "; the last line was not finished" if state.torn else ""
    return Proof(scan.id, state.count, checked, claim + torn)


def _exchanges(store: Store, scan: Scan, path: Path) -> int:
    """Compare stored units with the digests in the ledger. Raises IntegrityFault at the first that differs."""
    units, answers = _noted(path)
    checked = 0
    for stored in store.exchanges(scan.id):
        number = stored.exchange.id.rpartition(":")[2]
        if stored.is_pruned or not number.isdecimal():
            continue
        sent, received = units.get(int(number)), answers.get(int(number))
        if stored.exchange.sent and sent != sha256(stored.exchange.sent).hexdigest():
            raise IntegrityFault(f"exchange {stored.exchange.id}: the stored question is not the one in the ledger")
        joined = b"".join(stored.exchange.received)
        if received is not None and received != (sha256(joined).hexdigest() if joined else ""):
            raise IntegrityFault(f"exchange {stored.exchange.id}: the stored answer is not the one in the ledger")
        checked += 1
    missing = {number for number, digest in answers.items() if digest} - _numbers(store, scan)
    if missing:
        raise IntegrityFault(f"scan {scan.id}: {len(missing)} answers in the ledger are not stored")
    return checked


def _noted(path: Path) -> tuple[dict[int, str], dict[int, str]]:
    """Digest of each unit and of each answer, by the number of the line that let the unit out."""
    units: dict[int, str] = {}
    answers: dict[int, str] = {}
    for line in chain.read(path):
        entry: dict[str, Any] = dict(line.entry)
        if entry.get("do") == "permit" and "sha256" in entry:
            units[line.number] = entry["sha256"]
        elif entry.get("do") == "answer":
            answers[entry["re"]] = entry["sha256"]
    return units, answers


def _numbers(store: Store, scan: Scan) -> set[int]:
    return set(_whole_numbers(stored.exchange.id for stored in store.exchanges(scan.id)))


def _whole_numbers(ids: Iterator[str]) -> Iterator[int]:
    for name in ids:
        number = name.rpartition(":")[2]
        if number.isdecimal():
            yield int(number)
