"""The program: global options, the command groups, and one place where errors become a line and an exit code."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from assetctl.cli import assets, checks, database, demo, evidence, files, reports, scanning, service
from assetctl.cli.app import App
from assetctl.cli.output import Format, Output
from assetctl.errors import AssetctlError
from assetctl.text import visible

app = typer.Typer(
    name="assetctl",
    help="Find the IT and OT assets of a plant without harming it, and judge them with evidence.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="New here: [bold]assetctl demo[/bold]. On a plant: [bold]assetctl plan 10.20.1.0/24[/bold].",
)
for group in (demo, scanning, assets, checks, reports, evidence, files, database, service):
    group.add_to(app)


@app.callback()
def options(
    context: typer.Context,
    config: Annotated[Path | None, typer.Option("--config", help="Settings file instead of assetctl.toml.")] = None,
    db: Annotated[str | None, typer.Option("--db", help="Database: a file, or an address of PostgreSQL.")] = None,
    format: Annotated[Format, typer.Option("--format", "-f", help="Form of the data on stdout.")] = Format.TABLE,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only data and errors.")] = False,
    verbose: Annotated[int, typer.Option("--verbose", "-v", count=True, help="More words; twice for all.")] = 0,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colours; also NO_COLOR.")] = False,
) -> None:
    """Global options stand before the command."""
    color = not no_color and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    context.obj = App(Output(format, -1 if quiet else verbose, color), config, db)


def main() -> None:
    """Run one command. Every error on purpose is one line: what, where, what to do; anything else is a bug."""
    try:
        app()
    except AssetctlError as error:
        for line in str(error).splitlines():
            print(f"error: {visible(line, most=8000)}", file=sys.stderr)
        sys.exit(int(error.exit))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
