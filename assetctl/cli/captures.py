"""import pcap: what a plant has recorded of its own traffic."""

from typing import Annotated

import typer

from assetctl.cli.app import now, of
from assetctl.cli.files import DryRun, File, Realm, imports

Sensor = Annotated[str, typer.Option("--sensor", help="Name of the sensor; by default the file's.")]
Covers = Annotated[
    list[str] | None,
    typer.Option("--covers", help="Zone or network of which the sensor sees every flow; more than once for more."),
]


def add_to(app: typer.Typer) -> None:  # noqa: ARG001 - the group is in the program already
    """Put the commands of this file into the program."""
    imports.command("pcap", epilog="Example: assetctl import pcap cell-3.pcapng --sensor tap-3 --covers cell-3")(
        import_pcap
    )


def import_pcap(
    context: typer.Context,
    file: File,
    realm: Realm = "plant",
    sensor: Sensor = "",
    covers: Covers = None,
    dry_run: DryRun = False,
) -> None:
    """A capture (pcap or pcapng, also .gz): what devices said of themselves, and who spoke with whom."""
    from assetctl.work.flow_import import Wanted
    from assetctl.work.importing_capture import import_capture

    app = of(context)
    wanted = Wanted(realm, sensor, tuple(covers or ()))
    with app.store(create=True) as store:
        done = import_capture(store, file, wanted, now=now(), declared=app.declared, dry_run=dry_run)
    found = done.captured
    for line in (*found.warnings, *(f"left out: {line}" for line in found.left_out)):
        app.output.warn(line)
    flows = done.told.capture.flows if done.told else 0
    app.output.say(
        f"{found.packets} packets of {found.format} from {found.started:%Y-%m-%dT%H:%MZ} to"
        f" {found.ended:%Y-%m-%dT%H:%MZ}: {len(found.readings)} observations, {flows} flows;"
        f" {done.assets} assets in {realm}"
    )
    if done.told and not done.told.capture.covers:
        app.output.say("no --covers: these flows can show a violation, but no absence of one")
