"""Members of a redundancy group: one of them in a run, the next ten minutes later, none after a partner tripped.

A pair that is busy on both sides may switch over, or lose the partner that would take over. The one that was asked
longest ago comes first, so that runs take turns by themselves.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from assetctl.model import Address, Observation
from assetctl.scope import Scope

PAUSE = timedelta(minutes=10)
NEVER = datetime.min.replace(tzinfo=UTC)


def waiting(
    scope: Scope, asked: Iterable[Observation], *, tripped: frozenset[Address], now: datetime, resume: str = ""
) -> dict[Address, str]:
    """Members that are not asked now, and why. asked: all earlier observations. tripped: what is in quarantine.

    resume: the interrupted scan that is gone on with; the member that it had begun with goes on.
    """
    if not scope.redundant:
        return {}
    last: dict[Address, datetime] = {}
    begun: set[Address] = set()
    for one in asked:
        if one.target is None or not one.exchanges:
            continue
        last[one.target] = max(last.get(one.target, NEVER), one.ended)
        if resume and one.scan == resume:
            begun.add(one.target)
    found: dict[Address, str] = {}
    for group in scope.redundant:
        found |= _of_group(group, {m: last.get(m, NEVER) for m in group}, begun, tripped, now)
    return {member: why for member, why in found.items() if scope.includes(member)}


def _of_group(
    group: frozenset[Address],
    last: dict[Address, datetime],
    begun: set[Address],
    tripped: frozenset[Address],
    now: datetime,
) -> dict[Address, str]:
    found: dict[Address, str] = {}
    for member in sorted(group):
        for partner in sorted(group - {member}):
            if partner in tripped:
                found[member] = f"its redundant partner {partner} is in quarantine"
            elif now - last[partner] < PAUSE and member not in begun:
                found.setdefault(member, f"its redundant partner {partner} was asked less than 10 minutes ago")
    free = sorted(group - found.keys(), key=lambda member: (member not in begun, last[member], member))
    for member in free[1:]:
        found[member] = f"its redundant partner {free[0]} is asked first; ask this one 10 minutes later"
    return found
