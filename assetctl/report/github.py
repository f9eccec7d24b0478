"""Workflow annotations: one line a row, in which nothing a device said can begin a command of its own."""

from collections.abc import Iterable, Iterator

from assetctl.model import Result
from assetctl.report.machine import LEVELS, Redact, Row, message
from assetctl.report.table import final

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def lines(rows: Iterable[Row], *, redact: Redact) -> Iterator[str]:
    """Annotations for what failed, broke or is not known; nothing for the rest."""
    for row in rows:
        if row.state not in (Result.PASS, Result.NOT_APPLICABLE):
            where = f"file={_property(row.file)},line={max(1, row.line)}"
            title = _property(f"{row.rule} {row.state.value}: {redact(row.title)}")
            yield f"::{_command(row)} {where},title={title}::{_data(message(row, redact))}\n"


def _command(row: Row) -> str:
    if row.state is Result.ERROR:
        return "error"
    if row.state is Result.UNKNOWN or row.waiver:
        return "notice"
    return _COMMANDS[LEVELS[row.severity]]


def _data(text: str) -> str:
    return final(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
