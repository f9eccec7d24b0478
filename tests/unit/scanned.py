"""A desk with one finished scan of three Modbus servers on loopback, made once and copied for each test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from assetctl.model import Scan
from assetctl.store.repo import Store, open_store
from tests.live.killed_plant import NETWORK, Plant, plant
from tests.unit.command import Desk

SETTINGS = f"""
[targets]
include = ["{NETWORK}.1-{NETWORK}.3"]
[probes]
only = ["modbus"]
[ports]
modbus = [%d]
"""


@pytest.fixture(scope="session")
def servers() -> Iterator[Plant]:
    with plant() as running:
        yield running


@pytest.fixture(scope="session")
def scanned_once(tmp_path_factory: pytest.TempPathFactory, servers: Plant) -> Path:
    folder = tmp_path_factory.mktemp("scanned") / "desk"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        desk = Desk(folder, patch)
        desk.write("assetctl.toml", SETTINGS % servers.port)
        assert desk.call("-q", "scan", "--yes").code == 0
    return folder


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scanned_once: Path) -> Desk:
    """The scanned folder again, at another place; its ledger moved along."""
    folder = tmp_path / "desk"
    shutil.copytree(scanned_once, folder)
    made = Desk(folder, monkeypatch)
    with store_of(made) as store:
        for scan in store.scans():
            moved = folder / "assetctl.ledgers" / Path(scan.ledger).name
            store.finish_scan(replace_ledger(scan, moved))
    return made


def replace_ledger(scan: Scan, path: Path) -> Scan:
    from dataclasses import replace

    return replace(scan, ledger=str(path))


def store_of(desk: Desk) -> Store:
    return open_store(f"sqlite:///{desk.folder / 'assetctl.db'}", create=False)


def scan_of(desk: Desk) -> Scan:
    with store_of(desk) as store:
        found = store.latest_scan()
    assert found is not None
    return found
