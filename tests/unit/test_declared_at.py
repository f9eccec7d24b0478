"""Since when a register is said to hold: since its file was written, so that judging twice gives the same."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assetctl.cli.app import App
from assetctl.model import Position
from assetctl.policy.judge import judge
from assetctl.policy.plant import Plant
from assetctl.standing import Standing, place
from tests.unit import stored
from tests.unit.command import Desk

WRITTEN = datetime(2026, 2, 1, 9, tzinfo=UTC)
REGISTER = """\
schema: 1
positions:
  - id: =A1+B2
    realm: plant
    match: {ip_address: 10.20.1.5}
    declared: {asset_criticality: high}
"""


@pytest.fixture
def register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    desk = Desk(tmp_path, monkeypatch)
    desk.write("assetctl.toml", 'schema = 1\n[files]\nregister = "register.yaml"\n')
    path = desk.write("register.yaml", REGISTER)
    written(path, WRITTEN)
    return path


def written(path: Path, at: datetime) -> None:
    os.utime(path, (at.timestamp(), at.timestamp()))


def read_at(moment: datetime, patch: pytest.MonkeyPatch) -> tuple[Position, ...]:
    """The register as a call of that moment reads it."""
    patch.setenv("ASSETCTL_NOW", moment.isoformat(timespec="seconds"))
    return App().register


def snapshot(positions: tuple[Position, ...]) -> str:
    """The hash of a plant whose one asset lies at the first position."""
    standing = Standing(positions[0].id, "a-1", "")
    placed = place((stored.asset("a-1"),), positions, (standing,))
    assert any(fact.source.kind == "declared" for fact in placed[0].facts)
    return judge((), Plant(placed, positions=positions), now=stored.NOON).snapshot_hash


def test_a_register_holds_since_its_file_was_written(register: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = read_at(stored.NOON, monkeypatch)
    assert first == read_at(stored.NOON + timedelta(days=3), monkeypatch)
    assert [one.declared_at for one in first] == [WRITTEN]


def test_a_file_of_the_future_holds_since_now(register: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(register, stored.NOON + timedelta(days=400))
    (position,) = read_at(stored.NOON, monkeypatch)
    assert position.declared_at == stored.NOON.replace(microsecond=0)


def test_a_copy_of_the_register_is_judged_as_the_same_and_a_changed_one_is_not(
    register: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = snapshot(read_at(stored.NOON, monkeypatch))
    written(register, WRITTEN + timedelta(days=1))
    assert snapshot(read_at(stored.NOON, monkeypatch)) == before
    register.write_text(REGISTER.replace("high", "low"))
    written(register, WRITTEN)
    assert snapshot(read_at(stored.NOON, monkeypatch)) != before
