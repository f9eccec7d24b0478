"""Where the subject of a check lies: the zone or conduit whose security level its result bears on."""

from collections.abc import Iterable
from ipaddress import ip_address

from assetctl.model import EVERYWHERE, Position, Zone
from assetctl.policy.flows import SeenFlow
from assetctl.policy.plant import DeclaredNetwork
from assetctl.policy.subjects import Target
from assetctl.policy.survey import Survey
from assetctl.policy.view import View
from assetctl.standing import Whereabouts


class Places:
    """The zones of a plant, for the subjects of one judgement."""

    __slots__ = ("_of_assets", "_positions", "_survey", "_where")

    def __init__(self, survey: Survey) -> None:
        self._survey = survey
        self._of_assets: dict[str, tuple[str, ...]] = {}
        self._where = Whereabouts(survey.plant.zones)
        self._positions = {
            (zone.realm, name): zone.id for zone in survey.plant.zones for name in zone.positions
        }  # a position that no device holds has no asset to be found by

    def of(self, target: Target) -> tuple[str, ...]:
        """The ids of the zones or conduits, none for no zone, `EVERYWHERE` for what concerns the plant as a whole."""
        if target.view:
            found = self._of_assets.get(target.view.asset.id)
            return self._of_asset(target.view) if found is None else found
        if named := target.zone or target.conduit:
            return (named.id,)
        if target.flow:
            return _of_flow(target.flow)
        if target.position:
            return self._of_position(target.position)
        if target.approved:
            return (target.approved.zone,)
        return (_around(self._survey.plant.zones, target.network),) if target.network else (EVERYWHERE,)

    def _of_asset(self, view: View) -> tuple[str, ...]:
        zone = self._survey.zone_of(view)
        found = self._of_assets[view.asset.id] = (zone.id,) if zone else ()
        return found

    def _of_position(self, position: Position) -> tuple[str, ...]:
        named = self._positions.get((position.realm, position.id))
        address = position.match.get("ip_address")
        found = named or (self._where.of_address(position.realm, ip_address(address)) if address else None)
        return (found,) if found else ()


def realm_of(target: Target) -> str:
    """The address space of a subject, "" for the inventory as a whole."""
    if target.view:
        return target.view.asset.realm
    named = target.zone or target.position or target.network or target.run or target.flow or target.approved
    return named.realm if named else ""


def _of_flow(flow: SeenFlow) -> tuple[str, ...]:
    """Its conduit; without one the zones of both ends, since each of them is crossed."""
    if flow.conduit:
        return (flow.conduit.id,)
    return tuple(sorted({zone.id for zone in (flow.from_zone, flow.to_zone) if zone}))


def _around(zones: Iterable[Zone], network: DeclaredNetwork) -> str:
    """The most specific zone that holds a whole network; one that holds zones itself concerns the plant."""
    found = [
        (held.prefixlen, zone.id)
        for zone in zones
        if zone.realm == network.realm
        for held in zone.networks
        if held.version == network.range.version and held.supernet_of(network.range)  # type: ignore[arg-type]
    ]
    return max(found)[1] if found else EVERYWHERE
