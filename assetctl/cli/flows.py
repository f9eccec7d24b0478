"""import flows: what a sensor saw of the traffic between devices."""

from datetime import datetime
from typing import Annotated

import typer

from assetctl.cli.app import of
from assetctl.cli.clock import now
from assetctl.cli.files import File, Realm, imports
from assetctl.errors import InputError
from assetctl.text import counted


def add_to(app: typer.Typer) -> None:  # noqa: ARG001 - the group is in the program already
    """Put the commands of this file into the program."""
    imports.command("flows", epilog="Example: assetctl import flows conn.log --sensor tap-3 --covers cell-3")(
        import_flows
    )


def import_flows(
    context: typer.Context,
    file: File,
    realm: Realm = "plant",
    sensor: Annotated[str, typer.Option("--sensor", help="Name of the sensor; by default the file's.")] = "",
    covers: Annotated[
        list[str] | None,
        typer.Option("--covers", help="Zone or network of which the sensor sees every flow; more than once for more."),
    ] = None,
    since: Annotated[str | None, typer.Option("--since", help="When it began to listen, ISO 8601.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="When it stopped, ISO 8601.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be taken in and stop.")] = False,
) -> None:
    """Flows: conn.log of Zeek (tabs or JSON, also .gz) or CSV with a header. They judge conduits."""
    from assetctl.work.flow_import import Wanted
    from assetctl.work.flow_import import import_flows as take_in

    app = of(context)
    wanted = Wanted(realm, sensor, tuple(covers or ()), _time("--since", since), _time("--until", until))
    if dry_run:
        told = take_in(None, file, wanted, zones=app.zones, now=now())
    else:
        with app.store(create=True) as store:
            told = take_in(store, file, wanted, zones=app.zones, now=now())
    one = told.capture
    for line in told.problems:
        app.output.warn(line)
    app.output.say(
        f"{counted(one.records, 'record')} of {one.format},"
        f" {counted(one.flows, 'flow')} from {one.started:%Y-%m-%dT%H:%MZ}"
        f" to {one.ended:%Y-%m-%dT%H:%MZ}, {counted(one.skipped, 'line')} left out"
    )
    if told.nowhere:
        app.output.say(
            f"{counted(told.nowhere, 'flow')} with an end in no declared zone; `assetctl zones suggest` shows where"
        )
    if not one.covers:
        app.output.say("no --covers: these flows can show a violation, but no absence of one")


def _time(option: str, text: str | None) -> datetime | None:
    from assetctl.exchange.flow_rows import moment

    if text is None:
        return None
    try:
        return moment(text)
    except ValueError as error:
        problem = f"{option}: {error}; write 2026-09-01T06:00Z"
    raise InputError(problem)
