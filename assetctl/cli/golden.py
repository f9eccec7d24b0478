"""golden write, verify, accept: approved inventories for git and CI."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assetctl.cli.app import App, finish, of
from assetctl.cli.clock import now
from assetctl.cli.output import Format
from assetctl.errors import InputError
from assetctl.text import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assetctl.work.golding import Verified

golden = typer.Typer(help="Approved inventories for git and CI.", no_args_is_help=True)

COLUMNS = ("zone", "entry", "outcome", "field", "golden", "current", "note")
TITLE = "assetctl golden verify"


def add_to(app: typer.Typer) -> None:
    """Put the commands of this file into the program."""
    app.add_typer(golden, name="golden")


@golden.command("write", epilog="Example: assetctl golden write --out golden")
def write_golden(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder; one file per zone.")] = Path("golden"),
    zone: Annotated[str | None, typer.Option("--zone", help="Only this zone.")] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Also where a file says otherwise; its rules and approvals stay.")
    ] = False,
) -> None:
    """Write the inventory as it stands, one file per zone, to be reviewed and kept in git."""
    from assetctl.protocols import registry
    from assetctl.work import outfile
    from assetctl.work.golding import golden_of, rewritten, zones_of

    app = of(context)
    if replace:
        _not_in_ci("golden write --replace")
    with app.store() as store:
        assets = app.source(store.assets())
    found = [(realm, name) for realm, name in zones_of(assets) if zone in (None, name)]
    if not found:
        lacking = f"no asset lies in zone {zone}" if zone else "no asset lies in a zone"
        raise InputError(f"{lacking}; name the zones in zones.yaml and [files] zones in assetctl.toml")
    paths = [out / f"{name}.yaml" for _, name in found]
    made = (rewritten(path, golden_of(assets, *one, registry())) for path, one in zip(paths, found, strict=True))
    texts = [app.redacted(text) for text in made]
    held = [path.exists() and path.read_text("utf-8") == text for path, text in zip(paths, texts, strict=True)]
    differing = [path for path, same in zip(paths, held, strict=True) if path.exists() and not same]
    if differing and not replace:
        advice = "`assetctl golden verify` shows what differs, `accept` approves it, --replace writes all anew"
        raise InputError(f"{differing[0]}: is there and says otherwise; {advice}")
    out.mkdir(parents=True, exist_ok=True)
    for path, text, same in zip(paths, texts, held, strict=True):
        if not same:
            with outfile.text(path) as stream:
                stream.write(text)
        app.output.say(f"{'as it was' if same else 'written'}: {path}")


@golden.command("verify", epilog="Example: assetctl golden verify golden --max-age 7d --output drift.xml")
def verify_golden(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Golden files, or folders of them.")],
    max_age: Annotated[str | None, typer.Option("--max-age", help="Youngest evidence that counts, such as 7d.")] = None,
    coverage: Annotated[float, typer.Option("--coverage", min=0, max=1, help="Share that must have been seen.")] = 1.0,
    output: Annotated[
        list[Path] | None, typer.Option("--output", "-o", help="Also .sarif, .xml, .json, .md or .github; repeatable.")
    ] = None,
    plain_names: Annotated[
        bool, typer.Option("--plain-names", help="Do not replace names in machine formats, nor in CI.")
    ] = False,
) -> None:
    """Compare the inventory with golden files. 4: drift; 5: not observed or stale; 6: nothing to compare."""
    from assetctl.errors import worst
    from assetctl.protocols import registry
    from assetctl.work.golding import check_place, compare, golden_files, names_in, rows
    from assetctl.work.machine import check_ending, write
    from assetctl.work.ordering import span

    app, outputs = of(context), output or []
    for path in outputs:
        check_ending(path)
    if max_age is None and os.environ.get("CI"):
        raise InputError("--max-age is needed in CI: without it old evidence would pass for today's plant")
    age, at = span(max_age) if max_age else None, now()
    with app.store() as store:
        done = [
            (path, compare(store, path, registry(), now=at, max_age=age, share=coverage))
            for path in golden_files(files)
        ]
        check_place(done, store, app.zones)
        names = (name for _, one in done for name in names_in(one.golden))
        redact = app.machine_redaction(store, names, plain=plain_names)
    every = [row for path, one in done for row in rows(one, path)]
    for path in outputs:
        write(every, path, generated_at=at, redact=redact, name=TITLE)
    code = worst(*(one.code for _, one in done))
    shown = redact if os.environ.get("CI") else str
    if app.output.format is Format.MARKDOWN:
        from assetctl.report.markdown import page

        print(page(every, name=TITLE, redact=redact), end="")  # it travels to the server of the merge request
    else:
        _tell(app, [one for _, one in done], code, shown)
    _sum_up(app, [one for _, one in done], shown)
    finish(code)


@golden.command(
    "accept",
    epilog='Example: assetctl golden accept golden/cell-1.yaml PLC-7:serial_number --by "A. Smith" --reason spare',
)
def accept_golden(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Golden file.")],
    differences: Annotated[list[str], typer.Argument(help="ENTRY, or ENTRY:FIELD as `golden verify` names them.")],
    by: Annotated[str, typer.Option("--by", help="Who approves.")],
    reason: Annotated[str, typer.Option("--reason", help="Why the plant is as it is.")],
    ticket: Annotated[str, typer.Option("--ticket", help="Change or work order.")] = "",
) -> None:
    """Take named differences into a golden file; what it said before stays in the approval and in git."""
    from assetctl.protocols import registry
    from assetctl.work.accepting import Who, accept
    from assetctl.work.golding import check_place, compare

    app = of(context)
    _not_in_ci("golden accept")
    who = Who(by.strip(), reason.strip(), ticket.strip(), now().date())
    with app.store() as store:
        verified = compare(store, file, registry(), now=now(), max_age=None, share=1.0)
        check_place([(file, verified)], store, app.zones)
        changes = accept(store, file, verified, differences, who, registry())
        left = compare(store, file, registry(), now=now(), max_age=None, share=1.0)
    for line in changes:
        app.output.say(f"accepted: {line}")
    open_ones = sum(one.outcome != "equal" for one in left.differences)
    app.output.say(f"written: {file}; {counted(open_ones, 'difference')} left; commit it with its reason")


def _not_in_ci(what: str) -> None:
    if os.environ.get("CI"):
        raise InputError(f"{what} is for people: it does not work where CI is set")


def _tell(app: App, verified: "Sequence[Verified]", code: int, redact: "Callable[[str], str]") -> None:
    shown: list[dict[str, Any]] = [
        {name: redact(str(value)) if name != "outcome" else str(value) for name, value in record.items()}
        for one in verified
        for record in _records(one)
        if record["outcome"] != "equal" or app.output.format is not Format.TABLE
    ]
    app.output.rows("golden", shown, columns=COLUMNS, command="golden verify", code=code)


def _records(one: "Verified") -> "Sequence[dict[str, Any]]":
    from dataclasses import asdict

    return [{"zone": one.golden.zone, **asdict(difference)} for difference in one.differences]


def _sum_up(app: App, verified: "Sequence[Verified]", redact: "Callable[[str], str]") -> None:
    for one in verified:
        equal = sum(difference.outcome == "equal" for difference in one.differences)
        app.output.say(
            f"zone {redact(one.golden.zone)}: {equal} equal, {counted(len(one.differences) - equal, 'difference')},"
            f" {one.coverage:.0%} looked at"
        )
