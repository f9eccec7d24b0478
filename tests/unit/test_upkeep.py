"""db check, restore and prune: what is put back is whole, what is cited is never dropped."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from assetctl.baseline import Entry, Golden
from assetctl.baseline_text import written
from assetctl.errors import Exit, InputError
from assetctl.model import Because, Observation
from assetctl.settings import load_settings
from assetctl.store.repo import Store, open_store
from assetctl.work.retention import prune
from tests.unit import stored
from tests.unit.behind import changed
from tests.unit.command import Desk
from tests.unit.test_store_migration import content, fill, turn_back, url

of_files = pytest.mark.sqlite_only("puts copies of files back")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    folder = tmp_path / "desk"
    folder.mkdir()
    made = Desk(folder, monkeypatch)
    made.write("assetctl.toml", 'schema = 1\n[database]\nurl = "sqlite:///plant.db"\n')
    fill(url(folder / "plant.db"))
    return made


@of_files
def test_a_copy_is_put_back_and_the_database_before_is_kept(desk: Desk) -> None:
    before = content(desk.folder / "plant.db")
    assert desk.call("db", "backup", "copy.db").code == Exit.DONE
    with open_store(url(desk.folder / "plant.db")) as store:
        store.begin_scan(stored.scan("later"))
    after = content(desk.folder / "plant.db")
    assert desk.call("db", "restore", "copy.db").code == Exit.USAGE
    assert content(desk.folder / "plant.db") == after
    assert desk.call("db", "restore", "copy.db", "--replace").code == Exit.DONE
    assert content(desk.folder / "plant.db") == before
    assert content(desk.folder / "plant.db.before-restore") == after
    assert desk.call("db", "check").code == Exit.DONE
    assert sorted(path.name for path in desk.folder.glob("plant.db*")) == ["plant.db", "plant.db.before-restore"]


@of_files
def test_a_lost_database_is_put_back_without_asking(desk: Desk) -> None:
    before = content(desk.folder / "plant.db")
    assert desk.call("db", "backup", "copy.db").code == Exit.DONE
    for path in desk.folder.glob("plant.db*"):
        path.unlink()
    assert desk.call("db", "restore", "copy.db").code == Exit.DONE
    assert content(desk.folder / "plant.db") == before


@of_files
def test_a_copy_of_an_earlier_schema_is_put_back_and_migrated(desk: Desk) -> None:
    assert desk.call("db", "backup", "copy.db").code == Exit.DONE
    turn_back(url(desk.folder / "copy.db"), "0003")
    assert desk.call("db", "restore", "copy.db", "--replace").code == Exit.DONE
    assert desk.call("db", "check").code == Exit.ENVIRONMENT
    assert desk.call("db", "migrate").code == Exit.DONE
    assert desk.call("db", "check").code == Exit.DONE


@of_files
@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE blob SET data = x'00' WHERE digest = (SELECT min(digest) FROM blob)", Exit.INTEGRITY),
        ("UPDATE alembic_version SET version_num = '9999'", Exit.ENVIRONMENT),
        ("DROP TABLE alembic_version", Exit.USAGE),
    ],
)
def test_a_copy_that_is_not_whole_changes_nothing(desk: Desk, statement: str, code: Exit) -> None:
    before = content(desk.folder / "plant.db")
    assert desk.call("db", "backup", "copy.db").code == Exit.DONE
    with closing(sqlite3.connect(desk.folder / "copy.db")) as connection, connection:
        connection.execute(statement)
    said = desk.call("db", "restore", "copy.db", "--replace")
    assert (said.code, len(said.errors)) == (code, 1)
    assert content(desk.folder / "plant.db") == before
    assert sorted(path.name for path in desk.folder.glob("plant.db*")) == ["plant.db"]


@of_files
def test_nothing_is_put_in_the_place_of_a_database_that_is_open(desk: Desk) -> None:
    assert desk.call("db", "backup", "copy.db").code == Exit.DONE
    with open_store(url(desk.folder / "plant.db")) as store, store.writing():
        assert desk.call("db", "restore", "copy.db", "--replace").code == Exit.ENVIRONMENT
    assert content(desk.folder / "plant.db") == content(desk.folder / "copy.db")


def test_a_changed_byte_is_found(desk: Desk) -> None:
    first = "(SELECT min(digest) FROM blob)"
    assert changed(desk.folder / "plant.db", f"UPDATE blob SET data = :data WHERE digest = {first}", data=b"0") == 1
    said = desk.call("--format", "json", "db", "check")
    assert said.code == Exit.INTEGRITY
    assert "do not match their digest" in json.loads(said.out)["data"][0]["problem"]


def units(number: int) -> Observation:
    """An observation with one exchange, whose bytes nobody else has."""
    one = replace(stored.exchange(number), received=(b"answer %d" % number,))
    return replace(stored.observation(number, of=0), exchanges=(one,))


@pytest.fixture
def cited(tmp_path: Path) -> Store:
    """Four observations of one old run: a fact, a finding and a golden file rest on one each, nothing on the last."""
    store = open_store(url(tmp_path / "cited.db"))
    store.begin_scan(stored.scan())
    store.put_observations(map(units, range(1, 5)))
    asset = stored.asset("a-1", facts=2)
    store.replace_assets("plant", [asset])
    told = Because("a-1", "service_name", "x", "probe modbus", "s1:2", stored.at(0))
    store.put_run(stored.run(), [replace(stored.finding(1), because=(told,))])
    golden = Golden("cell", "plant", entries=(Entry("a-1", "a-1", {}, {"hostname": ("x",)}, {}, evidence=("s1:3",)),))
    (tmp_path / "golden.yaml").write_text(written(golden))
    (tmp_path / "assetctl.toml").write_text('schema = 1\n[files]\ngolden = ["golden.yaml"]\n')
    return store


def left(store: Store) -> list[str]:
    return [one.exchange.id for one in store.exchanges() if not one.is_pruned]


def test_only_what_nothing_rests_on_is_dropped(cited: Store, tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "assetctl.toml", cwd=tmp_path, environ={})
    later = stored.at(0) + timedelta(days=30)
    with cited as store:
        assert prune(store, settings, keep=timedelta(days=31), now=later).blobs == 0
        counted = prune(store, settings, keep=timedelta(days=7), now=later, dry_run=True)
        assert len(left(store)) == 4
        assert prune(store, settings, keep=timedelta(days=7), now=later) == counted
        assert left(store) == ["s1:1", "s1:2", "s1:3"]
        assert store.check() == ()


def test_a_golden_file_that_cannot_be_read_keeps_everything(cited: Store, tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "assetctl.toml", cwd=tmp_path, environ={})
    (tmp_path / "golden.yaml").write_text("golden: 9\n")
    with cited as store, pytest.raises(InputError, match=r"golden\.yaml"):
        prune(store, settings, keep=timedelta(days=7), now=stored.at(0) + timedelta(days=30))
    with pytest.raises(InputError, match="--keep"):
        prune(store, settings, keep=timedelta(0), now=stored.at(0))
