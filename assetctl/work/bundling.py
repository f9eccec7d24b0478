"""Bundles between machines that never meet: what is put into one, and what becomes of it where it is taken in."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from assetctl.errors import InputError
from assetctl.model import Scan, ScanState
from assetctl.store.bundle_rows import KINDS, Values, understood
from assetctl.store.bundles import BundleMark
from assetctl.store.repo import Store
from assetctl.text import one_line
from assetctl.work import outfile
from assetctl.work.bundle_file import FILES, LEDGERS, Opened, bytes_of, member_name, rows_of
from assetctl.work.bundle_file import write as write_file
from assetctl.work.ingest import NOTHING, Declared, ingest
from assetctl.work.signing import Signer

MOST_FILE_BYTES = 256 * 1024 * 1024
_REALM_IN = {"observation": "target", "quarantine": "subject"}
_KEYS_IN = {"decision": ("left", "right")}


@dataclass(frozen=True, slots=True)
class Cargo:
    """What goes into a bundle. scans: ids. files: approvals, checks, advisories and the like."""

    scans: tuple[Scan, ...] = ()
    files: tuple[Path, ...] = ()
    site: str = ""


@dataclass(frozen=True, slots=True)
class Merged:
    """What a bundle brought. won: rows that were new or newer. notes: gaps, replays, forks of the sender's numbers."""

    opened: Opened
    won: int
    assets: int
    realms: Mapping[str, str]
    notes: tuple[str, ...]


def cargo(store: Store, names: Sequence[str], files: Sequence[Path], site: str, *, with_scans: bool = True) -> Cargo:
    """The named scans, or all that ended, with files. Raises InputError."""
    scans = store.scans()
    known = {scan.id: scan for scan in scans}
    for name in names:
        if name not in known:
            raise InputError(f"{name}: no such scan; `assetctl scans list` shows them")
    sent = (scan for scan in scans if (scan.id in names if names else scan.state is not ScanState.RUNNING))
    chosen = tuple(sent) if with_scans else ()
    if running := [scan.id for scan in chosen if scan.state is ScanState.RUNNING]:
        raise InputError(f"{running[0]}: this scan is not at its end; wait for it, or stop it")
    for path in files:
        if not path.is_file() or path.stat().st_size > MOST_FILE_BYTES:
            raise InputError(f"{path}: a file of at most {MOST_FILE_BYTES // 1024**2} MB is expected")
    if not chosen and not files:
        raise InputError("nothing to send: no scan has ended here, and no --file is given")
    return Cargo(chosen, tuple(files), site)


def write(store: Store, given: Cargo, path: Path, signer: Signer, *, now: datetime) -> BundleMark:
    """Write one bundle, numbered after the last that this key signed here, and note it."""
    key, enrolled = signer
    members = _members(given)
    last = _last(store.bundles(), enrolled.fingerprint)
    realms = sorted({scan.realm for scan in given.scans})
    manifest = {
        "schema": "assetctl/bundle/1",
        "sequence": last.sequence + 1 if last else 1,
        "previous": last.digest if last else "",
        "made_at": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "sender": enrolled.fingerprint,
        "site": one_line(given.site, most=300),
        "realms": realms,
    }
    rows = _rows(store, {scan.id for scan in given.scans}, realms)
    with outfile.binary(path, readable=True) as stream:
        digest = write_file(stream, manifest, rows, members, key)
    mark = BundleMark(
        digest,
        "out",
        enrolled.fingerprint,
        int(str(manifest["sequence"])),
        str(manifest["previous"]),
        now.replace(microsecond=0),
        {realm: realm for realm in realms},
    )
    store.note_bundle(mark)
    return mark


def merge(
    store: Store,
    opened: Opened,
    *,
    names: Mapping[str, str],
    shared: bool,
    ledgers: Path,
    declared: Declared = NOTHING,
) -> Merged:
    """Take a bundle in, all of it or nothing; twice is the same as once.

    names: theirs -> ours, for realms that are another network here. shared: a realm of this name that others fed is the
    same network. ledgers: where ledgers of scans lie. Raises InputError.
    """
    marks = store.bundles()
    realms = _realms(store, opened, marks, names, shared)
    mark = BundleMark(
        opened.digest, "in", opened.key.fingerprint, opened.sequence, opened.previous, opened.made_at, realms
    )
    won = store.take_in(_renamed(_understood(opened), realms, ledgers), mark)
    _put_ledgers(opened, ledgers)
    for realm in sorted(set(realms.values())):
        ingest(store, realm, declared)
    return Merged(opened, won, store.count_assets(), realms, notes(opened, marks))


def notes(opened: Opened, marks: Sequence[BundleMark]) -> tuple[str, ...]:
    """What the numbers of a sender's bundles tell: one that is missing, one that came before, two of one number."""
    known = [one for one in marks if one.sender == opened.key.fingerprint and one.way == "in"]
    told = []
    if any(one.digest == opened.digest for one in known):
        told.append(f"bundle {opened.sequence} of this sender was taken in before; nothing new is in it")
    if any(one.sequence == opened.sequence and one.digest != opened.digest for one in known):
        told.append(
            f"another bundle {opened.sequence} of this sender was taken in: its database was copied or set back; ask it"
        )
    if opened.previous and opened.previous not in {one.digest for one in known}:
        had = {one.sequence for one in known}
        missing = [number for number in range(1, min(opened.sequence, 10_000)) if number not in had]
        which = ", ".join(map(str, missing[:10])) or str(opened.sequence - 1)
        told.append(f"the bundle before it is missing here (numbers not seen: {which}); they can be taken in later")
    return tuple(told)


