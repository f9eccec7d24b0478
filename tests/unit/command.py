"""Calls the command line as a shell does: argv, working directory, exit code, stdout and stderr."""

import io
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from assetctl.cli.main import main


@dataclass(frozen=True, slots=True)
class Said:
    """What one call gave back."""

    code: int
    out: str
    err: str

    @property
    def errors(self) -> list[str]:
        return [line for line in self.err.splitlines() if line.startswith("error:")]


class Desk:
    """A folder in which commands are given; nothing of the user's own settings counts."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._patch = patch
        for name in [name for name in os.environ if name.startswith("ASSETCTL_")] + ["CI", "SOURCE_DATE_EPOCH"]:
            patch.delenv(name, raising=False)
        patch.setenv("ASSETCTL_LOCKS", str(folder.parent / "locks"))
        patch.setenv("XDG_CONFIG_HOME", str(folder.parent / "user"))
        patch.setenv("XDG_DATA_HOME", str(folder.parent / "data"))
        patch.chdir(folder)

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def call(self, *arguments: str) -> Said:
        """One command, as the program's entry point runs it. An exception that would be a traceback comes through."""
        out, err = io.StringIO(), io.StringIO()
        self._patch.setattr(sys, "argv", ["assetctl", *arguments])
        code = 0
        with redirect_stdout(out), redirect_stderr(err):
            try:
                main()
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 1
        return Said(code, out.getvalue(), err.getvalue())
