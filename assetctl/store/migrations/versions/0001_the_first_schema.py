"""The first schema.

Revision 0001, after nothing.
"""

import sqlalchemy as sa
from alembic import op

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")  # sorted by code point on every database

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alias",
        sa.Column("alias", TEXT, nullable=False),
        sa.Column("asset", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("alias", name=op.f("pk_alias")),
    )
    op.create_table(
        "approval",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("who", TEXT, nullable=False),
        sa.Column("what", TEXT, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("envelope_hash", TEXT, nullable=False),
        sa.Column("scan", TEXT, nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_approval")),
    )
    op.create_table(
        "asset",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("realm", TEXT, nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confidence", sa.Integer(), nullable=False),
        sa.Column("aliases", sa.Text(), nullable=False),
        sa.Column("site", TEXT, nullable=False),
        sa.Column("position", TEXT, nullable=True),
        sa.Column("parent", TEXT, nullable=True),
        sa.Column("zone", TEXT, nullable=True),
        sa.Column("joins", sa.Text(), nullable=False),
        sa.Column("observations", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asset")),
    )
    op.create_index(op.f("ix_asset_realm"), "asset", ["realm"])
    op.create_table(
        "blob",
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_blob")),
    )
    op.create_table(
        "check_run",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("realm", TEXT, nullable=False),
        sa.Column("pack_hash", TEXT, nullable=False),
        sa.Column("snapshot_hash", TEXT, nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("scans", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_run")),
    )
    op.create_index(op.f("ix_check_run_at"), "check_run", ["at"])
    op.create_table(
        "identity",
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("asset", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_identity")),
    )
    op.create_index(op.f("ix_identity_asset"), "identity", ["asset"])
    op.create_table(
        "incident",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("realm", TEXT, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scan", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("file", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    op.create_table(
        "position",
        sa.Column("realm", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("match", sa.Text(), nullable=False),
        sa.Column("declared", sa.Text(), nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("realm", "id", name=op.f("pk_position")),
    )
    op.create_table(
        "quarantine",
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("realm", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("scan", TEXT, nullable=False),
        sa.Column("incident", TEXT, nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cleared_by", TEXT, nullable=False),
        sa.Column("cleared_reason", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("subject", "since", name=op.f("pk_quarantine")),
    )
    op.create_index(op.f("ix_quarantine_realm"), "quarantine", ["realm"])
    op.create_table(
        "scan",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("realm", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("started", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended", sa.DateTime(timezone=True), nullable=True),
        sa.Column("vantage", TEXT, nullable=False),
        sa.Column("plan_hash", TEXT, nullable=False),
        sa.Column("approval", TEXT, nullable=False),
        sa.Column("ledger", TEXT, nullable=False),
        sa.Column("head", TEXT, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("exit", sa.Integer(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("coverage", sa.Text(), nullable=False),
        sa.Column("excluded", sa.Text(), nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan")),
    )
    op.create_index(op.f("ix_scan_realm_started"), "scan", ["realm", "started"])
    op.create_table(
        "exchange",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("scan", TEXT, nullable=False),
        sa.Column("step", TEXT, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("request", TEXT, nullable=False),
        sa.Column("sent", TEXT, nullable=False),
        sa.Column("received", sa.Text(), nullable=False),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rtt_ms", sa.Float(), nullable=True),
        sa.Column("detail", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["scan"], ["scan.id"], name=op.f("fk_exchange_scan_scan")),
        sa.ForeignKeyConstraint(["sent"], ["blob.digest"], name=op.f("fk_exchange_sent_blob")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange")),
    )
    op.create_index(op.f("ix_exchange_scan_sequence_id"), "exchange", ["scan", "sequence", "id"])
    op.create_index(op.f("ix_exchange_scan_step"), "exchange", ["scan", "step"])
    op.create_table(
        "fact",
        sa.Column("asset", TEXT, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("realm", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("local_key", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("source_kind", TEXT, nullable=False),
        sa.Column("source_name", TEXT, nullable=False),
        sa.Column("evidence", TEXT, nullable=False),
        sa.Column("vantage", TEXT, nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confidence", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["asset"], ["asset.id"], name=op.f("fk_fact_asset_asset"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("asset", "ordinal", name=op.f("pk_fact")),
    )
    op.create_index(op.f("ix_fact_key"), "fact", ["key"])
    op.create_index(op.f("ix_fact_realm"), "fact", ["realm"])
    op.create_table(
        "finding",
        sa.Column("run", TEXT, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("check_id", TEXT, nullable=False),
        sa.Column("check_version", sa.Integer(), nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("severity", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("result", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("statement", TEXT, nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("waiver", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["run"], ["check_run.id"], name=op.f("fk_finding_run_check_run"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run", "ordinal", name=op.f("pk_finding")),
    )
    op.create_index(op.f("ix_finding_id"), "finding", ["id"])
    op.create_table(
        "observation",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("scan", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("reader", TEXT, nullable=False),
        sa.Column("realm", TEXT, nullable=False),
        sa.Column("target", TEXT, nullable=True),
        sa.Column("vantage", TEXT, nullable=False),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("started", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claims", sa.Text(), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("transport", TEXT, nullable=True),
        sa.Column("envelope", TEXT, nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("record", TEXT, nullable=False),
        sa.Column("detail", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["scan"], ["scan.id"], name=op.f("fk_observation_scan_scan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_observation")),
    )
    op.create_index(op.f("ix_observation_realm_started_id"), "observation", ["realm", "started", "id"])
    op.create_index(op.f("ix_observation_scan_started_id"), "observation", ["scan", "started", "id"])
    op.create_index(op.f("ix_observation_started_id"), "observation", ["started", "id"])
    op.create_table(
        "plan",
        sa.Column("scan", TEXT, nullable=False),
        sa.Column("rows", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["scan"], ["scan.id"], name=op.f("fk_plan_scan_scan"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("scan", name=op.f("pk_plan")),
    )
    op.create_table(
        "observation_exchange",
        sa.Column("observation", TEXT, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("exchange", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["exchange"], ["exchange.id"], name=op.f("fk_observation_exchange_exchange_exchange")),
        sa.ForeignKeyConstraint(
            ["observation"],
            ["observation.id"],
            name=op.f("fk_observation_exchange_observation_observation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("observation", "ordinal", name=op.f("pk_observation_exchange")),
    )
    op.create_index(op.f("ix_observation_exchange_exchange"), "observation_exchange", ["exchange"])


def downgrade() -> None:
    op.drop_table("observation_exchange")
    op.drop_table("plan")
    op.drop_table("observation")
    op.drop_table("finding")
    op.drop_table("fact")
    op.drop_table("exchange")
    op.drop_table("scan")
    op.drop_table("quarantine")
    op.drop_table("position")
    op.drop_table("incident")
    op.drop_table("identity")
    op.drop_table("check_run")
    op.drop_table("blob")
    op.drop_table("asset")
    op.drop_table("approval")
    op.drop_table("alias")
