"""What people decide about identity.

Revision 0002, after 0001. Databases written before the first release say 0001 and may hold it already.
"""

import sqlalchemy as sa
from alembic import op

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")  # sorted by code point on every database

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if sa.inspect(op.get_bind()).has_table("decision"):
        return
    op.create_table(
        "decision",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("realm", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("left", TEXT, nullable=False),
        sa.Column("right", TEXT, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", TEXT, nullable=False),
        sa.Column("revoked_reason", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    op.create_index(op.f("ix_decision_realm"), "decision", ["realm"])


def downgrade() -> None:
    op.drop_table("decision")
