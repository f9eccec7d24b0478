"""Who allowed what, what went wrong, and which devices are left alone since. Nothing here is ever deleted."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select, update

from assetctl.errors import InputError
from assetctl.store.database import Database, decoding
from assetctl.store.records import Approval, Incident, Quarantined
from assetctl.store.statements import Rows, put_new
from assetctl.store.tables import APPROVAL, INCIDENT, QUARANTINE
from assetctl.text import near


def quarantine(store: Database, entries: Iterable[Quarantined]) -> None:
    """Leave these devices alone from now on; an entry that is there already stays as it is."""
    rows: Rows = [asdict(entry) for entry in entries]
    with store.writing() as connection:
        put_new(connection, QUARANTINE, rows)


def quarantined(store: Database, realm: str | None = None) -> tuple[Quarantined, ...]:
    """The entries that hold, of one realm when named, by subject and time."""
    return tuple(entry for entry in quarantine_history(store, realm) if entry.cleared_at is None)


def quarantine_history(store: Database, realm: str | None = None) -> tuple[Quarantined, ...]:
    """All entries that ever held, cleared ones included, by subject and time."""
    chosen = select(QUARANTINE).order_by(QUARANTINE.c.subject, QUARANTINE.c.since)
    if realm is not None:
        chosen = chosen.where(QUARANTINE.c.realm == realm)
    with store.reading() as connection, decoding(store.where):
        return tuple(Quarantined(**row._mapping) for row in connection.execute(chosen))


def clear_quarantine(store: Database, subject: str, *, by: str, reason: str, at: datetime) -> int:
    """End the quarantine of a subject and return how many entries that were; they stay as history.

    Raises InputError without a name and a reason, and when nothing of that name is quarantined.
    """
    if not by.strip() or not reason.strip():
        raise InputError(f"clearing the quarantine of {subject} needs a name and a reason: give --by and --reason")
    holds = (QUARANTINE.c.subject == subject) & QUARANTINE.c.cleared_at.is_(None)
    with store.writing() as connection:
        changes = {"cleared_at": at, "cleared_by": by, "cleared_reason": reason}
        cleared = connection.execute(update(QUARANTINE).where(holds).values(changes)).rowcount
    if not cleared:
        known = tuple(entry.subject for entry in quarantined(store))
        raise InputError(f"{subject} is not quarantined{near(subject, known)}: see `assetctl quarantine list`")
    return int(cleared)


def put_incident(store: Database, incident: Incident) -> None:
    """Store an incident; one that is there already stays as it is."""
    with store.writing() as connection:
        put_new(connection, INCIDENT, [asdict(incident)])


def incidents(store: Database, realm: str | None = None) -> tuple[Incident, ...]:
    """All incidents, of one realm when named, oldest first."""
    chosen = select(INCIDENT).order_by(INCIDENT.c.at, INCIDENT.c.id)
    if realm is not None:
        chosen = chosen.where(INCIDENT.c.realm == realm)
    with store.reading() as connection, decoding(store.where):
        return tuple(Incident(**row._mapping) for row in connection.execute(chosen))


def put_approval(store: Database, approval: Approval) -> None:
    """Append an approval; the same one twice is two approvals."""
    with store.writing() as connection:
        connection.execute(APPROVAL.insert(), [asdict(approval)])


def approvals(store: Database) -> tuple[Approval, ...]:
    """All approvals in the order in which they were given."""
    chosen = select(*(column for column in APPROVAL.c if column.name != "number")).order_by(
        APPROVAL.c.at, APPROVAL.c.scan, APPROVAL.c.number
    )
    with store.reading() as connection, decoding(store.where):
        return tuple(Approval(**row._mapping) for row in connection.execute(chosen))
