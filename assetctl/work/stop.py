"""Why a run must end: Ctrl-C, a termination signal, or the stop file. Looked at before every frame."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assetctl.errors import Exit


class Stop:
    """Reason and exit code of the first thing that ended the run; empty while nothing did."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.reason = ""
        self.exit = Exit.DONE

    def __call__(self) -> str:
        if not self.reason and self._file.exists():
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
