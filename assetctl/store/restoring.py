"""Putting a copy of a SQLite database back in its place."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import URL

from assetctl.errors import EnvironmentFault, InputError, IntegrityFault
from assetctl.store.database import address, shown
from assetctl.store.faults import raise_fault
from assetctl.store.repo import open_store
from assetctl.store.schema import SHIPPED
from assetctl.store.upkeep import copy_sqlite

_LOGS = ("-wal", "-shm", "-journal")


def restore(url: str, copy: Path, *, replace: bool = False) -> str:
    """Make the database at an address what a copy of it holds; where the one before lies now, "" when there was none.

    The copy is looked through whole before anything is touched. replace: put it in the place of a database that is
    there, which is kept beside it. Raises InputError, EnvironmentFault or IntegrityFault; then nothing was changed.
    """
    target = address(url)
    if target.get_backend_name() != "sqlite":
        raise InputError(f"database {shown(target)} is restored by its own tool: run pg_restore --clean --if-exists")
    path = Path(str(target.database))
    if path.exists() and not replace:
        raise InputError(f"database {path} exists: give --replace to put the copy in its place (it is kept beside it)")
    if path.exists() and path.samefile(copy):
        raise InputError(f"{copy} is the database itself: give a copy of it")
    fresh = path.with_name(path.name + ".restored")
    fresh.unlink(missing_ok=True)
    _require_whole(copy, fresh)
    kept = _put_aside(path) if path.exists() else ""
    os.replace(fresh, path)
    return kept


def _require_whole(copy: Path, fresh: Path) -> None:
    """Copy a copy to a new file and look through that one; a copy that is not whole leaves nothing behind.

    A copy with an older schema is fine: `assetctl db migrate` brings it to today's.
    """
    if not copy.is_file():
        raise InputError(f"{copy} does not exist: give a file that `assetctl db backup` wrote")
    copy_sqlite(copy, fresh)
    try:
        found = _schema(fresh, copy)
        if found == SHIPPED.head:
            with open_store(URL.create("sqlite", database=str(fresh)).render_as_string(), create=False) as store:
                problems = store.check()
            if problems:
                raise IntegrityFault(f"{copy} is not whole: {problems[0]} ({len(problems)} such); take another copy")
        elif found not in SHIPPED.revisions:
            raise EnvironmentFault(f"{copy} has the schema {found}: it was written by a newer assetctl; install that")
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    finally:
        for suffix in _LOGS:
            Path(str(fresh) + suffix).unlink(missing_ok=True)


def _schema(fresh: Path, copy: Path) -> str:
    try:
        with closing(sqlite3.connect(fresh)) as connection:
            return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])
    except (sqlite3.Error, TypeError) as error:
        raise InputError(f"{copy} is not assetctl's: give a file that `assetctl db backup` wrote") from error


def _put_aside(path: Path) -> str:
    """Fold a database's log into its file and give that another name; refused while somebody else has it open."""
    names = (
        path.with_name(f"{path.name}.before-restore{suffix}") for suffix in ("", *(f".{n}" for n in range(2, 100)))
    )
    kept = next((name for name in names if not name.exists()), None)
    if kept is None:
        raise InputError(f"{path.parent} holds 99 databases put aside by restores of {path.name}: move them away")
    try:
        with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as connection:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("PRAGMA journal_mode=DELETE")  # refused while anybody else has the file open
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
    except sqlite3.DatabaseError as error:
        if "not a database" not in str(error) and "malformed" not in str(error):
            raise_fault(error, f"database {path}")
    os.replace(path, kept)
    for suffix in _LOGS:
        Path(str(path) + suffix).unlink(missing_ok=True)
    return str(kept)
