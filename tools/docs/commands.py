"""docs/cli.md: the help text of every command, at a fixed width, and the exit codes."""

import os
import re
from collections.abc import Iterator

from tools.docs.markup import head, table

WIDTH = 96
_MARKUP = re.compile(r"\[/?(?:bold|dim|italic)\]")

EXITS = (
    (0, "done, and nothing at or above the threshold; never when something that was asked for could not be looked at"),
    (1, "a bug, or a check that is in error"),
    (2, "usage, a file that cannot be used, or a consent that is missing"),
    (3, "findings at or above `--fail-on`, or more unknowns than `--max-unknown`"),
    (4, "drift against a golden inventory"),
    (5, "partial: a part was not observed, is stale, or was not finished"),
    (6, "nothing answered, or there was nothing to compare or to plan"),
    (7, "environment: a program, permission, room or the lock is missing (another scan of this realm is running)"),
    (8, "authentication or secret"),
    (9, "integrity: stored evidence is not what was stored"),
    (10, "safety stop: a rule on the wire ended the work"),
    (130, "interrupted (Ctrl-C)"),
    (143, "terminated"),
)


def page() -> str:
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    from assetctl.errors import PRECEDENCE, Exit

    if [code for code, _ in EXITS] != [int(code) for code in Exit]:
        raise SystemExit("tools/docs/commands.py: EXITS does not name every exit code of assetctl.errors")
    yield from head(
        "Commands",
        "Global options stand before the command. Data goes to stdout, everything said to people to stderr; "
        "`--format json` wraps the data in an envelope with schema, version, command, exit code and warnings.",
    )
    yield from ("## Exit codes", "")
    yield from table(("code", "meaning"), EXITS)
    order = ", ".join(str(int(code)) for code in PRECEDENCE)
    yield from (f"Of several outcomes the first in this order is returned: {order}; 0 only when there is no other.", "")
    for name, text in _helps():
        yield from (f"## {name}", "", "```", *(line.rstrip() for line in text.splitlines()), "```", "")


def _helps() -> Iterator[tuple[str, str]]:
    """Every command with its help text, groups before what is in them."""
    os.environ |= {"TYPER_USE_RICH": "0", "COLUMNS": str(WIDTH), "NO_COLOR": "1"}
    from typer.main import get_command

    from assetctl.cli.main import app

    root = get_command(app)
    waiting = [root.make_context("assetctl", [], resilient_parsing=True, terminal_width=WIDTH)]
    while waiting:
        context = waiting.pop(0)
        command = context.command
        yield context.command_path, _MARKUP.sub("", command.get_help(context))
        inner = getattr(command, "commands", {})
        waiting[:0] = [inner[name].make_context(name, [], parent=context, resilient_parsing=True) for name in inner]
