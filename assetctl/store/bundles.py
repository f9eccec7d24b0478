"""What a bundle carries: rows of evidence and custody as JSON, out of one store and into another in one transaction.

Taking in is a join: of two rows under one key the same one wins in whatever order they come, so any order and any
repetition of bundles leaves the same store. What follows from the evidence (assets, ids, findings) is derived again.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Table, delete, select

from assetctl.errors import InputError
from assetctl.store.bundle_rows import EXCHANGES, KINDS, NOT_SENT, Kind, Values, sent, text_of
from assetctl.store.database import Database, decoding
from assetctl.store.observations import read_rows
from assetctl.store.statements import Rows, in_chunks, put, put_new, restore, run
from assetctl.store.tables import (
    APPROVAL,
    BLOB,
    BUNDLE,
    CAPTURE,
    DECISION,
    EXCHANGE,
    FLOW,
    INCIDENT,
    OBSERVATION,
    OBSERVED,
    PLAN,
    QUARANTINE,
    SCAN,
)
from assetctl.text import one_line


@dataclass(frozen=True, slots=True)
class BundleMark:
    """One bundle. way: "out" or "in". realms: theirs -> ours. digest: of its signed bytes, previous: of the last."""

    digest: str
    way: str
    sender: str
    sequence: int
    previous: str
    made_at: datetime
    realms: Mapping[str, str] = field(default_factory=dict)


def outgoing(store: Database, scans: Collection[str], realms: Collection[str]) -> Iterator[tuple[str, str]]:
    """Rows as (kind, JSON text), kind by kind, each in the order of its key. Not to be mixed with writing."""
    with store.reading() as connection, decoding(store.where):
        chosen = _chosen(scans, realms)
        for kind, known in KINDS.items():
            if kind == "blob":
                yield from _blobs(connection, chosen)
                continue
            for row in connection.execute(chosen[kind].order_by(*_keys(known.table))):
                values = {name: value for name, value in row._mapping.items() if name not in NOT_SENT}
                if kind == "observation":
                    values[EXCHANGES] = _observed(connection, row.id)
                yield kind, sent(values)


def take_in(store: Database, rows: Iterable[tuple[str, Values]], mark: BundleMark) -> int:
    """Take in the rows of a bundle and note it, all or nothing; how many rows were new or won.

    rows: in the order of `KINDS`. Raises InputError when a row contradicts one that is here.
    """
    won = 0
    with store.writing() as connection, decoding(store.where):
        seen: set[str] = set()
        for kind, chunk in _by_kind(rows):
            won += _joined(connection, kind, chunk)
            seen.update(row["id"] for row in chunk if kind == "observation")
        _require_readable(connection, seen, store.where)
        put_new(connection, BUNDLE, [asdict(mark) | {"realms": dict(mark.realms)}])
    return won


def _require_readable(connection: Connection, ids: Collection[str], where: str) -> None:
    for chunk in in_chunks(sorted(ids)):
        try:
            read_rows(connection, chunk, where)
        except (ValueError, KeyError, TypeError) as fault:
            raise InputError(f"an observation of the bundle makes no sense ({fault}); nothing was taken in") from None


def note_bundle(store: Database, mark: BundleMark) -> None:
    """Note a bundle that was written here."""
    with store.writing() as connection:
        put_new(connection, BUNDLE, [asdict(mark) | {"realms": dict(mark.realms)}])


def bundles(store: Database) -> tuple[BundleMark, ...]:
    """All bundles that were written here or taken in, by sender and number."""
    order = (BUNDLE.c.sender, BUNDLE.c.sequence, BUNDLE.c.digest, BUNDLE.c.way)
    with store.reading() as connection, decoding(store.where):
        return tuple(BundleMark(**row._mapping) for row in connection.execute(select(BUNDLE).order_by(*order)))


def _chosen(scans: Collection[str], realms: Collection[str]) -> dict[str, Any]:
    captures = select(CAPTURE.c.id).where(CAPTURE.c.realm.in_(realms))
    return {
        "scan": select(SCAN).where(SCAN.c.id.in_(scans)),
        "plan": select(PLAN).where(PLAN.c.scan.in_(scans)),
        "exchange": select(EXCHANGE).where(EXCHANGE.c.scan.in_(scans)),
        "observation": select(OBSERVATION).where(OBSERVATION.c.scan.in_(scans)),
        "flow_capture": select(CAPTURE).where(CAPTURE.c.realm.in_(realms)),
        "flow": select(FLOW).where(FLOW.c.capture.in_(captures)),
        "decision": select(DECISION).where(DECISION.c.realm.in_(realms)),
        "quarantine": select(QUARANTINE).where(QUARANTINE.c.realm.in_(realms)),
        "incident": select(INCIDENT).where(INCIDENT.c.realm.in_(realms)),
        "approval": select(APPROVAL).where(APPROVAL.c.scan.in_(scans)),
    }


def _blobs(connection: Connection, chosen: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The bytes that exchanges and imported records refer to."""
    digests = {str(row.options.get("blob", "")) for row in connection.execute(chosen["observation"])}
    for row in connection.execute(chosen["exchange"]):
        digests.update((row.sent, *row.received))
    for chunk in in_chunks(sorted(digests - {""})):
        for row in connection.execute(select(BLOB).where(BLOB.c.digest.in_(chunk)).order_by(BLOB.c.digest)):
            yield "blob", sent(dict(row._mapping))


