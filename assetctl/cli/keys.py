"""keys: whose signatures count, in a file for git; and a signing key of one's own."""

from pathlib import Path
from typing import Annotated

import typer

from assetctl.cli.app import App, of
from assetctl.cli.clock import now
from assetctl.cli.options import By, Reason
from assetctl.errors import InputError

keys = typer.Typer(help="Keys that sign reports and bundles, and whose signatures count.", no_args_is_help=True)

COLUMNS = ("fingerprint", "owner", "enrolled", "by", "state")
Name = Annotated[str, typer.Argument(help="Fingerprint of an enrolled key, or its first 8 digits and more.")]


def add_to(app: typer.Typer) -> None:
    """Put the commands of this file into the program."""
    app.add_typer(keys, name="keys")


@keys.command("make", epilog="Example: assetctl keys make audit")
def make(
    context: typer.Context, name: Annotated[str, typer.Argument(help="Name of a `signing` entry of the settings.")]
) -> None:
    """Make the key file of a `signing` entry, under its passphrase, and the public half beside it."""
    from assetctl.signing import make_key
    from assetctl.work.keybook import passphrase_of, write_public

    app = of(context)
    path, passphrase = passphrase_of(app.settings, name)
    key = make_key(path, passphrase)
    public = path.with_suffix(".pub.pem")
    write_public(public, key.public)
    app.output.say(f"made: {path}; public half: {public}; fingerprint {key.fingerprint}")
    app.output.say(f"next: assetctl keys enrol {public} --owner NAME --by NAME")


@keys.command("enrol", epilog="Example: assetctl keys enrol audit.pub.pem --owner 'A. Example' --by 'B. Example'")
def enrol(
    context: typer.Context,
    public: Annotated[Path, typer.Argument(help="Public key, PEM.")],
    owner: Annotated[str, typer.Option("--owner", help="Who holds the key: name, organisation.")],
    by: Annotated[str, typer.Option("--by", help="Who compared the fingerprint with the owner.")],
) -> None:
    """Let a key's signatures count. Compare the fingerprint with its owner by another way before."""
    from assetctl.work.keybook import key_book, public_key

    app = of(context)
    book = key_book(app.settings)
    name = book.enrol(public_key(public), owner=owner, by=by, today=now().date())
    app.output.say(f"enrolled: {name} of {owner} in {book.path}")


@keys.command("list", epilog="Example: assetctl keys list")
def list_keys(context: typer.Context) -> None:
    """The enrolled keys with their owners."""
    from assetctl.work.keybook import key_book

    app = of(context)
    rows = []
    for one in key_book(app.settings).every():
        end = one.ended
        told = f"{'revoked' if end.is_lost else 'retired'} on {end.on} by {end.by}: {end.reason}" if end else "counts"
        rows.append(
            {
                "fingerprint": one.fingerprint,
                "owner": one.owner,
                "enrolled": one.enrolled.isoformat(),
                "by": one.by,
                "state": told,
                "public": one.public,
            }
        )
    app.output.rows("keys", rows, columns=COLUMNS, command="keys list")


@keys.command("revoke", epilog="Example: assetctl keys revoke 3f2a9c01 --by 'B. Example' --reason 'laptop stolen'")
def revoke(context: typer.Context, name: Name, by: By, reason: Reason) -> None:
    """End a key that somebody else may hold: nothing that it ever signed counts any more."""
    _end(of(context), name, by, reason, lost=True)


@keys.command("retire", epilog="Example: assetctl keys retire 3f2a9c01 --by 'B. Example' --reason 'left the company'")
def retire(context: typer.Context, name: Name, by: By, reason: Reason) -> None:
    """End a key that was never out of its owner's hands: what it signed until today still counts."""
    _end(of(context), name, by, reason, lost=False)


def _end(app: App, name: str, by: str, reason: str, *, lost: bool) -> None:
    from assetctl.work.keybook import Word, key_book

    if not by.strip() or not reason.strip():
        raise InputError("ending a key needs a name and a reason: give --by and --reason")
    found = key_book(app.settings).end(name, Word(by, reason, now().date()), lost=lost)
    app.output.say(f"{'revoked' if lost else 'retired'}: {found}")
