"""A workbook that auditors filled in: of which report it is, and what all of its entries would change."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from assetctl.errors import InputError
from assetctl.exchange.returned import COVER, ENGLISH, Line, Returned, Spelling, read
from assetctl.report.auditor import MOST_TEXT, SEAL, Form, changed, is_of
from assetctl.report.speech import Speech, foreign
from assetctl.store.repo import Store
from assetctl.text import is_plain, one_line

_COVERED = ("Report id", "Run of the checks", "Generated", "Project", "Site")


@dataclass(frozen=True, slots=True)
class Difference:
    """One change that an entry asks for. id: of the finding or asset. about: in words. note: what else is to know."""

    id: str
    about: str
    field: str
    old: str
    new: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Of which report a workbook is. notices: what its reader should know."""

    report_id: str
    generated_at: datetime
    notices: tuple[str, ...] = ()


def returned(path: Path, form: Form) -> Returned:
    """What came back on the sheet of a form. Raises InputError."""
    entered = tuple(one.heading for one in form.entries)
    spellings = (ENGLISH, *(_spelling(say, form) for say in foreign()))
    return read(path, form.sheet, given=(*form.told_by, SEAL), entered=entered, spellings=spellings)


def _spelling(say: Speech, form: Form) -> Spelling:
    """How a workbook in another language spells what is read back."""
    names = (COVER, form.sheet, *form.told_by, SEAL, *(one.heading for one in form.entries), *_COVERED)
    choices = {one.heading: {say(word).casefold(): word for word in one.choices} for one in form.entries}
    return Spelling({name: say(name) for name in names}, choices)


def origin(store: Store, back: Returned) -> Origin:
    """Of which report a workbook is. Raises InputError when it is none, or of another inventory."""
    report_id, run, at = (back.cover.get(item, "") for item in _COVERED[:3])
    try:
        generated_at = datetime.fromisoformat(at)
    except ValueError:
        generated_at = None
    if not report_id or generated_at is None or generated_at.tzinfo is None:
        raise InputError(f"{back.path}: its cover names no report; take the workbook that `assetctl report xlsx` wrote")
    runs = [one.id for one in store.runs()]
    if run and run not in runs:
        told = " ".join(filter(None, (back.cover.get("Project", ""), back.cover.get("Site", ""))))
        raise InputError(
            f"{back.path}: report {one_line(report_id, most=16)} of {one_line(told) or 'another plant'} was made from"
            f" run {one_line(run, most=40)}, which is not in this inventory; name its database with --db"
        )
    notices = [f"the workbook is of run {run}; the last run is {runs[-1]}"] if run and run != runs[-1] else []
    return Origin(report_id, generated_at, tuple(notices))


@dataclass(frozen=True, slots=True)
class Filled:
    """A row in which somebody changed something. entered: key -> new text, of the changed cells."""

    id: str
    where: str
    entered: Mapping[str, str]
    problems: tuple[str, ...]


def filled(lines: Iterable[Line], form: Form, source: Origin) -> Iterator[Filled]:
    """The rows in which anything was changed, with what is wrong with them before their meaning is known."""
    first: dict[str, str] = {}
    for line in lines:
        entered = _changed(line, form, source)
        if entered:
            id = line.given[form.told_by[0]]
            wrong = [*_faults(line, form, source), *_unusable(line, form, entered)]
            if id in first:
                wrong.append(f"{line.where}: {_shown(id)} stands in {first[id]} already; keep one of the two")
            first.setdefault(id, line.where)
            yield Filled(id, line.where, entered, tuple(wrong))


def _changed(line: Line, form: Form, source: Origin) -> Mapping[str, str]:
    """The changed cells of a row; all that hold something where its seal does not tell."""
    texts = {one.key: " ".join(line.entered[one.heading].split()) for one in form.entries}
    differs = changed(source.report_id, line.given[SEAL], tuple(texts.values()))
    if differs is None:
        return {key: text for key, text in texts.items() if text}
    broken = {one.key for one in form.entries if one.heading in line.problems}
    return {key: text for (key, text), new in zip(texts.items(), differs, strict=True) if new or key in broken}


def _faults(line: Line, form: Form, source: Origin) -> Iterator[str]:
    for name in form.told_by:
        if name in line.problems:
            yield f"{line.where}: {name}: {line.problems[name]}"
    if not is_of(source.report_id, line.given[SEAL], (line.given[name] for name in form.told_by)):
        yield (
            f"{line.where}: {_shown(line.given[form.told_by[0]])} does not belong to what stands beside it in report"
            f" {source.report_id[:12]}; make the entry again in a fresh workbook"
        )


def _unusable(line: Line, form: Form, entered: Mapping[str, str]) -> Iterator[str]:
    for entry in form.entries:
        text, where = entered.get(entry.key, ""), f"{line.where}: {entry.heading}"
        if entry.key in entered and entry.heading in line.problems:
            yield f"{where}: {line.problems[entry.heading]}"
        elif len(text) > MOST_TEXT:
            yield f"{where}: {len(text)} characters, at most {MOST_TEXT} are taken; shorten it"
        elif not is_plain(text):
            yield f"{where}: hidden characters in {one_line(text, most=60)}; type it again"


def _shown(id: str) -> str:
    return one_line(id, most=40) or "no id"
