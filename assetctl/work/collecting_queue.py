"""The queue of jobs between a centre and its collectors, kept by procrastinate in the centre's database.

A site is a queue. Both sides connect to the database; the centre connects to no collector.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

from assetctl.errors import AssetctlError, EnvironmentFault, InputError
from assetctl.store.collectors import SCHEMA, Centre, Result

if TYPE_CHECKING:
    from procrastinate import App, JobContext
    from procrastinate.jobs import Job as Row

TASK = "assetctl.scan"
MOST_ATTEMPTS = 5
RETRY_S, LONGER = 30, 4  # 30 s, 2, 8, 32 minutes, 2 hours: as long as a scan by hand may hold a realm
HEARD_EVERY_S = 10.0
LOST_S = 5.0  # without a connection for so long, the centre is lost
LOOK_S = 0.1  # between two looks whether a cancelled run has ended
_OPTIONS = {"options": f"-c search_path={SCHEMA}", "application_name": "assetctl collector"}


@dataclass(frozen=True, slots=True)
class Listed:
    """One job and how it ended. state: of the queue. result: None while nobody has told."""

    number: int
    site: str
    state: str
    attempts: int
    scheduled: datetime | None
    carried: Mapping[str, Any]
    result: Result | None


@dataclass(frozen=True, slots=True)
class Work:
    """A job handed to the thread that scans. done: what is told when it ended. is_last: no other attempt follows."""

    number: int
    carried: Mapping[str, Any]
    is_last: bool = False
    cancelled: Event = field(default_factory=Event)
    done: "Future[None]" = field(default_factory=Future)


class Later(Exception):
    """The job cannot be done now and is to be taken up again after a while: the clocks of the two sides may differ."""

    def __init__(self, reason: str, after: timedelta = timedelta()) -> None:
        super().__init__(reason)
        self.after = after
        self.at: datetime | None = None  # by the centre's clock; at once as long as nobody asked it


def request(centre: Centre, site: str, carried: Mapping[str, str], *, same: str, at: datetime | None = None) -> int:
    """Put a job into the queue of a site and return its number. Raises InputError when the same one waits or runs.

    It gets no lock of the queue, where a job of next week would hold up all that are asked for after it: a site has
    one collector, which does one job at a time, and a realm is locked on its machine.
    """
    from procrastinate.exceptions import AlreadyEnqueued

    with _opened(centre) as app:
        if any(app.job_manager.list_jobs(queueing_lock=same, status="doing")):
            raise InputError(f"{site}: the same job is being done; see: assetctl collector status")
        try:
            return app.configure_task(TASK, queue=site, queueing_lock=same, schedule_at=at).defer(**carried)
        except AlreadyEnqueued:
            raise InputError(f"{site}: the same job waits already; see: assetctl collector status") from None


def cancel(centre: Centre, number: int) -> None:
    """Have a job not begin, or stop. Raises InputError when there is none that could."""
    with _opened(centre) as app:
        if not app.job_manager.cancel_job_by_id(number, abort=True):
            raise InputError(f"{number}: no job of this number waits or runs; see: assetctl collector status")


def listed(centre: Centre, site: str | None = None) -> tuple[Listed, ...]:
    """Every job in the order in which they were asked for."""
    results = {one.job: one for one in centre.results()}
    with _opened(centre) as app:
        rows = app.job_manager.list_jobs(queue=site, task=TASK)
    return tuple(
        Listed(_number(row), row.queue, row.status or "", row.attempts, row.scheduled_at, row.task_kwargs, result)
        for row in rows
        for result in [results.get(_number(row))]
    )


def serve(centre: Centre, site: str, hand: Callable[[Work], None], stop: Callable[[Work], None], *, once: bool) -> None:
    """Take jobs of a site until stopped, or until none is due; blocks, in a thread of its own.

    hand: gives a job to whoever does it. stop: called again and again after it was cancelled, until it ended.
    """
    app = _app(centre, is_async=True)

    async def carry_out(context: "JobContext", /, **carried: Any) -> None:
        work = Work(_number(context.job), carried, is_last=context.job.attempts >= MOST_ATTEMPTS)
        hand(work)
        await _ended(work, stop)

    app.task(name=TASK, pass_context=True, retry=_retry())(carry_out)
    _say_it_ourselves()
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:  # psycopg takes no other on Windows
        runner.run(_serve(app, centre, site, once=once))


def _say_it_ourselves() -> None:
    """A lost centre is one line of ours; the libraries below would tell it in tracebacks."""
    for name in ("procrastinate", "psycopg.pool", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


async def _serve(app: "App", centre: Centre, site: str, *, once: bool) -> None:
    async with app.open_async():
        for row in await app.job_manager.list_jobs_async(queue=site, status="doing"):
            await _taken_up_again(app, row, centre)
        hearing = asyncio.create_task(_hear(centre, site))
        try:
            await app.run_worker_async(
                queues=[site], name=site, wait=not once, install_signal_handlers=False, fetch_job_polling_interval=5.0
            )
        finally:
            hearing.cancel()


async def _taken_up_again(app: "App", row: "Row", centre: Centre) -> None:
    """Whoever did a job of this site is dead, since its place was free."""
    from procrastinate.jobs import Status
    from procrastinate.utils import utcnow

    if row.attempts >= MOST_ATTEMPTS:
        note = f"begun {row.attempts + 1} times and never ended"
        await asyncio.to_thread(centre.put_result, Result(_number(row), row.queue, "failed", note, utcnow()), None)
        await app.job_manager.finish_job_by_id_async(_number(row), Status.FAILED, delete_job=False)
    else:
        await app.job_manager.retry_job_by_id_async(_number(row), utcnow())


async def _hear(centre: Centre, site: str) -> None:
    while True:
        with contextlib.suppress(AssetctlError):  # whoever asks for work finds out that the centre is lost
            await asyncio.to_thread(centre.hear, site)
        await asyncio.sleep(HEARD_EVERY_S)


async def _ended(work: Work, stop: Callable[[Work], None]) -> None:
    """Wait for the end of a job; when it is cancelled, have it stopped and wait on."""
    from procrastinate.exceptions import JobAborted

    waiting = asyncio.wrap_future(work.done)
    try:
        await asyncio.shield(waiting)
    except asyncio.CancelledError:
        work.cancelled.set()
        while not waiting.done():
            stop(work)
            await asyncio.wait({waiting}, timeout=LOOK_S)
        raise JobAborted from None


def _retry() -> Any:
    from procrastinate import BaseRetryStrategy, RetryDecision
    from procrastinate.jobs import Job as Row

    class Again(BaseRetryStrategy):
        def get_retry_decision(self, *, exception: BaseException, job: Row) -> RetryDecision | None:
            if isinstance(exception, Later):
                return RetryDecision(retry_at=exception.at)
            if isinstance(exception, EnvironmentFault) and job.attempts < MOST_ATTEMPTS:
                return RetryDecision(retry_in={"seconds": RETRY_S * LONGER**job.attempts})
            return None

    return Again()


def _opened(centre: Centre) -> "App":
    from procrastinate.exceptions import ConnectorException

    try:
        return _app(centre, is_async=False).open()
    except ConnectorException as fault:
        raise EnvironmentFault(f"{centre.where} does not answer ({fault.__cause__}); try again") from None


def _app(centre: Centre, *, is_async: bool) -> "App":
    try:
        from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
    except ModuleNotFoundError:
        raise EnvironmentFault('collectors need procrastinate: install "assetctl[postgres]"') from None
    kind: Any = PsycopgConnector if is_async else SyncPsycopgConnector
    return App(connector=kind(conninfo=centre.dsn, kwargs=dict(_OPTIONS), min_size=1, max_size=4, timeout=LOST_S))


def _number(row: "Row") -> int:
    if row.id is None:
        raise EnvironmentFault("the queue holds a job without a number")
    return row.id
