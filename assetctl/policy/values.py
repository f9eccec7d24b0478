"""What an expression computes with: plain values, and the three ways of not knowing one.

An `Unknown` is a value with a reason. `Rivals` are values of which one is right and nobody can say which. A `Span` is a
number of which only the limits are known. None of them has a truth value: Python refuses `if unknown`, so that no
missing fact can become an answer by accident.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from math import inf
from typing import Final

from assetctl.model import Value


class Reason(StrEnum):
    """Why something is not known. The codes stand in findings and are never reused for another meaning."""

    NOT_PROBED = "not-probed"
    FILTERED = "filtered"
    STALE = "stale"
    FUTURE = "from-the-future"
    DISAGREE = "sources-disagree"
    NOT_COMPARABLE = "not-comparable"
    NOT_COVERED = "not-covered"
    NOT_DECLARED = "not-declared"
    NOT_PERMITTED = "not-permitted"
    NOT_IDENTIFIED = "not-identified"
    UNDECIDED = "undecided"
    NO_FLOW_COVERAGE = "no-flow-coverage"
    OTHER_VANTAGE = "needs-other-vantage"


REASONS = {
    Reason.NOT_PROBED: "no answer that tells it has been seen",
    Reason.FILTERED: "nothing answered, which proves neither",
    Reason.STALE: "the evidence is older than the check allows",
    Reason.FUTURE: "the evidence is dated after the time of judgement",
    Reason.DISAGREE: "sources disagree",
    Reason.NOT_COMPARABLE: "the value cannot be compared",
    Reason.NOT_COVERED: "what was looked at is not everything",
    Reason.NOT_DECLARED: "it is not declared",
    Reason.NOT_PERMITTED: "the test was not permitted",
    Reason.NOT_IDENTIFIED: "something is there, but what it speaks is not known",
    Reason.UNDECIDED: "what is known decides it neither way",
    Reason.NO_FLOW_COVERAGE: "no sensor saw the traffic there for long enough",
    Reason.OTHER_VANTAGE: "it must be asked from another place in the network",
}

CODES = {reason: reason.value for reason in Reason}


class EvaluationError(Exception):
    """The check cannot be evaluated: a fact of the wrong type, or a limit. The check is broken, not the plant."""


@dataclass(slots=True, unsafe_hash=True)
class Unknown:
    """about: the fact that was missing, as text. Most facts are missing of most assets, see `Because`."""

    reason: Final[Reason]
    about: Final[str] = ""

    def __bool__(self) -> bool:
        raise TypeError("an unknown value is neither true nor false")


@dataclass(frozen=True, slots=True)
class Rivals:
    """values: two or more that differ."""

    values: tuple[Value, ...]

    def __bool__(self) -> bool:
        raise TypeError("rival values are neither true nor false")


@dataclass(frozen=True, slots=True)
class Span:
    """A number from low to high, both included; high may be infinite."""

    low: float
    high: float

    def __bool__(self) -> bool:
        raise TypeError("a span is neither true nor false")


Operand = Value | Unknown | Rivals | Span
Ternary = bool | Unknown

DISAGREE = Unknown(Reason.DISAGREE)
NOT_COVERED = Unknown(Reason.NOT_COVERED)


def possible(value: Operand) -> tuple[Value, ...]:
    """The values a known operand may have."""
    if isinstance(value, Rivals):
        return value.values
    assert not isinstance(value, Unknown | Span)
    return (value,)


def ternary(value: Operand) -> Ternary:
    """A computed flag as a truth value: rivals are unknown."""
    if value is True or value is False:
        return value
    return value if isinstance(value, Unknown) else DISAGREE


def spread(function: Callable[..., Operand], arguments: tuple[Operand, ...]) -> Operand:
    """A function of values of which some are not plain: every possible combination must agree."""
    for argument in arguments:
        if isinstance(argument, Unknown):
            return argument
        if isinstance(argument, Span):
            return NOT_COVERED
    results = {function(*row) for row in product(*(possible(argument) for argument in arguments))}
    if len(results) == 1:
        return results.pop()
    return next((result for result in results if isinstance(result, Unknown)), DISAGREE)


def compare(symbol: str, plain: Callable[[Value, Value], bool], left: Operand, right: Operand) -> Ternary:
    """A comparison in which at least one side is not a plain value."""
    for side in (left, right):
        if isinstance(side, Unknown):
            return side
    if isinstance(left, Span) or isinstance(right, Span):
        return _spans(symbol, _limits(left), _limits(right))
    results = {plain(a, b) for a, b in product(possible(left), possible(right))}
    return results.pop() if len(results) == 1 else DISAGREE


def shift(symbol: str, left: Operand, right: Operand) -> Operand:
    """Sum or difference of two numbers of which at least one is not plain."""
    for side in (left, right):
        if isinstance(side, Unknown):
            return side
    if isinstance(left, Rivals) or isinstance(right, Rivals):
        return DISAGREE
    (a, b), (c, d) = _limits(left), _limits(right)
    return Span(a + c, b + d) if symbol == "+" else Span(a - d, b - c)


def _limits(value: Operand) -> tuple[float, float]:
    if isinstance(value, Span):
        return value.low, value.high
    numbers = [number for number in possible(value) if isinstance(number, int)]
    return min(numbers, default=-inf), max(numbers, default=inf)


def _spans(symbol: str, left: tuple[float, float], right: tuple[float, float]) -> Ternary:
    match symbol:
        case "<":
            return _decided(left[1] < right[0], left[0] >= right[1])
        case "<=":
            return _decided(left[1] <= right[0], left[0] > right[1])
        case ">":
            return _spans("<", right, left)
        case ">=":
            return _spans("<=", right, left)
        case "==":
            return _decided(left == right and left[0] == left[1], left[1] < right[0] or right[1] < left[0])
    assert symbol == "!=", symbol
    equal = _spans("==", left, right)
    return equal if isinstance(equal, Unknown) else not equal


def _decided(is_true: bool, is_false: bool) -> Ternary:
    if is_true:
        return True
    return False if is_false else NOT_COVERED
