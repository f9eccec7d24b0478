"""The plant of the kill test in a process of its own; what it sent is in a file that others can read at any time."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.live import killed_plant
from tests.live.killed_plant import Unit


class _Journal(list[Unit]):
    """Units, written down one by one."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def append(self, unit: Unit) -> None:
        line = json.dumps([unit.address, unit.connection, unit.transaction, unit.answer.hex()])
        os.write(self._file, f"{line}\n".encode())


@dataclass
class Plant:
    port: int
    path: Path
    seen: int = 0

    def clear(self) -> None:
        """Forget what was sent until now."""
        self.seen = self.path.stat().st_size if self.path.exists() else 0

    def units(self) -> list[Unit]:
        if not self.path.exists():
            return []
        lines = self.path.read_bytes()[self.seen :].decode().splitlines()
        rows = [json.loads(line) for line in lines]
        return [Unit(row[0], row[1], row[2], bytes.fromhex(row[3])) for row in rows]


@contextmanager
def plant(path: Path) -> Iterator[Plant]:
    """The servers until the block ends."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with killed_plant.plant() as held:
            held.units = _Journal(path)
            os.write(writing, f"{held.port}\n".encode())
            signal.pause()
        os._exit(0)
    os.close(writing)
    try:
        with os.fdopen(reading) as said:
            yield Plant(int(said.readline()), path)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
