"""In which order a run asks: who tells of others, then what is known to be there, and only then what is guessed.

Known switches and routers whose tables are read come first, those of one target one after another, since what stands in
a ring is reached through its switches. Whom they name is asked next, beside what earlier evidence and people told.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, zip_longest

from assetctl.model import Address, Destination
from assetctl.plan import Plan, Step, addresses, steps
from assetctl.protocol import Protocol
from assetctl.scope import Target
from assetctl.work.knowledge import Knowledge

TELL_OF_OTHERS = frozenset({"switch", "router", "firewall", "access-point"})

Lane = Iterator[tuple[Destination, tuple[Step, ...]]]


def turns(
    plan: Plan, protocols: Mapping[str, Protocol], knowledge: Knowledge, *, wide: int
) -> Iterator[tuple[Lane, ...]]:
    """The lanes of each turn; a turn is made when the one before has ended, out of what is known by then.

    A lane is asked one place after another, the lanes of a turn side by side. wide: how many share the places of a turn
    where nothing speaks for one after another; places of all targets in turn, so that one busy network does not hold up
    the others.
    """
    targets = tuple(dict.fromkeys(row.target for row in plan.rows))
    begun: set[Address] = set()

    def lane(target: Target, places: Iterable[Address]) -> Lane:
        return steps(plan, protocols, target, places=places)

    def shared(choose: Callable[[Target], Iterable[Address]]) -> tuple[Lane, ...]:
        lanes = (lane(target, choose(target)) for target in targets if isinstance(target, Target))
        return (_in_turn(lanes),) * wide

    def known(target: Target) -> list[Address]:
        there = plan.known | knowledge.by_address.keys() | knowledge.told
        return sorted(a for a in there - begun if a in target and not plan.scope.excludes(a))

    def tell(target: Target) -> list[Address]:
        has_tables = any(row.depth for row in plan.rows if row.target == target)
        return [a for a in known(target) if has_tables and knowledge.role(a) in TELL_OF_OTHERS]

    def first(choose: Callable[[Target], list[Address]]) -> dict[Target, list[Address]]:
        chosen = {target: choose(target) for target in targets if isinstance(target, Target)}
        begun.update(*chosen.values())
        return chosen

    segments = tuple(steps(plan, protocols, target) for target in targets if not isinstance(target, Target))
    tellers = first(tell)
    yield segments + tuple(lane(target, places) for target, places in tellers.items() if places)
    there = first(known)
    yield shared(there.__getitem__)
    yield shared(lambda target: (a for a in addresses(target, plan.scope) if a not in begun))


def _in_turn(lanes: Iterable[Lane]) -> Lane:
    return (place for place in chain.from_iterable(zip_longest(*lanes)) if place is not None)
