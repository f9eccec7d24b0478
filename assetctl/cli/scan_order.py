"""What plan and scan are asked for, and the order that comes of it."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from assetctl.cli.app import App
from assetctl.cli.clock import clock

if TYPE_CHECKING:
    from assetctl.store.repo import Store
    from assetctl.work.order import Order
    from assetctl.work.ordering import Wish

Targets = Annotated[list[str] | None, typer.Argument(help="Addresses, networks, ranges, names, @file, realm/network.")]
Exclude = Annotated[list[str] | None, typer.Option("--exclude", help="Leave these out.")]
Profile = Annotated[str | None, typer.Option("--profile", help="ot-safe, it or lab; may only tighten.")]
Realm = Annotated[str | None, typer.Option("--realm", help="Address space of targets without one.")]
Only = Annotated[list[str] | None, typer.Option("--only", help="Only these probes.")]
Depth = Annotated[list[str] | None, typer.Option("--depth", help="Depth questions by name, such as snmp.tables.")]
Stale = Annotated[str | None, typer.Option("--stale", help="Only devices not seen for so long, such as 90d.")]
Missing = Annotated[list[str] | None, typer.Option("--missing", help="Only devices that lack this fact.")]
Sweep = Annotated[bool, typer.Option("--sweep", help="A blind sweep of OT addresses is consented to.")]
Known = Annotated[bool, typer.Option("--from-evidence", help="Only addresses where a device is known.")]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which devices are planned or asked, and how deep, as typed. Those that narrow take known devices alone."""

    targets: Targets = None
    exclude: Exclude = None
    profile: Profile = None
    realm: Realm = None
    only: Only = None
    depth: Depth = None
    sweep: Sweep = False
    from_evidence: Known = False
    stale: Stale = None
    missing: Missing = None


def order_for(app: App, store: "Store", asked: Asked, *, scan: str = "", resume: str = "") -> "Order":
    """The order for what was asked. scan: its id, "" for a new one. resume: id of the scan that is gone on with.

    A scan that is gone on with asks what it was started for, unless targets are named. Raises InputError.
    """
    from assetctl.work.ordering import Wish, narrowed, order_of, span

    wish = Wish.of_plan(store.plan(resume), resume) if resume and not asked.targets else _wish(asked)
    order = order_of(
        wish,
        app.settings,
        zones=app.zones,
        register=app.register,
        scan=scan or resume or _scan_id(),
        resume=resume,
        environ=os.environ,
    )
    if not (asked.from_evidence or asked.stale or asked.missing):
        return order
    stale = span(asked.stale) if asked.stale else None
    return narrowed(order, store, stale=stale, missing=tuple(asked.missing or ()), now=clock())


def _wish(asked: Asked) -> "Wish":
    from assetctl.work.ordering import Wish

    return Wish(
        realm=asked.realm,
        targets=tuple(asked.targets or ()),
        exclude=tuple(asked.exclude or ()),
        profile=asked.profile,
        only=tuple(asked.only or ()),
        depth=tuple(asked.depth or ()),
        sweep=asked.sweep,
    )


def _scan_id() -> str:
    import secrets

    return f"s-{clock():%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
