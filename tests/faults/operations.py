"""The commands that are disturbed, and what of each must be the same after its repeat as without any disturbance."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NMAP = Path(__file__).parents[1] / "data" / "nmap"
OLD = b"what stood here before\n"
TIMES = {"first_seen", "last_seen", "sources", "id", "aliases"}

Ask = Callable[..., Any]
"""Runs a command that reads and yields the data it gives as JSON."""


@dataclass(frozen=True)
class Operation:
    """One command. template: what lies there before. files: what it writes. outcome: what has to come of it."""

    name: str
    template: str
    arguments: tuple[str, ...]
    outcome: Callable[[Path, Ask], Any]
    files: tuple[str, ...] = ()
    weight: int = 2
    expects: frozenset[int] = field(default_factory=lambda: frozenset({0}))

    @property
    def is_scan(self) -> bool:
        return self.arguments[0] == "scan"

    @property
    def makes(self) -> bool:
        """Whether it would make a database where there is none."""
        return self.arguments[0] in ("scan", "import")


def assets(_place: Path, ask: Ask) -> Any:
    """The inventory without times and without what follows from the name of a run."""
    records = [{k: v for k, v in one.items() if k not in TIMES} for one in ask("assets", "list")["data"]]
    return sorted(records, key=lambda record: json.dumps(record, sort_keys=True))


def written(*names: str) -> Callable[[Path, Ask], Any]:
    def content(place: Path, _ask: Ask) -> Any:
        return {name: (place / name).read_bytes().hex() for name in names}

    return content


def findings(_place: Path, ask: Ask) -> Any:
    rows = ask("findings", "list", "--state", "all")["data"]
    return sorted((row["id"], row["state"]) for row in rows)


def copied(place: Path, ask: Ask) -> Any:
    return ask("--db", str(place / "copy.db"), "assets", "list")["data"]


SCAN = ("scan", "--approval", "approval.toml")
OPERATIONS = (
    Operation("scan", "empty", SCAN, assets, weight=8),
    Operation("first import", "empty", ("import", "nmap", str(NMAP / "ot.xml")), assets, weight=4),
    Operation("import", "filled", ("import", "nmap", str(NMAP / "panel.xml")), assets, weight=4),
    Operation("check", "filled", ("check", "--fail-on", "never"), findings),
    Operation("check again", "judged", ("check", "--fail-on", "never"), findings),
    Operation("page", "judged", ("report", "html", "--out", "out.html"), written("out.html"), ("out.html",), weight=1),
    Operation(
        "workbook", "judged", ("report", "xlsx", "--out", "out.xlsx"), written("out.xlsx"), ("out.xlsx",), weight=1
    ),
    Operation("export", "judged", ("export", "cyclonedx", "--out", "out.json"), written("out.json"), ("out.json",)),
    Operation("reread", "filled", ("evidence", "reread"), assets),
    Operation("backup", "judged", ("db", "backup", "copy.db"), copied),
)
