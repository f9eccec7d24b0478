"""collector: connected sites scan on a signed request of the centre, under their own approval."""

import os
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assetctl.cli.app import App, finish, of
from assetctl.cli.clock import clock
from assetctl.cli.options import By, realm_pairs
from assetctl.cli.scan_order import Only, Realm, Sweep
from assetctl.errors import Exit, InputError
from assetctl.text import counted

if TYPE_CHECKING:
    from assetctl.store.collectors import Centre
    from assetctl.work.collecting_queue import Listed

collector = typer.Typer(help="Scans of connected sites; the site dials the centre, never the other way.")
Site = Annotated[str, typer.Argument(help="Name of the site.")]
JOBS = ("job", "site", "state", "attempts", "at", "plan", "result", "note", "merged")
SITES = ("site", "key", "realms", "enrolled", "by", "heard")


def add_to(app: typer.Typer) -> None:
    """Put the commands of this file into the program."""
    app.add_typer(collector, name="collector")


@collector.command("run", epilog="Example: assetctl collector run")
def run(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="End when no job is due.")] = False,
) -> None:
    """At the site: do the jobs of the centre that the approval here covers, and send the results back."""
    from assetctl.store.collectors import Centre
    from assetctl.work.collecting import Collector
    from assetctl.work.collecting import run as work
    from assetctl.work.keybook import signer

    app = of(context)
    told = app.settings.collector
    if not told.centre or not told.key:
        raise InputError("[collector]: site, centre, centre_key, key and approval must be set in the settings")
    key, centre = signer(app.settings, told.key), Centre(told.centre)
    try:
        with app.store(create=True) as store:
            one = Collector(
                app.settings, store, app.place, centre, key, app.zones, app.register, dict(os.environ), clock,
                app.output.say,
            )  # fmt: skip
            code = work(one, once=once)
    except KeyboardInterrupt:
        code = Exit.INTERRUPTED
    finally:
        centre.close()
    finish(code)


@collector.command("enrol", epilog="Example: assetctl collector enrol north --key 3f9a2b71 --by 'B. Example'")
def enrol(
    context: typer.Context,
    site: Site,
    key: Annotated[str, typer.Option("--key", help="Enrolled key that the site signs with; see keys list.")],
    by: By,
    realm: Annotated[
        list[str] | None, typer.Option("--realm", help="THEIRS=OURS: a realm of the site is this one here.")
    ] = None,
    role: Annotated[str | None, typer.Option("--role", help="PostgreSQL role of the site: gets its rights.")] = None,
) -> None:
    """At the centre: let a site take jobs and send results. Makes the queue, or brings it up to date."""
    from assetctl.enrolled import key_named
    from assetctl.store.collectors import Site as Enrolled
    from assetctl.work.keybook import enrolled_keys

    app = of(context)
    if not site.strip() or not by.strip():
        raise InputError("SITE and --by: a name is needed")
    found = key_named(enrolled_keys(app.settings), key)
    realms = realm_pairs("--realm", realm or ())
    centre = _centre(app)
    centre.prepare()
    centre.enrol(Enrolled(site, found.fingerprint, realms, clock(), by))
    if role:
        centre.grant(role)
    app.output.say(f"enrolled: {site}, which signs with {found.fingerprint[:16]} of {found.owner}")


@collector.command("list", epilog="Example: assetctl collector list")
def list_sites(context: typer.Context) -> None:
    """The enrolled sites, and when each was heard of."""
    app = of(context)
    rows = [
        {
            "site": one.name,
            "key": one.key,
            "realms": dict(one.realms),
            "enrolled": one.enrolled.isoformat(timespec="seconds"),
            "by": one.by,
            "heard": one.heard.isoformat(timespec="seconds") if one.heard else None,
        }
        for one in _centre(app).sites()
    ]
    app.output.rows("collectors", rows, columns=SITES, command="collector list")


@collector.command("status", epilog="Example: assetctl collector status north")
def status(context: typer.Context, site: Annotated[str | None, typer.Argument(help="Only this site.")] = None) -> None:
    """The jobs: waiting, running, done, refused, and what was merged."""
    from assetctl.work.collecting_queue import listed

    app = of(context)
    rows = [_row(one) for one in listed(_centre(app), site)]
    app.output.rows("jobs", rows, columns=JOBS, command="collector status")


