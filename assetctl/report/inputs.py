"""What a report is made from: values that the caller has already read and settled, and nothing that looks things up."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from assetctl.model import Asset, Fact, Finding, Life, Position, RequirementMapping, Result, Scan, Severity, Zone
from assetctl.policy.attestations import Standing
from assetctl.policy.levels import Cell
from assetctl.policy.waivers import Use


@dataclass(frozen=True, slots=True)
class CheckInfo:
    """One check of the pack as the catalogue prints it. fix: what to do on FAIL. limits: what it cannot see."""

    id: str
    title: str
    severity: Severity
    version: int = 1
    statement: str = ""
    fix: str = ""
    limits: str = ""
    maps: tuple[RequirementMapping, ...] = ()


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
    """One stored exchange or record. sha256: of the stored form. excerpt: first bytes as hexadecimal."""

    id: str
    kind: str
    request: str
    target: str
    at: datetime
    vantage: str
    sha256: str
    excerpt: str = ""
    decoded: str = ""


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
    findings: tuple[Finding, ...] = ()
    checks: tuple[CheckInfo, ...] = ()
    positions: tuple[Position, ...] = ()
    traffic: tuple[Traffic, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    approvals: tuple[Approval, ...] = ()
    vantages: tuple[VantageInfo, ...] = ()
    evidence: Callable[[], Iterator[Evidence]] = lambda: iter(())
    tallies: Mapping[str, Mapping[Result, int]] = field(default_factory=dict)
    classification: str = "internal"
    assessor: str = ""  # role, organisation and relation to the owner
    supersedes: str = ""  # report id
    golden_hash: str = ""
    zones_hash: str = ""
    waivers_hash: str = ""
    attestations_hash: str = ""
    levels: tuple[Cell, ...] = ()  # as of the last run of everything, with today's answers
    lives: tuple[Life, ...] = ()  # every finding that ever failed
    waivers: tuple[Use, ...] = ()
    attestations: tuple[Standing, ...] = ()
    pack: str = ""
    pack_hash: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)  # data file or decoder -> version
    thresholds: tuple[str, ...] = ()  # those that differ from the default
    clock: str = ""  # state of the scanner's clock
    notes: tuple[str, ...] = ()
