"""What a centre does with collectors: asks for scans, and takes in what came back, each once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from assetctl.enrolled import EnrolledKey
from assetctl.errors import InputError, IntegrityFault
from assetctl.plan import Plan
from assetctl.store.collectors import Centre, Result, Site
from assetctl.store.repo import Store
from assetctl.work import bundling
from assetctl.work.bundle_file import open_bundle
from assetctl.work.collecting_job import Term, sealed
from assetctl.work.collecting_queue import request
from assetctl.work.ingest import Declared
from assetctl.work.order import Order
from assetctl.work.ordering import Wish
from assetctl.work.signing import Signer

MOST_TIMES = 400


@dataclass(frozen=True, slots=True)
class Times:
    """When a job is to be done. at: first, None for now. every, times: how often again. lasts: how long it may wait."""

    at: datetime | None = None
    every: timedelta | None = None
    times: int = 1
    lasts: timedelta = timedelta(days=1)

    def each(self) -> Iterator[datetime | None]:
        """The moments, the first one None for now. Raises InputError."""
        if not 1 <= self.times <= MOST_TIMES or (self.times > 1 and self.every is None):
            raise InputError(f"--times: 1 to {MOST_TIMES} is expected, and --every with more than 1")
        yield self.at
        for number in range(1, self.times):
            if self.at is None or self.every is None:
                raise InputError("--every: --at names the first time")
            yield self.at + number * self.every


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one result. objection: why it was not taken in, "" when it was."""

    result: Result
    rows: int
    notes: tuple[str, ...]
    objection: str


def ask(
    centre: Centre, site: Site, order: Order, plan: Plan, wish: Wish, signer: Signer, *, times: Times, now: datetime
) -> tuple[int, ...]:
    """Sign a job per moment and put it into the queue of the site. The numbers. Raises InputError."""
    if not plan.rows:
        raise InputError("the plan is empty: nothing in it may be asked; `assetctl plan` says why")
    numbers = []
    for at in tuple(times.each()):
        begins = at or now
        carried = sealed(site.name, order.realm, plan, wish, Term(begins, begins + times.lasts), signer)
        same = f"{site.name} {order.realm} {plan.hash} {at.isoformat() if at else ''}"
        numbers.append(request(centre, site.name, carried, same=same, at=at))
    return tuple(numbers)


def take(
    centre: Centre, store: Store, keys: Sequence[EnrolledKey], *, ledgers: Path, declared: Callable[[], Declared]
) -> tuple[Taken, ...]:
    """Merge every result that was not looked at. One that does not hold is noted and stands in no other's way."""
    sites = {one.name: one for one in centre.sites()}
    taken = []
    for result in centre.results():
        raw = centre.bundle(result.job) if result.merged is None else None
        if raw is None:
            continue
        with TemporaryDirectory(prefix="assetctl-") as folder:
            path = Path(folder) / f"job-{result.job}.bundle"
            path.write_bytes(raw)
            try:
                done = _merged(store, path, keys, sites.get(result.site), ledgers, declared())
                taken.append(Taken(result, done.won, done.notes, ""))
            except (InputError, IntegrityFault) as fault:
                taken.append(Taken(result, 0, (), _without(str(fault), folder)))
        centre.mark_merged(result.job, taken[-1].objection)
    return tuple(taken)


def _merged(
    store: Store, path: Path, keys: Sequence[EnrolledKey], site: Site | None, ledgers: Path, declared: Declared
) -> bundling.Merged:
    if site is None:
        raise InputError("its site is not enrolled")
    opened = open_bundle(path, keys)
    if opened.key.fingerprint != site.key:
        raise IntegrityFault(f"signed by {opened.key.owner}, which is not the key of {site.name}")
    names = {theirs: ours for theirs, ours in site.realms.items() if theirs in opened.realms}
    return bundling.merge(store, opened, names=names, shared=False, ledgers=ledgers, declared=declared)


def _without(text: str, folder: str) -> str:
    return text.replace(f"{folder}/", "")
