"""policy: the checks themselves, what they say, need and prove."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assetctl.cli import new_check
from assetctl.cli.app import App, finish, of
from assetctl.errors import Exit, InputError
from assetctl.text import counted, near

if TYPE_CHECKING:
    from assetctl.policy.check import Check

policy = typer.Typer(help="The checks: what they say, need and prove.", no_args_is_help=True)

Folders = Annotated[list[Path] | None, typer.Option("--checks", help="A folder with checks of your own.")]


def add_to(app: typer.Typer) -> None:
    """Put the commands of this file into the program."""
    new_check.add_to(policy)
    app.add_typer(policy, name="policy")


@policy.command("list", epilog="Example: assetctl policy list --checks ./checks")
def list_checks(context: typer.Context, checks: Folders = None) -> None:
    """All checks with severity and what they decide."""
    rows = [
        {
            "id": one.id,
            "severity": one.severity,
            "title": one.title,
            "for_each": one.for_each,
            "own": one.own,
            "requirements": [m.requirement for m in one.maps if m.framework == "iec62443-3-3"],
        }
        for one in _pack(of(context), checks)
    ]
    columns = ("id", "severity", "title", "for_each", "requirements")
    of(context).output.rows("checks", rows, columns=columns, command="policy list")


@policy.command("explain", epilog="Example: assetctl policy explain INV-001")
def explain_check(
    context: typer.Context, check: Annotated[str, typer.Argument(help="Check id.")], checks: Folders = None
) -> None:
    """One check: statement, logic, facts, thresholds, requirements with strength, limits, what to do."""
    from assetctl.policy.explain import explain
    from assetctl.policy.load import load_frameworks

    known = {one.id: one for one in _pack(of(context), checks)}
    if check not in known:
        raise InputError(f"{check}: no such check{near(check, tuple(known))}; `assetctl policy list` shows them")
    of(context).output.plain(explain(known[check], load_frameworks()))


@policy.command("lint", epilog="Example: assetctl policy lint --checks ./checks")
def lint_checks(context: typer.Context, checks: Folders = None) -> None:
    """Whether checks are well made: mappings not too strong, tests for every outcome, wording that fits."""
    from assetctl.policy.lint import lint
    from assetctl.policy.load import load_frameworks

    app = of(context)
    pack = _pack(app, checks)
    rows = [{"problem": text} for text in lint(pack, load_frameworks())]
    code = Exit.USAGE if rows else Exit.DONE
    app.output.rows("lint", rows, columns=("problem",), command="policy lint", code=code)
    app.output.say(f"{counted(len(pack), 'check')}, {counted(len(rows), 'complaint')}")
    finish(code)


@policy.command("test", epilog="Example: assetctl policy test --checks ./checks")
def try_checks(context: typer.Context, checks: Folders = None) -> None:
    """Run the tests inside the checks, and take each fact away from each passing case: no pass may survive that."""
    from assetctl.policy.trial import run_tests

    app = of(context)
    pack = _pack(app, checks)
    trials = [trial for one in pack for trial in run_tests(one)]
    rows = [
        {"check": t.check, "case": t.case, "expected": t.expected, "found": t.found, "survivors": list(t.survivors)}
        for t in trials
        if not t.is_good or app.output.verbosity > 0
    ]
    columns = ("check", "case", "expected", "found", "survivors")
    bad = sum(not t.is_good for t in trials)
    code = Exit.BUG if bad or not trials else Exit.DONE
    app.output.rows("policy-test", rows, columns=columns, command="policy test", code=code)
    mutants = counted(sum(t.mutants for t in trials), "mutant")
    app.output.say(f"{counted(len(pack), 'check')}, {counted(len(trials), 'case')}, {mutants}, {bad} bad")
    finish(code)


def _pack(app: App, folders: list[Path] | None) -> "tuple[Check, ...]":
    from assetctl.work.check import pack

    return pack(app.settings, tuple(folders or ()))