def _observed(connection: Connection, name: str) -> list[str]:
    chosen = select(OBSERVED.c.exchange).where(OBSERVED.c.observation == name).order_by(OBSERVED.c.ordinal)
    return list(connection.execute(chosen).scalars())


def _keys(table: Table) -> tuple[Column[Any], ...]:
    return tuple(table.primary_key)


def _by_kind(rows: Iterable[tuple[str, Values]]) -> Iterator[tuple[str, list[Values]]]:
    for chunk in in_chunks(rows, 200):
        for kind in KINDS:
            own = [values for name, values in chunk if name == kind]
            if own:
                yield kind, own


def _joined(connection: Connection, name: str, rows: list[Values]) -> int:
    """Put the rows that are new or win over those that are here; how many did."""
    if name == "approval":
        return _appended(connection, rows)
    kind, won = KINDS[name], []
    if name == "blob":
        run(connection, restore(BLOB, connection.dialect.name, "data"), rows)
        return 0
    here = _here(connection, kind.table, rows)
    for row in rows:
        old = here.get(_key(kind.table, row))
        new = {key: value for key, value in row.items() if key != EXCHANGES}
        if old is not None:
            _require_alike(name, kind, old, new)
            if name == "scan":
                new["ledger"] = old["ledger"]  # where it lies is of each machine
            if kind.rank(old) >= kind.rank(new):
                continue
        won.append((row, new))
    put(connection, kind.table, [new for _, new in won])
    if name == "observation":
        _link(connection, [row for row, _ in won])
    return len(won)


def _here(connection: Connection, table: Table, rows: list[Values]) -> dict[tuple[Any, ...], Values]:
    first = _keys(table)[0]
    wanted = sorted({row[first.name] for row in rows})
    found = connection.execute(select(table).where(first.in_(wanted)))
    return {_key(table, dict(row._mapping)): dict(row._mapping) for row in found}


def _key(table: Table, row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in _keys(table))


def _require_alike(name: str, kind: Kind, old: Values, new: Values) -> None:
    for column in kind.fixed:
        if old[column] != new[column]:
            key = one_line(" ".join(map(str, _key(kind.table, new))))
            raise InputError(
                f"{name} {key} is here already with another {column}: two senders use one id, or one was changed;"
                " nothing was taken in"
            )


def _link(connection: Connection, rows: list[Values]) -> None:
    connection.execute(delete(OBSERVED).where(OBSERVED.c.observation.in_([row["id"] for row in rows])))
    links: Rows = [
        {"observation": row["id"], "ordinal": at, "exchange": exchange}
        for row in rows
        for at, exchange in enumerate(row[EXCHANGES])
    ]
    put(connection, OBSERVED, links)


def _appended(connection: Connection, rows: list[Values]) -> int:
    """Append the approvals that are not here yet, each once."""
    columns = [column for column in APPROVAL.columns if column.name not in NOT_SENT]
    known = {text_of(dict(row._mapping)) for row in connection.execute(select(*columns))}
    fresh = {text: row for row in rows if (text := text_of(row)) not in known}
    if fresh:
        connection.execute(APPROVAL.insert(), list(fresh.values()))
    return len(fresh)
