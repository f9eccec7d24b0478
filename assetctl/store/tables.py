"""The rows, for SQLite and PostgreSQL alike. They never leave this package.

They are tables only: rows are written and read as plain tuples through SQLAlchemy's core, since unit-of-work objects
cost many times as much. Foreign keys hold where a row is meaningless without the other; derived rows carry none.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, MetaData, Table
from sqlmodel import Field, SQLModel

from assetctl.store.columns import CanonicalJson, FactValue, ForeignText, Name, UtcDateTime

# unnamed constraints cannot be altered on SQLite
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Row(SQLModel):
    metadata = MetaData(naming_convention=NAMING)


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
    received: Any = Field(sa_type=CanonicalJson, nullable=False)
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
    because: Any = Field(sa_type=CanonicalJson, nullable=False)
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


METADATA = Row.metadata


def table(row: type[Row]) -> Table:
    """The core table of a row class."""
    return METADATA.tables[str(row.__tablename__)]


SCAN, PLAN, BLOB, EXCHANGE = table(ScanRow), table(PlanRow), table(BlobRow), table(ExchangeRow)
OBSERVATION, OBSERVED = table(ObservationRow), table(ObservedRow)
ASSET, FACT, POSITION = table(AssetRow), table(FactRow), table(PositionRow)
IDENTITY, ALIAS, DECISION = table(IdentityRow), table(AliasRow), table(DecisionRow)
CHECK_RUN, FINDING = table(CheckRunRow), table(FindingRow)
LIFE, LIFE_EVENT = table(LifeRow), table(LifeEventRow)
CAPTURE, FLOW = table(CaptureRow), table(FlowRow)
QUARANTINE, INCIDENT, APPROVAL = table(QuarantineRow), table(IncidentRow), table(ApprovalRow)
FEED, ADVISORY, ADVISORY_PRODUCT = table(FeedRow), table(AdvisoryRow), table(AdvisoryProductRow)
EXPLOITED, LIFE_CYCLE = table(ExploitedRow), table(LifeCycleRow)
BUNDLE = table(BundleRow)
