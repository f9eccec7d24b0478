"""What auditors entered beside findings becomes decisions, owners and remarks, all of them or none."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from assetctl.errors import InputError
from assetctl.model import Life, LifeEvent, LifeState
from assetctl.policy.life import Step, Word, assessed, assigned, commented, withdrawn
from assetctl.report.auditor import FINDINGS
from assetctl.store.repo import Store
from assetctl.text import near, one_line
from assetctl.work.returning import Difference, Filled, Origin, filled, origin, returned

_WITHDRAWN = LifeState.WITHDRAWN.value
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
    problems: list[str] = []
    wishes: list[Wish] = []
    found: list[Difference] = []
    for row in filled(back.lines, FINDINGS, source):
        wrong = [*row.problems, *_faults(row, lives)]
        if not wrong:
            life = lives[row.id]
            events = store.life_events(life.id)
            wish = _wish(row, events)
            try:
                after, _ = step(life, wish, Word(_NOBODY, _NOBODY, at))
            except InputError as error:
                wrong.append(f"{row.where}: {error}")
            else:
                wishes.append(wish)
                found += _differences(life, after, wish, _since(events, source))
        problems += wrong
    return Compared(tuple(found), tuple(problems), source.notices, tuple(wishes))


def take_in(store: Store, wishes: Sequence[Wish], *, by: str, at: datetime) -> int:
    """Do what the wishes ask for, in one transaction; how many findings were changed or commented."""

    touched: set[str] = set()

    def change(held: Mapping[str, Life]) -> Iterator[Step]:
        for one in wishes:
            life, events = step(held[one.id], one, Word(by, one.comment or "assigned", at))
            touched.update(event.finding for event in events)
            yield life, events

    if wishes:
        store.change_lives(change, [one.id for one in wishes])
    return len(touched)


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


def _faults(row: Filled, lives: Mapping[str, Life]) -> Iterator[str]:
    if row.id not in lives:
        shown, hint = one_line(row.id, most=40) or "no id", near(row.id[:80], tuple(lives))
        yield f"{row.where}: {shown}: no such finding{hint}; only a failure can be decided on"
    for entry in FINDINGS.entries:
        text = row.entered.get(entry.key)
        if text is None or (text and not entry.choices and not entry.is_day):
            continue
        where, shown = f"{row.where}: {entry.heading}", one_line(text, most=40) or "nothing"
        if entry.key in ("owner", "due") and not text:
            yield f"{where}: was emptied; it can be changed, not taken away"
        elif text and entry.choices and text not in entry.choices:
            yield f"{where}: one of {', '.join(entry.choices)} is expected, {shown} was found"
        elif text and entry.is_day and not _is_day(text):
            yield f"{where}: a day such as 2027-03-01 is expected, {shown} was found"
    if row.entered.get("decision") and not row.entered.get("comment"):
        yield f"{row.where}: {row.entered['decision'][:40]} without a comment; give the reason in Auditor comment"


def _wish(row: Filled, events: Sequence[LifeEvent]) -> Wish:
    told = {one.key: row.entered.get(one.key, "") for one in FINDINGS.entries}
    is_told = any(event.reason == told["comment"] or event.reason.endswith(f": {told['comment']}") for event in events)
    return Wish(row.id, told["decision"], told["comment"], told["owner"], told["due"], is_told)


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
