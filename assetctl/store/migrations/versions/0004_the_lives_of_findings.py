"""Where a finding lies, what a run asked, and a finding over all runs.

Revision 0004, after 0003. Databases written before the first release say 0003 and may hold it already.
"""

import sqlalchemy as sa
from alembic import op

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")  # sorted by code point on every database

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if sa.inspect(op.get_bind()).has_table("finding_life"):
        return
    for name, start in (("checks", "{}"), ("files", "{}"), ("places", "{}")):
        op.add_column("check_run", sa.Column(name, sa.Text(), nullable=False, server_default=start))
    for name in ("realm", "position", "part", "zone"):
        op.add_column("finding", sa.Column(name, TEXT, nullable=False, server_default=""))
    op.execute("UPDATE finding SET realm = (SELECT realm FROM check_run WHERE check_run.id = finding.run)")
    op.create_table(
        "finding_life",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("check_id", TEXT, nullable=False),
        sa.Column("stated", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("severity", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("realm", TEXT, nullable=False),
        sa.Column("position", TEXT, nullable=False),
        sa.Column("part", TEXT, nullable=False),
        sa.Column("zone", TEXT, nullable=False),
        sa.Column("statement", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("assessment", TEXT, nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("evidence_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("latest", TEXT, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("due", TEXT, nullable=False),
        sa.Column("waiver", TEXT, nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding_life")),
    )
    op.create_table(
        "finding_event",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("finding", TEXT, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", TEXT, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_finding_event")),
    )
    op.create_index(op.f("ix_finding_event_finding"), "finding_event", ["finding"])


def downgrade() -> None:
    op.drop_table("finding_event")
    op.drop_table("finding_life")
    for name in ("zone", "part", "position", "realm"):
        op.drop_column("finding", name)
    for name in ("places", "files", "checks"):
        op.drop_column("check_run", name)
