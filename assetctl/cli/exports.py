"""export: the inventory and the results in the formats of other systems."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assetctl.cli.app import App, finish, of
from assetctl.cli.clock import now
from assetctl.errors import Exit
from assetctl.text import counted

if TYPE_CHECKING:
    from assetctl.store.repo import Store
    from assetctl.work.exporting import Material

export = typer.Typer(help="Inventory and results in the formats of other systems.", no_args_is_help=True)

Out = Annotated[Path | None, typer.Option("--out", "-o", help="File or folder to write.")]
Realm = Annotated[str | None, typer.Option("--realm", help="Only this address space.")]
Raw = Annotated[bool, typer.Option("--raw", help="CSV for machines alone: no mark before what looks like a formula.")]


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
    Form("netbox", "A folder of CSV files for NetBox's bulk import, in the order of their numbers.", "netbox"),
    Form("cyclonedx", "Devices, parts, firmware and programs as a CycloneDX 1.6 bill of materials.", "bom.cdx.json"),
    Form("oscal", "The last results as OSCAL 1.1.3 assessment results.", "assessment-results.json"),
    Form("servicenow", "A folder of CSV files for ServiceNow import sets: items and relations.", "servicenow"),
    Form("glpi", "A folder of GLPI inventory files, one for each device.", "glpi"),
    Form("ocsf", "Devices and the last results as OCSF 1.5.0 events, one a line.", "events.ocsf.jsonl"),
)


def add_to(app: typer.Typer) -> None:
    """Put the commands of this file into the program."""
    for form in FORMS:
        epilog = f"Example: assetctl export {form.name} --out {form.default}"
        export.command(form.name, help=form.help, epilog=epilog)(_command(form))
    app.add_typer(export, name="export")


def _command(form: Form) -> Callable[..., None]:
    def run(context: typer.Context, out: Out = None, realm: Realm = None, raw: Raw = False) -> None:
        _export(of(context), form, out or Path(form.default), realm, raw)

    return run


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
