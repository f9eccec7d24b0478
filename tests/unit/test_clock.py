"""ASSETCTL_NOW fixes what is judged, SOURCE_DATE_EPOCH dates what is written, and neither touches what is sent."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assetctl.cli.clock import clock, dated, now
from assetctl.errors import InputError
from tests.unit.command import Desk

LONG_AGO = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def is_today(moment: datetime) -> bool:
    return abs(moment - datetime.now(UTC)) < timedelta(minutes=5)


@pytest.mark.parametrize("written", ["2026-01-02T03:04:05Z", "2026-01-02T04:04:05+01:00"])
def test_the_time_of_judgement_can_be_fixed(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSETCTL_NOW", written)
    assert (now(), dated()) == (LONG_AGO, LONG_AGO)
    assert is_today(clock())


@pytest.mark.parametrize("written", ["soon", "2026-01-02", "2026-01-02T03:04:05", "1767323045"])
def test_what_is_no_time_is_refused(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSETCTL_NOW", written)
    with pytest.raises(InputError, match="ASSETCTL_NOW: a time such as"):
        now()


def test_what_build_systems_set_makes_no_evidence_younger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(LONG_AGO.timestamp())))
    assert dated() == LONG_AGO
    assert is_today(now())


@pytest.mark.parametrize("epoch", ["", "-1", "soon", "1" * 40])
def test_what_is_no_epoch_dates_nothing(epoch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    assert is_today(dated())


def test_a_fixed_time_is_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tmp_path, monkeypatch)
    monkeypatch.setenv("ASSETCTL_NOW", "2026-01-02T03:04:05Z")
    assert "warning: judged as of 2026-01-02T03:04:05+00:00, by ASSETCTL_NOW" in desk.call("scans", "list").err
