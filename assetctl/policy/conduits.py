"""How zones lie to each other, and which conduit holds between two of them.

A conduit holds for the zones that it names and for the zones inside them; the one whose ends lie nearest counts, and of
several the one that allows the flow.
"""

from collections import defaultdict
from collections.abc import Iterable

from assetctl.model import Conduit, Zone
from assetctl.policy.flows import fitting
from assetctl.zone_rules import parents


class Conduits:
    """The declared conduits by the zones they connect; zones are named by their ids."""

    __slots__ = ("_above", "_declared", "_nearest")

    def __init__(self, zones: Iterable[Zone], conduits: Iterable[Conduit]) -> None:
        by_id = {zone.id: zone for zone in zones}
        self._above = {zone: (zone, *parents(by_id, zone)) for zone in by_id}
        self._nearest: dict[tuple[str, str], tuple[Conduit, ...]] = {}
        self._declared: dict[frozenset[str], list[Conduit]] = defaultdict(list)
        for conduit in conduits:
            self._declared[frozenset((conduit.source, conduit.target))].append(conduit)

    def holding(self, one: str, other: str, transport: str, port: int) -> Conduit | None:
        """The conduit that a flow between two zones takes; None when there is none, or no need of one."""
        if one == other:
            return None
        found = self.between(one, other)
        return next((conduit for conduit in found if fitting(conduit, transport, port)), found[0] if found else None)

    def is_part_of(self, inner: str, outer: str) -> bool:
        """Whether a zone is another or lies inside it."""
        return outer in self._above.get(inner, (inner,))

    def are_related(self, one: str, other: str) -> bool:
        """Whether two zones lie inside each other, or are parts of the same zone."""
        mine, theirs = self._above.get(one, (one,)), self._above.get(other, (other,))
        return one in theirs or other in mine or (len(mine) > 1 and len(theirs) > 1 and mine[1] == theirs[1])

    def between(self, one: str, other: str) -> tuple[Conduit, ...]:
        """The conduits that hold between two zones: of the zones themselves, else of the nearest around them.

        One between a zone and the zone around it holds for what lies directly in the outer one, not for other parts.
        """
        found = self._nearest.get((one, other))
        if found is None:
            mine, theirs = self._above[one], self._above[other]
            pairs = [
                (at + across, at, frozenset((a, b)))
                for at, a in enumerate(mine)
                for across, b in enumerate(theirs)
                if (a == one or a not in theirs) and (b == other or b not in mine)
            ]
            near = (self._declared.get(pair, ()) for _, _, pair in sorted(pairs, key=lambda row: row[:2]))
            found = self._nearest[one, other] = tuple(next(filter(None, near), ()))
        return found
