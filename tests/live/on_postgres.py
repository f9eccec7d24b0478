"""Unit tests on PostgreSQL: where a test opens the SQLite file of a path, it gets a database of a server instead.

`ASSETCTL_TEST_DATABASE=postgres` turns it on. The file holds the name of its database, so that a folder which a test
copies is copied with what is in it. Files that a test made itself stay what they are.
"""

import re
from contextlib import ExitStack
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from assetctl.store import repo
from tests.live.postgres_server import Server, serving

OPENS = re.compile(r"\b(open_store|Desk)\b")
MARK = b"assetctl test database "
FRESH = "fresh"
OF_FILES = (
    "test_store_open.py",
    "test_store_kill.py",
    "test_store_migration.py",
    "test_upkeep.py",
    "test_databases.py",
    "test_bad_input.py",
    "test_work_proof.py",
)
"""What is about SQLite files themselves, changes one behind the store's back, or starts programs of its own."""


class OnPostgres:
    """The plugin. made: database -> the file that stands for it."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._server: Server | None = None
        self._numbers = count()
        self._made: dict[str, Path] = {}
        self._opened: list[repo.Store] = []
        self._open = repo.open_store

    def install(self) -> None:
        """Before any test imports it by name."""
        repo.open_store = self.open_store

    def open_store(self, url: str, *, create: bool = True, **more: Any) -> repo.Store:
        path = Path(url.removeprefix("sqlite:///")).absolute()
        if not url.startswith("sqlite:///") or more.get("schema"):
            return self._open(url, create=create, **more)
        name = self._named(path)
        if name is None and (not create or path.exists() or not path.parent.is_dir()):
            return self._open(url, create=create, **more)
        store = self._open(self.server.url(name or self._new(path, FRESH)), create=False, **more)
        self._opened.append(store)
        return store

    @property
    def server(self) -> Server:
        if self._server is None:
            self._server = self._stack.enter_context(serving())
            self._server.sql(f"CREATE DATABASE {FRESH}")
            self._open(self._server.url(FRESH)).close()
        return self._server

    def _named(self, path: Path) -> str | None:
        """The database of a path, copied when the file was; None when there is none."""
        if not path.is_file():
            return None
        content = path.read_bytes()[:200]
        if not content.startswith(MARK):
            return None
        name = content.removeprefix(MARK).decode()
        return name if self._made[name] == path else self._new(path, name)

    def _new(self, path: Path, template: str) -> str:
        name = f"unit_{next(self._numbers)}"
        self.server.sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        path.write_bytes(MARK + name.encode())
        self._made[name] = path
        return name

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        left_out = [item for item in items if not _opens_stores(item.path)]
        items[:] = [item for item in items if _opens_stores(item.path)]
        config.hook.pytest_deselected(items=left_out)

    def pytest_runtest_teardown(self) -> None:
        """Close what idles; a store that lives longer connects again."""
        for store in self._opened:
            store.close()
        self._opened.clear()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.write_line(f"{len(self._made)} databases on PostgreSQL")

    def pytest_unconfigure(self) -> None:
        self._stack.close()


@cache
def _opens_stores(path: Path) -> bool:
    """What opens none is the same on every database."""
    return path.name not in OF_FILES and bool(OPENS.search(path.read_text("utf-8")))


PLUGIN = OnPostgres()
