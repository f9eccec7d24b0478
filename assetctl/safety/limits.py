"""Pace, budgets, windows and breakers as pure state: every time is an argument, nothing here waits or sends.

Source of the numbers: the rules on the wire in docs/safety.md, 10 to 14.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from assetctl.model import Outcome
from assetctl.scope import Window

CATCH_UP = 20
SLOWER_BY_FACTOR = 3
SLOWER_BY_MS = 250.0
UNANSWERED_TO_TRIP = 2
UPTIME_WRAP_S = 42_949_673  # sysUpTime counts hundredths of a second in 32 bits: 497 days


class PacketPace:
    """At most `limit` packets in any second, sent with at most 20 of catch-up at once.

    Two rules hold together: the exact send times of the last second, and a token bucket that fills at the limit.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._sent: deque[float] = deque()
        self._tokens = float(min(CATCH_UP, limit))
        self._filled_at: float | None = None

    def wait_s(self, packets: int, now_s: float) -> float:
        """Seconds until that many packets may leave; 0 means now. More than the limit at once is cut to the limit."""
        wanted = min(packets, self.limit)
        self._fill(now_s)
        while self._sent and self._sent[0] <= now_s - 1.0:
            self._sent.popleft()
        burst = min(CATCH_UP, self.limit)
        for_tokens = max(0.0, (min(wanted, burst) - self._tokens) / self.limit)
        over = len(self._sent) + wanted - self.limit
        for_window = self._sent[over - 1] + 1.0 - now_s if over > 0 else 0.0
        return max(for_tokens, for_window, 0.0)

    def spend(self, packets: int, now_s: float) -> None:
        self._fill(now_s)
        self._tokens -= packets
        self._sent.extend([now_s] * min(packets, self.limit))

    def _fill(self, now_s: float) -> None:
        burst = float(min(CATCH_UP, self.limit))
        if self._filled_at is not None:
            self._tokens = min(burst, self._tokens + max(0.0, now_s - self._filled_at) * self.limit)
        self._filled_at = now_s


@dataclass(slots=True)
class DeviceState:
    """What the gate remembers of one device in one run."""

    units: dict[str, int] = field(default_factory=dict)  # by purse, over 24 hours
    sent_at_s: float = -1e9
    latencies_ms: dict[str, list[float]] = field(default_factory=dict)  # by protocol: they differ by nature
    answered: set[str] = field(default_factory=set)
    unanswered: dict[str, set[bytes]] = field(default_factory=dict)
    answers_on_connection: int = 0
    connected_by: str = ""  # the step that opened the last connection
    uptime: tuple[float, datetime] | None = None
    tripped: str = ""

    def spent(self, purse: str) -> int:
        """Units of every purse that has a depth question in common with this one."""
        names = set(purse.split("+"))
        return sum(units for other, units in self.units.items() if not names.isdisjoint(other.split("+")))

    def pause_s(self, units_per_second: float, now_s: float) -> float:
        """Seconds until the next unit may leave for this device; there is no catch-up."""
        if units_per_second <= 0:
            return 0.0
        return max(0.0, self.sent_at_s + 1.0 / units_per_second - now_s)


def judge_exchange(
    state: DeviceState,
    request: str,
    payload: bytes,
    outcome: Outcome,
    rtt_ms: float | None,
    detail: str = "",
    *,
    protocol: str = "",
) -> str:
    """Note the end of an exchange and return why the device breaker trips, or "".

    A connect is request "connect" with an empty payload. A retry repeats the payload, so it is not a second question.
    """
    if request == "connect":
        state.answers_on_connection = 0
        return ""
    if outcome is Outcome.ANSWERED:
        state.answered.add(request)
        state.answers_on_connection += 1
        state.unanswered.pop(request, None)
        return _slower(state.latencies_ms.setdefault(protocol, []), rtt_ms)
    if outcome is Outcome.SILENT and request in state.answered:
        open_questions = state.unanswered.setdefault(request, set())
        open_questions.add(payload)
        if len(open_questions) >= UNANSWERED_TO_TRIP:
            return f"{len(open_questions)} different questions of a kind it had answered ({request}) stayed unanswered"
    if outcome is Outcome.RESET and state.answers_on_connection and detail != "closed":
        return f"reset in the middle of an exchange ({request})"
    return ""


def judge_uptime(state: DeviceState, seconds: float, at: datetime) -> str:
    """Note a reading of the device's uptime and return why the breaker trips, or ""."""
    before, state.uptime = state.uptime, (seconds, at)
    if before is None:
        return ""
    expected = before[0] + (at - before[1]).total_seconds()
    wrapped = expected >= UPTIME_WRAP_S - 60
    if seconds < before[0] and not wrapped:
        return f"its uptime went back from {before[0]:.0f} s to {seconds:.0f} s: it restarted"
    return ""


def _slower(latencies_ms: list[float], rtt_ms: float | None) -> str:
    """Note one latency of a protocol, and why the device counts as slowed down, or ""."""
    if rtt_ms is None:
        return ""
    latencies_ms.append(rtt_ms)
    if len(latencies_ms) < 6:
        return ""
    first, last = median(latencies_ms[:3]), median(latencies_ms[-3:])
    if last > SLOWER_BY_FACTOR * first and last > first + SLOWER_BY_MS:
        return f"it slowed down: median answer {last:.0f} ms, {first:.0f} ms at first"
    return ""


def zone_trips(trips: int, contacted: int) -> bool:
    """Whether a zone stops: max(2, 5 % of the devices contacted) device trips."""
    return trips >= max(2.0, 0.05 * contacted)


def seconds_left(windows: tuple[Window, ...], now: datetime, timezone: str) -> float | None:
    """Seconds until the open window closes, 0 when none is open, None when there are no windows at all."""
    if not windows:
        return None
    local = now.astimezone(ZoneInfo(timezone))
    return max((_left_in(window, local) for window in windows), default=0.0)


def _left_in(window: Window, local: datetime) -> float:
    """Seconds left in a window; one that ends before it starts runs over midnight of its day."""
    for days_back in (0, 1):
        day = local - timedelta(days=days_back)
        if day.weekday() not in window.days:
            continue
        start = datetime.combine(day.date(), window.start, tzinfo=local.tzinfo)
        end = datetime.combine(day.date(), window.end, tzinfo=local.tzinfo)
        if end <= start:
            end += timedelta(days=1)
        if start <= local < end:
            return (end - local).total_seconds()
    return 0.0
