"""Opening a store: every way in which it can go wrong ends in one line that says what, where and what to do."""

import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from assetctl.errors import AssetctlError, EnvironmentFault, InputError, IntegrityFault
from assetctl.store.database import address, shown
from assetctl.store.repo import Store, migrate_store, open_store
from tests.unit import stored

pytestmark = pytest.mark.sqlite_only("how the files of SQLite are opened")

NOBODY = 65534
needs_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become somebody who may not write"
)


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def refusal(path: Path, *, create: bool = True) -> AssetctlError:
    """The error that opening ends in, whose text must be one line that names the file."""
    with pytest.raises(AssetctlError) as caught:
        open_store(url(path), create=create, wait_s=0.1)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    return caught.value


def test_a_new_store_is_for_its_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "plant.db"
    with open_store(url(path)) as store:
        store.begin_scan(stored.scan())
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert modes == dict.fromkeys(("plant.db", "plant.db-wal", "plant.db-shm"), 0o600)
    assert [file.name for file in tmp_path.iterdir()] == ["plant.db"]


def test_a_store_opened_again_holds_what_was_put(tmp_path: Path) -> None:
    with open_store(url(tmp_path / "plant.db")) as store:
        store.begin_scan(stored.scan())
    with open_store(url(tmp_path / "plant.db"), create=False) as store:
        assert store.scans() == (stored.scan(),)


def test_every_connection_keeps_foreign_keys_and_the_log(tmp_path: Path) -> None:
    with open_store(url(tmp_path / "plant.db")) as store, store.reading() as one, store.reading() as two:
        for connection in (one, two):
            connection.exec_driver_sql("SELECT count(*) FROM scan")  # a connection learns the mode when it first reads
            asked = ("foreign_keys", "journal_mode", "synchronous", "busy_timeout")
            found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in asked]
            assert found == [1, "wal", 1, 10_000]


@pytest.mark.parametrize(
    "text",
    ["", "plant.db", "sqlite://", "sqlite:///", "mysql://h/d", "postgresql:/x", "postgresql://ada:hunter2@h:port/d"],
)
def test_an_address_of_another_form_is_refused_without_echo(text: str) -> None:
    with pytest.raises(InputError, match="database address") as caught:
        open_store(text)
    assert "hunter2" not in str(caught.value)


def test_a_shown_address_has_no_password() -> None:
    target = address("postgres://ada:hunter2@db.example/plant?password=hunter3&sslmode=require")
    assert shown(target) == "postgresql+psycopg://ada:***@db.example/plant"


def test_a_missing_file_is_named_when_none_may_be_made(tmp_path: Path) -> None:
    assert isinstance(refusal(tmp_path / "plant.db", create=False), InputError)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    error = refusal(tmp_path / "missing" / "plant.db")
    assert isinstance(error, InputError)
    assert "does not exist" in str(error)


def test_a_folder_is_not_a_database(tmp_path: Path) -> None:
    assert isinstance(refusal(tmp_path), InputError)


def test_an_empty_file_becomes_a_store_only_when_one_may_be_made(tmp_path: Path) -> None:
    path = tmp_path / "plant.db"
    path.touch()
    assert "is empty" in str(refusal(path, create=False))
    open_store(url(path)).close()


@pytest.mark.parametrize("content", [b"not a database, " * 100, b"x", b"SQLite format 3\0" + b"\xff" * 2000])
def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "plant.db"
    path.write_bytes(content)
    assert isinstance(refusal(path), InputError)
    assert path.read_bytes() == content


def test_somebody_elses_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "cookies.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE cookie (x)")
    before = path.read_bytes()
    error = refusal(path)
    assert isinstance(error, InputError)
    assert "cookie" in str(error)
    assert path.read_bytes() == before


def test_a_newer_schema_is_refused_by_open_and_by_migrate(tmp_path: Path) -> None:
    path = tmp_path / "plant.db"
    open_store(url(path)).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num='9999'")
        connection.commit()
    error = refusal(path)
    assert isinstance(error, EnvironmentFault)
    assert "newer assetctl" in str(error)
    with pytest.raises(EnvironmentFault, match="newer assetctl"):
        migrate_store(url(path))


def test_a_locked_database_is_said_to_be_locked(tmp_path: Path) -> None:
    path = tmp_path / "plant.db"
    with open_store(url(path), wait_s=0.1) as store, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(EnvironmentFault, match="is locked by another program"):
            store.begin_scan(stored.scan())
        assert store.scans() == ()
        other.execute("ROLLBACK")
        store.begin_scan(stored.scan())


def test_a_database_locked_against_readers_is_said_to_be_locked(tmp_path: Path) -> None:
    path = tmp_path / "plant.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        error = refusal(path)
    assert isinstance(error, EnvironmentFault)
    assert "is locked" in str(error)


