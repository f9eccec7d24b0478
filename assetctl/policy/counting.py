"""Which of several facts counts.

- of one source at one vantage the newest, since what it said before is history;
- an observed value goes before a declared one; declared values do not age;
- but what a device is for (`PURPOSES`) people know, while rules guess it from the product;
- a guess (confidence below 50) counts only when nothing better is known;
- what then still differs are rivals, and rivals decide nothing unless all of them give the same result.
A port is the exception, because a firewall makes vantages differ: per vantage the newest state counts, and a port that
is open from anywhere is open; filtered and unprobed are not knowledge.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from assetctl.model import Fact, PortState
from assetctl.policy.values import Reason, Unknown

DECLARED = "declared"
PURPOSES = frozenset({"asset_role_type"})
STRONG = 70
GUESS = 50
CLOCK_TOLERANCE = timedelta(minutes=5)
_PORT_STATE = "port_state"
_DEFINITE = (PortState.OPEN, PortState.CLOSED)


def fresh(facts: Iterable[Fact], *, now: datetime, max_age: timedelta) -> list[Fact]:
    """Those that still count at a time."""
    oldest, newest = now - max_age, now + CLOCK_TOLERANCE
    return [f for f in facts if f.source.kind == DECLARED or oldest <= f.last_seen <= newest]


def counting(facts: list[Fact], *, now: datetime, max_age: timedelta) -> list[Fact]:
    """Those facts of one key and subject that count; none when all are too old or say nothing. facts: at least one."""
    if facts[0].key == _PORT_STATE:
        return _deciding_state(fresh(facts, now=now, max_age=max_age))
    if len(facts) == 1:
        return fresh(facts, now=now, max_age=max_age)
    newest = _newest(facts, _source_and_vantage)
    held = fresh((fact for said in newest for fact in said), now=now, max_age=max_age)
    if facts[0].key in PURPOSES and (told := [fact for fact in held if fact.source.kind == DECLARED]):
        return told
    observed = [fact for fact in held if fact.source.kind != DECLARED]
    return [f for f in observed if f.confidence >= GUESS] or [f for f in held if f not in observed] or observed


def why_none(facts: list[Fact], about: str, *, now: datetime) -> Unknown:
    """The reason why none of these facts counts. about: what is asked, for people."""
    seen = max(fact.last_seen for fact in facts)
    if seen > now + CLOCK_TOLERANCE:
        return Unknown(Reason.FUTURE, about)
    states = {fact.value for fact in facts if fact.last_seen == seen}
    if facts[0].key == _PORT_STATE and not states & set(_DEFINITE):
        return Unknown(Reason.FILTERED if PortState.FILTERED in states else Reason.NOT_PROBED, about)
    return Unknown(Reason.STALE, about)


def _deciding_state(facts: list[Fact]) -> list[Fact]:
    """The facts that decide a port's state; none when nothing definite is known."""
    if len(facts) == 1:
        return facts if facts[0].value in _DEFINITE else []
    newest = _newest(facts, lambda fact: fact.vantage)
    open_from = next((held for held in newest if all(fact.value == PortState.OPEN for fact in held)), None)
    return open_from or [fact for held in newest for fact in held if fact.value in _DEFINITE]


def _source_and_vantage(fact: Fact) -> tuple[str, str, str]:
    return fact.source.kind, fact.source.name, fact.vantage


def _newest(facts: Iterable[Fact], group: Callable[[Fact], object]) -> list[list[Fact]]:
    """Of each group what was said last: several where they were said at the same time."""
    newest: dict[object, list[Fact]] = {}
    for fact in facts:
        place = group(fact)
        held = newest.get(place)
        if held is None or fact.last_seen > held[0].last_seen:
            newest[place] = [fact]
        elif fact.last_seen == held[0].last_seen:
            held.append(fact)
    return list(newest.values())
