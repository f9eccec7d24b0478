"""Waivers: that somebody accepts one failure of one check at one place for a while. They never change a result.

A waiver names its places by id; there is no pattern, so what comes later is not accepted in advance. It holds up to and
with the day on which it expires.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from assetctl.documents import Document, read_yaml
from assetctl.errors import InputError
from assetctl.forms import Form, fill
from assetctl.model import DEFAULT_REALM, Finding, Result
from assetctl.text import counted, folded, near
from assetctl.values import Filled, Name, Realm, Text, distinct, one_of, shown
from assetctl.zone_forms import Day

MOST_DAYS = 365
SOON_DAYS = 30
_PATTERN = frozenset("*?%")
_EVERYTHING = frozenset({"all", "any", "every", "everything"})


class State(StrEnum):
    LIVE = "live"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Waiver:
    """places: ids of positions, or of assets without one, of zones or of conduits. part: such as tcp/23, "" for all.

    began: its creation, or its last renewal. revoked: day, person and reason, "" while it is not.
    """

    id: str
    check: str
    realm: str
    places: frozenset[str]
    part: str
    reason: str
    owner: str
    approver: str
    measure: str
    ticket: str
    began: date
    expires: date
    revoked: str = ""

    def state(self, today: date) -> State:
        if self.revoked:
            return State.REVOKED
        if today > self.expires:
            return State.EXPIRED
        return State.EXPIRING if self.days_left(today) <= SOON_DAYS else State.LIVE

    def days_left(self, today: date) -> int:
        """Days after today on which it still holds; below 0 since it expired."""
        return (self.expires - today).days

    def covers(self, finding: Finding) -> bool:
        """Whether this is the failure at the place that it speaks of, be it in force or not."""
        place = finding.position or finding.subject
        is_there = place in self.places and (finding.realm or self.realm) == self.realm
        return is_there and finding.check == self.check and self.part in ("", finding.part)


@dataclass(frozen=True, slots=True)
class WaiverFile:
    """sha256: of the bytes of the file, by which a run says what it was judged with; "" for no file."""

    path: Path
    waivers: tuple[Waiver, ...]
    sha256: str


NONE = WaiverFile(Path(), (), "")


@dataclass(frozen=True, slots=True)
class Use:
    """One waiver against one run. findings: ids of the failures that it covers, also when it is no longer in force."""

    waiver: Waiver
    state: State
    findings: tuple[str, ...]


def _place(written: str) -> str:
    if set(written) & _PATTERN or written.casefold() in _EVERYTHING:
        raise ValueError(f"{shown(written)} is no id: a waiver names each place by itself, without wildcards")
    return written


Place = Annotated[Filled, AfterValidator(_place)]
Places = Annotated[tuple[Place, ...], AfterValidator(distinct)]
CheckId = Annotated[str, Field(pattern=r"^[A-Z]{2,8}-\d{3}$")]


class _Scope(Form):
    positions: Places = ()
    assets: Places = ()
    zones: Places = ()
    conduits: Places = ()
    part: Text = ""

    @model_validator(mode="after")
    def _names(self) -> "_Scope":
        if not self.places:
            raise ValueError("at least one of positions, assets, zones, conduits is expected; name the places by id")
        return self

    @property
    def places(self) -> frozenset[str]:
        return frozenset((*self.positions, *self.assets, *self.zones, *self.conduits))


class _Renewal(Form):
    on: Day
    approver: Filled
    ticket: Text = ""


class _Revocation(Form):
    on: Day
    by: Filled
    reason: Filled


class _Waiver(Form):
    id: Name
    check: CheckId
    realm: Realm = DEFAULT_REALM
    scope: _Scope
    reason: Filled
    owner: Filled
    approver: Filled
    measure: Filled
    ticket: Filled
    created: Day
    expires: Day
    renewals: tuple[_Renewal, ...] = ()
    revoked: _Revocation | None = None

    @property
    def began(self) -> date:
        return max((self.created, *(one.on for one in self.renewals)))

    @model_validator(mode="after")
    def _is_bounded(self) -> "_Waiver":
        if self.expires <= self.began:
            raise ValueError(f"expires: a day after {self.began} is expected, {self.expires} was found")
        if self.expires - self.began > timedelta(days=MOST_DAYS):
            latest = self.began + timedelta(days=MOST_DAYS)
            raise ValueError(f"expires: at most {MOST_DAYS} days are allowed, {latest} at the latest; renew it then")
        for approver in (self.approver, *(one.approver for one in self.renewals)):
            if folded(approver) == folded(self.owner):
                raise ValueError(f"approver: {shown(approver)} owns it; somebody else must approve")
        return self

    def as_waiver(self) -> Waiver:
        told = self.revoked
        return Waiver(
            id=self.id,
            check=self.check,
            realm=self.realm,
            places=self.scope.places,
            part=self.scope.part,
            reason=self.reason,
            owner=self.owner,
            approver=self.renewals[-1].approver if self.renewals else self.approver,
            measure=self.measure,
            ticket=(self.renewals[-1].ticket if self.renewals else "") or self.ticket,
            began=self.began,
            expires=self.expires,
            revoked=f"{told.on} by {told.by}: {told.reason}" if told else "",
        )


class _File(Form):
    schema_number: Annotated[str, AfterValidator(one_of("1"))] = Field(default="1", alias="schema")
    waivers: tuple[_Waiver, ...]


FORM = _File


def read_waivers(path: Path, *, today: date, checks: Sequence[str] = ()) -> WaiverFile:
    """The waivers of a file. checks: known ids, none to take any. Raises InputError with one line per mistake."""
    return waivers_of(read_yaml(path), today=today, checks=checks)


def waivers_of(document: Document, *, today: date, checks: Sequence[str] = ()) -> WaiverFile:
    """As `read_waivers`, from a document."""
    rows = fill(_File, document).waivers
    lines = []
    seen: set[str] = set()
    for at, row in enumerate(rows):
        for key, said in _problems(row, today, checks):
            lines.append(f"{document.place(('waivers', at, *key))}: waiver {row.id}: {said}")
        if row.id in seen:
            lines.append(f"{document.place(('waivers', at, 'id'))}: the waiver {row.id} stands there twice; remove one")
        seen.add(row.id)
    if lines:
        raise InputError("\n".join(lines))
    return WaiverFile(document.path, tuple(row.as_waiver() for row in rows), document.sha256)


def _problems(row: _Waiver, today: date, checks: Sequence[str]) -> Iterable[tuple[tuple[str | int, ...], str]]:
    if row.created > today:
        yield ("created",), f"{row.created} lies in the future (today is {today}); correct the date"
    for at, one in enumerate(row.renewals):
        if one.on > today:
            yield ("renewals", at, "on"), f"{one.on} lies in the future (today is {today}); correct the date"
    if row.revoked and row.revoked.on > today:
        yield ("revoked", "on"), f"{row.revoked.on} lies in the future (today is {today}); correct the date"
    if checks and row.check not in checks:
        yield ("check",), f"there is no check {row.check}{near(row.check, tuple(checks))}"


def waived(findings: Iterable[Finding], waivers: Sequence[Waiver], today: date) -> Iterator[Finding]:
    """The same findings; a failure that a waiver in force covers carries its id. Results stay as they are."""
    force: dict[str, list[Waiver]] = {}
    for one in sorted(waivers, key=lambda one: one.id):
        if one.state(today) in (State.LIVE, State.EXPIRING):
            force.setdefault(one.check, []).append(one)
    return (_marked(finding, force) for finding in findings)


def uses(waivers: Iterable[Waiver], findings: Iterable[Finding], today: date) -> tuple[Use, ...]:
    """Each waiver with the failures it covers, by expiry."""
    every = tuple(waivers)
    named = {one.check for one in every}
    failing: dict[str, list[Finding]] = {}
    for finding in findings if named else ():
        if finding.result is Result.FAIL and finding.check in named:
            failing.setdefault(finding.check, []).append(finding)
    found = (
        Use(one, one.state(today), tuple(f.id for f in failing.get(one.check, ()) if one.covers(f))) for one in every
    )
    return tuple(sorted(found, key=lambda use: (use.waiver.expires, use.waiver.id)))


def notices(found: Iterable[Use], today: date) -> tuple[str, ...]:
    """What must be said aloud: expired ones, those that expire soon, and those that nothing needs."""
    return tuple(text for use in found if (text := _notice(use, today)))


def _notice(use: Use, today: date) -> str:
    waiver, count = use.waiver, len(use.findings)
    what = f"waiver {waiver.id} ({waiver.check}, owner {waiver.owner})"
    failures, left = counted(count, "failure"), waiver.days_left(today)
    if use.state is State.REVOKED:
        return ""
    if use.state is State.EXPIRED:
        tail = f"{failures} no longer accepted" if count else "nothing needs it any more"
        return f"{what} expired on {waiver.expires}, {counted(-left, 'day')} ago: {tail}"
    if not use.findings:
        return f"{what} is unused: no failure of {waiver.check} at {', '.join(sorted(waiver.places))}; revoke it"
    if use.state is State.EXPIRING:
        return f"{what} expires on {waiver.expires}, in {counted(left, 'day')}: renew it or mend {failures}"
    return ""


def _marked(finding: Finding, force: Mapping[str, Sequence[Waiver]]) -> Finding:
    if finding.result is not Result.FAIL:
        return finding
    found = next((one for one in force.get(finding.check, ()) if one.covers(finding)), None)
    return replace(finding, waiver=found.id) if found else finding
