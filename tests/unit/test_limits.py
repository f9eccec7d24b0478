import random
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.model import Outcome
from assetctl.safety.limits import (
    UPTIME_WRAP_S,
    DeviceState,
    PacketPace,
    judge_exchange,
    judge_uptime,
    next_opening,
    seconds_left,
    zone_trips,
)
from assetctl.scope import Window

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a Monday


@given(
    limit=st.sampled_from([10, 50, 200]),
    packets=st.lists(st.integers(1, 4), min_size=30, max_size=200),
    jitter=st.integers(0, 2**32),
)
def test_never_more_than_the_limit_in_any_second_and_the_mean_is_near_it(
    limit: int, packets: list[int], jitter: int
) -> None:
    pace, now, sent, late = PacketPace(limit), 1000.0, [], random.Random(jitter)
    for count in packets:
        while (wait := pace.wait_s(count, now)) > 0:
            now += wait + late.random() * 0.002
        pace.spend(count, now)
        sent += [now] * count
    for index, start in enumerate(sent):
        within = sum(1 for t in sent[index:] if t < start + 1.0 - 1e-9)
        assert within <= limit
    if len(sent) > 3 * limit:  # a unit of up to 4 packets is never split, so up to 3 places of a second stay free
        assert len(sent) / (sent[-1] - sent[0] + 1e-9) >= 0.9 * (limit - 3)


def test_single_packets_come_within_five_percent_of_the_limit() -> None:
    pace, now, count = PacketPace(50), 0.0, 0
    late = random.Random(1)
    while now < 20.0:
        if (wait := pace.wait_s(1, now)) > 0:
            now += wait + late.random() * 0.001
            continue
        pace.spend(1, now)
        count += 1
    assert 0.95 * 50 <= count / 20.0 <= 50 + 1


def test_a_device_is_never_asked_faster_than_its_rate_and_has_no_catch_up() -> None:
    state = DeviceState(sent_at_s=100.0)
    assert state.pause_s(2.0, 100.1) == pytest.approx(0.4)
    assert state.pause_s(2.0, 200.0) == 0
    state.sent_at_s = 200.0
    assert state.pause_s(2.0, 200.0) == pytest.approx(0.5)


def test_two_different_questions_of_an_answered_kind_trip_and_a_retry_does_not() -> None:
    state = DeviceState()
    assert judge_exchange(state, "get", b"1", Outcome.ANSWERED, 5.0) == ""
    assert judge_exchange(state, "get", b"2", Outcome.SILENT, None) == ""
    assert judge_exchange(state, "get", b"2", Outcome.SILENT, None) == ""
    assert "unanswered" in judge_exchange(state, "get", b"3", Outcome.SILENT, None)


def test_silence_to_a_kind_that_was_never_answered_does_not_trip() -> None:
    state = DeviceState()
    assert not any(judge_exchange(state, "bulk", bytes([n]), Outcome.SILENT, None) for n in range(5))


def test_a_reset_in_mid_exchange_trips_and_a_refused_connect_does_not() -> None:
    state = DeviceState()
    assert judge_exchange(state, "connect", b"", Outcome.REFUSED, None) == ""
    judge_exchange(state, "connect", b"", Outcome.ANSWERED, 1.0)
    assert judge_exchange(state, "read", b"1", Outcome.RESET, None) == ""
    judge_exchange(state, "connect", b"", Outcome.ANSWERED, 1.0)
    judge_exchange(state, "read", b"1", Outcome.ANSWERED, 1.0)
    assert "reset" in judge_exchange(state, "read", b"2", Outcome.RESET, None)


def test_a_device_that_slows_down_trips_and_one_that_is_only_jittery_does_not() -> None:
    slow, jittery = DeviceState(), DeviceState()
    reasons = [judge_exchange(slow, "g", bytes([n]), Outcome.ANSWERED, 10.0 if n < 3 else 400.0) for n in range(6)]
    assert "slowed down" in reasons[-1]
    values = [10, 90, 12, 80, 11, 70, 60, 90]
    assert not any(judge_exchange(jittery, "g", bytes([n]), Outcome.ANSWERED, float(v)) for n, v in enumerate(values))


def test_a_slow_web_page_after_a_fast_controller_is_no_slowing_down() -> None:
    state = DeviceState()
    fast = [judge_exchange(state, "read", bytes([n]), Outcome.ANSWERED, 5.0, protocol="modbus") for n in range(3)]
    slow = [judge_exchange(state, "get", bytes([n]), Outcome.ANSWERED, 900.0, protocol="http") for n in range(3)]
    assert not any(fast + slow)


