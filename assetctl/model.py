"""The nouns: what every part of assetctl passes to the next, frozen and without behaviour of their own.

Those of which a run makes one for every unit or value are frozen by the type checker (Final) and not once more at run
time, where making one would take three times as long. Times are aware datetimes in UTC. Collections are tuples. Bytes
are what stood on the wire in the protocol's own unit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network
Value = str | int | bool | tuple[str, ...]

DEFAULT_REALM = "plant"
EVERYWHERE = "*"  # the zone of a finding about the plant as a whole; no zone can have this id
STATION = "station/"  # begins the part of a claim about one station of a segment; its MAC address follows


class Outcome(StrEnum):
    """How one exchange, or a whole step, ended. The seven stay different for ever."""

    ANSWERED = "answered"
    REFUSED = "refused"  # the port is closed: a reset or an ICMP port unreachable
    RESET = "reset"  # an open connection was reset or ended in mid-exchange
    SILENT = "silent"  # nothing came in time
    GARBLED = "garbled"  # something came that the protocol does not allow
    DENIED = "denied"  # the gate did not let the question leave
    ABORTED = "aborted"  # we stopped: interrupt, window, breaker


class NetworkKind(StrEnum):
    """How careful a network must be treated. Anything not marked is OT."""

    OT = "ot"
    IT = "it"
    LAB = "lab"


class RequestClass(StrEnum):
    """What a request costs its receiver. A request that must never be sent has no class: it has no encoder."""

    IDENTITY = "identity"  # published, stateless, harmless by documentation or long use: default
    DEPTH = "depth"  # read-only but costs more: named by the scope
    STATEFUL = "stateful"  # takes or makes a session, or is undocumented: named per device with a consent


class Transport(StrEnum):
    TCP = "tcp"
    UDP = "udp"
    LINK = "link"  # Ethernet frames on one segment; the port is the EtherType


class PortState(StrEnum):
    """What a connect said about a port. Only the first two are evidence for or against a service."""

    OPEN = "open"
    CLOSED = "closed"
    FILTERED = "filtered"
    UNPROBED = "unprobed"


class SubjectKind(StrEnum):
    ASSET = "asset"
    INTERFACE = "interface"
    SERVICE = "service"
    CERTIFICATE = "certificate"
    NEIGHBOUR = "neighbour"
    SOFTWARE = "software"


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """One address in one address space. Every plant cell may be 192.168.0.0/24, so the realm is part of it."""

    realm: str
    ip: IPAddress = field(compare=False)
    _order: tuple[int, int] = field(init=False, repr=False)
    _hash: int = field(init=False, repr=False, compare=False)
    _text: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        order = self.ip.version, int(self.ip)
        object.__setattr__(self, "_order", order)
        object.__setattr__(self, "_hash", hash(order))  # of numbers alone: the same in every process
        object.__setattr__(self, "_text", f"{self.realm}/{self.ip}")

    def __hash__(self) -> int:
        return self._hash

    def __str__(self) -> str:
        return self._text

    @property
    def host(self) -> str:
        """The IP address as text, made once."""
        return self._text[len(self.realm) + 1 :]


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """One Ethernet segment, as one interface of this machine reaches it. What is sent there, every station hears."""

    realm: str
    interface: str

    def __str__(self) -> str:
        return f"{self.realm}/link:{self.interface}"

    def __contains__(self, place: "Destination") -> bool:
        return place == self


Destination = Address | Segment
"""What a question is sent to."""


@dataclass(slots=True, unsafe_hash=True)
class Exchange:
    """One unit sent and what came back.

    id: "<scan>:<ledger sequence number>". request: its name on the protocol's published list, or "connect".
    sent, received: protocol units without any secret envelope. rtt_ms: until the first answer; None when none came.
    """

    id: Final[str]
    request: Final[str]
    sent: Final[bytes]
    received: Final[tuple[bytes, ...]]
    outcome: Final[Outcome]
    at: Final[datetime]
    rtt_ms: Final[float | None] = None
    detail: Final[str] = ""


@dataclass(slots=True, unsafe_hash=True)
class Claim:
    """One thing a reader says about the device that was asked, or about a part behind it.

    part: "" for the device itself, else the way to the part, such as "unit/7" or "slot/3"; see also `STATION`.
    kind, local_key: the subject on that device, such as SERVICE "tcp/502". confidence: 0 to 100.
    """

    key: Final[str]
    value: Final[Value]
    kind: Final[SubjectKind] = SubjectKind.ASSET
    local_key: Final[str] = ""
    part: Final[str] = ""
    confidence: Final[int] = 90


@dataclass(slots=True, unsafe_hash=True)
class Observation:
    """What one step (one protocol at one address) or one imported record brought.

    id: stable over re-reading. reader: decoder and version, such as "modbus/1". source: "probe" or the import's format.
    options: what the reader was started with, so that a replay is the same conversation.
    vantage: where we asked from, see `Vantage.name`. target is None for an imported record without an address, where
    `record` names the record in its file, and for a talk with a segment, whose claims name a station in `part`.
    """

    id: Final[str]
    scan: Final[str]
    source: Final[str]
    reader: Final[str]
    realm: Final[str]
    target: Final[Address | None]
    vantage: Final[str]
    outcome: Final[Outcome]
    started: Final[datetime]
    ended: Final[datetime]
    exchanges: Final[tuple[Exchange, ...]]
    claims: Final[tuple[Claim, ...]]
    port: Final[int] = 0
    transport: Final[Transport | None] = None
    envelope: Final[str] = ""
    options: Final[Mapping[str, str]] = field(default_factory=dict)
    record: Final[str] = ""
    detail: Final[str] = ""


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """What a fact is about: an asset, or an interface, service, certificate, neighbour or program of it."""

    kind: SubjectKind
    asset: str
    local_key: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from.

    kind: probe, import, declared or derived. name: the protocol or format. evidence: exchange or blob id, "" for none.
    """

    kind: str
    name: str
    evidence: str = ""


