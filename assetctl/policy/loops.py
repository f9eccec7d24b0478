"""The loops of an expression: what they go over, and how `any`, `all` and `count` go over it."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from assetctl.policy.closures import Code, Entity, Locate, Run, kleene, negation
from assetctl.policy.context import Context
from assetctl.policy.names import FACT_KINDS
from assetctl.policy.values import NOT_COVERED, Operand, Reason, Span, Ternary, Unknown


@dataclass(frozen=True, slots=True)
class Items:
    """A collection. element: an entity kind, or "text". complete: nothing else can belong to it.

    gap: of one that is complete at times, what it lacks; None when it lacks nothing.
    """

    element: str
    run: Callable[[Context], tuple[object, ...] | Unknown]
    complete: bool
    gap: Callable[[Context], Unknown | None] | None = None

    def lacks(self, c: Context) -> Unknown | None:
        """Why something may be missing from it."""
        if self.gap is not None:
            return self.gap(c)
        return None if self.complete else NOT_COVERED


def loop_variable(element: str, slot: int) -> Entity | Code:
    """What a loop goes over, at its depth: a text, or something with facts of its own."""
    if element == "text":
        return Code("text", lambda c: c.loop[slot])  # type: ignore[arg-type, return-value]
    if element in ("asset", "flow"):
        return Entity(element, lambda c: (c.loop[slot], ""))
    return Entity(element, lambda c: c.loop[slot])  # type: ignore[arg-type, return-value]


def parts(kind: str, locate: Locate) -> Items:
    """The parts of an asset that were seen; that there are no others is not known."""
    subject_kind = FACT_KINDS[kind]

    def run(c: Context) -> tuple[object, ...]:
        view, _ = locate(c)
        return tuple((view, local_key) for local_key in view.parts.get(subject_kind, ()))

    return Items(kind, run, complete=False)


def texts(run: Run) -> Callable[[Context], tuple[object, ...] | Unknown]:
    """The entries of a list; sources that give different lists give none."""

    def items(c: Context) -> tuple[object, ...] | Unknown:
        value = run(c)
        if isinstance(value, tuple):
            return value
        return value if isinstance(value, Unknown) else Unknown(Reason.DISAGREE)

    return items


def quantifier(name: str, items: Items, slot: int, passes: list[Run], holds: Run) -> Code:
    """`any`, `all` or `count`. slot: depth of the loop. passes: the conditions after `if`. holds: what is asked."""
    if name == "count":
        met = kleene((*passes, holds), decisive=False)
        return Code("number", _counting(items, slot, met))
    decisive = name == "any"
    if decisive:
        met = kleene((*passes, holds), decisive=False)
    else:
        met = kleene((*(negation(test).run for test in passes), holds), decisive=True)
    return Code("flag", _searching(items, slot, met, decisive=decisive))


def _grant_turns(c: Context, items: Items, slot: int, turns: int) -> None:
    """An outermost loop has a turn for each asset or flow, however many there are; loops within loops stay bounded."""
    if slot == 0 and items.element in ("asset", "flow"):
        c.most_steps += turns


def _searching(items: Items, slot: int, met: Run, *, decisive: bool) -> Run:
    def run(c: Context) -> Ternary:
        found = items.run(c)
        if isinstance(found, Unknown):
            return found
        missing: Ternary | None = items.lacks(c)
        _grant_turns(c, items, slot, len(found))
        for item in found:
            c.step()
            c.loop[slot] = item
            value = met(c)
            if value is decisive:
                return decisive
            if value.__class__ is Unknown:
                missing = value
        return missing if missing is not None else not decisive

    return run


def _counting(items: Items, slot: int, met: Run) -> Run:
    def run(c: Context) -> Operand:
        found = items.run(c)
        if isinstance(found, Unknown):
            return found
        low = open_ends = 0
        _grant_turns(c, items, slot, len(found))
        for item in found:
            c.step()
            c.loop[slot] = item
            value = met(c)
            low += value is True
            open_ends += isinstance(value, Unknown)
        if items.lacks(c) is not None:
            return Span(low, inf)
        return Span(low, low + open_ends) if open_ends else low

    return run
