"""PostgreSQL fails while a command writes: one line, a code, nothing by halves, and the repeat comes to the same."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import pytest

from assetctl import exchange, policy, work
from assetctl import store as stores
from assetctl.errors import EnvironmentFault, Exit
from assetctl.model import ScanState
from assetctl.store.repo import open_store
from assetctl.store.statements import insert_all
from assetctl.store.tables import IDENTITY
from tests.faults.judging import _spoke_well
from tests.faults.moments import Moment
from tests.faults.operations import NMAP, Operation, assets, findings
from tests.faults.running import Disturbance, Ended, ask, run
from tests.live.killed_plant import Plant, plant
from tests.live.postgres_server import Server, serving
from tests.unit.scanned import SETTINGS

pytestmark = [pytest.mark.live]
IMPORT = Operation("import", "empty", ("import", "nmap", str(NMAP / "ot.xml")), assets)
CHECK = Operation("check", "filled", ("check", "--fail-on", "never"), findings)
SCAN = Operation("scan", "filled", ("scan", "--yes"), assets)
WRITING = {  # in the midst of what each writes
    "import": Moment("store.fact_row", 30),
    "check": Moment("store._finding_row", 40),
    "scan": Moment("store.insert_exchanges", 4),
}


@dataclass
class Site:
    """A folder with settings, and databases on a server. undo: what a fault leaves to be done."""

    place: Path
    server: Server
    plant: Plant
    undo: ExitStack = field(default_factory=ExitStack)
    name: str = ""

    def at(self, name: str, template: str) -> None:
        """Work with a new database that is a copy of another."""
        self.name = name
        self.server.sql(f"CREATE DATABASE {name} TEMPLATE {template}")

    @property
    def url(self) -> str:
        return self.server.url(self.name)

    def call(self, operation: Operation, disturbance: Disturbance | None = None, *more: str) -> Ended:
        return run(self.place, ("--db", self.url, *operation.arguments, *more), disturbance)

    def outcome(self, operation: Operation) -> Any:
        return operation.outcome(self.place, lambda *words: ask(self.place, "--db", self.url, *words))

    def backends(self) -> str:
        return f"pg_stat_activity WHERE datname = '{self.name}' AND pid <> pg_backend_pid()"


def one_killed(site: Site) -> None:
    """The process of one connection dies, upon which the server ends all of them and recovers."""
    import psycopg

    with psycopg.connect(f"host={site.server.folder} user={site.server.user} dbname=postgres") as connection:
        rows = connection.execute(f"SELECT pid FROM {site.backends()}".encode()).fetchall()
    for row in rows:
        os.kill(row[0], signal.SIGKILL)


def cut_off(site: Site) -> None:
    site.server.sql(f"SELECT pg_terminate_backend(pid) FROM {site.backends()}")


def all_killed(site: Site) -> None:
    os.kill(site.server.pid, signal.SIGKILL)
    site.undo.callback(site.server.start)


def locked(site: Site) -> None:
    """Somebody else holds every table for longer than is waited."""
    import psycopg

    holder = psycopg.connect(f"host={site.server.folder} user={site.server.user} dbname={site.name}")
    site.undo.callback(holder.close)
    holder.execute("SET lock_timeout = '2s'")
    for table in ("scan", "asset", "check_run", "observation"):
        try:
            holder.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE".encode())
        except psycopg.errors.LockNotAvailable:
            holder.rollback()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    _load()
    place = tmp_path_factory.mktemp("postgres") / "site"
    place.mkdir()
    with serving() as server, plant() as running, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(place / "data"))
        (place / "assetctl.toml").write_text(SETTINGS % running.port)
        made = Site(place, server, running)
        for name, template in (("empty", "template0"), ("filled", "empty")):
            made.at(name, template)
            open_store(made.url).close()
        assert made.call(IMPORT).code == 0
        yield made


@pytest.fixture(scope="module")
def undisturbed(site: Site) -> dict[str, Any]:
    known = {}
    for operation in (IMPORT, CHECK, SCAN):
        site.at(f"calm_{operation.name}", operation.template)
        assert site.call(operation).code == Exit.DONE
        known[operation.name] = site.outcome(operation)
    return known


@pytest.mark.parametrize(
    ("operation", "fault"),
    [(IMPORT, one_killed), (CHECK, cut_off), (SCAN, all_killed)],
    ids=lambda one: one.name if isinstance(one, Operation) else one.__name__,
)
def test_a_server_that_fails_is_one_line_and_nothing_is_written_by_halves(
    site: Site, undisturbed: dict[str, Any], operation: Operation, fault: Callable[[Site], None]
) -> None:
    site.at(f"{operation.name}_{fault.__name__}", operation.template)
    before = counts(site)
    ended = site.call(operation, Disturbance(WRITING[operation.name], outside=lambda _: fault(site)))
    site.undo.close()
    settled(site)
    assert ended.reached
    _spoke_well(ended, frozenset({Exit.ENVIRONMENT}))
    with open_store(site.url, create=False) as store:
        interrupted = [one for one in store.scans() if one.state in (ScanState.INTERRUPTED, ScanState.RUNNING)]
    if operation is not SCAN:
        assert counts(site) == before
    more = ("--resume", interrupted[-1].id) if interrupted and operation is SCAN else ()
    again = site.call(operation, None, *more)
    assert again.code == Exit.DONE, again.err
    assert site.outcome(operation) == undisturbed[operation.name]


def test_rows_that_are_cut_off_on_their_way_are_told_by_us_alone(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.at("cut", "empty")

    def rows() -> Iterator[tuple[str, str, str]]:
        for number in range(100_000):
            if number == 50_000:
                cut_off(site)
            yield f"{number:064x}", f"serial:{number}", f"a-{number}"

    with open_store(site.url) as store:
        with pytest.raises(EnvironmentFault), store.writing() as connection:
            insert_all(connection, IDENTITY, rows())
        assert store.identities() == {}
    assert caplog.records == []


def test_a_table_that_somebody_holds_is_waited_for_and_then_told(site: Site, undisturbed: dict[str, Any]) -> None:
    site.at("held", IMPORT.template)
    ended = site.call(IMPORT, Disturbance(Moment("", 0), outside=lambda _: locked(site)))
    site.undo.close()
    _spoke_well(ended, frozenset({Exit.ENVIRONMENT}))
    assert "is locked" in ended.err
    assert site.call(IMPORT).code == Exit.DONE
    assert site.outcome(IMPORT) == undisturbed[IMPORT.name]


def _load() -> None:
    """What the commands load, so that each of them need not."""
    import_module("assetctl.cli.main")
    for part in (work, stores, policy, exchange):
        for module in walk_packages(part.__path__, f"{part.__name__}."):
            if "migrations" not in module.name:
                import_module(module.name)


def counts(site: Site) -> dict[str, int]:
    """Of what is written together: an inventory, or a run of checks. What was heard stays, whole, in any case."""
    with open_store(site.url, create=False) as store:
        return {name: store.info().counts[name] for name in ("asset", "fact", "check_run", "finding")}


def settled(site: Site) -> None:
    """Wait until the server lets people in again."""
    import psycopg

    for _ in range(2000):
        try:
            return site.server.sql("SELECT 1", site.name)
        except psycopg.OperationalError:
            continue
    raise AssertionError("the server does not recover")
