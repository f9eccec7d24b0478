"""In which order a run asks: who tells of others, then what is known to be there, and only then what is guessed.

Known switches and routers whose tables are read come first, those of one /24 one after another, since what stands in a
ring is reached through its switches. Whom they name is asked next, beside what earlier evidence and people told.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, zip_longest

from assetctl.model import Address, Destination, IPAddress
from assetctl.plan import Plan, Step, addresses, steps
from assetctl.protocol import Protocol
from assetctl.safety.seats import block
from assetctl.scope import Target
from assetctl.work.knowledge import Knowledge

TELL_OF_OTHERS = frozenset({"switch", "router", "firewall", "access-point"})

Lane = Iterator[tuple[Destination, tuple[Step, ...]]]


def turns(
    plan: Plan, protocols: Mapping[str, Protocol], knowledge: Knowledge, *, wide: int
) -> Iterator[tuple[Lane, ...]]:
    """The lanes of each turn; a turn is made when the one before has ended, out of what is known by then.

    A lane is asked one place after another, the lanes of a turn side by side, at most `wide` of them beside those of
    segments. Where nothing speaks for one after another, all lanes share places of all targets in turn, so that one
    busy network does not hold up the others.
    """
    targets = tuple(plan.by_target)
    ranges = tuple(target for target in targets if isinstance(target, Target))
    with_tables = {row.target for row in plan.rows if row.depth}
    begun: set[Address] = set()

    def lane(target: Target, places: Iterable[Address]) -> Lane:
        return steps(plan, protocols, target, places=places)

    def shared(choose: Callable[[Target], Iterable[Address]]) -> tuple[Lane, ...]:
        return (_in_turn(lane(target, choose(target)) for target in ranges),) * wide

    segments = tuple(steps(plan, protocols, target) for target in targets if not isinstance(target, Target))
    tellers: dict[str, list[Lane]] = {}
    for target, places in _known(plan, ranges, knowledge, begun).items():
        for place in places if target in with_tables else ():
            if knowledge.role(place) in TELL_OF_OTHERS:
                begun.add(place)
                tellers.setdefault(block(place), []).append(lane(target, (place,)))
    blocks = [chain.from_iterable(lanes) for lanes in tellers.values()]
    yield segments + tuple(chain.from_iterable(blocks[first::wide]) for first in range(min(wide, len(blocks))))
    there = _known(plan, ranges, knowledge, begun)
    begun.update(chain.from_iterable(there.values()))
    yield shared(there.__getitem__)
    yield shared(lambda target: (place for place in addresses(target, plan.scope) if place not in begun))


def _known(
    plan: Plan, ranges: Iterable[Target], knowledge: Knowledge, begun: set[Address]
) -> dict[Target, list[Address]]:
    """Addresses at which something is known to be, and nothing was begun, by the target that they lie in."""
    there = (plan.known | knowledge.by_address.keys() | knowledge.told) - begun
    order = sorted(there, key=lambda one: _place(one.realm, one.ip))
    places = [_place(one.realm, one.ip) for one in order]
    found = {}
    for target in ranges:
        first = bisect_left(places, _place(target.realm, target.first))
        last = bisect_right(places, _place(target.realm, target.last))
        found[target] = [one for one in order[first:last] if not plan.scope.excludes(one)]
    return found


def _place(realm: str, ip: IPAddress) -> tuple[str, int, int]:
    return realm, ip.version, int(ip)


def _in_turn(lanes: Iterable[Lane]) -> Lane:
    return (place for place in chain.from_iterable(zip_longest(*lanes)) if place is not None)
