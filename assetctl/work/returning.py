"""A workbook that auditors filled in: of which report it is, and what all of its entries would change."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from assetctl.errors import InputError
from assetctl.exchange.returned import Line, Returned, read
from assetctl.report.auditor import MOST_TEXT, SEAL, Form, seal
from assetctl.store.repo import Store
from assetctl.text import is_plain, one_line


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
    return read(path, form.sheet, given=(*form.told_by, SEAL), entered=entered)


def origin(store: Store, back: Returned) -> Origin:
    """Of which report a workbook is. Raises InputError when it is none, or of another inventory."""
    report_id, run, at = (back.cover.get(item, "") for item in ("Report id", "Run of the checks", "Generated"))
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


def faults(line: Line, form: Form, source: Origin) -> Iterator[str]:
    """What is wrong with a row before it is known what it would change."""
    yield from line.problems
    id = line.given[form.told_by[0]]
    if line.given[SEAL] != seal(source.report_id, (line.given[name] for name in form.told_by)):
        yield (
            f"{line.where}: {one_line(id, most=40) or 'no id'} does not belong to what stands beside it in report"
            f" {source.report_id[:12]}; make the entry again in a fresh workbook"
        )
    for entry in form.entries:
        text = line.entered.get(entry.heading, "")
        if len(text) > MOST_TEXT:
            yield f"{line.where}: {entry.heading}: {len(text)} characters, at most {MOST_TEXT} are taken; shorten it"
        elif not is_plain(" ".join(text.split())):
            yield f"{line.where}: {entry.heading}: hidden characters in {one_line(text, most=60)}; type it again"


def repeated(lines: tuple[Line, ...], form: Form) -> Iterator[str]:
    """One line for every row whose id stands in another filled row too."""
    first: dict[str, str] = {}
    for line in lines:
        id = line.given[form.told_by[0]]
        if id in first:
            yield f"{line.where}: {one_line(id, most=40)} stands in {first[id]} already; keep one of the two"
        first.setdefault(id, line.where)
