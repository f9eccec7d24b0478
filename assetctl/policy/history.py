"""Look-ups of how long a value has stood, how far a clock is off, and how far a group agrees."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import inf

from assetctl.model import SubjectKind, Value
from assetctl.policy.callables import LookUp
from assetctl.policy.context import Context
from assetctl.policy.counting import DECLARED
from assetctl.policy.values import DISAGREE, Operand, Reason, Rivals, Span, Unknown
from assetctl.policy.view import View

_DAY = timedelta(days=1)


def held_days(c: Context, view: View, kind: SubjectKind | None, local_key: str, key: str) -> Operand:
    """Whole days between the first and the last look that gave the value that counts now.

    The change to it lies between the last look that gave another value and the first that gave this one; as long as
    no look gave another value, it may have stood for ever.
    """
    reading = c.read(view, kind or SubjectKind.ASSET, local_key, key)
    if isinstance(reading.value, Unknown | Rivals):
        return reading.value if isinstance(reading.value, Unknown) else DISAGREE
    last = max(fact.last_seen for fact in reading.facts)
    first = min(fact.first_seen for fact in reading.facts)
    told = [fact for fact in view.facts_of(local_key, key) if fact.source.kind != DECLARED]
    others = [fact.last_seen for fact in told if fact.value != reading.value and fact.last_seen <= first]
    return Span((last - first) // _DAY, (last - max(others)) // _DAY if others else inf)


def clock_offset_s(c: Context, view: View, kind: SubjectKind | None, local_key: str, key: str) -> Operand:
    """Seconds between a clock that was read and ours at that moment; open where the clock tells no time zone."""
    reading = c.read(view, kind or SubjectKind.ASSET, local_key, key)
    if isinstance(reading.value, Unknown):
        return reading.value
    offsets = {_offset_s(fact.value, fact.last_seen) for fact in reading.facts}
    if len(offsets) == 1:
        offset = offsets.pop()
        return offset if offset is not None else Unknown(Reason.NOT_COMPARABLE, f"time {reading.value!s:.40}")
    return Rivals(tuple(offsets)) if None not in offsets else DISAGREE  # type: ignore[arg-type]


def distinct(c: Context, _: View, kind: SubjectKind | None, __: str, key: str) -> Operand:
    """How many values of a fact the members of the group have among them; a member without one may add another."""
    assert c.group is not None
    if isinstance(c.group, Unknown):
        return c.group
    values: set[Value] = set()
    missing = 0
    for holder, part in c.group.holders:
        c.step()
        reading = c.read(holder, kind or SubjectKind.ASSET, part, key)
        if isinstance(reading.value, str | int | tuple):
            values.add(reading.value)
        else:
            missing += 1
    return Span(max(len(values), 1), len(values) + missing) if missing else len(values)


def _offset_s(value: Value, seen: datetime) -> int | None:
    try:
        told = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return abs(round((told - seen).total_seconds())) if told.tzinfo else None


HISTORY: Mapping[str, LookUp] = {
    "held_days": LookUp("number", held_days, "for how many days the present value has been told", closed=False),
    "clock_offset_s": LookUp(
        "number", clock_offset_s, "by how many seconds a clock differed from ours", closed=False, type="text"
    ),
    "distinct": LookUp("number", distinct, "how many values of a fact the group has", closed=False, needs="group"),
}
