"""The laws of the store, applied to a PostgreSQL server that is started for them."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from assetctl.errors import EnvironmentFault, InputError, IntegrityFault, SecretFault
from assetctl.store.repo import Store, migrate_store, open_store
from assetctl.store.schema import SHIPPED
from tests.live.postgres_server import Server, database, program, server
from tests.unit import stored
from tests.unit.test_store import *  # noqa: F403  every law there, on the fixture `store` of this module
from tests.unit.test_store_migration import BREAK_OFF, REBUILD, fill, next_schema, require_brought_to_today, turn_back

__all__ = ["database", "server"]

pytestmark = pytest.mark.live


@pytest.fixture
def store(server: Server, database: str) -> Iterator[Store]:
    with open_store(server.url(database)) as opened:
        yield opened


def test_the_server_sorts_ids_as_sqlite_does(store: Store) -> None:
    names = ["b-1", "B-1", "a_1", "a-1", "A-10", "é"]
    store.replace_assets("plant", [stored.asset(name) for name in names])
    assert [one.id for one in store.assets()] == sorted(names)


def test_an_empty_database_is_filled_only_when_that_is_allowed(server: Server, database: str) -> None:
    with pytest.raises(InputError, match="is empty"):
        open_store(server.url(database), create=False)
    open_store(server.url(database)).close()
    open_store(server.url(database), create=False).close()


def test_many_may_make_one_store_at_the_same_moment(server: Server, database: str) -> None:
    def make(number: int) -> None:
        with open_store(server.url(database)) as opened:
            opened.begin_scan(stored.scan(f"s{number}"))

    # processes, since alembic keeps one environment per process
    code = "import sys; from assetctl.store.repo import open_store; open_store(sys.argv[1]).close()"
    command = [sys.executable, "-c", code, server.url(database)]
    children = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    assert [(child.communicate(timeout=120)[1], child.returncode) for child in children] == [("", 0)] * 4
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(make, range(4)))
    with open_store(server.url(database)) as opened:
        assert len(opened.scans()) == 4


def test_writers_of_the_same_units_do_not_lock_each_other_out(store: Store) -> None:
    store.begin_scan(stored.scan())

    def write(writer: int) -> None:
        units = [bytes([number]) * 9 for number in range(40)]
        order = units if writer % 2 else units[::-1]
        for turn in range(20):
            one = replace(stored.exchange(writer * 1000 + turn), received=tuple(order))
            store.put_exchanges("s1", f"step-{writer}", [one])

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(4)))
    assert store.evidence_counts().exchanges == 80


def test_somebody_elses_database_is_refused(server: Server, database: str) -> None:
    server.sql("CREATE TABLE cookie (x int)", database)
    with pytest.raises(InputError, match=r"not assetctl's \(it holds cookie\)"):
        open_store(server.url(database))


def test_a_missing_database_is_named(server: Server) -> None:
    with pytest.raises(InputError, match=r"nowhere.* does not exist: make it with createdb"):
        open_store(server.url("nowhere"))


def test_a_refused_user_is_a_fault_of_the_secret(server: Server, database: str) -> None:
    server.sql("CREATE ROLE ada LOGIN PASSWORD 'right'")
    rules = server.folder / "data" / "pg_hba.conf"
    before = rules.read_text()
    try:
        rules.write_text("local all ada scram-sha-256\n" + before)
        server.sql("SELECT pg_reload_conf()")
        said = _secret_fault(server.url(database, user="ada", password="hunter2"))
        assert "refuses this user or password" in said
        assert "hunter2" not in said
        assert "\n" not in said
    finally:
        rules.write_text(before)
        server.sql("SELECT pg_reload_conf()")
        server.sql("DROP ROLE ada")


def _secret_fault(url: str) -> str:
    """What an open is told once the server has read its rules again; until then it lets everybody in."""
    for _ in range(200):
        try:
            open_store(url, create=False)
        except SecretFault as fault:
            return str(fault)
        except InputError:
            continue
    return "let in"


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="cannot be reached") as caught:
        open_store(f"postgresql://ada:hunter2@/plant?host={tmp_path}")
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_lost_connection_is_a_fault_and_the_next_one_works(server: Server, store: Store, database: str) -> None:
    store.begin_scan(stored.scan())
    server.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname='{database}'")
    with pytest.raises(EnvironmentFault):
        store.scans()
    assert store.scans() == (stored.scan(),)


def test_a_right_that_is_missing_is_named(server: Server, store: Store, database: str) -> None:
    server.sql("CREATE ROLE reader LOGIN")
    server.sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader", database)
    try:
        with open_store(server.url(database, user="reader")) as opened:
            assert opened.scans() == ()
            with pytest.raises(EnvironmentFault, match="does not give this user the right"):
                opened.begin_scan(stored.scan())
    finally:
        server.sql("DROP OWNED BY reader", database)
        server.sql("DROP ROLE reader")


def test_a_locked_table_is_said_to_be_locked(server: Server, store: Store, database: str) -> None:
    with open_store(server.url(database), wait_s=0.1) as other, store.writing() as connection:
        connection.exec_driver_sql("LOCK TABLE scan")
        with pytest.raises(EnvironmentFault, match="is locked"):
            other.begin_scan(stored.scan())


def test_a_backup_is_left_to_the_servers_own_tool(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="pg_dump"):
        store.backup(tmp_path / "copy")


def test_a_migration_of_a_filled_database_keeps_every_row(server: Server, database: str, tmp_path: Path) -> None:
    newer = next_schema(tmp_path, REBUILD)
    put = [stored.observation(number) for number in range(10)]
    assets = tuple(stored.asset(f"a-{number}") for number in range(10))
    with open_store(server.url(database)) as opened:
        opened.begin_scan(stored.scan())
        opened.put_observations(put)
        opened.replace_assets("plant", assets)
    with pytest.raises(EnvironmentFault, match="assetctl db migrate"):
        open_store(server.url(database), schema=newer)
    done = migrate_store(server.url(database), schema=newer)
    assert (done.before, done.after, done.backup) == (SHIPPED.head, "9000", "")
    with open_store(server.url(database), schema=newer) as opened:
        assert list(opened.observations()) == sorted(put, key=lambda one: (one.started, one.id))
        assert opened.assets() == assets


def test_a_migration_that_fails_changes_nothing(server: Server, database: str, tmp_path: Path) -> None:
    with open_store(server.url(database)) as opened:
        opened.begin_scan(stored.scan())
    with pytest.raises((EnvironmentFault, IntegrityFault)):
        migrate_store(server.url(database), schema=next_schema(tmp_path, BREAK_OFF))
    with open_store(server.url(database)) as opened:
        assert opened.scans() == (stored.scan(),)


@pytest.mark.parametrize("revision", SHIPPED.revisions[:-1])
def test_a_filled_database_of_every_earlier_schema_is_brought_to_todays(
    server: Server, database: str, revision: str
) -> None:
    fill(server.url(database))
    turn_back(server.url(database), revision)
    require_brought_to_today(server.url(database), revision)


def test_a_dump_that_is_restored_holds_the_same(server: Server, database: str, tmp_path: Path) -> None:
    fill(server.url(database))
    there = (f"--host={server.folder}", f"--username={server.user}")
    dump = subprocess.run(
        [program("pg_dump"), *there, "--format=custom", database], capture_output=True, check=True, timeout=60
    ).stdout
    again = f"{database}_again"
    server.sql(f"CREATE DATABASE {again}")
    command = [program("pg_restore"), *there, "--exit-on-error", f"--dbname={again}"]
    subprocess.run(command, input=dump, check=True, timeout=60)
    with open_store(server.url(database)) as one, open_store(server.url(again)) as other:
        assert other.check() == ()
        assert other.info().counts == one.info().counts
        assert list(other.observations()) == list(one.observations())
        assert other.assets() == one.assets()
        assert other.findings("r1") == one.findings("r1")
    server.sql(f"DROP DATABASE {again} WITH (FORCE)")
