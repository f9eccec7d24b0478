"""One place where foreign bytes come in, and what makes it run."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """feed: takes any bytes; an exception out of it is a fault. seeds: inputs that reach far.

    reads: names of the modules whose public functions the entry is there for.
    """

    name: str
    feed: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]
    reads: tuple[str, ...]
