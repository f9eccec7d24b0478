"""What an auditor may change in the workbook: cells of some columns, which start with what is known already.

A row carries a seal: over what tells which row it is, so that an entry cannot slip to another one, and over each cell
as it was written, so that what was changed is known from what was only read.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

SEAL = "Seal"
UNSET = "-"
"""What may be written into a cell so that the value is declared no more, as an empty cell does."""

MOST_TEXT = 2000
LABEL = "Filling in"
_ROW, _CELL = 12, 6  # digits of a seal over a row and over a cell

_ESCAPE = re.compile("_x005F", re.IGNORECASE)  # spreadsheet programs take it away, or double it


@dataclass(frozen=True, slots=True)
class Entry:
    """One column that can be filled in. key: what it changes, "" for nothing. choices: the only words, none for any."""

    key: str
    heading: str
    prompt: str
    choices: tuple[str, ...] = ()
    is_day: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """What is read back from one sheet. told_by: headings of what tells which row it is, the id first."""

    table: str
    sheet: str
    told_by: tuple[str, ...]
    entries: tuple[Entry, ...]


FINDINGS = Form(
    "findings",
    "Findings",
    ("Finding id", "Finding", "Title", "Subject"),
    (
        Entry(
            "decision",
            "Decision",
            "confirmed: the failure contradicts its requirements. rejected: it does not. withdrawn: out of scope."
            " Each needs a comment.",
            ("confirmed", "rejected", "withdrawn"),
        ),
        Entry("comment", "Auditor comment", "The reason of a decision, or a remark that is kept with the finding."),
        Entry("owner", "Owner", "Who mends it."),
        Entry("due", "Due", "Until when, such as 2027-03-01.", is_day=True),
    ),
)
_DECLARED = "A change is declared for its position; an emptied cell is declared no more."
ASSETS = Form(
    "assets",
    "Assets",
    ("Asset id", "Asset"),
    (
        Entry("asset_criticality", "Criticality", _DECLARED, ("high", "medium", "low", UNSET)),
        Entry("asset_number", "Asset number", _DECLARED),
        Entry("logging", "Logging", _DECLARED),
        Entry("physical_location_address", "Location", _DECLARED),
        Entry("user_accounts", "User accounts", f"With commas between them. {_DECLARED}"),
        Entry("backup_frequency_type", "Backup", _DECLARED),
        Entry("baseline_image", "Baseline image", _DECLARED),
        Entry("department_owner", "Department or owner", _DECLARED),
        Entry("distributor", "Distributor", _DECLARED),
        Entry("notes_description", "Notes", _DECLARED),
        Entry("tags", "Tags", f"With commas between them. {_DECLARED}"),
    ),
)
FORMS: Mapping[str, Form] = {one.table: one for one in (FINDINGS, ASSETS)}

GUIDE = (
    "The amber cells are for the auditor. They start with what is known; all others are locked, without a password.",
    "assetctl findings import and assetctl assets import read the amber cells of Findings and Assets back: they show"
    " what was changed, and with --apply take it in. Amber cells of other sheets stay in the workbook.",
    "Rows may be sorted or filtered as a whole. A hidden column seals each row: a changed cell in a row of another"
    " report, or beside another id, is refused, and so is a formula.",
)


def seal(report_id: str, told: Iterable[str], entered: Iterable[str]) -> str:
    """What binds a row to a report, to what tells which row it is, and to what its open cells held."""
    return ".".join((_digest(_ROW, report_id, *told), *(_digest(_CELL, report_id, text) for text in entered)))


def changed(report_id: str, sealed: str, entered: Sequence[str]) -> tuple[bool, ...] | None:
    """Which open cells of a row hold something else than was written; None where the seal does not tell."""
    held = sealed.split(".")[1:]
    if len(held) != len(entered):
        return None
    return tuple(was != _digest(_CELL, report_id, text) for was, text in zip(held, entered, strict=True))


def is_of(report_id: str, sealed: str, told: Iterable[str]) -> bool:
    """Whether a row of a report is the one that its seal was made for."""
    return sealed.partition(".")[0] == _digest(_ROW, report_id, *told)


def _digest(length: int, *texts: str) -> str:
    plain = (" ".join(_ESCAPE.sub("", text).split()) for text in texts)
    return hashlib.sha256("\n".join(plain).encode("utf-8", "surrogatepass")).hexdigest()[:length]