@dataclass(slots=True, unsafe_hash=True)
class Fact:
    """One value of one key, from one source, over the interval in which that source said so.

    Made by the million, see `Because`.
    """

    subject: Final[Subject]
    key: Final[str]
    value: Final[Value]
    source: Final[Source]
    vantage: Final[str]
    first_seen: Final[datetime]
    last_seen: Final[datetime]
    confidence: Final[int]


@dataclass(frozen=True, slots=True)
class Join:
    """Why records were taken for one device: the key they share and the observations that hold it."""

    key: str
    value: str
    observations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asset:
    """One device or part, with everything that was said about it, rivals included.

    parent: id of the device this is a part of, or None. position: id of the functional location, or None for a spare.
    zone: id from the zones file, or None when it lies in none or in several. facts: a tuple, or packed ones.
    """

    id: str
    realm: str
    facts: Sequence[Fact]
    first_seen: datetime
    last_seen: datetime
    confidence: int
    aliases: tuple[str, ...] = ()
    site: str = ""
    position: str | None = None
    parent: str | None = None
    zone: str | None = None
    joins: tuple[Join, ...] = ()
    observations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Retirement:
    """That a place is no longer used: who said so, when and why."""

    by: str
    on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Position:
    """A functional location: what people declared about a place in the plant, whatever device stands there.

    match: facts that tie a device to it, such as {"ip_address": "10.20.1.5"} or {"serial_number": "..."}.
    declared: declared facts by key, such as asset_criticality.
    """

    id: str
    realm: str
    match: Mapping[str, str]
    declared: Mapping[str, Value]
    source: str
    declared_at: datetime
    retired: Retirement | None = None


