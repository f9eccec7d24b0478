"""The database as a file: what is in it, whether it is sound, and copies of it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select, text

from assetctl.errors import InputError, IntegrityFault
from assetctl.store.blobs import unpacked
from assetctl.store.database import Database, decoding, make_private, shown
from assetctl.store.faults import raise_fault
from assetctl.store.records import StoreInfo
from assetctl.store.schema import revision
from assetctl.store.tables import BLOB, EXCHANGE, METADATA

PAGE = 1000


def info(store: Database) -> StoreInfo:
    """The database's address, revision, size on disk and row counts."""
    with store.reading() as connection:
        counts = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in METADATA.sorted_tables
        }
        known = revision(connection, store.where) or ""
        engine = f"{store.engine.dialect.name} {'.'.join(map(str, store.engine.dialect.server_version_info or ()))}"
        size = _size(connection, store.engine)
    return StoreInfo(shown(store.engine.url), engine, known, size, dict(sorted(counts.items())))


def check(store: Database) -> tuple[str, ...]:
    """What is wrong with the database, one line each; empty when every digest and every reference holds."""
    with store.reading() as connection, decoding(store.where):
        return (*_own_check(connection), *_bad_blobs(connection, store.where), *_missing_blobs(connection))


def backup(store: Database, path: Path) -> None:
    """Write a sound copy of the database to a new file, while others go on writing.

    Raises InputError when the file exists or the database is PostgreSQL, IntegrityFault when the copy is not sound.
    """
    if store.engine.dialect.name != "sqlite":
        raise InputError(f"{store.where} is copied by its own tool: run pg_dump --format=custom")
    copy_sqlite(Path(str(store.engine.url.database)), path)


def copy_sqlite(source: Path, path: Path) -> None:
    """Copy a SQLite database to a new file and check the copy."""
    if path.exists():
        raise InputError(f"backup {path} exists already: give the path of a new file")
    if not path.parent.is_dir():
        raise InputError(f"backup {path}: the folder {path.parent} does not exist; make it, or give another path")
    make_private(path)
    try:
        there = f"{source.absolute().as_uri()}?mode=rw"  # never made anew where it is gone
        with closing(sqlite3.connect(there, uri=True, isolation_level=None)) as connection:
            connection.execute("VACUUM INTO ?", (str(path),))
        with closing(sqlite3.connect(path)) as connection:
            found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        path.unlink()
        raise_fault(error, f"backup {path} of database {source}")
    if found != "ok":
        path.unlink()
        raise IntegrityFault(f"backup {path}: the copy is not sound ({found}); check the disk")


def _size(connection: Connection, engine: Engine) -> int:
    if engine.dialect.name != "sqlite":
        return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
    path = str(engine.url.database)
    files = (Path(path + suffix) for suffix in ("", "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


def _own_check(connection: Connection) -> Iterator[str]:
    """What the database says about itself."""
    if connection.dialect.name != "sqlite":
        return
    for (line,) in connection.exec_driver_sql("PRAGMA integrity_check(20)"):
        if line != "ok":
            yield str(line)
    for table, row, other, _ in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        yield f"{table}: row {row} refers to a row of {other} that does not exist"


def _bad_blobs(connection: Connection, where: str) -> Iterator[str]:
    chosen = select(BLOB).where(BLOB.c.data.is_not(None)).order_by(BLOB.c.digest)
    for row in connection.execution_options(yield_per=PAGE).execute(chosen):
        try:
            unpacked(row.digest, row.size, row.data, where)
        except IntegrityFault:
            yield f"blob: the bytes of {row.digest} do not match their digest"


def _missing_blobs(connection: Connection) -> Iterator[str]:
    known = set(connection.execute(select(BLOB.c.digest)).scalars())
    chosen = select(EXCHANGE.c.id, EXCHANGE.c.sent, EXCHANGE.c.received).order_by(EXCHANGE.c.id)
    for exchange, sent, received in connection.execution_options(yield_per=PAGE).execute(chosen):
        for digest in (sent, *received):
            if digest not in known:
                yield f"exchange: {exchange} refers to bytes {digest} that are not stored"
