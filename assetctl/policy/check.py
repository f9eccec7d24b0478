"""One check, loaded: what it asks of the plant, what it says, which requirements it bears on, and its own tests."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from assetctl.model import Conduit, RequirementMapping, Result, Severity, Value, Zone
from assetctl.policy.expression import Expression
from assetctl.policy.plant import Approved

TRANSLATIONS = ("de",)
"""Languages besides English in which a check may say its texts."""

FactTexts = Mapping[str, str | tuple[str, ...]]
"""Facts of a test: "KEY" or "LOCAL-KEY KEY" -> value as text, such as "tcp/23 port_state" -> "open"."""


class Own(StrEnum):
    """How far a check decides its own statement."""

    FINAL = "F"  # both results are decisive for what was looked at
    PARTIAL = "P"  # only a failure is decisive; a pass means that nothing contrary was seen
    HUMAN = "H"  # neither is final without a person: matching or correlation can err


@dataclass(frozen=True, slots=True)
class Template:
    """A wording: texts and the values between them. slots: the placeholders as written."""

    text: str
    parts: tuple[str | Expression, ...]
    slots: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseAsset:
    """An asset of a test. declared: facts that people stated; rivals: what a second source says.

    earlier: what the first source said before its facts. protocol: the probe that told the facts.
    vantages: LOCAL-KEY of a service, else the key of a fact -> the address from which it was asked.
    """

    facts: FactTexts
    declared: FactTexts = field(default_factory=dict)
    rivals: FactTexts = field(default_factory=dict)
    earlier: FactTexts = field(default_factory=dict)
    position: str = ""
    zone: str = ""
    parent: str = ""
    vantages: Mapping[str, str] = field(default_factory=dict)
    protocol: str = "trial"


@dataclass(frozen=True, slots=True)
class CaseFlow:
    """One flow of a test, as "SOURCE > TARGET tcp/502 service", with what the sensor saw of it."""

    source: str
    target: str
    transport: str
    port: int
    service: str = ""
    answered: bool = True
    opened: bool = True


@dataclass(frozen=True, slots=True)
class CaseCapture:
    """What a sensor of a test saw of: covers and for how many days up to the time of judgement."""

    covers: tuple[str, ...]
    days: int = 30


@dataclass(frozen=True, slots=True)
class CaseScan:
    """days: how long ago it ended. state: as in `ScanState`. counts: steps by outcome."""

    coverage: tuple[str, ...]
    days: int = 0
    state: str = "done"
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CasePosition:
    """A declared position. tags: as declared."""

    id: str
    ip_address: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One test of a check: a small plant and the worst result it must give.

    assets: the first is the one that the case is about. register: declared positions.
    links: pairs of assets by the names that a test gives them; switches: those of them that are switches.
    approved: entries of a golden inventory as compared.
    age_days: how old all observed facts and flows are. since_days: how long facts had been told by then.
    yields: fact keys that the probe of the facts can tell.
    params: thresholds in place of those of the check.
    """

    name: str
    expect: Result
    assets: tuple[CaseAsset, ...]
    zones: tuple[Zone, ...] = ()
    conduits: tuple[Conduit, ...] = ()
    flows: tuple[CaseFlow, ...] = ()
    approved: tuple[Approved, ...] = ()
    captures: tuple[CaseCapture, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    switches: tuple[str, ...] = ()
    scans: tuple[CaseScan, ...] = ()
    networks: tuple[str, ...] = ()
    register: tuple[CasePosition, ...] = ()
    permitted: frozenset[str] = frozenset()
    yields: frozenset[str] = frozenset()
    params: Mapping[str, Value] = field(default_factory=dict)
    age_days: int = 0
    since_days: int = 0


@dataclass(frozen=True, slots=True)
class Check:
    """group_by: subjects that share all of these values are counted together, and `assertion` may name the group.

    permission: the test that must be allowed for its fact to exist, or "".
    never_unknown: a missing value is the finding.
    changed: params that differ from the file's.
    said: by language, title, wordings, fix and limits as the file has them in English -> in that language.
    """

    id: str
    version: int
    title: str
    severity: Severity
    own: Own
    for_each: str
    assertion: Expression
    applies_to: Expression | None
    group_by: tuple[Expression, ...]
    max_age: timedelta
    params: Mapping[str, Value]
    maps: tuple[RequirementMapping, ...]
    fail: Template
    unknown: Template
    fix: str
    limits: str
    cases: tuple[Case, ...]
    path: Path
    permission: str = ""
    never_unknown: bool = False
    changed: tuple[str, ...] = ()
    said: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def keys(self) -> frozenset[str]:
        """The facts it reads."""
        read = (self.assertion, *self.group_by, *((self.applies_to,) if self.applies_to else ()))
        return frozenset(key for expression in read for key in expression.keys)
