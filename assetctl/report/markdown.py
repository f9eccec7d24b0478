"""Markdown for a merge request: what differs, in tables. Device text stands as code, in which nothing has a meaning.

A server makes links, mentions and references of words in running text even when they are escaped; in code it does not.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from assetctl.model import Result
from assetctl.report.machine import Redact, Row
from assetctl.report.table import final
from assetctl.text import counted

MOST_ROWS = 500  # a comment on a merge request holds 64 KiB
_TICKS = re.compile("`+")
_HEADS = {Result.FAIL: "differs", Result.UNKNOWN: "not known", Result.ERROR: "broken"}


def page(rows: Sequence[Row], *, name: str, redact: Redact) -> str:
    """A heading, how many rows came out how, and a table of those that did not pass."""
    counts = Counter(row.title for row in rows)
    told = [row for row in rows if row.state in _HEADS]
    lines = [f"## {final(name)}", "", table(("result", "rows"), sorted((k, str(n)) for k, n in counts.items()))]
    if told:
        shown = ((_HEADS[row.state], redact(row.logical), redact(row.message)) for row in told[:MOST_ROWS])
        lines.append(table(("state", "subject", "statement"), shown))
    if len(told) > MOST_ROWS:
        lines.append(f"{counted(len(told) - MOST_ROWS, 'more row')} not shown here.\n")
    return "\n".join(lines)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of texts, in the order of the rows."""
    heads = " | ".join(column.replace("_", " ") for column in columns)
    lines = [f"| {heads} |", "|" + " --- |" * len(columns)]
    lines += ["| " + " | ".join(code(value) for value in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def code(text: str) -> str:
    """A text as code within a table, "" for none."""
    shown = final(text).replace("\r", " ").replace("\n", " ").strip()
    if not shown:
        return ""
    fence = "`" * (1 + max((len(run[0]) for run in _TICKS.finditer(shown)), default=0))
    padded = f" {shown} " if shown.startswith("`") or shown.endswith("`") else shown
    return fence + padded.replace("|", "\\|") + fence
