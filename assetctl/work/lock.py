"""One scan per realm and machine: a lock that names its holder, and the file by which `assetctl stop` reaches it."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assetctl.errors import EnvironmentFault

UNKNOWN = "?"
BRIEFLY_S = 0.5  # as long as somebody may hold a lock only to look whether it is free


@contextmanager
def held(folder: Path, realm: str, scan: str) -> Iterator[Path]:
    """Hold the lock of a realm; yields the stop file's path. Raises EnvironmentFault that names the other holder."""
    from filelock import FileLock, Timeout

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    holder, stop = folder / f"{realm}.holder", folder / f"{realm}.stop"
    lock = FileLock(folder / f"{realm}.lock")
    try:
        lock.acquire(timeout=BRIEFLY_S)
    except Timeout:
        raise EnvironmentFault(
            f"realm {realm} is being scanned by {_holder(holder)}; wait, or `assetctl stop`"
        ) from None
    try:
        stop.unlink(missing_ok=True)
        holder.write_text(json.dumps({"scan": scan, "pid": os.getpid()}), "utf-8")
        yield stop
    finally:
        holder.unlink(missing_ok=True)
        stop.unlink(missing_ok=True)
        lock.release()


def holder_of(folder: Path, realm: str) -> str:
    """Id of the scan that holds the lock of a realm; "" when it is free, UNKNOWN when the holder does not say."""
    from filelock import FileLock, Timeout

    if not (folder / f"{realm}.lock").exists():
        return ""
    try:
        with FileLock(folder / f"{realm}.lock", timeout=0):
            return ""
    except Timeout:
        try:
            return str(json.loads((folder / f"{realm}.holder").read_text("utf-8"))["scan"])
        except (OSError, ValueError, KeyError, TypeError):
            return UNKNOWN


def ask_to_stop(folder: Path, realm: str | None = None) -> tuple[str, ...]:
    """Tell the running scans, of one realm or of all, to stop sending. The scans told, as text."""
    told = []
    for holder in sorted(folder.glob(f"{realm or '*'}.holder")):
        if not holder_of(folder, holder.stem):
            continue  # left by a run that was killed
        holder.with_suffix(".stop").write_text("assetctl stop", "utf-8")
        told.append(f"{holder.stem}: {_holder(holder)}")
    return tuple(told)


def _holder(path: Path) -> str:
    try:
        content = json.loads(path.read_text("utf-8"))
        return f"scan {content['scan']} (process {content['pid']})"
    except (OSError, ValueError, KeyError):
        return "another process"
