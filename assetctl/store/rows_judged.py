"""What was judged: runs of the checks, their findings, and what became of each finding."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, Integer
from sqlmodel import Field

from assetctl.store.columns import CanonicalJson, Evidence, ForeignText, Name, UtcDateTime
from assetctl.store.row import Row


class CheckRunRow(Row, table=True):
    __tablename__ = "check_run"
    __table_args__ = (Index(None, "at"),)

    id: str = Field(sa_type=Name, primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    realm: str = Field(sa_type=Name)
    pack_hash: str = Field(sa_type=Name)
    snapshot_hash: str = Field(sa_type=Name)
    counts: Any = Field(sa_type=CanonicalJson, nullable=False)
    scans: Any = Field(sa_type=CanonicalJson, nullable=False)
    checks: Any = Field(sa_type=CanonicalJson, nullable=False)
    files: Any = Field(sa_type=CanonicalJson, nullable=False)
    places: Any = Field(sa_type=CanonicalJson, nullable=False)


class FindingRow(Row, table=True):
    __tablename__ = "finding"

    run: str = Field(sa_type=Name, primary_key=True, foreign_key="check_run.id", ondelete="CASCADE")
    ordinal: int = Field(sa_type=Integer, primary_key=True)
    id: str = Field(sa_type=Name, index=True)
    check_id: str = Field(sa_type=Name)
    check_version: int = Field(sa_type=Integer)
    title: str = Field(sa_type=ForeignText)
    severity: str = Field(sa_type=Name)
    subject: str = Field(sa_type=ForeignText)
    result: str = Field(sa_type=Name)
    reason: str = Field(sa_type=Name)
    statement: str = Field(sa_type=ForeignText)
    because: Any = Field(sa_type=Evidence, nullable=False)
    waiver: str = Field(sa_type=ForeignText)
    realm: str = Field(sa_type=Name)
    position: str = Field(sa_type=ForeignText)
    part: str = Field(sa_type=ForeignText)
    zone: str = Field(sa_type=ForeignText)


class LifeRow(Row, table=True):
    """A finding over all runs, as `model.Life`."""

    __tablename__ = "finding_life"

    id: str = Field(sa_type=Name, primary_key=True)
    check_id: str = Field(sa_type=Name)
    stated: str = Field(sa_type=Name)
    title: str = Field(sa_type=ForeignText)
    severity: str = Field(sa_type=Name)
    subject: str = Field(sa_type=ForeignText)
    realm: str = Field(sa_type=Name)
    position: str = Field(sa_type=ForeignText)
    part: str = Field(sa_type=ForeignText)
    zone: str = Field(sa_type=ForeignText)
    statement: str = Field(sa_type=ForeignText)
    state: str = Field(sa_type=Name)
    assessment: str = Field(sa_type=Name)
    first_seen: datetime = Field(sa_type=UtcDateTime)
    last_seen: datetime = Field(sa_type=UtcDateTime)
    evidence_at: datetime = Field(sa_type=UtcDateTime)
    latest: str = Field(sa_type=Name)
    owner: str = Field(sa_type=ForeignText)
    due: str = Field(sa_type=Name)
    waiver: str = Field(sa_type=ForeignText)
    ended_at: datetime | None = Field(sa_type=UtcDateTime)
    ended: str = Field(sa_type=ForeignText)


class LifeEventRow(Row, table=True):
    """What happened to a finding, by whom and why. Nothing is ever deleted."""

    __tablename__ = "finding_event"

    number: int = Field(sa_type=BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    finding: str = Field(sa_type=Name, index=True)
    at: datetime = Field(sa_type=UtcDateTime)
    what: str = Field(sa_type=Name)
    by: str = Field(sa_type=ForeignText)
    reason: str = Field(sa_type=ForeignText)
