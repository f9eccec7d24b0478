"""attest: what people answer for the rows of 62443-3-3, in a file for git and as a questionnaire."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assetctl.cli.app import App, confirm, finish, of
from assetctl.cli.clock import now
from assetctl.cli.days import day
from assetctl.cli.options import WriteUnasked
from assetctl.errors import Exit, InputError
from assetctl.text import counted

if TYPE_CHECKING:
    from assetctl.policy.attestations import Standing
    from assetctl.store.records import CheckRun
    from assetctl.work.attesting import AttestationBook
    from assetctl.work.questions import Compared

attest = typer.Typer(help="What people answer for the rows of 62443-3-3, on which document.", no_args_is_help=True)

Reviewer = Annotated[str, typer.Option("--reviewer", help="Who has reviewed it; not its author.")]
Until = Annotated[
    str, typer.Option("--valid-until", help="Last day: 2027-03-01, or 180d from today; at most 366 days.")
]
COLUMNS = ("id", "requirement", "place", "answer", "author", "reviewer", "valid_until", "days_left", "note")


def add_to(app: typer.Typer) -> None:
    """Put the commands of this file into the program."""
    app.add_typer(attest, name="attest")


@attest.command(
    "add",
    epilog="Example: assetctl attest add 'SR 1.3' yes --zone cell-1 --document policies/accounts.pdf"
    " --author 'A. Example' --reviewer 'B. Example'",
)
def add_attestation(
    context: typer.Context,
    requirement: Annotated[str, typer.Argument(help="Row, such as 'SR 1.1' or 'SR 1.1 RE 2'.")],
    answer: Annotated[str, typer.Argument(help="yes, no, partly or 'not applicable'.")],
    author: Annotated[str, typer.Option("--author", help="Who answers.")],
    zone: Annotated[str, typer.Option("--zone", help="Zone for which it is answered.")] = "",
    conduit: Annotated[str, typer.Option("--conduit", help="Conduit for which it is answered.")] = "",
    document: Annotated[
        str, typer.Option("--document", help="What it rests on, from the folder of the attestations file.")
    ] = "",
    reviewer: Reviewer = "",
    statement: Annotated[str, typer.Option("--statement", help="How the row is met, or why it is not.")] = "",
    organisation: Annotated[str, typer.Option("--organisation", help="Of the author.")] = "",
    reviewer_organisation: Annotated[str, typer.Option("--reviewer-organisation", help="Of the reviewer.")] = "",
    valid_until: Until = "365d",
    despite: Annotated[
        list[str] | None, typer.Option("--despite", help="Check whose unknown results the author knows of.")
    ] = None,
    name: Annotated[str, typer.Option("--id", help="Id; made of place and row when not given.")] = "",
) -> None:
    """Answer one row for one zone or conduit. The document's SHA-256 is worked out from its bytes as they are now."""
    from assetctl.work.attesting import hashed

    app = of(context)
    book = _book(app)
    texts = {"requirement": requirement, "zone": zone, "conduit": conduit, "answer": answer, "statement": statement}
    people = {"author": author, "organisation": organisation, "reviewer": reviewer}
    days = {"date": now().date().isoformat(), "valid_until": day(valid_until).isoformat()}
    entry = texts | people | days | {"document": document, "reviewer_organisation": reviewer_organisation}
    done = book.add(hashed(book.path, {**entry, "despite": tuple(despite or ())}), name)
    app.output.say(f"written: attestation {done} in {book.path}")


@attest.command("list", epilog="Example: assetctl attest list --zone cell-1")
def list_attestations(
    context: typer.Context,
    zone: Annotated[str | None, typer.Option("--zone", help="Only this zone or conduit.")] = None,
) -> None:
    """Answers, and which of them do not count and why; returns 3 when one has expired."""
    from assetctl.policy.attestations import notices, standings
    from assetctl.work.attesting import digests

    app = of(context)
    book = _book(app)
    every = standings(book.read().attestations, today=now().date(), digest=digests(book.path))
    found = [one for one in every if zone in (None, one.attestation.place)]
    for line in notices(found):
        app.output.warn(line)
    code = Exit.FINDINGS if any(one.is_expired for one in found) else Exit.DONE
    app.output.rows("attestations", map(_row, found), columns=COLUMNS, command="attest list", code=code)
    app.output.say(f"{counted(len(found), 'answer')}, {sum(one.counts for one in found)} of them in order")
    finish(code)


