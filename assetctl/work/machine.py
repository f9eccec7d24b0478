"""Rows of findings or golden differences as a file for other machines, its format told by the file's ending."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TextIO

from assetctl import __version__
from assetctl.errors import InputError
from assetctl.report import github, junit, markdown, sarif
from assetctl.report.machine import Row
from assetctl.work import outfile

ENDINGS = (".sarif", ".xml", ".json", ".github", ".md")


def write(rows: Sequence[Row], path: Path, *, generated_at: datetime, redact: Callable[[str], str], name: str) -> None:
    """Write .sarif, .xml (JUnit), .json, .github (annotations) or .md. Raises InputError for another ending."""
    check_ending(path)
    with outfile.text(path) as out:
        _write(rows, out, path.suffix, generated_at=generated_at, redact=redact, name=name)


def check_ending(path: Path) -> None:
    """Raise InputError unless the ending tells a format, before any work is done for the file."""
    if path.suffix not in ENDINGS:
        raise InputError(f"{path}: one of {', '.join(ENDINGS)} is expected")


def _write(
    rows: Sequence[Row],
    out: TextIO,
    ending: str,
    *,
    generated_at: datetime,
    redact: Callable[[str], str],
    name: str,
) -> None:
    match ending:
        case ".sarif":
            sarif.write(rows, out, version=__version__, redact=redact)
        case ".xml":
            junit.write(rows, out, name=name, generated_at=generated_at, redact=redact)
        case ".github":
            out.writelines(f"{line}\n" for line in github.lines(rows, redact=redact))
        case ".md":
            out.write(markdown.page(rows, name=name, redact=redact))
        case _:
            told = [{key: redact(str(value)) for key, value in asdict(row).items()} for row in rows]
            json.dump(told, out, indent=2, sort_keys=True)
            out.write("\n")
