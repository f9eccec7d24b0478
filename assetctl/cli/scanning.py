"""plan, scan, stop: what leaves the machine, and the word that lets it."""

from collections import Counter
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from assetctl.cli.app import App, account, confirm, finish, of
from assetctl.cli.clock import clock
from assetctl.cli.options import with_options_of
from assetctl.cli.progress import Bar
from assetctl.cli.scan_order import Asked, order_for
from assetctl.errors import Exit, InputError
from assetctl.text import counted

if TYPE_CHECKING:
    from assetctl.model import Observation
    from assetctl.plan import Plan
    from assetctl.store.repo import Store
    from assetctl.work.order import Order, Permission
    from assetctl.work.session import Outcomes

MOST_REASONS = 3  # why steps were denied, in the words at the end of a scan


def add_to(app: typer.Typer) -> None:
    """Put the commands of this file into the program."""
    app.command(epilog="Example: assetctl plan 10.20.1.0/24 --approval approval.toml")(plan)
    app.command(epilog="Examples: assetctl scan 10.20.1.0/24 · assetctl scan --approval approval.toml --yes")(scan)
    app.command(epilog="Example: assetctl stop")(stop)


@with_options_of(Asked)
def plan(
    context: typer.Context,
    asked: Asked,
    save: Annotated[Path | None, typer.Option("--save", help="Write every row as JSON.")] = None,
    approval: Annotated[Path | None, typer.Option("--approval", help="Write a draft approval to sign.")] = None,
) -> None:
    """Show what a scan would send, in at most 40 lines. Nothing is sent."""
    app = of(context)
    if save is not None or approval is not None:
        app.keeps_names("a plan or an approval is held against what is sent")
    with app.store(create=True) as store:
        order = order_for(app, store, asked, scan="plan")
        made = _plan(order, store)
        code = Exit.DONE if made.rows else Exit.NOTHING
        _answer(app, made, order, store, code)
    if save is not None:
        _save(made, save)
        app.output.say(f"every row: {save}")
    if approval is not None:
        _draft(made, order.realm, approval)
        app.output.say(f"draft to narrow and sign: {approval}")
    finish(code)


@with_options_of(Asked)
def scan(
    context: typer.Context,
    asked: Asked,
    approval: Annotated[Path | None, typer.Option("--approval", help="Approval that the plan must lie inside.")] = None,
    resume: Annotated[str | None, typer.Option("--resume", help="Id of an interrupted scan to go on with.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and stop.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask; loopback and lab only, or with --approval.")
    ] = False,
) -> None:
    """Ask the devices of a plan who they are, harmlessly, and keep every answer. Asks once before anything is sent."""
    app = of(context)
    with app.store(create=True) as store:
        app.mark_interrupted(store)
        order = order_for(app, store, asked, resume=resume or "")
        made = _plan(order, store)
        if dry_run:
            _answer(app, made, order, store, Exit.DONE)
            return
        if app.output.verbosity >= 0:
            _show(app, made, order, store)
        permission = _permission(app, made, store, order, approval=approval, yes=yes)
        denied: Counter[str] = Counter()
        outcomes = _perform(app, order, made, permission, store, denied)
    signed = f" --approval {quote(str(approval))}" if approval is not None else ""
    _tell(app, outcomes, denied, again=f"assetctl scan --resume {outcomes.scan.id}{signed}")
    finish(outcomes.code)


def stop(
    context: typer.Context, realm: Annotated[str | None, typer.Option("--realm", help="Only this realm.")] = None
) -> None:
    """End the sending of every running scan within a second; what was answered is kept."""
    from assetctl.work.lock import ask_to_stop

    app = of(context)
    told = ask_to_stop(app.place.locks, realm)
    for line in told:
        app.output.say(f"told to stop: {line}")
    if not told:
        app.output.say("no scan is running")
        finish(Exit.NOTHING)


def _plan(order: "Order", store: "Store") -> "Plan":
    from assetctl.transport.tool import find_nmap
    from assetctl.work.order import plan_for

    return plan_for(order, store, nmap=find_nmap() is not None, now=clock())


def _answer(app: App, made: "Plan", order: "Order", store: "Store", code: Exit) -> None:
    """The plan as what was asked for: on stdout."""
    from assetctl.work.plan_text import plan_record

    if app.output.format == "table":
        app.output.plain("\n".join(_lines(made, order, store)))
    else:
        app.output.document("plan", plan_record(made), command="plan", code=code)