def test_uptime_that_goes_back_trips_but_not_its_wrap() -> None:
    state = DeviceState()
    assert judge_uptime(state, 1000.0, NOON) == ""
    assert judge_uptime(state, 1060.0, NOON + timedelta(seconds=60)) == ""
    assert "restarted" in judge_uptime(state, 5.0, NOON + timedelta(seconds=90))
    old = DeviceState()
    judge_uptime(old, float(UPTIME_WRAP_S - 10), NOON)
    assert judge_uptime(old, 20.0, NOON + timedelta(seconds=30)) == ""


def test_a_zone_trips_at_two_devices_or_five_percent() -> None:
    assert not zone_trips(1, 10)
    assert zone_trips(2, 10)
    assert not zone_trips(4, 100)
    assert zone_trips(5, 100)


def test_a_window_over_midnight_counts_for_the_day_it_began() -> None:
    night = (Window(days=(0,), start=time(22), end=time(4)),)
    assert seconds_left(night, NOON, "UTC") == 0
    assert seconds_left(night, NOON.replace(hour=23), "UTC") == 5 * 3600
    assert seconds_left(night, NOON + timedelta(hours=15), "UTC") == 3600
    assert seconds_left((), NOON, "UTC") is None


BERLIN, EVERY_DAY = "Europe/Berlin", (0, 1, 2, 3, 4, 5, 6)
SPRING, AUTUMN = datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)
clock_times = st.times(max_value=time(23, 59)).map(lambda one: one.replace(second=0, microsecond=0, tzinfo=None))


@pytest.mark.parametrize(
    ("before", "start", "end", "opens_utc", "minutes"),
    [
        (SPRING, time(1), time(5), time(0), 180),  # the clocks leave out 02:00 to 03:00
        (SPRING, time(2, 15), time(5), time(1, 15), 105),  # 02:15 does not come: an hour later
        (SPRING, time(1), time(2, 30), time(0), 30),
        (SPRING, time(23), time(4), time(22), 240),
        (AUTUMN, time(1), time(5), time(23), 300),  # 02:00 to 03:00 comes twice
        (AUTUMN, time(2, 15), time(5), time(1, 15), 165),  # the second 02:15: then it is never outside again
        (AUTUMN, time(1), time(2, 30), time(23), 90),
        (AUTUMN, time(2, 15), time(2, 45), time(0, 15), 30),
    ],
)
def test_a_window_in_the_night_of_a_clock_change_is_as_long_as_it_really_is(
    before: datetime, start: time, end: time, opens_utc: time, minutes: int
) -> None:
    windows = (Window(EVERY_DAY, start, end),)
    opens = next_opening(windows, before, BERLIN)
    assert opens is not None
    assert opens.time() == opens_utc
    assert seconds_left(windows, opens, BERLIN) == minutes * 60
    assert seconds_left(windows, opens + timedelta(minutes=minutes), BERLIN) == 0
    assert seconds_left(windows, opens - timedelta(seconds=1), BERLIN) == 0


def test_a_window_that_does_not_come_is_left_out_that_night() -> None:
    windows = (Window(EVERY_DAY, time(2, 15), time(2, 45)),)
    opens = next_opening(windows, SPRING, BERLIN)
    assert opens == datetime(2026, 3, 30, 0, 15, tzinfo=UTC)


@given(
    before=st.sampled_from([SPRING, AUTUMN, NOON]),
    spans=st.lists(st.tuples(clock_times, clock_times), min_size=1, max_size=3),
    minutes=st.lists(st.integers(0, 36 * 60), min_size=1, max_size=20),
)
def test_the_local_clock_never_stands_outside_an_open_window_and_what_is_left_is_true(
    before: datetime, spans: list[tuple[time, time]], minutes: list[int]
) -> None:
    windows = tuple(Window(EVERY_DAY, start, end) for start, end in spans)
    for at in (before + timedelta(minutes=count) for count in minutes):
        left = seconds_left(windows, at, BERLIN)
        assert left is not None
        for moment in (at, at + timedelta(seconds=left - 60)) if left else ():
            shown = moment.astimezone(ZoneInfo(BERLIN)).time()
            assert any(a <= shown < b or (b <= a and not b <= shown < a) for a, b in spans)
            assert seconds_left(windows, moment, BERLIN)
        opens = next_opening(windows, at, BERLIN)
        assert opens is not None
        assert opens > at
        assert seconds_left(windows, opens, BERLIN)


def test_no_window_opens_where_there_is_none() -> None:
    assert next_opening((), NOON, BERLIN) is None
