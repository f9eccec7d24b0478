"""Takes in what other tools wrote of devices: observations of one file, with the file kept as evidence."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path

from assetctl.errors import InputError
from assetctl.exchange import glpi, netbox, walk, zeek_certificates, zeek_devices, zeek_rows, zgrab2
from assetctl.exchange.capture.read import TOLERANCE, scan_id
from assetctl.exchange.rows import read_file
from assetctl.exchange.walk_file import parse, read_walk
from assetctl.model import IPAddress, Observation, Scan, ScanState
from assetctl.store.repo import Store
from assetctl.text import counted, one_line
from assetctl.work.importing import take_positions
from assetctl.work.ingest import NOTHING, Declared, ingest


@dataclass(frozen=True, slots=True)
class Taken:
    """What a file brought. assets: in the realm afterwards. notes, warnings: lines for people."""

    observations: int
    assets: int
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A file to take in. raw: its bytes, which are kept; empty where the file is too large for that."""

    scan: str
    realm: str
    path: Path
    digest: str
    raw: bytes
    note: str


def put(
    store: Store, source: Source, observations: Sequence[Observation], *, now: datetime, declared: Declared = NOTHING
) -> int:
    """Store the observations of a file with the file; how many assets the realm has then."""
    kept = {"file": source.digest} | ({"blob": store.put_blob(source.raw)} if source.raw else {})
    store.begin_scan(
        Scan(
            id=source.scan,
            realm=source.realm,
            state=ScanState.IMPORTED,
            started=min(one.started for one in observations),
            ended=max(one.ended for one in observations),
            vantage="import",
            plan_hash=source.digest,
            approval=f"imported {now:%Y-%m-%d}",
            counts={"observations": len(observations)},
            coverage=(f"file {source.path.name}",),
            note=source.note,
        )
    )
    store.put_observations(replace(one, options={**one.options, **kept}) for one in observations)
    return len(ingest(store, source.realm, declared).assets)


def import_walk(
    store: Store,
    path: Path,
    *,
    realm: str,
    ip: IPAddress | None,
    at: datetime | None,
    now: datetime,
    declared: Declared = NOTHING,
    dry_run: bool = False,
) -> Taken:
    """Take in one walk. ip: of the device; by default as the file is named. at: when; by default the file's time."""
    found = read_walk(path)
    ip = ip or walk.address_in(path)
    taken_at = _taken_at(path, at, now)
    scan = scan_id(realm, f"{found.sha256} {ip}")
    told = walk.observation(found, scan=scan, realm=realm, ip=ip, at=taken_at, file=path.name)
    notes = [f"{counted(len(found.objects), 'object')} of {found.format}, {counted(len(told.claims), 'claim')}"]
    notes += [] if ip else ["no address: name it with --address, so that it joins what else is known of the device"]
    notes += [] if at else [f"taken as of {taken_at:%Y-%m-%dT%H:%MZ}, the file's time; name another with --at"]
    unknown = f"left out: {counted(found.unknown, 'line')} with names that are not read; numbers (-On) tell more"
    warnings = (*([unknown] if found.unknown else ()), *_left_out(found.skipped, found.problems))
    if not told.claims:
        raise InputError(f"{path}: none of its {len(found.objects)} objects tells what the device is")
    if dry_run:
        return Taken(1, store.count_assets(realm), tuple(notes), warnings)
    source = Source(scan, realm, path, found.sha256, found.raw, f"SNMP walk, {found.format}")
    assets = put(store, source, (told,), now=now, declared=declared)
    return Taken(1, assets, tuple(notes), warnings)


def _left_out(skipped: int, problems: Sequence[str]) -> tuple[str, ...]:
    """How many lines were not read, and why the first ones were not."""
    return (f"left out: {counted(skipped, 'line')}; {'; '.join(problems[:3])}",) if skipped else ()


def _taken_at(path: Path, at: datetime | None, now: datetime) -> datetime:
    """When a file's content was true: as stated, else the file's own time."""
    taken_at = at or datetime.fromtimestamp(int(path.stat().st_mtime), now.tzinfo)
    if taken_at > now:
        raise InputError(f"{path}: its time {taken_at:%Y-%m-%d %H:%M} lies in the future; name it with --at")
    return taken_at


def import_glpi(
    store: Store,
    path: Path,
    *,
    realm: str,
    at: datetime | None,
    now: datetime,
    declared: Declared = NOTHING,
    dry_run: bool = False,
) -> Taken:
    """Take in one inventory of a GLPI agent. at: when it was taken; by default the file's time. Raises InputError."""
    raw = read_file(path)
    digest = sha256(raw).hexdigest()
    taken_at = _taken_at(path, at, now)
    told = glpi.observation(raw, scan=scan_id(realm, digest), realm=realm, at=taken_at, file=path.name)
    notes = [f"{counted(len(told.claims), 'claim')}"]
    notes += [] if at else [f"taken as of {taken_at:%Y-%m-%dT%H:%MZ}, the file's time; name another with --at"]
    assets = store.count_assets(realm)
    if not dry_run:
        source = Source(told.scan, realm, path, digest, raw, "inventory of a GLPI agent")
        assets = put(store, source, (told,), now=now, declared=declared)
    return Taken(1, assets, tuple(notes))


def glpi_again(store: Store, observation: Observation) -> Observation:
    """The computer of a stored inventory, read again."""
    raw = store.blob(observation.options.get("blob", ""))
    if raw is None:
        return observation
    file, at = observation.record.partition(": ")[0], observation.started
    again = glpi.observation(raw, scan=observation.scan, realm=observation.realm, at=at, file=file)
    return replace(again, options=observation.options)


