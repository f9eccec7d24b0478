"""The ledger: one line per decision, written before anything is sent, each line bound to the one before by its hash.

A line is canonical JSON with the previous line's hash ("prev") and its own ("hash", over the line without it). The
head (last hash) and the count, kept outside the file, are what makes a truncated or rebuilt chain detectable.
One write() per line; fsync every second and at close, so a SIGKILL loses nothing and a power cut at most a second.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii as _quoted
from pathlib import Path
from typing import Any

from assetctl.errors import EnvironmentFault, IntegrityFault

GENESIS = "0" * 64
FSYNC_S = 1.0
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True)


@dataclass(frozen=True, slots=True)
class Line:
    """One verified line. number: from 1. entry: what was recorded, without the chain's own fields."""

    number: int
    entry: Mapping[str, Any]
    hash: str


@dataclass(frozen=True, slots=True)
class Verified:
    """A ledger that is consistent with itself. torn: the last line was not finished, as after a power cut."""

    head: str
    count: int
    torn: bool


EMPTY = Verified(GENESIS, 0, torn=False)


class Ledger:
    """An open ledger. Lines can only be appended."""

    def __init__(self, path: Path, *, head: str = GENESIS, count: int = 0) -> None:
        self.path = path
        self.head = head
        self.count = count
        self._synced_at = 0.0
        self._is_torn = False
        try:
            self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        except OSError as fault:
            raise EnvironmentFault(
                f"{path}: the ledger cannot be written ({fault.strerror}); nothing was sent"
            ) from None

    def append(self, entry: Mapping[str, Any], *, now_s: float) -> int:
        """Write one line and return its number. Raises EnvironmentFault when it could not be written whole."""
        told = [f"{_quoted(key)}:{_value(value)}" for key, value in entry.items()]
        return self.append_text(",".join(told), now_s=now_s)

    def append_text(self, told: str, *, now_s: float) -> int:
        """As `append`. told: the entry as the inside of a JSON object, ASCII and without spaces between its parts."""
        if self._is_torn:
            raise EnvironmentFault(f"{self.path}: the ledger ends within a line; nothing more is written to it")
        number = self.count + 1
        body = f'{{"n":{number},{told}{"," if told else ""}"prev":"{self.head}"'.encode("ascii")
        digest = hashlib.sha256(body + b"}").hexdigest()
        line = body + f',"hash":"{digest}"}}\n'.encode("ascii")
        try:
            written = os.write(self._fd, line)
        except OSError as fault:
            raise EnvironmentFault(f"{self.path}: the ledger cannot be written ({fault.strerror})") from None
        if written != len(line):
            self._take_back(written)
            raise EnvironmentFault(f"{self.path}: the ledger took only a part of a line; is the disk full?")
        self.head, self.count = digest, number
        if now_s - self._synced_at >= FSYNC_S:
            self.sync(now_s=now_s)
        return number

    def _take_back(self, written: int) -> None:
        """Cut off a torn line, after which no other could ever be checked; nothing more is written where that fails."""
        try:
            os.ftruncate(self._fd, os.fstat(self._fd).st_size - written)
        except OSError:
            self._is_torn = True

    def sync_when_due(self, *, now_s: float) -> None:
        """Bring the lines to disk when a second has passed since the last time."""
        if now_s - self._synced_at >= FSYNC_S:
            self.sync(now_s=now_s)

    def sync(self, *, now_s: float) -> None:
        """Bring the lines to disk. Raises EnvironmentFault."""
        try:
            os.fsync(self._fd)
        except OSError as fault:
            raise EnvironmentFault(f"{self.path}: the ledger is not safe on disk ({fault.strerror})") from None
        self._synced_at = now_s

    def close(self) -> None:
        if self._fd >= 0:
            try:
                self.sync(now_s=self._synced_at)
            finally:
                os.close(self._fd)
                self._fd = -1


def _value(value: object) -> str:
    return _quoted(value) if type(value) is str else _ENCODER.encode(value)


def reopen(path: Path) -> Ledger:
    """Go on with a ledger after an interruption; a torn last line is cut off first, as nothing followed it."""
    checked = verify(path)
    if checked.torn:
        whole = path.read_bytes().rfind(b"\n") + 1
        os.truncate(path, whole)
    return Ledger(path, head=checked.head, count=checked.count)


def verify(path: Path, *, head: str = "", count: int = 0, by: str = "the ticket") -> Verified:
    """Check the whole chain, against head and count when they are given. by: who says them.

    Raises IntegrityFault that names the first line at fault, or says that lines are missing or the chain was rebuilt.
    """
    state = EMPTY
    for line in read(path):
        state = Verified(line.hash, line.number, torn=False)
        if count and line.number == count and head and line.hash != head:
            raise IntegrityFault(f"{path}: line {count} has another hash than {by} says: the chain was rebuilt")
    state = Verified(state.head, state.count, torn=_is_torn(path))
    if count and state.count < count:
        raise IntegrityFault(f"{path}: {state.count} lines, {by} says {count}: lines are missing at the end")
    if count and state.count > count:
        raise IntegrityFault(f"{path}: {state.count} lines, {by} says {count}: lines were added")
    if head and state.head != head:
        raise IntegrityFault(f"{path}: the head is {state.head[:16]}…, {by} says {head[:16]}…")
    return state


def read(path: Path) -> Iterator[Line]:
    """The lines in order, each checked against the one before; a torn last line is left out.

    Raises IntegrityFault at the first line whose hash, number or predecessor does not fit.
    """
    head = GENESIS
    try:
        stream = path.open("rb")
    except OSError as fault:
        raise IntegrityFault(f"{path}: the ledger cannot be read ({fault.strerror})") from None
    with stream:
        for number, raw in enumerate(stream, 1):
            if not raw.endswith(b"\n"):
                return
            line = _checked(path, raw, number, head)
            head = line.hash
            yield line


def _checked(path: Path, raw: bytes, number: int, head: str) -> Line:
    mark = raw.rfind(b',"hash":"')
    body = raw[:mark] + b"}"
    try:
        entry = json.loads(raw)
        stated = entry.pop("hash")
        fits = mark > 0 and hashlib.sha256(body).hexdigest() == stated
        fits = fits and entry.pop("prev") == head and entry.pop("n") == number
    except (ValueError, KeyError, AttributeError):
        fits = False
    if not fits:
        raise IntegrityFault(f"{path}: line {number} was changed, or a line before it is missing")
    return Line(number, entry, stated)


def _is_torn(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.seek(0, os.SEEK_END)
        if stream.tell() == 0:
            return False
        stream.seek(-1, os.SEEK_END)
        return stream.read(1) != b"\n"
