"""verify: whether a report is what was written, who signed it, and what a requirement in it rests on."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assetctl.cli.app import App, finish, of
from assetctl.errors import Exit, InputError

if TYPE_CHECKING:
    from assetctl.store.repo import Store
    from assetctl.work.passing import Passes


def add_to(app: typer.Typer) -> None:
    """Put the command of this file into the program."""
    app.command("verify", epilog="Example: assetctl verify audit/report.html --walk 'SR 1.5@cell-1'")(verify)


def verify(
    context: typer.Context,
    report: Annotated[Path, typer.Argument(help="Page, workbook, result, manifest or folder of `report all`.")],
    signed: Annotated[bool, typer.Option("--signed", help="Demand a signature by an enrolled key.")] = False,
    walk: Annotated[
        str, typer.Option("--walk", help="A requirement at a zone or conduit, such as 'SR 1.5@cell-1'.")
    ] = "",
) -> None:
    """Find one changed byte in a report and say who signed it; returns 9 when it is not what was written.

    --walk goes from a requirement over checks, attestations and findings to the stored bytes, which are hashed again.
    """
    from assetctl.work.keybook import enrolled_keys
    from assetctl.work.verifying import verify as compare

    app = of(context)
    proofs = compare(report, enrolled_keys(app.settings), _inputs_today(app))
    rows: list[dict[str, Any]] = [
        {"what": one.what, "state": one.state, "detail": one.detail, "fault": one.is_fault} for one in proofs
    ]
    is_sound = not any(one.is_fault for one in proofs)
    if signed and not any(one.state == "valid" for one in proofs):
        is_sound = False
        app.output.error(f"{report}: no signature by an enrolled key")
    for one in proofs:
        if one.is_fault:
            app.output.error(f"{one.what}: {one.state}; {one.detail}")
    if walk and is_sound:
        steps = _walked(app, report, walk)
        is_sound = not any(step["fault"] for step in steps)
        rows += steps
    code = Exit.DONE if is_sound else Exit.INTEGRITY
    app.output.rows("verify", rows, columns=("what", "state", "detail"), command="verify", code=code)
    finish(code)


def _inputs_today(app: App) -> dict[str, str]:
    """SHA-256 of the files that the settings name, of those that can be read."""
    from hashlib import sha256

    files = app.settings.files
    named = {
        "zones": files.zones,
        "positions": files.positions,
        "waivers": files.waivers,
        "attestations": files.attestations,
        **{f"golden {name}": name for name in files.golden},
    }
    found = {name: app.settings.file(path) for name, path in named.items() if path}
    return {name: sha256(path.read_bytes()).hexdigest() for name, path in found.items() if path.is_file()}


def _passes(app: App, store: "Store") -> "Passes | None":
    """The passes of the last run, judged again when nothing has changed since."""
    from assetctl.protocols import registry
    from assetctl.work.approving import approved
    from assetctl.work.check import pack
    from assetctl.work.passing import passes_of

    run = store.latest_run()
    if run is None:
        return None
    plant = app.plant(store, approved=approved(store, app.settings, registry(), now=run.at))
    return passes_of(run, pack(app.settings), plant)


def _walked(app: App, report: Path, walk: str) -> list[dict[str, Any]]:
    from assetctl.work.walking import walked

    requirement, _, place = walk.partition("@")
    if not requirement.strip() or not place.strip():
        raise InputError(f"--walk {walk[:60]}: a requirement and a place are expected, such as 'SR 1.5@cell-1'")
    with app.store() as store:
        steps = walked(report, store, requirement.strip(), place.strip(), _passes(app, store))
    for step in steps:
        if step.is_fault:
            app.output.error(f"{step.what}: {step.state}; {step.detail}")
    return [{"what": s.what, "state": s.state, "detail": s.detail, "fault": s.is_fault} for s in steps]
