"""Changes a database behind the store's back, as somebody with its file or its password could, on any database."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import text

from assetctl.store import repo


def changed(path: Path, statement: str, **values: object) -> int:
    """How many rows a statement changed."""
    with repo.open_store(f"sqlite:///{path}", create=False) as store, store.writing() as connection:
        return int(connection.execute(text(statement), values).rowcount)


def rows(path: Path, statement: str) -> Sequence[Any]:
    with repo.open_store(f"sqlite:///{path}", create=False) as store, store.reading() as connection:
        return connection.execute(text(statement)).all()
