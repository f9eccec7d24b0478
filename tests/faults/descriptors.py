"""Commands under each limit of open files, from the least that a program starts with.

`python -m tests.faults.descriptors` takes them all. Each is a process of its own, so that what it imports needs
descriptors too. It ends well, or in one line with the exit code of a machine that lacks something, and its file is
there only when it ended well.
"""

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from assetctl.errors import Exit
from tests.faults.operations import NMAP

ROOT = Path(__file__).parents[2]
LEAST = 5  # with fewer, Python itself does not come up
MOST = 100
ENOUGH = 2  # limits in a row under which a command ends well, before the next is looked at


@dataclass(frozen=True)
class Command:
    """file: what it writes."""

    arguments: tuple[str, ...]
    file: str = ""


COMMANDS: Mapping[str, Command] = {
    "import": Command(("import", "nmap", str(NMAP / "panel.xml"))),
    "check": Command(("check", "--fail-on", "never")),
    "export": Command(("export", "cyclonedx", "--out", "out.json"), "out.json"),
    "page": Command(("report", "html", "--out", "out.html"), "out.html"),
    "workbook": Command(("report", "xlsx", "--out", "out.xlsx"), "out.xlsx"),
}


def fill(folder: Path) -> None:
    """A small judged plant."""
    for arguments in (("import", "nmap", str(NMAP / "ot.xml")), COMMANDS["check"].arguments):
        ended = _run(folder, arguments, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        assert ended.returncode == Exit.DONE, ended.stderr


def sweep(folder: Path, name: str, limits: Iterable[int] = range(LEAST, MOST)) -> Iterator[tuple[int, int]]:
    """Limits with the exit codes under them, until the command ends well. Raises AssertionError for a broken law."""
    command, good = COMMANDS[name], 0
    for limit in limits:
        file = folder / command.file if command.file else None
        if file is not None:
            file.unlink(missing_ok=True)
        ended = _run(folder, command.arguments, limit)
        told = f"{name}, {limit} open files: exit code {ended.returncode}: {ended.stderr}"
        assert ended.returncode in (Exit.DONE, Exit.ENVIRONMENT), told
        lines = ended.stderr.splitlines()
        assert ended.returncode == Exit.DONE or [line[:7] for line in lines] == ["error: "], told
        assert file is None or file.exists() is (ended.returncode == Exit.DONE), told
        strange = [one for one in os.listdir(folder) if one != command.file and not one.startswith("assetctl.")]
        assert not strange, f"{told}; left behind: {strange}"
        yield limit, ended.returncode
        good = good + 1 if ended.returncode == Exit.DONE else 0
        if good == ENOUGH:
            return


def _run(folder: Path, arguments: tuple[str, ...], limit: int) -> subprocess.CompletedProcess[str]:
    more = {"PYTHONPATH": str(ROOT), "ASSETCTL_LOCKS": str(folder.with_name("locks"))}
    return subprocess.run(
        [sys.executable, "-m", "assetctl", "-q", *arguments], cwd=folder, env=os.environ | more, check=False,
        capture_output=True, text=True, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)),
    )  # fmt: skip


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "place"
        folder.mkdir()
        fill(folder)
        for command in COMMANDS:
            codes = dict(sweep(folder, command))
            refused = [limit for limit, code in codes.items() if code != Exit.DONE]
            print(f"{command}: {len(codes)} limits, one line under {len(refused)}, up to {max(refused, default=0)}")


if __name__ == "__main__":
    main()
