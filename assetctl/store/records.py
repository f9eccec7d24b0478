"""What the store knows beyond the nouns of the model: runs of the policy, custody, and the state of the file itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from assetctl.model import Exchange

PRUNED = "bytes pruned"
"""The last words of an exchange's detail when its bytes were dropped and only their digests are left."""


@dataclass(frozen=True, slots=True)
class StoredExchange:
    """An exchange with where it belongs. sent, received: SHA-256 of the units, which outlive the bytes."""

    scan: str
    step: str
    exchange: Exchange
    sent: str
    received: tuple[str, ...]
    is_pruned: bool


@dataclass(frozen=True, slots=True)
class Replaced:
    """What stood in a realm before. ids: of its assets. retold: of those of which other values are told now; times and
    sources alone are no news.
    """

    ids: frozenset[str]
    retold: frozenset[str]


@dataclass(frozen=True, slots=True)
class EvidenceCounts:
    """size_bytes: of the units as they were on the wire. stored_bytes: what they take, compressed."""

    observations: int
    exchanges: int
    blobs: int
    pruned: int
    size_bytes: int
    stored_bytes: int


@dataclass(frozen=True, slots=True)
class Pruned:
    """What a pruning dropped. size_bytes: of the units as they were on the wire."""

    blobs: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class CheckRun:
    """One run of the policy over the inventory.

    counts: how many results of each kind, passes included. scans: whose evidence it was judged on.
    checks: what was asked, as id -> digest of the statement. files: name -> SHA-256 of what people declared.
    places: how many results of each kind, as zone or conduit -> check -> result. realms: the same by address space, ""
    for the inventory as a whole; empty when the run was kept before that was counted.
    """

    id: str
    at: datetime
    realm: str
    pack_hash: str
    snapshot_hash: str
    counts: Mapping[str, int]
    scans: tuple[str, ...] = ()
    checks: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)
    realms: Mapping[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Span:
    """The first and the last run in which a finding stood."""

    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A device that is left alone over runs. subject: "realm/ADDRESS" or an asset id. incident: path of the file."""

    subject: str
    realm: str
    reason: str
    since: datetime
    scan: str = ""
    incident: str = ""
    cleared_at: datetime | None = None
    cleared_by: str = ""
    cleared_reason: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person said about identity. kind: "join" or "apart".

    left, right: a key of each side, as `merge.Pin` wants it. It holds while revoked_at is None.
    """

    id: str
    realm: str
    kind: str
    left: str
    right: str
    by: str
    reason: str
    at: datetime
    revoked_at: datetime | None = None
    revoked_by: str = ""
    revoked_reason: str = ""


@dataclass(frozen=True, slots=True)
class Incident:
    """A safety rule that ended something. file: where the last exchanges and times were written."""

    id: str
    realm: str
    at: datetime
    subject: str
    reason: str
    scan: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """Who allowed what. verified: whether the name was checked, or only stated by the operator."""

    who: str
    what: str
    at: datetime
    envelope_hash: str
    scan: str = ""
    verified: bool = False


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """The state of a database. url: without password. schema: its revision. counts: rows by table."""

    url: str
    engine: str
    schema: str
    size_bytes: int
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a migration did. backup: path of the copy made before, or "" when there was none to make."""

    before: str
    after: str
    backup: str