def files_for(opened: Opened, folder: Path) -> dict[Path, bytes]:
    """The files of a bundle by where they go. Raises InputError where another file stands."""
    wanted = {folder / name.removeprefix(FILES): name for name in opened.members if name.startswith(FILES)}
    contents = {path: bytes_of(opened, name) for path, name in wanted.items()}
    for path, raw in contents.items():
        if path.is_symlink() or (path.exists() and (not path.is_file() or path.read_bytes() != raw)):
            raise InputError(f"{path}: another file of this name is there; name an empty folder")
    return contents


def put_files(contents: Mapping[Path, bytes]) -> None:
    """Write files, each whole."""
    for path, raw in contents.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with outfile.binary(path) as stream:
            stream.write(raw)


def check_names(opened: Opened, names: Mapping[str, str]) -> None:
    """Raise InputError for a realm that the bundle does not have."""
    for name in names:
        if name not in opened.realms:
            raise InputError(f"--as {one_line(name)}: the bundle has no such realm; it has {', '.join(opened.realms)}")


def _members(given: Cargo) -> dict[str, Path]:
    found: dict[str, Path] = {}
    ledgers = (Path(scan.ledger) for scan in given.scans if scan.ledger)
    for folder, paths in ((FILES, given.files), (LEDGERS, [path for path in ledgers if path.is_file()])):
        for path in paths:
            name = member_name(folder, path)
            if any(name.lower() == other.lower() for other in found):
                raise InputError(f"{path}: another file of this name is in the bundle; rename one")
            found[name] = path
    return found


def _rows(store: Store, scans: Collection[str], realms: Collection[str]) -> Iterator[str]:
    for kind, text in store.outgoing(scans, realms):
        yield f'{{"kind":"{kind}","row":{text}}}'


def _understood(opened: Opened) -> Iterator[tuple[str, Values]]:
    """The rows, checked, in the order of `KINDS`. Raises InputError."""
    order = {kind: place for place, kind in enumerate(KINDS)}
    before = 0
    for number, document in rows_of(opened):
        place = order.get(document.get("kind", ""), -1) if isinstance(document, dict) else -1
        if place < before or document.keys() != {"kind", "row"}:
            raise InputError(f"{opened.path}: row {number} is none of this version; nothing was taken in")
        before = place
        try:
            yield document["kind"], understood(document["kind"], document["row"])
        except ValueError as fault:
            raise InputError(f"{opened.path}: row {number}: {fault}; nothing was taken in") from None


def _renamed(
    rows: Iterator[tuple[str, Values]], realms: Mapping[str, str], ledgers: Path
) -> Iterator[tuple[str, Values]]:
    """The rows under the names that their realms have here. Raises InputError for a realm that was not announced."""
    for kind, values in rows:
        if "realm" in values:
            theirs = values["realm"]
            if theirs not in realms:
                raise InputError(
                    f"a row of {kind} is of realm {one_line(str(theirs))}, which the bundle does not announce"
                )
            values = _under(kind, values, theirs, realms[theirs])
        if kind == "scan" and values["ledger"]:
            values = values | {"ledger": str(ledgers / Path(values["ledger"]).name)}
        yield kind, values


def _under(kind: str, values: Values, theirs: str, ours: str) -> Values:
    change: Callable[[str], str] = lambda text: (  # noqa: E731
        f"{ours}/{text.removeprefix(f'{theirs}/')}" if text.startswith(f"{theirs}/") else text
    )
    changed = values | {"realm": ours}
    if (column := _REALM_IN.get(kind)) and changed[column]:
        changed[column] = change(changed[column])
    for column in _KEYS_IN.get(kind, ()):
        head, blank, tail = changed[column].partition(" ")
        changed[column] = f"{head}{blank}{change(tail)}"
    return changed


def _realms(
    store: Store, opened: Opened, marks: Sequence[BundleMark], names: Mapping[str, str], shared: bool
) -> dict[str, str]:
    """Theirs -> ours. Equal names of two senders are two networks until somebody says otherwise."""
    check_names(opened, names)
    own = [one for one in marks if one.sender == opened.key.fingerprint and one.way == "in"]
    before = {theirs: ours for one in own for theirs, ours in one.realms.items()}
    fed = {ours for one in own for ours in one.realms.values()}
    taken = {scan.realm for scan in store.scans()} - fed
    found = {}
    for theirs in opened.realms:
        ours = names.get(theirs) or before.get(theirs, theirs)
        if theirs in before and before[theirs] != ours:
            raise InputError(f"realm {theirs} of this sender is {before[theirs]} here; it cannot become {ours} as well")
        if ours in taken and not shared:
            raise InputError(
                f"realm {ours} holds what others saw; if it is another network, name it: --as {theirs}=NAME;"
                " if it is the same one: --same-network"
            )
        found[theirs] = ours
    return found


def _last(marks: Sequence[BundleMark], sender: str) -> BundleMark | None:
    return max(
        (one for one in marks if one.sender == sender and one.way == "out"), key=lambda m: m.sequence, default=None
    )


def _put_ledgers(opened: Opened, folder: Path) -> None:
    """Put the ledgers beside our own; a longer one of the same run stays."""
    for name in opened.members:
        if name.startswith(LEDGERS):
            path, raw = folder / name.removeprefix(LEDGERS), bytes_of(opened, name)
            if not path.exists() or path.stat().st_size < len(raw):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                with outfile.binary(path) as stream:
                    stream.write(raw)
