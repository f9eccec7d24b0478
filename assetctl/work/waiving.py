"""Waivers are written, renewed and revoked in their file, which people review; nothing else in it changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from assetctl.errors import InputError
from assetctl.policy.waivers import WaiverFile, waivers_of
from assetctl.text import near
from assetctl.work.editing import appended, edit, put

BLANK = """\
# Waivers: who accepts which failure, where, until when, and why. Reviewed like code; a result is never changed by one.
#
# scope names positions (or assets without one, zones, conduits) by id. The approver is not the owner. A waiver holds
# for at most 365 days. `assetctl waive` writes this file and keeps its comments.
schema: 1
waivers: []
"""


@dataclass(frozen=True, slots=True)
class Scope:
    """The places of a waiver. realm: "" for the usual one."""

    positions: Sequence[str] = ()
    assets: Sequence[str] = ()
    zones: Sequence[str] = ()
    conduits: Sequence[str] = ()
    part: str = ""
    realm: str = ""

    def as_entry(self) -> dict[str, Any]:
        named = {"positions": self.positions, "assets": self.assets, "zones": self.zones, "conduits": self.conduits}
        entry: dict[str, Any] = {key: list(names) for key, names in named.items() if names}
        return entry | ({"part": self.part} if self.part else {})


@dataclass(frozen=True, slots=True)
class Asked:
    """A waiver as it is asked for. id: "" to be given the next free one."""

    check: str
    scope: Scope
    reason: str
    owner: str
    approver: str
    measure: str
    ticket: str
    expires: date
    id: str = ""


class WaiverBook:
    """One waivers file and the day on which it is written. checks: ids of the pack."""

    def __init__(self, path: Path, *, today: date, checks: Sequence[str]) -> None:
        self.path, self.today, self.checks = path, today, tuple(checks)

    def add(self, asked: Asked) -> str:
        """The id of the new waiver. Raises InputError when the file would not load with it."""
        name = asked.id or self._next_id()
        entry: dict[str, Any] = {"id": name, "check": asked.check}
        if asked.scope.realm:
            entry["realm"] = asked.scope.realm
        entry["scope"] = asked.scope.as_entry()
        for key in ("reason", "owner", "approver", "measure", "ticket"):
            entry[key] = getattr(asked, key)
        entry |= {"created": self.today.isoformat(), "expires": asked.expires.isoformat()}
        self._edit(lambda document: appended(document["waivers"], entry))
        return name

    def renew(self, name: str, *, approver: str, expires: date, ticket: str = "") -> None:
        """Let a waiver hold longer, by somebody's word of today."""
        renewal = {"on": self.today.isoformat(), "approver": approver} | ({"ticket": ticket} if ticket else {})

        def change(document: Any) -> None:
            entry = self._entry(document, name)
            if "revoked" in entry:
                raise InputError(f"{self.path}: waiver {name} was revoked; ask for a new one: assetctl waive add")
            entry["expires"] = expires.isoformat()
            if "renewals" in entry:
                appended(entry["renewals"], dict(renewal))
            else:
                put(entry, "renewals", [dict(renewal)])

        self._edit(change)

    def revoke(self, name: str, *, by: str, reason: str) -> None:
        """End a waiver today; it stays in the file as history."""

        def change(document: Any) -> None:
            entry = self._entry(document, name)
            if "revoked" in entry:
                raise InputError(f"{self.path}: waiver {name} is revoked already")
            put(entry, "revoked", {"on": self.today.isoformat(), "by": by, "reason": reason})

        self._edit(change)

    def _edit(self, change: Any) -> None:
        edit(self.path, change, check=self._load, blank=BLANK)

    def _load(self, document: Any) -> WaiverFile:
        return waivers_of(document, today=self.today, checks=self.checks)

    def _entry(self, document: Any, name: str) -> Any:
        found = {str(entry.get("id")): entry for entry in document.get("waivers", ())}
        if name not in found:
            raise InputError(
                f"{self.path}: there is no waiver {name}{near(name, tuple(found))}; see: assetctl waive list"
            )
        return found[name]

    def _next_id(self) -> str:
        """W-2026-001 and so on, by the year in which it is written."""
        from assetctl.documents import read_yaml

        used = {one.id for one in self._load(read_yaml(self.path)).waivers} if self.path.exists() else set()
        return next(name for number in range(1, 100_000) if (name := f"W-{self.today.year}-{number:03d}") not in used)
