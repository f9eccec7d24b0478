"""Small plants for the tests of the policy engine."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assetctl.facts import vocabulary
from assetctl.model import Asset, Fact, Source, Subject, Value
from assetctl.policy.check import Check
from assetctl.policy.load import load_check

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
PROBE = Source("probe", "snmp", "scan:1")

CHECK = """\
id: TST-001
version: 1
title: Telnet is off
severity: high
own: F
for_each: asset
assert: port(23) == "closed"
max_age: 30d
maps:
  - {framework: iec62443-3-3, edition: "2013+COR1:2014", requirement: SR 7.7, strength: S}
fail: "{asset.name} has {decisive}."
unknown: "{asset.name}: {reason}."
fix: Disable it.
limits: One port.
tests:
  - {name: reset, expect: pass, facts: {tcp/23 port_state: closed}}
  - {name: open, expect: fail, facts: {tcp/23 port_state: open}}
  - {name: nothing, expect: unknown, facts: {model: X}}
"""


def fact(
    place: str,
    value: Value,
    *,
    asset: str = "a1",
    source: Source = PROBE,
    days: float = 0,
    vantage: str = "eth0/any",
    confidence: int = 90,
) -> Fact:
    """place: "KEY" or "LOCAL-KEY KEY". days: how long before NOW it was seen."""
    local_key, _, key = place.rpartition(" ")
    seen = NOW - timedelta(days=days)
    subject = Subject(vocabulary()[key].kind, asset, local_key)
    return Fact(subject, key, value, source, vantage, seen, seen, confidence)


def asset(
    *facts: Fact,
    id: str = "a1",
    position: str | None = None,
    parent: str | None = None,
    zone: str | None = None,
) -> Asset:
    return Asset(id, "plant", facts, NOW, NOW, 90, position=position, parent=parent, zone=zone)


def asset_of(facts: Mapping[str, Value], *, id: str = "a1", position: str | None = None) -> Asset:
    return asset(*(fact(place, value, asset=id) for place, value in facts.items()), id=id, position=position)


def check_of(folder: Path, *changes: tuple[str, str], name: str = "TST-001") -> Check:
    """The check above with pieces of its text replaced."""
    return load_check(written(folder, *changes, name=name))


def written(folder: Path, *changes: tuple[str, str], name: str = "TST-001") -> Path:
    text = CHECK.replace("TST-001", name)
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path
