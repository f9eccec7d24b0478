"""bundle: evidence out of a cell without a network, and plans, approvals, checks, advisories into it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assetctl.cli.app import App, of
from assetctl.cli.clock import now
from assetctl.cli.options import realm_pairs
from assetctl.errors import InputError
from assetctl.text import counted

if TYPE_CHECKING:
    from assetctl.work.bundle_file import Opened

bundle = typer.Typer(help="One signed file between machines that never meet.", no_args_is_help=True)
File = Annotated[Path, typer.Argument(help="Bundle.")]


def add_to(app: typer.Typer) -> None:
    """Put the commands of this file into the program."""
    app.add_typer(bundle, name="bundle")


@bundle.command("write", epilog="Example: assetctl bundle write cell-1.bundle --key cell-1")
def write(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(help="File to write.")],
    key: Annotated[str, typer.Option("--key", help="Sign with this [[signing]] entry.")],
    scan: Annotated[list[str] | None, typer.Option("--scan", help="Only this run; more than once for more.")] = None,
    file: Annotated[
        list[Path] | None, typer.Option("--file", help="Also this file: an approval, a check, an advisory, ...")
    ] = None,
    no_scans: Annotated[bool, typer.Option("--no-scans", help="Files only.")] = False,
) -> None:
    """Put runs with their evidence, or files, into one signed and numbered file."""
    from assetctl.work.bundling import cargo
    from assetctl.work.bundling import write as write_bundle
    from assetctl.work.keybook import signer

    app = of(context)
    app.keeps_names("a bundle carries the evidence itself")
    opened = signer(app.settings, key)
    with app.store(create=no_scans) as store:
        given = cargo(store, scan or (), file or (), app.settings.project.site, with_scans=not no_scans)
        mark = write_bundle(store, given, out, opened, now=now())
    app.output.say(f"written: {out}, bundle {mark.sequence} of {opened[1].owner}, {counted(len(given.scans), 'run')}")
    app.output.say(f"SHA-256 of its signed bytes, for the ticket: {mark.digest}")


@bundle.command("verify", epilog="Example: assetctl bundle verify cell-1.bundle")
def verify(context: typer.Context, file: File) -> None:
    """Who signed it, what is in it, and whether one before it is missing; returns 9 when a byte was changed."""
    from assetctl.work.bundling import notes

    app = of(context)
    opened = _opened(app, file)
    try:
        with app.store() as store:
            marks = store.bundles()
    except InputError:  # a bundle can be looked at before there is a database
        marks = ()
    for line in notes(opened, marks):
        app.output.warn(line)
    _show(app, _record(opened), "bundle verify")


@bundle.command("merge", epilog="Example: assetctl bundle merge cell-1.bundle --as plant=cell-1")
def merge(
    context: typer.Context,
    file: File,
    as_: Annotated[
        list[str] | None, typer.Option("--as", help="THEIRS=OURS: a realm of the bundle is this one here.")
    ] = None,
    same_network: Annotated[
        bool, typer.Option("--same-network", help="A realm that others fed too is the same network.")
    ] = False,
    files: Annotated[Path | None, typer.Option("--files", help="Folder for the files of the bundle.")] = None,
) -> None:
    """Take a bundle in, all of it or nothing; any order and any repetition of bundles gives the same inventory."""
    from assetctl.work.bundling import check_names, files_for, put_files
    from assetctl.work.bundling import merge as take_in

    app = of(context)
    opened = _opened(app, file)
    names = realm_pairs("--as", as_ or ())
    check_names(opened, names)
    contents = files_for(opened, files) if files is not None else {}
    with app.store(create=True) as store:
        ledgers = app.place.ledgers
        done = take_in(store, opened, names=names, shared=same_network, ledgers=ledgers, declared=app.declared)
    put_files(contents)
    for line in done.notes:
        app.output.warn(line)
    record = _record(opened) | {"rows": done.won, "assets": done.assets, "realms": dict(done.realms)}
    _show(app, record, "bundle merge")


def _opened(app: App, file: Path) -> "Opened":
    from assetctl.work.bundle_file import open_bundle
    from assetctl.work.keybook import key_book

    return open_bundle(file, key_book(app.settings).every())


def _record(opened: "Opened") -> dict[str, Any]:
    return {
        "sender": opened.key.owner,
        "fingerprint": opened.key.fingerprint,
        "sequence": opened.sequence,
        "previous": opened.previous,
        "digest": opened.digest,
        "made_at": opened.made_at.isoformat(),
        "site": opened.site,
        "realms": list(opened.realms),
        "members": list(opened.members),
    }


def _show(app: App, record: dict[str, Any], command: str) -> None:
    if app.output.format == "table":
        rows = [{"what": key, "value": value} for key, value in record.items()]
        app.output.rows("bundle", rows, columns=("what", "value"), command=command)
    else:
        app.output.document("bundle", record, command=command)
