"""A running validator: the other side's tools in the environment that `make test` makes for them."""

import json
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-formats" / "bin" / "python"


class Validator:
    """Answers until it is closed. Raises FileNotFoundError where the environment is missing: run make test."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("validate.py")
        self._child = subprocess.Popen([PYTHON, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def faults(self, format: str, text: str) -> list[str]:
        """What is wrong with a document; nothing when it is valid."""
        return [str(one) for one in self._ask(format, text)["errors"]]

    def versions(self) -> dict[str, str]:
        return self._ask("versions", "")

    def close(self) -> None:
        self._child.communicate()

    def _ask(self, format: str, text: str) -> dict[str, Any]:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(json.dumps({"format": format, "text": text}) + "\n")
        self._child.stdin.flush()
        answer: dict[str, Any] = json.loads(self._child.stdout.readline())
        return answer