def test_a_damaged_page_is_an_integrity_fault_not_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "plant.db"
    with open_store(url(path)) as store:
        store.begin_scan(stored.scan())
        store.put_observations(stored.observation(number) for number in range(50))
    content = bytearray(path.read_bytes())
    for page in range(4096 * 10, len(content), 4096):
        content[page : page + 4096] = b"\xa5" * len(content[page : page + 4096])
    path.write_bytes(content)
    with pytest.raises(IntegrityFault, match="restore it from a backup"), open_store(url(path)) as store:
        list(store.observations())


def test_a_full_disk_is_said_to_be_full_and_loses_nothing(tmp_path: Path) -> None:
    with open_store(url(tmp_path / "plant.db")) as store:
        store.begin_scan(stored.scan())
        store.put_observations([stored.observation(1)])
        _limit_to_present_size(store)
        with pytest.raises(EnvironmentFault, match="the disk is full: make room"):
            store.put_observations(stored.observation(number) for number in range(2, 500))
        assert list(store.observations()) == [stored.observation(1)]
        assert store.check() == ()


def _limit_to_present_size(store: Store) -> None:
    """SQLite answers a file at its page limit exactly as a full disk. The pool hands the same connection out again."""
    with store.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A folder that nobody is kept away from by those above it; pytest's own are closed anew by each of its runs."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@needs_root
@pytest.mark.parametrize(("file_mode", "folder_mode"), [(0o444, 0o555), (0o444, 0o777), (0o000, 0o777), (0o666, 0o555)])
def test_missing_rights_are_named(reachable: Path, file_mode: int, folder_mode: int) -> None:
    path = reachable / "plant.db"
    open_store(url(path)).close()
    assert "EnvironmentFault" in _as_nobody(path, file_mode, folder_mode)


@needs_root
def test_a_folder_that_may_not_be_written_is_named(reachable: Path) -> None:
    said = _as_nobody(reachable / "plant.db", None, 0o555)
    assert "EnvironmentFault" in said
    assert "cannot be made" in said


def _as_nobody(path: Path, file_mode: int | None, folder_mode: int) -> str:
    """What a user without rights is told when they write."""
    code = f"""
import os
from assetctl.store.repo import open_store
from tests.unit import stored
os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})
try:
    with open_store({url(path)!r}) as store:
        store.begin_scan(stored.scan())
except Exception as error:
    print(type(error).__name__, error)
"""
    if file_mode is not None:
        path.chmod(file_mode)
    path.parent.chmod(folder_mode)
    try:
        ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    finally:
        path.parent.chmod(0o700)
    assert ended.stdout.count("\n") == 1, ended
    return ended.stdout


def test_many_processes_may_make_one_store_at_the_same_moment(tmp_path: Path) -> None:
    path = tmp_path / "plant.db"
    code = f"""
from assetctl.store.repo import open_store
from tests.unit import stored
import sys
with open_store({url(path)!r}, wait_s=60) as store:
    store.begin_scan(stored.scan(sys.argv[1]))
    for number in range(20):
        store.put_exchanges(sys.argv[1], "step", [stored.exchange(number, scan_id=sys.argv[1])])
"""
    children = [
        subprocess.Popen([sys.executable, "-c", code, f"s{n}"], stderr=subprocess.PIPE, text=True) for n in range(4)
    ]
    ended = [(child.communicate(timeout=120)[1], child.returncode) for child in children]
    assert ended == [("", 0)] * 4
    with open_store(url(path)) as store:
        assert {scan.id for scan in store.scans()} == {"s0", "s1", "s2", "s3"}
        assert store.evidence_counts().exchanges == 80


# copies


def test_a_backup_is_private_sound_and_complete_while_others_write(tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    with open_store(url(tmp_path / "plant.db")) as store:
        store.begin_scan(stored.scan())
        store.put_observations([stored.observation(1)])
        store.backup(copy)
        store.put_observations([stored.observation(2)])
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with open_store(url(copy)) as store:
        assert list(store.observations()) == [stored.observation(1)]
        assert store.check() == ()


def test_a_backup_overwrites_nothing_and_needs_its_folder(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    with open_store(url(tmp_path / "plant.db")) as store:
        for path in (taken, tmp_path, tmp_path / "missing" / "copy.db"):
            with pytest.raises(InputError, match="backup"):
                store.backup(path)
    assert taken.read_text() == "mine"


def test_a_backup_that_fails_leaves_no_half_file(tmp_path: Path) -> None:
    path, copy = tmp_path / "plant.db", tmp_path / "copy.db"
    with open_store(url(path)) as store:
        store.begin_scan(stored.scan())
        path.write_bytes(b"overwritten by somebody" * 1000)
        with pytest.raises(AssetctlError, match="backup"):
            store.backup(copy)
    assert not copy.exists()
