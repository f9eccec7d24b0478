"""What is known of each row of 62443-3-3 at one place: what stands against it, and who answers for it.

No row counts by evidence alone. A failure stands against it until an assessor rejects it, a no until it is answered
anew, and an unknown of a check that bears on it leaves it open unless the answer names that check.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from assetctl.model import EVERYWHERE, Result
from assetctl.policy.attestations import Answer, Standing
from assetctl.policy.frameworks import Requirement

SUPPORTS = ("S", "D")
Assessment = Literal["", "confirmed", "rejected"]


class State(StrEnum):
    """What is known of one row at one place. Met and not applicable rest on somebody's word."""

    MET = "met"
    NOT_APPLICABLE = "not applicable"
    CONTRADICTED = "contradicted"
    INDICATED = "indication against it"
    UNKNOWN = "not determined"


@dataclass(frozen=True, slots=True)
class Place:
    """A zone or conduit. sl_t: target by FR; one that is missing or 0 is no target.

    within: the places whose results concern it too: zones inside a zone, conduits at its border.
    """

    id: str
    is_conduit: bool
    sl_t: Mapping[str, int]
    within: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Against:
    """A failure that is open. zones: where it lies, see `Finding.zone`. is_compensated: a waiver in force has a measure
    for it; that is shown and changes no number."""

    finding: str
    check: str
    zones: frozenset[str]
    assessment: Assessment
    is_compensated: bool = False


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything that the levels follow from.

    maps: check -> rows it bears on (as a duty, not a recommendation), with the strength of each.
    seen: place -> check -> result -> count, of the last run. ran: the checks of that run.
    answers: by place and row.
    """

    rows: Sequence[Requirement]
    maps: Mapping[str, Mapping[str, str]]
    seen: Mapping[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)
    ran: frozenset[str] = frozenset()
    against: Sequence[Against] = ()
    answers: Mapping[tuple[str, str], Sequence[Standing]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RowState:
    """One row at one place. why: in words. checks: those whose open failures stand against it. attested: ids.

    is_evidenced: checks that support it passed. is_independent: its reviewer is of another organisation.
    """

    row: Requirement
    state: State
    why: str
    checks: tuple[str, ...] = ()
    attested: tuple[str, ...] = ()
    is_evidenced: bool = False
    is_independent: bool = False
    is_compensated: bool = False


def states_at(place: Place, knowledge: Knowledge) -> Mapping[str, RowState]:
    """Every row at a place, by id."""
    concerned = place.within | {place.id, EVERYWHERE}
    checks: dict[str, dict[str, str]] = {}
    for check, rows in knowledge.maps.items():
        for row, strength in rows.items():
            checks.setdefault(row, {})[check] = strength
    against: dict[str, list[Against]] = {}
    for one in knowledge.against:
        if one.zones & concerned:
            against.setdefault(one.check, []).append(one)
    sight = _Sight(place, knowledge, concerned, against)
    return {row.id: _state(row, checks.get(row.id, {}), sight) for row in knowledge.rows}


@dataclass(frozen=True, slots=True)
class _Sight:
    """What concerns one place. against: open failures by check."""

    place: Place
    knowledge: Knowledge
    concerned: frozenset[str]
    against: Mapping[str, Sequence[Against]]

    def count(self, check: str, result: Result) -> int:
        seen = self.knowledge.seen
        return sum(seen.get(place, {}).get(check, {}).get(result.value, 0) for place in self.concerned)

    def is_open(self, check: str) -> str:
        """Why a check leaves a row open, "" when it does not."""
        if check not in self.knowledge.ran:
            return f"{check} was not run"
        unknown = self.count(check, Result.UNKNOWN) + self.count(check, Result.ERROR)
        return f"{check} is unknown for {unknown}" if unknown else ""


def _state(row: Requirement, checks: Mapping[str, str], sight: _Sight) -> RowState:
    answers = sight.knowledge.answers.get((sight.place.id, row.id), ())
    denied = [one for one in answers if one.attestation.answer in (Answer.NO, Answer.PARTLY)]
    failing = [one for check in sorted(checks) for one in sight.against.get(check, ()) if one.assessment != "rejected"]
    confirmed = [one for one in failing if one.assessment == "confirmed"]
    if denied or confirmed:
        told = [f"answered {one.attestation.answer} by {one.attestation.author}" for one in denied]
        why = ", ".join((*told, *_counted("contradicted by", confirmed)))
        return _contradicted(row, State.CONTRADICTED, why, failing, bool(denied))
    if failing:
        why = ", ".join(_counted("indicated by", failing))
        return _contradicted(row, State.INDICATED, why, failing, False)
    return _answered(row, checks, sight, [one for one in answers if one.counts])


def _contradicted(row: Requirement, state: State, why: str, failing: Sequence[Against], is_denied: bool) -> RowState:
    checks = tuple(sorted({one.check for one in failing}))
    compensated = not is_denied and all(one.is_compensated for one in failing)
    return RowState(row, state, why, checks, is_compensated=compensated)


def _counted(word: str, failing: Sequence[Against]) -> Iterator[str]:
    for check in dict.fromkeys(one.check for one in failing):
        yield f"{word} {check} on {sum(one.check == check for one in failing)}"


def _answered(row: Requirement, checks: Mapping[str, str], sight: _Sight, answers: Sequence[Standing]) -> RowState:
    """A row against which nothing stands: met when somebody answers for it and no check is left open."""
    if not answers:
        return RowState(row, State.UNKNOWN, "nobody answers for it")
    opened = {check: why for check in sorted(checks) if (why := sight.is_open(check))}
    carrying = [one for one in answers if not opened.keys() - set(one.attestation.despite)]
    if not carrying:
        return RowState(row, State.UNKNOWN, f"{'; '.join(opened.values())}, which no answer names")
    said = {one.attestation.answer for one in carrying}
    state = State.MET if Answer.YES in said else State.NOT_APPLICABLE
    supporting = [check for check, strength in checks.items() if strength in SUPPORTS]
    return RowState(
        row=row,
        state=state,
        why=f"answered {state if state is State.NOT_APPLICABLE else 'yes'} by {carrying[0].attestation.author}",
        attested=tuple(one.attestation.id for one in carrying),
        is_evidenced=any(sight.count(check, Result.PASS) for check in supporting),
        is_independent=any(one.attestation.is_independent for one in carrying),
    )
