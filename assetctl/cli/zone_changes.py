"""zones add, assign, conduit: changes to the zones file, shown as a difference before anything is written."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assetctl.cli.app import App, confirm, of
from assetctl.cli.clock import now
from assetctl.cli.options import WriteUnasked
from assetctl.cli.zones import File, path_of, positions_of, stored, zones

if TYPE_CHECKING:
    from assetctl.work.editing import Change


class Opens(StrEnum):
    FROM = "from"
    TO = "to"
    BOTH = "both"


class Trust(StrEnum):
    UNTRUSTED = "untrusted"
    SEMI = "semi"
    TRUSTED = "trusted"


DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the difference and stop.")]
Owner = Annotated[str, typer.Option("--owner", help="Who answers for it.")]
Target = Annotated[str, typer.Option("--sl-t", help="SL-T: 0 to 4, or IAC=2,UC=1 and so on.")]
Trusted = Annotated[Trust | None, typer.Option("--trust", help="untrusted, semi or trusted.")]


_ADD = "Example: assetctl zones add cell-4 --network 10.20.4.0/24 --level 1 --owner Automation"
_CONDUIT = "Example: assetctl zones conduit c-hist --from cell-3 --to dmz --opens from --allow opcua:tcp/4840"


def add_to(app: typer.Typer) -> None:  # noqa: ARG001 - the group is in the program already
    """Put the commands of this file into the group of the zones."""
    zones.command("add", epilog=_ADD)(add_zone)
    zones.command("assign", epilog="Example: assetctl zones assign cell-3 =A1+K2 a-3f2c91d0")(assign)
    zones.command("conduit", epilog=_CONDUIT)(conduit)


def add_zone(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Id of the new zone.")],
    network: Annotated[list[str] | None, typer.Option("--network", help="Range; more than once for more.")] = None,
    realm: Annotated[str, typer.Option("--realm", help="Address space of the ranges.")] = "",
    parent: Annotated[str, typer.Option("--parent", help="Zone that it is part of.")] = "",
    level: Annotated[str, typer.Option("--level", help="0, 1, 2, 3, 3.5, 4 or 5.")] = "",
    vlan: Annotated[list[int] | None, typer.Option("--vlan", help="VLAN; more than once for more.")] = None,
    designation: Annotated[
        list[str] | None,
        typer.Option("--designation", help="safety, wireless, temporary, external, internet or mail."),
    ] = None,
    trust: Trusted = None,
    criticality: Annotated[str, typer.Option("--criticality", help="high, medium or low.")] = "",
    owner: Owner = "",
    sl_t: Target = "",
    file: File = None,
    dry_run: DryRun = False,
    yes: WriteUnasked = False,
) -> None:
    """A new zone. The difference is shown first; comments in the file stay."""
    from assetctl.work.zoning import add_zone as adding
    from assetctl.work.zoning import levels

    values: dict[str, Any] = {
        "parent": parent,
        "realm": realm,
        "networks": list(network or ()),
        "vlans": [str(one) for one in vlan or ()],
        "level": level,
        "owner": owner,
        "designations": list(designation or ()),
        "trust": trust.value if trust else "",
        "criticality": criticality,
        "sl_t": levels(sl_t) if sl_t else "",
    }
    told = {key: value for key, value in values.items() if value not in ("", [])}
    _change(of(context), file, adding(name, told), dry_run=dry_run, yes=yes)


def assign(
    context: typer.Context,
    zone: Annotated[str, typer.Argument(help="Id of the zone.")],
    names: Annotated[list[str], typer.Argument(help="Positions of the register, or ids of assets.")],
    move: Annotated[bool, typer.Option("--move", help="Also take them out of the zone that has them.")] = False,
    file: File = None,
    dry_run: DryRun = False,
    yes: WriteUnasked = False,
) -> None:
    """Put devices into a zone by name, which goes before their addresses."""
    from assetctl.work.zoning import assign as assigning
    from assetctl.work.zoning import sorted_out

    app = of(context)
    positions, assets = sorted_out(names, positions_of(app), stored(app))
    change = assigning(zone, positions=positions, assets=assets, move=move)
    _change(app, file, change, dry_run=dry_run, yes=yes)


def conduit(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Id of the conduit.")],
    source: Annotated[str, typer.Option("--from", help="Zone it leads from.")] = "",
    target: Annotated[str, typer.Option("--to", help="Zone it leads to.")] = "",
    opens: Annotated[Opens | None, typer.Option("--opens", help="Which side opens sessions.")] = None,
    allow: Annotated[
        list[str] | None, typer.Option("--allow", help="opcua, tcp/4840, opcua:tcp/4840 or icmp; more than once.")
    ] = None,
    boundary: Annotated[
        list[str] | None, typer.Option("--boundary", help="Position, name or id of a device between them.")
    ] = None,
    owner: Owner = "",
    tunnel: Annotated[str, typer.Option("--tunnel", help="What protects the traffic, such as IPsec.")] = "",
    trust: Trusted = None,
    sl_t: Target = "",
    file: File = None,
    dry_run: DryRun = False,
    yes: WriteUnasked = False,
) -> None:
    """A new conduit, or other values of one that is there. Lists are replaced, not added to."""
    from assetctl.work.zoning import allowed, levels, put_conduit

    values: dict[str, Any] = {
        "from": source,
        "to": target,
        "opens": opens.value if opens else "",
        "allow": [allowed(one) for one in allow or ()],
        "boundary": list(boundary or ()),
        "owner": owner,
        "tunnel": tunnel,
        "trust": trust.value if trust else "",
        "sl_t": levels(sl_t) if sl_t else "",
    }
    told = {key: value for key, value in values.items() if value not in ("", [])}
    _change(of(context), file, put_conduit(name, told), dry_run=dry_run, yes=yes)


def _change(app: App, file: Path | None, change: "Change", *, dry_run: bool, yes: bool) -> None:
    from assetctl.work.zoning import propose, write

    proposal = propose(path_of(app, file), change, now=now())
    if not proposal.difference:
        app.output.say("nothing would change")
        return
    app.output.plain(proposal.difference)
    if dry_run:
        return
    if not yes and not confirm(f"write this to {proposal.path}?", instead="--yes, or --dry-run to look only"):
        app.output.say("nothing was written")
        return
    write(proposal)
    app.output.say(f"written: {proposal.path}")
