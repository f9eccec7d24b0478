"""What must be true after any fault: one line, a whole database, a proved ledger, nothing lost, a repeat that works."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assetctl.model import Scan, ScanState
from assetctl.store.repo import Store, open_store
from assetctl.work.proof import verify
from tests.faults.operations import OLD, Operation
from tests.faults.running import Ended, ask, run
from tests.live.killed_plant import Unit


def judge(
    operation: Operation, place: Path, ended: Ended, codes: frozenset[int], units: Sequence[Unit], outcome: Any
) -> int:
    """Raise AssertionError that names the law which was broken; the number of answers that were looked for."""
    _spoke_well(ended, codes)
    _files_are_whole(operation, place, ended, outcome)
    interrupted = _store_is_whole(operation, place, units)
    _repeated(operation, place, interrupted, outcome)
    return len(units)


def _spoke_well(ended: Ended, codes: frozenset[int]) -> None:
    assert "Traceback" not in ended.err, f"a traceback:\n{ended.err}"
    assert "never retrieved" not in ended.err, ended.err
    assert ended.code in codes, f"exit code {ended.code}: {ended.err}"
    if ended.code in (2, 7, 9):
        assert len(ended.errors) == 1, f"exit code {ended.code} with {len(ended.errors)} lines: {ended.err}"


def _files_are_whole(operation: Operation, place: Path, ended: Ended, outcome: Mapping[str, str]) -> None:
    for name in operation.files:
        content = (place / name).read_bytes()
        assert content in (OLD, bytes.fromhex(outcome[name])), f"{name} is neither old nor new"
        if ended.code == 0:
            assert content != OLD, f"it ended well without {name}"


def _store_is_whole(operation: Operation, place: Path, units: Sequence[Unit]) -> Scan | None:
    """The interrupted scan, when there is one to go on with."""
    path = place / "assetctl.db"
    if not path.exists() or not path.stat().st_size:
        assert not units, "the plant was asked, and there is no database"
        return None
    ask(place, "scans", "list")  # marks what was killed
    with open_store(f"sqlite:///{path}", create=False) as store:
        assert store.check() == (), f"database: {store.check()}"
        for scan in store.scans():
            assert scan.state is not ScanState.RUNNING, f"{scan.id} still says running"
            if scan.ledger and Path(scan.ledger).exists():
                for proof in verify(store, scan.id):
                    assert not proof.fault, f"{scan.id}: {proof.fault}"
        latest = store.latest_scan()
        if operation.is_scan and units:
            _nothing_lost(store, latest, units)
    is_open = operation.is_scan and latest is not None and latest.state in (ScanState.INTERRUPTED, ScanState.STOPPED)
    return latest if is_open else None


def _nothing_lost(store: Store, scan: Scan | None, units: Sequence[Unit]) -> None:
    """An answer after which the same device was asked again was acted upon, so it must be stored."""
    assert scan is not None, "the plant was asked, and no scan is stored"
    stored = {
        (one.step.partition("@plant/")[2].partition(":")[0], one.exchange.sent[:2], unit)
        for one in store.exchanges(scan.id)
        for unit in one.exchange.received
    }
    last = {unit.connection: unit for unit in units}
    lost = [
        unit
        for unit in units
        if last[unit.connection] is not unit and (unit.address, unit.transaction.to_bytes(2), unit.answer) not in stored
    ]
    assert not lost, f"lost: {lost}"


def _repeated(operation: Operation, place: Path, interrupted: Scan | None, outcome: Any) -> None:
    more = ("--resume", interrupted.id) if interrupted else ()
    (place / "copy.db").unlink(missing_ok=True)
    again = run(place, (*operation.arguments, *more))
    assert again.code in operation.expects, f"the repeat {' '.join(more)}: {again.code} {again.err}"
    found = operation.outcome(place, lambda *arguments: ask(place, *arguments))
    assert found == outcome, f"the repeat {' '.join(more)} comes to something else: {_difference(found, outcome)}"


def _difference(found: Any, wanted: Any) -> str:
    if isinstance(found, list) and isinstance(wanted, list):
        more = [one for one in found if one not in wanted]
        less = [one for one in wanted if one not in found]
        return f"more {json.dumps(more)[:1500]}\nless {json.dumps(less)[:1500]}"
    return "bytes"
