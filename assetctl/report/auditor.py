"""What an auditor may fill in: columns beside the rows of two sheets. They start empty; an empty cell changes nothing.

A row carries a seal over what tells which row it is, so that a decision cannot slip to another one.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SEAL = "Seal"
UNSET = "-"
"""What is written into a cell so that the value is declared no more."""

MOST_TEXT = 2000
LABEL = "Filling in"

_ESCAPE = re.compile("_x005F", re.IGNORECASE)  # spreadsheet programs take it away, or double it


@dataclass(frozen=True, slots=True)
class Entry:
    """One column to be filled in. key: what it changes. choices: the only words, none for free text or a day."""

    key: str
    heading: str
    width: int
    prompt: str
    choices: tuple[str, ...] = ()
    is_day: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """The columns of one sheet that can be filled in. told_by: headings of what tells which row it is, the id first."""

    table: str
    sheet: str
    told_by: tuple[str, ...]
    entries: tuple[Entry, ...]

    @property
    def headings(self) -> tuple[str, ...]:
        return (SEAL, *(one.heading for one in self.entries))


FINDINGS = Form(
    "findings",
    "Findings",
    ("Finding id", "Finding", "Title", "Subject"),
    (
        Entry(
            "decision",
            "Decision",
            14,
            "confirmed: the failure contradicts its requirements. rejected: it does not. withdrawn: out of scope."
            " Each needs a comment.",
            ("confirmed", "rejected", "withdrawn"),
        ),
        Entry("comment", "Comment", 44, "The reason of a decision, or a remark that is kept with the finding."),
        Entry("owner", "New owner", 22, "Who mends it. Empty: stays as it is."),
        Entry("due", "New due date", 14, "Until when, such as 2027-03-01. Empty: stays as it is.", is_day=True),
    ),
)
_DECLARED = f"Declared for its position. Empty: stays as it is. {UNSET}: declared no more."
ASSETS = Form(
    "assets",
    "Assets",
    ("Asset id", "Asset", "Address"),
    (
        Entry("asset_number", "New asset number", 20, _DECLARED),
        Entry("asset_criticality", "New criticality", 14, _DECLARED, ("high", "medium", "low", UNSET)),
        Entry("department_owner", "New department or owner", 24, _DECLARED),
        Entry("physical_location_address", "New location", 28, _DECLARED),
        Entry("tags", "New tags", 22, f"All tags of its position, with commas between them. {_DECLARED}"),
        Entry("notes_description", "New note", 44, _DECLARED),
    ),
)
FORMS: Mapping[str, Form] = {one.table: one for one in (FINDINGS, ASSETS)}

GUIDE = (
    "The amber columns at the right of Findings and Assets are for the auditor. An empty cell changes nothing.",
    "Everything else is locked, without a password, and does not count when the workbook is read back.",
    "assetctl findings import and assetctl assets import show what the amber cells would change; with --apply they "
    "change it.",
    "A row may be sorted or filtered as a whole. A formula, a row without its seal or a row from another report is "
    "refused.",
)


def seal(report_id: str, told: Iterable[str]) -> str:
    """What binds the entries of a row to the report and to what tells which row it is."""
    whole = hashlib.sha256(report_id.encode())
    for text in told:
        plain = " ".join(_ESCAPE.sub("", text).split())
        whole.update(b"\n" + plain.encode("utf-8", "surrogatepass"))
    return whole.hexdigest()[:12]
