"""Migrations: a filled database keeps every row, a failed one changes nothing, an older one is told how to go on."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from assetctl.errors import EnvironmentFault, InputError, IntegrityFault
from assetctl.store.database import address, connect, transaction
from assetctl.store.repo import migrate_store, open_store
from assetctl.store.schema import SHIPPED, Schema, _config, drift, require_current
from tests.unit import stored

pytestmark = pytest.mark.sqlite_only("turns files back to earlier schemas")

HEAD = f'''
import sqlalchemy as sa
from alembic import op

revision = "9000"
down_revision = "{SHIPPED.head}"
branch_labels = depends_on = None
'''

# alters a table that others hang on by cascade, which SQLite can do only by making it anew
REBUILD = (
    HEAD
    + """
def upgrade():
    for name in ("scan", "asset", "observation", "check_run"):
        recreate = "always" if op.get_bind().dialect.name == "sqlite" else "never"
        with op.batch_alter_table(name, recreate=recreate) as table:
            table.add_column(sa.Column("colour", sa.Text(), nullable=False, server_default="blue"))
"""
)

BREAK_OFF = (
    HEAD
    + """
def upgrade():
    op.add_column("scan", sa.Column("colour", sa.Text()))
    op.execute("DELETE FROM nowhere")
"""
)

ORPHAN = (
    HEAD
    + """
def upgrade():
    op.execute("DELETE FROM asset")
"""
)


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def next_schema(folder: Path, revision: str) -> Schema:
    """The shipped migrations and one more."""
    scripts = folder / "100% migrations"
    shutil.copytree(SHIPPED.scripts, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    (scripts / "versions" / "9000_next.py").write_text(revision)
    return Schema(scripts, (*SHIPPED.revisions, "9000"))


def fill(address: str) -> None:
    with open_store(address) as store:
        store.begin_scan(stored.scan())
        store.put_plan("s1", "[]")
        store.put_observations(stored.observation(number) for number in range(20))
        store.replace_assets("plant", [stored.asset(f"a-{number}") for number in range(20)])
        store.put_run(stored.run(), [stored.finding(number) for number in range(20)])


def turn_back(target: str, revision: str, *, said: str = "") -> None:
    """Give a database the schema of an earlier revision. said: the revision that it names, when that is another."""
    from alembic import command

    engine = connect(address(target), wait_s=10, foreign_keys=False)
    try:
        with transaction(engine, target, writes=True) as connection:
            command.downgrade(_config(connection, SHIPPED), revision)
            if said:
                connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{said}'")
    finally:
        engine.dispose()


def require_brought_to_today(target: str, before: str) -> None:
    """Migrate a database that `fill` filled and that was turned back, and look at what it then holds."""
    with pytest.raises(EnvironmentFault, match="run `assetctl db migrate`"):
        open_store(target)
    done = migrate_store(target)
    assert (done.before, done.after) == (before, SHIPPED.head)
    with open_store(target) as store:
        assert drift(store.engine, store.where, SHIPPED) == ""
        assert store.check() == ()
        assert len(list(store.observations())) == len(store.assets()) == 20
        (run,) = store.runs()
        found = store.findings(run.id)
        assert [one.id for one in found] == [f"f-{number}" for number in range(20)]
        assert {one.realm for one in found} == {run.realm if before < "0004" else ""}
        store.put_run(stored.run("r2"), [stored.finding(1)])


def content(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables but the revision, without the column that the migration adds."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        return {
            name: sorted(
                (
                    tuple(row[key] for key in list(row.keys()) if key != "colour")
                    for row in connection.execute(f"SELECT * FROM {name}")
                ),
                key=repr,
            )
            for name in tables
            if name != "alembic_version"
        }


def revision(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def test_the_named_revisions_are_those_of_the_scripts() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(SHIPPED.scripts))
    config.set_main_option("path_separator", "os")
    found = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(found)) == SHIPPED.revisions


def test_a_migration_of_a_filled_database_keeps_every_row(tmp_path: Path) -> None:
    path = tmp_path / "plant.db"
    fill(url(path))
    before = content(path)
    newer = next_schema(tmp_path, REBUILD)
    with pytest.raises(EnvironmentFault, match="run `assetctl db migrate`"):
        open_store(url(path), schema=newer)
    done = migrate_store(url(path), schema=newer)
    assert (done.before, done.after, done.backup) == (SHIPPED.head, "9000", str(path) + f".before-{SHIPPED.head}")
    assert content(path) == before
    assert content(Path(done.backup)) == before
    with open_store(url(path), schema=newer) as store:
        assert store.check() == ()
        assert len(list(store.observations())) == 20
        with store.reading() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1


@pytest.mark.parametrize(("broken", "kind"), [(BREAK_OFF, EnvironmentFault), (ORPHAN, IntegrityFault)])
def test_a_migration_that_fails_changes_nothing(tmp_path: Path, broken: str, kind: type[Exception]) -> None:
    path = tmp_path / "plant.db"
    fill(url(path))
    before = content(path)
    with pytest.raises(kind):
        migrate_store(url(path), schema=next_schema(tmp_path, broken))
    assert content(path) == before
    assert revision(path) == SHIPPED.head
    open_store(url(path)).close()


def test_a_migration_of_a_current_database_does_nothing(tmp_path: Path) -> None:
    path = tmp_path / "plant.db"
    fill(url(path))
    done = migrate_store(url(path))
    assert (done.before, done.after, done.backup) == (SHIPPED.head, SHIPPED.head, "")
    assert [file.name for file in tmp_path.iterdir()] == ["plant.db"]


@pytest.mark.parametrize("revision", SHIPPED.revisions[:-1])
def test_a_filled_database_of_every_earlier_schema_is_brought_to_todays(tmp_path: Path, revision: str) -> None:
    target = url(tmp_path / "plant.db")
    fill(target)
    turn_back(target, revision)
    require_brought_to_today(target, revision)


@pytest.mark.parametrize("held", SHIPPED.revisions[1:])
def test_what_a_database_from_before_the_revisions_holds_already_is_kept(tmp_path: Path, held: str) -> None:
    target = url(tmp_path / "plant.db")
    fill(target)
    turn_back(target, held, said="0001")
    migrate_store(target)
    with open_store(target) as store:
        assert drift(store.engine, store.where, SHIPPED) == ""
        assert len(store.findings("r1")) == 20


def test_an_earlier_backup_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "plant.db"
    fill(url(path))
    taken = Path(f"{path}.before-{SHIPPED.head}")
    taken.write_text("mine")
    done = migrate_store(url(path), schema=next_schema(tmp_path, REBUILD))
    assert done.backup == f"{taken}.2"
    assert taken.read_text() == "mine"


def test_a_new_store_is_made_through_all_revisions(tmp_path: Path) -> None:
    newer = next_schema(tmp_path, REBUILD)
    with open_store(url(tmp_path / "plant.db"), schema=newer):
        assert revision(tmp_path / "plant.db") == "9000"


def test_nothing_is_migrated_where_nothing_is(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        migrate_store(url(tmp_path / "plant.db"))


@pytest.mark.parametrize(("found", "said"), [("1", "db migrate"), ("3", "newer assetctl"), ("", "newer assetctl")])
def test_other_revisions_are_told_apart(found: str, said: str) -> None:
    with pytest.raises(EnvironmentFault, match=said):
        require_current(found, Schema(Path(), ("1", "2")), "database plant.db")
    require_current("2", Schema(Path(), ("1", "2")), "database plant.db")
