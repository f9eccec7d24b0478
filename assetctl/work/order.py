"""An order and what must be settled before it is performed: the plan, what is left alone, and who allows it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path

from assetctl import approval as approvals
from assetctl.errors import InputError
from assetctl.model import Address, Observation, Outcome
from assetctl.plan import Plan
from assetctl.planning import make
from assetctl.protocol import Protocol
from assetctl.safety.nature import Told, safety_system
from assetctl.scope import Scope, Target
from assetctl.secrets.credentials import Secret
from assetctl.settle import addresses
from assetctl.sightings import split
from assetctl.store.repo import Store
from assetctl.work.expected import expected
from assetctl.work.ingest import NOTHING, Declared
from assetctl.work.ledgers import destination
from assetctl.work.partners import waiting


@dataclass(frozen=True)
class Place:
    """Where a run keeps its things. ledgers, incidents, locks: folders of the owner's alone."""

    ledgers: Path
    incidents: Path
    locks: Path


@dataclass(frozen=True)
class Permission:
    """Who allowed a run. stated: the words for the record. hash: of the approval file, "" for a yes at the prompt.

    until: nothing leaves after it; None for a yes, which is for one run.
    """

    stated: str
    hash: str = ""
    until: datetime | None = None


@dataclass(frozen=True)
class Order:
    """What is to be scanned. exclusions: read anew before each frame. resume: id of an interrupted scan."""

    realm: str
    scope: Scope
    protocols: Mapping[str, Protocol]
    secrets: Mapping[str, Secret]
    scan: str
    declared: Declared = NOTHING
    exclusions: Callable[[], tuple[Target, ...]] = tuple
    zone_of: Callable[[Address], str] | None = None
    resume: str = ""
    request: Mapping[str, object] = field(default_factory=dict)


def plan_for(order: Order, store: Store, *, nmap: bool, now: datetime) -> Plan:
    """The plan of an order, with what earlier evidence knows about its addresses.

    Safety systems are left out, and of a redundancy group all members but one.
    """
    every = (o for o in store.observations(realm=order.realm) if o.scan != order.resume)
    earlier = (one for o in every for one in split(o))
    known = frozenset(o.target for o in earlier if o.target and _showed_device(o))
    alone = left_alone(order, store)
    if order.resume:  # the gate holds those of which it was told since
        first = _excluded_first(order, store)
        alone = {one: why for one, why in alone.items() if str(_only(one)) in first}
    partners = _partners(order, store, now)
    excluded = tuple(map(_only, sorted(alone.keys() | partners.keys())))
    scope = replace(order.scope, excluded=order.scope.excluded + excluded)
    made = make(scope, order.protocols, known=known, nmap=nmap)
    notes = tuple((str(a), f"a safety system by {why}; name it in [safety_consents]") for a, why in alone.items())
    notes += tuple((str(a), why) for a, why in sorted(partners.items()))
    resting = frozenset(map(_only, partners.keys() - alone.keys()))
    return replace(made, left_out=notes + made.left_out, resting=resting)


def _only(address: Address) -> Target:
    return Target(address.realm, address.ip, address.ip)


def _excluded_first(order: Order, store: Store) -> frozenset[str]:
    """What the plan excluded with which the scan began that is gone on with."""
    stored = json.loads(store.plan(order.resume) or "{}")
    return frozenset(stored.get("plan", {}).get("excluded", ()))


def _partners(order: Order, store: Store, now: datetime) -> dict[Address, str]:
    if not order.scope.redundant:
        return {}
    held = (destination(entry.subject) for entry in store.quarantined(order.realm) if "/" in entry.subject)
    tripped = frozenset(place for place in held if isinstance(place, Address))
    asked = (one for one in store.observations(realm=order.realm) if one.source == "probe")
    return waiting(order.scope, asked, tripped=tripped, now=now, resume=order.resume)


def last_plan(store: Store, realm: str) -> str:
    """Canonical text of the last plan that was run in a realm, or ""."""
    for scan in reversed(store.scans(realm)):
        if stored := store.plan(scan.id):
            return json.dumps(json.loads(stored)["plan"])
    return ""


def left_alone(order: Order, store: Store) -> dict[Address, str]:
    """Safety systems in the scope that no consent names, by evidence or register, and what shows that they are such."""
    found = evidenced(store, order.realm, safety_system)
    for address, declared in expected(order.declared.register, order.realm):
        if reason := safety_system((key, "", value) for key, value in declared.items()):
            found.setdefault(address, reason)
    return {
        address: reason
        for address, reason in found.items()
        if address not in order.scope.safety_consents and order.scope.includes(address)
    }


def evidenced(store: Store, realm: str, shows: Callable[[Told], str]) -> dict[Address, str]:
    """Addresses of known assets whose facts show something, and why."""
    found: dict[Address, str] = {}
    for asset in store.assets(realm):
        if reason := shows((fact.key, fact.subject.local_key, fact.value) for fact in asset.facts):
            found |= {Address(realm, ip_address(text)): reason for text in addresses(asset)}
    return found


def permission_by(
    plan: Plan, approval: approvals.Approval, store: Store, *, realm: str, now: datetime, resume: str = ""
) -> Permission:
    """Permission by an approval file; going on with an interrupted scan is no further run.

    Raises InputError that lists every respect in which the plan goes beyond the approval.
    """
    runs = (scan for scan in store.scans(realm) if scan.id != resume)
    used = sum(scan.approval.endswith(approval.hash[:12]) for scan in runs)
    found = approvals.objections(plan, approval, now=now, runs_used=used, realm=realm)
    if found:
        raise InputError("the plan is outside the approval: " + "; ".join(found))
    return Permission(approval.stated, approval.hash, approval.valid_until)


def _showed_device(observation: Observation) -> bool:
    return observation.outcome in (Outcome.ANSWERED, Outcome.REFUSED) or observation.source != "probe"
