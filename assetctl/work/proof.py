"""Whether stored evidence is what was stored: ledger chains, and every answer against the ledger line that noted it."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from assetctl.errors import InputError, IntegrityFault
from assetctl.model import Scan
from assetctl.safety import ledger as chain
from assetctl.store.records import StoredExchange
from assetctl.store.repo import Store
from assetctl.text import counted


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
        by = "the ticket" if head or count else "the database"
        state = chain.verify(path, head=head or scan.head, count=count or scan.count, by=by)
        checked = _exchanges(store, scan, path)
    except IntegrityFault as fault:
        return Proof(scan.id, 0, 0, "", str(fault))
    torn = "; the last line was not finished" if state.torn else ""
    return Proof(scan.id, state.count, checked, claim + torn)


def _exchanges(store: Store, scan: Scan, path: Path) -> int:
    """Compare stored exchanges with what the ledger noted. Raises IntegrityFault at the first that differs."""
    noted = _noted(path)
    checked = 0
    for stored in store.exchanges(scan.id):
        number = stored.exchange.id.rpartition(":")[2]
        if not number.isdecimal():
            continue
        if lie := _lie(stored, noted.get(int(number))):
            raise IntegrityFault(f"exchange {stored.exchange.id}: the stored {lie} is not the one in the ledger")
        checked += not stored.is_pruned
    missing = {number for number, line in noted.items() if line.answer} - _numbers(store, scan)
    if missing:
        raise IntegrityFault(f"scan {scan.id}: {counted(len(missing), 'answer')} of the ledger not stored")
    return checked


def _lie(stored: StoredExchange, noted: "_Noted | None") -> str:
    """Which part of an exchange is not what the ledger says, or ""."""
    one = stored.exchange
    if noted is None or (one.request, stored.step.partition("/")[2]) != (noted.request, noted.step):
        return "request"
    if noted.outcome not in ("", one.outcome):
        return "outcome"
    if stored.is_pruned:
        return ""
    if one.sent and noted.unit != sha256(one.sent).hexdigest():
        return "question"
    joined = b"".join(one.received)
    said = noted.outcome and noted.answer != (sha256(joined).hexdigest() if joined else "")
    return "answer" if said else ""


@dataclass
class _Noted:
    """What the ledger says of one exchange. outcome: "" while no answer line is there, as after a kill."""

    request: str
    step: str
    unit: str
    outcome: str = ""
    answer: str = ""


def _noted(path: Path) -> dict[int, _Noted]:
    """Each exchange by the number of the line that let it out."""
    noted: dict[int, _Noted] = {}
    for line in chain.read(path):
        entry: dict[str, Any] = dict(line.entry)
        do = entry.get("do")
        if do in ("permit", "listen"):
            request = "listen" if do == "listen" else entry["request"]
            noted[line.number] = _Noted(request, entry["step"], entry.get("sha256", ""))
        elif do == "answer" and entry["re"] in noted:
            noted[entry["re"]].outcome = entry["outcome"]
            noted[entry["re"]].answer = entry["sha256"]
    return noted


def _numbers(store: Store, scan: Scan) -> set[int]:
    return set(_whole_numbers(stored.exchange.id for stored in store.exchanges(scan.id)))


def _whole_numbers(ids: Iterator[str]) -> Iterator[int]:
    for name in ids:
        number = name.rpartition(":")[2]
        if number.isdecimal():
            yield int(number)
