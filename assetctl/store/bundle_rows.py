"""The rows of a bundle: each kind, how two under one key are joined, and the JSON value that stands for one."""

import math
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Boolean, Column, Float, Integer, LargeBinary, Table

from assetctl.store.blobs import unpacked
from assetctl.store.columns import CanonicalJson, UtcDateTime, canonical
from assetctl.store.tables import (
    APPROVAL,
    BLOB,
    CAPTURE,
    DECISION,
    EXCHANGE,
    FLOW,
    INCIDENT,
    OBSERVATION,
    PLAN,
    QUARANTINE,
    SCAN,
)
from assetctl.text import one_line

Values = dict[str, Any]
EXCHANGES = "exchanges"  # of an observation: they travel with it, since they are replaced together
NOT_SENT = frozenset({"number"})


def _newest(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return (row.get("count", 0), row["ended"] or datetime.min.replace(tzinfo=UTC), text_of(row))


def _ended(column: str) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    return lambda row: (row[column] is not None, text_of(row))


@dataclass(frozen=True, slots=True)
class Kind:
    """One table. fixed: what two rows under one key must agree in. rank: of two, the greater wins."""

    table: Table
    fixed: tuple[str, ...] = ()
    rank: Callable[[Mapping[str, Any]], Any] = lambda row: text_of(row)


KINDS: Mapping[str, Kind] = {
    "scan": Kind(SCAN, ("realm", "started"), _newest),
    "plan": Kind(PLAN),
    "blob": Kind(BLOB, ("size",)),
    "exchange": Kind(EXCHANGE, tuple(column.name for column in EXCHANGE.columns)),
    "observation": Kind(OBSERVATION, ("scan", "realm"), _newest),
    "flow_capture": Kind(CAPTURE, ("realm", "sha256")),
    "flow": Kind(FLOW, ("realm",)),
    "decision": Kind(DECISION, ("realm", "kind", "left", "right"), _ended("revoked_at")),
    "quarantine": Kind(QUARANTINE, ("realm",), _ended("cleared_at")),
    "incident": Kind(INCIDENT, ("realm",)),
    "approval": Kind(APPROVAL),
}
"""In the order in which they are taken in: what is referred to comes first."""


def understood(kind: str, document: Any) -> Values:
    """One row from its JSON value. Raises ValueError for anything that `outgoing` would not write."""
    if kind not in KINDS or not isinstance(document, dict):
        raise ValueError(f"a row of {', '.join(KINDS)} is expected")
    columns = {column.name: column for column in KINDS[kind].table.columns if column.name not in NOT_SENT}
    more = {EXCHANGES} if kind == "observation" else set()
    if document.keys() != columns.keys() | more:
        odd = sorted(document.keys() ^ (columns.keys() | more))[0]
        raise ValueError(f"{kind}: the columns of this version are expected, {one_line(str(odd))} is odd")
    values = {name: _value(kind, columns[name], value) for name, value in document.items() if name in columns}
    if more:
        listed = document[EXCHANGES]
        if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
            raise ValueError("observation: a list of exchanges is expected")
        values[EXCHANGES] = listed
    if kind == "blob" and values["data"] is not None:
        unpacked(values["digest"], values["size"], values["data"], "the bundle")
    return values


def sent(values: Mapping[str, Any]) -> str:
    """A row as JSON text, equal rows as equal texts."""
    return canonical({name: _plain(value) for name, value in values.items()})


def text_of(values: Mapping[str, Any]) -> str:
    """As `sent`, without what each store counts for itself."""
    return sent({name: value for name, value in values.items() if name not in NOT_SENT})


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return b64encode(value).decode() if isinstance(value, bytes) else value


def _value(kind: str, column: Column[Any], value: Any) -> Any:
    if value is None and column.nullable and not isinstance(column.type, CanonicalJson):
        return None
    reader = next((read for form, read in _READERS if isinstance(column.type, form)), _text)
    try:
        return reader(value)
    except (ValueError, TypeError, NotBase64):
        found = one_line(repr(value), most=40)
        raise ValueError(f"{kind}.{column.name}: {found} is not of its type") from None


def _document(value: Any) -> Any:
    if value is None:
        raise ValueError
    return value


def _time(value: Any) -> datetime:
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError
    return at.astimezone(UTC)


def _bytes(value: Any) -> bytes:
    return b64decode(_text(value), validate=True)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 1 << 63:
        raise TypeError
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError
    return float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


_READERS: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (CanonicalJson, _document),
    (UtcDateTime, _time),
    (LargeBinary, _bytes),
    (Boolean, _flag),
    (Integer, _whole),
    (Float, _number),
)
