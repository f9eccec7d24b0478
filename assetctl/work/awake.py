"""Keeping this machine from going to sleep while a scan runs.

The system's own tool holds its lock as long as a child of its own lives, and that child reads a pipe which only this
process holds open: the lock ends with the scan, and with this process however it ends.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_TOOLS = {
    "linux": ("systemd-inhibit", "--what=sleep:idle", "--who=assetctl", "--why=a scan is running", "--mode=block"),
    "darwin": ("caffeinate", "-i", "-s"),
}
_GRACE_S = 2.0


def tool() -> str:
    """Path of the tool that can do it here, "" where there is none."""
    words = _TOOLS.get(sys.platform)
    return (shutil.which(words[0]) or "") if words else ""


@contextmanager
def awake() -> Iterator[None]:
    """Hold the machine awake where its tool can; a scan does without where it cannot."""
    held = _begun()
    try:
        yield
    finally:
        if held is not None:
            _released(held)


def _begun() -> "subprocess.Popen[bytes] | None":
    path = tool()
    if not path:
        return None
    command = (path, *_TOOLS[sys.platform][1:], "cat")
    try:
        return subprocess.Popen(  # noqa: S603  fixed words
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PATH": "/usr/bin:/bin"},
            start_new_session=True,  # Ctrl-C is for us
        )
    except OSError:
        return None


def _released(held: "subprocess.Popen[bytes]") -> None:
    assert held.stdin is not None
    held.stdin.close()
    try:
        held.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        held.kill()
        held.wait()
