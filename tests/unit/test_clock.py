"""SOURCE_DATE_EPOCH fixes what is judged and written, never what is allowed or sent."""

from datetime import UTC, datetime

import pytest

from assetctl.cli.clock import clock, now


@pytest.mark.parametrize("fixed", ["0", "1780315200"])
def test_the_time_of_outputs_can_be_fixed(fixed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", fixed)
    assert now() == datetime.fromtimestamp(int(fixed), UTC)
    assert clock() > datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("fixed", ["", "-1", "soon", "1" * 40])
def test_what_is_no_time_fixes_nothing(fixed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", fixed)
    assert now() > datetime(2026, 1, 1, tzinfo=UTC)
