"""waive: failures that somebody accepts for a while, in a file for git."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assetctl.cli.app import App, finish, of
from assetctl.cli.clock import now
from assetctl.cli.days import day
from assetctl.cli.options import Reason
from assetctl.errors import Exit, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assetctl.model import Finding
    from assetctl.policy.waivers import Use
    from assetctl.work.waiving import WaiverBook

waive = typer.Typer(
    help="Failures that somebody accepts for a while; the result stays what it is.", no_args_is_help=True
)

Id = Annotated[str, typer.Argument(help="Id of the waiver.")]
Until = Annotated[str, typer.Option("--expires", help="Last day on which it holds: 2027-03-01, or 180d from today.")]
Approver = Annotated[str, typer.Option("--approver", help="Who allows it; not the owner.")]
COLUMNS = ("id", "check", "state", "expires", "days_left", "places", "owner", "approver", "findings")


def add_to(app: typer.Typer) -> None:
    """Put the commands of this file into the program."""
    app.add_typer(waive, name="waive")


@waive.command(
    "add",
    epilog="Example: assetctl waive add SVC-002 --position PLC-1 --reason 'no other service port' --owner 'A. Example'"
    " --approver 'B. Example' --measure 'cell firewall' --ticket CHG-1 --expires 180d",
)
def add_waiver(
    context: typer.Context,
    check: Annotated[str, typer.Argument(help="Check id.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it cannot be mended now.")],
    owner: Annotated[str, typer.Option("--owner", help="Who answers for the risk.")],
    approver: Approver,
    measure: Annotated[str, typer.Option("--measure", help="What compensates for it.")],
    ticket: Annotated[str, typer.Option("--ticket", help="Number of the change or risk.")],
    expires: Until,
    position: Annotated[list[str] | None, typer.Option("--position", help="Position; more than once for more.")] = None,
    asset: Annotated[list[str] | None, typer.Option("--asset", help="Asset id, of a device without position.")] = None,
    zone: Annotated[list[str] | None, typer.Option("--zone", help="A zone itself, not what lies in it.")] = None,
    conduit: Annotated[list[str] | None, typer.Option("--conduit", help="Conduit.")] = None,
    part: Annotated[str, typer.Option("--part", help="Only this part, such as tcp/23.")] = "",
    realm: Annotated[str, typer.Option("--realm", help="Address space of the places.")] = "",
    name: Annotated[str, typer.Option("--id", help="Id; the next free one when not given.")] = "",
) -> None:
    """Accept a failure of one check at named places, for at most 365 days."""
    from assetctl.work.waiving import Asked, Scope

    app = of(context)
    scope = Scope(position or (), asset or (), zone or (), conduit or (), part, realm)
    asked = Asked(check, scope, reason, owner, approver, measure, ticket, day(expires), name)
    book = _book(app)
    app.output.say(f"written: waiver {book.add(asked)} in {book.path}")


@waive.command("list", epilog="Example: assetctl waive list")
def list_waivers(
    context: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Also those that were revoked.")] = False,
) -> None:
    """Waivers by expiry, with the failures of the last check that each covers; returns 3 when one has expired."""
    from assetctl.policy.waivers import State, notices

    app = of(context)
    today = now().date()
    found = [use for use in _uses(app, today) if every or use.state is not State.REVOKED]
    for line in notices(found, today):
        app.output.warn(line)
    code = Exit.FINDINGS if any(use.state is State.EXPIRED for use in found) else Exit.DONE
    app.output.rows("waivers", [_row(use, today) for use in found], columns=COLUMNS, command="waive list", code=code)
    finish(code)


@waive.command("renew", epilog="Example: assetctl waive renew W-2026-001 --approver 'B. Example' --expires 180d")
def renew_waiver(
    context: typer.Context,
    waiver: Id,
    approver: Approver,
    expires: Until,
    ticket: Annotated[str, typer.Option("--ticket", help="Number of the new approval.")] = "",
) -> None:
    """Let a waiver hold longer, by somebody's word of today; at most 365 days from today."""
    app = of(context)
    book = _book(app)
    book.renew(waiver, approver=approver, expires=day(expires), ticket=ticket)
    app.output.say(f"renewed: waiver {waiver} until {day(expires)}")


@waive.command("revoke", epilog="Example: assetctl waive revoke W-2026-001 --by 'A. Example' --reason 'mended'")
def revoke_waiver(
    context: typer.Context,
    waiver: Id,
    by: Annotated[str, typer.Option("--by", help="Who ends it.")],
    reason: Reason,
) -> None:
    """End a waiver today; it stays in the file as history."""
    app = of(context)
    _book(app).revoke(waiver, by=by, reason=reason)
    app.output.say(f"revoked: waiver {waiver}")


def _book(app: App) -> "WaiverBook":
    from assetctl.work.check import check_ids
    from assetctl.work.waiving import WaiverBook

    if not app.settings.files.waivers:
        raise InputError("no waivers file is named; set [files] waivers in assetctl.toml")
    path = app.settings.file(app.settings.files.waivers)
    return WaiverBook(path, today=now().date(), checks=check_ids(app.settings))


def _uses(app: App, today: date) -> "tuple[Use, ...]":
    """The waivers of the file against the last run of the policy; against nothing when there was none."""
    from assetctl.policy.waivers import read_waivers, uses
    from assetctl.work.check import check_ids

    if not app.settings.files.waivers:
        raise InputError("no waivers file is named; set [files] waivers in assetctl.toml")
    path = app.settings.file(app.settings.files.waivers)
    waivers = read_waivers(path, today=today, checks=check_ids(app.settings)).waivers
    return uses(waivers, _last_findings(app), today)


def _last_findings(app: App) -> "Sequence[Finding]":
    try:
        store = app.store()
    except InputError as error:  # waivers can be read before there is anything to judge
        app.output.detail(str(error))
        return ()
    with store:
        run = store.latest_run()
        return store.findings(run.id) if run else ()


def _row(use: "Use", today: date) -> dict[str, Any]:
    waiver = use.waiver
    return {
        **{key: getattr(waiver, key) for key in ("id", "check", "realm", "part", "owner", "approver")},
        **{key: getattr(waiver, key) for key in ("reason", "measure", "ticket", "revoked")},
        "state": use.state if use.findings or use.state in ("expired", "revoked") else f"{use.state}, unused",
        "expires": waiver.expires.isoformat(),
        "days_left": waiver.days_left(today),
        "places": sorted(waiver.places),
        "findings": len(use.findings),
    }
