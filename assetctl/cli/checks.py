"""check: what the inventory means, against the thresholds of the one who asks."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assetctl.cli.app import App, account, finish, of
from assetctl.cli.clock import now
from assetctl.cli.policy import Folders
from assetctl.errors import InputError
from assetctl.text import counted

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from assetctl.model import Severity
    from assetctl.policy.plant import Plant
    from assetctl.store.repo import Store
    from assetctl.work.check import Checked, Demands


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be judged. only, zones, folders: empty for all checks, for the whole plant, for none of one's own.

    moment: what was known then is judged, None for what is known now. at: the clock of this call.
    """

    only: tuple[str, ...]
    zones: frozenset[str]
    folders: tuple[Path, ...]
    demands: "Demands"
    moment: "datetime | None"
    at: "datetime"

    @property
    def is_whole(self) -> bool:
        return not (self.only or self.zones or self.moment)


def add_to(app: typer.Typer) -> None:
    """Put the commands of this file into the program."""
    app.command(epilog="Example: assetctl check --fail-on high --output findings.sarif")(check)


def check(
    context: typer.Context,
    only: Annotated[
        list[str] | None, typer.Option("--policy", help="Only this check; more than once for more.")
    ] = None,
    zone: Annotated[list[str] | None, typer.Option("--zone", help="Only what lies in this zone.")] = None,
    checks: Folders = None,
    fail_on: Annotated[str, typer.Option("--fail-on", help="critical, high, medium, low or never.")] = "high",
    max_unknown: Annotated[int | None, typer.Option("--max-unknown", help="Return 3 above so many unknowns.")] = None,
    max_age: Annotated[
        str | None, typer.Option("--max-age", help="Older evidence counts for no check, such as 7d; needed in CI.")
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option("--baseline", help="JSON of an earlier check: its failures are shown, not counted.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Judge what was known then: 2026-03-01 (its end, UTC) or a time.")
    ] = None,
    output: Annotated[
        list[Path] | None,
        typer.Option("--output", help="Also write .sarif, .xml (JUnit), .json or .github (annotations)."),
    ] = None,
    plain_names: Annotated[
        bool, typer.Option("--plain-names", help="Do not replace names in machine formats.")
    ] = False,
) -> None:
    """Judge the inventory. A missing fact is "unknown", never a pass."""
    from assetctl.work.check import zones_within
    from assetctl.work.machine import check_ending

    app = of(context)
    asked = _Asked(
        only=tuple(only or ()),
        zones=zones_within(app.zones, tuple(zone or ())),
        folders=tuple(checks or ()),
        demands=_demands(fail_on, max_unknown, max_age, baseline),
        moment=_moment(as_of) if as_of else None,
        at=now(),
    )
    for path in output or ():
        check_ending(path)
    with app.store() as store:
        plant, result = _judged(app, store, asked)
        for path in output or ():
            _write(app, store, result, path, plain=plain_names)
    _tell_unseen(app, plant, asked)
    _tell(app, result, asked.demands.known, kept=asked.is_whole)
    finish(result.code)


def _judged(app: App, store: "Store", asked: _Asked) -> "tuple[Plant, Checked]":
    """What was judged, and what came of it; the run is kept when it was of everything, as it stands now."""
    from assetctl.work.check import check as judge
    from assetctl.work.check import chosen, pack, younger
    from assetctl.work.papers import read_papers
    from assetctl.work.retiring import answering_again, retired
    from assetctl.work.tracking import Withdrawal

    demands, then = asked.demands, asked.moment or asked.at
    every = pack(app.settings, asked.folders)
    wanted = chosen(every, asked.only)
    papers = read_papers(app.settings, app.zones_file, today=then.date(), checks=[one.id for one in every])
    plant = _plant(app, store, asked.moment, demands.max_age)
    result = judge(
        store,
        younger(wanted, demands.max_age) if demands.max_age else wanted,
        plant,
        now=then,
        demands=demands,
        papers=papers,
        zones=asked.zones,
        keep=asked.is_whole,
        withdrawal=Withdrawal(f"assetctl check, run by {account()}", app.register),
    )
    for line in answering_again(plant.assets, retired(app.register)):
        app.output.warn(line)
    return plant, result


