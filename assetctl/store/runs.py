"""Runs of the policy: what did not pass, with its evidence; what passed, as a count and the hash of what was judged."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from sys import intern
from typing import Any

from sqlalchemy import Row, delete, func, select

from assetctl.model import Because, Finding, Result, Severity
from assetctl.packing import RESULT, Findings, packed_findings
from assetctl.store.columns import REMEMBERED
from assetctl.store.database import Database, decoding
from assetctl.store.records import CheckRun as CheckRun
from assetctl.store.records import Span
from assetctl.store.statements import insert_all, put
from assetctl.store.tables import CHECK_RUN, FINDING

PAGE = 2000
_REALM = "realm "
"""Before the name of an address space among the places of a run: the id of a zone or conduit holds no blank."""


def put_run(store: Database, run: CheckRun, findings: Iterable[Finding]) -> None:
    """Store a run and those of its findings that are not passes, in one transaction; the same run is replaced."""
    kept = (row for row in packed_findings(findings).rows() if row[RESULT] != Result.PASS.value)
    with store.writing() as connection:
        put(connection, CHECK_RUN, [_row(run)])
        connection.execute(delete(FINDING).where(FINDING.c.run == run.id))
        insert_all(connection, FINDING, (_finding_row(run.id, at, row) for at, row in enumerate(kept)))


def runs(store: Database, realm: str | None = None) -> tuple[CheckRun, ...]:
    """All runs, of one realm when named, oldest first."""
    chosen = select(CHECK_RUN).order_by(CHECK_RUN.c.at, CHECK_RUN.c.id)
    if realm is not None:
        chosen = chosen.where(CHECK_RUN.c.realm == realm)
    with store.reading() as connection, decoding(store.where):
        return tuple(map(_run, connection.execute(chosen)))


def latest_run(store: Database, realm: str | None = None) -> CheckRun | None:
    """The newest run, None when there is none."""
    chosen = select(CHECK_RUN).order_by(CHECK_RUN.c.at.desc(), CHECK_RUN.c.id.desc()).limit(1)
    if realm is not None:
        chosen = chosen.where(CHECK_RUN.c.realm == realm)
    with store.reading() as connection, decoding(store.where):
        row = connection.execute(chosen).one_or_none()
        return None if row is None else _run(row)


def findings(store: Database, run_id: str, realm: str | None = None) -> Findings:
    """The findings of a run that are not passes, in the order in which they were put.

    realm: only those of its subjects and of the inventory as a whole.
    """
    chosen = select(FINDING).where(FINDING.c.run == run_id).order_by(FINDING.c.ordinal)
    if realm is not None:
        chosen = chosen.where(FINDING.c.realm.in_((realm, "")))
    with store.reading() as connection, decoding(store.where):
        return Findings(map(_finding, connection.execute(chosen, execution_options={"yield_per": PAGE})))


def finding_spans(store: Database, result: Result = Result.FAIL) -> Mapping[str, Span]:
    """For each finding id that ever had this result, the first and the last run in which it had it."""
    chosen = (
        select(FINDING.c.id, func.min(CHECK_RUN.c.at), func.max(CHECK_RUN.c.at))
        .join_from(FINDING, CHECK_RUN, FINDING.c.run == CHECK_RUN.c.id)
        .where(FINDING.c.result == result.value)
        .group_by(FINDING.c.id)
    )
    with store.reading() as connection, decoding(store.where):
        return {finding: Span(first, last) for finding, first, last in connection.execute(chosen)}


def _row(run: CheckRun) -> dict[str, Any]:
    return {
        "id": run.id,
        "at": run.at,
        "realm": run.realm,
        "pack_hash": run.pack_hash,
        "snapshot_hash": run.snapshot_hash,
        "counts": dict(run.counts),
        "scans": run.scans,
        "checks": dict(run.checks),
        "files": dict(run.files),
        "places": _counts(run.places) | {_REALM + realm: of for realm, of in _counts(run.realms).items()},
    }


def _counts(told: Mapping[str, Mapping[str, Mapping[str, int]]]) -> dict[str, dict[str, dict[str, int]]]:
    return {place: {check: dict(counts) for check, counts in of.items()} for place, of in told.items()}


def _run(row: Row[Any]) -> CheckRun:
    fields = dict(row._mapping) | {"scans": tuple(row.scans)}
    fields["places"] = {place: of for place, of in row.places.items() if not place.startswith(_REALM)}
    fields["realms"] = {place.removeprefix(_REALM): of for place, of in row.places.items() if place.startswith(_REALM)}
    return CheckRun(**fields)


def _finding_row(run_id: str, ordinal: int, packed: tuple[Any, ...]) -> tuple[Any, ...]:
    """A finding in the order of the table's columns, which is that in which it is packed."""
    return run_id, ordinal, *packed


def _because(document: dict[str, Any]) -> Because:
    at = document["observed_at"]
    return Because(
        subject=intern(document["subject"]),
        key=intern(document["key"]),
        value=document["value"],
        source=intern(document["source"]),
        evidence=document["evidence"],
        observed_at=_moment(at) if at else None,
        reason=intern(document["reason"]),
    )


@lru_cache(REMEMBERED)
def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _finding(row: Row[Any]) -> Finding:
    # what repeats itself is one object, since a run of a large inventory has millions of findings
    return Finding(
        id=row.id,
        check=intern(row.check_id),
        check_version=row.check_version,
        title=intern(row.title),
        severity=Severity(row.severity),
        subject=intern(row.subject),
        result=Result(row.result),
        reason=intern(row.reason),
        statement=row.statement,
        because=tuple(map(_because, row.because)),
        waiver=row.waiver,
        realm=intern(row.realm),
        position=intern(row.position),
        part=intern(row.part),
        zone=intern(row.zone),
    )
