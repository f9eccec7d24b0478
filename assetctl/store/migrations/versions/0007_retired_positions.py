"""That a position is retired: by whom, when and why.

Revision 0007, after 0006. Databases written before the first release say 0006 and may hold it already.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    columns = {one["name"] for one in sa.inspect(op.get_bind()).get_columns("position")}
    if "retired" not in columns:
        op.add_column("position", sa.Column("retired", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("position") as table:
        table.drop_column("retired")
