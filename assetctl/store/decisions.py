"""What people decided about identity: that two things are one device, or are not. Nothing here is ever deleted."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select, update

from assetctl.errors import InputError
from assetctl.store.database import Database, decoding
from assetctl.store.records import Decision
from assetctl.store.statements import put_new
from assetctl.store.tables import DECISION
from assetctl.text import near


def put_decision(store: Database, decision: Decision) -> None:
    """Store a decision; one of that id that is there already stays as it is."""
    with store.writing() as connection:
        put_new(connection, DECISION, [asdict(decision)])


def decisions(store: Database, realm: str | None = None, *, revoked: bool = False) -> tuple[Decision, ...]:
    """The decisions that hold, of one realm when named, oldest first. revoked: also those that hold no more."""
    chosen = select(DECISION).order_by(DECISION.c.at, DECISION.c.id)
    if realm is not None:
        chosen = chosen.where(DECISION.c.realm == realm)
    if not revoked:
        chosen = chosen.where(DECISION.c.revoked_at.is_(None))
    with store.reading() as connection, decoding(store.where):
        return tuple(Decision(**row._mapping) for row in connection.execute(chosen))


def revoke_decision(store: Database, name: str, *, by: str, reason: str, at: datetime) -> Decision:
    """End a decision, which stays as history, and return it. Raises InputError when none of that id holds."""
    held = {one.id: one for one in decisions(store)}
    if name not in held:
        raise InputError(f"{name}: no such decision holds{near(name, tuple(held))}; see `assetctl assets decisions`")
    with store.writing() as connection:
        changes = {"revoked_at": at, "revoked_by": by, "revoked_reason": reason}
        connection.execute(update(DECISION).where(DECISION.c.id == name).values(changes))
    return held[name]
