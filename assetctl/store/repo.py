"""The store: open one, put domain objects in, get domain objects out.

What a store can do is gathered here from the modules that do it, one per subject.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sqlalchemy import Engine
from sqlalchemy.engine import URL

from assetctl.errors import InputError
from assetctl.store import advisories as _advisories
from assetctl.store import blobs as _blobs
from assetctl.store import bundles as _bundles
from assetctl.store import custody as _custody
from assetctl.store import decisions as _decisions
from assetctl.store import evidence as _evidence
from assetctl.store import flows as _flows
from assetctl.store import identities as _identities
from assetctl.store import inventory as _inventory
from assetctl.store import lives as _lives
from assetctl.store import observations as _observations
from assetctl.store import positions as _positions
from assetctl.store import replacing as _replacing
from assetctl.store import runs as _runs
from assetctl.store import scans as _scans
from assetctl.store import upkeep as _upkeep
from assetctl.store.database import Transaction, address, check_path, connect, shown, transaction, use_write_ahead_log
from assetctl.store.records import Migrated
from assetctl.store.schema import SHIPPED, Schema, require_current, revision, upgrade

WAIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Store:
    """An open database. where: its address for messages, without password. Close it, or use it in a `with` block."""

    engine: Engine
    where: str

    begin_scan = finish_scan = _scans.put_scan
    scan = _scans.scan
    scans = _scans.scans
    latest_scan = _scans.latest_scan
    put_plan = _scans.put_plan
    plan = _scans.plan

    put_batch = _evidence.put_batch
    put_exchanges = _evidence.put_exchanges
    exchange = _evidence.exchange
    exchanges = _evidence.exchanges
    orphan_exchanges = _evidence.orphan_exchanges
    evidence_counts = _evidence.evidence_counts

    put_observations = _observations.put_observations
    observations = _observations.observations
    observation = _observations.observation
    steps_done = _observations.steps_done
    partly_asked = _observations.partly_asked

    put_blob = _blobs.put_blob
    blob = _blobs.blob
    prune_blobs = _blobs.prune_blobs

    replace_assets = _replacing.replace_assets
    assets = _inventory.assets
    count_assets = _inventory.count_assets
    asset = _inventory.asset
    facts = _inventory.facts

    put_identities = _identities.put_identities
    identities = _identities.identities
    put_aliases = _identities.put_aliases
    aliases = _identities.aliases

    put_decision = _decisions.put_decision
    decisions = _decisions.decisions
    revoke_decision = _decisions.revoke_decision

    put_capture = _flows.put_capture
    captures = _flows.captures
    flows = _flows.flows

    put_positions = _positions.put_positions
    replace_positions = _positions.replace_positions
    positions = _positions.positions

    put_run = _runs.put_run
    runs = _runs.runs
    latest_run = _runs.latest_run
    findings = _runs.findings
    finding_spans = _runs.finding_spans

    change_lives = _lives.change_lives
    lives = _lives.lives
    life_events = _lives.life_events

    quarantine = _custody.quarantine
    quarantined = _custody.quarantined
    quarantine_history = _custody.quarantine_history
    clear_quarantine = _custody.clear_quarantine
    put_incident = _custody.put_incident
    incidents = _custody.incidents
    put_approval = _custody.put_approval
    approvals = _custody.approvals

    put_advisory = _advisories.put_advisory
    put_catalogue = _advisories.put_catalogue
    put_life_cycles = _advisories.put_life_cycles
    advisories = _advisories.advisories
    catalogue = _advisories.catalogue
    life_cycles = _advisories.life_cycles
    feeds = _advisories.feeds

    outgoing = _bundles.outgoing
    take_in = _bundles.take_in
    note_bundle = _bundles.note_bundle
    bundles = _bundles.bundles

    info = _upkeep.info
    check = _upkeep.check
    backup = _upkeep.backup

    def reading(self) -> Transaction:
        return transaction(self.engine, self.where, writes=False)

    def writing(self) -> Transaction:
        return transaction(self.engine, self.where, writes=True)

    def close(self) -> None:
        """Give back every connection. On SQLite the last one to close folds the log into the file."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def open_store(url: str, *, create: bool = True, wait_s: float = WAIT_S, schema: Schema = SHIPPED) -> Store:
    """Open the database at an address, sqlite:///PATH or postgresql+psycopg://USER@HOST/DATABASE.

    create: make the file, or the tables in an empty database. wait_s: how long a lock is waited for.
    Raises InputError or EnvironmentFault, of one line, when it cannot be used.
    """
    target = address(url)
    where = _where(target)
    path = _path(target)
    if path is not None:
        check_path(path, create=create)
    store = Store(connect(target, wait_s=wait_s), where)
    try:
        found = _revision(store)
        if found is None and not create:
            raise InputError(f"{where} is empty: a scan or an import fills it, or give another address")
        if found is None:
            upgrade(target, where, schema, wait_s=wait_s)
        require_current(found or schema.head, schema, where)
        if path is not None:
            use_write_ahead_log(path, where, wait_s=wait_s)
    except BaseException:
        store.close()
        raise
    return store


def migrate_store(url: str, *, wait_s: float = WAIT_S, schema: Schema = SHIPPED) -> Migrated:
    """Bring an older database to this program's schema; a SQLite file is copied beside itself before.

    Raises EnvironmentFault when a newer program wrote it, InputError when there is none.
    """
    target = address(url)
    where = _where(target)
    path = _path(target)
    if path is not None:
        check_path(path, create=False)
    with Store(connect(target, wait_s=wait_s), where) as store:
        found = _revision(store)
    if found == schema.head:
        return Migrated(found, found, "")
    if found is not None and found not in schema.revisions:
        require_current(found, schema, where)
    copy = _copy_before(path, found) if path is not None and found is not None else ""
    upgrade(target, where, schema, wait_s=wait_s)
    return Migrated(found or "", schema.head, copy)


def _revision(store: Store) -> str | None:
    with store.reading() as connection:
        return revision(connection, store.where)


def _copy_before(path: Path, found: str) -> str:
    """Copy the file to the first free name beside it."""
    names = (
        path.with_name(f"{path.name}.before-{found}{suffix}") for suffix in ("", *(f".{n}" for n in range(2, 100)))
    )
    copy = next((name for name in names if not name.exists()), None)
    if copy is None:
        raise InputError(f"{path.parent} holds 99 backups of {path.name} from before {found}: move them away")
    _upkeep.copy_sqlite(path, copy)
    return str(copy)


def _path(target: URL) -> Path | None:
    """The file of a SQLite address, None for a server."""
    return Path(str(target.database)) if target.get_backend_name() == "sqlite" else None


def _where(target: URL) -> str:
    return f"database {_path(target) or shown(target)}"
