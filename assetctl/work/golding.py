"""Golden inventories against the store: written from it, compared with it, one file per zone."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from assetctl import fingerprint
from assetctl.advisory.versions import Order
from assetctl.advisory.versions import compare as compare_versions
from assetctl.baseline import Golden, approved, renewed
from assetctl.baseline_text import RULES_FILE, Lines, read, read_rules, written
from assetctl.documents import Document, read_yaml, yaml_in
from assetctl.errors import Exit, InputError
from assetctl.facts import vocabulary
from assetctl.golden.comparison import verify
from assetctl.golden.outcome import DRIFT, UNSEEN, Difference, coverage, verdict
from assetctl.model import Asset, Result, ScanState, Severity, Zone
from assetctl.protocol import Protocol
from assetctl.report.machine import Row
from assetctl.store.repo import Store
from assetctl.text import near
from assetctl.work.golden_evidence import looked_at, rereader

LOOKS = (ScanState.DONE, ScanState.PARTIAL, ScanState.IMPORTED)
_LATER = frozenset({Order.EQUAL, Order.HIGHER})


@dataclass(frozen=True, slots=True)
class Verified:
    """A golden file against the inventory. coverage: share of its entries that were wholly looked at, 0 to 1.

    lines: where in the file its values stand.
    """

    golden: Golden
    differences: tuple[Difference, ...]
    coverage: float
    code: Exit
    lines: Lines = field(default_factory=dict)


def zones_of(assets: Iterable[Asset]) -> tuple[tuple[str, str], ...]:
    """Realm and zone of every zone that holds an asset."""
    return tuple(sorted({(asset.realm, asset.zone) for asset in assets if asset.zone}))


def golden_of(assets: tuple[Asset, ...], realm: str, zone: str, protocols: Mapping[str, Protocol]) -> Golden:
    """One zone as it stands now."""
    return approved(assets, zone=zone, realm=realm, decoders=decoders(protocols), data=fingerprint.data_versions())


def golden_text(assets: tuple[Asset, ...], realm: str, zone: str, protocols: Mapping[str, Protocol]) -> str:
    """The golden file of one zone as it stands now."""
    return written(golden_of(assets, realm, zone, protocols))


def rewritten(path: Path, now: Golden) -> str:
    """The golden file of one zone as it stands now, with the rules and approvals of the file that is there."""
    if not path.exists():
        return written(now)
    before, _ = load(path)
    if (before.realm, before.zone) != (now.realm, now.zone):
        told = f"zone {before.zone} of realm {before.realm} stands in it, not zone {now.zone} of {now.realm}"
        raise InputError(f"{path}: {told}; name another folder")
    return written(renewed(before, now))


def load(path: Path) -> tuple[Golden, Document]:
    """A golden file with the rules of the file beside it. Raises InputError with file and line."""
    document = read_yaml(path)
    golden = read(document.root, file=str(path), lines=document.lines)
    beside = path.with_name(RULES_FILE)
    if not beside.exists() or beside.samefile(path):
        return golden, document
    rules = read_yaml(beside)
    shared = read_rules(rules.root, zone=golden.zone, file=str(beside), lines=rules.lines)
    return read(document.root, file=str(path), lines=document.lines, shared=shared), document


def golden_files(paths: Iterable[Path]) -> list[Path]:
    """The golden files that are named, and those of folders that are; the rules beside them are none.

    Raises InputError when none is left.
    """
    found: list[Path] = []
    for path in paths:
        inside = yaml_in(path) if path.is_dir() else [path]
        found += [one for one in inside if one.name != RULES_FILE and one not in found]
    if not found:
        raise InputError("no golden file is named; write some: assetctl golden write")
    return found


def check_place(verified: Iterable[tuple[Path, Verified]], store: Store, zones: Iterable[Zone]) -> None:
    """Raise InputError for a golden file of another plant, and for two files of one zone."""
    zones = tuple(zones)
    realms = {scan.realm for scan in store.scans()} | {zone.realm for zone in zones}
    known = {(zone.realm, zone.id) for zone in zones}
    held: dict[tuple[str, str], Path] = {}
    for path, one in verified:
        golden = one.golden
        place = f"{path}:{one.lines.get(('realm',), 1)}"
        if golden.realm not in realms:
            there = ", ".join(sorted(realms)) or "none"
            raise InputError(
                f"{place}: realm {golden.realm!r} is not here (known: {there}); is it another plant's file?"
            )
        if known and (golden.realm, golden.zone) not in known:
            names = tuple(sorted(name for realm, name in known if realm == golden.realm))
            place = f"{path}:{one.lines.get(('zone',), 1)}"
            told = f"zone {golden.zone!r} is not in the zones file{near(golden.zone, names)}"
            raise InputError(f"{place}: {told}; is it another plant's file?")
        if held.setdefault((golden.realm, golden.zone), path) != path:
            raise InputError(f"{path}: zone {golden.zone} is also in {held[golden.realm, golden.zone]}; keep one file")


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
    golden, document = load(path)
    scans = [scan for scan in store.scans(golden.realm) if scan.state in LOOKS]
    found = verify(
        golden,
        store.assets(golden.realm),
        looked_at=looked_at(store, scans, golden.realm, now=now, max_age=max_age),
        now=now,
        max_age=max_age,
        decoders=decoders(protocols),
        data=fingerprint.data_versions(),
        reread=rereader(store, golden.realm, protocols),
        at_least=at_least,
    )
    seen = coverage(golden, found)
    return Verified(golden, found, seen, verdict(found, coverage=seen, required=share), document.lines)


def at_least(have: str, bound: str, maker: str) -> bool | None:
    """Whether a version is the bound or a later one; None when the two have no known order."""
    found = compare_versions(have, bound, maker=maker)
    return True if found.possible <= _LATER else False if found.order is Order.LOWER else None


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
            line=_line(verified, one),
            logical=one.entry,
        )
        for one in verified.differences
    ]


def names_in(golden: Golden) -> Iterator[str]:
    """What tells a plant, zone or device in a golden file: ids, addresses, names, serial numbers, who approved."""
    yield from (golden.zone, golden.realm)
    for entry in golden.entries:
        yield from (entry.key, entry.asset, *entry.match.values())
        yield from (value for name, values in entry.facts.items() if vocabulary()[name].names for value in values)
    for one in golden.approvals:
        yield from (one.by, one.ticket)


def decoders(protocols: Mapping[str, Protocol]) -> dict[str, str]:
    """Version of each decoder, by name."""
    return {name: str(protocol.version) for name, protocol in protocols.items()}


def _line(verified: Verified, one: Difference) -> int:
    """Where in the file the differing value stands, else its entry; of what is new, the list of entries."""
    ways = (
        ("entries", one.entry, "facts", one.field),
        ("entries", one.entry, "ports", one.field),
        ("entries", one.entry),
        ("entries",),
    )
    return next((verified.lines[way] for way in ways if way in verified.lines), 1)


def _told(one: Difference) -> str:
    values = f": {one.golden or '(nothing)'} -> {one.current or '(nothing)'}" if one.golden or one.current else ""
    return f"{one.field or 'device'} {one.outcome}{values}" + (f" ({one.note})" if one.note else "")
