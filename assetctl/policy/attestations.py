"""Attestations: what people answer for a row of 62443-3-3 in a zone or conduit, on which document, reviewed by whom.

A yes counts only while it is valid, with a document whose bytes are still those that were attested, and with a reviewer
who is not its author. A no needs none of that: it is an admission, and stands until somebody changes it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from assetctl.documents import Document, read_yaml
from assetctl.errors import InputError
from assetctl.forms import Form, fill, fill_from
from assetctl.text import counted, folded, near
from assetctl.values import Filled, Name, Text, distinct, one_of
from assetctl.zone_forms import Day, Digest

MOST_DAYS = 366
SOON_DAYS = 30


class Answer(StrEnum):
    YES = "yes"
    NO = "no"
    PARTLY = "partly"  # says that the row is not met, like a no
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Attestation:
    """place: id of a zone or conduit. document: path from the folder of the file. sha256: of its bytes.

    despite: checks whose unknowns the author knew of when answering.
    """

    id: str
    requirement: str
    place: str
    is_conduit: bool
    answer: Answer
    statement: str
    document: str
    sha256: str
    author: str
    organisation: str
    reviewer: str
    reviewer_organisation: str
    given: date
    valid_until: date
    despite: tuple[str, ...] = ()

    @property
    def is_independent(self) -> bool:
        """Whether the reviewer belongs to another organisation than the author, as far as both are told."""
        mine, theirs = folded(self.organisation), folded(self.reviewer_organisation)
        return bool(mine and theirs and mine != theirs)


@dataclass(frozen=True, slots=True)
class AttestationFile:
    """sha256: of the bytes of the file; "" for no file."""

    path: Path
    attestations: tuple[Attestation, ...]
    sha256: str


NONE = AttestationFile(Path(), (), "")


@dataclass(frozen=True, slots=True)
class Standing:
    """One attestation at a day. fault: why it does not count, "" when it does. days_left: below 0 since it ended."""

    attestation: Attestation
    fault: str
    days_left: int

    @property
    def counts(self) -> bool:
        return not self.fault

    @property
    def is_expired(self) -> bool:
        return self.days_left < 0


class _Attestation(Form):
    id: Name
    requirement: Filled
    zone: Text = ""
    conduit: Text = ""
    answer: Annotated[str, AfterValidator(one_of(*Answer))]
    statement: Annotated[str, Field(max_length=2000)] = ""
    document: Text = ""
    sha256: Digest = ""
    author: Filled
    organisation: Text = ""
    reviewer: Text = ""
    reviewer_organisation: Text = ""
    date: Day
    valid_until: Day
    despite: Annotated[tuple[Filled, ...], AfterValidator(distinct)] = ()

    @model_validator(mode="after")
    def _agrees(self) -> "_Attestation":
        if bool(self.zone) == bool(self.conduit):
            raise ValueError("one of zone and conduit is expected: an answer is for one place")
        if self.valid_until <= self.date:
            raise ValueError(f"valid_until: a day after {self.date} is expected, {self.valid_until} was found")
        if (self.valid_until - self.date).days > MOST_DAYS:
            raise ValueError(f"valid_until: at most {MOST_DAYS} days after {self.date}; renew it then")
        return self

    def as_attestation(self) -> Attestation:
        return Attestation(
            id=self.id,
            requirement=self.requirement,
            place=self.zone or self.conduit,
            is_conduit=bool(self.conduit),
            answer=Answer(self.answer),
            statement=self.statement,
            document=self.document,
            sha256=self.sha256,
            author=self.author,
            organisation=self.organisation,
            reviewer=self.reviewer,
            reviewer_organisation=self.reviewer_organisation,
            given=self.date,
            valid_until=self.valid_until,
            despite=self.despite,
        )


class _File(Form):
    schema_number: Annotated[str, AfterValidator(one_of("1"))] = Field(default="1", alias="schema")
    attestations: tuple[_Attestation, ...]


FORM = _File


@dataclass(frozen=True, slots=True)
class Known:
    """What an attestation may name. zones, conduits: ids; rows: of 62443-3-3; checks: ids, none to take any."""

    rows: Sequence[str]
    zones: Sequence[str]
    conduits: Sequence[str] = ()
    checks: Sequence[str] = ()


def read_attestations(path: Path, *, today: date, known: Known) -> AttestationFile:
    """The attestations of a file. Raises InputError with one line per mistake."""
    return attestations_of(read_yaml(path), today=today, known=known)


def attestations_of(document: Document, *, today: date, known: Known) -> AttestationFile:
    """As `read_attestations`, from a document."""
    rows = fill(_File, document).attestations
    lines = []
    seen: set[str] = set()
    for at, row in enumerate(rows):
        for key, said in _problems(row, today, known):
            lines.append(f"{document.place(('attestations', at, key))}: attestation {row.id}: {said}")
        if row.id in seen:
            place = document.place(("attestations", at, "id"))
            lines.append(f"{place}: the attestation {row.id} stands there twice; remove one")
        seen.add(row.id)
    if lines:
        raise InputError("\n".join(lines))
    return AttestationFile(document.path, tuple(row.as_attestation() for row in rows), document.sha256)


def _problems(row: _Attestation, today: date, known: Known) -> Iterable[tuple[str, str]]:
    if row.requirement not in known.rows:
        hint = near(row.requirement, tuple(known.rows)) or "; ids are written as SR 1.1 or SR 1.1 RE 2"
        yield "requirement", f"there is no row {row.requirement}{hint}"
    if row.zone and row.zone not in known.zones:
        yield "zone", f"there is no zone {row.zone}{near(row.zone, tuple(known.zones))}"
    if row.conduit and row.conduit not in known.conduits:
        yield "conduit", f"there is no conduit {row.conduit}{near(row.conduit, tuple(known.conduits))}"
    if row.date > today:
        yield "date", f"{row.date} lies in the future (today is {today}); correct the date"
    for name in row.despite:
        if known.checks and name not in known.checks:
            yield "despite", f"there is no check {name}{near(name, tuple(known.checks))}"


def entry_problems(entry: Mapping[str, object], *, place: str, today: date, known: Known) -> tuple[str, ...]:
    """What is wrong with one attestation that is to be written, a line each. place: where it was given."""
    try:
        form = fill_from(_Attestation, dict(entry), place=lambda _: place)
    except InputError as error:
        return tuple(str(error).splitlines())
    return tuple(f"{place}: {said}" for _, said in _problems(form, today, known))


def standings(
    attestations: Iterable[Attestation], *, today: date, digest: Callable[[str], str | None]
) -> tuple[Standing, ...]:
    """Each attestation at a day. digest: SHA-256 of the document at a path, None when it is not there."""
    return tuple(
        Standing(one, _fault(one, today, digest), (one.valid_until - today).days)
        for one in sorted(attestations, key=lambda one: one.id)
    )


def _fault(one: Attestation, today: date, digest: Callable[[str], str | None]) -> str:
    if today > one.valid_until:
        return f"it was valid until {one.valid_until}"
    if not one.document or not one.sha256:
        return "it names no document with its SHA-256"
    if not one.reviewer:
        return "nobody has reviewed it"
    if folded(one.reviewer) == folded(one.author):
        return f"its author {one.author} is its reviewer too"
    found = digest(one.document)
    if found is None:
        return f"its document {one.document} is not there"
    return "" if found == one.sha256 else f"its document {one.document} has changed since (SHA-256 {found[:12]})"


def notices(found: Iterable[Standing]) -> tuple[str, ...]:
    """What must be said aloud: those that do not count and why, and those that end soon."""
    return tuple(text for one in found if (text := _notice(one)))


def _notice(one: Standing) -> str:
    told = one.attestation
    what = f"attestation {told.id} ({told.requirement} in {told.place}, by {told.author})"
    if one.fault and told.answer in (Answer.NO, Answer.PARTLY):
        return f"{what} stands against its row still, although {one.fault}: answer anew" if one.is_expired else ""
    if one.fault:
        return f"{what} does not count: {one.fault}"
    return f"{what} ends in {counted(one.days_left, 'day')}: renew it" if one.days_left <= SOON_DAYS else ""


def by_row(found: Iterable[Standing]) -> Mapping[tuple[str, str], tuple[Standing, ...]]:
    """Standings by place and row."""
    held: dict[tuple[str, str], list[Standing]] = {}
    for one in found:
        held.setdefault((one.attestation.place, one.attestation.requirement), []).append(one)
    return {key: tuple(many) for key, many in held.items()}
