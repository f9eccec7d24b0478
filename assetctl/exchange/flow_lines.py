"""The lines of a file of any size, plain or packed with gzip, with a hash over the file and bounds on everything."""

import gzip
import hashlib
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

from assetctl.errors import InputError

MOST_LINE = 64 * 1024
MOST_BYTES = 4_000_000_000  # unpacked
_GZIP = b"\x1f\x8b"


class _Hashed:
    """A file that hashes what is read from it."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        found = self.file.read(size)
        self.digest.update(found)
        return found


@dataclass(slots=True)
class Lines:
    """A file that is read once. sha256: of the file as it lies there, when it was read to its end."""

    path: Path
    sha256: str = ""
    size: int = field(default=0)

    def read(self) -> Iterator[tuple[int, bytes | None]]:
        """Each line with its number from 1; None for one that is too long. Raises InputError."""
        try:
            if not stat.S_ISREG(self.path.stat().st_mode):
                raise InputError(f"{self.path}: a file is expected; give its path")
            with self.path.open("rb") as file:
                yield from self._hashing(file)
        except (OSError, ValueError, EOFError, zlib.error) as fault:
            reason = getattr(fault, "strerror", None) or str(fault) or "it ends too early"
            raise InputError(f"{self.path}: cannot be read: {reason}; check the file") from None

    def _hashing(self, file: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
        packed = file.read(2) == _GZIP
        file.seek(0)
        hashed = _Hashed(file)
        stream = cast(IO[bytes], gzip.GzipFile(fileobj=cast(Any, hashed)) if packed else hashed)
        yield from self._split(stream)
        while hashed.read(MOST_LINE):
            pass
        self.sha256 = hashed.digest.hexdigest()

    def _split(self, stream: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
        number, rest, is_long = 1, b"", False
        while block := stream.read(256 * 1024):
            self.size += len(block)
            if self.size > MOST_BYTES:
                raise InputError(f"{self.path}: larger than {MOST_BYTES // 10**9} GB; split the file")
            first, *more = block.split(b"\n")
            rest += first
            for line in more:
                yield number, None if is_long or len(rest) > MOST_LINE else rest
                number, rest, is_long = number + 1, line, False
            if len(rest) > MOST_LINE:
                rest, is_long = b"", True
        if rest or is_long:
            yield number, None if is_long else rest
