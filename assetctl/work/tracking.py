"""The register of findings: each run of everything moves it on, and assessors say what they make of it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from assetctl.errors import InputError
from assetctl.model import Asset, Life, LifeState, PortState, Position
from assetctl.policy.judge import Judgement
from assetctl.policy.life import Absent, RunSaid, Step, advance
from assetctl.policy.plant import Plant
from assetctl.settle import current
from assetctl.store.records import CheckRun
from assetctl.store.repo import Store
from assetctl.text import near


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Whom a run names when it withdraws findings, and the positions that people retired."""

    by: str = "assetctl check"
    retired: tuple[Position, ...] = ()


def move_on(store: Store, judgement: Judgement, plant: Plant, run: CheckRun, withdrawal: Withdrawal) -> frozenset[str]:
    """Move the register on after a run of everything. Yields the ids of open findings that an assessor rejected."""
    said = RunSaid(
        at=run.at,
        by=withdrawal.by,
        findings=judgement.findings,
        passed=judgement.passed,
        not_applicable=judgement.not_applicable,
        stated=run.checks,
        absent=Absences(plant, withdrawal.retired).of,
    )
    turned_down: set[str] = set()

    def change(held: Mapping[str, Life]) -> Iterator[Step]:
        for life, events in advance(held, said):
            turned_down.update(rejected((life,)))
            yield life, events

    store.change_lives(change)
    return frozenset(turned_down)


def rejected(lives: Iterable[Life]) -> Iterator[str]:
    """Ids of the open findings that an assessor rejected."""
    return (one.id for one in lives if one.state is LifeState.OPEN and one.assessment == "rejected")


def say(store: Store, name: str, step: Callable[[Life], Step]) -> Life:
    """Change one finding by somebody's word. name: its id, or how it begins. Raises InputError."""
    id = find(store.lives(), name).id
    said: list[Life] = []

    def change(held: Mapping[str, Life]) -> Iterator[Step]:
        life, events = step(held[id])
        said.append(life)
        yield life, events

    store.change_lives(change, [id])
    return said[0]


def find(lives: Iterable[Life], name: str) -> Life:
    """The finding with an id, or the only one whose id begins so. Raises InputError."""
    every = {one.id: one for one in lives}
    found = [id for id in every if id == name] or [id for id in every if len(name) >= 4 and id.startswith(name)]
    if len(found) == 1:
        return every[found[0]]
    if found:
        raise InputError(f"{name}: may be {', '.join(found[:5])}; give more of the id")
    raise InputError(f"{name}: no such finding{near(name, tuple(every))}; `assetctl findings list` shows them")


class Absences:
    """Why the subject of a finding is not judged any more."""

    __slots__ = ("_aliases", "_assets", "_declared", "_positions", "_retired")

    def __init__(self, plant: Plant, retired: Iterable[Position]) -> None:
        self._assets = {asset.id: asset for asset in plant.assets}
        self._aliases = {alias: asset.id for asset in plant.assets for alias in asset.aliases}
        self._positions = {(one.realm, one.id) for one in plant.positions}
        self._retired = {(one.realm, one.id): one.retired for one in retired if one.retired}
        self._declared = {zone.id for zone in plant.zones} | {conduit.id for conduit in plant.conduits}
        self._declared |= {str(network) for network in plant.networks} | {one.id for one in plant.positions}

    def of(self, life: Life) -> Absent | None:
        """None when nobody knows: then it stays open, not tested again."""
        place = life.realm, life.position or life.subject
        if told := self._retired.get(place):
            return Absent(f"{place[1]} was retired on {told.on}: {told.reason}", by=told.by)
        if life.position and life.position != life.subject and place not in self._positions:
            return Absent(f"the register has no position {life.position} any more")
        asset = self._assets.get(life.subject)
        if asset is not None:
            return self._of_asset(life, asset)
        if life.subject in self._aliases:
            return Absent(f"{life.subject} is known as {self._aliases[life.subject]} now")
        if life.subject.startswith("flow ") or life.subject in self._declared or life.position:
            return None
        return Absent(f"{life.subject} is neither in the inventory nor declared any more")

    def _of_asset(self, life: Life, asset: Asset) -> Absent | None:
        if (asset.position or "") != life.position:
            where = f"at position {asset.position}" if asset.position else "without a position"
            return Absent(f"{asset.id} is judged {where} now")
        closed = _closed_since(asset, "/".join(life.part.split("/")[:2]))
        if closed and closed > life.evidence_at:
            return Absent(f"{life.part} is closed, as seen on {closed:%Y-%m-%d %H:%M} UTC", is_closed=True)
        return None


def _closed_since(asset: Asset, port: str) -> datetime | None:
    """When a port was last seen closed, None unless that is what every vantage saw last."""
    states = [
        fact for fact in current(asset.facts) if fact.key == "port_state" and fact.subject.local_key == port and port
    ]
    if not states or any(fact.value != PortState.CLOSED for fact in states):
        return None
    return max(fact.last_seen for fact in states)
