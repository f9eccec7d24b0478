"""What is judged: the assets with what was declared about the plant."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from assetctl.model import Asset, Capture, Conduit, Flow, IPNetwork, Position, Scan, Zone
from assetctl.policy.coverage import Asked


@dataclass(frozen=True, slots=True)
class DeclaredNetwork:
    """A range that the owner says is part of the plant."""

    realm: str
    range: IPNetwork

    def __str__(self) -> str:
        return f"{self.realm}/{self.range}"


@dataclass(frozen=True, slots=True)
class Approved:
    """One entry of a golden inventory as compared, or a device that no entry names.

    id: its position, else its asset. presence: see `approved.PRESENCES`. changed: fields that differ; unseen: fields
    that were not looked at. opened: ports that are open without approval; unasked: approved ports that were not asked.
    modules_changed: ids of its parts that differ, are gone or new; modules_unseen: of those that were not seen.
    """

    id: str
    realm: str
    zone: str
    presence: str
    asset: str = ""
    parent: str = ""
    changed: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    opened: tuple[str, ...] = ()
    unasked: tuple[str, ...] = ()
    has_modules: bool = False
    modules_changed: tuple[str, ...] = ()
    modules_unseen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plant:
    """Everything a judgement looks at.

    permitted: tests that the scope allowed by name, such as "default-community". yields: what each probe can tell, as
    probe name -> fact keys; with it an answer that lacks a fact is known to lack it. flows, captures: what sensors saw,
    and what they can see. links: pairs of connected assets; switches: those of them that pass frames on. safety: assets
    whose identity is that of a safety system, and why. asked: what was planned for a run.
    """

    assets: tuple[Asset, ...]
    zones: tuple[Zone, ...] = ()
    positions: tuple[Position, ...] = ()
    scans: tuple[Scan, ...] = ()
    permitted: frozenset[str] = frozenset()
    networks: tuple[DeclaredNetwork, ...] = ()
    yields: Mapping[str, frozenset[str]] = field(default_factory=dict)
    conduits: tuple[Conduit, ...] = ()
    flows: tuple[Flow, ...] = ()
    captures: tuple[Capture, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    switches: frozenset[str] = frozenset()
    safety: Mapping[str, str] = field(default_factory=dict)
    approved: tuple[Approved, ...] = ()
    asked: Asked = lambda _: None
