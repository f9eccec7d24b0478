"""Rows of a hand-kept list, whatever file they came from."""

import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from assetctl.errors import InputError
from assetctl.text import one_line

MOST_ROWS = 50_000
MOST_COLUMNS = 256
MOST_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """One row that holds something.

    number: as a spreadsheet or editor counts it, from 1. cells: texts, stripped. problems: column -> why that cell
    has no usable text. formulas: columns whose text was calculated. dates: columns that hold a day or a time.
    flags: columns that hold a spreadsheet's TRUE or FALSE.
    """

    number: int
    cells: tuple[str, ...]
    problems: Mapping[int, str] = field(default_factory=dict)
    formulas: frozenset[int] = frozenset()
    dates: frozenset[int] = frozenset()
    flags: frozenset[int] = frozenset()

    def cell(self, column: int) -> str:
        return self.cells[column] if column < len(self.cells) else ""

    @property
    def is_empty(self) -> bool:
        return not any(self.cells) and not self.problems


def read_file(path: Path) -> bytes:
    """A regular file of bounded size, not empty. Raises InputError."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputError(f"{path}: not a file; give the path of a workbook or CSV file")
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as fault:  # ValueError: a NUL in the name
        reason = getattr(fault, "strerror", None) or "not a usable file name"
        raise InputError(f"{one_line(str(path))}: cannot be read: {reason}; check the path") from fault
    if len(raw) > MOST_BYTES:
        raise InputError(f"{path}: larger than {MOST_BYTES // 1_000_000} MB; split the list")
    if not raw.strip(b"\0 \t\r\n"):
        raise InputError(f"{path}: the file is empty")
    return raw
