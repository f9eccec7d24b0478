"""Functional locations: what people declared. A scan never touches them."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import Row, delete, select

from assetctl.model import Position, Retirement
from assetctl.store.columns import value_of
from assetctl.store.database import Database, decoding
from assetctl.store.statements import in_chunks, put
from assetctl.store.tables import POSITION


def put_positions(store: Database, positions: Iterable[Position]) -> None:
    """Store positions; one with the same realm and id is replaced."""
    with store.writing() as connection:
        for chunk in in_chunks(positions):
            put(connection, POSITION, [_row(position) for position in chunk])


def replace_positions(store: Database, source: str, positions: Iterable[Position]) -> None:
    """Make these the positions that the source declares: those that it no longer names are dropped."""
    with store.writing() as connection:
        connection.execute(delete(POSITION).where(POSITION.c.source == source))
        for chunk in in_chunks(positions):
            put(connection, POSITION, [_row(position) for position in chunk])


def positions(store: Database, realm: str | None = None) -> tuple[Position, ...]:
    """All positions, of one realm when named, by realm and id."""
    chosen = select(POSITION).order_by(POSITION.c.realm, POSITION.c.id)
    if realm is not None:
        chosen = chosen.where(POSITION.c.realm == realm)
    with store.reading() as connection, decoding(store.where):
        return tuple(map(_position, connection.execute(chosen)))


def _row(position: Position) -> dict[str, Any]:
    return {
        "realm": position.realm,
        "id": position.id,
        "match": dict(position.match),
        "declared": dict(position.declared),
        "source": position.source,
        "declared_at": position.declared_at,
        "retired": _retirement(position.retired),
    }


def _retirement(one: Retirement | None) -> dict[str, str] | None:
    return {"by": one.by, "on": one.on.isoformat(), "reason": one.reason} if one else None


def _position(row: Row[Any]) -> Position:
    fields = dict(row._mapping)
    fields["declared"] = {key: value_of(value) for key, value in row.declared.items()}
    if row.retired is not None:
        fields["retired"] = Retirement(row.retired["by"], date.fromisoformat(row.retired["on"]), row.retired["reason"])
    return Position(**fields)
