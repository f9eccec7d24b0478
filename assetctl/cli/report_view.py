"""What a report says: what the user says of it, what the settings do, and what the store holds."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assetctl.cli.app import App
from assetctl.cli.clock import now
from assetctl.redaction import RedactionLevel

if TYPE_CHECKING:
    from assetctl.report.inputs import ReportInputs
    from assetctl.report.view import ReportView
    from assetctl.store.repo import Store


Assessor = Annotated[str, typer.Option("--assessor", help="Who assessed: role, organisation, relation to the owner.")]
Since = Annotated[str, typer.Option("--since", help="Day of the report before, such as 2026-03-01: what changed.")]
Supersedes = Annotated[str, typer.Option("--supersedes", help="Id of the report that this one takes the place of.")]
Language = Annotated[str, typer.Option("--language", help="en or de; texts of checks that lack one stay English.")]
Company = Annotated[str, typer.Option("--company", help="Whose report it is.")]
LogoFile = Annotated[Path | None, typer.Option("--logo", help="Picture of the company: PNG or JPEG, up to 256 KiB.")]
Classification = Annotated[str, typer.Option("--classification", help="Who may read it, such as confidential.")]
Realm = Annotated[str, typer.Option("--realm", help="Only this site, by its address space; else all sites.")]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user says of a report, "" or None where the settings do.

    since: an ISO day. supersedes: a report id. realm: the site that it is about, "" for all sites.
    """

    assessor: Assessor = ""
    since: Since = ""
    supersedes: Supersedes = ""
    language: Language = ""
    company: Company = ""
    logo: LogoFile = None
    classification: Classification = ""
    realm: Realm = ""


def view_of(app: App, wanted: Wanted) -> "ReportView":
    """A report as it is written, at the level of redaction of this call."""
    from assetctl.report.view import build

    return dressed(app, app.redacted(build(redacted_inputs_of(app, wanted))), wanted)


def dressed(app: App, view: "ReportView", wanted: Wanted) -> "ReportView":
    """A view in its language, with the picture of the company where a reader may see whose it is."""
    from assetctl.report.logo import read_logo
    from assetctl.report.speech import speech

    settings = app.settings
    path = wanted.logo or (settings.file(settings.report.logo) if settings.report.logo else None)
    logo = read_logo(path) if path is not None and app.redact is not RedactionLevel.SHARE else None
    return replace(view, language=speech(wanted.language or settings.report.language).language, logo=logo)


def templates_of(app: App, folder: Path | None) -> Path | None:
    """The user's own templates: as said now, else as the settings name them."""
    named = app.settings.report.templates
    return folder or (app.settings.file(named) if named else None)


def trace_of(app: App, inputs: "ReportInputs", wanted: Wanted) -> dict[str, Any]:
    """What each requirement rests on, for the result."""
    from assetctl.report.trace import trace
    from assetctl.work.levelling import places
    from assetctl.work.site import site

    with app.store() as store:
        run, about = store.latest_run(), site(store, wanted.realm)
    zones = about.zone_file(app.zones_file)
    counted = about.seen(run, zones.zones, zones.conduits) if run else {}
    seen = {app.redacted(place): checks for place, checks in counted.items()}
    told = trace(inputs, app.redacted(places(zones.zones, zones.conduits)), seen)
    return {key: _redacted(app, value) for key, value in told.items()}


def _redacted(app: App, value: Any) -> Any:
    """What a trace holds as this call may write it; records are redacted as they are made."""
    return (lambda: map(app.redacted, value())) if callable(value) else app.redacted(value)


def redacted_inputs_of(app: App, wanted: Wanted) -> "ReportInputs":
    """What a report is made from, without what this call takes out of everything."""
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
