"""report: the page, the workbook, both."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assetctl.cli.app import App, now, of
from assetctl.errors import EnvironmentFault

if TYPE_CHECKING:
    from assetctl.report.view import ReportView

report = typer.Typer(help="What auditors receive.", no_args_is_help=True)

Out = Annotated[Path | None, typer.Option("--out", "-o", help="File to write.")]
Assessor = Annotated[str, typer.Option("--assessor", help="Who assessed: role, organisation, relation to the owner.")]


def add_to(app: typer.Typer) -> None:
    """Put the commands of this file into the program."""
    app.add_typer(report, name="report")


@report.command("html", epilog="Example: assetctl report html --out report.html")
def html(context: typer.Context, out: Out = None, assessor: Assessor = "") -> None:
    """One self-contained page; it works without a network and prints."""
    app = of(context)
    _write_html(app, _view(app, assessor), out or Path("report.html"))


@report.command("xlsx", epilog="Example: assetctl report xlsx --out report.xlsx")
def xlsx(context: typer.Context, out: Out = None, assessor: Assessor = "") -> None:
    """The workbook with the same content as tables."""
    app = of(context)
    _write_xlsx(app, _view(app, assessor), out or Path("report.xlsx"))


@report.command("all", epilog="Example: assetctl report all --out audit")
def both(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write to.")] = Path(),
    assessor: Assessor = "",
) -> None:
    """Page and workbook."""
    app = of(context)
    view = _view(app, assessor)
    _write_html(app, view, out / "report.html")
    _write_xlsx(app, view, out / "report.xlsx")


def _view(app: App, assessor: str) -> "ReportView":
    from assetctl.policy.frameworks import IEC
    from assetctl.policy.load import load_frameworks
    from assetctl.protocols import registry
    from assetctl.report.view import build
    from assetctl.work.check import pack
    from assetctl.work.levelling import levels
    from assetctl.work.papers import read_papers, word_of_run
    from assetctl.work.reporting import Material, inputs
    from assetctl.work.retiring import answering_again, retired

    zones, zones_hash = app.zones, app.zones_file.sha256
    checks, at = pack(app.settings), now()
    papers = read_papers(app.settings, app.zones_file, today=at.date(), checks=[one.id for one in checks])
    with app.store() as store:
        material = Material(
            app.settings,
            checks,
            registry(),
            zones,
            zones_hash,
            app.register,
            assessor=assessor,
            notices=(
                *word_of_run(store, papers, at.date()).notices,
                *answering_again(store.assets(), retired(app.register)),
            ),
            levels=levels(store, app.zones_file, checks, load_frameworks()[IEC], papers).cells,
            papers=papers,
            zone_file=app.zones_file,
        )
        return build(inputs(store, material, generated_at=at))


def _write_html(app: App, view: "ReportView", path: Path) -> None:
    from assetctl.report.html import write
    from assetctl.work import outfile

    _make_folder(path)
    with outfile.text(path) as stream:
        write(view, stream)
    app.output.say(f"written: {path}")


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
