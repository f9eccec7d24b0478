"""Golden inventories against the store: written from it, compared with it, one file per zone."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from ipaddress import ip_address
from pathlib import Path

from assetctl import fingerprint, merge
from assetctl.baseline import Golden, read, write
from assetctl.documents import read_yaml
from assetctl.errors import Exit, InputError
from assetctl.golden import DRIFT, UNSEEN, Difference, Reread, coverage, verdict, verify
from assetctl.identity import assign
from assetctl.inventory import build_assets
from assetctl.model import Address, Asset, Observation, Result, Scan, ScanState, Severity
from assetctl.protocol import Protocol
from assetctl.report.machine import Row
from assetctl.scope import Target
from assetctl.settle import as_text, settled
from assetctl.sightings import sightings
from assetctl.store.repo import Store
from assetctl.targets import parse_target
from assetctl.work.reread import reread


@dataclass(frozen=True, slots=True)
class Verified:
    """A golden file against the inventory. coverage: share of its entries that were looked at, 0 to 1."""

    golden: Golden
    differences: tuple[Difference, ...]
    coverage: float
    code: Exit


def zones_of(assets: Iterable[Asset]) -> tuple[tuple[str, str], ...]:
    """Realm and zone of every zone that holds an asset."""
    return tuple(sorted({(asset.realm, asset.zone) for asset in assets if asset.zone}))


def golden_text(assets: tuple[Asset, ...], realm: str, zone: str, protocols: Mapping[str, Protocol]) -> str:
    """The golden file of one zone as it stands now."""
    return write(assets, zone=zone, realm=realm, decoders=decoders(protocols), data=fingerprint.data_versions())


def compare(
    store: Store,
    path: Path,
    protocols: Mapping[str, Protocol],
    *,
    now: datetime,
    max_age: timedelta | None,
    share: float,
) -> Verified:
    """Compare a golden file with the inventory. share: of its entries that must have been looked at."""
    golden = read(read_yaml(path).root, file=str(path))
    scans = [s for s in store.scans(golden.realm) if s.state in (ScanState.DONE, ScanState.PARTIAL, ScanState.IMPORTED)]
    found = verify(
        golden,
        store.assets(golden.realm),
        covered=_covered(store, scans, now=now, max_age=max_age),
        now=now,
        max_age=max_age,
        decoders=decoders(protocols),
        data=fingerprint.data_versions(),
        reread=_reread(store, protocols),
    )
    looked_at = coverage(golden, found)
    return Verified(golden, found, looked_at, verdict(found, coverage=looked_at, required=share))


def rows(verified: Verified, path: Path) -> list[Row]:
    """The differences as rows for machines: drift contradicts, what was not seen is unknown."""
    return [
        Row(
            kind="golden",
            id=f"{one.entry}/{one.field or one.outcome}",
            rule=f"golden-{one.outcome.replace(' ', '-')}",
            title=f"Golden inventory: {one.outcome}",
            severity=Severity.HIGH if one.outcome in DRIFT else Severity.MEDIUM,
            state=Result.FAIL if one.outcome in DRIFT else Result.UNKNOWN if one.outcome in UNSEEN else Result.PASS,
            message=_told(one),
            file=path.as_posix(),
            logical=one.entry,
        )
        for one in verified.differences
    ]


def decoders(protocols: Mapping[str, Protocol]) -> dict[str, str]:
    """Version of each decoder, by name."""
    return {name: str(protocol.version) for name, protocol in protocols.items()}


def _told(one: Difference) -> str:
    values = f": {one.golden or '(nothing)'} -> {one.current or '(nothing)'}" if one.golden or one.current else ""
    return f"{one.field or 'device'} {one.outcome}{values}" + (f" ({one.note})" if one.note else "")


def _covered(store: Store, scans: Iterable[Scan], *, now: datetime, max_age: timedelta | None) -> Callable[[str], bool]:
    """Whether a finished scan that is young enough asked an address everything it planned, and did not exclude it."""
    looks: list[tuple[str, tuple[Target, ...], tuple[Target, ...]]] = []
    partly = cache(store.partly_asked)
    for scan in scans:
        if max_age is None or (scan.ended is not None and now - scan.ended <= max_age):
            asked, excluded = (
                tuple(target for text in texts for target in _targets(text, scan.realm))
                for texts in (scan.coverage, scan.excluded)
            )
            looks.append((scan.id, asked, excluded))

    def covered(text: str) -> bool:
        realm, _, ip = text.partition("/")
        address = Address(realm, ip_address(ip))
        return any(
            any(address in target for target in asked)
            and not any(address in target for target in excluded)
            and address not in partly(scan)
            for scan, asked, excluded in looks
        )

    return covered


def _targets(text: str, realm: str) -> tuple[Target, ...]:
    try:
        return parse_target(text.partition(" (")[0], realm=realm, resolve=None)
    except InputError:
        return ()  # the coverage of an import is a file, not a range


def _reread(store: Store, protocols: Mapping[str, Protocol]) -> Reread:
    """Reads the evidence of a golden entry with today's decoders and gives the facts it makes."""

    @cache
    def again(evidence: tuple[str, ...]) -> Mapping[str, str] | None:
        steps = {stored.step for one in evidence if (stored := store.exchange(one)) is not None}
        observations = [o for step in sorted(steps) if (o := store.observation(step)) is not None]
        if not observations:
            return None
        fresh: list[Observation] = [one.observation for one in reread(observations, protocols)]
        clusters = merge.cluster(sightings(fresh, derive=fingerprint.derive))
        assigned = assign(clusters, {})
        assets = build_assets(clusters, assigned.ids, assigned.aliases).assets
        whole = [asset for asset in assets if asset.parent is None]
        return {key: as_text(fact.value) for key, fact in settled(whole[0]).items()} if len(whole) == 1 else None

    return again
