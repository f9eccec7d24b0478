"""The list that a plant keeps by hand, as a workbook or CSV file -> positions with what people declared about them.

Value before the first packet. Nothing is lost silently: every row and value that is not used is in the rejects.
"""

import csv
import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from assetctl.errors import EnvironmentFault, InputError
from assetctl.exchange import declared
from assetctl.exchange.columns import INTERFACE_KEYS, POSITION, Column, assign, find_header, score_of
from assetctl.exchange.csv_rows import read_csv
from assetctl.exchange.rows import Row, read_file
from assetctl.exchange.xlsx_rows import OLE, ZIP, Book, open_book
from assetctl.model import Position, Value
from assetctl.text import cell, near, one_line

MATCH_KEYS = ("ip_address", "hostname", "mac_address", "serial_number")  # of a place first, then of a device
NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was not taken, or one value of a row that was. column: heading, "" when the whole row is meant."""

    row: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import would do. rows: with content below the headings; accepted: of them. notes: one line each."""

    columns: tuple[Column, ...]
    rows: int
    accepted: int
    rejects: tuple[Reject, ...]
    notes: tuple[str, ...]
    sheet: str
    header_row: int


@dataclass(frozen=True, slots=True)
class _Entry:
    """One row that names a position. id: "" when the list has no such column or the row leaves it empty."""

    row: int
    id: str
    match: Mapping[str, str]
    declared: Mapping[str, Value]


@dataclass(slots=True)
class _List:
    """A list as read. sheet: "" for CSV."""

    path: Path
    header: Row
    rows: tuple[Row, ...]
    sheet: str
    notes: list[str]
    columns: tuple[Column, ...] = ()
    rejects: list[Reject] = field(default_factory=list)


def preview(path: Path, *, mapping: Mapping[str, str] | None = None, sheet: str | None = None) -> Preview:
    """What the columns are taken for, and what would be accepted and rejected. Raises InputError."""
    entries, found = _entries(path, mapping or NOTHING, sheet)
    return Preview(
        columns=found.columns,
        rows=len(found.rows),
        accepted=len(entries),
        rejects=tuple(found.rejects),
        notes=tuple(found.notes),
        sheet=found.sheet,
        header_row=found.header.number,
    )


def read_positions(
    path: Path, mapping: Mapping[str, str] | None = None, *, realm: str, now: datetime, sheet: str | None = None
) -> tuple[tuple[Position, ...], tuple[Reject, ...]]:
    """The positions of a list, in its order, and what was not taken. now: when it was declared. Raises InputError."""
    entries, found = _entries(path, mapping or NOTHING, sheet)
    positions = tuple(
        Position(
            id=entry.id or _id_from(realm, entry.match),
            realm=realm,
            match=entry.match,
            declared=entry.declared,
            source=f"{path.name}:{entry.row}",
            declared_at=now,
        )
        for entry in entries
    )
    return positions, tuple(found.rejects)


