"""What auditors entered beside findings becomes decisions, owners and remarks, all of them or none."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from assetctl.errors import InputError
from assetctl.exchange.returned import Line
from assetctl.model import Life, LifeEvent, LifeState
from assetctl.policy.life import Step, Word, assessed, assigned, commented, withdrawn
from assetctl.report.auditor import FINDINGS
from assetctl.store.lives import Changes
from assetctl.store.repo import Store
from assetctl.text import near, one_line
from assetctl.work.returning import Difference, Origin, faults, origin, repeated, returned

_WITHDRAWN = LifeState.WITHDRAWN.value
_DECISIONS, _HEADINGS = FINDINGS.entries[0].choices, {one.key: one.heading for one in FINDINGS.entries}
_BY_PEOPLE = frozenset({"confirmed", "rejected", "withdrawn", "assigned", "commented"})
_NOBODY = "an auditor"


@dataclass(frozen=True, slots=True)
class Wish:
    """What one row asks for. due: ISO day. "" leaves a thing as it is. is_told: the remark is there already."""

    id: str
    decision: str
    comment: str
    owner: str
    due: str
    is_told: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """A filled workbook against the register of findings. problems: one line each; with any, nothing is taken in."""

    differences: tuple[Difference, ...]
    problems: tuple[str, ...]
    notices: tuple[str, ...]
    wishes: tuple[Wish, ...]


def compared(store: Store, path: Path, *, at: datetime) -> Compared:
    """What the entries of a workbook would change, and what is wrong with them. Raises InputError."""
    back = returned(path, FINDINGS)
    source = origin(store, back)
    lives = {one.id: one for one in store.lives()}
    problems = list(repeated(back.lines, FINDINGS))
    wishes: list[Wish] = []
    found: list[Difference] = []
    for line in back.lines:
        wrong = [*faults(line, FINDINGS, source), *_faults(line, lives)]
        if not wrong:
            life = lives[line.given[FINDINGS.told_by[0]]]
            events = store.life_events(life.id)
            wish = _wish(line, life, events)
            try:
                after, _ = step(life, wish, Word(_NOBODY, _NOBODY, at))
            except InputError as error:
                wrong.append(f"{line.where}: {error}")
            else:
                wishes.append(wish)
                found += _differences(life, after, wish, _since(events, source))
        problems += wrong
    return Compared(tuple(found), tuple(problems), source.notices, tuple(wishes))


def take_in(store: Store, wishes: Sequence[Wish], *, by: str, at: datetime) -> int:
    """Do what the wishes ask for, in one transaction; how many findings were changed or commented."""

    def change(held: Mapping[str, Life]) -> Changes:
        steps = [step(held[one.id], one, Word(by, one.comment or "assigned", at)) for one in wishes]
        return Changes(
            [life for life, _ in steps if life != held[life.id]], [event for _, events in steps for event in events]
        )

    if not wishes:
        return 0
    return len({event.finding for event in store.change_lives(change, [one.id for one in wishes]).events})


def step(life: Life, wish: Wish, word: Word) -> Step:
    """A finding after a wish; what is so already is left alone. Raises InputError when it cannot be fulfilled."""
    events: tuple[LifeEvent, ...] = ()
    if (wish.owner or life.owner, wish.due or life.due) != (life.owner, life.due):
        life, events = assigned(life, wish.owner, wish.due, word)
    if wish.decision == _WITHDRAWN and life.state is not LifeState.WITHDRAWN:
        life, told = withdrawn(life, word)
        events += told
    elif wish.decision not in ("", _WITHDRAWN, life.assessment):
        life, told = assessed(life, wish.decision, word)
        events += told
    if wish.comment and not events and not wish.is_told:
        life, events = commented(life, word)
    return life, events


def _faults(line: Line, lives: Mapping[str, Life]) -> Iterator[str]:
    id = line.given[FINDINGS.told_by[0]]
    if id not in lives:
        shown = one_line(id, most=40) or "no id"
        yield f"{line.where}: {shown}: no such finding{near(id[:80], tuple(lives))}; only a failure can be decided on"
    told = {key: line.entered.get(heading, "") for key, heading in _HEADINGS.items()}
    if told["decision"] and told["decision"] not in _DECISIONS:
        shown = one_line(told["decision"], most=40)
        yield f"{line.where}: Decision: one of {', '.join(_DECISIONS)} is expected, {shown} was found"
    elif told["decision"] and not told["comment"]:
        yield f"{line.where}: Decision: {told['decision']} without a comment; give the reason there"
    if told["due"] and not _is_day(told["due"]):
        shown = one_line(told["due"], most=40)
        yield f"{line.where}: {_HEADINGS['due']}: a day such as 2027-03-01 is expected, {shown} was found"


def _wish(line: Line, life: Life, events: Sequence[LifeEvent]) -> Wish:
    told = {key: " ".join(line.entered.get(heading, "").split()) for key, heading in _HEADINGS.items()}
    is_told = any(event.reason == told["comment"] or event.reason.endswith(f": {told['comment']}") for event in events)
    return Wish(life.id, told["decision"], told["comment"], told["owner"], told["due"], is_told)


def _differences(before: Life, after: Life, wish: Wish, note: str) -> Iterator[Difference]:
    about = f"{before.check}, {before.subject}"
    said = (
        ("decision", _stands(before), _stands(after)),
        ("owner", before.owner, after.owner),
        ("due", before.due, after.due),
    )
    for field, old, new in said:
        if old != new:
            yield Difference(before.id, about, field, old, new, note)
    if wish.comment and not wish.is_told:
        yield Difference(before.id, about, "comment", "", wish.comment, note)


def _stands(life: Life) -> str:
    return life.assessment or "indication" if life.state is LifeState.OPEN else life.state.value


def _since(events: Sequence[LifeEvent], source: Origin) -> str:
    """What people said after the workbook was written, "" for nothing."""
    later = [one for one in events if one.what in _BY_PEOPLE and one.at > source.generated_at]
    return f"{later[-1].what} by {later[-1].by} on {later[-1].at:%Y-%m-%d}, after this workbook" if later else ""


def _is_day(text: str) -> bool:
    try:
        return len(text) == 10 and bool(date.fromisoformat(text))
    except ValueError:
        return False