def import_zeek(
    store: Store,
    paths: Sequence[Path],
    *,
    realm: str,
    now: datetime,
    declared: Declared = NOTHING,
    dry_run: bool = False,
) -> Taken:
    """Take in logs of Zeek; all of them are read before anything is stored. Raises InputError."""
    certificates = _certificates(paths)
    found = [_zeek(path, realm, now, certificates) for path in paths]
    warnings = [f"{log.path}: {line}" for log, _, _ in found for line in _left_out(log.skipped, log.problems)]
    warnings += [f"{log.path}: {counted(beyond, 'device')} beyond the bound" for log, _, beyond in found if beyond]
    notes = tuple(
        f"{log.path.name}: {counted(log.rows_read, 'row')} of {log.name}, {counted(len(told), 'device')}"
        for log, told, _ in found
    )
    assets = store.count_assets(realm)
    for log, told, _ in () if dry_run else found:
        if told:
            source = Source(told[0].scan, realm, log.path, log.sha256, b"", f"{log.name} of Zeek")
            assets = put(store, source, told, now=now, declared=declared)
    count = len({str(one.target or one.id) for _, told, _ in found for one in told})
    return Taken(count, assets, notes, tuple(warnings))


def _certificates(paths: Sequence[Path]) -> dict[str, zeek_certificates.Facts]:
    """What the logs of certificates among these files say, for the servers of the others."""
    found: dict[str, zeek_certificates.Facts] = {}
    for path in paths:
        if _name_of(path) == zeek_certificates.X509:
            found |= zeek_certificates.read_certificates(zeek_rows.Log(path))
    return found


def _name_of(path: Path) -> str:
    """The name of a log, "" where it cannot be read, which is told when its devices are read."""
    log = zeek_rows.Log(path)
    with suppress(InputError):
        next(log.rows(), None)
    return log.name


def _zeek(
    path: Path, realm: str, now: datetime, certificates: Mapping[str, zeek_certificates.Facts]
) -> tuple[zeek_rows.Log, tuple[Observation, ...], int]:
    log = zeek_rows.Log(path)
    try:
        devices = zeek_devices.read_devices(log, newest=now + TOLERANCE, certificates=certificates)
    except ValueError as fault:
        hint = "use `assetctl import flows`" if log.name == "conn" else f"read are {', '.join(zeek_devices.READERS)}"
        problem = f"{path}: a log of {one_line(str(fault)) or 'no name'} tells nothing here; {hint}"
        raise InputError(problem) from None
    scan = scan_id(realm, f"{log.sha256} {log.name}")
    return log, tuple(zeek_devices.observations(devices, log, scan=scan, realm=realm, file=path.name)), devices.beyond


def import_netbox(
    store: Store,
    paths: Sequence[Path],
    *,
    realm: str,
    now: datetime,
    declared: Declared = NOTHING,
    dry_run: bool = False,
) -> Taken:
    """Take in an export of NetBox as declared positions. Raises InputError."""
    found = netbox.read_netbox(paths)
    made = netbox.positions(found, realm=realm, now=now)
    if not made:
        raise InputError(f"{paths[0]}: no device in it; export the devices of NetBox too")
    notes = (
        f"{counted(found.records, 'record')}, {counted(len(made), 'position')},"
        f" {counted(found.out_of_place, 'device')} not in place",
    )
    assets = store.count_assets(realm) if dry_run else take_positions(store, made, realm=realm, declared=declared)
    warnings = [f"left out: {line}" for line in found.problems[: netbox.MOST_PROBLEMS]]
    warnings += [f"and {len(found.problems) - len(warnings)} more"] if len(found.problems) > len(warnings) else []
    return Taken(len(made), assets, notes, tuple(warnings))


def import_zgrab2(
    store: Store, path: Path, *, realm: str, now: datetime, declared: Declared = NOTHING, dry_run: bool = False
) -> Taken:
    """Take in one file of zgrab2. Raises InputError."""
    found = zgrab2.read_zgrab2(path, newest=now + TOLERANCE)
    scan = scan_id(realm, found.sha256)
    told = tuple(zgrab2.observations(found, scan=scan, realm=realm, file=path.name))
    notes = (
        f"{counted(found.lines, 'line')}, {counted(found.failed, 'result')} without success,"
        f" {found.unread} of modules not read",
    )
    assets = store.count_assets(realm)
    if told and not dry_run:
        source = Source(scan, realm, path, found.sha256, b"", "zgrab2")
        assets = put(store, source, told, now=now, declared=declared)
    return Taken(len(told), assets, notes, _left_out(found.skipped, found.problems))


def walk_again(store: Store, observation: Observation) -> Observation:
    """The device of a stored walk, read again."""
    raw = store.blob(observation.options.get("blob", ""))
    if raw is None:
        return observation
    ip = observation.target.ip if observation.target else None
    at, file = observation.started, observation.record.partition(": ")[0]
    again = walk.observation(parse(raw, file), scan=observation.scan, realm=observation.realm, ip=ip, at=at, file=file)
    return replace(again, options=observation.options)


def importers(store: Store) -> Mapping[str, Callable[[Observation], Observation]]:
    """What reads the kept evidence of an imported record again, by source."""
    as_it_is = dict.fromkeys((zeek_devices.SOURCE, zgrab2.SOURCE), lambda one: one)  # their files are not kept
    kept = {walk.SOURCE: partial(walk_again, store), glpi.SOURCE: partial(glpi_again, store)}
    return {**kept, **as_it_is}
