"""evidence: the raw exchanges, the proof that they are unchanged, and reading them again without a packet."""

from pathlib import Path
from typing import Annotated

import typer

from assetctl.cli.app import finish, of
from assetctl.errors import Exit, InputError
from assetctl.redaction import RedactionLevel
from assetctl.text import counted

evidence = typer.Typer(help="Raw exchanges, their proof, and reading them again.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Put the commands of this file into the program."""
    app.add_typer(evidence, name="evidence")


@evidence.command("list", epilog="Example: assetctl evidence list --step 10.20.1.7")
def list_evidence(
    context: typer.Context,
    scan: Annotated[str | None, typer.Option("--scan", help="Only this run.")] = None,
    step: Annotated[str, typer.Option("--step", help="Only steps that contain this text, such as an address.")] = "",
) -> None:
    """The exchanges in the order they were made."""
    app = of(context)
    with app.store() as store:
        rows = [
            {
                "id": one.exchange.id,
                "step": one.step,
                "request": one.exchange.request,
                "outcome": one.exchange.outcome,
                "at": one.exchange.at.isoformat(timespec="milliseconds"),
                "rtt_ms": round(one.exchange.rtt_ms, 1) if one.exchange.rtt_ms is not None else None,
                "sent_sha256": one.sent,
                "received_sha256": list(one.received),
            }
            for one in store.exchanges(scan)
            if step in one.step
        ]
    app.output.rows("evidence", rows, columns=("id", "step", "request", "outcome", "rtt_ms"), command="evidence list")


@evidence.command("show", epilog="Example: assetctl evidence show SCAN:12")
def show_evidence(context: typer.Context, exchange: Annotated[str, typer.Argument(help="Exchange id.")]) -> None:
    """One exchange with its bytes in hexadecimal, which any redaction withholds. Secrets are never part of it."""
    from assetctl.report.redaction import WITHHELD

    app = of(context)
    plain = app.redact is RedactionLevel.INTERNAL
    with app.store() as store:
        found = store.exchange(exchange)
    if found is None:
        raise InputError(f"{exchange}: no such exchange; `assetctl evidence list` shows them")
    one = found.exchange
    record = {
        "id": one.id,
        "scan": found.scan,
        "step": found.step,
        "request": one.request,
        "at": one.at.isoformat(),
        "outcome": one.outcome,
        "detail": one.detail,
        "sent": one.sent.hex() if plain else WITHHELD,
        "received": [frame.hex() if plain else WITHHELD for frame in one.received],
        "sent_sha256": found.sent,
        "received_sha256": list(found.received),
    }
    if app.output.format == "table":
        rows = [{"what": key, "value": value} for key, value in record.items()]
        app.output.rows("exchange", rows, columns=("what", "value"), command="evidence show")
    else:
        app.output.document("exchange", record, command="evidence show")


@evidence.command("verify", epilog="Example: assetctl evidence verify --scan ID --head HASH --count N")
def verify_evidence(
    context: typer.Context,
    scan: Annotated[str | None, typer.Option("--scan", help="Only this run.")] = None,
    head: Annotated[str, typer.Option("--head", help="Head of the ledger as the ticket has it.")] = "",
    count: Annotated[int, typer.Option("--count", min=0, help="Count of the ledger as the ticket has it.")] = 0,
    ledger: Annotated[Path | None, typer.Option("--ledger", help="A ledger file that lies elsewhere.")] = None,
) -> None:
    """Find a changed byte, a truncation or a rebuilt chain. Returns 9 when anything is not what was stored."""
    from assetctl.work.proof import verify

    app = of(context)
    if (head or count) and not scan:
        raise InputError("--head and --count belong to one run: name it with --scan")
    with app.store() as store:
        proofs = verify(store, scan, head=head, count=count, ledger=ledger)
    rows = [
        {"scan": p.scan, "lines": p.lines, "exchanges": p.exchanges, "proof": p.claim, "fault": p.fault} for p in proofs
    ]
    code = Exit.INTEGRITY if any(p.fault for p in proofs) else Exit.DONE if proofs else Exit.NOTHING
    columns = ("scan", "lines", "exchanges", "proof", "fault")
    app.output.rows("proof", rows, columns=columns, command="evidence verify", code=code)
    for proof in proofs:
        if proof.fault:
            app.output.error(f"{proof.scan}: {proof.fault}")
    finish(code)


@evidence.command("reread", epilog="Example: assetctl evidence reread --dry-run")
def reread_evidence(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")] = False,
) -> None:
    """Read all evidence again with today's decoders and make the inventory anew, without a packet.

    Evidence that older questions brought keeps its stored reading where today's would lose some of it. Returns 5 when
    there is such evidence, or some that cannot be read.
    """
    from assetctl.work.rereading import reread_all

    app = of(context)
    with app.store() as store:
        done = reread_all(store, declared=app.declared, dry_run=dry_run)
    rows = [{"observation": name, "change": text} for name, text in done.changes]
    for line in done.faults + done.kept:
        app.output.warn(line)
    code = Exit.PARTIAL if done.faults or done.kept else Exit.DONE
    app.output.rows("reread", rows, columns=("observation", "change"), command="evidence reread", code=code)
    app.output.say(
        f"{counted(done.observations, 'observation')} read again, {len(done.changes)} changed,"
        f" {len(done.kept)} of older questions"
        f" kept as they were; {counted(done.assets, 'asset')}"
    )
    finish(code)
