"""One run as a record: who allowed it, where it was asked from, and what each device was sent."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from assetctl.model import Observation, Scan
from assetctl.work import ledgers
from assetctl.work.health import lines


def scan_record(scan: Scan, asked: Iterable[Observation]) -> dict[str, Any]:
    """The run, and its traffic by device as its ledger tells it.

    asked: observations of the realm, oldest first, by which each device has its line about health.
    """
    health = lines(asked, scan=scan.id)
    path = Path(scan.ledger) if scan.ledger else None
    sent = ledgers.traffic(path) if path is not None and path.exists() else {}
    return {
        "id": scan.id,
        "realm": scan.realm,
        "state": scan.state.value,
        "started": scan.started.isoformat(timespec="seconds"),
        "ended": scan.ended.isoformat(timespec="seconds") if scan.ended else None,
        "vantage": scan.vantage,
        "plan": scan.plan_hash,
        "approval": scan.approval,
        "covered": list(scan.coverage),
        "excluded": list(scan.excluded),
        "steps": dict(scan.counts),
        "ledger": scan.ledger,
        "head": scan.head,
        "count": scan.count,
        "exit": scan.exit,
        "traffic": [
            {
                "address": address,
                "units": one.units,
                "connections": one.connections,
                "packets": one.packets,
                "highest_per_s": one.highest_per_s,
                "refusals": one.refusals,
                "trips": one.trips,
                "health": health.get(address, ""),
            }
            for address, one in sorted(sent.items())
        ],
    }
