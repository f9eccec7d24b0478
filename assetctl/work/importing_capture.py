"""Takes in a capture: what devices said of themselves becomes observations, who spoke with whom becomes flows.

The whole file is read before anything is stored. Its hash, the packet of each exchange and the exchanges about
identity are kept; the capture itself is not, since it may be large and holds what people typed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from assetctl.exchange.capture.read import Captured, read, scan_id
from assetctl.exchange.capture.readings import again
from assetctl.exchange.flows import FlowFile
from assetctl.model import IPAddress, Observation, Scan, ScanState
from assetctl.store.repo import Store
from assetctl.work import contexts
from assetctl.work.flow_import import Told, Wanted, covered, take_flows
from assetctl.work.ingest import NOTHING, Declared, ingest


@dataclass(frozen=True, slots=True)
class CaptureTaken:
    """What a capture brought. told: its flows, None where it has none. assets: in the realm afterwards."""

    captured: Captured
    told: Told | None
    assets: int


def import_capture(
    store: Store, path: Path, wanted: Wanted, *, now: datetime, declared: Declared = NOTHING, dry_run: bool = False
) -> CaptureTaken:
    """Take in one capture; the same file twice changes nothing. Raises InputError."""
    found = read(path, realm=wanted.realm, now=now, is_own=_declared(wanted, declared))
    flows = FlowFile(found.format, found.sha256, found.started, found.ended, found.gathered)
    has_flows = bool(found.gathered.flows)
    target = None if dry_run else store
    told = take_flows(target, flows, path, wanted, zones=declared.zones, now=now) if has_flows else None
    if dry_run:
        return CaptureTaken(found, told, store.count_assets(wanted.realm))
    store.begin_scan(
        Scan(
            id=scan_id(wanted.realm, found.sha256),
            realm=wanted.realm,
            state=ScanState.IMPORTED,
            started=found.started,
            ended=found.ended,
            vantage="import",
            plan_hash=found.sha256,
            approval=f"imported {now:%Y-%m-%d}",
            counts={"observations": len(found.readings), "packets": found.packets},
            coverage=(f"file {path.name}",),
            note=f"{found.format}, SHA-256 {found.sha256}",
        )
    )
    store.put_observations(_written(found))
    return CaptureTaken(found, told, len(ingest(store, wanted.realm, declared).assets))


def _declared(wanted: Wanted, declared: Declared) -> Callable[[IPAddress], bool]:
    """Whether an address lies in a zone of the realm, or in what the sensor covers. Raises InputError."""
    zones = tuple(net for zone in declared.zones if zone.realm == wanted.realm for net in zone.networks)
    networks = (*zones, *covered(wanted, declared.zones))
    return lambda ip: any(ip in net for net in networks)


def _written(found: Captured) -> Iterator[Observation]:
    for one in found.readings:
        options = contexts.written(one.context) if one.context else {}
        yield replace(one.observation, options={**one.observation.options, **options})


def capture_again(observation: Observation) -> Observation:
    """One observation of a capture, read again from its exchanges."""
    if "context" not in observation.options:
        return observation
    return replace(observation, claims=again(observation, contexts.read(observation.options)))
