"""Advisories, exploited vulnerabilities and life cycles.

Revision 0005, after 0004. Databases written before the first release say 0004 and may hold it already.
"""

import sqlalchemy as sa
from alembic import op

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")  # sorted by code point on every database

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if sa.inspect(op.get_bind()).has_table("advisory_feed"):
        return
    op.create_table(
        "advisory_feed",
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("file", TEXT, nullable=False),
        sa.Column("loaded", sa.DateTime(timezone=True), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stated", sa.Boolean(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_advisory_feed")),
    )
    op.create_table(
        "advisory",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("publisher", TEXT, nullable=False),
        sa.Column("revision", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("issued", sa.DateTime(timezone=True), nullable=False),
        sa.Column("current", sa.DateTime(timezone=True), nullable=False),
        sa.Column("vulnerabilities", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["sha256"], ["advisory_feed.sha256"], name=op.f("fk_advisory_sha256_advisory_feed")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advisory")),
    )
    op.create_index(op.f("ix_advisory_sha256"), "advisory", ["sha256"])
    op.create_table(
        "advisory_product",
        sa.Column("advisory", TEXT, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("maker", TEXT, nullable=False),
        sa.Column("naming", sa.Text(), nullable=False),
        sa.Column("versions", TEXT, nullable=True),
        sa.Column("hardware", TEXT, nullable=False),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["advisory"], ["advisory.id"], name=op.f("fk_advisory_product_advisory_advisory"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("advisory", "ordinal", name=op.f("pk_advisory_product")),
    )
    op.create_index(op.f("ix_advisory_product_maker"), "advisory_product", ["maker"])
    op.create_table(
        "exploited",
        sa.Column("cve", TEXT, nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("maker", TEXT, nullable=False),
        sa.Column("product", TEXT, nullable=False),
        sa.Column("added", TEXT, nullable=False),
        sa.Column("due", TEXT, nullable=False),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("ransomware", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sha256"], ["advisory_feed.sha256"], name=op.f("fk_exploited_sha256_advisory_feed"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("cve", name=op.f("pk_exploited")),
    )
    op.create_table(
        "life_cycle",
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("maker", TEXT, nullable=False),
        sa.Column("product", TEXT, nullable=False),
        sa.Column("end_of_sale", TEXT, nullable=False),
        sa.Column("end_of_support", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("place", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["sha256"], ["advisory_feed.sha256"], name=op.f("fk_life_cycle_sha256_advisory_feed"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sha256", "ordinal", name=op.f("pk_life_cycle")),
    )


def downgrade() -> None:
    op.drop_table("life_cycle")
    op.drop_table("exploited")
    op.drop_table("advisory_product")
    op.drop_table("advisory")
    op.drop_table("advisory_feed")
