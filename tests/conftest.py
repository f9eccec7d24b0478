"""Settings for every test: hypothesis profiles, and skips that are failures where nothing should be missing.

What decides over a change draws the same examples each time; `make deep` draws new ones. A file whose tests start
servers stays with one worker, so that each server is started once.
"""

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

SLOW = [HealthCheck.too_slow]
settings.register_profile("dev", max_examples=100, deadline=None, derandomize=True, suppress_health_check=SLOW)
settings.register_profile("deep", max_examples=2000, deadline=None, suppress_health_check=SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))

# what the machine that runs the tests says of itself is not what the tested commands are told
for name in ("CI", "SOURCE_DATE_EPOCH", "ASSETCTL_NOW"):
    os.environ.pop(name, None)


def pytest_configure(config: pytest.Config) -> None:
    """ASSETCTL_TEST_DATABASE=postgres: stores are databases of a server, see tests/live/on_postgres.py."""
    if os.environ.get("ASSETCTL_TEST_DATABASE") == "postgres":
        from tests.live.on_postgres import PLUGIN

        PLUGIN.install()
        config.pluginmanager.register(PLUGIN)


SERVED = tuple(f"tests/{folder}/" for folder in ("faults", "live", "reference", "twins"))


class ByServers(LoadScopeScheduling):
    """What goes to a worker as a whole: a file that starts servers, or any other test alone."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file.startswith(SERVED) else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByServers:
    return ByServers(config, log)


SKIPS_FAIL = bool(os.environ.get("ASSETCTL_NO_SKIPS"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> object:
    report = yield
    if SKIPS_FAIL and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped where nothing should be missing: {report.longrepr}"
    return report
