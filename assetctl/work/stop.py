"""Why a run must end: Ctrl-C, a termination signal, or the stop file.

Asked before every frame. The file is looked at twenty times a second at most, which is within the second that a stop
may take.
"""

import asyncio
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from assetctl.errors import Exit

LOOK_S = 0.05


class Stop:
    """Reason and exit code of the first thing that ended the run; empty while nothing did."""

    def __init__(self, file: Path, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._file = file
        self._monotonic = monotonic
        self._looked_at = -1.0
        self.reason = ""
        self.exit = Exit.DONE

    def __call__(self) -> str:
        if self.reason:
            return self.reason
        now_s = self._monotonic()
        if now_s - self._looked_at >= LOOK_S:
            self._looked_at = now_s
            if self._file.exists():
                self.now("assetctl stop", Exit.SAFETY)
        return self.reason

    def now(self, reason: str, code: Exit) -> None:
        """End everything. The first reason stays."""
        if not self.reason:
            self.reason, self.exit = reason, code


@contextmanager
def on_signals(stop: Stop) -> Iterator[None]:
    """Have Ctrl-C and a termination signal stop the run instead of breaking it off."""
    loop = asyncio.get_running_loop()
    codes = {signal.SIGINT: ("interrupt", Exit.INTERRUPTED), signal.SIGTERM: ("terminated", Exit.TERMINATED)}
    if sys.platform != "win32":
        for number, (reason, code) in codes.items():
            loop.add_signal_handler(number, stop.now, reason, code)
    try:
        yield
    finally:
        if sys.platform != "win32":
            for number in codes:
                loop.remove_signal_handler(number)
