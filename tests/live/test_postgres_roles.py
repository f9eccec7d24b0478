"""The SQL of docs/operations.md: a writer may do everything but change the schema, a reader may only read."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from assetctl.errors import EnvironmentFault
from assetctl.store.records import Approval
from assetctl.store.repo import open_store
from assetctl.store.upkeep import check
from tests.live.postgres_server import Server, database, server
from tests.unit import stored
from tests.unit.test_store_migration import fill

__all__ = ["database", "server"]

pytestmark = pytest.mark.live
PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
ROLES = ("assetctl_reader", "assetctl_writer")


@pytest.fixture
def roles(server: Server, database: str) -> Iterator[None]:
    fill(server.url(database))
    for block in PAGE.read_text("utf-8").split("```sql\n")[1:]:
        server.sql(block.partition("```")[0], database)
    for role in ROLES:
        server.sql(f"CREATE ROLE {role}_login LOGIN IN ROLE {role}")
    yield
    for role in (*(f"{role}_login" for role in ROLES), *ROLES):
        server.sql(f"DROP OWNED BY {role}", database)
        server.sql(f"DROP ROLE {role}")


@pytest.mark.usefixtures("roles")
def test_a_writer_writes_everywhere_and_changes_no_schema(server: Server, database: str) -> None:
    with open_store(server.url(database, user="assetctl_writer_login")) as store:
        store.begin_scan(stored.scan("s2"))
        store.put_observations([stored.observation(1, scan_id="s2")])
        store.replace_assets("plant", [stored.asset("a-7")])
        store.put_run(stored.run("r2"), [stored.finding(1)])
        store.put_approval(Approval("A. Example", "all", stored.NOON + timedelta(days=1), "ab" * 32, "s2", False))
        store.prune_blobs(["s1"])
        assert check(store) == ()
        for statement in (
            "CREATE TABLE mine (x int)",
            "DROP TABLE scan",
            "UPDATE alembic_version SET version_num = '1'",
        ):
            with pytest.raises(EnvironmentFault), store.writing() as connection:
                connection.exec_driver_sql(statement)


@pytest.mark.usefixtures("roles")
def test_a_reader_reads_everything_and_writes_nothing(server: Server, database: str) -> None:
    with open_store(server.url(database, user="assetctl_reader_login")) as store:
        assert store.info().counts["finding"] == 20
        assert check(store) == ()
        with pytest.raises(EnvironmentFault, match="does not give this user the right"):
            store.begin_scan(stored.scan("s2"))
        with pytest.raises(EnvironmentFault, match="does not give this user the right"):
            store.put_run(stored.run("r2"), [])


@pytest.mark.usefixtures("roles")
def test_a_table_that_a_later_schema_brings_is_granted_too(server: Server, database: str) -> None:
    server.sql("CREATE TABLE later (x int)", database)
    with open_store(server.url(database, user="assetctl_reader_login")) as store, store.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM later").scalar_one() == 0
