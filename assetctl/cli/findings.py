"""findings: the register of failures over all runs, and what assessors say of them."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from assetctl.cli.app import App, of
from assetctl.cli.clock import now
from assetctl.cli.days import day
from assetctl.cli.options import By, Reason
from assetctl.errors import InputError

if TYPE_CHECKING:
    from assetctl.model import Life, LifeEvent

findings = typer.Typer(help="Failures over all runs: who mends them, and what assessors say.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(help="Id of the finding, or how it begins.")]
STATES = ("open", "indication", "confirmed", "rejected", "not-re-tested", "closed", "withdrawn", "all")
COLUMNS = (
    "id",
    "check",
    "severity",
    "state",
    "subject",
    "zone",
    "first_seen",
    "last_seen",
    "owner",
    "due",
    "statement",
)


def add_to(app: typer.Typer) -> None:
    """Put the commands of this file into the program."""
    app.add_typer(findings, name="findings")


@findings.command("list", epilog="Example: assetctl findings list --state confirmed")
def list_findings(
    context: typer.Context,
    state: Annotated[str, typer.Option("--state", help=f"{', '.join(STATES)}.")] = "open",
    zone: Annotated[str | None, typer.Option("--zone", help="Only this zone or conduit.")] = None,
    check: Annotated[str | None, typer.Option("--check", help="Only this check.")] = None,
    owner: Annotated[str | None, typer.Option("--owner", help="Only what this person mends.")] = None,
) -> None:
    """Findings with first and last seen; the last line counts all of them."""
    from assetctl.policy.life import counted
    from assetctl.text import near

    if state not in STATES:
        raise InputError(f"--state {state}: one of {', '.join(STATES)} is expected{near(state, STATES)}")
    app = of(context)
    with app.store() as store:
        every = store.lives()
    chosen = [
        one
        for one in every
        if _is(one, state)
        and (zone is None or zone in one.zone.split())
        and check in (None, one.check)
        and owner in (None, one.owner)
    ]
    order = {name: at for at, name in enumerate(("critical", "high", "medium", "low"))}
    chosen.sort(key=lambda one: (order[one.severity], one.check, one.subject, one.id))
    app.output.rows("findings-register", map(_row, chosen), columns=COLUMNS, command="findings list")
    app.output.say(", ".join(f"{count} {name}" for name, count in counted(every).items()))


@findings.command("show", epilog="Example: assetctl findings show 3f0c1a2b")
def show_finding(context: typer.Context, finding: Id) -> None:
    """One finding with its whole history."""
    from assetctl.work.tracking import find

    app = of(context)
    with app.store() as store:
        life = find(store.lives(), finding)
        events = store.life_events(life.id)
    record = _row(life)
    if app.output.format == "table":
        rows = [{"what": key, "value": value} for key, value in record.items()]
        app.output.rows("finding", rows, columns=("what", "value"), command="findings show")
        history = [_told(one) for one in events]
        app.output.rows("history", history, columns=("at", "what", "by", "reason"), command="findings show")
    else:
        app.output.document("finding", {**record, "history": [_told(one) for one in events]}, command="findings show")


@findings.command("assign", epilog="Example: assetctl findings assign 3f0c1a2b --owner A --due 30d --by B")
def assign_finding(
    context: typer.Context,
    finding: Id,
    by: By,
    owner: Annotated[str, typer.Option("--owner", help="Who mends it.")] = "",
    due: Annotated[str, typer.Option("--due", help="Until when: 2027-03-01, or 30d from today.")] = "",
    reason: Reason = "assigned",
) -> None:
    """Say who mends a finding, and until when."""
    from assetctl.policy.life import Word, assigned

    if not owner and not due:
        raise InputError("nothing is assigned; give --owner, --due or both")
    until, word = day(due).isoformat() if due else "", Word(by, reason, now())
    _say(of(context), finding, lambda life: assigned(life, owner, until, word))


@findings.command("confirm", epilog="Example: assetctl findings confirm 3f0c1a2b --by A --reason 'seen on site'")
def confirm_finding(context: typer.Context, finding: Id, by: By, reason: Reason) -> None:
    """Confirm, as an assessor, that the failure contradicts its requirements. Until then it is an indication."""
    from assetctl.policy.life import Word, assessed

    word = Word(by, reason, now())
    _say(of(context), finding, lambda life: assessed(life, "confirmed", word))


@findings.command("reject", epilog="Example: assetctl findings reject 3f0c1a2b --by A --reason 'a test rig'")
def reject_finding(context: typer.Context, finding: Id, by: By, reason: Reason) -> None:
    """Reject, as an assessor, that the failure contradicts anything. The result of the check stays what it is."""
    from assetctl.policy.life import Word, assessed

    word = Word(by, reason, now())
    _say(of(context), finding, lambda life: assessed(life, "rejected", word))


@findings.command("withdraw", epilog="Example: assetctl findings withdraw 3f0c1a2b --by 'A.' --reason 'line was sold'")
def withdraw_finding(context: typer.Context, finding: Id, by: By, reason: Reason) -> None:
    """Take a finding out: its subject is out of scope. It comes back when it fails again."""
    from assetctl.policy.life import Word, withdrawn

    word = Word(by, reason, now())
    _say(of(context), finding, lambda life: withdrawn(life, word))


def _say(app: App, name: str, step: Any) -> None:
    from assetctl.work.tracking import say

    with app.store() as store:
        life = say(store, name, step)
    app.output.say(f"{life.id} ({life.check}, {life.subject}): {_state(life)}; {life.statement}")


def _is(life: "Life", wanted: str) -> bool:
    is_open = life.state == "open"
    match wanted:
        case "all":
            return True
        case "indication":
            return is_open and not life.assessment
        case "confirmed" | "rejected":
            return is_open and life.assessment == wanted
        case "not-re-tested":
            return is_open and not life.is_retested
    return bool(life.state == wanted)


def _state(life: "Life") -> str:
    """In words, such as "open, confirmed, not re-tested since 2026-03-01"."""
    if life.state != "open":
        return f"{life.state} on {life.ended_at:%Y-%m-%d}: {life.ended}"
    since = "" if life.is_retested else f", not re-tested since {life.evidence_at:%Y-%m-%d}"
    return f"open, {life.assessment or 'indication'}{since}"


def _row(life: "Life") -> dict[str, Any]:
    plain = ("id", "check", "title", "severity", "subject", "realm", "position", "part", "zone", "statement", "waiver")
    return {
        **{key: getattr(life, key) for key in plain},
        "state": _state(life),
        "assessment": life.assessment or "indication",
        "latest": life.latest,
        "first_seen": life.first_seen.isoformat(timespec="seconds"),
        "last_seen": life.last_seen.isoformat(timespec="seconds"),
        "evidence_at": life.evidence_at.isoformat(timespec="seconds"),
        "owner": life.owner,
        "due": life.due,
    }


def _told(event: "LifeEvent") -> dict[str, str]:
    at = event.at.isoformat(timespec="seconds")
    return {"at": at, "what": event.what, "by": event.by, "reason": event.reason}
