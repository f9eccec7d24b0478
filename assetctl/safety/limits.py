"""Pace, budgets, windows and breakers as pure state: every time is an argument, nothing here waits or sends.

Source of the numbers: the rules on the wire in docs/safety.md, 10 to 14.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
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

    @property
    def has_spoken(self) -> bool:
        """Whether more is known of it than what it was sent."""
        return bool(self.answered or self.unanswered or self.latencies_ms or self.uptime or self.tripped)

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
    left = ((ends - now).total_seconds() for opens, ends in _spans(windows, now, timezone, (-1, 0)) if opens <= now)
    return max((0.0, *left))


def next_opening(windows: tuple[Window, ...], now: datetime, timezone: str) -> datetime | None:
    """When a window opens next, in UTC; None when none does within eight days."""
    later = (opens for opens, _ in _spans(windows, now, timezone, range(9)) if opens > now)
    return min(later, default=None)


def _spans(
    windows: tuple[Window, ...], now: datetime, timezone: str, days: Iterable[int]
) -> Iterator[tuple[datetime, datetime]]:
    """Every window that begins on these days from today, in UTC: two instants, whatever the clocks do in between."""
    zone = ZoneInfo(timezone)
    today = now.astimezone(zone).date()
    for day in (today + timedelta(days=count) for count in days):
        for window in windows:
            if day.weekday() in window.days:
                last = day + timedelta(days=window.end <= window.start)
                opens, ends = datetime.combine(day, window.start, zone), datetime.combine(last, window.end, zone)
                yield from _narrowed(_instants(opens), _instants(ends))


def _narrowed(opens: tuple[datetime, datetime], ends: tuple[datetime, datetime]) -> Iterator[tuple[datetime, datetime]]:
    """A window where clocks are changed: it opens late and closes early, and is never open at a time outside it.

    One that lies within an hour that comes twice is open the first time; one within an hour that is left out, never.
    """
    if max(opens) < min(ends):
        yield max(opens), min(ends)
    elif opens[0] < opens[1] and ends[0] < ends[1]:
        yield opens[0], ends[0]


def _instants(local: datetime) -> tuple[datetime, datetime]:
    """The two readings of a time, in UTC: equal but where clocks are changed; the first is the later one in a gap."""
    return local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)
