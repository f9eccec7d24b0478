"""One clear line for everything that a database can refuse."""

import errno
import os
import sqlite3
from typing import NoReturn

from sqlalchemy.exc import DBAPIError

from assetctl.errors import AssetctlError, EnvironmentFault, InputError, IntegrityFault, SecretFault
from assetctl.text import one_line

Fault = tuple[type[AssetctlError], str]

# the longest prefix of the error's name that is listed decides
SQLITE: dict[str, Fault] = {
    "SQLITE_NOTADB": (InputError, "is not a database: give the path of one, or of a file that does not exist yet"),
    "SQLITE_CORRUPT": (IntegrityFault, "is damaged: restore it from a backup"),
    "SQLITE_BUSY": (EnvironmentFault, "is locked by another program: wait until that has ended, then try again"),
    "SQLITE_LOCKED": (EnvironmentFault, "is locked by another program: wait until that has ended, then try again"),
    "SQLITE_FULL": (EnvironmentFault, "cannot grow, the disk is full: make room, then try again"),
    "SQLITE_READONLY": (EnvironmentFault, "cannot be written: make the file and its folder writable for this user"),
    "SQLITE_PERM": (EnvironmentFault, "may not be opened: make the file and its folder accessible for this user"),
    "SQLITE_AUTH": (EnvironmentFault, "may not be opened: make the file and its folder accessible for this user"),
    "SQLITE_CANTOPEN": (EnvironmentFault, "cannot be opened: check the permissions of the file and its folder"),
    "SQLITE_IOERR": (EnvironmentFault, "cannot be read or written: check the disk and the room left on it"),
    "SQLITE_TOOBIG": (InputError, "cannot take a value of more than its largest size"),
    "SQLITE_CONSTRAINT": (IntegrityFault, "refuses a row that contradicts the others"),
}

# SQLSTATE or its class (https://www.postgresql.org/docs/current/errcodes-appendix.html)
POSTGRESQL: dict[str, Fault] = {
    "28": (SecretFault, "refuses this user or password: check the address in the configuration"),
    "3D": (InputError, "does not exist: make it with createdb"),
    "42501": (EnvironmentFault, "does not give this user the right: grant it, or use another user"),
    "25006": (EnvironmentFault, "is read-only: use the primary server"),
    "53100": (EnvironmentFault, "cannot grow, the server's disk is full: make room, then try again"),
    "53": (EnvironmentFault, "has no room for this: free connections or memory on the server"),
    "55P03": (EnvironmentFault, "is locked by another program: wait until that has ended, then try again"),
    "40": (EnvironmentFault, "was changed by another program at the same time: try again"),
    "57": (EnvironmentFault, "is shutting down or ended our connection: try again"),
    "08": (EnvironmentFault, "cannot be reached: check host, port, and that the server runs"),
    "54": (InputError, "cannot take a value of more than its largest size"),
    "22": (InputError, "cannot take a value of this form"),
    "23": (IntegrityFault, "refuses a row that contradicts the others"),
    "XX": (IntegrityFault, "is damaged: restore it from a backup"),
}

FILES = 4  # the database, its log, the index of that, and a journal
NO_DESCRIPTOR: Fault = (EnvironmentFault, "cannot be opened, too many files are open: raise the limit (ulimit -n)")
OTHER: Fault = (EnvironmentFault, "does not answer as expected")


def raise_fault(error: Exception, where: str) -> NoReturn:
    """Raise the fault that stands for a driver's error, with the driver's own words at the end."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    kind, advice = _fault(cause)
    words = one_line(str(cause), most=160)
    raise kind(f"{where} {advice} ({words})") from error


def _fault(cause: BaseException | None) -> Fault:
    if isinstance(cause, sqlite3.Error):
        name = getattr(cause, "sqlite_errorname", "") or ""
        return (
            NO_DESCRIPTOR if name.startswith("SQLITE_CANTOPEN") and _lacks_descriptors() else _by_prefix(SQLITE, name)
        )
    state = getattr(cause, "sqlstate", None)
    if state is None and "connection" in str(cause):
        return POSTGRESQL["28"] if "authentication failed" in str(cause) else _unreached(str(cause))
    return _by_prefix(POSTGRESQL, state or "")


def _unreached(words: str) -> Fault:
    """libpq gives no SQLSTATE for a connection that failed, only words."""
    missing = words.rstrip().endswith("does not exist") and "database" in words
    return POSTGRESQL["3D" if missing else "08"]


def _by_prefix(faults: dict[str, Fault], name: str) -> Fault:
    found = [prefix for prefix in faults if name.startswith(prefix)]
    return faults[max(found, key=len)] if found else OTHER


def _lacks_descriptors() -> bool:
    """Whether the files of a database cannot be opened for their number, which SQLite calls a lack of permission."""
    opened: list[int] = []
    try:
        while len(opened) < FILES:
            opened.append(os.open(os.devnull, os.O_RDONLY))
    except OSError as fault:
        return fault.errno in (errno.EMFILE, errno.ENFILE)
    finally:
        for number in opened:
            os.close(number)
    return False
