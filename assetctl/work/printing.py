"""The page on paper: a browser that is installed on this machine prints it to a PDF, kept from every network.

The browser runs with a profile that is thrown away and a proxy that does not exist; on Linux in a network namespace of
its own where the system gives one. It only ever sees the file that was just written, whose policy lets nothing else in.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from assetctl.errors import EnvironmentFault, InputError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "msedge")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
PATIENCE_S = 600
FLAGS = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--proxy-server=127.0.0.1:9",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-pdf-header-footer",
)
_ENVIRONMENT = frozenset(
    (
        *("PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "TEMP", "TMP", "XDG_RUNTIME_DIR"),
        *("SYSTEMROOT", "WINDIR", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "PROGRAMFILES"),
    )
)
_ALONE = (("unshare", "--net"), ("unshare", "--map-root-user", "--net"))
_DATE = re.compile(rb"/(CreationDate|ModDate) \(D:[^)]{1,40}\)")


def browser(named: Path | None) -> Path:
    """The named browser, or the first that is found. Raises EnvironmentFault when there is none."""
    if named is not None:
        if not named.is_file():
            raise InputError(f"--browser {named}: no such file; name the program of Chromium, Chrome or Edge")
        return named
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    path = found or next((place for place in PLACES if Path(place).is_file()), None)
    if path is None:
        raise EnvironmentFault(
            "no Chromium, Chrome or Edge was found, which prints the page; install one, name it with --browser, "
            "or open the page of `assetctl report html` and print it"
        )
    return Path(path)


def paper(page: Path, program: Path, *, at: datetime) -> bytes:
    """A page as PDF, its dates set to the time of the report. Raises EnvironmentFault with what the browser said."""
    with tempfile.TemporaryDirectory(prefix="assetctl-") as folder:
        out = Path(folder) / "page.pdf"
        flags = (f"--user-data-dir={Path(folder) / 'profile'}", f"--print-to-pdf={out}", page.absolute().as_uri())
        command = (*_alone(), str(program), *FLAGS, *_sandbox(), *flags)
        try:
            done = subprocess.run(  # noqa: S603 - fixed flags
                command, capture_output=True, timeout=PATIENCE_S, env=_surroundings()
            )
        except (OSError, subprocess.TimeoutExpired) as fault:
            raise EnvironmentFault(f"{program}: does not print: {fault}") from None
        if not out.is_file():
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["it said nothing"]
            raise EnvironmentFault(f"{program}: wrote no PDF (status {done.returncode}): {said[0][:200]}")
        return _DATE.sub(lambda found: _dated(found, at), out.read_bytes())


def _surroundings() -> dict[str, str]:
    """What a browser needs of the environment; the secrets that may stand in it are none of its business."""
    return {name: value for name, value in os.environ.items() if name.upper() in _ENVIRONMENT}


def _dated(found: re.Match[bytes], at: datetime) -> bytes:
    """The same entry with the time of the report, as long as it was, since a PDF counts its bytes."""
    made = b"/" + found[1] + b" (D:" + at.astimezone(UTC).strftime("%Y%m%d%H%M%S+00'00'").encode() + b")"
    return made if len(made) == len(found[0]) else found[0]


def _sandbox() -> Iterator[str]:
    """Chromium refuses its own sandbox to the administrator, also to the one of a namespace."""
    if sys.platform == "linux" and (os.geteuid() == 0 or _alone()):
        yield "--no-sandbox"


def _alone() -> Sequence[str]:
    """What runs a command in a network namespace that leads nowhere, nothing where the system gives none."""
    if sys.platform != "linux" or not shutil.which("unshare"):
        return ()
    for command in _ALONE:
        if subprocess.run([*command, "true"], capture_output=True).returncode == 0:  # noqa: S603 - fixed words
            return command
    return ()
