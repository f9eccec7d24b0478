"""The report as one self-contained page: no request of any kind, readable without script, from a file or on paper.

The style and the script are let in by their hashes; everything else is refused by the page's own policy.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from assetctl.report.gathering import PageRows
from assetctl.report.judged_files import FILES
from assetctl.report.rows import pieces as row_pieces
from assetctl.report.speech import speech_of, spoken
from assetctl.report.table import Kind, Table
from assetctl.report.templates import PAGE, Templates
from assetctl.report.view import ReportView
from assetctl.report.words import Mark
from assetctl.text import counted

if TYPE_CHECKING:
    from jinja2 import Environment

_BUFFERED = 16  # pieces of the template that are joined before they are written
_LOGO = (240, 72)  # pixels
_BODY = "{% for piece in written(table) %}{{ piece }}{% endfor %}"
_CODED = (
    "Report id",
    "Supersedes",
    "Check pack",
    *(f"{title} SHA-256" for title in FILES.values()),
    "Golden inventory SHA-256",
)
_PLACED = {Kind.NUMBER: "n", Kind.TIME: "d", Kind.CODE: "c"}  # kinds whose look a table gives to whole columns
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
        rows = PageRows()

        def written(table: Table) -> Iterator[str]:
            return map(Markup, row_pieces(table.columns, rows.first(table), cells, say.marks))

        body = environment.from_string(_BODY)
        stream = environment.get_template(PAGE).stream(
            view=view,
            say=say,
            marks=say.marks,
            plain=Mark("", "quiet"),
            order="|".join(map(say, _ORDER)),
            coded=tuple(map(say, _CODED)),
            logo_size=view.logo.fitted(*_LOGO) if view.logo else (0, 0),
            body=dict.fromkeys((table.id for table in view.tables()), body),
            first_rows=rows.first,
            shown=rows.shown,
            counted=counted,
            placed=_PLACED,
            written=written,
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


def _workshop(used: Templates) -> "tuple[Environment, Mapping[str, str]]":
    """Where the page is compiled, and how its cells stand; of the shipped templates once."""
    return _shipped() if used.own is None else (used.environment(), used.cells())


@cache
def _shipped() -> "tuple[Environment, Mapping[str, str]]":
    return Templates().environment(), Templates().cells()
