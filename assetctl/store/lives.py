"""Findings over all runs, and what happened to them. An event is never changed or deleted."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, Row, select

from assetctl.model import Life, LifeEvent, LifeState, Severity
from assetctl.store.database import Database, decoding
from assetctl.store.statements import in_chunks, put
from assetctl.store.tables import LIFE, LIFE_EVENT

_SAME = tuple(one.name for one in fields(Life) if one.name not in ("check", "severity", "state"))
_EVENT = tuple(one.name for one in fields(LifeEvent))


Step = tuple[Life, Sequence[LifeEvent]]
"""A finding that is new or different, and what happened to it."""


def change_lives(
    store: Database, change: Callable[[Mapping[str, Life]], Iterable[Step]], ids: Iterable[str] | None = None
) -> None:
    """Change findings in one transaction, so that no run and no assessor loses what the other said.

    change: of the findings as they stand; each finding at most once. ids: only these are read, None for all.
    """
    with store.writing() as connection, decoding(store.where):
        wanted = None if ids is None else tuple(ids)
        held = {one.id: one for one in _locked(connection, wanted)}
        for steps in in_chunks(change(held)):
            put(connection, LIFE, [_row(life) for life, _ in steps])
            told = [{name: getattr(one, name) for name in _EVENT} for _, events in steps for one in events]
            for some in in_chunks(told):
                connection.execute(LIFE_EVENT.insert(), some)


def lives(store: Database, realm: str | None = None) -> tuple[Life, ...]:
    """All findings that ever failed, by id. realm: only those of its subjects and of the inventory as a whole."""
    chosen = select(LIFE).order_by(LIFE.c.id)
    if realm is not None:
        chosen = chosen.where(LIFE.c.realm.in_((realm, "")))
    with store.reading() as connection, decoding(store.where):
        return tuple(map(_life, connection.execute(chosen)))


def life_events(store: Database, finding: str) -> tuple[LifeEvent, ...]:
    """What happened to one finding, oldest first."""
    columns = [column for column in LIFE_EVENT.c if column.name != "number"]
    chosen = select(*columns).where(LIFE_EVENT.c.finding == finding).order_by(LIFE_EVENT.c.number)
    with store.reading() as connection, decoding(store.where):
        return tuple(LifeEvent(**row._mapping) for row in connection.execute(chosen))


def _locked(connection: Connection, ids: tuple[str, ...] | None) -> Iterator[Life]:
    chosen = select(LIFE).order_by(LIFE.c.id)
    if ids is not None:
        chosen = chosen.where(LIFE.c.id.in_(ids))
    locked = chosen.with_for_update()  # SQLite, where writers wait for each other anyway, leaves it out
    return map(_life, connection.execute(locked))


def _row(one: Life) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in _SAME}
    return told | {"check_id": one.check, "severity": one.severity.value, "state": one.state.value}


def _life(row: Row[Any]) -> Life:
    told = dict(row._mapping)
    told["check"] = told.pop("check_id")
    return Life(**told | {"severity": Severity(row.severity), "state": LifeState(row.state)})
