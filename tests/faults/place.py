"""A small file system of its own, which can be filled, made read-only and thrown away; needs namespaces of ours."""

import ctypes
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.live.killed_plant import NETWORK

MS_RDONLY, MS_REMOUNT, MNT_DETACH = 1, 32, 2
SIZE = b"size=48m"
INSIDE = "ASSETCTL_FAULTS_INSIDE"
DEVICES = 4
_LIBC = ctypes.CDLL(None, use_errno=True)

SETTINGS = f"""
[project]
contact = "control room"
[[networks]]
range = "{NETWORK}.0/24"
kind = "it"
[targets]
include = ["{NETWORK}.1-{NETWORK}.{DEVICES}"]
[limits]
it_units_per_second = 20
packets_per_second = 1000
most_devices = 4
[probes]
only = ["modbus"]
[ports]
modbus = [%d]
"""


def enter(arguments: list[str]) -> int | None:
    """Run this program again inside mount and network namespaces of its own; None when it runs there already."""
    if os.environ.get(INSIDE):
        set_link(up=True)
        return None
    flags = "-nm" if os.geteuid() == 0 else "-Urnm"
    command = ["unshare", flags, "--propagation", "private", sys.executable, "-m", "tests.faults", *arguments]
    return subprocess.run(command, env=os.environ | {INSIDE: "1"}, check=False).returncode


def set_link(*, up: bool) -> None:
    """The one interface of the namespace."""
    subprocess.run(["ip", "link", "set", "lo", "up" if up else "down"], check=True, capture_output=True)


@contextmanager
def mounted(folder: Path, template: Path | None) -> Iterator[Path]:
    """The folder as a file system of its own, with a copy of the template; gone at the end."""
    folder.mkdir(exist_ok=True)
    _mount(folder, 0, SIZE)
    try:
        if template is not None:
            shutil.copytree(template, folder, dirs_exist_ok=True, symlinks=True)
        yield folder
    finally:
        if _LIBC.umount2(bytes(folder), MNT_DETACH):
            raise OSError(ctypes.get_errno(), f"umount {folder}")


def set_read_only(folder: Path, read_only: bool) -> None:
    _mount(folder, MS_REMOUNT | (MS_RDONLY if read_only else 0), b"")


def fill(folder: Path, left: int) -> Path:
    """Take all room but `left` bytes, in whole pages; the file to remove again."""
    balloon = folder / "balloon"
    room = os.statvfs(folder)
    size = max(4096, (room.f_bavail - left // room.f_frsize) * room.f_frsize)
    with balloon.open("wb") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, size)
        except OSError:  # somebody took some in between
            while file.write(bytes(4096)):
                file.flush()
    return balloon


def sign(approval: Path) -> None:
    text = re.sub(r"approved_by = \[\].*", 'approved_by = ["A. Owner, plant"]', approval.read_text("utf-8"))
    approval.write_text(text.replace("runs = 1", "runs = 9"), "utf-8")


def _mount(folder: Path, flags: int, data: bytes) -> None:
    if _LIBC.mount(b"faults", bytes(folder), b"tmpfs", ctypes.c_ulong(flags), data):
        raise OSError(ctypes.get_errno(), f"mount {folder}")
