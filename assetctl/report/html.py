"""The report as one self-contained page: no request of any kind, readable without script, from a file or on paper.

The style and the script are let in by their hashes; everything else is refused by the page's own policy.
"""

import tomllib
from base64 import b64encode
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from assetctl.errors import EnvironmentFault
from assetctl.report.table import Column, Row, Table
from assetctl.report.view import ReportView
from assetctl.report.words import Mark, words

if TYPE_CHECKING:
    from jinja2 import Environment, Template

TEMPLATE = "report.html.j2"
_BUFFERED = 200  # pieces of the template that are joined before they are written
_CODED = (
    "Report id",
    "Supersedes",
    "Check pack",
    "Zones file SHA-256",
    "Waivers file SHA-256",
    "Attestations file SHA-256",
    "Golden inventory SHA-256",
)


def write(view: ReportView, out: TextIO) -> None:
    """Write the page in pieces; memory does not grow with the rows."""
    out.writelines(pieces(view))


def pieces(view: ReportView) -> Iterator[str]:
    """The page in pieces."""
    stream = _template().stream(
        view=view,
        marks=words().marks,
        plain=Mark("", "quiet"),
        coded=_CODED,
        body={table.id: _body(table.columns) for table in view.tables()},
        first_rows=_first_rows,
        **_inlined(),
    )
    stream.enable_buffering(_BUFFERED)
    return stream


def _first_rows(table: Table) -> Iterator[Row]:
    return islice(table.rows(), table.most)


@cache
def _body(columns: tuple[Column, ...]) -> "Template":
    """The rows of a table as a template with one place a column; a loop over columns would take thrice as long."""
    names = ", ".join(f"c{at}" for at in range(len(columns)))
    cells = "".join(_cells()[column.kind].replace("CELL", f"c{at}") for at, column in enumerate(columns) if column.page)
    return _environment().from_string(f"{{% for {names} in first_rows(table) %}}\n<tr>{cells}</tr>{{% endfor %}}")


@cache
def _cells() -> Mapping[str, str]:
    """How a cell of each kind stands in the page."""
    return tomllib.loads((_folder() / "cells.toml").read_text("utf-8"))


@cache
def _folder() -> Path:
    """Where the templates lie: packed into the wheel, or at the top of a checkout."""
    packed = Path(str(files("assetctl"))) / "_packed" / "templates"
    checkout = Path(__file__).parents[2] / "reports" / "templates"
    for folder in (packed, checkout):
        if (folder / TEMPLATE).is_file():
            return folder
    raise EnvironmentFault(
        f"report templates expected in {packed} or {checkout}, found in neither; install assetctl again"
    )


def _template() -> "Template":
    return _environment().get_template(TEMPLATE)


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(loader=FileSystemLoader(_folder()), autoescape=True, undefined=StrictUndefined)


@cache
def _inlined() -> dict[str, str]:
    """Style and script as they stand in the page, each with the hash that lets it in."""
    from markupsafe import Markup

    style, script = ((_folder() / name).read_text("utf-8") for name in ("report.css", "report.js"))
    return {
        "style": Markup(style),  # noqa: S704 - our own file
        "script": Markup(script),  # noqa: S704 - our own file
        "style_hash": _hash(style),
        "script_hash": _hash(script),
    }


def _hash(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()
