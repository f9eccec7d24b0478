"""Run by alembic, on the connection that assetctl.store.schema gives it."""

from typing import Any, Literal

from alembic import context

from assetctl.store.columns import CanonicalJson, ForeignText, Name, UtcDateTime
from assetctl.store.tables import METADATA

# migrations are frozen and the program's types are not, so they are written in plain ones; TEXT is in the template
PLAIN = {Name: "TEXT", ForeignText: "TEXT", CanonicalJson: "sa.Text()", UtcDateTime: "sa.DateTime(timezone=True)"}


def render_plain(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """The source text of a column type in a new migration; False leaves it to alembic."""
    return PLAIN.get(type(item), False) if kind == "type" else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    render_item=render_plain,
    transactional_ddl=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
