"""The templates of the page: the shipped ones, or the user's own in a sandbox, file by file in their place.

An own template reads the view and nothing else: no file but those of its folder, no names that begin with an
underscore, no change of what it is given; its output and its time are bounded.
"""

import time
import tomllib
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING

from assetctl.errors import AssetctlError, EnvironmentFault, InputError, lacking
from assetctl.report.rows import PLACES
from assetctl.text import one_line

if TYPE_CHECKING:
    from jinja2 import Environment

PAGE, STYLE, SCRIPT, CELLS = "report.html.j2", "report.css", "report.js", "cells.toml"
MOST_FILE = 1024 * 1024  # bytes of one own file
MOST_OUTPUT = 512 * 1024 * 1024  # characters of a page
MOST_SECONDS = 600
MOST_RANGE = 100_000
MOST_STEPS = 10_000_000  # of all ranges of a page
HEAD = 64 * 1024  # characters of the page among which its policy must stand
_ENDS = {STYLE: "</style", SCRIPT: "</script"}


@dataclass(frozen=True)
class Templates:
    """own: the user's folder, None for the shipped templates alone. Raises InputError for a broken own file."""

    own: Path | None = None

    def text(self, name: str) -> str:
        """The text of a file: the user's where it has one."""
        path = self.path(name)
        try:
            data = path.read_bytes()
            text = data.decode("utf-8").replace("\r\n", "\n")
        except (OSError, UnicodeDecodeError) as fault:
            if lack := lacking(fault):
                raise EnvironmentFault(f"{path}: {lack}; end what uses it up, then try again") from None
            raise InputError(f"{path}: a file in UTF-8 is expected ({fault})") from None
        if len(data) > MOST_FILE:
            raise InputError(f"{path}: at most {MOST_FILE // 1024} KiB are expected; make it smaller")
        end = _ENDS.get(name, "")
        if end and end in text.casefold():
            line = text[: text.casefold().index(end)].count("\n") + 1
            raise InputError(f"{path}:{line}: {end}> ends it within the page; spell it otherwise")
        return text

    def path(self, name: str) -> Path:
        """Where a file lies."""
        if self.own is not None and (self.own / name).is_file():
            return self.own / name
        return _shipped() / name

    def cells(self) -> Mapping[str, str]:
        """How a cell of each kind stands in the page; kinds that an own file leaves out stay as shipped."""
        shipped: dict[str, str] = tomllib.loads((_shipped() / CELLS).read_text("utf-8"))
        try:
            own = tomllib.loads(self.text(CELLS))
        except tomllib.TOMLDecodeError as fault:
            raise InputError(f"{self.path(CELLS)}: no valid TOML: {fault}") from None
        for kind, cell in own.items():
            if kind not in shipped or not isinstance(cell, str):
                raise InputError(f"{self.path(CELLS)}: {kind}: one of {', '.join(shipped)} with a text is expected")
            for place in sorted(PLACES[kind]):
                if cell.count(place) != 1:
                    raise InputError(f"{self.path(CELLS)}: {kind}: {place} is expected in it, once")
        return shipped | own

    def environment(self) -> "Environment":
        """Where templates are compiled: a sandbox for own ones."""
        from jinja2 import Environment, FileSystemLoader, FunctionLoader, StrictUndefined
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        if self.own is None:
            return Environment(loader=FileSystemLoader(_shipped()), autoescape=True, undefined=StrictUndefined)
        if not self.own.is_dir():
            raise InputError(f"{self.own}: a folder with templates is expected; name it with --templates")

        made = ImmutableSandboxedEnvironment(
            loader=FunctionLoader(self._source), autoescape=True, undefined=StrictUndefined
        )
        made.globals["range"] = _counted_range()
        return made

    def _source(self, name: str) -> tuple[str, str, None] | None:
        if name != Path(name).name or not self.path(name).is_file():
            return None
        return self.text(name), str(self.path(name)), None

    def inlined(self) -> dict[str, str]:
        """Style, script, and the policy that lets in these two alone."""
        from markupsafe import Markup

        style, script = self.text(STYLE), self.text(SCRIPT)
        return {
            "style": Markup(style),  # noqa: S704 - our own file, or the user's that cannot end its element
            "script": Markup(script),  # noqa: S704 - the same
            "style_hash": _hash(style),
            "script_hash": _hash(script),
        }

    def watched(self, pieces: Iterator[str], policy: str, seconds: float = MOST_SECONDS) -> Iterator[str]:
        """The pieces of a page whose own template keeps the policy, ends, and fails with one line."""
        if self.own is None:
            yield from pieces
            return
        head, length, until = "", 0, time.monotonic() + seconds
        try:
            for piece in pieces:
                length += len(piece)
                if time.monotonic() > until or length > MOST_OUTPUT:
                    raise InputError(f"{self.path(PAGE)}: the page does not end; look for a loop within a loop")
                if len(head) <= HEAD:
                    head += piece
                    self._hold(head, policy, done=len(head) > HEAD)
                yield piece
            self._hold(head, policy, done=True)
        except AssetctlError:
            raise
        except Exception as fault:  # noqa: BLE001 - anything that a template of somebody else may raise
            if lack := lacking(fault):
                raise EnvironmentFault(f"{lack}; end what uses it up, then try again") from None
            raise InputError(f"{self.place(fault)}: {one_line(str(fault), most=200)}; mend the template") from None

    def _hold(self, head: str, policy: str, *, done: bool) -> None:
        if done and policy not in head:
            raise InputError(
                f'{self.path(PAGE)}: the policy of the page is missing; put <meta http-equiv="Content-Security-Policy"'
                ' content="{{ policy }}"> at the start of its head'
            )

    def place(self, fault: Exception) -> str:
        """File and line of the own template at which something failed: the innermost."""
        if line := getattr(fault, "lineno", None):
            return f"{getattr(fault, 'filename', None) or self.path(CELLS)}:{line}"
        steps = extract_tb(fault.__traceback__)
        own = [f"{step.filename}:{step.lineno}" for step in steps if Path(step.filename).parent == self.own]
        return own[-1] if own else str(self.path(CELLS))


@cache
def _shipped() -> Path:
    """Where the shipped templates lie: packed into the wheel, or at the top of a checkout."""
    packed = Path(str(files("assetctl"))) / "_packed" / "templates"
    checkout = Path(__file__).parents[2] / "reports" / "templates"
    for folder in (packed, checkout):
        if (folder / PAGE).is_file():
            return folder
    raise EnvironmentFault(
        f"report templates expected in {packed} or {checkout}, found in neither; install assetctl again"
    )


def _counted_range() -> Callable[..., Iterator[int]]:
    """range() whose steps are counted over a whole page: a loop that writes nothing could else not be ended."""
    left = MOST_STEPS

    def steps(*bounds: int) -> Iterator[int]:
        nonlocal left
        for one in range(*bounds):
            left -= 1
            if left < 0:
                raise InputError("its page does not end; look for a loop within a loop")
            yield one

    def bounded(*bounds: int) -> Iterator[int]:
        if len(range(*bounds)) > MOST_RANGE:
            raise OverflowError(f"a range of at most {MOST_RANGE} is expected")
        return steps(*bounds)

    return bounded


def _hash(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()
