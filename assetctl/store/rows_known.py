"""What is known: assets with their facts, the ids they were given, what people decided and declared."""

from datetime import datetime
from typing import Any

from sqlalchemy import Integer
from sqlmodel import Field

from assetctl.store.columns import CanonicalJson, FactValue, ForeignText, Name, UtcDateTime
from assetctl.store.row import Row


class AssetRow(Row, table=True):
    __tablename__ = "asset"

    id: str = Field(sa_type=Name, primary_key=True)
    realm: str = Field(sa_type=Name, index=True)
    first_seen: datetime = Field(sa_type=UtcDateTime)
    last_seen: datetime = Field(sa_type=UtcDateTime)
    confidence: int = Field(sa_type=Integer)
    aliases: Any = Field(sa_type=CanonicalJson, nullable=False)
    site: str = Field(sa_type=ForeignText)
    position: str | None = Field(sa_type=ForeignText)
    parent: str | None = Field(sa_type=Name)
    zone: str | None = Field(sa_type=ForeignText)
    joins: Any = Field(sa_type=CanonicalJson, nullable=False)
    observations: Any = Field(sa_type=CanonicalJson, nullable=False)


class FactRow(Row, table=True):
    """One value of one key from one source over one interval. ordinal: its place in the asset's facts."""

    __tablename__ = "fact"

    asset: str = Field(sa_type=Name, primary_key=True, foreign_key="asset.id", ondelete="CASCADE")
    ordinal: int = Field(sa_type=Integer, primary_key=True)
    realm: str = Field(sa_type=Name, index=True)
    kind: str = Field(sa_type=Name)
    local_key: str = Field(sa_type=ForeignText)
    key: str = Field(sa_type=Name, index=True)
    value: Any = Field(sa_type=FactValue, nullable=False)
    source_kind: str = Field(sa_type=Name)
    source_name: str = Field(sa_type=ForeignText)
    evidence: str = Field(sa_type=Name)
    vantage: str = Field(sa_type=ForeignText)
    first_seen: datetime = Field(sa_type=UtcDateTime)
    last_seen: datetime = Field(sa_type=UtcDateTime)
    confidence: int = Field(sa_type=Integer)


class IdentityRow(Row, table=True):
    """Which id a key was given. A key may hold long device text, more than an index takes, hence its digest."""

    __tablename__ = "identity"

    digest: str = Field(sa_type=Name, primary_key=True)
    key: str = Field(sa_type=ForeignText)
    asset: str = Field(sa_type=Name, index=True)


class AliasRow(Row, table=True):
    """An id that was once given and now stands for another."""

    __tablename__ = "alias"

    alias: str = Field(sa_type=Name, primary_key=True)
    asset: str = Field(sa_type=Name)


class DecisionRow(Row, table=True):
    """That two things are, or are not, one device. revoked_at is null while it holds; nothing is ever deleted."""

    __tablename__ = "decision"

    id: str = Field(sa_type=Name, primary_key=True)
    realm: str = Field(sa_type=Name, index=True)
    kind: str = Field(sa_type=Name)
    left: str = Field(sa_type=ForeignText)
    right: str = Field(sa_type=ForeignText)
    by: str = Field(sa_type=ForeignText)
    reason: str = Field(sa_type=ForeignText)
    at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(sa_type=UtcDateTime)
    revoked_by: str = Field(sa_type=ForeignText)
    revoked_reason: str = Field(sa_type=ForeignText)


class PositionRow(Row, table=True):
    __tablename__ = "position"

    realm: str = Field(sa_type=Name, primary_key=True)
    id: str = Field(sa_type=ForeignText, primary_key=True)
    match: Any = Field(sa_type=CanonicalJson, nullable=False)
    declared: Any = Field(sa_type=CanonicalJson, nullable=False)
    source: str = Field(sa_type=ForeignText)
    declared_at: datetime = Field(sa_type=UtcDateTime)
    retired: Any = Field(sa_type=CanonicalJson, nullable=True)