def write_rejects(path: Path, rejects: Iterable[Reject]) -> None:
    """A CSV file of rejects for the person who keeps the list; no cell of it can act in a spreadsheet program."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8-sig", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(("row", "column", "value", "reason"))
            rows.writerows((r.row, cell(r.column), cell(r.value), cell(r.reason)) for r in rejects)
        os.replace(part, path)
    except OSError as fault:
        raise EnvironmentFault(f"{path}: cannot be written: {fault.strerror}; choose another place") from fault


def _entries(path: Path, mapping: Mapping[str, str], sheet: str | None) -> tuple[tuple[_Entry, ...], _List]:
    found = _read(path, mapping, sheet)
    try:
        found.columns = assign(found.header, mapping)
    except InputError as fault:
        raise InputError(f"{path}: {fault}") from None
    entries = [entry for row in found.rows if (entry := _entry(row, found))]
    return _without_repeats(entries, found), found


def _read(path: Path, mapping: Mapping[str, str], sheet: str | None) -> _List:
    raw = read_file(path)
    if raw.startswith((OLE, ZIP)):
        with open_book(raw, path) as book:
            return _read_sheet(book, path, mapping, sheet)
    if raw[:256].lstrip().lower().startswith((b"<!doctype html", b"<html", b"<?xml", b"<table")):
        raise InputError(f"{path}: a page or XML under another name; save it as xlsx or CSV")
    if sheet is not None:
        raise InputError(f"{path}: a CSV file has no sheets; leave the sheet out")
    rows, how = read_csv(raw, path, score=partial(score_of, mapping=mapping))
    return _below_header(path, rows, mapping, "", [f"read as CSV: {how}"])


def _read_sheet(book: Book, path: Path, mapping: Mapping[str, str], wanted: str | None) -> _List:
    """The sheet that was named, else the visible one whose headings are best known."""
    names = tuple(sheet.name for sheet in book.sheets)
    if wanted is not None and wanted not in names:
        shown = ", ".join(one_line(name) for name in names)
        raise InputError(f"{path}: no sheet {one_line(wanted)!r}; it has {shown}{near(wanted, names)}")
    visible = tuple(sheet.name for sheet in book.sheets if not sheet.is_hidden)
    chosen = wanted if wanted is not None else _best_sheet(book, visible, mapping)
    if not chosen:
        raise InputError(f"{path}: no visible sheet in it; name one with its sheet option")
    notes = [f'sheet "{one_line(name)}" was not read' for name in visible if name != chosen]
    hidden = (name for name in names if name not in visible and name != chosen)
    notes += [f'sheet "{one_line(name)}" is hidden and was not read' for name in hidden]
    return _below_header(path, book.rows(chosen), mapping, chosen, notes)


def _best_sheet(book: Book, names: tuple[str, ...], mapping: Mapping[str, str]) -> str:
    if len(names) < 2:
        return names[0] if names else ""
    scores = {name: find_header(book.rows(name, most=20), mapping)[1] for name in names[:64]}
    return max(scores, key=lambda name: scores[name])


def _below_header(path: Path, rows: tuple[Row, ...], mapping: Mapping[str, str], sheet: str, notes: list[str]) -> _List:
    header, known = find_header(rows, mapping)
    if header is None or (known < 2 and not mapping and len(header.cells) > 1):
        where = f"sheet {one_line(sheet)}" if sheet else "the file"
        raise InputError(
            f"{path}: no row of headings among the first 20 of {where}; expected are columns such as "
            '"IP address", "Serial number", "Location"; name yours in a mapping file'
        )
    below = tuple(row for row in rows if row.number > header.number)
    kept = tuple(row for row in below if row.cells != header.cells)
    if len(kept) < len(below):
        notes.append(f"the headings stand {len(below) - len(kept)} more times and were left out")
    if not kept:
        notes.append("no rows below the headings")
    width = max((len(row.cells) for row in kept), default=0)
    nameless = [at for at in range(width) if not header.cell(at) and any(row.cell(at) for row in kept)]
    if nameless:
        shown = ", ".join(str(at + 1) for at in nameless[:10])
        notes.append(f"columns without a heading were not read: {shown}")
    return _List(path, header, kept, sheet, notes)


def _entry(row: Row, found: _List) -> _Entry | None:
    """The position that a row names, or None with a reject."""
    if not found.sheet and any(row.cells[len(found.header.cells) :]):
        reason = "more cells than headings; put a text that holds the delimiter in quotation marks"
        found.rejects.append(Reject(row.number, "", _shown(row), reason))
        return None
    values: dict[str, Value] = {}
    name = ""
    for column in found.columns:
        if not column.key:
            continue
        try:
            value = _value(row, column, found)
        except ValueError as fault:
            found.rejects.append(Reject(row.number, column.header, row.cell(column.index)[:200], str(fault)))
            if column.key == POSITION:
                return None
            continue
        if column.key == POSITION:
            name = str(value or "")
        elif value is not None:
            values[column.key] = value
    match = {key: str(values[key]) for key in MATCH_KEYS if key in values}
    if not name and not match:
        found.rejects.append(Reject(row.number, "", _shown(row), "no position, address, name, MAC or serial number"))
        return None
    told = {key: value for key, value in values.items() if key not in INTERFACE_KEYS}
    return _Entry(row.number, name, match, told)


def _value(row: Row, column: Column, found: _List) -> Value | None:
    """The value in a cell, None for an empty one. Raises ValueError with the reason."""
    if column.index in row.problems:
        raise ValueError(row.problems[column.index])
    text = row.cell(column.index)
    if declared.is_nothing(text):
        return None
    if column.index in row.dates and not declared.may_be_a_date(column.key):
        raise ValueError(declared.MADE_A_DATE)
    if column.index in row.flags and not declared.may_be_a_date(column.key):
        raise ValueError(declared.MADE_A_FLAG)
    if column.key == POSITION:
        return declared.position_id(text)
    if column.key == "ip_address":
        text, others = declared.first_address(text)
        for other in others:
            reason = "a position is found by one address; give the other a row of its own"
            found.rejects.append(Reject(row.number, column.header, other[:200], reason))
    return declared.parse(column.key, text)


def _without_repeats(entries: list[_Entry], found: _List) -> tuple[_Entry, ...]:
    """Entries whose position stands only once so far; equal match values of different positions are noted."""
    kept: list[_Entry] = []
    rows: dict[str, int] = {}
    for entry in entries:
        name = entry.id.casefold() or _id_from("", entry.match)
        if name in rows:
            shown = entry.id or next(iter(entry.match.values()))
            reason = f"{one_line(shown)} stands in row {rows[name]} already"
            found.rejects.append(Reject(entry.row, "", shown, reason))
            continue
        rows[name] = entry.row
        kept.append(entry)
    for key in MATCH_KEYS:
        _note_repeats(kept, key, found)
    found.rejects.sort(key=lambda reject: reject.row)
    return tuple(kept)


def _note_repeats(entries: list[_Entry], key: str, found: _List) -> None:
    rows: dict[str, list[str]] = {}
    for entry in entries:
        if value := entry.match.get(key, "").casefold():
            rows.setdefault(value, []).append(str(entry.row))
    for value, where in rows.items():
        if len(where) > 1:
            found.notes.append(f"{key} {one_line(value)} stands in rows {', '.join(where[:10])}: unclear whose it is")


def _id_from(realm: str, match: Mapping[str, str]) -> str:
    """An id for a position that people gave none: from its strongest match, so a new serial number keeps it."""
    key = next(key for key in MATCH_KEYS if key in match)
    return "pos-" + hashlib.sha256(f"{realm}\n{key}\n{match[key].casefold()}".encode()).hexdigest()[:12]


def _shown(row: Row) -> str:
    return one_line(" | ".join(text for text in row.cells if text), most=200)
