"""The report as one self-contained page: no request of any kind, readable without script, from a file or on paper.

The style and the script are let in by their hashes; everything else is refused by the page's own policy.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from assetctl.report.speech import speech_of, spoken
from assetctl.report.table import Column, Row, Table
from assetctl.report.templates import PAGE, Templates
from assetctl.report.view import ReportView
from assetctl.report.words import Mark

if TYPE_CHECKING:
    from jinja2 import Environment, Template

_BUFFERED = 200  # pieces of the template that are joined before they are written
_LOGO = (240, 72)  # pixels
_CODED = (
    "Report id",
    "Supersedes",
    "Check pack",
    "Zones file SHA-256",
    "Waivers file SHA-256",
    "Attestations file SHA-256",
    "Golden inventory SHA-256",
)
_ORDER = ("critical", "high", "medium", "low", "fail", "error", "unknown", "pass", "not applicable")


def write(view: ReportView, out: TextIO, templates: Path | None = None) -> None:
    """Write the page in pieces; memory does not grow with the rows. templates: a folder of the user's own."""
    out.writelines(pieces(view, templates))


def pieces(view: ReportView, templates: Path | None = None) -> Iterator[str]:
    """The page in pieces. Raises InputError when an own template is broken."""
    from markupsafe import Markup

    used, say, view = Templates(templates), speech_of(view), spoken(view)
    inlined = used.inlined()
    policy = _policy(inlined, has_logo=view.logo is not None)

    def rendered() -> Iterator[str]:
        environment, cells = _workshop(used)
        stream = environment.get_template(PAGE).stream(
            view=view,
            say=say,
            marks=say.marks,
            plain=Mark("", "quiet"),
            order="|".join(map(say, _ORDER)),
            coded=tuple(map(say, _CODED)),
            logo_size=view.logo.fitted(*_LOGO) if view.logo else (0, 0),
            body={table.id: _body(environment, cells, table.columns) for table in view.tables()},
            first_rows=_first_rows,
            policy=Markup(policy),  # noqa: S704 - made of hashes
            **inlined,
        )
        stream.enable_buffering(_BUFFERED)
        yield from stream

    return used.watched(rendered(), policy)


def _policy(inlined: Mapping[str, str], *, has_logo: bool) -> str:
    """What the page may load: its own style and script by their hashes, and the picture that it carries."""
    pictures = " img-src data:;" if has_logo else ""
    return (
        f"default-src 'none';{pictures} style-src 'sha256-{inlined['style_hash']}';"
        f" script-src 'sha256-{inlined['script_hash']}'; base-uri 'none'; form-action 'none'"
    )


def _first_rows(table: Table) -> Iterator[Row]:
    return islice(table.rows(), table.most)


def _workshop(used: Templates) -> "tuple[Environment, Mapping[str, str]]":
    """Where the page is compiled, and how its cells stand; of the shipped templates once."""
    return _shipped() if used.own is None else (used.environment(), used.cells())


@cache
def _shipped() -> "tuple[Environment, Mapping[str, str]]":
    return Templates().environment(), Templates().cells()


def _body(environment: "Environment", cells: Mapping[str, str], columns: tuple[Column, ...]) -> "Template":
    """The rows of a table as a template with one place a column; a loop over columns would take thrice as long."""
    names = ", ".join(f"c{at}" for at in range(len(columns)))
    held = "".join(cells[column.kind].replace("CELL", f"c{at}") for at, column in enumerate(columns) if column.page)
    return _compiled(environment, f"{{% for {names} in first_rows(table) %}}\n<tr>{held}</tr>{{% endfor %}}")


@cache
def _compiled(environment: "Environment", source: str) -> "Template":
    return environment.from_string(source)
