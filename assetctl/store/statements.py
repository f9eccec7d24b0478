"""Bulk statements that both databases understand, built once."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Dialect, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert

T = TypeVar("T")
Rows = list[Mapping[str, Any]]

CHUNK = 500


def put_new(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert the rows whose primary key is new, leave the others as they are."""
    if rows:
        connection.execute(_insert_new(table, connection.dialect.name), rows)


def put(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert rows, or replace those with the same primary key."""
    if rows:
        connection.execute(_upsert(table, connection.dialect.name), rows)


def insert_all(connection: Connection, table: Table, rows: Iterable[Sequence[Any]]) -> None:
    """Insert new rows by the million: values in the order of the table's columns, straight to the driver.

    A statement of SQLAlchemy's makes a mapping of each row and looks up each value of it by its name.
    """
    statement, encoders = _plain_insert(table, connection.dialect)
    for chunk in in_chunks(rows):
        encoded = [
            tuple([value if encode is None else encode(value) for value, encode in zip(row, encoders, strict=True)])
            for row in chunk
        ]
        connection.exec_driver_sql(statement, encoded)


def in_chunks(items: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """The items in lists of at most `size`."""
    source = iter(items)
    while chunk := list(islice(source, size)):
        yield chunk


def _plain_insert(table: Table, dialect: Dialect) -> tuple[str, Sequence[Callable[[Any], Any] | None]]:
    quoted = dialect.identifier_preparer
    names = ", ".join(quoted.format_column(column) for column in table.columns)
    marks = ", ".join(["?" if dialect.paramstyle == "qmark" else "%s"] * len(table.columns))
    encoders = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in table.columns]
    statement = f"INSERT INTO {quoted.format_table(table)} ({names}) VALUES ({marks})"  # noqa: S608  our own names
    return statement, encoders


def _insert(table: Table, dialect: str) -> sqlite.Insert | postgresql.Insert:
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


@cache
def _insert_new(table: Table, dialect: str) -> Insert:
    return _insert(table, dialect).on_conflict_do_nothing(index_elements=list(table.primary_key))


@cache
def _upsert(table: Table, dialect: str) -> Insert:
    statement = _insert(table, dialect)
    keys = list(table.primary_key)
    changed = {column.name: statement.excluded[column.name] for column in table.columns if column not in set(keys)}
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)


@cache
def restore(table: Table, dialect: str, column: str) -> Insert:
    """Insert rows; of an existing row fill only the named column, and only where it is null."""
    statement = _insert(table, dialect)
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key),
        set_={column: statement.excluded[column]},
        where=table.c[column].is_(None),
    )
