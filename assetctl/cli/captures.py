"""import pcap and walk: what a plant has recorded of its own traffic and devices."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from assetctl.cli.app import App, of
from assetctl.cli.clock import now
from assetctl.cli.files import DryRun, File, Realm, imports
from assetctl.errors import InputError
from assetctl.text import counted

if TYPE_CHECKING:
    from assetctl.work.importing_records import Taken

At = Annotated[str | None, typer.Option("--at", help="When it was taken, ISO 8601; by default the file's time.")]

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
    imports.command("walk", epilog="Example: assetctl import walk sw-3.walk --address 10.20.1.2 --at 2026-09-01")(
        import_walk
    )
    imports.command("zeek", epilog="Example: assetctl import zeek dhcp.log cip_identity.log bacnet_property.log")(
        import_zeek
    )
    imports.command("netbox", epilog="Example: assetctl import netbox devices.json interfaces.json ip-addresses.json")(
        import_netbox
    )
    imports.command("zgrab2", epilog="Example: assetctl import zgrab2 modbus.json --realm line-3")(import_zgrab2)
    imports.command("glpi", epilog="Example: assetctl import glpi hmi-3.json --at 2026-09-01")(import_glpi)


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
        f"{counted(found.packets, 'packet')} of {found.format} from {found.started:%Y-%m-%dT%H:%MZ} to"
        f" {found.ended:%Y-%m-%dT%H:%MZ}: {counted(len(found.readings), 'observation')}, {counted(flows, 'flow')};"
        f" {counted(done.assets, 'asset')} in {realm}"
    )
    if done.told and not done.told.capture.covers:
        app.output.say("no --covers: these flows can show a violation, but no absence of one")


def import_walk(
    context: typer.Context,
    file: File,
    address: Annotated[str | None, typer.Option("--address", help="Address at which the device was asked.")] = None,
    at: At = None,
    realm: Realm = "plant",
    dry_run: DryRun = False,
) -> None:
    """An SNMP walk: the output of snmpwalk (best with -On), or a record file of snmpsim."""
    from assetctl.exchange.flow_rows import address as parsed
    from assetctl.exchange.flow_rows import moment
    from assetctl.work.importing_records import import_walk as take_in

    app = of(context)
    ip = typed("--address", address, parsed) if address else None
    when = typed("--at", at, moment) if at else None
    with app.store(create=True) as store:
        done = take_in(store, file, realm=realm, ip=ip, at=when, now=now(), declared=app.declared, dry_run=dry_run)
    tell(app, done, realm)


def import_zeek(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Logs to read.")],
    realm: Realm = "plant",
    dry_run: DryRun = False,
) -> None:
    """Logs of Zeek and ICSNPP (tabs or JSON, also .gz): dhcp, ssh, ssl with x509, snmp, modbus, dnp3, ntp, rdp,
    mqtt_connect, cip_identity, bacnet_discovery, bacnet_property, s7comm_known_devices,
    opcua_binary_get_endpoints_description and others of their kind. Give the logs of one time together: certificates
    belong to the servers of ssl.log.
    """
    from assetctl.work.importing_records import import_zeek as take_in

    app = of(context)
    with app.store(create=True) as store:
        tell(app, take_in(store, files, realm=realm, now=now(), declared=app.declared, dry_run=dry_run), realm)


def import_netbox(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Devices, and interfaces and IP addresses where exported.")],
    realm: Realm = "plant",
    dry_run: DryRun = False,
) -> None:
    """Devices, interfaces and IP addresses of NetBox (JSON of its API, or CSV): declared positions."""
    from assetctl.work.importing_records import import_netbox as take_in

    app = of(context)
    with app.store(create=True) as store:
        tell(app, take_in(store, files, realm=realm, now=now(), declared=app.declared, dry_run=dry_run), realm)


def import_zgrab2(context: typer.Context, file: File, realm: Realm = "plant", dry_run: DryRun = False) -> None:
    """Output of zgrab2, one JSON object a line (also .gz): modbus, bacnet, siemens, fox, ssh, tls, http and banners."""
    from assetctl.work.importing_records import import_zgrab2 as take_in

    app = of(context)
    with app.store(create=True) as store:
        tell(app, take_in(store, file, realm=realm, now=now(), declared=app.declared, dry_run=dry_run), realm)


def import_glpi(
    context: typer.Context, file: File, at: At = None, realm: Realm = "plant", dry_run: DryRun = False
) -> None:
    """An inventory of a GLPI agent (JSON or XML): a computer with its programs."""
    from assetctl.exchange.flow_rows import moment
    from assetctl.work.importing_records import import_glpi as take_in

    app = of(context)
    when = typed("--at", at, moment) if at else None
    with app.store(create=True) as store:
        done = take_in(store, file, realm=realm, at=when, now=now(), declared=app.declared, dry_run=dry_run)
    tell(app, done, realm)


T = TypeVar("T")


def typed(option: str, text: str, read: Callable[[str], T]) -> T:
    """The value of an option. Raises InputError with its name."""
    try:
        return read(text)
    except ValueError as fault:
        problem = f"{option}: {fault}"
    raise InputError(problem)


def tell(app: App, done: "Taken", realm: str) -> None:
    """What a file brought."""
    for line in done.warnings:
        app.output.warn(line)
    for line in done.notes:
        app.output.say(line)
    app.output.say(f"{counted(done.observations, 'device')} read; {counted(done.assets, 'asset')} in {realm}")
