"""The program: global options, the command groups, and one place where errors become a line and an exit code."""

import io
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from assetctl.cli import (
    advisories,
    assets,
    attestations,
    bundles,
    captures,
    checks,
    collectors,
    database,
    declaring,
    demo,
    evidence,
    exports,
    files,
    findings,
    fingerprints,
    flows,
    golden,
    history,
    identity,
    keys,
    levels,
    policy,
    quarantine,
    reports,
    returned,
    scanning,
    service,
    topology,
    verify,
    waivers,
    zone_changes,
    zones,
)
from assetctl.cli.app import App
from assetctl.cli.clock import FIXED, fixed
from assetctl.cli.output import Format, Output
from assetctl.errors import AssetctlError, Exit, lacking
from assetctl.redaction import RedactionLevel
from assetctl.text import visible

app = typer.Typer(
    name="assetctl",
    help="Find the IT and OT assets of a plant without harming it, and judge them with evidence.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="New here: assetctl demo. On a plant: assetctl plan 10.20.1.0/24.",
)
for group in (
    demo,
    scanning,
    quarantine,
    assets,
    identity,
    declaring,
    checks,
    policy,
    findings,
    returned,
    waivers,
    advisories,
    attestations,
    zones,
    zone_changes,
    levels,
    topology,
    reports,
    verify,
    keys,
    bundles,
    collectors,
    evidence,
    exports,
    fingerprints,
    files,
    golden,
    history,
    flows,
    captures,
    database,
    service,
):
    group.add_to(app)


@app.callback()
def options(
    context: typer.Context,
    config: Annotated[Path | None, typer.Option("--config", help="Settings file instead of assetctl.toml.")] = None,
    db: Annotated[str | None, typer.Option("--db", help="Database: a file, or an address of PostgreSQL.")] = None,
    format: Annotated[Format, typer.Option("--format", "-f", help="Form of the data on stdout.")] = Format.TABLE,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only data and errors.")] = False,
    verbose: Annotated[int, typer.Option("--verbose", "-v", count=True, help="More words; twice for all.")] = 0,
    redact: Annotated[
        RedactionLevel, typer.Option("--redact", help="What is taken out of data and files: names, addresses, texts.")
    ] = RedactionLevel.INTERNAL,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colours; also NO_COLOR.")] = False,
) -> None:
    """Global options stand before the command."""
    color = not no_color and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    output = Output(format, -1 if quiet else verbose, color)
    context.obj = called = App(output, config, db, redact)
    output.redact = called.redacted
    if moment := fixed():
        output.warn(f"judged as of {moment.isoformat()}, by {FIXED}")


def main() -> None:
    """Run one command. Every error on purpose is one line: what, where, what to do; anything else is a bug."""
    _leave_no_core()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without the letters of a device's text
    try:
        code = app(standalone_mode=False)
    except AssetctlError as error:
        code = _told(str(error), error.exit)
    except TyperException as error:
        code = _misused(error)
    except typer.Abort:
        code = _told("the input ended before an answer was given", Exit.USAGE)
    except KeyboardInterrupt:
        code = Exit.INTERRUPTED  # pressed before the command itself had begun
    except OSError as fault:
        where = f"{fault.filename}: " if fault.filename else ""
        advice = "check the path, its permissions and the room left"
        code = _told(f"{where}{fault.strerror or fault}; {advice}", Exit.ENVIRONMENT)
    except Exception as fault:
        if not (lack := lacking(fault)):
            raise  # a bug, with its traceback
        code = _told(f"{lack}; end what uses it up, then try again", Exit.ENVIRONMENT)
    sys.exit(int(code or 0))


def _leave_no_core() -> None:
    """A crash must not write the memory, and the secrets in it, to the disk. Before a pipe, Linux heeds 1 and not 0."""
    if sys.platform != "win32":
        import resource

        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (0 if hard == 0 else 1, hard))


def _told(text: str, code: int) -> int:
    for line in text.splitlines():
        print(f"error: {visible(line, most=8000)}", file=sys.stderr)
    return code


def _misused(error: TyperException) -> int:
    """What is wrong with the command line, in one line. A group without a command has no text: its help was shown."""
    text = " ".join(str(getattr(error, "format_message", lambda: error)()).split())
    context = getattr(error, "ctx", None)
    see = f" See: {context.command_path} --help" if context is not None else ""
    option = getattr(error, "option_name", "")
    if context is not None and any(option in one.opts for one in context.find_root().command.params):
        text = f"{option} stands before the command: {context.find_root().command_path} {option} ..."
    return _told(f"{text}{see}" if text else "", Exit.USAGE)