@attest.command("renew", epilog="Example: assetctl attest renew cell-1_SR1.3 --reviewer 'B. Example'")
def renew_attestation(
    context: typer.Context,
    attestation: Annotated[str, typer.Argument(help="Id of the attestation.")],
    reviewer: Reviewer,
    valid_until: Until = "365d",
) -> None:
    """Give the same answer again today, on the document as it is now."""
    app = of(context)
    _book(app).renew(attestation, reviewer=reviewer, valid_until=day(valid_until))
    app.output.say(f"renewed: attestation {attestation} until {day(valid_until)}")


@attest.command("export", epilog="Example: assetctl attest export questions.xlsx --zone cell-1")
def export_questions(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Workbook to write.")],
    zone: Annotated[list[str] | None, typer.Option("--zone", help="Only this zone or conduit; more than once.")] = None,
) -> None:
    """Write the questionnaire of all 100 rows, a sheet for each zone and conduit, with what is answered already."""
    from assetctl.exchange.questionnaire import write
    from assetctl.policy.frameworks import IEC
    from assetctl.policy.load import load_frameworks
    from assetctl.text import near
    from assetctl.work import outfile
    from assetctl.work.check import pack
    from assetctl.work.questions import questions

    app = of(context)
    app.keeps_names("a questionnaire is read back")
    book, zones, rows = _book(app), app.zones_file, load_frameworks()[IEC].rows.values()
    known = (*(one.id for one in zones.zones), *(one.id for one in zones.conduits))
    for name in zone or ():
        if name not in known:
            raise InputError(f"{name}: there is no such zone or conduit{near(name, known)}")
    if not known:
        raise InputError("no zone is named; set [files] zones in assetctl.toml")
    told, run = book.read().attestations, _last_run(app)
    checks = pack(app.settings) if run else ()
    asked = questions(zones, rows, told, checks=checks, run=run, only=tuple(zone or ()))
    with outfile.binary(file) as stream:
        count = write(asked, stream, at=now())
    app.output.say(f"{counted(count, 'question')}: {file}")


@attest.command("import", epilog="Example: assetctl attest import questions.xlsx --dry-run")
def import_answers(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Filled questionnaire.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change and stop.")] = False,
    yes: WriteUnasked = False,
) -> None:
    """Take in a filled questionnaire. With anything wrong in it, nothing is written."""
    from assetctl.exchange.questionnaire import read
    from assetctl.work.questions import SAME, compared, take_in

    app = of(context)
    book = _book(app)
    found = compared(book, read(file))
    _show(app, found)
    if found.problems:
        for line in found.problems:
            app.output.error(line)
        finish(Exit.USAGE)
    count = sum(one.kind != SAME for one in found.differences)
    if dry_run or not count:
        return
    if not yes and not confirm(
        f"Write {counted(count, 'answer')} into {book.path}?", instead="--yes, or --dry-run to look only"
    ):
        finish(Exit.USAGE)
    app.output.say(f"written: {counted(take_in(book, found), 'answer')} in {book.path}")


def _show(app: App, found: "Compared") -> None:
    rows = [
        {
            "change": one.kind,
            "id": one.id,
            "requirement": one.requirement,
            "place": one.place,
            "value": "; ".join(
                f"{key}: {before or 'nothing'} -> {after or 'nothing'}" for key, (before, after) in told
            ),
        }
        for one in found.differences
        if (told := sorted(one.changes.items()))
    ]
    columns = ("change", "requirement", "place", "value")
    code = Exit.USAGE if found.problems else Exit.DONE
    app.output.rows("attest-import", rows, columns=columns, command="attest import", code=code)


def _row(one: "Standing") -> dict[str, Any]:
    told = one.attestation
    plain = ("id", "requirement", "place", "answer", "statement", "document", "sha256", "author", "reviewer")
    return {
        **{key: getattr(told, key) for key in plain},
        "independent": told.is_independent,
        "date": told.given.isoformat(),
        "valid_until": told.valid_until.isoformat(),
        "days_left": one.days_left,
        "counts": one.counts,
        "note": one.fault,
    }


def _book(app: App) -> "AttestationBook":
    from assetctl.work.attesting import AttestationBook
    from assetctl.work.check import check_ids
    from assetctl.work.papers import known_to_attest

    if not app.settings.files.attestations:
        raise InputError("no attestations file is named; set [files] attestations in assetctl.toml")
    path = app.settings.file(app.settings.files.attestations)
    known = known_to_attest(app.zones_file, check_ids(app.settings))
    return AttestationBook(path, today=now().date(), known=known)


def _last_run(app: App) -> "CheckRun | None":
    try:
        store = app.store()
    except InputError as error:  # questions can be asked before there is anything to judge
        app.output.detail(str(error))
        return None
    with store:
        return store.latest_run()
