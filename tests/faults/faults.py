"""The faults: what is done to a command at a moment, how it is undone, and with which codes the command may end."""

import os
import random
import resource
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

from assetctl.errors import Exit
from tests.faults.moments import BEGINNING, Moment
from tests.faults.operations import Operation
from tests.faults.place import fill, set_link, set_read_only
from tests.faults.running import Disturbance

UNDISTURBED = frozenset({Exit.DONE})
FAULTY = UNDISTURBED | {Exit.ENVIRONMENT}
STEPS_S = (-86400 * 40, -3600, -1, 2, 3600, 86400, 86400 * 400)
DATABASE = ("assetctl.db", "assetctl.db-wal", "assetctl.db-shm")

Prepared = tuple[Disturbance, Callable[[], None]]
"""What happens, and how it is undone after the command has ended."""
Fault = Callable[[Path, Moment, random.Random], Prepared]


def killed(_place: Path, moment: Moment, _chance: random.Random) -> Prepared:
    return Disturbance(moment, inside=lambda: os.kill(os.getpid(), signal.SIGKILL)), _nothing


def interrupted(_place: Path, moment: Moment, _chance: random.Random) -> Prepared:
    return Disturbance(moment, inside=lambda: os.kill(os.getpid(), signal.SIGINT), prepare=_with_interrupts), _nothing


def terminated(_place: Path, moment: Moment, _chance: random.Random) -> Prepared:
    return Disturbance(moment, inside=lambda: os.kill(os.getpid(), signal.SIGTERM)), _nothing


def full(place: Path, moment: Moment, chance: random.Random) -> Prepared:
    left = chance.choice((0, 0, 4096, 8192, 65536, 262144))
    return (
        Disturbance(moment, outside=lambda _: (fill(place, left), None)[1]),
        lambda: (place / "balloon").unlink(missing_ok=True),
    )


def read_only(place: Path, _moment: Moment, _chance: random.Random) -> Prepared:
    return Disturbance(BEGINNING, outside=lambda _: set_read_only(place, True)), lambda: set_read_only(place, False)


def without_descriptors(_place: Path, moment: Moment, chance: random.Random) -> Prepared:
    spare = chance.randrange(4)

    def act() -> None:
        last = max(int(name) for name in os.listdir("/proc/self/fd"))
        resource.setrlimit(resource.RLIMIT_NOFILE, (last + spare, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))

    return Disturbance(moment, inside=act), _nothing


def suspended(_place: Path, moment: Moment, chance: random.Random) -> Prepared:
    for_s = chance.uniform(0.05, 1.5)

    def sleep(pid: int) -> None:
        os.kill(pid, signal.SIGSTOP)
        time.sleep(for_s)
        os.kill(pid, signal.SIGCONT)

    return Disturbance(moment, after=sleep), _nothing


def stepped(_place: Path, moment: Moment, chance: random.Random) -> Prepared:
    """The clock jumps, as by NTP, a wrong time zone, or a battery that ran out."""
    step = timedelta(seconds=chance.choice(STEPS_S))

    def act() -> None:
        from assetctl.cli import clock

        class Stepped(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:
                return datetime.now(tz) + step

        clock.datetime = Stepped  # type: ignore[misc]

    return Disturbance(moment, inside=act), _nothing


def locked(place: Path, moment: Moment, chance: random.Random) -> Prepared:
    """Somebody else holds the write lock, for a while or for good, as soon as it is free."""
    held: list[sqlite3.Connection] = []
    for_s = chance.choice((0.2, None))

    def lock(_pid: int) -> None:
        path = place / DATABASE[0]
        if not path.exists():
            return
        connection = sqlite3.connect(path, timeout=0.05, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error:
            connection.close()
            return
        held.append(connection)

    def release(_pid: int) -> None:
        if for_s is not None:
            time.sleep(for_s)
            free()

    def free() -> None:
        while held:
            held.pop().close()

    return Disturbance(moment, outside=lock, after=release), free


def gone(place: Path, moment: Moment, _chance: random.Random) -> Prepared:
    """The database is moved away and comes back later, as with a share that is lost."""
    away = place / "away"

    def move(_pid: int) -> None:
        away.mkdir()
        for name in DATABASE:
            if (place / name).exists():
                (place / name).rename(away / name)

    def bring_back() -> None:
        if not away.exists():
            return
        if (away / DATABASE[0]).exists():
            made = [name for name in DATABASE if (place / name).exists()]
            assert not made, f"in its place there is now {made}"
        for path in away.iterdir():
            path.rename(place / path.name)
        away.rmdir()

    return Disturbance(moment, outside=move), bring_back


def unlinked(_place: Path, moment: Moment, chance: random.Random) -> Prepared:
    """The interface goes down, for a while or for good."""
    for_s = chance.choice((0.3, None))

    def up_again(_pid: int) -> None:
        if for_s is not None:
            time.sleep(for_s)
            set_link(up=True)

    return Disturbance(moment, outside=lambda _: set_link(up=False), after=up_again), lambda: set_link(up=True)


FAULTS: dict[str, tuple[Fault, frozenset[int]]] = {
    "killed": (killed, UNDISTURBED | {-signal.SIGKILL}),
    "interrupted": (interrupted, UNDISTURBED | {Exit.INTERRUPTED}),
    "terminated": (terminated, UNDISTURBED | {Exit.TERMINATED, -signal.SIGTERM}),
    "disk full": (full, FAULTY),
    "disk read-only": (read_only, FAULTY),
    "no descriptors": (without_descriptors, FAULTY),
    "suspended": (suspended, UNDISTURBED | {Exit.PARTIAL, Exit.NOTHING}),
    "clock stepped": (stepped, UNDISTURBED | {Exit.PARTIAL, Exit.USAGE}),
    "database locked": (locked, FAULTY),
    "database gone": (gone, FAULTY | {Exit.USAGE}),
    "link down": (unlinked, FAULTY | {Exit.PARTIAL, Exit.NOTHING, Exit.SAFETY}),
}


def fits(name: str, operation: Operation, moment: Moment) -> bool:
    """Whether a fault makes sense there: a database that is not there yet cannot go, and nobody asks without a scan."""
    if name == "link down":
        return operation.is_scan
    if name == "database gone":
        return not operation.makes or (operation.template != "empty" and bool(moment.label))
    return True


@contextmanager
def undone(undo: Callable[[], None]) -> Iterator[None]:
    try:
        yield
    finally:
        undo()


def _with_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _nothing() -> None:
    pass
