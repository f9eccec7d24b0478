"""db: the database's state, its migrations and its copies."""

from pathlib import Path
from typing import Annotated

import typer

from assetctl.cli.app import finish, of
from assetctl.errors import Exit
from assetctl.text import counted

db = typer.Typer(help="The database: state, migration, copies.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Put the commands of this file into the program."""
    app.add_typer(db, name="db")


@db.command("info", epilog="Example: assetctl --format json db info")
def show_info(context: typer.Context) -> None:
    """Where it is, its schema, its size, how much it holds."""
    app = of(context)
    with app.store() as store:
        info = store.info()
        problems = store.check()
    for line in problems:
        app.output.warn(line)
    code = Exit.INTEGRITY if problems else Exit.DONE
    record = {"url": info.url, "engine": info.engine, "schema": info.schema, "bytes": info.size_bytes, **info.counts}
    if app.output.format == "table":
        rows = [{"what": key, "value": value} for key, value in record.items()]
        app.output.rows("db", rows, columns=("what", "value"), command="db info")
    else:
        app.output.document("db", record, command="db info", code=code)
    finish(code)


@db.command("migrate", epilog="Example: assetctl db migrate")
def migrate(context: typer.Context) -> None:
    """Bring an older database to today's schema; an SQLite file is copied first."""
    from assetctl.store.repo import migrate_store

    app = of(context)
    done = migrate_store(app.database_url)
    app.output.say(
        f"schema {done.before or 'none'} -> {done.after}" + (f"; copy: {done.backup}" if done.backup else "")
    )


@db.command("backup", epilog="Example: assetctl db backup before-audit.db")
def backup(context: typer.Context, file: Annotated[Path, typer.Argument(help="New file to write.")]) -> None:
    """A sound copy while others go on working."""
    app = of(context)
    app.keeps_names("a copy is the whole database")
    with app.store() as store:
        store.backup(file)
    app.output.say(f"copy: {file}")


@db.command("restore", epilog="Example: assetctl db restore before-audit.db --replace")
def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Copy that `db backup` or `db migrate` wrote.")],
    replace: Annotated[bool, typer.Option("--replace", help="Put a database that is there aside.")] = False,
) -> None:
    """Put a copy back, after looking through all of it. Nothing may have the database open."""
    from assetctl.store.restoring import restore as put_back

    app = of(context)
    kept = put_back(app.database_url, file, replace=replace)
    app.output.say(f"restored from {file}" + (f"; the database before: {kept}" if kept else ""))


@db.command("check", epilog="Example: assetctl db check")
def check(context: typer.Context) -> None:
    """Look at every digest and every reference. Returns 9 when something is not whole."""
    app = of(context)
    with app.store() as store:
        problems = store.check()
    code = Exit.INTEGRITY if problems else Exit.DONE
    rows = [{"problem": line} for line in problems]
    app.output.rows("problem", rows, columns=("problem",), command="db check", code=code)
    if not problems:
        app.output.say("every digest and every reference holds")
    finish(code)


@db.command("prune", epilog="Example: assetctl db prune --keep 730d --dry-run")
def prune(
    context: typer.Context,
    keep: Annotated[str, typer.Option("--keep", help="Bytes of runs that ended within this time stay, such as 730d.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
) -> None:
    """Drop raw bytes of old runs that no fact, finding or golden file rests on. Digests stay; nothing else is lost."""
    from assetctl.cli.clock import now
    from assetctl.work.ordering import span
    from assetctl.work.retention import prune as forget

    app = of(context)
    with app.store() as store:
        done = forget(store, app.settings, keep=span(keep), now=now(), dry_run=dry_run)
    record = {"scans": done.scans, "cited": done.cited, "units": done.blobs, "bytes": done.size_bytes}
    if app.output.format == "table":
        verb = "would be dropped" if dry_run else "dropped"
        app.output.say(
            f"{counted(done.blobs, 'unit')} of {counted(done.size_bytes, 'byte')} {verb},"
            f" of {counted(done.scans, 'old run')}"
        )
    else:
        app.output.document("pruned", record, command="db prune")
