"""A PostgreSQL server of a test's own, and databases on it.

It listens on a UNIX socket in a temporary folder alone, and runs as a user without rights, since it refuses root.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

BIN = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
START_S = 120.0
MEMORY = "/dev/shm"


@dataclass(frozen=True, slots=True)
class Server:
    """start: again, after it was killed."""

    folder: Path
    user: str
    start: Callable[[], None] = field(compare=False)

    @property
    def pid(self) -> int:
        """The process that all others of the server descend from."""
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def url(self, database: str, *, user: str = "", password: str = "x") -> str:
        return f"postgresql+psycopg://{user or self.user}:{password}@/{database}?host={self.folder}"

    def sql(self, statement: str, database: str = "postgres") -> None:
        import psycopg

        dsn = f"host={self.folder} user={self.user} dbname={database}"
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(statement.encode())


def program(name: str) -> str:
    found = shutil.which(name, path=os.pathsep.join([*map(str, reversed(BIN)), os.environ.get("PATH", "")]))
    return str(Path(found).resolve()) if found else pytest.skip(f"PostgreSQL's {name} is not installed")


@contextmanager
def serving() -> Iterator[Server]:
    """A server of its own, for a user without rights, taken down at the end."""
    pytest.importorskip("psycopg")
    initdb, postgres = program("initdb"), program("postgres")
    owner = _unprivileged()
    # a socket's path holds 107 bytes, pytest's folders are longer; and thousands of databases are for memory
    with tempfile.TemporaryDirectory(prefix="pg-", dir=MEMORY if os.access(MEMORY, os.W_OK) else None) as name:
        folder = Path(name)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        run_as = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        shared = {"cwd": folder, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}, **run_as}
        made = subprocess.run(
            [initdb, "-D", folder / "data", "-U", owner.pw_name, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"],
            capture_output=True, text=True, timeout=120, check=False, **shared,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        settings = {"listen_addresses": "", "unix_socket_directories": folder, "fsync": "off", "max_connections": "40"}
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        started: list[subprocess.Popen[bytes]] = []

        def start() -> None:
            for dead in started:
                dead.wait(30)  # as long as nobody took note of its end, it stands in the way
            with (folder / "log").open("ab") as log:
                command = [postgres, "-D", folder / "data", *options]
                started.append(subprocess.Popen(command, stdout=log, stderr=log, **shared))
            _wait_until_ready(made_server, started[-1])

        made_server = Server(folder, owner.pw_name, start)
        try:
            start()
            yield made_server
        finally:
            for child in started:
                _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.send_signal(signal.SIGINT)  # fast shutdown: connections are ended
    try:
        child.wait(30)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait(30)


def _unprivileged() -> pwd.struct_passwd:
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    pytest.skip("neither user postgres nor nobody exists, and PostgreSQL refuses to run as root")


def _wait_until_ready(server: Server, child: subprocess.Popen[bytes]) -> None:
    import psycopg

    deadline = time.monotonic() + START_S
    while True:
        assert child.poll() is None, (server.folder / "log").read_text()
        try:
            return server.sql("SELECT 1")
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, (server.folder / "log").read_text()
            time.sleep(0.05)  # between two looks at another program's start


NUMBERS = count()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with serving() as started:
        yield started


@pytest.fixture
def database(server: Server) -> Iterator[str]:
    """The name of an empty database."""
    name = f"plant_{next(NUMBERS)}"
    server.sql(f"CREATE DATABASE {name}")
    yield name
    server.sql(f"DROP DATABASE {name} WITH (FORCE)")
