"""A program of its own that becomes nmap: it ties nmap's life to ours first. Standard library only; run by tool.py.

Arguments: our process id, a private folder, nmap's path, then nmap's arguments. The folder holds "argv", the arguments
that the lease allows, and gets "pid". A file "stop" that is there in time means: do not begin.
"""

import os
import signal
import sys
from pathlib import Path

ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"}  # no NMAPDIR, no LUA_PATH, no proxy

_NOT_ALLOWED, _STOPPED = 126, 125
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38


def follow(parent: int) -> bool:
    """Die when the thread that started us does; False when it is gone already.

    Without new privileges, since the kernel forgets the signal when a program with file capabilities is started.
    """
    if sys.platform == "linux":
        import ctypes

        prctl = ctypes.CDLL(None).prctl
        prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    return os.getppid() == parent


def main(arguments: list[str]) -> int:
    """Become nmap; the exit code is for when that is not to be."""
    parent, folder, binary, *wanted = arguments
    if wanted != ["-V"] and wanted != (Path(folder) / "argv").read_text("utf-8").split("\0"):
        sys.stderr.write("these arguments are not those of the lease\n")
        return _NOT_ALLOWED
    if not follow(int(parent)):
        return _STOPPED
    (Path(folder) / "pid").write_text(str(os.getpid()), "utf-8")
    if (Path(folder) / "stop").exists():
        return _STOPPED
    return os.execve(binary, [binary, *wanted], ENVIRONMENT)  # noqa: S606


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
