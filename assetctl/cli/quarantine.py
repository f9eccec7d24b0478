"""quarantine: the devices that are left alone since a breaker tripped."""

from typing import Annotated

import typer

from assetctl.cli.app import of
from assetctl.cli.clock import clock
from assetctl.errors import InputError

quarantine = typer.Typer(help="Devices that are left alone since a breaker tripped.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Put the commands of this file into the program."""
    app.add_typer(quarantine, name="quarantine")


@quarantine.command("list", epilog="Example: assetctl quarantine list")
def list_quarantine(context: typer.Context) -> None:
    """The devices that are left alone, since when and why."""
    app = of(context)
    with app.store() as store:
        rows = [
            {
                "id": q.subject,
                "realm": q.realm,
                "since": q.since.isoformat(),
                "reason": q.reason,
                "incident": q.incident,
            }
            for q in store.quarantined()
        ]
    app.output.rows("quarantine", rows, columns=("id", "since", "reason", "incident"), command="quarantine list")


@quarantine.command(
    "clear", epilog="Example: assetctl quarantine clear plant/10.20.1.7 --by 'A. Example' --reason 'restarted, healthy'"
)
def clear_quarantine(
    context: typer.Context,
    device: Annotated[str, typer.Argument(help="Address as realm/IP, as the list shows it.")],
    by: Annotated[str, typer.Option("--by", help="Who looked at the device.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it may be asked again.")],
) -> None:
    """Allow a device to be asked again after somebody looked at it."""
    app = of(context)
    if not by.strip() or not reason.strip():
        raise InputError("--by and --reason: a name and a reason are needed")
    with app.store() as store:
        cleared = store.clear_quarantine(device, by=by, reason=reason, at=clock())
    if not cleared:
        raise InputError(f"{device}: not in quarantine; `assetctl quarantine list` shows the ids")
    app.output.say(f"{device} may be asked again")
