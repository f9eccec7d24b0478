"""What all rows have in common. They never leave this package.

They are tables only: rows are written and read as plain tuples through SQLAlchemy's core, since unit-of-work objects
cost many times as much. Foreign keys hold where a row is meaningless without the other; derived rows carry none.
"""

from sqlalchemy import MetaData
from sqlmodel import SQLModel

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
