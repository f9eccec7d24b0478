"""The result of a report for machines: every row of every table, and what each requirement rests on, as canonical JSON.

Written piece by piece in the order that RFC 8785 asks for, so memory stays flat and equal content gives equal bytes.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

from assetctl.report.table import Cell, Ref, Table
from assetctl.report.trace import Records
from assetctl.report.view import ReportView
from assetctl.signing import canonical

NAME = "result.json"
SCHEMA = "assetctl/result/1"


def write(view: ReportView, trace: Mapping[str, Any], out: BinaryIO) -> str:
    """Write the result and return its SHA-256. trace: see `report.trace`."""
    whole = hashlib.sha256()
    for piece in _pieces(view, trace):
        whole.update(piece)
        out.write(piece)
    return whole.hexdigest()


def _pieces(view: ReportView, trace: Mapping[str, Any]) -> Iterator[bytes]:
    head = {
        "schema": SCHEMA,
        "classification": view.classification,
        "cover": [list(pair) for pair in view.cover],
        "generated_at": view.generated_at,
        "label": view.label,
        "notices": list(view.notices),
        "project": view.project,
        "report_id": view.report_id,
        "site": view.site,
        "title": view.title,
    }
    members: dict[str, Iterable[bytes]] = {key: (canonical(value),) for key, value in head.items()}
    yield from _object(members | {"tables": _tables(view.tables()), "trace": _trace(trace)})


def _trace(trace: Mapping[str, Any]) -> Iterator[bytes]:
    return _object({key: _records(value) if callable(value) else (canonical(value),) for key, value in trace.items()})


def _records(made: Records) -> Iterator[bytes]:
    return _list((canonical(record),) for record in made())


def _object(members: Mapping[str, Iterable[bytes]]) -> Iterator[bytes]:
    """Members by their names, which are ASCII here, as the RFC sorts them."""
    before = b"{"
    for key in sorted(members):
        yield before + canonical(key) + b":"
        yield from members[key]
        before = b","
    yield b"}"


def _list(items: Iterable[Iterable[bytes]]) -> Iterator[bytes]:
    yield b"["
    for number, item in enumerate(items):
        if number:
            yield b","
        yield from item
    yield b"]"


def _tables(tables: Iterable[Table]) -> Iterator[bytes]:
    return _list(_table(table) for table in tables)


def _table(table: Table) -> Iterator[bytes]:
    columns = [{"kind": column.kind.value, "title": column.title} for column in table.columns]
    rows = ((canonical([_cell(cell) for cell in row]),) for row in table.rows())
    plain = {"columns": columns, "id": table.id, "purpose": table.purpose, "sheet": table.sheet}
    return _object({key: (canonical(value),) for key, value in plain.items()} | {"rows": _list(rows)})


def _cell(cell: Cell) -> Any:
    if isinstance(cell, Ref):
        return {"anchor": cell.anchor, "label": cell.label}
    return [_cell(one) for one in cell] if isinstance(cell, tuple) else cell
