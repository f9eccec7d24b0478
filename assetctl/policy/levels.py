"""Security levels of zones and conduits: how far what people attest and what was seen carry, and never further.

For a place and a foundational requirement there are three numbers, never one:

- attested or evidenced up to: the highest level every row of which somebody answers for (on a document, reviewed), with
  nothing standing against it. No row counts by evidence alone, so without attestations this is 0 everywhere;
- not contradicted up to, by what is confirmed: failures that an assessor confirmed, and answers that say no or partly;
- not contradicted up to, if all indications hold: the same with every failure that nobody has assessed yet.

Levels say nothing of maturity, are never averaged, and are no certification.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from assetctl.policy.frameworks import Requirement
from assetctl.policy.level_rows import Knowledge, Place, RowState, State, states_at
from assetctl.text import counted

LEVELS = (1, 2, 3, 4)


class Verdict(StrEnum):
    NO_TARGET = "no target"
    REACHED = "reached"
    GAP = "gap"
    INDICATED = "gap if the indications hold"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows up to the target (all of them without one), and how those that are met rest."""

    rows: int
    met: int
    not_applicable: int
    contradicted: int
    indicated: int
    unknown: int
    by_evidence: int
    attested: int
    independently_reviewed: int
    compensated: int


@dataclass(frozen=True, slots=True)
class Cell:
    """One place and FR. target: 1 to 4, None when not set. The other levels: 0 to 4."""

    place: str
    is_conduit: bool
    fr: str
    target: int | None
    attested: int
    not_contradicted: int
    not_contradicted_if: int
    verdict: Verdict
    counts: Counts
    rows: tuple[RowState, ...]

    @property
    def text(self) -> str:
        """The cell in one sentence."""
        counts = self.counts
        met = counts.met + counts.not_applicable
        return (
            f"{self.fr}: attested or evidenced up to {self.attested} ({met} of {counted(counts.rows, 'row')}:"
            f" {counts.by_evidence} with evidence, {counts.attested} attested,"
            f" {counts.independently_reviewed} independently reviewed), not contradicted up to {self.not_contradicted}"
            f" (up to {self.not_contradicted_if} if all indications hold), {self._end}"
        )

    @property
    def _end(self) -> str:
        if self.target is None:
            return str(self.verdict)
        why = f" ({self.reasons})" if self.reasons else ""
        return f"target {self.target} -> {self.verdict}{why}"

    @property
    def reasons(self) -> str:
        """What stands against the target, "" when nothing does."""
        wanted = {Verdict.GAP: (State.CONTRADICTED,), Verdict.INDICATED: (State.CONTRADICTED, State.INDICATED)}
        states = wanted.get(self.verdict, ())
        found = [one for one in self.rows if one.state in states and one.row.from_sl <= (self.target or 0)]
        told = "; ".join(f"{one.row.id} {one.why}" for one in found[:5])
        more = f" and {len(found) - 5} more" if len(found) > 5 else ""
        return f"{told}{more}"


def required(rows: Iterable[Requirement], fr: str, level: int) -> tuple[Requirement, ...]:
    """The rows of an FR that are selected at a level."""
    return tuple(row for row in rows if row.fr == fr and row.from_sl <= level)


def vectors(places: Iterable[Place], knowledge: Knowledge) -> tuple[Cell, ...]:
    """One cell for each place and FR, in their order."""
    frs = tuple(dict.fromkeys(row.fr for row in knowledge.rows))
    return tuple(
        _cell(place, fr, states, knowledge)
        for place in places
        for states in (states_at(place, knowledge),)
        for fr in frs
    )


def _cell(place: Place, fr: str, states: Mapping[str, RowState], knowledge: Knowledge) -> Cell:
    rows = tuple(states[row.id] for row in knowledge.rows if row.fr == fr)
    target = place.sl_t.get(fr) or None
    attested = _highest(rows, (State.MET, State.NOT_APPLICABLE))
    confirmed = _lowest_below(rows, (State.CONTRADICTED,))
    indicated = _lowest_below(rows, (State.CONTRADICTED, State.INDICATED))
    return Cell(
        place=place.id,
        is_conduit=place.is_conduit,
        fr=fr,
        target=target,
        attested=attested,
        not_contradicted=confirmed,
        not_contradicted_if=indicated,
        verdict=_verdict(target, attested, confirmed, indicated),
        counts=_counts([one for one in rows if one.row.from_sl <= (target or max(LEVELS))]),
        rows=rows,
    )


def _highest(rows: Sequence[RowState], good: tuple[State, ...]) -> int:
    """The highest level every row of which is good. A level without any row carries nothing."""
    reached = 0
    for level in LEVELS:
        selected = [one for one in rows if one.row.from_sl <= level]
        if not selected or any(one.state not in good for one in selected):
            break
        reached = level
    return reached


def _lowest_below(rows: Sequence[RowState], bad: tuple[State, ...]) -> int:
    """The highest level no row of which is bad."""
    return min((one.row.from_sl - 1 for one in rows if one.state in bad), default=max(LEVELS))


def _verdict(target: int | None, attested: int, confirmed: int, indicated: int) -> Verdict:
    if target is None:
        return Verdict.NO_TARGET
    if confirmed < target:
        return Verdict.GAP
    if indicated < target:
        return Verdict.INDICATED
    return Verdict.REACHED if attested >= target else Verdict.UNDETERMINED


def _counts(rows: Sequence[RowState]) -> Counts:
    def of(state: State) -> int:
        return sum(one.state is state for one in rows)

    good = [one for one in rows if one.state in (State.MET, State.NOT_APPLICABLE)]
    return Counts(
        rows=len(rows),
        met=of(State.MET),
        not_applicable=of(State.NOT_APPLICABLE),
        contradicted=of(State.CONTRADICTED),
        indicated=of(State.INDICATED),
        unknown=of(State.UNKNOWN),
        by_evidence=sum(one.is_evidenced for one in good),
        attested=sum(bool(one.attested) for one in good),
        independently_reviewed=sum(one.is_independent for one in good),
        compensated=sum(one.is_compensated for one in rows),
    )
