"""The questionnaire: which questions there are, what checks say to them, and what a filled one would change."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from assetctl.errors import InputError
from assetctl.exchange.questionnaire import Filled, Question
from assetctl.policy.attestations import Attestation, entry_problems
from assetctl.policy.check import Check
from assetctl.policy.frameworks import IEC, Requirement
from assetctl.store.records import CheckRun
from assetctl.work.attesting import FIELDS, AttestationBook, entry_of, hashed
from assetctl.zones import ZoneFile

ADDED, CHANGED, SAME = "added", "changed", "same"


@dataclass(frozen=True, slots=True)
class Difference:
    """What one filled row would do. changes: key -> (before, after)."""

    kind: str
    id: str
    requirement: str
    place: str
    changes: Mapping[str, tuple[str, str]]
    entry: Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Compared:
    """A filled questionnaire against the file. problems: one line each; with any, nothing is written."""

    differences: tuple[Difference, ...]
    problems: tuple[str, ...]


def questions(
    zones: ZoneFile,
    rows: Iterable[Requirement],
    told: Iterable[Attestation],
    *,
    checks: Sequence[Check] = (),
    run: CheckRun | None = None,
    only: Sequence[str] = (),
) -> Iterator[Question]:
    """Every row at every place, with what is answered already. only: places, none for all."""
    held: dict[tuple[str, str], list[Attestation]] = {}
    for one in told:
        held.setdefault((one.place, one.requirement), []).append(one)
    every = tuple(rows)
    places = [(zone.id, False, zone.sl_t) for zone in zones.zones]
    places += [(conduit.id, True, conduit.sl_t) for conduit in zones.conduits]
    for place, is_conduit, target in places:
        if only and place not in only:
            continue
        seen = _seen(checks, run.places.get(place, {}) if run else {})
        for row in every:
            blank = Question(place, is_conduit, row, target.get(row.fr), seen.get(row.id, ""))
            answered = [replace(blank, id=one.id, entry=entry_of(one)) for one in held.get((place, row.id), ())]
            yield from answered or [blank]


def compared(book: AttestationBook, filled: Iterable[Filled]) -> Compared:
    """What the filled rows would change in the file, and what is wrong with them."""
    told = {one.id: one for one in book.read().attestations}
    found: list[Difference] = []
    problems: list[str] = []
    for one in filled:
        entry, wrong = _complete(book, one)
        problems += wrong
        if not wrong:
            found.append(_difference(one, entry, told.get(one.id)))
    return Compared(tuple(found), tuple(problems))


def take_in(book: AttestationBook, found: Compared) -> int:
    """Write what differs; how many attestations were added or changed."""
    new = [(one.id, one.entry) for one in found.differences if one.kind != SAME]
    if new:
        book.add_all(new)
    return len(new)


def _complete(book: AttestationBook, one: Filled) -> tuple[Mapping[str, str | Sequence[str]], tuple[str, ...]]:
    if one.problems:
        return one.entry, one.problems
    try:
        entry = hashed(book.path, one.entry)
    except InputError as error:
        return one.entry, (f"{one.where}: {error}",)
    checked = {"id": one.id or "new", **{k: list(v) if not isinstance(v, str) else v for k, v in entry.items()}}
    return entry, entry_problems(checked, place=one.where, today=book.today, known=book.known)


def _difference(one: Filled, entry: Mapping[str, str | Sequence[str]], told: Attestation | None) -> Difference:
    before = entry_of(told) if told else {}
    changes = {
        key: (_text(before.get(key, "")), _text(entry.get(key, "")))
        for key in FIELDS
        if _text(before.get(key, "")) != _text(entry.get(key, ""))
    }
    kind = ADDED if told is None else CHANGED if changes else SAME
    place = str(entry.get("zone") or entry.get("conduit") or "")
    return Difference(kind, one.id, str(entry["requirement"]), place, changes, entry)


def _text(value: str | Sequence[str]) -> str:
    return value if isinstance(value, str) else ", ".join(value)


def _seen(checks: Sequence[Check], found: Mapping[str, Mapping[str, int]]) -> dict[str, str]:
    """What the checks of each row said at a place, such as "SVC-002: 3 pass, 1 fail"."""
    seen: dict[str, list[str]] = {}
    for check in checks:
        if counts := found.get(check.id):
            said = f"{check.id}: " + ", ".join(f"{count} {result}" for result, count in sorted(counts.items()))
            for mapping in check.maps:
                if mapping.framework == IEC:
                    seen.setdefault(mapping.requirement, []).append(said)
    return {row: "; ".join(said) for row, said in seen.items()}