@collector.command("request", epilog="Example: assetctl collector request north 10.20.1.0/24 --key centre")
def request(
    context: typer.Context,
    site: Site,
    key: Annotated[str, typer.Option("--key", help="Sign with this [[signing]] entry.")],
    targets: Annotated[list[str] | None, typer.Argument(help="As of plan; none: those of the settings.")] = None,
    realm: Realm = None,
    only: Only = None,
    depth: Annotated[list[str] | None, typer.Option("--depth", help="Depth questions by name.")] = None,
    sweep: Sweep = False,
    at: Annotated[datetime | None, typer.Option("--at", help="First time, UTC.")] = None,
    every: Annotated[str | None, typer.Option("--every", help="Again after so long, such as 7d.")] = None,
    times: Annotated[int, typer.Option("--times", help="How often.")] = 1,
    lasts: Annotated[str, typer.Option("--lasts", help="How long it may wait for its site, such as 12h.")] = "1d",
) -> None:
    """At the centre: plan a scan of a site, sign it and put it into the queue. The site decides by its own approval."""
    from assetctl.transport.tool import find_nmap
    from assetctl.work.collecting_centre import Times, ask
    from assetctl.work.keybook import signer
    from assetctl.work.order import plan_for
    from assetctl.work.ordering import Wish, order_of, span

    app = of(context)
    first = _utc(at)
    when = Times(first, span(every) if every else None, times, span(lasts))
    signed, centre = signer(app.settings, key), _centre(app)
    wish = Wish(realm, tuple(targets or ()), (), None, tuple(only or ()), tuple(depth or ()), sweep)
    with app.store() as store:
        order = order_of(wish, app.settings, zones=app.zones, scan="plan", environ={}, fetch=False)
        made = plan_for(order, store, nmap=find_nmap() is not None, now=clock())
    numbers = ask(centre, centre.site(site), order, made, wish, signed, times=when, now=clock())
    told = ", ".join(map(str, numbers))
    app.output.say(
        f"job {told} for {site}: {counted(made.devices, 'address')},"
        f" at most {counted(made.units, 'unit')}, plan {made.hash}"
    )


@collector.command("cancel", epilog="Example: assetctl collector cancel 12")
def cancel(context: typer.Context, job: Annotated[int, typer.Argument(help="Number of the job.")]) -> None:
    """At the centre: have a job not begin, or stop within a second."""
    from assetctl.work.collecting_queue import cancel as end

    app = of(context)
    end(_centre(app), job)
    app.output.say(f"job {job}: told to stop")


@collector.command("merge", epilog="Example: assetctl collector merge")
def merge(context: typer.Context) -> None:
    """At the centre: take in the results that came; returns 9 when one does not hold."""
    from assetctl.work.collecting_centre import take
    from assetctl.work.keybook import enrolled_keys

    app = of(context)
    with app.store() as store:
        taken = take(
            _centre(app), store, enrolled_keys(app.settings), ledgers=app.place.ledgers, declared=lambda: app.declared
        )
    for one in taken:
        for line in (*one.notes, *([one.objection] if one.objection else [])):
            app.output.warn(f"job {one.result.job} of {one.result.site}: {line}")
    rows = [
        {"job": one.result.job, "site": one.result.site, "rows": one.rows, "objection": one.objection} for one in taken
    ]
    code = Exit.INTEGRITY if any(one.objection for one in taken) else Exit.DONE
    columns = ("job", "site", "rows", "objection")
    app.output.rows("merged", rows, columns=columns, command="collector merge", code=code)
    finish(code)


def _centre(app: App) -> "Centre":
    from assetctl.store.collectors import Centre

    return Centre(app.database_url)


def _utc(at: datetime | None) -> datetime | None:
    from datetime import UTC

    return at.replace(tzinfo=UTC) if at else None


def _row(one: "Listed") -> dict[str, Any]:
    result = one.result
    return {
        "job": one.number,
        "site": one.site,
        "state": one.state,
        "attempts": one.attempts,
        "at": one.scheduled.isoformat(timespec="seconds") if one.scheduled else None,
        "plan": _plan(str(one.carried.get("text", ""))),
        "result": result.state if result else None,
        "note": result.note if result else None,
        "merged": None if result is None or result.merged is None else result.merged or "yes",
    }


def _plan(text: str) -> str | None:
    import json

    try:
        return str(json.loads(text)["plan"])[:64]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
