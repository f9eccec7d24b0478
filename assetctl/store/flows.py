"""Flows that sensors saw, by the capture they were told in."""

from collections.abc import Iterable
from dataclasses import asdict, fields
from ipaddress import ip_address
from typing import Any

from sqlalchemy import Row, delete, select

from assetctl.model import Capture, Flow
from assetctl.store.database import Database, decoding
from assetctl.store.statements import in_chunks, put
from assetctl.store.tables import CAPTURE, FLOW

_PLAIN = tuple(one.name for one in fields(Flow) if one.name not in ("source", "target", "sensor"))


def put_capture(store: Database, capture: Capture, flows: Iterable[Flow]) -> None:
    """Store a capture with its flows; one with the same id, and what it told, is replaced."""
    row = asdict(capture) | {"covers": list(capture.covers)}
    with store.writing() as connection:
        connection.execute(delete(FLOW).where(FLOW.c.capture == capture.id))
        put(connection, CAPTURE, [row])
        for chunk in in_chunks(enumerate(flows)):
            put(connection, FLOW, [_row(flow, at) for at, flow in chunk])


def captures(store: Database, realm: str | None = None) -> tuple[Capture, ...]:
    """All captures, of one realm when named, by their beginning."""
    chosen = select(CAPTURE).order_by(CAPTURE.c.started, CAPTURE.c.id)
    if realm is not None:
        chosen = chosen.where(CAPTURE.c.realm == realm)
    with store.reading() as connection, decoding(store.where):
        return tuple(
            Capture(**{**row._mapping, "covers": tuple(map(str, row.covers))}) for row in connection.execute(chosen)
        )


def flows(store: Database, realm: str | None = None) -> tuple[Flow, ...]:
    """All flows, of one realm when named, by capture and place in it."""
    chosen = select(FLOW, CAPTURE.c.sensor).join(CAPTURE, CAPTURE.c.id == FLOW.c.capture)
    chosen = chosen.order_by(FLOW.c.capture, FLOW.c.ordinal)
    if realm is not None:
        chosen = chosen.where(FLOW.c.realm == realm)
    with store.reading() as connection, decoding(store.where):
        return tuple(map(_flow, connection.execute(chosen)))


def _row(flow: Flow, at: int) -> dict[str, Any]:
    row = {name: getattr(flow, name) for name in _PLAIN}
    return {**row, "ordinal": at, "source": str(flow.source), "target": str(flow.target)}


def _flow(row: Row[Any]) -> Flow:
    told = dict(row._mapping)
    del told["ordinal"]
    told["source"], told["target"] = ip_address(row.source), ip_address(row.target)
    return Flow(**told)
