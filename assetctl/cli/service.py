"""init, doctor, secrets, config, schema, completion, version: setting up and looking after."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from assetctl.cli.app import finish, of
from assetctl.errors import Exit, InputError

secrets = typer.Typer(help="Credentials by reference; values never on the command line.", no_args_is_help=True)
config = typer.Typer(help="The settings that count and where they come from.", no_args_is_help=True)

SHELLS = ("bash", "zsh", "fish", "powershell")
SecretsFile = Annotated[Path, typer.Option("--file", help="Secrets file.")]


def add_to(app: typer.Typer) -> None:
    """Put the commands of this file into the program."""
    app.command(epilog="Example: assetctl init plant")(init)
    app.command(epilog="Example: assetctl doctor")(doctor)
    app.add_typer(secrets, name="secrets")
    app.add_typer(config, name="config")
    app.command(epilog="Example: assetctl schema assets")(schema)
    app.command(epilog="Example: assetctl completion bash > ~/.assetctl-completion")(completion)
    app.command(epilog="Example: assetctl version")(version)


def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Folder to set up.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Write over files that are there.")] = False,
) -> None:
    """Write commented settings, zones and register to begin with."""
    from assetctl.settings import TEMPLATES, template

    app = of(context)
    folder.mkdir(parents=True, exist_ok=True)
    for name in TEMPLATES:
        path = folder / name
        if path.exists() and not force:
            app.output.say(f"kept: {path}")
            continue
        path.write_text(template(name), "utf-8")
        app.output.say(f"written: {path}")
    app.output.say("next: put your networks into assetctl.toml, then: assetctl plan")


def doctor(context: typer.Context) -> None:
    """What this machine lacks: nmap, permissions, database, clock, age of the data, forwarding between networks."""
    from assetctl.work.doctor import examine

    app = of(context)
    rows = [{"what": c.what, "state": c.state, "advice": c.advice} for c in examine(app.settings, app.database_url)]
    code = Exit.ENVIRONMENT if any(row["state"] == "fault" for row in rows) else Exit.DONE
    app.output.rows("doctor", rows, columns=("what", "state", "advice"), command="doctor", code=code)
    finish(code)


@secrets.command("set", epilog="Example: assetctl secrets set switches-ro")
def set_secret(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name by which the settings refer to it.")],
    file: SecretsFile = Path("secrets.toml"),
) -> None:
    """Keep a secret, read from the prompt or from stdin."""
    from getpass import getpass  # asks only once nothing is shown any more; typer's prompt asks before

    from assetctl.secrets.file import set_secret as keep

    value = getpass(f"{name}: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if not value:
        raise InputError(f"{name}: an empty secret is none")
    keep(file, name, value)
    of(context).output.say(f'kept in {file}; refer to it as {{ file = "{file}#{name}" }}')


@secrets.command("list", epilog="Example: assetctl secrets list")
def list_secrets(context: typer.Context, file: SecretsFile = Path("secrets.toml")) -> None:
    """The names in a secrets file; never the values."""
    from assetctl.secrets.file import list_secrets as names

    rows = [{"name": name} for name in names(file)]
    of(context).output.rows("secrets", rows, columns=("name",), command="secrets list")


@secrets.command("test", epilog="Example: assetctl secrets test")
def test_secrets(context: typer.Context) -> None:
    """Whether every credential of the settings can be fetched; nothing is sent."""
    import os

    from assetctl.errors import SecretFault
    from assetctl.scoping.build import build_scope
    from assetctl.secrets.credentials import resolve

    app = of(context)
    settings = app.settings
    rows = []
    for entry in build_scope(settings).credentials:
        try:
            resolve(entry, environ=os.environ, config_dir=settings.found.folder, user_config=settings.found.trusted)
            rows.append({"credential": entry.name, "kind": entry.kind, "state": "ok", "fault": ""})
        except SecretFault as fault:
            rows.append({"credential": entry.name, "kind": entry.kind, "state": "fault", "fault": str(fault)})
    code = Exit.SECRET if any(row["fault"] for row in rows) else Exit.DONE
    app.output.rows(
        "secrets", rows, columns=("credential", "kind", "state", "fault"), command="secrets test", code=code
    )
    finish(code)


@secrets.command("rm", epilog="Example: assetctl secrets rm switches-ro")
def remove_secret(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name to forget.")],
    file: SecretsFile = Path("secrets.toml"),
) -> None:
    """Forget a secret."""
    from assetctl.secrets.file import remove_secret as forget

    forget(file, name)
    of(context).output.say(f"forgotten: {name}")


@config.command("show", epilog="Example: assetctl config show --origin")
def show_config(
    context: typer.Context,
    origin: Annotated[bool, typer.Option("--origin", help="Where each value comes from.")] = False,
) -> None:
    """The settings that count here."""
    app = of(context)
    rows = [{"key": r.key, "value": r.value, "origin": r.origin} for r in app.settings.rows()]
    columns = ("key", "value", "origin") if origin else ("key", "value")
    app.output.rows("config", rows, columns=columns, command="config show")


def schema(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="assets, findings, zones.yaml, ...; none lists them.")] = "",
) -> None:
    """The JSON Schema of an output, or of a file that you write: for your editor, or for a check before a commit."""
    import json

    from assetctl.work.schemas import names, schema_of

    if not name:
        of(context).output.rows("schemas", [{"name": n} for n in names()], columns=("name",), command="schema")
        return
    print(json.dumps(schema_of(name), indent=2, sort_keys=True))


def completion(
    context: typer.Context, shell: Annotated[str, typer.Argument(help="bash, zsh, fish or powershell.")] = "bash"
) -> None:
    """The script that completes commands in a shell; source it from the shell's start-up file."""
    from typer import completion as typers

    if shell not in SHELLS:
        raise InputError(f"{shell}: {', '.join(SHELLS)} is expected")
    script = typers.get_completion_script(  # type: ignore[attr-defined]
        prog_name="assetctl", complete_var="_ASSETCTL_COMPLETE", shell=shell
    )
    of(context).output.plain(script)


def version(context: typer.Context) -> None:
    """The version of assetctl, of its decoders and of Python."""
    import platform

    from assetctl import __version__

    app = of(context)
    if app.output.format == "table":
        app.output.plain(f"assetctl {__version__}, Python {platform.python_version()}")
        return
    from assetctl.protocols import registry

    record = {"assetctl": __version__, "python": platform.python_version()}
    record |= {name: protocol.reader for name, protocol in registry().items()}
    app.output.document("version", record, command="version")
