"""The closures of a compiled expression: each takes the context and gives a value, noting what it read."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from assetctl.model import Subject, SubjectKind, Value
from assetctl.policy.context import Context, RecordName
from assetctl.policy.flows import SeenFlow
from assetctl.policy.names import FACT_KINDS
from assetctl.policy.values import Operand, Reason, Ternary, Unknown, compare, shift, spread, ternary
from assetctl.policy.view import Reading

Run = Callable[[Context], Operand]
Locate = Callable[[Context], tuple[Any, str]]
"""The asset or flow that something is about, None for the zone or conduit at hand, and the part of an asset."""

ABSENT_SUBJECTS: Mapping[str, Callable[[Context, Any], object]] = {
    "zone": lambda c, _: c.zone,
    "conduit": lambda c, _: c.conduit,
    "flow": lambda _, flow: flow,
}
MOST_FACTS = 20
_PLAIN = frozenset((str, int, bool, tuple))


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


def as_truth(run: Run) -> Run:
    """A flag as a truth value: rivals that differ are unknown."""

    def truth(c: Context) -> Ternary:
        value = run(c)
        return value if value is True or value is False else ternary(value)

    return truth


def fixed(name: str, for_each: str) -> Entity:
    """A subject of the check. With a certificate comes the service that showed it."""
    if name == "flow":
        return Entity(name, lambda c: (c.flow, ""))
    if name in ("asset", "zone", "network", "conduit", "group", "position", "run", "approved"):
        return Entity(name, lambda c: (c.view, ""))
    if name == "service" and for_each == "certificate":
        return Entity(name, lambda c: (c.view, "/".join(c.local_key.split("/")[:2])))
    return Entity(name, lambda c: (c.view, c.local_key))


def literal(value: Value) -> Code:
    kind = "flag" if isinstance(value, bool) else {str: "text", int: "number", tuple: "texts"}[type(value)]
    return Code(kind, lambda _: value)


def kleene(operands: tuple[Run, ...], *, decisive: bool) -> Run:
    """`or` when decisive is True, `and` when it is False; every part gives True, False or Unknown."""
    if len(operands) == 1:
        return operands[0]

    def run(c: Context) -> Ternary:
        missing: Ternary | None = None
        for part in operands:
            value = part(c)
            if value is decisive:
                return decisive
            if missing is None and value.__class__ is Unknown:
                missing = value
        return missing if missing is not None else not decisive

    return run


def negation(part: Run) -> Code:
    """`not`: unknown stays unknown."""

    def run(c: Context) -> Ternary:
        value = part(c)
        return value if isinstance(value, Unknown) else value is False

    return Code("flag", run)


def comparing(symbol: str, plain: Callable[..., bool], left: Run, right: Run) -> Run:
    """A comparison: plain values at once, the others by `values.compare`."""

    def run(c: Context) -> Ternary:
        a, b = left(c), right(c)
        if a.__class__ in _PLAIN and b.__class__ in _PLAIN:
            return plain(a, b)
        return compare(symbol, plain, a, b)

    return run


def arithmetic(symbol: str, left: Run, right: Run) -> Run:
    """A sum or difference; spans and rivals are shifted as a whole."""
    plain: Callable[..., int] = operator.add if symbol == "+" else operator.sub

    def run(c: Context) -> Operand:
        a, b = left(c), right(c)
        return plain(a, b) if isinstance(a, int) and isinstance(b, int) else shift(symbol, a, b)

    return run


def fact(locate: Locate, kind: SubjectKind, key: str) -> Run:
    """The value of a fact that counts, noted."""

    def run(c: Context) -> Operand:
        view, local_key = locate(c)
        reading: Reading = view.read(kind, local_key, key, c.max_age)
        c.trace.append(reading)
        return reading.value

    return run


def record_name(locate: Locate, record: RecordName, name: str, kind: str) -> Run:
    """What the record itself says of something, noted with the facts that it rests on. kind: of the entity."""
    subject_kind = FACT_KINDS.get(kind, SubjectKind.ASSET)

    def of_asset(c: Context) -> Operand:
        view, local_key = locate(c)
        value = record.read(c, view, local_key)
        reading = view.recorded.get((name, local_key))
        if reading is None or reading.value is not value:
            subject = view.subject(subject_kind, local_key)
            reading = view.recorded[name, local_key] = Reading(subject, name, value, closed=record.closed)
        c.trace.append(reading)
        return value

    def run(c: Context) -> Operand:
        view, local_key = locate(c)
        if kind in ABSENT_SUBJECTS and ABSENT_SUBJECTS[kind](c, view) is None:
            return Unknown(Reason.NOT_DECLARED, f"{kind}s")  # the wording of a check that found no subject at all
        value = record.read(c, view, local_key)
        facts = record.facts(c, view) if record.facts else ()
        if isinstance(view, SeenFlow):
            subject = Subject(SubjectKind.ASSET, f"flow {view.name}", view.name)
        else:
            subject = view.subject(subject_kind, local_key) if view else Subject(subject_kind, c.owner, local_key)
        c.trace.append(Reading(subject, name, value, facts[-4:], closed=record.closed))
        if record.by_fact:
            c.trace += [Reading(f.subject, f.key, f.value, (f,), closed=True) for f in facts[-MOST_FACTS:]]
        return value

    return of_asset if kind in FACT_KINDS and record.facts is None else run


def looking(function: Callable[..., Operand], locate: Locate, kind: SubjectKind | None, key: str) -> Run:
    """A look-up, which gets the name of a fact instead of its value. kind: None for a fact of any part."""

    def run(c: Context) -> Operand:
        view, local_key = locate(c)
        return function(c, view, kind, local_key, key)

    return run


def calling(function: Callable[..., Operand], arguments: tuple[Run, ...]) -> Run:
    """A call: with plain values at once; rivals are tried one by one, and an unknown argument leaves it unknown."""

    def run(c: Context) -> Operand:
        values = [argument(c) for argument in arguments]
        for value in values:
            if value.__class__ not in _PLAIN:
                return spread(lambda *plain: function(c, *plain), tuple(values))
        return function(c, *values)

    def run_one(c: Context) -> Operand:
        value = argument(c)
        return function(c, value) if value.__class__ in _PLAIN else spread(lambda plain: function(c, plain), (value,))

    if not arguments:
        return function
    argument = arguments[0]
    return run_one if len(arguments) == 1 else run
