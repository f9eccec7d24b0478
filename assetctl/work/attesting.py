"""Attestations are written and renewed in their file, which people review; documents are hashed where they lie."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from assetctl.documents import read_yaml
from assetctl.errors import InputError
from assetctl.policy.attestations import Attestation, AttestationFile, Known, attestations_of
from assetctl.text import near
from assetctl.work.editing import appended, drop, edit, put

BLANK = """\
# Attestations: what people answer for the rows of IEC 62443-3-3 in each zone or conduit. Reviewed like code.
#
# A yes counts only with a document, its SHA-256, and a reviewer who is not the author, for at most 366 days.
# `assetctl attest` writes this file and keeps its comments.
schema: 1
attestations: []
"""
FIELDS = (
    *("requirement", "zone", "conduit", "answer", "statement", "document", "sha256", "author", "organisation"),
    *("reviewer", "reviewer_organisation", "date", "valid_until", "despite"),
)
MOST_DOCUMENT = 1 << 30

Entry = Mapping[str, str | Sequence[str]]
"""One attestation as it stands in the file: the `FIELDS` that are not empty."""


def digests(path: Path) -> Callable[[str], str | None]:
    """SHA-256 of a document by its path from the folder of a file; None when it is not there or is too large."""

    @cache
    def digest(name: str) -> str | None:
        document = path.parent / name
        try:
            if not document.is_file() or document.stat().st_size > MOST_DOCUMENT:
                return None
            with document.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except (OSError, ValueError):  # ValueError: a NUL in the name
            return None

    return digest


def hashed(path: Path, entry: Entry) -> Entry:
    """An entry with the SHA-256 of its document, where it names one without. Raises InputError when it is not there."""
    name = str(entry.get("document", ""))
    if not name or entry.get("sha256"):
        return entry
    found = digests(path)(name)
    if found is None:
        raise InputError(f"{path.parent / name}: this document is not there; give its path from {path.parent}")
    return {**entry, "sha256": found}


def entry_of(told: Attestation) -> dict[str, str | Sequence[str]]:
    """An attestation as it stands in the file."""
    entry: dict[str, str | Sequence[str]] = {
        "requirement": told.requirement,
        "conduit" if told.is_conduit else "zone": told.place,
        "answer": told.answer.value,
        "date": told.given.isoformat(),
        "valid_until": told.valid_until.isoformat(),
        "despite": told.despite,
    }
    plain = ("statement", "document", "sha256", "author", "organisation", "reviewer", "reviewer_organisation")
    entry |= {key: str(getattr(told, key)) for key in plain}
    return {key: entry[key] for key in FIELDS if entry.get(key)}


class AttestationBook:
    """One attestations file and the day on which it is written."""

    def __init__(self, path: Path, *, today: date, known: Known) -> None:
        self.path, self.today, self.known = path, today, known

    def read(self) -> AttestationFile:
        """What stands in the file; nothing when there is none yet."""
        return self._load(read_yaml(self.path)) if self.path.exists() else AttestationFile(self.path, (), "")

    def add(self, entry: Entry, name: str = "") -> str:
        """The id of a new attestation. name: "" to be given one made of place and row."""
        return self.add_all([(name, entry)])[0]

    def add_all(self, entries: Sequence[tuple[str, Entry]]) -> tuple[str, ...]:
        """Add or replace attestations in one go; one whose id is there already gets the new values."""
        used = {one.id for one in self.read().attestations}
        named: list[tuple[str, dict[str, Any]]] = []
        for name, entry in entries:
            chosen = name or _free(entry, used)
            used.add(chosen)
            named.append((chosen, {key: _listed(entry[key]) for key in FIELDS if entry.get(key)}))

        def change(document: Any) -> None:
            for name, values in named:
                _put_entry(document["attestations"], name, values)

        edit(self.path, change, check=self._load, blank=BLANK)
        return tuple(name for name, _ in named)

    def renew(self, name: str, *, reviewer: str, valid_until: date | None = None) -> None:
        """Say the same again today: with the document as it is now, and somebody's review of today."""
        told = {one.id: one for one in self.read().attestations}
        if name not in told:
            raise InputError(f"{self.path}: there is no attestation {name}{near(name, tuple(told))}")
        until = valid_until or self.today + timedelta(days=365)
        document = {"document": told[name].document} if told[name].document else {}
        fresh = hashed(self.path, document)
        days = {"date": self.today.isoformat(), "valid_until": until.isoformat()}
        self.add_all([(name, {**entry_of(told[name]), **fresh, "reviewer": reviewer, **days})])

    def _load(self, document: Any) -> AttestationFile:
        return attestations_of(document, today=self.today, known=self.known)


def _put_entry(rows: Any, name: str, values: Mapping[str, Any]) -> None:
    entry = next((row for row in rows if str(row.get("id")) == name), None)
    if entry is None:
        appended(rows, {"id": name, **values})
        return
    for key in [key for key in FIELDS if key in entry and key not in values]:
        drop(entry, key)
    for key, value in values.items():
        if key not in entry or _listed(entry[key]) != value:
            put(entry, key, value)


def _listed(value: Any) -> Any:
    return value if isinstance(value, str) else [str(one) for one in value]


def _free(entry: Entry, used: set[str]) -> str:
    """An id made of place and row, such as cell-1_SR1.1RE2."""
    place = str(entry.get("zone") or entry.get("conduit") or "")[:40]
    stem = f"{place}_{str(entry.get('requirement', '')).replace(' ', '')}"
    names = (stem, *(f"{stem}_{number}" for number in range(2, 1000)))
    return next(name for name in names if name not in used)
