"""assets merge, split, decisions, undo, replace: what people decide about which device is which."""

from typing import TYPE_CHECKING, Annotated

import typer

from assetctl.cli.app import App, confirm, finish, of
from assetctl.cli.assets import Name, assets, find
from assetctl.cli.clock import now
from assetctl.cli.options import Reason, WriteUnasked
from assetctl.errors import Exit, InputError

if TYPE_CHECKING:
    from assetctl.store.records import Decision
    from assetctl.store.repo import Store

By = Annotated[str, typer.Option("--by", help="Who decides.")]
Key = Annotated[str, typer.Argument(help="Address, serial number, MAC address or engine id of the asset.")]
COLUMNS = ("id", "kind", "left", "right", "by", "reason", "at", "revoked_at")


def add_to(_app: typer.Typer) -> None:
    """The commands of this file stand in the group `assets`."""


@assets.command("merge", epilog="Example: assetctl assets merge 10.20.1.7 10.20.9.7 --by A --reason 'two cards'")
def merge_assets(
    context: typer.Context,
    one: Name,
    other: Annotated[str, typer.Argument(help="Another name of the same device.")],
    by: By,
    reason: Reason,
) -> None:
    """Decide that two assets are one device. Later scans keep to it."""
    from assetctl.work.joining import Word, join

    app = of(context)
    with app.store() as store:
        decision = join(store, find(store, one), find(store, other), Word(by, reason, now()))
        _again(app, store, decision)
    app.output.say(f"decided ({decision.id}): {decision.left} = {decision.right}")


@assets.command("split", epilog="Example: assetctl assets split ID 10.20.1.7 10.20.1.9 --by A --reason 'cloned MAC'")
def split_asset(context: typer.Context, name: Name, left: Key, right: Key, by: By, reason: Reason) -> None:
    """Decide that two keys of one asset belong to two devices. `assets why` shows what joined them."""
    from assetctl.work.joining import Word, part

    app = of(context)
    with app.store() as store:
        decision = part(store, find(store, name), left, right, Word(by, reason, now()))
        _again(app, store, decision)
    app.output.say(f"decided ({decision.id}): {decision.left} and {decision.right} are two devices")


@assets.command("decisions", epilog="Example: assetctl assets decisions")
def list_decisions(
    context: typer.Context,
    revoked: Annotated[bool, typer.Option("--revoked", help="Also those that hold no more.")] = False,
) -> None:
    """What people decided about identity, by whom and why."""
    app = of(context)
    with app.store() as store:
        rows = [
            {
                **{key: getattr(one, key) for key in ("id", "realm", "kind", "left", "right", "by", "reason")},
                "at": one.at.isoformat(),
                "revoked_at": one.revoked_at.isoformat() if one.revoked_at else None,
                "revoked_by": one.revoked_by,
                "revoked_reason": one.revoked_reason,
            }
            for one in store.decisions(revoked=revoked)
        ]
    app.output.rows("decisions", rows, columns=COLUMNS, command="assets decisions")


@assets.command("undo", epilog="Example: assetctl assets undo 3f0c1a2b4d5e --by A --reason 'another device'")
def undo_decision(
    context: typer.Context,
    decision: Annotated[str, typer.Argument(help="Id, as `assets decisions` shows it.")],
    by: By,
    reason: Reason,
) -> None:
    """Undo a decision about identity; it stays as history."""
    from assetctl.work.joining import Word

    app = of(context)
    word = Word(by, reason, now())
    with app.store() as store:
        ended = store.revoke_decision(decision, by=word.by, reason=word.reason, at=word.at)
        _again(app, store, ended)
    app.output.say(f"undone: {ended.left} and {ended.right}")


@assets.command("replace", epilog="Example: assetctl assets replace CELL1-PLC1 --with 10.20.1.7")
def replace_device(
    context: typer.Context,
    position: Annotated[str, typer.Argument(help="Id of the position in the register.")],
    device: Annotated[str, typer.Option("--with", help="The device that stands there now.")],
    yes: WriteUnasked = False,
) -> None:
    """Tell the register which piece stands at a position after an exchange; what was declared there stays."""
    from assetctl.work.ingest import ingest
    from assetctl.work.replacing import position_in, replacement, write

    app = of(context)
    if not app.settings.files.positions:
        raise InputError("no register is named; set [files] register in assetctl.toml")
    path = app.settings.file(app.settings.files.positions)
    with app.store() as store:
        place = position_in(app.register, position)
        told = replacement(place, find(store, device))
        for key, (before, after) in told.changes.items():
            app.output.say(f"{position}: {key} {before} -> {after}")
        if not told.changes:
            app.output.say(f"{position}: its match already fits this device; nothing to change")
            return
        if not yes and not confirm(f"Write this into {path}?", instead="--yes"):
            finish(Exit.USAGE)
        write(path, told, now=now())
        ingest(store, place.realm, app.declared)


def _again(app: App, store: "Store", decision: "Decision") -> None:
    """The inventory of the realm anew, with the decision in it."""
    from assetctl.work.ingest import ingest

    ingest(store, decision.realm, app.declared)
