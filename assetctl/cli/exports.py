"""export: the inventory and the results in the formats of other systems."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assetctl.cli.app import App, finish, of
from assetctl.cli.clock import now
from assetctl.cli.options import OnlyRealm
from assetctl.errors import Exit, InputError
from assetctl.text import counted

if TYPE_CHECKING:
    from assetctl.store.repo import Store
    from assetctl.work.exporting import Material

export = typer.Typer(help="Inventory and results in the formats of other systems.", no_args_is_help=True)

Out = Annotated[Path | None, typer.Option("--out", "-o", help="File or folder to write.")]
To = Annotated[str | None, typer.Option("--to", metavar="URL", help="A NetBox to compare with instead: https://HOST.")]
TokenFrom = Annotated[
    str | None,
    typer.Option(
        "--token-from", metavar="WAY:PLACE", help="Its token: env:NAME, file:secrets.toml#NAME or keyring:SERVICE/NAME."
    ),
]
Apply = Annotated[bool, typer.Option("--apply", help="Write it there; without it the differences are only shown.")]
Raw = Annotated[bool, typer.Option("--raw", help="CSV for machines alone: no mark before what looks like a formula.")]

CHANGES = ("kind", "object", "action", "field", "old", "new")


@dataclass(frozen=True, slots=True)
class Form:
    """One format. default: where it is written when nobody names a place."""

    name: str
    help: str
    default: str


FORMS = (
    Form("json", "The inventory as JSON, as `assets list` gives it.", "assets.json"),
    Form("csv", "The inventory as one table.", "assets.csv"),
    Form("sarif", "The last results as SARIF 2.1.0.", "findings.sarif"),
    Form("junit", "The last results as JUnit XML.", "findings.xml"),
    Form(
        "netbox",
        "CSV files for NetBox's bulk import; with --to, what a NetBox lacks, written through its API with --apply.",
        "netbox",
    ),
    Form("cyclonedx", "Devices, parts, firmware and programs as a CycloneDX 1.6 bill of materials.", "bom.cdx.json"),
    Form("oscal", "The last results as OSCAL 1.1.3 assessment results.", "assessment-results.json"),
    Form(
        "servicenow",
        "A folder of CSV files for ServiceNow import sets: items, adapters, addresses, relations.",
        "servicenow",
    ),
    Form("glpi", "A folder of GLPI inventory files, one for each device.", "glpi"),
    Form("ocsf", "Devices and the last results as OCSF 1.5.0 events, one a line.", "events.ocsf.jsonl"),
)


def add_to(app: typer.Typer) -> None:
    """Put the commands of this file into the program."""
    for form in FORMS:
        epilog = f"Example: assetctl export {form.name} --out {form.default}"
        command = _netbox(form) if form.name == "netbox" else _command(form)
        export.command(form.name, help=form.help, epilog=epilog)(command)
    app.add_typer(export, name="export")


def _command(form: Form) -> Callable[..., None]:
    def run(context: typer.Context, out: Out = None, realm: OnlyRealm = None, raw: Raw = False) -> None:
        _export(of(context), form, out or Path(form.default), realm, raw)

    return run


def _netbox(form: Form) -> Callable[..., None]:
    def run(
        context: typer.Context,
        out: Out = None,
        realm: OnlyRealm = None,
        raw: Raw = False,
        to: To = None,
        token_from: TokenFrom = None,
        apply: Apply = False,
    ) -> None:
        if to is None and (token_from is not None or apply):
            raise InputError("--token-from and --apply belong to a NetBox; name it with --to URL")
        if to is None:
            _export(of(context), form, out or Path(form.default), realm, raw)
        elif out is not None or raw:
            raise InputError("--out and --raw belong to files; leave them out with --to")
        elif token_from is None:
            raise InputError("--to needs a token of that NetBox; give --token-from env:NAME")
        else:
            _push(of(context), _Target(to, token_from, realm), apply)

    return run


@dataclass(frozen=True, slots=True)
class _Target:
    """A NetBox, the reference to its token, and which address space it gets."""

    url: str
    token_from: str
    realm: str | None


def _push(app: App, target: _Target, apply: bool) -> None:
    """What a NetBox lacks or holds otherwise, and written there when told so."""
    from assetctl.exchange.out_netbox_objects import objects
    from assetctl.work import pushing
    from assetctl.work.exporting import Material, find, outgoing

    app.keeps_names("this goes into a NetBox")
    netbox = pushing.server(app.settings, target.url, target.token_from)
    with app.store() as store:
        project = app.settings.project
        found = find(store, app.zones, target.realm)
        made = outgoing(found, Material(app.redacted, project=project.name, site=project.site))
    compared = pushing.compared(netbox, objects(made))
    for line in compared.left_out:
        app.output.warn(f"left out: {line}")
    code = Exit.DONE if found.assets else Exit.NOTHING
    app.output.rows("netbox-changes", pushing.rows(compared), columns=CHANGES, command="export netbox", code=code)
    count = counted(len(compared.steps), "object")
    if apply and compared.steps:
        pushing.write(netbox, compared)
        app.output.say(f"written to {netbox}: {count}")
    else:
        app.output.say(f"{count} to make or change in {netbox}" + ("; --apply writes them" if compared.steps else ""))
    finish(code)


def _export(app: App, form: Form, path: Path, realm: str | None, raw: bool) -> None:
    from assetctl.work.exporting import SAYS_RESULTS, Material, find, write

    with app.store() as store:
        material = Material(
            app.redacted,
            project=app.settings.project.name,
            site=app.settings.project.site,
            raw=raw,
        )
        if form.name in SAYS_RESULTS:
            material = _judged(app, store, material)
        found = app.source(find(store, app.zones, realm))
    written = write(form.name, found, material, path)
    files = f"{counted(len(written), 'file')} in {path}" if len(written) > 1 else str(path)
    results = f", {counted(len(found.findings), 'result')} other than pass" if form.name in SAYS_RESULTS else ""
    app.output.say(f"{counted(len(found.assets), 'asset')}{results}: {files}")
    finish(Exit.DONE if found.assets else Exit.NOTHING)


def _judged(app: App, store: "Store", material: "Material") -> "Material":
    """The material with the checks of the pack, and with the requirements for which somebody answers."""
    from dataclasses import replace

    from assetctl.policy.frameworks import IEC
    from assetctl.policy.load import load_frameworks
    from assetctl.work.check import pack
    from assetctl.work.levelling import levels
    from assetctl.work.papers import read_papers

    checks, framework = pack(app.settings), load_frameworks()[IEC]
    papers = read_papers(app.settings, app.zones_file, today=now().date(), checks=[one.id for one in checks])
    cells = levels(store, app.zones_file, checks, framework, papers).cells
    return replace(material, checks=checks, cells=app.source(cells), framework=framework)