class Severity(StrEnum):
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Result(StrEnum):
    """What a check says. A waiver stands beside the result and never changes it."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not applicable"
    ERROR = "error"


@dataclass(slots=True, unsafe_hash=True)
class Because:
    """One fact that an evaluation read. value is "" and reason says why when it was not known.

    Made by the million, as findings are: `Final` keeps both from being changed and costs nothing when one is made,
    while freezing takes four fifths of the time.
    """

    subject: Final[str]
    key: Final[str]
    value: Final[str]
    source: Final[str] = ""
    evidence: Final[str] = ""
    observed_at: Final[datetime | None] = None
    reason: Final[str] = ""


@dataclass(slots=True, unsafe_hash=True)
class Finding:
    """One check's result for one subject.

    id: stable over runs: hash of check and subject. subject: asset id, zone id, or "inventory".
    reason: closed code such as "not-probed", "stale", "not-permitted". statement: one sentence for people.
    position: of the device, "" without one. part: of the device, such as tcp/23. zone: id of the zone or conduit in
    which the subject lies, of two separated by a blank, "" for none, `EVERYWHERE` for what concerns the whole plant.
    """

    id: Final[str]
    check: Final[str]
    check_version: Final[int]
    title: Final[str]
    severity: Final[Severity]
    subject: Final[str]
    result: Final[Result]
    reason: Final[str]
    statement: Final[str]
    because: Final[tuple[Because, ...]] = ()
    waiver: Final[str] = ""
    realm: Final[str] = ""
    position: Final[str] = ""
    part: Final[str] = ""
    zone: Final[str] = ""


class LifeState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"  # by a pass with newer evidence for the same subject and statement
    WITHDRAWN = "withdrawn"  # out of scope, retired, or the check was changed


@dataclass(frozen=True, slots=True)
class Life:
    """A failure over all runs.

    stated: digest of what the check stated, see `policy.stated`. assessment: "confirmed" or "rejected" by an assessor,
    "" while it is an indication. first_seen, last_seen: runs in which it failed, since it was opened (anew).
    evidence_at: newest evidence of the last failure. latest: what the last run said: a result, "not run" or "not looked
    at". due: ISO day, "" for none. ended: why it was closed or withdrawn.
    """

    id: str
    check: str
    stated: str
    title: str
    severity: Severity
    subject: str
    realm: str
    position: str
    part: str
    zone: str
    statement: str
    first_seen: datetime
    last_seen: datetime
    evidence_at: datetime
    state: LifeState = LifeState.OPEN
    assessment: str = ""
    latest: str = Result.FAIL.value
    owner: str = ""
    due: str = ""
    waiver: str = ""
    ended_at: datetime | None = None
    ended: str = ""

    @property
    def is_retested(self) -> bool:
        """Whether the last run could say again that it fails."""
        return self.latest == Result.FAIL


@dataclass(frozen=True, slots=True)
class LifeEvent:
    """What happened to a finding.

    what: opened, reopened, closed, withdrawn, confirmed, rejected, assigned, restated or commented.
    """

    finding: str
    at: datetime
    what: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class RequirementMapping:
    """One line from a check to a requirement of a framework. strength: D, S or R, see docs/checks.md.

    duty: shall, or should for a recommendation, of which a failure is an observation.
    """

    framework: str
    edition: str
    requirement: str
    strength: str
    duty: str = "shall"


@dataclass(frozen=True, slots=True)
class SignOff:
    """That somebody answers for what was declared. document: its name or path. sha256: of it, "" when not given."""

    by: str
    on: date
    document: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Zone:
    """One zone of the zones file. sl_t: target by FR letters (IAC, UC, SI, DC, RDF, TRE, RA), 0 to 4.

    parent: id of the zone it is part of, "" for none. positions, assets: ids of what was put into it by name, which
    goes before any address. designations: what it is set apart for, see `zone_forms.DESIGNATIONS`. trust: trusted,
    semi or untrusted, "" when nobody said.
    """

    id: str
    realm: str
    networks: tuple[IPNetwork, ...]
    level: str = ""
    owner: str = ""
    sl_t: Mapping[str, int] = field(default_factory=dict)
    parent: str = ""
    vlans: tuple[int, ...] = ()
    positions: tuple[str, ...] = ()
    assets: tuple[str, ...] = ()
    designations: tuple[str, ...] = ()
    trust: str = ""
    criticality: str = ""
    access_points: tuple[str, ...] = ()
    sl_t_source: str = ""
    approvals: tuple[SignOff, ...] = ()


@dataclass(frozen=True, slots=True)
class Allowed:
    """One line of what may pass a conduit. protocol: its name, "" when only the ports are given.

    transport: tcp, udp or icmp. ports: first and last at the target, (0, 0) where the transport has none.
    """

    protocol: str
    transport: str
    ports: tuple[int, int]
    security: str = ""


@dataclass(frozen=True, slots=True)
class Conduit:
    """The communication between two zones as it was declared.

    source, target: ids of the zones. opens: which of them may open a session: "from", "to" or "both".
    boundary: positions, names or ids of the devices that stand between. management: "out-of-band" when theirs has a
    network of its own. tunnel: what protects the traffic, "" for nothing. trust: of the network it crosses.
    """

    id: str
    source: str
    target: str
    opens: str
    allow: tuple[Allowed, ...] = ()
    boundary: tuple[str, ...] = ()
    owner: str = ""
    sl_t: Mapping[str, int] = field(default_factory=dict)
    tunnel: str = ""
    trust: str = ""
    management: str = ""
    standby: bool = False
    unmediated: bool = False
    sl_t_source: str = ""
    approvals: tuple[SignOff, ...] = ()


@dataclass(frozen=True, slots=True)
class Capture:
    """One file of flows: where its sensor listened, and what that sensor can see.

    id: hash of realm, sensor and file. covers: networks of which the sensor sees every flow, as its operator declared;
    none means that nothing follows from a flow that is not there. flows: stored, after adding up. skipped: lines that
    were not flows.
    """

    id: str
    realm: str
    sensor: str
    format: str
    file: str
    sha256: str
    started: datetime
    ended: datetime
    imported: datetime
    covers: tuple[str, ...] = ()
    records: int = 0
    flows: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Flow:
    """What passed between two addresses to one port, added up over a capture.

    transport: tcp, udp, icmp or the number of the IP protocol. port: at the target, 0 where there is none. service: the
    protocol that the sensor recognised, "" for none. connections, answered, opened: how many there were, how many of
    them the target answered, and of how many the sensor saw which side began.
    """

    capture: str
    realm: str
    source: IPAddress
    target: IPAddress
    transport: str
    port: int
    service: str
    first_seen: datetime
    last_seen: datetime
    connections: int
    answered: int
    opened: int
    size_bytes: int
    sensor: str


class ScanState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    PARTIAL = "partial"
    INTERRUPTED = "interrupted"
    STOPPED = "stopped"  # a safety rule ended it
    IMPORTED = "imported"


@dataclass(frozen=True, slots=True)
class Scan:
    """One run of questions, or one import. head and count identify its ledger; they are printed for the ticket."""

    id: str
    realm: str
    state: ScanState
    started: datetime
    ended: datetime | None
    vantage: str
    plan_hash: str = ""
    approval: str = ""  # who allowed it, and whether that was verified or stated by the operator
    ledger: str = ""
    head: str = ""
    count: int = 0
    exit: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    coverage: tuple[str, ...] = ()  # networks and addresses this run covered, as text
    excluded: tuple[str, ...] = ()
    note: str = ""
