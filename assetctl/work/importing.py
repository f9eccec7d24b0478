"""Takes files in as evidence or as declarations, and makes the inventory again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from assetctl.errors import InputError
from assetctl.exchange.nmap_xml import MOST_BYTES, read
from assetctl.model import Observation, Outcome, Position, Scan, ScanState
from assetctl.store.repo import Store
from assetctl.work.ingest import NOTHING, Declared, ingest

NMAP_XML = "nmap-xml"


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What a file brought. answered: hosts on which something answered. assets: in the realm afterwards."""

    hosts: int
    answered: int
    assets: int
    warnings: tuple[str, ...]


def import_nmap(
    store: Store, path: Path, *, realm: str, now: datetime, declared: Declared = NOTHING, dry_run: bool = False
) -> TakenIn:
    """Take in one nmap report; the same file twice changes nothing. Raises InputError."""
    raw = _bytes(path)
    digest = sha256(raw).hexdigest()
    scan = f"i-{digest[:12]}"
    report = read(raw, scan=scan, realm=realm, file=path.name)
    answered = sum(o.outcome is Outcome.ANSWERED for o in report.observations)
    if dry_run:
        return TakenIn(len(report.observations), answered, store.count_assets(realm), report.warnings)
    store.put_blob(raw)
    store.begin_scan(
        Scan(
            id=scan,
            realm=realm,
            state=ScanState.IMPORTED,
            started=report.started,
            ended=report.ended,
            vantage="import",
            plan_hash=digest,
            approval=f"imported {now:%Y-%m-%d}",
            counts={"hosts": len(report.observations)},
            coverage=(f"file {path.name}",),
            note=f"{report.scanner}: {report.arguments}",
        )
    )
    store.put_observations(replace(o, options={**o.options, "blob": digest}) for o in report.observations)
    done = ingest(store, realm, declared)
    return TakenIn(len(report.observations), answered, len(done.assets), report.warnings)


def take_positions(store: Store, positions: Sequence[Position], *, realm: str, declared: Declared = NOTHING) -> int:
    """Take in positions; one that is there already is declared anew. How many assets the realm has afterwards."""
    store.put_positions(positions)
    return len(ingest(store, realm, declared).assets)


def nmap_again(store: Store, observation: Observation) -> Observation:
    """One host of a stored report, read again from the report's bytes."""
    raw = store.blob(observation.options.get("blob", ""))
    if raw is None:
        return observation
    report = read(raw, scan=observation.scan, realm=observation.realm, file=observation.scan)
    found = next((o for o in report.observations if o.id == observation.id), observation)
    return replace(found, options=observation.options, vantage=observation.vantage)


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path}: larger than {MOST_BYTES // 1_000_000} MB; split the scan")
        return path.read_bytes()
    except OSError as fault:
        raise InputError(f"{path}: cannot be read ({fault.strerror})") from None