def _show(app: App, made: "Plan", order: "Order", store: "Store") -> None:
    """The plan as what somebody has to agree to: on stderr."""
    for line in _lines(made, order, store):
        app.output.say(line)


def _lines(made: "Plan", order: "Order", store: "Store") -> tuple[str, ...]:
    from assetctl.work.order import last_plan
    from assetctl.work.plan_text import lines

    return lines(made, vantage=order.scope.vantage_of(order.realm), since=last_plan(store, order.realm))


def _save(made: "Plan", path: Path) -> None:
    from assetctl.work import outfile

    with outfile.text(path) as stream:
        stream.write(made.canonical() + "\n")


def _draft(made: "Plan", realm: str, path: Path) -> None:
    from datetime import timedelta

    from assetctl.approval import draft
    from assetctl.work import outfile

    if path.exists():
        raise InputError(f"{path}: is there already; a signed approval is not overwritten")
    with outfile.text(path) as stream:
        stream.write(draft(made, now=clock(), until=clock() + timedelta(days=7), realm=realm))


def _permission(
    app: App, made: "Plan", store: "Store", order: "Order", *, approval: Path | None, yes: bool
) -> "Permission":
    from assetctl.work.order import Permission, permission_by

    if approval is not None:
        from assetctl.work.ordering import read_approval

        signed = read_approval(approval)
        return permission_by(made, signed, store, realm=order.realm, now=clock(), resume=order.resume)
    if made.is_harmless_place and yes:
        return Permission("the command line, loopback or lab only")
    if made.scope.persons > 1:
        raise InputError("the scope demands two persons: an approval file is needed (`assetctl plan --approval FILE`)")
    if yes:
        raise InputError("--yes without --approval counts for loopback and lab networks only")
    consented = not made.sweeps or made.scope.sweep
    question = "Send this?" if consented else "Send this, with a blind sweep of OT addresses?"
    if not confirm(question):
        app.output.say("nothing was sent")
        finish(Exit.USAGE)
    return Permission(f"{account()} at the prompt (as stated by the operator, not verified)")


def _perform(
    app: App, order: "Order", made: "Plan", permission: "Permission", store: "Store", denied: Counter[str]
) -> "Outcomes":
    """Run the plan. denied: counts why the gate let steps not begin."""
    from assetctl.model import Outcome
    from assetctl.work.scan import Progress
    from assetctl.work.session import perform

    progress = Progress(total=made.devices)
    with Bar(progress, shown=app.output.verbosity >= 0) as bar:

        def on_step(step: "Observation") -> None:
            bar.step(step)
            denied.update([step.detail] if step.outcome is Outcome.DENIED else [])

        return perform(
            order,
            made,
            permission,
            store,
            app.place,
            now=clock,
            progress=progress,
            on_step=on_step,
        )


def _tell(app: App, outcomes: "Outcomes", denied: Counter[str], *, again: str) -> None:
    """The end of a scan in words, and as one record. again: the command that goes on with it."""
    scan, found = outcomes.scan, outcomes.ingested
    say = app.output.say
    say(
        f"scan {scan.id}: {scan.state}; {counted(len(found.assets), 'asset')},"
        f" {len(found.new)} new, {len(found.changed)} changed"
    )
    said = ", ".join(f"{count} {name}" for name, count in outcomes.counts.items() if count)
    say(f"steps: {said or 'none'}")
    for reason, count in denied.most_common(MOST_REASONS):
        say(f"denied by the gate, {counted(count, 'step')}: {reason}")
    for address, reason in outcomes.trips.items():
        app.output.warn(f"{address} was left alone: {reason}; see `assetctl quarantine list`")
    say(f"for the ticket: ledger head {scan.head} count {scan.count}")
    if app.output.format != "table":
        record = {
            "id": scan.id,
            "state": scan.state,
            "assets": len(found.assets),
            "new": sorted(found.new),
            "changed": sorted(found.changed),
            "steps": outcomes.counts,
            "head": scan.head,
            "count": scan.count,
            "plan": scan.plan_hash,
        }
        app.output.document("scan", record, command="scan", code=int(outcomes.code))
    else:
        others = "assetctl assets list · assetctl check · assetctl report all"
        say(f"next: {again if scan.state == 'interrupted' else others}")
