"""Gathers what the security levels follow from: the last run, the register of findings, waivers and attestations."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from assetctl.model import Conduit, Life, LifeState, Zone
from assetctl.policy.attestations import by_row
from assetctl.policy.check import Check
from assetctl.policy.frameworks import IEC, Framework
from assetctl.policy.level_rows import Against, Knowledge, Place, State
from assetctl.policy.levels import Cell, vectors
from assetctl.store.repo import Store
from assetctl.work.papers import Papers
from assetctl.zone_rules import parents
from assetctl.zones import ZoneFile

SHALL = "shall"
_ASSESSMENTS: Mapping[str, Any] = {"confirmed": "confirmed", "rejected": "rejected"}


@dataclass(frozen=True, slots=True)
class Levels:
    """nowhere: open failures that lie in no zone and so lower no level. has_run: whether anything was judged yet."""

    cells: tuple[Cell, ...]
    nowhere: int
    has_run: bool


def levels(store: Store, zones: ZoneFile, checks: Iterable[Check], framework: Framework, papers: Papers) -> Levels:
    """The security levels of every zone and conduit, as of the last run of everything."""
    run = store.latest_run()
    still = [one for one in store.lives() if one.state is LifeState.OPEN]
    knowledge = Knowledge(
        rows=tuple(framework.rows.values()),
        maps=_maps(checks),
        seen=run.places if run else {},
        ran=frozenset(run.checks) if run else frozenset(),
        against=tuple(_against(one) for one in still),
        answers=by_row(papers.attestations),
    )
    nowhere = sum(not one.zone and one.assessment != "rejected" for one in still)
    return Levels(vectors(places(zones.zones, zones.conduits), knowledge), nowhere, run is not None)


def places(zones: Sequence[Zone], conduits: Sequence[Conduit]) -> tuple[Place, ...]:
    """Zones and conduits with what concerns them: what lies in a zone, and the conduits at its border."""
    known = {zone.id: zone for zone in zones}
    inside = {name: {other for other in known if name in parents(known, other)} for name in known}
    found = []
    for zone in zones:
        own = inside[zone.id] | {zone.id}
        border = {one.id for one in conduits if own & {one.source, one.target}}
        found.append(Place(zone.id, False, zone.sl_t, frozenset(inside[zone.id] | border)))
    return (*found, *(Place(one.id, True, one.sl_t) for one in conduits))


def record(cell: Cell) -> dict[str, Any]:
    """One cell for machines, with the state of every row."""
    return {
        "place": cell.place,
        "kind": "conduit" if cell.is_conduit else "zone",
        "fr": cell.fr,
        "target": cell.target,
        "attested_or_evidenced": cell.attested,
        "not_contradicted": cell.not_contradicted,
        "not_contradicted_if_indications_hold": cell.not_contradicted_if,
        "verdict": cell.verdict,
        "counts": asdict(cell.counts),
        "note": cell.reasons,
        "statement": cell.text,
        "rows": list(_rows(cell)),
    }


def _rows(cell: Cell) -> Iterator[dict[str, Any]]:
    for one in cell.rows:
        yield {
            "requirement": one.row.id,
            "from_sl": one.row.from_sl,
            "state": one.state,
            "why": one.why,
            "checks": list(one.checks),
            "attestations": list(one.attested),
            "evidence": one.is_evidenced,
            "independently_reviewed": one.is_independent,
            "compensated": one.is_compensated and one.state in (State.CONTRADICTED, State.INDICATED),
        }


def _maps(checks: Iterable[Check]) -> dict[str, dict[str, str]]:
    """A recommendation that is not followed is an observation, and bears on no level."""
    return {
        check.id: {one.requirement: one.strength for one in check.maps if one.framework == IEC and one.duty == SHALL}
        for check in checks
    }


def _against(life: Life) -> Against:
    return Against(
        finding=life.id,
        check=life.check,
        zones=frozenset(life.zone.split()),
        assessment=_ASSESSMENTS.get(life.assessment, ""),
        is_compensated=bool(life.waiver),
    )
