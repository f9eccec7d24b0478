"""Findings over all runs, and what happened to them. An event is never changed or deleted."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, Row, select

from assetctl.model import Life, LifeEvent, LifeState, Severity
from assetctl.store.database import Database, decoding
from assetctl.store.statements import in_chunks, put
from assetctl.store.tables import LIFE, LIFE_EVENT

_SAME = tuple(one.name for one in fields(Life) if one.name not in ("check", "severity", "state"))
_EVENT = tuple(one.name for one in fields(LifeEvent))


@dataclass(frozen=True, slots=True)
class Changes:
    """What becomes of findings. lives: those that are new or different."""

    lives: Sequence[Life]
    events: Sequence[LifeEvent]


def change_lives(
    store: Database, change: Callable[[Mapping[str, Life]], Changes], ids: Iterable[str] | None = None
) -> Changes:
    """Change findings in one transaction, so that no run and no assessor loses what the other said.

    change: of the findings as they stand. ids: only these are read, None for all.
    """
    with store.writing() as connection, decoding(store.where):
        wanted = None if ids is None else tuple(ids)
        made = change({one.id: one for one in _read(connection, wanted, locked=True)})
        for lives in in_chunks(made.lives):
            put(connection, LIFE, [_row(one) for one in lives])
        for events in in_chunks(made.events):
            connection.execute(LIFE_EVENT.insert(), [{name: getattr(one, name) for name in _EVENT} for one in events])
    return made


def lives(store: Database) -> tuple[Life, ...]:
    """All findings that ever failed, by id."""
    with store.reading() as connection, decoding(store.where):
        return _read(connection, None, locked=False)


def life_events(store: Database, finding: str) -> tuple[LifeEvent, ...]:
    """What happened to one finding, oldest first."""
    columns = [column for column in LIFE_EVENT.c if column.name != "number"]
    chosen = select(*columns).where(LIFE_EVENT.c.finding == finding).order_by(LIFE_EVENT.c.number)
    with store.reading() as connection, decoding(store.where):
        return tuple(LifeEvent(**row._mapping) for row in connection.execute(chosen))


def _read(connection: Connection, ids: tuple[str, ...] | None, *, locked: bool) -> tuple[Life, ...]:
    chosen = select(LIFE).order_by(LIFE.c.id)
    if ids is not None:
        chosen = chosen.where(LIFE.c.id.in_(ids))
    if locked:
        chosen = chosen.with_for_update()  # SQLite, where writers wait for each other anyway, leaves it out
    return tuple(map(_life, connection.execute(chosen)))


def _row(one: Life) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in _SAME}
    return told | {"check_id": one.check, "severity": one.severity.value, "state": one.state.value}


def _life(row: Row[Any]) -> Life:
    told = dict(row._mapping)
    told["check"] = told.pop("check_id")
    return Life(**told | {"severity": Severity(row.severity), "state": LifeState(row.state)})
