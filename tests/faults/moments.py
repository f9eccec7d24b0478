"""Moments of a command: each entry into code that sends, stores or writes, and each call that reaches the system."""

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any

PARTS = tuple(f"/assetctl/{part}/" for part in ("store", "work", "transport", "safety", "report", "exchange"))
CALLS = frozenset(
    (
        *("write", "fsync", "flush", "truncate", "ftruncate", "open", "close", "replace", "rename", "unlink", "mkdir"),
        *("socket", "bind", "connect", "connect_ex", "send", "sendto", "recv", "recvfrom", "shutdown", "select"),
        *("execute", "executemany", "commit", "rollback"),
    )
)


@dataclass(frozen=True, slots=True)
class Moment:
    """The nth time that a place in the code is reached. label: "" for the very beginning."""

    label: str
    number: int


BEGINNING = Moment("", 0)


def watch(reached: Callable[[str], bool]) -> None:
    """Call `reached` with the label of every moment of this thread until it says True."""
    places: dict[Any, str] = {}

    def look(frame: FrameType, event: str, called: Any) -> None:
        if event == "c_call":
            name = called.__name__
            if name not in CALLS:
                return
            label = f"{frame.f_code.co_name}>{name}"
        elif event == "call":
            found = places.get(frame.f_code)
            if found is None:
                found = places[frame.f_code] = _label(frame)
            if not found:
                return
            label = found
        else:
            return
        if reached(label):
            sys.setprofile(None)

    sys.setprofile(look)


def count() -> Counter[str]:
    """How often each place is reached from here on; the counter fills while the command runs."""
    seen: Counter[str] = Counter()

    def note(label: str) -> bool:
        seen[label] += 1
        return False

    watch(note)
    return seen


def once(moment: Moment, act: Callable[[], None]) -> None:
    """Act when the moment comes, once."""
    left = moment.number

    def come(label: str) -> bool:
        nonlocal left
        if label != moment.label:
            return False
        left -= 1
        if left > 0:
            return False
        sys.setprofile(None)
        act()
        return True

    if moment.label:
        watch(come)
    else:
        act()


def _label(frame: FrameType) -> str:
    name = frame.f_code.co_filename
    part = next((part for part in PARTS if part in name), "")
    return f"{part.strip('/').rpartition('/')[2]}.{frame.f_code.co_qualname}" if part else ""
