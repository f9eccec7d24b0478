"""What a report is made from: values that the caller has already read and settled, and nothing that looks things up."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from assetctl.golden.outcome import Difference
from assetctl.model import (
    Asset,
    Capture,
    Conduit,
    Fact,
    Finding,
    Life,
    Position,
    RequirementMapping,
    Result,
    Scan,
    Severity,
    SignOff,
    Zone,
)
from assetctl.policy.attestations import Standing
from assetctl.policy.levels import Cell
from assetctl.policy.waivers import Use
from assetctl.topology import Topology

NO_LINKS = Topology((), (), ())


@dataclass(frozen=True, slots=True)
class CheckInfo:
    """One check of the pack as the catalogue prints it. fix: what to do on FAIL. limits: what it cannot see.

    statement: its logic, as in its file. own: how far it decides its own statement, F, P or H, "" when not told.
    said: by language, its texts in English, with placeholders -> in that language.
    """

    id: str
    title: str
    severity: Severity
    version: int = 1
    statement: str = ""
    fix: str = ""
    limits: str = ""
    maps: tuple[RequirementMapping, ...] = ()
    facts: tuple[str, ...] = ()
    thresholds: tuple[str, ...] = ()
    own: str = ""
    said: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Service:
    """One port of an asset. port: "tcp/502". state: open, closed, filtered or unprobed."""

    port: str
    state: str
    name: str = ""
    product: str = ""
    version: str = ""
    source: str = ""
    evidence: str = ""
    last_seen: datetime | None = None


@dataclass(frozen=True, slots=True)
class Traffic:
    """What one device was sent. highest_per_s: most units in any one second. trips: breakers that opened."""

    address: str
    units: int
    connections: int
    highest_per_s: float
    refusals: int = 0
    trips: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A range that was not asked, and why. zone: id where the range lies in one."""

    target: str
    reason: str
    source: str = ""
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One stored exchange or record. sha256: of the stored form. excerpt: first bytes as hexadecimal.

    sent, received: SHA-256 of the question and of each frame of the answer, as they are stored.
    """

    id: str
    kind: str
    request: str
    target: str
    at: datetime
    vantage: str
    sha256: str
    excerpt: str = ""
    decoded: str = ""
    sent: str = ""
    received: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A flow from one zone to another. verdict: allowed, not in its conduit, other opener, no conduit, or no zone."""

    source: str
    target: str
    transport: str
    port: int
    service: str
    from_zone: str
    to_zone: str
    conduit: str
    verdict: str
    connections: int
    answered: int
    first_seen: datetime
    last_seen: datetime
    sensor: str


@dataclass(frozen=True, slots=True)
class AdvisoryMatch:
    """One advisory that names an asset. ours, theirs: the texts that were compared. score: CVSS, "" for none.

    kev: known exploited vulnerabilities among `cves`. decision: as recorded, "" while there is none.
    """

    asset: str
    advisory: str
    title: str
    cves: tuple[str, ...]
    score: str
    verdict: str
    ours: str
    theirs: str
    reason: str
    version: str = ""
    kev: tuple[str, ...] = ()
    kev_due: str = ""
    fix: str = ""
    decision: str = ""
    published: datetime | None = None


@dataclass(frozen=True, slots=True)
class LifeEnd:
    """When sale and support of an asset's product end. ISO days, "" when the list does not tell."""

    asset: str
    product: str
    end_of_sale: str
    end_of_support: str
    source: str


@dataclass(frozen=True, slots=True)
class FeedInfo:
    """One loaded file of advisories, exploited vulnerabilities or life cycles, and up to when it tells."""

    kind: str
    file: str
    as_of: datetime
    stated: bool
    entries: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Compared:
    """One golden inventory against the plant. coverage: share of its entries that were looked at, 0 to 1.

    sha256: of the file as it was compared.
    """

    file: str
    zone: str
    differences: tuple[Difference, ...]
    coverage: float
    sha256: str


@dataclass(frozen=True, slots=True)
class Halt:
    """A safety rule that ended something, or a device that is left alone. what: incident or quarantine."""

    what: str
    subject: str
    reason: str
    at: datetime
    scan: str = ""
    file: str = ""
    cleared: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """Who allowed what. verified: the signature was checked; otherwise the name is only what the operator typed."""

    who: str
    when: datetime
    verified: bool
    what: str = ""


@dataclass(frozen=True, slots=True)
class VantageInfo:
    """Where was asked from. verified: the anchor was seen before the first frame."""

    name: str
    realm: str
    verified: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReportInputs:
    """Everything a report says, as domain values.

    generated_at: the moment printed; nothing here reads a clock. settled: the values of an asset that are shown, by
    fact key. services: the ports of an asset. evidence: a fresh iterator at every call. tallies: results that are kept
    as counts only, by check. Texts may come from devices; they are made harmless on the way to the view.
    """

    title: str
    project: str
    site: str
    tool: str
    generated_at: datetime
    settled: Callable[[Asset], Mapping[str, Fact]]
    services: Callable[[Asset], Iterable[Service]]
    scans: tuple[Scan, ...] = ()
    zones: tuple[Zone, ...] = ()
    assets: tuple[Asset, ...] = ()
    findings: Sequence[Finding] = ()
    checks: tuple[CheckInfo, ...] = ()
    positions: tuple[Position, ...] = ()
    traffic: tuple[Traffic, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    approvals: tuple[Approval, ...] = ()
    vantages: tuple[VantageInfo, ...] = ()
    evidence: Callable[[], Iterator[Evidence]] = lambda: iter(())
    tallies: Mapping[str, Mapping[Result, int]] = field(default_factory=dict)
    company: str = ""  # whose report it is
    classification: str = "internal"
    assessor: str = ""  # role, organisation and relation to the owner
    supersedes: str = ""  # report id
    files: Mapping[str, str] = field(default_factory=dict)  # name in [files] -> SHA-256, as the report shows them
    judged_files: Mapping[str, str] = field(default_factory=dict)  # the same, as the checks were run with them
    levels: tuple[Cell, ...] = ()  # as of the last run of everything, with today's answers
    lives: tuple[Life, ...] = ()  # every finding that ever failed
    waivers: tuple[Use, ...] = ()
    attestations: tuple[Standing, ...] = ()
    run: str = ""  # id of the run of the policy
    pack: str = ""
    pack_hash: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)  # data file or decoder -> version
    thresholds: tuple[str, ...] = ()  # those that differ from the default
    clock: str = ""  # state of the scanner's clock
    notes: tuple[str, ...] = ()
    system: str = ""  # id of the system under consideration
    system_approvals: tuple[SignOff, ...] = ()
    conduits: tuple[Conduit, ...] = ()
    passages: tuple[Passage, ...] = ()
    captures: tuple[Capture, ...] = ()
    topology: Topology = NO_LINKS
    advisories: tuple[AdvisoryMatch, ...] = ()
    life_ends: tuple[LifeEnd, ...] = ()
    feeds: tuple[FeedInfo, ...] = ()
    golden: tuple[Compared, ...] = ()
    halts: tuple[Halt, ...] = ()
    permitted: tuple[str, ...] = ()  # depth and stateful questions that the scope allows by name
    judged_at: datetime | None = None
    since: datetime | None = None  # of the earlier report, for what changed
    seen: Mapping[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)  # place -> check -> result
    within: Mapping[str, frozenset[str]] = field(default_factory=dict)  # place -> places that concern it too
