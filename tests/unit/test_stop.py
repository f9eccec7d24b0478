"""A stop file ends a run within a second, though it is not looked at before every frame."""

from pathlib import Path

from assetctl.errors import Exit
from assetctl.work.stop import Stop


def test_a_stop_file_is_seen_within_a_tenth_of_a_second_and_for_good(tmp_path: Path) -> None:
    now_s = 100.0
    stop = Stop(tmp_path / "stop", monotonic=lambda: now_s)
    assert not stop()
    (tmp_path / "stop").touch()
    now_s += 0.1
    assert stop() == "assetctl stop"
    (tmp_path / "stop").unlink()
    assert (stop(), stop.exit) == ("assetctl stop", Exit.SAFETY)


def test_a_signal_is_told_at_once(tmp_path: Path) -> None:
    stop = Stop(tmp_path / "stop", monotonic=lambda: 100.0)
    assert not stop()
    stop.now("interrupt", Exit.INTERRUPTED)
    assert stop() == "interrupt"
