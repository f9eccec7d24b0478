"""A file of flows -> flows, whatever sensor wrote it: the first line that says something tells the format."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from assetctl.errors import InputError
from assetctl.exchange.flow_csv import Table
from assetctl.exchange.flow_lines import Lines
from assetctl.exchange.flow_rows import Gathered, Passage
from assetctl.exchange.zeek_conn import Tabbed, from_json

TOLERANCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class FlowFile:
    """What a file told. format: zeek, zeek-json or csv. sha256: of the file. started, ended: of what it tells of."""

    format: str
    sha256: str
    started: datetime
    ended: datetime
    gathered: Gathered


def read_flows(path: Path, *, now: datetime) -> FlowFile:
    """All flows of a file, added up. Raises InputError when it is not a file of flows, or holds none."""
    lines = Lines(path)
    gathered = Gathered(now + TOLERANCE)
    kind, read = "", None
    for number, raw in lines.read():
        place = f"{path}:{number}"
        text = _decoded(raw)
        if text is None:
            gathered.skip(place, "longer than 64 KiB, or not UTF-8")
            continue
        if read is None:
            if not text.strip():
                continue
            kind, read, is_header = _reader(text, place)
            if is_header:
                continue
        _take(gathered, place, read, text)
    if not gathered.flows:
        said = f"; {gathered.problems[0]}" if gathered.problems else ""
        raise InputError(f"{path}: no flow was found; a conn.log of Zeek or CSV with a header is expected{said}")
    started = min(one.first_seen for one in gathered.flows.values())
    ended = max(one.last_seen for one in gathered.flows.values())
    return FlowFile(kind, lines.sha256, started, ended, gathered)


def _decoded(raw: bytes | None) -> str | None:
    try:
        return raw.decode("utf-8-sig").rstrip("\r") if raw is not None else None
    except UnicodeDecodeError:
        return None


def _take(gathered: Gathered, place: str, read: Callable[[str], Passage | None], text: str) -> None:
    try:
        gathered.read(place, lambda: read(text))
    except InputError as error:
        problem = f"{place}: {error}"
    else:
        return
    raise InputError(problem)


def _reader(first: str, place: str) -> tuple[str, Callable[[str], Passage | None], bool]:
    """The format, what reads a line of it, and whether the first line is only a header."""
    if first.startswith("#"):
        return "zeek", Tabbed().read, False
    if first.lstrip().startswith("{"):
        return "zeek-json", from_json, False
    try:
        return "csv", Table(first).read, True
    except ValueError as error:
        problem = f"{place}: {error}"
    raise InputError(problem)
