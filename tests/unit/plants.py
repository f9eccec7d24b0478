"""Small scopes, plans and gates for tests."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

from assetctl.model import Address, NetworkKind
from assetctl.plan import Plan, Step, steps
from assetctl.planning import make, own_ports
from assetctl.protocols import registry
from assetctl.safety.gate import Gate
from assetctl.safety.ledger import Ledger
from assetctl.safety.rules import Rules
from assetctl.scope import Network, Scope, Target

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def target(first: str, last: str = "") -> Target:
    return Target("plant", ip_address(first), ip_address(last or first))


def address(text: str) -> Address:
    return Address("plant", ip_address(text))


def scope(*targets: Target, kind: NetworkKind = NetworkKind.OT, **changes: Any) -> Scope:
    networks = tuple(
        Network("plant", ip_network((t.first, 24 if t.first.version == 4 else 64), strict=False), kind) for t in targets
    )
    return replace(Scope(targets=targets, networks=networks, probes=("modbus",)), **changes)


def gate(plan: Plan, folder: Path, *, clock: Callable[[], float] | None = None, **rules: Any) -> Gate:
    protocols = registry()
    told = Rules(
        vets={name: p.vet for name, p in protocols.items()},
        classes={name: p.classes for name, p in protocols.items()},
        envelopes={name: p.envelope for name, p in protocols.items()},
        own_ports=own_ports(protocols),
        **rules,
    )
    return Gate(plan, told, Ledger(folder / "ledger"), now=lambda: NOW, monotonic=clock or Clock())


def plan_of(scope: Scope) -> Plan:
    return make(scope, registry())


def first_step(plan: Plan) -> Step:
    row_target = plan.rows[0].target
    return next(iter(steps(plan, registry(), row_target)))[1][0]
