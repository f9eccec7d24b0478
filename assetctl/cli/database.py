"""db: the database's state, its migrations and its copies."""

from pathlib import Path
from typing import Annotated

import typer

from assetctl.cli.app import finish, of
from assetctl.errors import Exit

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
    with app.store() as store:
        store.backup(file)
    app.output.say(f"copy: {file}")
