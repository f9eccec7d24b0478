"""Connections and transactions.

SQLite: writers begin with BEGIN IMMEDIATE, since a transaction that reads first and then writes is refused at once,
without waiting, when somebody else has written in between. The write-ahead log with synchronous=NORMAL keeps every
commit over a kill of this process, and all but the last ones over a loss of power, without a disk flush per commit.
"""

import logging
import os
import sqlite3
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from assetctl.errors import EnvironmentFault, InputError, IntegrityFault
from assetctl.store.faults import raise_fault

SQLITE_FORM = "sqlite:///PATH"
POSTGRESQL_FORM = "postgresql+psycopg://USER@HOST/DATABASE"
LOG_LIMIT_BYTES = 32 * 1024 * 1024  # what one large import leaves of the log on the disk
CHECKPOINT_PAGES = 4000  # 16 MB; each time the log is folded into the file costs two disk flushes
MAGIC = b"SQLite format 3\0"
_WRITES = {"assetctl_begin": "BEGIN IMMEDIATE"}


class Database(Protocol):
    """What the functions of this package need of a store."""

    @property
    def engine(self) -> Engine: ...

    @property
    def where(self) -> str: ...

    def reading(self) -> "Transaction": ...

    def writing(self) -> "Transaction": ...


class Transaction(Protocol):
    """A `with` block around one transaction."""

    def __enter__(self) -> Connection: ...

    def __exit__(self, *error: Any) -> bool | None: ...


@contextmanager
def transaction(engine: Engine, where: str, *, writes: bool) -> Iterator[Connection]:
    """One transaction, committed at the end; the database's refusals come out as faults of one line."""
    options: Mapping[str, Any] = _WRITES if writes else {}
    try:
        with engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection
    except (DBAPIError, sqlite3.Error) as error:
        raise_fault(error, where)


@contextmanager
def decoding(where: str) -> Iterator[None]:
    """Around the reading of rows: a row that makes no sense is an integrity fault, not a crash."""
    try:
        yield
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise IntegrityFault(
            f"{where} holds a row that cannot be read: restore it from a backup ({error!r})"
        ) from error


def address(url: str) -> URL:
    """A database address, understood. Raises InputError for a form that is not ours, never echoing a password."""
    if url.startswith("sqlite:///") and len(url) > len("sqlite:///"):
        return URL.create("sqlite", database=url.removeprefix("sqlite:///"))
    if not url.startswith(("postgresql://", "postgres://", "postgresql+psycopg://")):
        raise InputError(f"database address is of no known form: use {SQLITE_FORM} or {POSTGRESQL_FORM}")
    try:
        return make_url(url).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError) as error:
        raise InputError(f"database address cannot be read: use {POSTGRESQL_FORM}") from error


def shown(url: URL) -> str:
    """The address without password and without options, which may hold one."""
    return url.set(query={}).render_as_string(hide_password=True)


def connect(url: URL, *, wait_s: float, foreign_keys: bool = True) -> Engine:
    """An engine on the address; nothing is opened yet.

    wait_s: how long a lock is waited for. foreign_keys: off only for migrations, on SQLite.
    """
    if url.get_backend_name() == "sqlite":
        path = Path(str(url.database))
        engine = create_engine(url, hide_parameters=True, creator=partial(_existing, path, wait_s))
        event.listen(engine, "connect", partial(_prepare_sqlite, "ON" if foreign_keys else "OFF"))
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    arguments = {"application_name": "assetctl", "options": f"-c lock_timeout={int(wait_s * 1000)}"}
    arguments |= {"connect_timeout": str(max(2, int(wait_s)))}
    for name in url.query:
        arguments.pop(name, None)
    logging.getLogger("psycopg").setLevel(logging.CRITICAL + 1)  # of a lost server it would tell beside our own line
    try:
        return create_engine(url, hide_parameters=True, connect_args=arguments)
    except ModuleNotFoundError as error:
        raise EnvironmentFault('PostgreSQL needs the package psycopg: install "assetctl[postgres]"') from error


def _existing(path: Path, wait_s: float) -> sqlite3.Connection:
    """A connection to a file that is there: one that went away meanwhile is not made anew, empty, in its place."""
    there = f"{path.absolute().as_uri()}?mode=rw"
    return sqlite3.connect(there, timeout=wait_s, uri=True, check_same_thread=False)


def check_path(path: Path, *, create: bool) -> None:
    """Raise InputError or EnvironmentFault when no SQLite file can be opened, or made, at this path."""
    if path.is_dir():
        raise InputError(f"database {path} is a folder: give the path of a file in it")
    if path.exists():
        _require_magic(path)
        return
    if not path.parent.is_dir():
        raise InputError(f"database {path}: the folder {path.parent} does not exist; make it, or give another path")
    if not create:
        raise InputError(f"database {path} does not exist: a scan or an import makes it, or give another path")
    make_private(path)


def _require_magic(path: Path) -> None:
    """Refuse a file that SQLite would take for an empty database because it is shorter than a page."""
    try:
        with path.open("rb") as file:
            start = file.read(len(MAGIC))
    except OSError as error:
        raise EnvironmentFault(f"database {path} cannot be opened: {error.strerror}; check its permissions") from error
    if start not in (b"", MAGIC):
        raise InputError(f"database {path} is not a database: give the path of one, or of a file not there yet")


def use_write_ahead_log(path: Path, where: str, *, wait_s: float) -> None:
    """Switch a file to the write-ahead log for good; where the file system cannot, it stays with its journal.

    The switch fails at once while somebody else looks at the file, whatever the time-out, hence the loop.
    """
    deadline = time.monotonic() + wait_s
    try:
        with closing(_existing(path, wait_s)) as connection:
            connection.isolation_level = None
            while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                try:
                    connection.execute("PRAGMA journal_mode=WAL")
                    return
                except sqlite3.OperationalError:
                    if time.monotonic() > deadline:
                        raise
                time.sleep(0.02)
    except sqlite3.Error as error:
        raise_fault(error, where)


def make_private(path: Path) -> None:
    """Make an empty file for this user alone, since an inventory is a map for an attacker. An existing one stays."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise EnvironmentFault(
            f"{path} cannot be made: {error.strerror}; check the folder and the room left"
        ) from error


def _prepare_sqlite(foreign_keys: str, connection: Any, _record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we begin transactions ourselves
    connection.execute(f"PRAGMA foreign_keys={foreign_keys}")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute(f"PRAGMA journal_size_limit={LOG_LIMIT_BYTES}")
    connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("assetctl_begin", "BEGIN"))
