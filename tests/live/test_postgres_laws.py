"""What is laid down of advisories, findings and golden readings in a store, applied to a PostgreSQL server, too."""

from collections.abc import Iterator
from inspect import signature

import pytest

from assetctl.store.repo import Store, open_store
from tests.live.postgres_server import Server, database, server
from tests.unit import test_advisories, test_findings, test_golden_readings

__all__ = ["database", "server"]

pytestmark = pytest.mark.live


@pytest.fixture
def store(server: Server, database: str) -> Iterator[Store]:
    with open_store(server.url(database)) as opened:
        yield opened


LAWS = {
    name: law
    for module in (test_advisories, test_findings, test_golden_readings)
    for name, law in vars(module).items()
    if name.startswith("test_") and callable(law) and "store" in signature(law).parameters
}
assert len(LAWS) >= 10
globals().update(LAWS)
