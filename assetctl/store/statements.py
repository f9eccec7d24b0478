"""Bulk statements that both databases understand, built once."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from hashlib import sha256
from itertools import chain, islice
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import ColumnClause, Connection, Dialect, Table, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.dml import Insert

T = TypeVar("T")
Rows = list[Mapping[str, Any]]
Encode = Callable[[Any], Any]
Encoders = tuple[tuple[str, Encode | None], ...]

CHUNK = 500
STATEMENTS = 64  # compiled ones that are remembered


def hold(connection: Connection, what: str) -> None:
    """Wait until no other transaction holds this, and hold it to the end of this one. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        number = int.from_bytes(sha256(what.encode()).digest()[:7], "big")
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": number})


def put_new(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert the rows whose primary key is new, leave the others as they are."""
    run(connection, _insert_new(table, connection.dialect.name), rows)


def put(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert rows, or replace those with the same primary key."""
    run(connection, _upsert(table, connection.dialect.name), rows)


def run(connection: Connection, statement: Insert, rows: Sequence[Mapping[str, Any]]) -> None:
    """Run an insert for rows that all have the same columns, as text with its values, straight to the driver.

    SQLAlchemy would look up each value of each row by its name several times.
    """
    if not rows:
        return
    driven, encoders = _driven(statement, tuple(rows[0]), connection.dialect)
    if connection.dialect.positional:
        encoded: list[Any] = [
            tuple([row[name] if encode is None else encode(row[name]) for name, encode in encoders]) for row in rows
        ]
    else:
        encoded = [
            {name: row[name] if encode is None else encode(row[name]) for name, encode in encoders} for row in rows
        ]
    connection.exec_driver_sql(driven, encoded)


def insert_all(connection: Connection, table: Table, rows: Iterable[Sequence[Any]]) -> None:
    """Insert new rows by the million: values in the order of the table's columns, straight to the driver.

    A statement of SQLAlchemy's makes a mapping of each row and looks up each value of it by its name. What makes the
    rows must not use this connection.
    """
    chunks = (encoded(connection, table, chunk) for chunk in in_chunks(rows))
    if connection.dialect.name == "postgresql":
        _copy(connection, table, chain.from_iterable(chunks))
        return
    for chunk in chunks:
        insert_encoded(connection, table, chunk)


def encoded(connection: Connection, table: Table, rows: Iterable[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Rows of values in the order of the table's columns as the driver takes and gives them, a column at a time."""
    encoders = [_encoder(column, connection.dialect) for column in table.columns]
    columns = zip(encoders, zip(*rows, strict=True), strict=False)  # of no rows there are no columns
    return list(zip(*[column if encode is None else map(encode, column) for encode, column in columns], strict=True))


def insert_encoded(connection: Connection, table: Table, rows: list[tuple[Any, ...]]) -> None:
    """Insert new rows that are encoded."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        _copy(connection, table, rows)
        return
    marks = ", ".join("?" * len(table.columns))
    statement = f"INSERT INTO {_named(table, connection.dialect)} VALUES ({marks})"  # noqa: S608  our own names
    connection.exec_driver_sql(statement, rows)


def update_encoded(connection: Connection, table: Table, rows: list[tuple[Any, ...]]) -> None:
    """Write encoded rows over those with the same primary key. What a plain index holds must be as it was."""
    if not rows:
        return
    names = table.columns.keys()
    own = [column.name for column in table.columns if not column.primary_key and not column.index]
    keys = [column.name for column in table.primary_key]
    in_order = itemgetter(*map(names.index, (*own, *keys)))
    update_where(connection, table, list(map(in_order, rows)), changed=own, held=keys)


def update_where(
    connection: Connection, table: Table, rows: list[tuple[Any, ...]], *, changed: Iterable[str], held: Iterable[str]
) -> None:
    """Change columns of the rows that hold some values. rows: the new values, encoded, then those that are held."""
    if not rows:
        return
    quoted = connection.dialect.identifier_preparer
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    changes = ", ".join(f"{quoted.format_column(table.c[name])} = {mark}" for name in changed)
    of_them = " AND ".join(f"{quoted.format_column(table.c[name])} = {mark}" for name in held)
    statement = f"UPDATE {quoted.format_table(table)} SET {changes} WHERE {of_them}"  # noqa: S608  our own names
    connection.exec_driver_sql(statement, rows)


def _copy(connection: Connection, table: Table, rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows in one stream: PostgreSQL takes a third of the time that a statement for each of them needs."""
    driver, dialect = connection.connection.cursor(), connection.dialect
    try:
        with driver.copy(f"COPY {_named(table, dialect)} FROM STDIN") as stream:
            for row in rows:
                stream.write_row(row)
    except dialect.loaded_dbapi.Error as error:
        raise DBAPIError(None, None, error, hide_parameters=True) from error
    finally:
        driver.close()


def _named(table: Table, dialect: Dialect) -> str:
    """A table with its columns, in their order, as a statement names them."""
    quoted = dialect.identifier_preparer
    return f"{quoted.format_table(table)} ({', '.join(quoted.format_column(column) for column in table.columns)})"


def in_chunks(items: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """The items in lists of at most `size`."""
    source = iter(items)
    while chunk := list(islice(source, size)):
        yield chunk


@lru_cache(STATEMENTS)
def _driven(statement: Insert, names: tuple[str, ...], dialect: Dialect) -> tuple[str, Encoders]:
    """A statement as the driver takes it, and in the order of its marks the columns with what encodes their values."""
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    columns = statement.table.c
    return str(compiled), tuple((name, _encoder(columns[name], dialect)) for name in compiled.positiontup or names)


def _encoder(column: ColumnClause[Any], dialect: Dialect) -> Encode | None:
    return column.type.dialect_impl(dialect).bind_processor(dialect)


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
