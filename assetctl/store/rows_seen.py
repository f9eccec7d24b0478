"""What was asked and heard: runs, raw bytes, exchanges, observations, and the flows of sensors."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, Integer, LargeBinary
from sqlmodel import Field

from assetctl.store.columns import CanonicalJson, Digests, ForeignText, Name, UtcDateTime
from assetctl.store.row import Row


class ScanRow(Row, table=True):
    __tablename__ = "scan"
    __table_args__ = (Index(None, "realm", "started"),)

    id: str = Field(sa_type=Name, primary_key=True)
    realm: str = Field(sa_type=Name)
    state: str = Field(sa_type=Name)
    started: datetime = Field(sa_type=UtcDateTime)
    ended: datetime | None = Field(sa_type=UtcDateTime)
    vantage: str = Field(sa_type=ForeignText)
    plan_hash: str = Field(sa_type=Name)
    approval: str = Field(sa_type=ForeignText)
    ledger: str = Field(sa_type=ForeignText)
    head: str = Field(sa_type=Name)
    count: int = Field(sa_type=BigInteger)
    exit: int = Field(sa_type=Integer)
    counts: Any = Field(sa_type=CanonicalJson, nullable=False)
    coverage: Any = Field(sa_type=CanonicalJson, nullable=False)
    excluded: Any = Field(sa_type=CanonicalJson, nullable=False)
    note: str = Field(sa_type=ForeignText)


class PlanRow(Row, table=True):
    __tablename__ = "plan"

    scan: str = Field(sa_type=Name, primary_key=True, foreign_key="scan.id", ondelete="CASCADE")
    rows: str = Field(sa_type=ForeignText)


class BlobRow(Row, table=True):
    """Raw bytes, once, compressed. data is null when they were pruned: the digest and the size stay."""

    __tablename__ = "blob"

    digest: str = Field(sa_type=Name, primary_key=True)
    size: int = Field(sa_type=BigInteger)
    data: bytes | None = Field(sa_type=LargeBinary)


class ExchangeRow(Row, table=True):
    """sent: digest of a blob. received: digests as they came. sequence: the number in the id, for sorting."""

    __tablename__ = "exchange"
    __table_args__ = (Index(None, "scan", "sequence", "id"), Index(None, "scan", "step"))

    id: str = Field(sa_type=Name, primary_key=True)
    scan: str = Field(sa_type=Name, foreign_key="scan.id")
    step: str = Field(sa_type=Name)
    sequence: int = Field(sa_type=BigInteger)
    request: str = Field(sa_type=Name)
    sent: str = Field(sa_type=Name, foreign_key="blob.digest")
    received: Any = Field(sa_type=Digests, nullable=False)
    outcome: str = Field(sa_type=Name)
    at: datetime = Field(sa_type=UtcDateTime)
    rtt_ms: float | None
    detail: str = Field(sa_type=ForeignText)


class ObservationRow(Row, table=True):
    __tablename__ = "observation"
    __table_args__ = (
        Index(None, "started", "id"),
        Index(None, "scan", "started", "id"),
        Index(None, "realm", "started", "id"),
    )

    id: str = Field(sa_type=Name, primary_key=True)
    scan: str = Field(sa_type=Name, foreign_key="scan.id")
    source: str = Field(sa_type=Name)
    reader: str = Field(sa_type=Name)
    realm: str = Field(sa_type=Name)
    target: str | None = Field(sa_type=Name)
    vantage: str = Field(sa_type=ForeignText)
    outcome: str = Field(sa_type=Name)
    started: datetime = Field(sa_type=UtcDateTime)
    ended: datetime = Field(sa_type=UtcDateTime)
    claims: Any = Field(sa_type=CanonicalJson, nullable=False)
    port: int = Field(sa_type=Integer)
    transport: str | None = Field(sa_type=Name)
    envelope: str = Field(sa_type=ForeignText)
    options: Any = Field(sa_type=CanonicalJson, nullable=False)
    record: str = Field(sa_type=ForeignText)
    detail: str = Field(sa_type=ForeignText)


class ObservedRow(Row, table=True):
    """Which exchanges an observation was read from, in their order."""

    __tablename__ = "observation_exchange"

    observation: str = Field(sa_type=Name, primary_key=True, foreign_key="observation.id", ondelete="CASCADE")
    ordinal: int = Field(sa_type=Integer, primary_key=True)
    exchange: str = Field(sa_type=Name, foreign_key="exchange.id", index=True)


class CaptureRow(Row, table=True):
    """One file of flows, as `model.Capture`."""

    __tablename__ = "flow_capture"
    __table_args__ = (Index(None, "realm", "started"),)

    id: str = Field(sa_type=Name, primary_key=True)
    realm: str = Field(sa_type=Name)
    sensor: str = Field(sa_type=ForeignText)
    format: str = Field(sa_type=Name)
    file: str = Field(sa_type=ForeignText)
    sha256: str = Field(sa_type=Name)
    started: datetime = Field(sa_type=UtcDateTime)
    ended: datetime = Field(sa_type=UtcDateTime)
    imported: datetime = Field(sa_type=UtcDateTime)
    covers: Any = Field(sa_type=CanonicalJson, nullable=False)
    records: int = Field(sa_type=BigInteger)
    flows: int = Field(sa_type=BigInteger)
    skipped: int = Field(sa_type=BigInteger)


class FlowRow(Row, table=True):
    """ordinal: its place in the capture, by addresses, transport, port and service."""

    __tablename__ = "flow"

    capture: str = Field(sa_type=Name, primary_key=True, foreign_key="flow_capture.id", ondelete="CASCADE")
    ordinal: int = Field(sa_type=Integer, primary_key=True)
    realm: str = Field(sa_type=Name, index=True)
    source: str = Field(sa_type=Name)
    target: str = Field(sa_type=Name)
    transport: str = Field(sa_type=Name)
    port: int = Field(sa_type=Integer)
    service: str = Field(sa_type=ForeignText)
    first_seen: datetime = Field(sa_type=UtcDateTime)
    last_seen: datetime = Field(sa_type=UtcDateTime)
    connections: int = Field(sa_type=BigInteger)
    answered: int = Field(sa_type=BigInteger)
    opened: int = Field(sa_type=BigInteger)
    size_bytes: int = Field(sa_type=BigInteger)
