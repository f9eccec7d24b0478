"""The event loop of a run."""

import asyncio
import os
from contextlib import ExitStack

OPENED = 4  # a selector, a pair of sockets, and one to spare


def made() -> asyncio.AbstractEventLoop:
    """A new loop. Raises OSError where its files cannot be opened; found out later, it is told in a traceback."""
    with ExitStack() as tried:
        for _ in range(OPENED):
            tried.enter_context(open(os.devnull, "rb"))
    return asyncio.new_event_loop()
