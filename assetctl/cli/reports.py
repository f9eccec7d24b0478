"""report: the page, on paper too, the workbook, all with a manifest."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assetctl.cli.app import App, of
from assetctl.cli.options import with_options_of
from assetctl.cli.report_view import Wanted, dressed, redacted_inputs_of, templates_of, trace_of, view_of

if TYPE_CHECKING:
    from assetctl.report.view import ReportView

report = typer.Typer(help="What auditors receive.", no_args_is_help=True)

Out = Annotated[Path | None, typer.Option("--out", "-o", help="File to write.")]
Templates = Annotated[
    Path | None, typer.Option("--templates", help="Folder of own templates; files that it lacks stay as shipped.")
]

EASY_PAGE_BYTES = 64 << 20  # above it a browser takes a minute and gigabytes, or gives up


def add_to(app: typer.Typer) -> None:
    """Put the commands of this file into the program."""
    app.add_typer(report, name="report")


@report.command("html", epilog="Example: assetctl report html --out report.html")
@with_options_of(Wanted)
def html(
    context: typer.Context,
    out: Out = None,
    *,
    wanted: Wanted,
    templates: Templates = None,
) -> None:
    """One self-contained page; it works without a network and prints."""
    app = of(context)
    _write_html(app, view_of(app, wanted), out or Path("report.html"), templates)


@report.command("xlsx", epilog="Example: assetctl report xlsx --out report.xlsx")
@with_options_of(Wanted)
def xlsx(
    context: typer.Context,
    out: Out = None,
    *,
    wanted: Wanted,
) -> None:
    """The workbook with the same content as tables."""
    app = of(context)
    _write_xlsx(app, view_of(app, wanted), out or Path("report.xlsx"))


@report.command("pdf", epilog="Example: assetctl report pdf --out report.pdf")
@with_options_of(Wanted)
def pdf(
    context: typer.Context,
    out: Out = None,
    *,
    wanted: Wanted,
    templates: Templates = None,
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
    view = view_of(app, wanted)
    with tempfile.TemporaryDirectory(prefix="assetctl-") as folder:
        page = Path(folder) / "report.html"
        with page.open("w", encoding="utf-8", newline="\n") as stream:
            write(view, stream, templates_of(app, templates))
        printed = printing.paper(page, program, at=datetime.fromisoformat(view.generated_at))
    outfile.make_folder(path.parent)
    with outfile.binary(path) as raw:
        raw.write(printed)
    app.output.say(f"written: {path}")


@report.command("all", epilog="Example: assetctl report all --out audit --sign audit")
@with_options_of(Wanted)
def both(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write to.")] = Path(),
    *,
    wanted: Wanted,
    templates: Templates = None,
    sign: Annotated[str, typer.Option("--sign", help="Sign the manifest: name of a `signing` entry.")] = "",
) -> None:
    """Page, workbook and result for machines, with a manifest of their hashes that `verify` compares."""
    from assetctl.report.sheets import require_room
    from assetctl.report.view import build
    from assetctl.work import outfile
    from assetctl.work.keybook import signer as opened
    from assetctl.work.signing import about, write_manifest, write_result

    app = of(context)
    signer = opened(app.settings, sign) if sign else None
    inputs = redacted_inputs_of(app, wanted)
    view = dressed(app, app.redacted(build(inputs)), wanted)
    require_room(view)
    outfile.make_folder(out)
    view = write_result(out, view, trace_of(app, inputs, wanted), signer)
    app.output.say(f"written: {out / 'result.json'}")
    _write_html(app, view, out / "report.html", templates)
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
    seen = verify(folder, enrolled_keys(app.settings))
    if wrong := [one for one in seen if one.is_fault and one.state != "missing"]:
        raise IntegrityFault(f"{wrong[0].what}: {wrong[0].state}; what is not as it was written is not signed")
    opened, enrolled = signer(app.settings, key)
    app.output.say(f"signed: {sign(manifest_of(folder), opened)} by {enrolled.owner}")


def _write_html(app: App, view: "ReportView", path: Path, templates: Path | None) -> None:
    from assetctl.report.html import write
    from assetctl.work import outfile

    outfile.make_folder(path.parent)
    with outfile.text(path) as stream:
        write(view, stream, templates_of(app, templates))
    app.output.say(f"written: {path}")
    if (size := path.stat().st_size) > EASY_PAGE_BYTES:
        instead = "the workbook holds the same tables, --realm makes the page of one site"
        app.output.warn(f"{path} has {size >> 20} MB: few browsers open it; {instead}")


def _write_xlsx(app: App, view: "ReportView", path: Path) -> None:
    from assetctl.report.xlsx import write
    from assetctl.work import outfile

    outfile.make_folder(path.parent)
    with outfile.binary(path) as stream:
        write(view, stream)
    app.output.say(f"written: {path}")
