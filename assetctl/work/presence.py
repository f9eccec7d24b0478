"""Whether this process was there: stopped, starved of the processor, or asleep with its machine, it blames no device.

An answer that lay in the socket meanwhile looks slow, a connection that the device gave up looks like a reset, and what
a sleeping machine did not hear looks like silence. So a clock that goes on during sleep is looked at every so often:
what a look comes too late is time that was ours, not the device's.
"""

import asyncio
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

LOOK_S = 0.05
JITTER_S = 0.02  # how late a timer of a healthy machine may be
GAP_S = 1.0  # from here on, devices and the network may have changed their mind about us


@dataclass(frozen=True, slots=True)
class Absence:
    """late_s: how long in all. gaps: how often for a second or more at a time."""

    late_s: float = 0.0
    gaps: int = 0

    def __sub__(self, earlier: "Absence") -> "Absence":
        return Absence(self.late_s - earlier.late_s, self.gaps - earlier.gaps)

    def least_ms(self, rtt_ms: float | None) -> float | None:
        """What a device took at least, of a time that was measured meanwhile."""
        return None if rtt_ms is None else max(0.0, rtt_ms - self.late_s * 1000)


def awake_or_asleep_s() -> float:
    """Seconds that go on while the machine sleeps, where its system tells them."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if sys.platform == "linux" else time.monotonic()


class Presence:
    """Absences since the watch began; none are known before. clock: seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = awake_or_asleep_s) -> None:
        self._clock = clock
        self._due_s: float | None = None  # when the next look is due, while watched
        self._before = Absence()

    @property
    def absence(self) -> Absence:
        """Until now, with what the look that is overdue will find."""
        due_s = self._due_s
        if due_s is None or (late_s := self._clock() - due_s) <= JITTER_S:
            return self._before
        return Absence(self._before.late_s + late_s, self._before.gaps + (late_s >= GAP_S))

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Look every so often, in the loop that runs."""
        self._due_s = self._clock() + LOOK_S
        looking = asyncio.create_task(self._look_again())
        try:
            yield
        finally:
            looking.cancel()
            self._before, self._due_s = self.absence, None

    async def _look_again(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            self.look()

    def look(self) -> None:
        """Add how late this look comes, and expect the next."""
        self._before, self._due_s = self.absence, self._clock() + LOOK_S
