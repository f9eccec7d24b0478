"""check and policy: what the inventory means, and how a verdict comes about."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assetctl.cli import new_check
from assetctl.cli.app import App, finish, of
from assetctl.cli.clock import now
from assetctl.errors import Exit, InputError
from assetctl.text import counted, near

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from assetctl.model import Severity
    from assetctl.policy.check import Check
    from assetctl.policy.plant import Plant
    from assetctl.store.repo import Store
    from assetctl.work.check import Checked, Demands

policy = typer.Typer(help="The checks: what they say, need and prove.", no_args_is_help=True)

Folders = Annotated[list[Path] | None, typer.Option("--checks", help="A folder with checks of your own.")]


def add_to(app: typer.Typer) -> None:
    """Put the commands of this file into the program."""
    app.command(epilog="Example: assetctl check --fail-on high --output findings.sarif")(check)
    new_check.add_to(policy)
    app.add_typer(policy, name="policy")


def check(
    context: typer.Context,
    only: Annotated[
        list[str] | None, typer.Option("--policy", help="Only this check; more than once for more.")
    ] = None,
    zone: Annotated[list[str] | None, typer.Option("--zone", help="Only what lies in this zone.")] = None,
    checks: Folders = None,
    fail_on: Annotated[str, typer.Option("--fail-on", help="critical, high, medium, low or never.")] = "high",
    max_unknown: Annotated[int | None, typer.Option("--max-unknown", help="Return 3 above so many unknowns.")] = None,
    max_age: Annotated[
        str | None, typer.Option("--max-age", help="Older evidence counts for no check, such as 7d; needed in CI.")
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option("--baseline", help="JSON of an earlier check: its failures are shown, not counted.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Judge what was known then: 2026-03-01 (its end, UTC) or a time.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", help="Also write .sarif, .xml (JUnit), .json or .github (annotations).")
    ] = None,
    plain_names: Annotated[
        bool, typer.Option("--plain-names", help="Do not replace names in machine formats.")
    ] = False,
) -> None:
    """Judge the inventory. A missing fact is "unknown", never a pass."""
    from assetctl.work.check import check as judge
    from assetctl.work.check import chosen, pack, younger, zones_within
    from assetctl.work.machine import check_ending
    from assetctl.work.papers import read_papers
    from assetctl.work.retiring import answering_again, retired
    from assetctl.work.tracking import Withdrawal

    app, at = of(context), now()
    demands = _demands(fail_on, max_unknown, max_age, baseline)
    moment = _moment(as_of) if as_of else None
    if output is not None:
        check_ending(output)
    zones = zones_within(app.zones, tuple(zone or ()))
    with app.store() as store:
        every = pack(app.settings, tuple(checks or ()))
        wanted = chosen(every, tuple(only or ()))
        wanted = younger(wanted, demands.max_age) if demands.max_age else wanted
        papers = read_papers(
            app.settings, app.zones_file, today=(moment or at).date(), checks=[one.id for one in every]
        )
        plant = _plant(app, store, moment, demands.max_age)
        is_whole = not (only or zones or moment)
        result = judge(
            store,
            wanted,
            plant,
            now=moment or at,
            demands=demands,
            papers=papers,
            zones=zones,
            keep=is_whole,
            withdrawal=Withdrawal(f"assetctl check, run by {_account()}", app.register),
        )
        for line in answering_again(plant.assets, retired(app.register)):
            app.output.warn(line)
        if output is not None:
            _write(app, store, result, output, plain=plain_names)
    if demands.max_age is not None:
        _tell_unseen(app, plant, moment or at, demands.max_age)
    _tell(app, result, demands.known, kept=is_whole)
    finish(result.code)


def _account() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without a name for its user
        return "an unnamed account"


def _plant(app: App, store: "Store", moment: "datetime | None", max_age: "timedelta | None") -> "Plant":
    """What is judged: the inventory as it stands, with what people declared since, or what was known at a time.

    Golden inventories are compared with the plant of today alone.
    """
    from assetctl.protocols import registry
    from assetctl.work.approving import approved
    from assetctl.work.check import plant_at, plant_of
    from assetctl.work.ingest import ingest

    conduits = app.zones_file.conduits
    if moment is not None:
        return plant_at(store, app.settings, app.declared, protocols=registry(), until=moment, conduits=conduits)
    for one in sorted({scan.realm for scan in store.scans()}):
        ingest(store, one, app.declared)  # what people declared since the last scan counts
    return plant_of(
        store,
        app.settings,
        zones=app.zones,
        register=app.register,
        protocols=registry(),
        conduits=conduits,
        approved=approved(store, app.settings, registry(), now=now(), max_age=max_age),
    )


def _demands(fail_on: str, max_unknown: int | None, max_age: str | None, baseline: Path | None) -> "Demands":
    import os

    from assetctl.work.check import Demands
    from assetctl.work.known import read_known
    from assetctl.work.ordering import span

    if max_age is None and os.environ.get("CI"):
        raise InputError("--max-age is needed in CI: without it old evidence would pass for today's plant")
    known = read_known(baseline) if baseline else frozenset()
    return Demands(_severity(fail_on), max_unknown, known, span(max_age) if max_age else None)


def _moment(text: str) -> "datetime":
    """A date stands for its end; a time without a zone is in UTC. Raises InputError, also for the future."""
    from datetime import UTC, datetime, timedelta

    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(
            f"--as-of {text[:40]}: a date such as 2026-03-01, or a time in ISO 8601, is expected"
        ) from None
    if len(text) == len("2026-03-01"):
        found += timedelta(days=1, seconds=-1)
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    if found > now() + timedelta(days=1):
        raise InputError(f"--as-of {text[:40]}: that is in the future; nothing can be known of it")
    return min(found, now())


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


def _severity(text: str) -> "Severity | None":
    from assetctl.model import Severity

    if text == "never":
        return None
    if text not in set(Severity):
        raise InputError(f"--fail-on {text}: critical, high, medium, low or never is expected")
    return Severity(text)


def _write(app: App, store: "Store", result: "Checked", path: Path, *, plain: bool) -> None:
    from assetctl.report.machine import finding_rows
    from assetctl.work.machine import write

    files = {one.id: f"checks/{one.path.name}" for one in result.checks}
    redact = str if plain else app.pseudonyms(store)
    write(list(finding_rows(result.findings, files)), path, generated_at=now(), redact=redact, name="assetctl check")
    app.output.say(f"written: {path}" + ("" if plain else ", names and addresses replaced"))


def _tell_unseen(app: App, plant: "Plant", moment: "datetime", max_age: "timedelta") -> None:
    from assetctl.work.check import unseen

    if missing := unseen(plant, now=moment, max_age=max_age):
        named = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
        app.output.warn(f"not seen within --max-age: {len(missing)} ({named}); the answer is partial")


def _tell(app: App, result: "Checked", known: frozenset[str], *, kept: bool) -> None:
    from assetctl.model import Result
    from assetctl.work.check import total

    for line in result.notices:
        app.output.warn(line)
    order = {name: at for at, name in enumerate(("critical", "high", "medium", "low"))}
    shown = [f for f in result.findings if f.result in (Result.FAIL, Result.ERROR)]
    shown.sort(key=lambda f: (order[f.severity], f.check, f.subject))
    rows = [
        {
            "id": f.id,
            "check": f.check,
            "severity": f.severity,
            "result": f.result,
            "subject": f.subject,
            "statement": f.statement,
            "reason": f.reason,
            "waiver": f.waiver,
            "zone": f.zone,
            "position": f.position,
            "known": f.id in known,
            "evidence": [b.evidence for b in f.because if b.evidence],
        }
        for f in (shown if app.output.format == "table" else result.findings)
    ]
    columns = ("severity", "check", "subject", "statement", "waiver", *(("known",) if known else ()))
    app.output.rows("findings", rows, columns=columns, command="check", code=int(result.code))
    told = ", ".join(f"{total(result.judgement, r)} {r}" for r in Result)
    app.output.say(f"{counted(len(result.checks), 'check')}: {told}")
    if known:
        again = sum(f.id in known for f in shown)
        app.output.say(f"baseline: {again} of its {counted(len(known), 'failure')} still there, not counted")
    if not kept:
        app.output.say("judged in part or for another time: shown, not kept for reports")
    app.output.say("a fail is an indication until an assessor confirms it; next: assetctl report all")
