"""What stopped a run, who allowed one, and what left or entered as a bundle."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Integer
from sqlmodel import Field

from assetctl.store.columns import CanonicalJson, ForeignText, Name, UtcDateTime
from assetctl.store.row import Row


class QuarantineRow(Row, table=True):
    """cleared_at is null while it holds; a cleared row stays as history."""

    __tablename__ = "quarantine"

    subject: str = Field(sa_type=Name, primary_key=True)
    since: datetime = Field(sa_type=UtcDateTime, primary_key=True)
    realm: str = Field(sa_type=Name, index=True)
    reason: str = Field(sa_type=ForeignText)
    scan: str = Field(sa_type=Name)
    incident: str = Field(sa_type=ForeignText)
    cleared_at: datetime | None = Field(sa_type=UtcDateTime)
    cleared_by: str = Field(sa_type=ForeignText)
    cleared_reason: str = Field(sa_type=ForeignText)


class IncidentRow(Row, table=True):
    __tablename__ = "incident"

    id: str = Field(sa_type=Name, primary_key=True)
    realm: str = Field(sa_type=Name)
    at: datetime = Field(sa_type=UtcDateTime)
    scan: str = Field(sa_type=Name)
    subject: str = Field(sa_type=ForeignText)
    reason: str = Field(sa_type=ForeignText)
    file: str = Field(sa_type=ForeignText)


class ApprovalRow(Row, table=True):
    __tablename__ = "approval"

    number: int = Field(sa_type=BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    who: str = Field(sa_type=ForeignText)
    what: str = Field(sa_type=ForeignText)
    at: datetime = Field(sa_type=UtcDateTime)
    envelope_hash: str = Field(sa_type=Name)
    scan: str = Field(sa_type=Name)
    verified: bool


class BundleRow(Row, table=True):
    """One bundle that was written here, or taken in. sender: fingerprint of the key. way: "out" or "in".

    previous: digest of the sender's bundle before it, "" for the first. realms: theirs -> ours.
    """

    __tablename__ = "bundle"

    digest: str = Field(sa_type=Name, primary_key=True)
    way: str = Field(sa_type=Name, primary_key=True)
    sender: str = Field(sa_type=Name, index=True)
    sequence: int = Field(sa_type=BigInteger)
    previous: str = Field(sa_type=Name)
    made_at: datetime = Field(sa_type=UtcDateTime)
    realms: Any = Field(sa_type=CanonicalJson, nullable=False)
