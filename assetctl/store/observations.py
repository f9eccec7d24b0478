"""Observations: what the steps and the imported records brought, in the order in which it happened."""

from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, delete, select, tuple_

from assetctl.model import Address, Claim, Exchange, Observation, Outcome, SubjectKind, Transport
from assetctl.store.columns import value_of
from assetctl.store.database import Database, decoding
from assetctl.store.evidence import insert_exchanges, with_bytes
from assetctl.store.statements import Rows, in_chunks, put
from assetctl.store.tables import EXCHANGE, OBSERVATION, OBSERVED

PAGE = 200
_UNLINK = delete(OBSERVED).where(OBSERVED.c.observation == bindparam("replaced"))


def put_observations(store: Database, observations: Iterable[Observation], *, are_kept: bool = False) -> None:
    """Store observations with their exchanges, in one transaction; one with the same id is replaced.

    The scans must be stored before, and the exchanges where `are_kept` says so. The iterable must not itself write to
    this store.
    """
    with store.writing() as connection:
        for chunk in in_chunks(observations):
            known = list({one.id: one for one in chunk}.values())
            if not are_kept:
                insert_exchanges(
                    connection, ((one.scan, one.id, exchange) for one in known for exchange in one.exchanges)
                )
            _insert(connection, known)


def observations(store: Database, *, scan: str | None = None, realm: str | None = None) -> Iterator[Observation]:
    """Observations by time begun, then id. Holds no transaction between two pages."""
    order = (OBSERVATION.c.started, OBSERVATION.c.id)
    chosen = select(OBSERVATION).order_by(*order).limit(PAGE)
    if scan is not None:
        chosen = chosen.where(OBSERVATION.c.scan == scan)
    if realm is not None:
        chosen = chosen.where(OBSERVATION.c.realm == realm)
    page = _read(store, chosen)
    while page:
        yield from page
        mark = (page[-1].started, page[-1].id)
        page = _read(store, chosen.where(tuple_(*order) > mark)) if len(page) == PAGE else []


def observation(store: Database, observation_id: str) -> Observation | None:
    """The observation with this id, None when there is none."""
    found = _read(store, select(OBSERVATION).where(OBSERVATION.c.id == observation_id))
    return found[0] if found else None


def steps_done(store: Database, scan_id: str) -> frozenset[str]:
    """Ids of the steps that ended by themselves; one that was aborted, or denied at its beginning, is not done."""
    open_ended = (Outcome.ABORTED.value, Outcome.DENIED.value)
    ended = (OBSERVATION.c.scan == scan_id) & OBSERVATION.c.outcome.not_in(open_ended)
    with store.reading() as connection:
        return frozenset(connection.execute(select(OBSERVATION.c.id).where(ended)).scalars())


def partly_asked(store: Database, scan_id: str) -> frozenset[Address]:
    """Addresses of which a step was denied or broken off: what they did not show was not wholly looked for."""
    left = (OBSERVATION.c.scan == scan_id) & OBSERVATION.c.outcome.in_((Outcome.ABORTED.value, Outcome.DENIED.value))
    with store.reading() as connection, decoding(store.where):
        found = connection.execute(select(OBSERVATION.c.target).where(left).distinct()).scalars()
        return frozenset(_address(text) for text in found if text is not None)


def read_rows(connection: Connection, ids: list[str], where: str) -> list[Observation]:
    """Observations by their ids within a transaction. Raises what a row that makes no sense raises."""
    rows = connection.execute(select(OBSERVATION).where(OBSERVATION.c.id.in_(ids))).all()
    observed = _exchanges(connection, [row.id for row in rows], where)
    return [_observation(row, observed.get(row.id, ())) for row in rows]


def _insert(connection: Connection, known: list[Observation]) -> None:
    put(connection, OBSERVATION, [_row(one) for one in known])
    connection.execute(_UNLINK, [{"replaced": one.id} for one in known])
    links: Rows = [
        {"observation": one.id, "ordinal": ordinal, "exchange": exchange.id}
        for one in known
        for ordinal, exchange in enumerate(one.exchanges)
    ]
    put(connection, OBSERVED, links)


def _read(store: Database, chosen: Select[Any]) -> list[Observation]:
    with store.reading() as connection, decoding(store.where):
        rows = connection.execute(chosen).all()
        observed = _exchanges(connection, [row.id for row in rows], store.where)
        return [_observation(row, observed.get(row.id, ())) for row in rows]


def _exchanges(connection: Connection, ids: list[str], where: str) -> dict[str, tuple[Exchange, ...]]:
    joined = (
        select(OBSERVED.c.observation, EXCHANGE)
        .join_from(OBSERVED, EXCHANGE, OBSERVED.c.exchange == EXCHANGE.c.id)
        .where(OBSERVED.c.observation.in_(ids))
        .order_by(OBSERVED.c.observation, OBSERVED.c.ordinal)
    )
    rows = connection.execute(joined).all()
    owned = zip((row.observation for row in rows), with_bytes(connection, rows, where), strict=True)
    return {
        owner: tuple(stored.exchange for _, stored in group) for owner, group in groupby(owned, lambda pair: pair[0])
    }


def _row(one: Observation) -> dict[str, Any]:
    return {
        "id": one.id,
        "scan": one.scan,
        "source": one.source,
        "reader": one.reader,
        "realm": one.realm,
        "target": None if one.target is None else str(one.target),
        "vantage": one.vantage,
        "outcome": one.outcome.value,
        "started": one.started,
        "ended": one.ended,
        "claims": [_claim_document(claim) for claim in one.claims],
        "port": one.port,
        "transport": None if one.transport is None else one.transport.value,
        "envelope": one.envelope,
        "options": dict(one.options),
        "record": one.record,
        "detail": one.detail,
    }


def _observation(row: Row[Any], exchanges: tuple[Exchange, ...]) -> Observation:
    fields = dict(row._mapping)
    fields["target"] = None if row.target is None else _address(row.target)
    fields["outcome"] = Outcome(row.outcome)
    fields["transport"] = None if row.transport is None else Transport(row.transport)
    fields["claims"] = tuple(map(_claim, row.claims))
    fields["options"] = dict(row.options)
    return Observation(exchanges=exchanges, **fields)


def _address(text: str) -> Address:
    realm, _, ip = text.rpartition("/")
    return Address(realm, ip_address(ip))


def _claim_document(claim: Claim) -> dict[str, Any]:
    return {
        "key": claim.key,
        "value": claim.value,
        "kind": claim.kind.value,
        "local_key": claim.local_key,
        "part": claim.part,
        "confidence": claim.confidence,
    }


def _claim(document: dict[str, Any]) -> Claim:
    fields = document | {"kind": SubjectKind(document["kind"]), "value": value_of(document["value"])}
    return Claim(**fields)
