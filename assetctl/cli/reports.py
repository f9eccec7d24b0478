"""report: the page, on paper too, the workbook, all with a manifest."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assetctl.cli.app import App, of
from assetctl.cli.clock import now
from assetctl.errors import EnvironmentFault
from assetctl.redaction import RedactionLevel

if TYPE_CHECKING:
    from assetctl.report.inputs import ReportInputs
    from assetctl.report.view import ReportView
    from assetctl.store.repo import Store

report = typer.Typer(help="What auditors receive.", no_args_is_help=True)

Out = Annotated[Path | None, typer.Option("--out", "-o", help="File to write.")]
Assessor = Annotated[str, typer.Option("--assessor", help="Who assessed: role, organisation, relation to the owner.")]
Since = Annotated[str, typer.Option("--since", help="Day of the report before, such as 2026-03-01: what changed.")]
Supersedes = Annotated[str, typer.Option("--supersedes", help="Id of the report that this one takes the place of.")]


EASY_PAGE_BYTES = 64 << 20  # above it a browser takes a minute and gigabytes, or gives up

Realm = Annotated[str, typer.Option("--realm", help="Only this site, by its address space; else all sites.")]
Language = Annotated[str, typer.Option("--language", help="en or de; texts of checks that lack one stay English.")]
Company = Annotated[str, typer.Option("--company", help="Whose report it is.")]
LogoFile = Annotated[Path | None, typer.Option("--logo", help="Picture of the company: PNG or JPEG, up to 256 KiB.")]
Classification = Annotated[str, typer.Option("--classification", help="Who may read it, such as confidential.")]
Templates = Annotated[
    Path | None, typer.Option("--templates", help="Folder of own templates; files that it lacks stay as shipped.")
]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user says of a report, "" or None where the settings do. since: an ISO day. supersedes: a report id.

    realm: "" for all sites.
    """

    assessor: str = ""
    since: str = ""
    supersedes: str = ""
    language: str = ""
    company: str = ""
    logo: Path | None = None
    classification: str = ""
    templates: Path | None = None
    realm: str = ""


def add_to(app: typer.Typer) -> None:
    """Put the commands of this file into the program."""
    app.add_typer(report, name="report")


@report.command("html", epilog="Example: assetctl report html --out report.html")
def html(
    context: typer.Context,
    out: Out = None,
    assessor: Assessor = "",
    since: Since = "",
    supersedes: Supersedes = "",
    language: Language = "",
    company: Company = "",
    logo: LogoFile = None,
    classification: Classification = "",
    templates: Templates = None,
    realm: Realm = "",
) -> None:
    """One self-contained page; it works without a network and prints."""
    app = of(context)
    wanted = Wanted(assessor, since, supersedes, language, company, logo, classification, templates, realm)
    _write_html(app, _view(app, wanted), out or Path("report.html"), wanted)


@report.command("xlsx", epilog="Example: assetctl report xlsx --out report.xlsx")
def xlsx(
    context: typer.Context,
    out: Out = None,
    assessor: Assessor = "",
    since: Since = "",
    supersedes: Supersedes = "",
    language: Language = "",
    company: Company = "",
    logo: LogoFile = None,
    classification: Classification = "",
    realm: Realm = "",
) -> None:
    """The workbook with the same content as tables."""
    app = of(context)
    wanted = Wanted(assessor, since, supersedes, language, company, logo, classification, realm=realm)
    _write_xlsx(app, _view(app, wanted), out or Path("report.xlsx"))


@report.command("pdf", epilog="Example: assetctl report pdf --out report.pdf")
def pdf(
    context: typer.Context,
    out: Out = None,
    assessor: Assessor = "",
    since: Since = "",
    supersedes: Supersedes = "",
    language: Language = "",
    company: Company = "",
    logo: LogoFile = None,
    classification: Classification = "",
    templates: Templates = None,
    realm: Realm = "",
    browser: Annotated[
        Path | None, typer.Option("--browser", help="Program of Chromium, Chrome or Edge; else the one that is found.")
    ] = None,
) -> None:
    """The page on paper, printed by a browser that is installed here; it is kept from every network."""
    import tempfile

    from assetctl.report.html import write
    from assetctl.work import outfile, printing

    app, path = of(context), out or Path("report.pdf")
    program = printing.browser(browser)
    wanted = Wanted(assessor, since, supersedes, language, company, logo, classification, templates, realm)
    view = _view(app, wanted)
    with tempfile.TemporaryDirectory(prefix="assetctl-") as folder:
        page = Path(folder) / "report.html"
        with page.open("w", encoding="utf-8", newline="\n") as stream:
            write(view, stream, _templates(app, wanted))
        printed = printing.paper(page, program, at=datetime.fromisoformat(view.generated_at))
    _make_folder(path)
    with outfile.binary(path) as raw:
        raw.write(printed)
    app.output.say(f"written: {path}")


