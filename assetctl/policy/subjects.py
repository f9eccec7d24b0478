"""What a check is asked about: assets and their parts, zones, conduits, flows or networks, in a fixed order."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from assetctl.model import Conduit, PortState, Position, Scan, ScanState, SubjectKind, Zone
from assetctl.policy.context import Context
from assetctl.policy.flows import SeenFlow
from assetctl.policy.plant import Approved, DeclaredNetwork
from assetctl.policy.service_functions import uses_tls
from assetctl.policy.survey import Survey
from assetctl.policy.traffic import traffic_of
from assetctl.policy.values import Reason, Unknown
from assetctl.policy.view import View

SAME_LOOK = timedelta(hours=1)
"""A certificate seen so long before another one of the same port has been replaced by it."""

ANY_AGE = timedelta(days=36_500)
INVENTORY = "inventory"
OF_ASSETS = ("asset", "interface", "neighbour", "service", "certificate")
_SERVICE, _CLOSED = SubjectKind.SERVICE, PortState.CLOSED


@dataclass(frozen=True, slots=True)
class Target:
    """One subject of a check. key: what makes its finding's id: a position if there is one, with the part."""

    view: View | None = None
    local_key: str = ""
    zone: Zone | None = None
    network: DeclaredNetwork | None = None
    position: Position | None = None
    approved: Approved | None = None
    run: Scan | None = None
    stable_key: str = ""
    conduit: Conduit | None = None
    flow: SeenFlow | None = None
    key: str = field(init=False, compare=False, default="")

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", self._named())

    @property
    def subject(self) -> str:
        if self.view:
            return self.view.asset.id
        if self.flow:
            return f"flow {self.flow.name}"
        named = self.zone or self.position or self.conduit or self.approved
        return named.id if named else str(self.network or INVENTORY)

    def _named(self) -> str:
        if self.view:
            asset = self.view.asset
            return f"{asset.realm} {asset.position or asset.id} {self.stable_key or self.local_key}"
        if self.run:
            return f"{self.run.realm} run"
        if self.flow:
            return f"{self.flow.realm} {self.subject}"
        if self.approved:
            return f"{self.approved.realm} golden {self.approved.id}"
        named = self.zone or self.position
        return f"{named.realm} {named.id}" if named else self.subject

    def context(self, survey: Survey, max_age: timedelta) -> Context:
        if self.view:
            return Context(survey, max_age, self.view, self.local_key)
        return Context(
            survey,
            max_age,
            zone=self.zone,
            network=self.network,
            position=self.position,
            approved=self.approved,
            run=self.run,
            conduit=self.conduit,
            flow=self.flow,
        )


def targets(for_each: str, survey: Survey) -> tuple[Target, ...]:
    """The subjects of a check, worked out once for all checks. A port that is known to be closed is no service."""
    found: dict[str, tuple[Target, ...]] = survey.memo.setdefault("targets", {})
    if for_each not in found:
        of_assets = for_each in OF_ASSETS
        found |= (
            parts_of(survey, survey.views.values()) if of_assets else {for_each: tuple(_declared(for_each, survey))}
        )
    return found[for_each]


def _declared(for_each: str, survey: Survey) -> Iterator[Target]:
    """What people declared and what sensors and runs saw."""
    match for_each:
        case "zone":
            yield from (Target(zone=survey.zones[key]) for key in sorted(survey.zones))
        case "conduit":
            yield from (Target(conduit=survey.conduits[name]) for name in sorted(survey.conduits))
        case "flow":
            yield from (Target(flow=flow) for flow in traffic_of(survey).flows)
        case "network":
            yield from (Target(network=network) for network in _networks(survey))
        case "approved":
            yield from (Target(approved=one) for one in sorted(survey.plant.approved, key=lambda e: (e.realm, e.id)))
        case "position":
            yield from (Target(position=position) for position in _positions(survey))
        case "run":
            yield from (Target(run=run) for run in _last_runs(survey))
        case "inventory":
            yield Target()


def parts_of(survey: Survey, views: Iterable[View]) -> dict[str, tuple[Target, ...]]:
    """Some assets and their parts by kind, in one pass, so that the facts of each are arranged once."""
    found: dict[str, list[Target]] = {kind: [] for kind in OF_ASSETS}
    for view in views:
        found["asset"].append(Target(view))
        for kind in ("interface", "neighbour"):
            found[kind] += (Target(view, key) for key in view.parts.get(SubjectKind(kind), ()))
        services = tuple(_services(view))
        found["service"] += (Target(view, key) for key in services)
        found["certificate"] += _certificates(survey, view, services)
    return {kind: tuple(of_kind) for kind, of_kind in found.items()}


def _services(view: View) -> Iterator[str]:
    for key in view.parts.get(SubjectKind.SERVICE, ()):
        state = view.read(_SERVICE, key, "port_state", ANY_AGE).value
        if isinstance(state, Unknown) and state.reason in (Reason.FILTERED, Reason.NOT_PROBED):
            has_more = any(f.subject.local_key == key for f in view.asset.facts if f.key != "port_state")
            if not has_more:
                continue
        if state != _CLOSED:
            yield key


def _certificates(survey: Survey, view: View, services: tuple[str, ...]) -> Iterator[Target]:
    """Those that the ports show now, and each port that speaks TLS without one having been read."""
    by_port: dict[str, list[str]] = {}
    for key in view.parts.get(SubjectKind.CERTIFICATE, ()):
        by_port.setdefault("/".join(key.split("/")[:2]), []).append(key)
    for service in services:
        if service not in by_port and uses_tls(Context(survey, ANY_AGE, view, service)) is True:
            by_port[service] = [service]
    for port, keys in sorted(by_port.items()):
        current = _current(view, keys)
        yield from (Target(view, key, stable_key=port if len(current) == 1 else key) for key in current)


def _current(view: View, keys: list[str]) -> list[str]:
    if len(keys) == 1:
        return keys
    seen: dict[str, datetime] = dict.fromkeys(keys, datetime.min.replace(tzinfo=view.now.tzinfo))
    for fact in view.asset.facts:
        if fact.subject.kind is SubjectKind.CERTIFICATE and fact.subject.local_key in seen:
            seen[fact.subject.local_key] = max(seen[fact.subject.local_key], fact.last_seen)
    newest = max(seen.values())
    return [key for key in keys if newest - seen[key] <= SAME_LOOK]


def _positions(survey: Survey) -> list[Position]:
    return sorted(survey.plant.positions, key=lambda position: (position.realm, position.id))


def _last_runs(survey: Survey) -> list[Scan]:
    """Of each realm the run that asked last; an import asks nobody."""
    asking = [scan for scan in survey.plant.scans if scan.state is not ScanState.IMPORTED and scan.ended is not None]
    last = {scan.realm: scan for scan in sorted(asking, key=lambda scan: (scan.started, scan.id))}
    return [last[realm] for realm in sorted(last)]


def _networks(survey: Survey) -> list[DeclaredNetwork]:
    declared = {str(network): network for network in survey.plant.networks}
    for zone in survey.plant.zones:
        for block in zone.networks:
            network = DeclaredNetwork(zone.realm, block)
            declared[str(network)] = network
    return [declared[name] for name in sorted(declared)]
