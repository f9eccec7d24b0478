"""Captures and their flows.

Revision 0003, after 0002. Databases written before the first release say 0002 and may hold it already.
"""

import sqlalchemy as sa
from alembic import op

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")  # sorted by code point on every database

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if sa.inspect(op.get_bind()).has_table("flow_capture"):
        return
    op.create_table(
        "flow_capture",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("realm", TEXT, nullable=False),
        sa.Column("sensor", TEXT, nullable=False),
        sa.Column("format", TEXT, nullable=False),
        sa.Column("file", TEXT, nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("started", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported", sa.DateTime(timezone=True), nullable=False),
        sa.Column("covers", sa.Text(), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("flows", sa.BigInteger(), nullable=False),
        sa.Column("skipped", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flow_capture")),
    )
    op.create_index(op.f("ix_flow_capture_realm_started"), "flow_capture", ["realm", "started"])
    op.create_table(
        "flow",
        sa.Column("capture", TEXT, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("realm", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("target", TEXT, nullable=False),
        sa.Column("transport", TEXT, nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("service", TEXT, nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("connections", sa.BigInteger(), nullable=False),
        sa.Column("answered", sa.BigInteger(), nullable=False),
        sa.Column("opened", sa.BigInteger(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["capture"], ["flow_capture.id"], name=op.f("fk_flow_capture_flow_capture"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("capture", "ordinal", name=op.f("pk_flow")),
    )
    op.create_index(op.f("ix_flow_realm"), "flow", ["realm"])


def downgrade() -> None:
    op.drop_table("flow")
    op.drop_table("flow_capture")
