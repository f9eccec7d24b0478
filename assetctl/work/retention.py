"""What may be forgotten: raw bytes of old runs that nothing rests on any more. Digests, facts and findings stay."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from assetctl.errors import InputError
from assetctl.model import ScanState
from assetctl.settings import Settings
from assetctl.store.repo import Store
from assetctl.work.golding import golden_files, load


@dataclass(frozen=True, slots=True)
class Forgotten:
    """scans: how many runs are old enough. cited: exchanges that something rests on. size_bytes: as on the wire."""

    scans: int
    cited: int
    blobs: int
    size_bytes: int


def prune(store: Store, settings: Settings, *, keep: timedelta, now: datetime, dry_run: bool = False) -> Forgotten:
    """Drop the bytes of runs that ended before now - keep, but those that facts, findings or golden files rest on.

    Raises InputError for a keep below one day, and for a golden file that cannot be read: what it cites is not known.
    """
    if keep < timedelta(days=1):
        raise InputError("--keep: at least 1d is expected, since younger evidence is what checks rest on")
    old = [
        scan.id
        for scan in store.scans()
        if scan.state is not ScanState.RUNNING and (scan.ended or scan.started) < now - keep
    ]
    cited = frozenset(filter(None, _cited(store, settings)))
    done = store.prune_blobs(old, cited=cited, dry_run=dry_run)
    return Forgotten(len(old), len(cited), done.blobs, done.size_bytes)


def _cited(store: Store, settings: Settings) -> Iterator[str]:
    """Ids of the exchanges that the inventory, any kept run of the policy and the golden files name."""
    for fact in store.facts():
        yield fact.source.evidence
    for run in store.runs():
        for finding in store.findings(run.id):
            for because in finding.because:
                yield because.evidence
    named = [settings.file(name) for name in settings.files.golden]
    for path in golden_files(named) if named else ():
        for entry in load(path)[0].entries:
            yield from entry.evidence
