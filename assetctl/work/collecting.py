"""What a collector does with a job: the centre's word, then its own approval, then the scan, then a signed bundle."""

import queue
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread

from assetctl.errors import AssetctlError, EnvironmentFault, Exit, InputError, IntegrityFault, SafetyStop
from assetctl.model import Position, Scan, ScanState, Zone
from assetctl.plan import Plan
from assetctl.safety.limits import next_opening, seconds_left
from assetctl.settings import Settings
from assetctl.store.collectors import Centre, Result
from assetctl.store.repo import Store
from assetctl.text import one_line
from assetctl.work import bundling, lock
from assetctl.work import collecting_outbox as outbox
from assetctl.work.collecting_job import Job, opened, outside
from assetctl.work.collecting_queue import Later, Work, serve
from assetctl.work.keybook import enrolled_keys
from assetctl.work.order import Order, Place, permission_by, plan_for
from assetctl.work.ordering import order_of, read_approval
from assetctl.work.recovery import mark_interrupted
from assetctl.work.scan import Progress
from assetctl.work.session import perform
from assetctl.work.signing import Signer

NO_WINDOW = timedelta(days=1)
_ENDS = {Exit.INTERRUPTED, Exit.TERMINATED}


@dataclass(frozen=True, slots=True)
class Collector:
    """One collector: its own settings and store, and the centre that it asks for work."""

    settings: Settings
    store: Store
    place: Place
    centre: Centre
    signer: Signer
    zones: tuple[Zone, ...]
    register: tuple[Position, ...]
    environ: Mapping[str, str] = field(repr=False)
    now: Callable[[], datetime]
    say: Callable[[str], None]

    @property
    def site(self) -> str:
        return self.settings.collector.site


class _Leaving(Exception):
    """Somebody ended this program in the middle of a job. code: what it ends with."""

    def __init__(self, code: Exit) -> None:
        super().__init__()
        self.code = code


def run(collector: Collector, *, once: bool) -> Exit:
    """Do the jobs of the site, until it is ended, or until none is due. Raises EnvironmentFault, InputError.

    Scans are run here, in the main thread, where signals reach them; the queue is listened to in another.
    """
    _require(collector)
    inbox: queue.SimpleQueue[Work | BaseException | None] = queue.SimpleQueue()

    def listen() -> None:
        try:
            serve(collector.centre, collector.site, inbox.put, lambda work: _stop(collector, work), once=once)
            inbox.put(None)
        except BaseException as fault:  # noqa: BLE001  told by the main thread, which would else wait for ever
            inbox.put(fault)

    with collector.centre.only_one(collector.site):
        collector.centre.site(collector.site)
        for scan in mark_interrupted(collector.store, collector.place.locks):
            collector.say(f"scan {scan.id} was killed; its job is taken up again")
        outbox.bring_all(_outbox(collector), collector.centre, collector.say)
        Thread(target=listen, name="queue", daemon=True).start()
        while (told := inbox.get()) is not None:
            if isinstance(told, BaseException):
                reason = one_line(str(told.__cause__ or told), most=300)
                raise EnvironmentFault(f"the centre was lost ({reason}); start the collector again") from told
            try:
                _do(collector, told)
            except _Leaving as leaving:
                return leaving.code
    if not once:
        raise EnvironmentFault("the centre no longer answers; start the collector again")
    return Exit.DONE


def _require(collector: Collector) -> None:
    told = collector.settings.collector
    missing = [name for name in ("site", "centre", "centre_key", "key", "approval") if not getattr(told, name)]
    if missing:
        raise InputError(f"[collector]: {', '.join(missing)} must be set in the settings")


def _stop(collector: Collector, work: Work) -> None:
    """End the sending of a cancelled job; a scan that somebody started by hand goes on."""
    for holder in collector.place.locks.glob("*.holder"):
        if lock.holder_of(collector.place.locks, holder.stem) == _scan_id(work):
            lock.ask_to_stop(collector.place.locks, holder.stem)


def _scan_id(work: Work) -> str:
    import hashlib

    text = str(work.carried.get("text", "")).encode("utf-8", "replace")
    return f"job-{hashlib.sha256(text).hexdigest()[:20]}"


def _do(collector: Collector, work: Work) -> None:
    """One job to its end. What goes wrong belongs to the job, not to the collector."""
    collector.say(f"job {work.number} begins")
    try:
        outbox.bring_all(_outbox(collector), collector.centre, collector.say)
        state, note, path = _outcome(collector, work)
        result = Result(work.number, collector.site, state, one_line(note, most=2000), collector.now())
        told = _told(collector, result, path)
    except _Leaving:
        _settle(work.done, Later("the collector was ended"))
        raise
    except (Later, AssetctlError) as fault:
        _put_off(collector, work, fault)
        return
    collector.say(f"job {work.number}: {state}" + (f", {told.note}" if told.note else ""))
    _settle(work.done, None)


