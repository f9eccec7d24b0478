"""The keys whose signatures count: who holds each, since when, and whether it was revoked. A file people review.

A key that was retired signs no more, and what it signed by its date still counts. One that was revoked as lost or
stolen counts for nothing, since its holder can write any date.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from assetctl.documents import Document, read_yaml
from assetctl.errors import InputError
from assetctl.forms import Form, fill
from assetctl.signing import fingerprint
from assetctl.text import near
from assetctl.values import Filled, one_of
from assetctl.zone_forms import Day

LEAST_PREFIX = 8


@dataclass(frozen=True, slots=True)
class Ended:
    """That a key counts no more, or signs no more from a day on. is_lost: somebody else may hold it."""

    on: date
    by: str
    reason: str
    is_lost: bool


@dataclass(frozen=True, slots=True)
class EnrolledKey:
    """public: base64. by: who checked the fingerprint with the owner and put the key in."""

    fingerprint: str
    owner: str
    public: str
    enrolled: date
    by: str
    ended: Ended | None = None

    def objection(self, signed: date) -> str:
        """Why a signature of that day does not count, "" when it does."""
        if self.ended is None or (not self.ended.is_lost and signed <= self.ended.on):
            return ""
        word = "revoked" if self.ended.is_lost else "retired"
        return f"its key was {word} on {self.ended.on} by {self.ended.by}: {self.ended.reason}"


def _public(written: str) -> str:
    fingerprint(written)
    return written


class _Ended(Form):
    on: Day
    by: Filled
    reason: Filled
    lost: Annotated[str, AfterValidator(one_of("yes", "no"))]


class _Key(Form):
    fingerprint: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    owner: Filled
    public: Annotated[str, AfterValidator(_public)]
    enrolled: Day
    by: Filled
    ended: _Ended | None = None

    def as_key(self) -> EnrolledKey:
        end = self.ended
        told = Ended(end.on, end.by, end.reason, end.lost == "yes") if end else None
        return EnrolledKey(self.fingerprint, self.owner, self.public, self.enrolled, self.by, told)


class _File(Form):
    schema_number: Annotated[str, AfterValidator(one_of("1"))] = Field(default="1", alias="schema")
    keys: tuple[_Key, ...]


FORM = _File


def read_keys(path: Path) -> tuple[EnrolledKey, ...]:
    """The keys of a file. Raises InputError with one line per mistake."""
    return keys_of(read_yaml(path))


def keys_of(document: Document) -> tuple[EnrolledKey, ...]:
    """As `read_keys`, from a document."""
    rows = fill(_File, document).keys
    lines, seen = [], set[str]()
    for at, row in enumerate(rows):
        where = document.place(("keys", at, "fingerprint"))
        if fingerprint(row.public) != row.fingerprint:
            lines.append(f"{where}: this is not the fingerprint of its public key; enrol the key anew")
        if row.fingerprint in seen:
            lines.append(f"{where}: the key {row.fingerprint[:16]} stands there twice; remove one")
        seen.add(row.fingerprint)
    if lines:
        raise InputError("\n".join(lines))
    return tuple(row.as_key() for row in rows)


def key_named(keys: Iterable[EnrolledKey], name: str) -> EnrolledKey:
    """The key with this fingerprint, or its only one that begins so. Raises InputError."""
    every = tuple(keys)
    found = [one for one in every if one.fingerprint == name] or [
        one for one in every if len(name) >= LEAST_PREFIX and one.fingerprint.startswith(name)
    ]
    if len(found) != 1:
        known = tuple(one.fingerprint for one in every)
        raise InputError(f"{name}: no one enrolled key of this fingerprint{near(name, known)}; see: assetctl keys list")
    return found[0]
