"""The golden inventory: what was approved as the state of one zone, as values.

It holds what was observed of each device and of its ports, never how sure we were or which source said so. The header
names the decoders and data that read it, and every entry the evidence it rests on, so that a later reading of the same
bytes can be told from a change in the plant. How it is written as a file is in `baseline_text`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from assetctl import settle
from assetctl.model import Asset, Fact, SubjectKind, Value

FIELDS = (
    "manufacturer",
    "model",
    "order_code",
    "serial_number",
    "firmware_software_version",
    "hardware_version",
    "operating_system",
    "os_version",
    "hostname",
    "ip_address",
    "mac_address",
    "asset_role_type",
    "part",
)
MATCH_KEYS = ("ip_address", "mac_address", "serial_number", "part")
MANY = ("mac_address", "part")  # every value that is told now counts, not only the one that stands
PORTS = "ports"
DEFAULT = "default"
STATES = ("open", "closed", "filtered")
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")  # no file can hold one


class Rule(StrEnum):
    """How a field is compared. A list of values in the file always means: one of these."""

    EXACT = "exact"
    IGNORE = "ignore"
    AT_LEAST = "at_least"  # the version in the file or a later one
    ONE_OF = "one_of"


@dataclass(frozen=True, slots=True)
class Entry:
    """One device or part. key: its position, or its asset id where it has none. parent: key of the device of a part.

    facts: approved values by field, mostly one. ports: state by "tcp/502". evidence: ids of the exchanges it rests on.
    """

    key: str
    asset: str
    match: Mapping[str, str]
    facts: Mapping[str, tuple[str, ...]]
    ports: Mapping[str, str]
    evidence: tuple[str, ...] = ()
    parent: str = ""
    rules: Mapping[str, Rule] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Approval:
    """That somebody took differences into the file. changes: one line each, with the old value and the new one."""

    on: str
    by: str
    reason: str
    changes: tuple[str, ...]
    ticket: str = ""


@dataclass(frozen=True, slots=True)
class Golden:
    """One zone as approved. decoders, data: versions of what read it. rules: by field, "ports" or "default".

    shared: rules of the file beside it, which count where the file itself has none.
    """

    zone: str
    realm: str
    entries: tuple[Entry, ...]
    decoders: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)
    approvals: tuple[Approval, ...] = ()
    shared: Mapping[str, Rule] = field(default_factory=dict)

    def rule(self, entry: Entry, name: str) -> Rule:
        """How a field of an entry is compared: by the nearest rule for the field, else by the nearest default."""
        near = (entry.rules, self.rules, self.shared)
        found = (rules[key] for key in (name, DEFAULT) for rules in near if key in rules)
        return next(found, Rule.EXACT)


def approved(
    assets: Sequence[Asset],
    *,
    zone: str,
    realm: str,
    decoders: Mapping[str, str] = MappingProxyType({}),
    data: Mapping[str, str] = MappingProxyType({}),
    evidence: Mapping[str, Sequence[str]] = MappingProxyType({}),
    rules: Mapping[str, Rule] = MappingProxyType({}),
) -> Golden:
    """The zone as it stands, the same for the same assets in any order.

    assets: those of the realm; the ones in the zone are taken. evidence: by asset id; by default the exchanges that
    its facts name.
    """
    inside = sorted((asset for asset in assets if asset.zone == zone and asset.realm == realm), key=key_of)
    keys = {asset.id: key_of(asset) for asset in inside}
    entries = tuple(entry_of(asset, keys, evidence.get(asset.id)) for asset in inside)
    return Golden(zone, realm, entries, decoders, data, rules)


def renewed(before: Golden, now: Golden) -> Golden:
    """The zone as it stands, with the rules, approvals and lists of allowed values that people wrote before."""
    held = {entry.key: entry for entry in before.entries}
    entries = tuple(_renewed(held[one.key], one) if one.key in held else one for one in now.entries)
    return replace(now, entries=entries, rules=before.rules, approvals=before.approvals)


def key_of(asset: Asset) -> str:
    """What an asset is called in a golden file: its position, or its id."""
    return asset.position or asset.id


def entry_of(asset: Asset, keys: Mapping[str, str], evidence: Sequence[str] | None = None) -> Entry:
    """An asset as an entry. keys: of the assets of its zone, by id. evidence: by default what its facts name."""
    values = values_of(asset)
    states = ports(asset)
    told = [*observed(asset).values(), *_of_many(asset), *(fact for _, fact in states.values())]
    named = {fact.source.evidence for fact in told if fact.source.evidence}
    return Entry(
        key=key_of(asset),
        asset=asset.id,
        match={name: values[name] for name in MATCH_KEYS if name in values},
        facts={name: (values[name],) for name in FIELDS if name in values},
        ports={name: state for name, (state, _) in states.items()},
        evidence=tuple(sorted(named if evidence is None else set(evidence))),
        parent=keys.get(asset.parent or "", ""),
    )


def values_of(asset: Asset, *, since: datetime | None = None) -> Mapping[str, str]:
    """What stands of an asset, by field. since: only what was said at that time or later. Nothing is said of no value.

    Several hardware addresses stand with commas, in order; the addresses of a device are those where it stands now.
    """

    def is_young(fact: Fact) -> bool:
        return since is None or fact.last_seen >= since

    values = {name: as_text(fact.value) for name, fact in observed(asset).items() if is_young(fact)}
    if not asset.parent:
        values["ip_address"] = ", ".join(settle.addresses(asset))
    for name in MANY:
        values[name] = ", ".join(sorted({as_text(f.value) for f in _of_many(asset) if f.key == name and is_young(f)}))
    return {name: values[name] for name in FIELDS if values.get(name)}


def observed(asset: Asset) -> Mapping[str, Fact]:
    """The fact that stands for each key of an asset itself, of those that were not declared by people."""
    found: dict[str, Fact] = {}
    for fact in sorted(settle.current(asset.facts), key=settle.rank):
        if fact.subject.kind is SubjectKind.ASSET and _is_observed(fact):
            found.setdefault(fact.key, fact)
    return found


def ports(asset: Asset) -> Mapping[str, tuple[str, Fact]]:
    """State of each port that somebody looked at, and the fact that says so."""
    found: dict[str, tuple[str, Fact]] = {}
    for view in settle.services(asset):
        said = view.facts.get("port_state") or (view.facts.get("service_source") if view.is_open else None)
        state = view.state or "open"
        if said is not None and state in STATES:
            found[view.local_key] = state, said
    return found


def parts_of(value: str) -> frozenset[str]:
    """The texts that stand with commas in a value."""
    return frozenset(one.strip() for one in value.split(",") if one.strip())


def as_text(value: Value) -> str:
    """A value as a file can hold it."""
    return _HALF_CHARACTER.sub("\ufffd", settle.as_text(value))


def _of_many(asset: Asset) -> Sequence[Fact]:
    told = settle.current(fact for fact in asset.facts if fact.key in MANY)
    return [fact for fact in told if _is_observed(fact)]


def _is_observed(fact: Fact) -> bool:
    return fact.source.kind != settle.DECLARED


def _renewed(before: Entry, now: Entry) -> Entry:
    lists = {
        name: values
        for name, values in before.facts.items()
        if len(values) > 1 and set(now.facts.get(name, ())) <= set(values)
    }
    return replace(now, facts={**now.facts, **lists}, rules=before.rules)
