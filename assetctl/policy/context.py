"""What an evaluation has at hand: its subject, the plant, the trace of what it read, and how far it may go."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from assetctl.model import Conduit, Fact, Position, Scan, SubjectKind, Zone
from assetctl.policy.flows import SeenFlow
from assetctl.policy.plant import Approved, DeclaredNetwork
from assetctl.policy.survey import Survey
from assetctl.policy.values import EvaluationError, Operand, Unknown
from assetctl.policy.view import Reading, View

MOST_STEPS = 10_000
"""Turns of loops in one evaluation, besides one turn for each thing that an outermost loop goes over."""
MOST_LOOPS = 8
"""Loops within loops."""


@dataclass(frozen=True, slots=True)
class Group:
    """The subjects that share a value. count: distinct devices among them. members: ids of the other devices.

    holders: the subjects themselves, as asset and part. names: of all devices in order, once somebody has asked; one
    list for all members.
    """

    value: str
    count: int
    members: tuple[str, ...]
    holders: tuple[tuple[View, str], ...] = ()
    names: list[str] = field(default_factory=list, compare=False)


@dataclass(slots=True)
class Context:
    """One evaluation: its subject, and the trace of what it read. loop: what each loop holds, 0 the outermost."""

    survey: Survey
    max_age: timedelta
    view: View | None = None
    local_key: str = ""
    zone: Zone | None = None
    network: DeclaredNetwork | None = None
    position: Position | None = None
    approved: Approved | None = None
    run: Scan | None = None
    conduit: Conduit | None = None
    flow: SeenFlow | None = None
    group: Group | Unknown | None = None
    trace: list[Reading] = field(default_factory=list)
    loop: dict[int, object] = field(default_factory=dict)
    steps: int = 0
    most_steps: int = MOST_STEPS

    @property
    def seen(self) -> View:
        """The asset of an evaluation that has one; the compiler sees to it."""
        assert self.view is not None
        return self.view

    @property
    def owner(self) -> str:
        """What a reading of something that is no asset belongs to."""
        named = self.zone or self.position or self.run or self.conduit or self.approved
        return named.id if named else str(self.network or "inventory")

    @property
    def watched_name(self) -> str:
        """Whose traffic is meant, for people."""
        if self.view is not None:
            return f"flows of {self.view.asset.position or self.view.asset.id}"
        return f"flows of {self.flow.name if self.flow else self.owner}"

    def read(self, view: View, kind: SubjectKind, local_key: str, key: str) -> Reading:
        """The value of a fact that counts, noted. Raises EvaluationError for a value of the wrong type."""
        reading = view.read(kind, local_key, key, self.max_age)
        self.trace.append(reading)
        return reading

    def note(self, fact: Fact, *, closed: bool = False) -> None:
        """Note one fact by itself, whatever else is told of its key."""
        self.trace.append(Reading(fact.subject, fact.key, fact.value, (fact,), closed=closed))

    def step(self) -> None:
        """Count one turn of a loop. Raises EvaluationError when there were too many."""
        self.steps += 1
        if self.steps > self.most_steps:
            raise EvaluationError(f"more than {self.most_steps} steps")


@dataclass(frozen=True, slots=True)
class RecordName:
    """A name with its type. read: of the context and the thing it is about. facts: what it rests on, where it tells.

    by_fact: each of these facts is looked up in the record.
    """

    type: str
    read: Callable[[Context, Any, str], Operand]
    meaning: str
    closed: bool = True
    facts: Callable[[Context, Any], tuple[Fact, ...]] | None = None
    by_fact: bool = False