def _plant(app: App, store: "Store", moment: "datetime | None", max_age: "timedelta | None") -> "Plant":
    """What is judged: the inventory as it stands, with what people declared since, or what was known at a time.

    Golden inventories are compared with the plant of today alone.
    """
    from assetctl.protocols import registry
    from assetctl.work.approving import approved
    from assetctl.work.check import plant_at
    from assetctl.work.ingest import ingest

    if moment is not None:
        conduits = app.zones_file.conduits
        return plant_at(store, app.settings, app.declared, protocols=registry(), until=moment, conduits=conduits)
    for one in sorted({scan.realm for scan in store.scans()}):
        ingest(store, one, app.declared)  # what people declared since the last scan counts
    golden = approved(store, app.settings, registry(), now=now(), max_age=max_age)
    return app.plant(store, approved=golden)


def _demands(fail_on: str, max_unknown: int | None, max_age: str | None, baseline: Path | None) -> "Demands":
    import os

    from assetctl.work.check import Demands
    from assetctl.work.known import read_known
    from assetctl.work.ordering import span

    if max_age is None and os.environ.get("CI"):
        raise InputError("--max-age is needed in CI: without it old evidence would pass for today's plant")
    known = read_known(baseline) if baseline else frozenset()
    return Demands(_severity(fail_on), max_unknown, known, span(max_age) if max_age else None)


def _moment(text: str) -> "datetime":
    """A date stands for its end; a time without a zone is in UTC. Raises InputError, also for the future."""
    from datetime import UTC, datetime, timedelta

    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(
            f"--as-of {text[:40]}: a date such as 2026-03-01, or a time in ISO 8601, is expected"
        ) from None
    if len(text) == len("2026-03-01"):
        found += timedelta(days=1, seconds=-1)
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    if found > now() + timedelta(days=1):
        raise InputError(f"--as-of {text[:40]}: that is in the future; nothing can be known of it")
    return min(found, now())


def _severity(text: str) -> "Severity | None":
    from assetctl.model import Severity

    if text == "never":
        return None
    if text not in set(Severity):
        raise InputError(f"--fail-on {text}: critical, high, medium, low or never is expected")
    return Severity(text)


def _write(app: App, store: "Store", result: "Checked", path: Path, *, plain: bool) -> None:
    from assetctl.report.machine import finding_rows
    from assetctl.work.machine import write

    files = {one.id: f"checks/{one.path.name}" for one in result.checks}
    redact = app.machine_redaction(store, plain=plain)
    write(list(finding_rows(result.findings, files)), path, generated_at=now(), redact=redact, name="assetctl check")
    app.output.say(f"written: {path}" + ("" if plain else ", names and addresses replaced"))


def _tell_unseen(app: App, plant: "Plant", asked: _Asked) -> None:
    from assetctl.work.check import unseen

    max_age = asked.demands.max_age
    if max_age is not None and (missing := unseen(plant, now=asked.moment or asked.at, max_age=max_age)):
        named = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
        app.output.warn(f"not seen within --max-age: {len(missing)} ({named}); the answer is partial")


def _tell(app: App, result: "Checked", known: frozenset[str], *, kept: bool) -> None:
    from assetctl.model import Result
    from assetctl.work.check import total

    for line in result.notices:
        app.output.warn(line)
    order = {name: at for at, name in enumerate(("critical", "high", "medium", "low"))}
    shown = sorted(
        result.findings.having(Result.FAIL, Result.ERROR), key=lambda f: (order[f.severity], f.check, f.subject)
    )
    rows = [
        {
            "id": f.id,
            "check": f.check,
            "severity": f.severity,
            "result": f.result,
            "subject": f.subject,
            "statement": f.statement,
            "reason": f.reason,
            "waiver": f.waiver,
            "zone": f.zone,
            "position": f.position,
            "known": f.id in known,
            "evidence": [b.evidence for b in f.because if b.evidence],
        }
        for f in (shown if app.output.format == "table" else result.findings)
    ]
    columns = ("severity", "check", "subject", "statement", "waiver", *(("known",) if known else ()))
    app.output.rows("findings", rows, columns=columns, command="check", code=int(result.code))
    told = ", ".join(f"{total(result.judgement, r)} {r}" for r in Result)
    app.output.say(f"{counted(len(result.checks), 'check')}: {told}")
    if known:
        again = sum(f.id in known for f in shown)
        app.output.say(f"baseline: {again} of its {counted(len(known), 'failure')} still there, not counted")
    if not kept:
        app.output.say("judged in part or for another time: shown, not kept for reports")
    app.output.say("a fail is an indication until an assessor confirms it; next: assetctl report all")
