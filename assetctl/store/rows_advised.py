"""What makers and authorities say: advisories, exploited vulnerabilities, life cycles."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Integer
from sqlmodel import Field

from assetctl.store.columns import CanonicalJson, ForeignText, Name, UtcDateTime
from assetctl.store.row import Row


class FeedRow(Row, table=True):
    """One file of advisories, exploited vulnerabilities or life cycles, as `advisory.records.Feed`."""

    __tablename__ = "advisory_feed"

    sha256: str = Field(sa_type=Name, primary_key=True)
    kind: str = Field(sa_type=Name)
    file: str = Field(sa_type=ForeignText)
    loaded: datetime = Field(sa_type=UtcDateTime)
    as_of: datetime = Field(sa_type=UtcDateTime)
    stated: bool
    count: int = Field(sa_type=BigInteger)


class AdvisoryRow(Row, table=True):
    __tablename__ = "advisory"

    id: str = Field(sa_type=ForeignText, primary_key=True)
    sha256: str = Field(sa_type=Name, foreign_key="advisory_feed.sha256", index=True)
    title: str = Field(sa_type=ForeignText)
    publisher: str = Field(sa_type=ForeignText)
    revision: str = Field(sa_type=ForeignText)
    state: str = Field(sa_type=Name)
    issued: datetime = Field(sa_type=UtcDateTime)
    current: datetime = Field(sa_type=UtcDateTime)
    vulnerabilities: Any = Field(sa_type=CanonicalJson, nullable=False)


class AdvisoryProductRow(Row, table=True):
    """ordinal: its place in the advisory. naming: how it is named, as in `advisory.records.Naming`."""

    __tablename__ = "advisory_product"

    advisory: str = Field(sa_type=ForeignText, primary_key=True, foreign_key="advisory.id", ondelete="CASCADE")
    ordinal: int = Field(sa_type=Integer, primary_key=True)
    id: str = Field(sa_type=ForeignText)
    name: str = Field(sa_type=ForeignText)
    maker: str = Field(sa_type=ForeignText, index=True)
    naming: Any = Field(sa_type=CanonicalJson, nullable=False)
    versions: str | None = Field(sa_type=ForeignText)
    hardware: str = Field(sa_type=ForeignText)
    is_whole: bool


class ExploitedRow(Row, table=True):
    """One entry of the catalogue; added and due as ISO dates, due "" when it names none."""

    __tablename__ = "exploited"

    cve: str = Field(sa_type=Name, primary_key=True)
    sha256: str = Field(sa_type=Name, foreign_key="advisory_feed.sha256", ondelete="CASCADE")
    maker: str = Field(sa_type=ForeignText)
    product: str = Field(sa_type=ForeignText)
    added: str = Field(sa_type=Name)
    due: str = Field(sa_type=Name)
    action: str = Field(sa_type=ForeignText)
    ransomware: bool


class LifeCycleRow(Row, table=True):
    """One row of a life-cycle list; dates as ISO texts, "" for none."""

    __tablename__ = "life_cycle"

    sha256: str = Field(sa_type=Name, primary_key=True, foreign_key="advisory_feed.sha256", ondelete="CASCADE")
    ordinal: int = Field(sa_type=Integer, primary_key=True)
    maker: str = Field(sa_type=ForeignText)
    product: str = Field(sa_type=ForeignText)
    end_of_sale: str = Field(sa_type=Name)
    end_of_support: str = Field(sa_type=Name)
    source: str = Field(sa_type=ForeignText)
    place: str = Field(sa_type=ForeignText)
