"""Scans and what was planned for them."""

from typing import Any

from sqlalchemy import Row, select

from assetctl.model import Scan, ScanState
from assetctl.store.database import Database, decoding
from assetctl.store.statements import put
from assetctl.store.tables import PLAN, SCAN


def put_scan(store: Database, scan: Scan) -> None:
    """Store a scan at its beginning, at its end, and whenever it has changed."""
    with store.writing() as connection:
        put(connection, SCAN, [_row(scan)])


def scan(store: Database, scan_id: str) -> Scan | None:
    """The scan with this id, None when there is none."""
    with store.reading() as connection, decoding(store.where):
        row = connection.execute(select(SCAN).where(SCAN.c.id == scan_id)).one_or_none()
        return None if row is None else _scan(row)


def scans(store: Database, realm: str | None = None) -> tuple[Scan, ...]:
    """All scans, of one realm when named, oldest first."""
    chosen = select(SCAN).order_by(SCAN.c.started, SCAN.c.id)
    if realm is not None:
        chosen = chosen.where(SCAN.c.realm == realm)
    with store.reading() as connection, decoding(store.where):
        return tuple(map(_scan, connection.execute(chosen)))


def latest_scan(store: Database, realm: str | None = None) -> Scan | None:
    """The scan or import that began last, None when there is none."""
    chosen = select(SCAN).order_by(SCAN.c.started.desc(), SCAN.c.id.desc()).limit(1)
    if realm is not None:
        chosen = chosen.where(SCAN.c.realm == realm)
    with store.reading() as connection, decoding(store.where):
        row = connection.execute(chosen).one_or_none()
        return None if row is None else _scan(row)


def put_plan(store: Database, scan_id: str, rows_json: str) -> None:
    """Store the text of a plan beside its scan, which must be stored before."""
    with store.writing() as connection:
        put(connection, PLAN, [{"scan": scan_id, "rows": rows_json}])


def plan(store: Database, scan_id: str) -> str | None:
    """The text of a scan's plan as it was put, None when it has none."""
    with store.reading() as connection:
        text: str | None = connection.execute(select(PLAN.c.rows).where(PLAN.c.scan == scan_id)).scalar_one_or_none()
    return text


def _row(scan: Scan) -> dict[str, Any]:
    return {
        "id": scan.id,
        "realm": scan.realm,
        "state": scan.state.value,
        "started": scan.started,
        "ended": scan.ended,
        "vantage": scan.vantage,
        "plan_hash": scan.plan_hash,
        "approval": scan.approval,
        "ledger": scan.ledger,
        "head": scan.head,
        "count": scan.count,
        "exit": int(scan.exit),
        "counts": dict(scan.counts),
        "coverage": scan.coverage,
        "excluded": scan.excluded,
        "note": scan.note,
    }


def _scan(row: Row[Any]) -> Scan:
    fields = dict(row._mapping)
    fields["state"] = ScanState(row.state)
    fields["coverage"] = tuple(row.coverage)
    fields["excluded"] = tuple(row.excluded)
    return Scan(**fields)
