"""assets add, edit, tag, note, retire: what people declare about places, written into the register."""

from typing import TYPE_CHECKING, Annotated

import typer

from assetctl.cli.app import App, confirm, finish, of
from assetctl.cli.assets import assets, find
from assetctl.cli.clock import now
from assetctl.cli.options import By, Reason
from assetctl.errors import Exit, InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assetctl.work.declaring import Place, Register, Written

Name = Annotated[str, typer.Argument(help="Position, or any name of the device that stands there.")]
Facts = Annotated[list[str] | None, typer.Argument(help="KEY=VALUE; several values of a list between commas.")]
New = Annotated[str, typer.Option("--position", help="Id of the position, where the device has none yet.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Make a new position without asking.")]


def add_to(_app: typer.Typer) -> None:
    """The commands of this file stand in the group `assets`."""


@assets.command("add", epilog="Example: assetctl assets add CELL1-PLC1 --ip 10.20.1.7 asset_criticality=high")
def add_position(
    context: typer.Context,
    position: Annotated[str, typer.Argument(help="Id of the new position.")],
    facts: Facts = None,
    ip: Annotated[str, typer.Option("--ip", help="Address of what stands there.")] = "",
    mac: Annotated[str, typer.Option("--mac", help="Its MAC address.")] = "",
    serial: Annotated[str, typer.Option("--serial", help="Its serial number.")] = "",
    hostname: Annotated[str, typer.Option("--hostname", help="Its host name.")] = "",
    realm: Annotated[str, typer.Option("--realm", help="Its address space.")] = "plant",
) -> None:
    """Declare a position, seen by a scan or not."""
    from assetctl.work.declaring import Place, written

    app = of(context)
    given = {"ip_address": ip, "mac_address": mac, "serial_number": serial, "hostname": hostname}
    match = {key: value for key, value in given.items() if value}
    register = register_of(app)
    register.add(Place(position, realm, match, written(facts or ()), is_new=True))
    again(app, realm)
    app.output.say(f"written: position {position} in {register.path}")


@assets.command("edit", epilog="Example: assetctl assets edit 10.20.1.7 asset_criticality=high department_owner=Press")
def edit_position(
    context: typer.Context,
    name: Name,
    facts: Facts = None,
    unset: Annotated[list[str] | None, typer.Option("--unset", help="Declare this key no more.")] = None,
    position: New = "",
    yes: Yes = False,
) -> None:
    """Declare facts for a position. A device without one gets one by its address."""
    from assetctl.work.declaring import written

    values = written(facts or ())
    if not values and not unset:
        raise InputError("nothing to change; give KEY=VALUE or --unset KEY")
    app = of(context)
    register, place = _found(app, name, position)
    _write(app, register, place, values, unset=tuple(unset or ()), yes=yes)


@assets.command("tag", epilog="Example: assetctl assets tag 10.20.1.7 press spare-in-cabinet-4")
def tag_position(
    context: typer.Context,
    name: Name,
    tags: Annotated[list[str] | None, typer.Argument(help="Tags to add.")] = None,
    remove: Annotated[list[str] | None, typer.Option("--remove", help="Tag to take away.")] = None,
    position: New = "",
    yes: Yes = False,
) -> None:
    """Add or take away tags."""
    from assetctl.work.declaring import TAGS, tagged

    if not tags and not remove:
        raise InputError("nothing to change; give a tag or --remove TAG")
    app = of(context)
    register, place = _found(app, name, position)
    after = tagged(place, tuple(tags or ()), tuple(remove or ()))
    _write(app, register, place, {TAGS: after} if after else {}, unset=() if after else (TAGS,), yes=yes)
    app.output.say(f"position {place.id}: tags {', '.join(after) or 'none'}")


@assets.command("note", epilog="Example: assetctl assets note 10.20.1.7 'key switch is broken'")
def note_position(
    context: typer.Context,
    name: Name,
    text: Annotated[str, typer.Argument(help="The note; it takes the place of an earlier one.")],
    position: New = "",
    yes: Yes = False,
) -> None:
    """Write a note."""
    from assetctl.work.declaring import NOTES

    app = of(context)
    register, place = _found(app, name, position)
    _write(app, register, place, {NOTES: text}, yes=yes)


@assets.command(
    "retire", epilog="Example: assetctl assets retire CELL1-PLC1 --by 'A. Example' --reason 'line was sold'"
)
def retire_position(
    context: typer.Context,
    name: Name,
    by: By,
    reason: Reason,
) -> None:
    """Say that a position is no longer used. What stood there is judged no more; a check warns when it answers."""
    app = of(context)
    register, place = _found(app, name, "")
    if place.is_new:
        raise InputError(f"{name} has no position in {register.path}; declare one first: assetctl assets edit")
    register.retire(place.id, by=by, reason=reason)
    again(app, place.realm)
    app.output.say(f"retired: position {place.id}")


def register_of(app: App) -> "Register":
    """The register that the settings name. Raises InputError when they name none."""
    from assetctl.work.declaring import Register

    if not app.settings.files.positions:
        raise InputError("no register is named; set [files] register in assetctl.toml")
    return Register(app.settings.file(app.settings.files.positions), now=now())


def _found(app: App, name: str, new: str) -> "tuple[Register, Place]":
    """The position that is meant: by its id, else that of the device of this name."""
    from assetctl.work.declaring import place_of

    register = register_of(app)
    if held := register.place(name):
        return register, held
    with app.store() as store:
        asset = find(store, name)
        return register, place_of(register, asset, store.assets(asset.realm), store.positions(), new)


def _write(
    app: App,
    register: "Register",
    place: "Place",
    values: "Mapping[str, Written]",
    *,
    unset: tuple[str, ...] = (),
    yes: bool,
) -> None:
    """Write the facts of a position; a new one is made if the user agrees."""
    if place.is_new and not yes:
        question = f"Make position {place.id} ({place.why}) in {register.path}?"
        if not confirm(question, instead="--yes, or --position ID --yes to name it"):
            finish(Exit.USAGE)
    register.write(place, values, unset)
    again(app, place.realm)
    app.output.say(f"written: position {place.id} in {register.path}")


def again(app: App, realm: str) -> None:
    """The inventory of a realm anew, with what is declared now; nothing to do before the first scan."""
    from assetctl.work.ingest import ingest

    try:
        store = app.store()
    except InputError as error:
        app.output.detail(str(error))
        return
    with store:
        done = ingest(store, realm, app.declared)
    known = {one.id for one in app.register}
    for one in done.standings:
        if one.position in known and not one.asset:
            app.output.detail(f"position {one.position}: {one.reason}")