@report.command("all", epilog="Example: assetctl report all --out audit --sign audit")
def both(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write to.")] = Path(),
    assessor: Assessor = "",
    since: Since = "",
    supersedes: Supersedes = "",
    language: Language = "",
    company: Company = "",
    logo: LogoFile = None,
    classification: Classification = "",
    templates: Templates = None,
    sign: Annotated[str, typer.Option("--sign", help="Sign the manifest: name of a `signing` entry.")] = "",
) -> None:
    """Page, workbook and result for machines, with a manifest of their hashes that `verify` compares."""
    from assetctl.report.sheets import require_room
    from assetctl.report.view import build
    from assetctl.work.keybook import signer as opened
    from assetctl.work.signing import about, write_manifest, write_result

    app = of(context)
    signer = opened(app.settings, sign) if sign else None
    wanted = Wanted(assessor, since, supersedes, language, company, logo, classification, templates)
    inputs = _inputs(app, wanted)
    view = _dressed(app, app.redacted(build(inputs)), wanted)
    require_room(view)
    _make_folder(out / "report.html")
    view = write_result(out, view, _trace(app, inputs), signer)
    app.output.say(f"written: {out / 'result.json'}")
    _write_html(app, view, out / "report.html", wanted)
    _write_xlsx(app, view, out / "report.xlsx")
    manifest = write_manifest(out, ("report.html", "report.xlsx", "result.json"), about(inputs, view), signer)
    app.output.say(f"written: {manifest}{f', signed by {signer[1].owner}' if signer else ', not signed'}")


@report.command("sign", epilog="Example: assetctl report sign audit --key audit")
def sign_report(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Folder of `report all`, or its manifest.")],
    key: Annotated[str, typer.Option("--key", help="Name of a `signing` entry of the settings.")],
) -> None:
    """Add a signature to a report that is what was written; earlier signatures stay."""
    from assetctl.errors import IntegrityFault
    from assetctl.work.keybook import enrolled_keys, signer
    from assetctl.work.signing import sign
    from assetctl.work.verifying import manifest_of, verify

    app = of(context)
    owed = {one for one in verify(folder, enrolled_keys(app.settings)) if one.is_fault and one.state != "missing"}
    for one in owed:
        raise IntegrityFault(f"{one.what}: {one.state}; what is not as it was written is not signed")
    opened, enrolled = signer(app.settings, key)
    app.output.say(f"signed: {sign(manifest_of(folder), opened)} by {enrolled.owner}")


def _view(app: App, wanted: Wanted) -> "ReportView":
    from assetctl.report.view import build

    return _dressed(app, app.redacted(build(_inputs(app, wanted))), wanted)


def _dressed(app: App, view: "ReportView", wanted: Wanted) -> "ReportView":
    """A view in its language, with the picture of the company where a reader may see whose it is."""
    from assetctl.report.logo import read_logo
    from assetctl.report.speech import speech

    settings = app.settings
    path = wanted.logo or (settings.file(settings.report.logo) if settings.report.logo else None)
    logo = read_logo(path) if path is not None and app.redact is not RedactionLevel.SHARE else None
    return replace(view, language=speech(wanted.language or settings.report.language).language, logo=logo)


def _templates(app: App, wanted: Wanted) -> Path | None:
    """The user's own templates: as said now, else as the settings name them."""
    named = app.settings.report.templates
    return wanted.templates or (app.settings.file(named) if named else None)


def _trace(app: App, inputs: "ReportInputs") -> dict[str, Any]:
    """What each requirement rests on, for the result."""
    from assetctl.report.trace import trace
    from assetctl.work.levelling import places

    with app.store() as store:
        run = store.latest_run()
    zones = app.zones_file
    seen = {app.redacted(place): checks for place, checks in (run.places if run else {}).items()}
    told: dict[str, Any] = app.redacted(trace(inputs, app.redacted(places(zones.zones, zones.conduits)), seen))
    return told


def _inputs(app: App, wanted: Wanted) -> "ReportInputs":
    from assetctl.report.redaction import redacted_inputs

    with app.store() as store:
        made = inputs_of(app, store, wanted)
    return made if app.redact is RedactionLevel.INTERNAL else redacted_inputs(made, app.redaction)


def inputs_of(app: App, store: "Store", wanted: Wanted) -> "ReportInputs":
    """What a report is made from, names and all."""
    from assetctl.policy.frameworks import IEC
    from assetctl.policy.load import load_frameworks
    from assetctl.protocols import registry
    from assetctl.work.advising import day
    from assetctl.work.check import pack
    from assetctl.work.levelling import levels
    from assetctl.work.papers import read_papers
    from assetctl.work.reporting import Material, inputs
    from assetctl.work.site import site

    about = site(store, wanted.realm)
    zones = about.zone_file(app.zones_file)
    since = day(wanted.since, "--since") if wanted.since else None
    checks, at, register = pack(app.settings), now(), app.register
    read = read_papers(app.settings, app.zones_file, today=at.date(), checks=[one.id for one in checks])
    papers = about.papers(read, zones)
    material = Material(
        app.settings,
        checks,
        registry(),
        zones.zones,
        about.of(register),
        assessor=wanted.assessor,
        classification=wanted.classification,
        company=wanted.company,
        levels=levels(store, zones, checks, load_frameworks()[IEC], papers).cells,
        papers=papers,
        zone_file=zones,
        site=about,
        since=since,
        supersedes=wanted.supersedes,
    )
    return inputs(store, material, generated_at=at)


def _write_html(app: App, view: "ReportView", path: Path, wanted: Wanted) -> None:
    from assetctl.report.html import write
    from assetctl.work import outfile

    _make_folder(path)
    with outfile.text(path) as stream:
        write(view, stream, _templates(app, wanted))
    app.output.say(f"written: {path}")
    if (size := path.stat().st_size) > EASY_PAGE_BYTES:
        app.output.warn(f"{path} has {size >> 20} MB: few browsers open it; the workbook holds the same tables")


def _write_xlsx(app: App, view: "ReportView", path: Path) -> None:
    from assetctl.report.xlsx import write
    from assetctl.work import outfile

    _make_folder(path)
    with outfile.binary(path) as stream:
        write(view, stream)
    app.output.say(f"written: {path}")


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise EnvironmentFault(f"{path.parent}: this folder cannot be made ({fault.strerror})") from None
