"""The closures of a compiled expression: each takes the context and gives a value, noting what it read."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from assetctl.model import Subject, SubjectKind, Value
from assetctl.policy.names import FACT_KINDS, Context, RecordName
from assetctl.policy.plant import Reading, View
from assetctl.policy.values import (
    NOT_COVERED,
    Operand,
    Reason,
    Span,
    Ternary,
    Unknown,
    compare,
    shift,
    spread,
    ternary,
)

Run = Callable[[Context], Operand]
Locate = Callable[[Context], tuple[View | None, str]]
_PLAIN = (str, int, bool, tuple)


@dataclass(frozen=True, slots=True)
class Code:
    """type: text, number, flag or texts."""

    type: str
    run: Run


@dataclass(frozen=True, slots=True)
class Entity:
    """Something with facts or names of its own; `locate` gives the asset and the part."""

    kind: str
    locate: Locate


@dataclass(frozen=True, slots=True)
class Items:
    """A collection. element: an entity kind, or "text". complete: nothing else can belong to it."""

    element: str
    run: Callable[[Context], tuple[object, ...] | Unknown]
    complete: bool


def as_truth(run: Run) -> Run:
    return lambda c: ternary(run(c))


def fixed(name: str, for_each: str) -> Entity:
    """A subject of the check. With a certificate comes the service that showed it."""
    if name in ("asset", "zone", "network", "group", "position", "run"):
        return Entity(name, lambda c: (c.view, ""))
    if name == "service" and for_each == "certificate":
        return Entity(name, lambda c: (c.view, "/".join(c.local_key.split("/")[:2])))
    return Entity(name, lambda c: (c.view, c.local_key))


def loop_variable(element: str, slot: int) -> Entity | Code:
    if element == "text":
        return Code("text", lambda c: c.loop[slot])  # type: ignore[arg-type, return-value]
    if element == "asset":
        return Entity("asset", lambda c: (c.loop[slot], ""))  # type: ignore[arg-type, return-value]
    return Entity(element, lambda c: c.loop[slot])  # type: ignore[arg-type, return-value]


def parts(kind: str, locate: Locate) -> Items:
    subject_kind = FACT_KINDS[kind]

    def run(c: Context) -> tuple[object, ...]:
        view, _ = locate(c)
        assert view is not None
        return tuple((view, local_key) for local_key in view.parts.get(subject_kind, ()))

    return Items(kind, run, complete=False)


def texts(run: Run) -> Callable[[Context], tuple[object, ...] | Unknown]:
    def items(c: Context) -> tuple[object, ...] | Unknown:
        value = run(c)
        if isinstance(value, tuple):
            return value
        return value if isinstance(value, Unknown) else Unknown(Reason.DISAGREE)

    return items


def literal(value: Value) -> Code:
    kind = "flag" if isinstance(value, bool) else {str: "text", int: "number", tuple: "texts"}[type(value)]
    return Code(kind, lambda _: value)


def kleene(operands: tuple[Run, ...], *, decisive: bool) -> Run:
    """`or` when decisive is True, `and` when it is False; every part gives True, False or Unknown."""

    def run(c: Context) -> Ternary:
        missing: Unknown | None = None
        for part in operands:
            value = part(c)
            if value is decisive:
                return decisive
            if missing is None and isinstance(value, Unknown):
                missing = value
        return missing if missing is not None else not decisive

    return run


def negation(part: Run) -> Code:
    def run(c: Context) -> Ternary:
        value = part(c)
        return value if isinstance(value, Unknown) else value is False

    return Code("flag", run)


def comparing(symbol: str, plain: Callable[..., bool], left: Run, right: Run) -> Run:
    def run(c: Context) -> Ternary:
        a, b = left(c), right(c)
        if a.__class__ in _PLAIN and b.__class__ in _PLAIN:
            return plain(a, b)
        return compare(symbol, plain, a, b)

    return run


def arithmetic(symbol: str, left: Run, right: Run) -> Run:
    plain: Callable[..., int] = operator.add if symbol == "+" else operator.sub

    def run(c: Context) -> Operand:
        a, b = left(c), right(c)
        return plain(a, b) if isinstance(a, int) and isinstance(b, int) else shift(symbol, a, b)

    return run


def fact(locate: Locate, kind: SubjectKind, key: str) -> Run:
    def run(c: Context) -> Operand:
        view, local_key = locate(c)
        assert view is not None
        reading = view.read(kind, local_key, key, c.max_age)
        c.trace.append(reading)
        return reading.value

    return run


def record_name(locate: Locate, record: RecordName, name: str, kind: str) -> Run:
    subject_kind = FACT_KINDS.get(kind, SubjectKind.ASSET)

    def run(c: Context) -> Operand:
        view, local_key = locate(c)
        value = record.read(c, view, local_key)  # type: ignore[arg-type]
        owner = view.asset.id if view else c.owner
        c.trace.append(Reading(Subject(subject_kind, owner, local_key), name, value, closed=record.closed))
        return value

    return run


def looking(function: Callable[..., Operand], locate: Locate, kind: SubjectKind | None, key: str) -> Run:
    def run(c: Context) -> Operand:
        view, local_key = locate(c)
        return function(c, view, kind, local_key, key)

    return run


def calling(function: Callable[..., Operand], arguments: tuple[Run, ...]) -> Run:
    def run(c: Context) -> Operand:
        values = [argument(c) for argument in arguments]
        for value in values:
            if value.__class__ not in _PLAIN:
                return spread(lambda *plain: function(c, *plain), tuple(values))
        return function(c, *values)

    return run


def quantifier(name: str, items: Items, slot: int, passes: list[Run], holds: Run) -> Code:
    if name == "count":
        met = kleene((*passes, holds), decisive=False)
        return Code("number", _counting(items, slot, met))
    decisive = name == "any"
    if decisive:
        met = kleene((*passes, holds), decisive=False)
    else:
        met = kleene((*(negation(test).run for test in passes), holds), decisive=True)
    return Code("flag", _searching(items, slot, met, decisive=decisive))


def _searching(items: Items, slot: int, met: Run, *, decisive: bool) -> Run:
    def run(c: Context) -> Ternary:
        found = items.run(c)
        if isinstance(found, Unknown):
            return found
        missing: Unknown | None = None if items.complete else NOT_COVERED
        for item in found:
            c.step()
            c.loop[slot] = item
            value = met(c)
            if value is decisive:
                return decisive
            if isinstance(value, Unknown):
                missing = value
        return missing if missing is not None else not decisive

    return run


def _counting(items: Items, slot: int, met: Run) -> Run:
    def run(c: Context) -> Operand:
        found = items.run(c)
        if isinstance(found, Unknown):
            return found
        low = open_ends = 0
        for item in found:
            c.step()
            c.loop[slot] = item
            value = met(c)
            low += value is True
            open_ends += isinstance(value, Unknown)
        if not items.complete:
            return Span(low, inf)
        return Span(low, low + open_ends) if open_ends else low

    return run
