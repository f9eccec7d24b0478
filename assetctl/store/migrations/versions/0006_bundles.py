"""Bundles that were written or taken in.

Revision 0006, after 0005. Databases written before the first release say 0005 and may hold it already.
"""

import sqlalchemy as sa
from alembic import op

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")  # sorted by code point on every database

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if sa.inspect(op.get_bind()).has_table("bundle"):
        return
    op.create_table(
        "bundle",
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("way", TEXT, nullable=False),
        sa.Column("sender", TEXT, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("previous", TEXT, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("realms", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", "way", name=op.f("pk_bundle")),
    )
    op.create_index(op.f("ix_bundle_sender"), "bundle", ["sender"])


def downgrade() -> None:
    op.drop_table("bundle")
