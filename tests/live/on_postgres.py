"""Unit tests on PostgreSQL: where a test opens the SQLite file of a path, it gets a database of a server instead.

`ASSETCTL_TEST_DATABASE=postgres` turns it on. The file holds the name of its database, so that a folder which a test
copies is copied with what is in it. Files that a test made itself stay what they are. What a test says is about files
(`sqlite_only`) is left out and counted, with its reason.
"""

import re
from collections import Counter
from collections.abc import Iterator
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
ONLY = "sqlite_only"


class OnPostgres:
    """The plugin. made: database -> the file that stands for it. left_out: reason -> tests."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._server: Server | None = None
        self._numbers = count()
        self._made: dict[str, Path] = {}
        self._opened: list[repo.Store] = []
        self._left_out: Counter[str] = Counter()
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
        for store in self._opened:  # what idles on the template would stand in the way of its copy
            store.close()
        name = f"unit_{next(self._numbers)}"
        self.server.sql(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        path.write_bytes(MARK + name.encode())
        self._made[name] = path
        return name

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        stored = [item for item in items if _opens_stores(item.path)]
        of_files = {item: mark.args[0] for item in stored if (mark := item.get_closest_marker(ONLY))}
        self._left_out.update(of_files.values())
        config.hook.pytest_deselected(items=[item for item in items if item in of_files or item not in stored])
        items[:] = [item for item in stored if item not in of_files]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Iterator[None]:
        """Close what idles, a store that lives longer connects again, and drop what only this test could see."""
        yield
        for store in self._opened:
            store.close()
        self._opened.clear()
        folder = getattr(item, "funcargs", {}).get("tmp_path")
        for name in [name for name, path in self._made.items() if folder in path.parents]:
            self.server.sql(f"DROP DATABASE {name} WITH (FORCE)")
            del self._made[name]

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if (told := getattr(session.config, "workeroutput", None)) is not None:
            told[ONLY] = (next(self._numbers), dict(self._left_out))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """What a worker of pytest-xdist counted: each collects all, and makes its own databases."""
        made, left_out = getattr(node, "workeroutput", {}).get(ONLY, (0, {}))
        self._numbers = count(next(self._numbers) + made)
        self._left_out = Counter(left_out) or self._left_out

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.write_line(f"{next(self._numbers)} databases on PostgreSQL")
        for reason, number in sorted(self._left_out.items()):
            terminalreporter.write_line(f"left out, about SQLite alone: {number} tests: {reason}")

    def pytest_unconfigure(self) -> None:
        self._stack.close()


@cache
def _opens_stores(path: Path) -> bool:
    """What opens none is the same on every database."""
    return bool(OPENS.search(path.read_text("utf-8")))


PLUGIN = OnPostgres()