def _told(collector: Collector, result: Result, path: Path | None) -> Result:
    """Tell the centre how a job ended; what has a bundle is kept until the centre has it. Raises EnvironmentFault."""
    if path is None:
        collector.centre.put_result(result, None)
        return result
    return outbox.bring(outbox.keep(result, path), collector.centre)


def _put_off(collector: Collector, work: Work, fault: Later | AssetctlError) -> None:
    """Have the queue take up a job again, at a time by the centre's clock; the last time, say why it was given up."""
    collector.say(f"job {work.number} later: {one_line(str(fault), most=300)}")
    try:
        if isinstance(fault, Later):
            fault.at = collector.centre.moment() + fault.after
        elif work.is_last:
            outbox.bring_all(_outbox(collector), collector.centre, collector.say)  # the first word stays
            note = f"given up: {one_line(str(fault), most=1900)}"
            collector.centre.put_result(Result(work.number, collector.site, "failed", note, collector.now()), None)
    except AssetctlError as lost:
        fault = lost
    _settle(work.done, fault)


def _outcome(collector: Collector, work: Work) -> tuple[str, str, Path | None]:
    """How a job ended, what there is to say, and the bundle. Raises Later, EnvironmentFault."""
    try:
        told = collector.settings.collector
        keys = enrolled_keys(collector.settings)
        job = opened(work.carried, keys, site=told.site, centre=told.centre_key, now=collector.now())
        scan = _scanned(collector, work, job)
    except SafetyStop as stop:
        return "stopped", str(stop), None
    except (InputError, IntegrityFault) as fault:
        return "refused", str(fault), None
    except EnvironmentFault:
        raise
    except AssetctlError as fault:
        return "failed", str(fault), None
    if work.cancelled.is_set() and (scan is None or scan.state is ScanState.INTERRUPTED):
        return "cancelled", "", None
    if scan is None:
        return "failed", "nothing was scanned", None
    return scan.state.value, f"scan {scan.id}, ledger head {scan.head} count {scan.count}", _bundle(collector, scan)


def _scanned(collector: Collector, work: Work, job: Job) -> Scan | None:
    """The run of a job: begun, gone on with, or found done. None when it was cancelled before it began."""
    before = collector.store.scan(job.scan)
    if before is not None and before.state is not ScanState.INTERRUPTED:
        return before
    if early := job.early(collector.now()):
        raise Later(f"its time comes in {early.total_seconds():.0f} s by the clock here", early)
    order = order_of(
        job.wish,
        collector.settings,
        zones=collector.zones,
        register=collector.register,
        scan=job.scan,
        environ=collector.environ,
        resume=job.scan if before else "",
    )
    plan = _allowed(collector, job, order)
    approval = read_approval(collector.settings.file(collector.settings.collector.approval))
    permission = permission_by(
        plan, approval, collector.store, realm=order.realm, now=collector.now(), resume=order.resume
    )
    stated = replace(permission, stated=f"job {work.number} of the centre; {permission.stated}")
    _wait_for_window(collector, order)
    if work.cancelled.is_set():
        return before
    outcomes = perform(
        order, plan, stated, collector.store, collector.place, now=collector.now, progress=Progress(plan.devices)
    )
    if outcomes.code in _ENDS:
        raise _Leaving(outcomes.code)
    if outcomes.scan.state is ScanState.INTERRUPTED and not work.cancelled.is_set():
        return replace(outcomes.scan, state=ScanState.STOPPED)  # assetctl stop at the site stands over the centre
    return outcomes.scan


def _allowed(collector: Collector, job: Job, order: Order) -> Plan:
    """The plan that is made here. Raises InputError when it goes beyond what the centre signed."""
    from assetctl.transport.tool import find_nmap

    plan = plan_for(order, collector.store, nmap=find_nmap() is not None, now=collector.now())
    if found := outside(plan, job, realm=order.realm, now=collector.now()):
        raise InputError("the plan here is outside the job: " + "; ".join(found))
    return plan


def _wait_for_window(collector: Collector, order: Order) -> None:
    """Raise Later as long as no window is open, with the time until one will be."""
    windows = tuple(one for one in order.scope.windows if one.realm in ("", order.realm))
    now, zone = collector.now(), order.scope.timezone
    if seconds_left(windows, now, zone) == 0:
        opens = next_opening(windows, now, zone)
        if opens is None:
            raise Later("no window opens within a week", NO_WINDOW)
        raise Later(f"outside the window, which opens at {opens:%Y-%m-%d %H:%M} UTC", opens - now)


def _bundle(collector: Collector, scan: Scan) -> Path:
    """The bundle of a run, written once; a job that is taken up again sends the same bytes."""
    folder = _outbox(collector)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{scan.id}.bundle"
    if not path.exists():
        given = bundling.cargo(collector.store, (scan.id,), (), collector.settings.project.site)
        bundling.write(collector.store, given, path, collector.signer, now=collector.now())
    return path


def _outbox(collector: Collector) -> Path:
    return collector.place.ledgers.with_name("outbox")


def _settle(done: "Future[None]", fault: BaseException | None) -> None:
    if fault is None:
        done.set_result(None)
    else:
        done.set_exception(fault)
