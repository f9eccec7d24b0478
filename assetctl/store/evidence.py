"""Exchanges: every unit that left and what came back, committed before the probe hears of it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, tuple_

from assetctl.errors import IntegrityFault
from assetctl.model import Exchange, Outcome
from assetctl.store.blobs import digest_of, insert_blobs, read_blobs
from assetctl.store.database import Database, decoding
from assetctl.store.records import PRUNED, EvidenceCounts, StoredExchange
from assetctl.store.statements import Rows, put_new
from assetctl.store.tables import BLOB, EXCHANGE, OBSERVATION

PAGE = 500

Placed = tuple[str, str, Exchange]
"""Scan id, step id, exchange."""


def put_batch(store: Database, batch: Iterable[Placed]) -> None:
    """Store exchanges of any scans and steps in one transaction; one that is stored already stays as it is."""
    placed = list(batch)
    if placed:
        with store.writing() as connection:
            insert_exchanges(connection, placed)


def put_exchanges(store: Database, scan_id: str, step_id: str, exchanges: Iterable[Exchange]) -> None:
    """Store exchanges of one step in one transaction; the scan must be stored before."""
    put_batch(store, [(scan_id, step_id, exchange) for exchange in exchanges])


def exchange(store: Database, exchange_id: str) -> StoredExchange | None:
    """The exchange with this id and its bytes; None when there is none."""
    found = _read(store, select(EXCHANGE).where(EXCHANGE.c.id == exchange_id))
    return found[0] if found else None


def exchanges(store: Database, scan: str | None = None) -> Iterator[StoredExchange]:
    """All exchanges, of one scan when named, by scan and number. Holds no transaction between two pages."""
    order = (EXCHANGE.c.scan, EXCHANGE.c.sequence, EXCHANGE.c.id)
    chosen = select(EXCHANGE).order_by(*order).limit(PAGE)
    if scan is not None:
        chosen = chosen.where(EXCHANGE.c.scan == scan)
    page = _read(store, chosen)
    while page:
        yield from page
        last = page[-1]
        mark = (last.scan, sequence_of(last.exchange.id), last.exchange.id)
        page = _read(store, chosen.where(tuple_(*order) > mark)) if len(page) == PAGE else []


def orphan_exchanges(store: Database, scan_id: str) -> Mapping[str, tuple[Exchange, ...]]:
    """Exchanges of steps that were begun and never finished, by step id."""
    unfinished = (EXCHANGE.c.scan == scan_id) & EXCHANGE.c.step.not_in(select(OBSERVATION.c.id))
    found = _read(store, select(EXCHANGE).where(unfinished).order_by(EXCHANGE.c.step, EXCHANGE.c.sequence))
    steps: dict[str, tuple[Exchange, ...]] = {}
    for stored in found:
        steps[stored.step] = (*steps.get(stored.step, ()), stored.exchange)
    return steps


def evidence_counts(store: Database) -> EvidenceCounts:
    """How much evidence there is."""
    blobs = select(func.count(), func.count(BLOB.c.data), func.sum(BLOB.c.size), func.sum(func.length(BLOB.c.data)))
    with store.reading() as connection:
        observations = connection.execute(select(func.count()).select_from(OBSERVATION)).scalar_one()
        stored = connection.execute(select(func.count()).select_from(EXCHANGE)).scalar_one()
        all_blobs, with_bytes, size, packed = connection.execute(blobs.select_from(BLOB)).one()
    return EvidenceCounts(observations, stored, all_blobs, all_blobs - with_bytes, int(size or 0), int(packed or 0))


def insert_exchanges(connection: Connection, placed: Iterable[Placed]) -> None:
    """Store exchanges and their units within a transaction."""
    units: dict[str, bytes] = {}
    rows: Rows = []
    for scan, step, one in placed:
        sent = digest_of(one.sent)
        received = [digest_of(unit) for unit in one.received]
        units[sent] = one.sent
        units.update(zip(received, one.received, strict=True))
        rows.append(
            {
                "id": one.id,
                "scan": scan,
                "step": step,
                "sequence": sequence_of(one.id),
                "request": one.request,
                "sent": sent,
                "received": received,
                "outcome": one.outcome.value,
                "at": one.at,
                "rtt_ms": one.rtt_ms,
                "detail": one.detail,
            }
        )
    insert_blobs(connection, units)
    put_new(connection, EXCHANGE, rows)


def with_bytes(connection: Connection, rows: Iterable[Row[Any]], where: str) -> list[StoredExchange]:
    """Exchanges from their rows, with the units they name."""
    found = list(rows)
    units = read_blobs(connection, {digest for row in found for digest in (row.sent, *row.received)}, where)
    return [_stored(row, units, where) for row in found]


def sequence_of(exchange_id: str) -> int:
    """The number after the last colon of an exchange id, 0 when there is none."""
    number = exchange_id.rpartition(":")[2]
    return int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0


def _read(store: Database, chosen: Select[Any]) -> list[StoredExchange]:
    with store.reading() as connection, decoding(store.where):
        return with_bytes(connection, connection.execute(chosen), store.where)


def _stored(row: Row[Any], units: Mapping[str, bytes | None], where: str) -> StoredExchange:
    digests = (row.sent, *row.received)
    missing = [digest for digest in digests if digest not in units]
    if missing:
        raise IntegrityFault(f"{where}: exchange {row.id} refers to bytes that are not stored ({missing[0]})")
    is_pruned = any(units[digest] is None for digest in digests)
    detail = "; ".join(filter(None, (row.detail, PRUNED))) if is_pruned else row.detail
    known = Exchange(
        id=row.id,
        request=row.request,
        sent=units[row.sent] or b"",
        received=() if is_pruned else tuple(units[digest] or b"" for digest in row.received),
        outcome=Outcome(row.outcome),
        at=row.at,
        rtt_ms=row.rtt_ms,
        detail=detail,
    )
    return StoredExchange(row.scan, row.step, known, row.sent, tuple(row.received), is_pruned)
