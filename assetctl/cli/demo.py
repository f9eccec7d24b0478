"""demo: the whole job against a fake plant on loopback, from plan to golden file, without rights or a network."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from assetctl.cli.app import App, finish, of
from assetctl.cli.clock import clock
from assetctl.cli.demo_account import Tale, account, code_of, tell
from assetctl.cli.output import Output
from assetctl.cli.progress import Bar
from assetctl.errors import EnvironmentFault, Exit
from assetctl.text import counted

if TYPE_CHECKING:
    from assetctl.plan import Plan
    from assetctl.report.view import ReportView
    from assetctl.store.repo import Store
    from assetctl.work.check import Checked
    from assetctl.work.order import Order, Permission
    from assetctl.work.session import Outcomes

STEPS = 8
REALM = "plant"
ENDED = (Exit.INTERRUPTED, Exit.TERMINATED)
SIGNED = '["Demo, at the keyboard"]'


def add_to(app: typer.Typer) -> None:
    """Put the command of this file into the program."""
    app.command(epilog="Examples: assetctl demo · assetctl demo --dir try-it --serve")(demo)


def demo(
    context: typer.Context,
    folder: Annotated[Path, typer.Option("--dir", help="Folder to write; an earlier demo in it is replaced.")] = Path(
        "demo-plant"
    ),
    serve: Annotated[bool, typer.Option("--serve", help="Keep the fake plant up until Ctrl-C.")] = False,
) -> None:
    """Try everything on a fake plant on loopback: plan, scan, import, check, reports, golden files. Needs no rights."""
    from assetctl.demo.folder import prepare
    from assetctl.demo.plant import running

    began_s, output = monotonic(), of(context).output
    with running() as plant:
        prepare(folder, network=plant.network, now=clock())
        app, say = in_folder(output, folder), Steps(output)
        say.step(f"a fake plant of {counted(len(plant.devices), 'device')} on {plant.network}0.0/16, loopback only")
        tale = run(app, folder, say, began_s)
        record = account(tale, plant)
        tell(output, tale, record)
        if serve:
            _serve(output)
    finish(code_of(tale, record))


def in_folder(output: Output, folder: Path) -> App:
    """The program with the demo's settings and the demo's own database, whatever the environment says."""
    from assetctl.demo.folder import SETTINGS

    return App(output, folder / SETTINGS, str(folder / "assetctl.db"))


def run(app: App, folder: Path, say: "Steps", began_s: float) -> Tale:
    """The job itself, each step by the function that its own command uses."""
    from assetctl.demo.folder import NMAP_REPORT
    from assetctl.work.importing import import_nmap, take_positions

    with app.store(create=True) as store:
        take_positions(store, app.register, realm=REALM, declared=app.declared)
        say.step(f"register and zones: {counted(len(app.register), 'position')} in {counted(len(app.zones), 'zone')}")
        order, plan = _planned(app, store)
        say.step(
            f"plan: {counted(plan.devices, 'address')}, at most {counted(plan.units, 'unit')},"
            f" {counted(plan.packets, 'packet')}; signed"
        )
        permission = _signed(plan, order, store, folder / "approval.toml")
        (folder / "plan.json").write_text(plan.canonical() + "\n", "utf-8")
        outcomes = _scanned(app, folder, order, plan, permission, store)
        if outcomes.code in ENDED:
            finish(outcomes.code)
        say.step(f"scan: {outcomes.scan.state}, {counted(len(outcomes.ingested.assets), 'asset')}")
        taken = import_nmap(store, folder / NMAP_REPORT, realm=REALM, now=clock(), declared=app.declared)
        say.step(f"nmap report: {counted(taken.hosts, 'host')}, {counted(taken.assets, 'asset')} now")
        checked = _checked(app, store)
        say.step(f"check: {counted(len(checked.checks), 'check')}")
        tale = Tale(folder, began_s, checked, outcomes, store.assets())
        tale.paths |= _reports(app, store, folder)
        say.step("report: page and workbook")
        tale.paths |= _golden(store, folder)
        say.step("golden inventory: one file per zone")
    return tale


def _planned(app: App, store: "Store") -> "tuple[Order, Plan]":
    import os

    from assetctl.work.order import plan_for
    from assetctl.work.ordering import Wish, order_of

    scan = f"demo-{clock():%Y%m%dT%H%M%S}"
    order = order_of(Wish(None), app.settings, zones=app.zones, register=app.register, scan=scan, environ=os.environ)
    return order, plan_for(order, store, nmap=False, now=clock())


def _signed(plan: "Plan", order: "Order", store: "Store", path: Path) -> "Permission":
    """The plan's draft of an approval, signed, and read again as `scan --approval` reads it."""
    from datetime import timedelta

    from assetctl.approval import draft
    from assetctl.work.order import permission_by
    from assetctl.work.ordering import read_approval

    text = draft(plan, now=clock(), until=clock() + timedelta(days=1), realm=order.realm)
    path.write_text(text.replace("approved_by = []", f"approved_by = {SIGNED}"), "utf-8")
    return permission_by(plan, read_approval(path), store, realm=order.realm, now=clock())


def _scanned(
    app: App, folder: Path, order: "Order", plan: "Plan", permission: "Permission", store: "Store"
) -> "Outcomes":
    from assetctl.work.scan import Progress
    from assetctl.work.session import perform

    progress = Progress(total=plan.devices)
    place = replace(app.place, locks=folder / ".locks")
    with Bar(progress, shown=app.output.verbosity >= 0) as bar:
        return perform(order, plan, permission, store, place, now=clock, progress=progress, on_step=bar.step)


def _checked(app: App, store: "Store") -> "Checked":
    from assetctl.work.check import check, pack
    from assetctl.work.papers import read_papers

    checks, at = pack(app.settings), clock()
    papers = read_papers(app.settings, app.zones_file, today=at.date(), checks=[one.id for one in checks])
    plant = app.plant(store)
    return check(store, checks, plant, now=at, papers=papers)


def _reports(app: App, store: "Store", folder: Path) -> dict[str, Path]:
    from assetctl.report import html, xlsx

    view, page, workbook = _view(app, store), folder / "report.html", folder / "report.xlsx"
    with _writing(folder):
        with page.open("w", encoding="utf-8", newline="\n") as text:
            html.write(view, text)
        with workbook.open("wb") as raw:
            xlsx.write(view, raw)
    return {"page": page, "workbook": workbook}


def _view(app: App, store: "Store") -> "ReportView":
    from assetctl.cli.report_view import Wanted, inputs_of
    from assetctl.report.view import build

    return build(inputs_of(app, store, Wanted(assessor="a demo")))


def _golden(store: "Store", folder: Path) -> dict[str, Path]:
    from assetctl.protocols import registry
    from assetctl.work.golding import golden_text, zones_of

    assets, out = store.assets(), folder / "golden"
    with _writing(folder):
        out.mkdir()
        for realm, zone in zones_of(assets):
            (out / f"{zone}.yaml").write_text(golden_text(assets, realm, zone, registry()), "utf-8")
    return {"golden": out}


def _serve(output: Output) -> None:
    from threading import Event

    try:
        output.say("the plant stays up; Ctrl-C ends it")
        Event().wait()
    except KeyboardInterrupt:
        output.say("the plant is down")


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise EnvironmentFault(f"{fault.filename or folder}: {fault.strerror}") from None


class Steps:
    """Tells the steps with their number."""

    def __init__(self, output: Output) -> None:
        self._say: Callable[[str], None] = output.say
        self._at = 0

    def step(self, text: str) -> None:
        self._at += 1
        self._say(f"[{self._at}/{STEPS}] {text}")
