"""The tables, for SQLite and PostgreSQL alike. They never leave this package."""

from sqlalchemy import Table

from assetctl.store.row import Row
from assetctl.store.rows_advised import AdvisoryProductRow, AdvisoryRow, ExploitedRow, FeedRow, LifeCycleRow
from assetctl.store.rows_custody import ApprovalRow, BundleRow, IncidentRow, QuarantineRow
from assetctl.store.rows_judged import CheckRunRow, FindingRow, LifeEventRow, LifeRow
from assetctl.store.rows_known import AliasRow, AssetRow, DecisionRow, FactRow, IdentityRow, PositionRow
from assetctl.store.rows_seen import (
    BlobRow,
    CaptureRow,
    ExchangeRow,
    FlowRow,
    ObservationRow,
    ObservedRow,
    PlanRow,
    ScanRow,
)

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
