"""What a file holds with the places of its values, and how deep values may be nested."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MOST_DEPTH = 32

Way = tuple[str | int, ...]
"""How to get to a value from the top: keys and positions, such as ("networks", 0, "range")."""


@dataclass(frozen=True, slots=True)
class Document:
    """What a file holds, and where in it each value begins.

    root: from YAML only str, list and dict with str keys, {} for an empty file; from TOML a dict of what TOML has.
    lines: from 1; from TOML those of plain `key = value` lines only. sha256: of the bytes of the file.
    """

    path: Path
    root: Any
    sha256: str
    lines: Mapping[Way, int] = field(default_factory=dict)

    def place(self, way: Way = ()) -> str:
        """ "file:line" of the value at `way`, or of the nearest one above it whose line is known, or the file alone."""
        for length in range(len(way), 0, -1):
            line = self.lines.get(way[:length])
            if line is not None:
                return f"{self.path}:{line}"
        return str(self.path)


def too_deep(place: str, most: int = MOST_DEPTH) -> str:
    """What is said of values that are nested deeper than `most`."""
    return f"{place}: values are nested at most {most} deep, these are deeper; flatten them"


def is_deep(root: object, most: int = MOST_DEPTH) -> bool:
    """Whether a value is nested deeper than `most`; without recursion, since dotted keys nest without end."""
    level: list[object] = [root]
    for _ in range(most):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def first_line(said: object) -> str:
    """The first line of what another reader says of a file, escaped and cut."""
    lines = str(said).splitlines() or ["something unreadable was found"]
    return repr(lines[0][:160])[1:-1]
