"""A kill at any moment loses no exchange that the writer was told is stored."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from assetctl.store.repo import open_store
from tests.unit import stored

pytestmark = pytest.mark.sqlite_only("starts writers of its own, which open files")

# says a number as soon as the exchange of that number is committed
WRITER = """
import sys
from assetctl.store.repo import open_store
from tests.unit import stored
first = int(sys.argv[2])
with open_store(sys.argv[1]) as store:
    store.begin_scan(stored.scan())
    for number in range(first, first + 1_000_000):
        store.put_exchanges("s1", f"step-{number // 7}", [stored.exchange(number, received=(b"x" * (number % 900),))])
        sys.stdout.write(f"{number}\\n")
        sys.stdout.flush()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_killed_writer_leaves_every_acknowledged_exchange(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/plant.db"
    chance = random.Random(20260301)
    acknowledged: set[int] = set()
    for _ in range(5):
        first = max(acknowledged, default=-1) + 2  # one more may be stored than was acknowledged
        acknowledged |= _write_until_killed(url, first, chance.randint(1, 250))
        with open_store(url, create=False) as store:
            found = {one.exchange.id: one.exchange for one in store.exchanges("s1")}
            assert acknowledged <= {int(name.partition(":")[2]) for name in found}
            assert all(one.received == (b"x" * (int(name[3:]) % 900),) for name, one in found.items())
            assert set(store.orphan_exchanges("s1")) == {f"step-{int(name[3:]) // 7}" for name in found}
            assert store.check() == ()
            store.begin_scan(stored.scan("s2"))  # and it can be written


def _write_until_killed(url: str, first: int, most: int) -> set[int]:
    """The numbers that a writer acknowledged before it was killed after `most` of them, in mid-write."""
    said: set[int] = set()
    with subprocess.Popen([sys.executable, "-c", WRITER, url, str(first)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            said.add(int(line))
            if len(said) >= most:
                os.kill(child.pid, signal.SIGKILL)
                break
        rest = child.stdout.read()
        said |= {int(line) for line in rest.splitlines(keepends=True) if line.endswith("\n")}
    assert child.returncode == -signal.SIGKILL
    return said


def test_a_store_killed_while_it_is_made_can_be_made_again(tmp_path: Path) -> None:
    """The tables come in one transaction: a kill leaves an empty file or a whole store."""
    url = f"sqlite:///{tmp_path}/plant.db"
    code = f"""
import os, signal, sqlalchemy.event
from assetctl.store.repo import open_store
from assetctl.store import database
made = 0
def kill(conn, cursor, statement, parameters, context, executemany):
    global made
    made += statement.lstrip().startswith("CREATE TABLE")
    if made == 5:
        os.kill(os.getpid(), signal.SIGKILL)
sqlalchemy.event.listen(sqlalchemy.Engine, "after_cursor_execute", kill)
open_store({url!r})
"""
    ended = subprocess.run([sys.executable, "-c", code], timeout=60, check=False, capture_output=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    with open_store(url) as store:
        store.begin_scan(stored.scan())
        assert store.check() == ()
