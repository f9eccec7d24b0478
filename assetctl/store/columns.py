"""Column types that read back from SQLite and PostgreSQL exactly what was put in."""

import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

from sqlalchemy import DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from assetctl.model import Value

# PostgreSQL refuses NUL in text, both refuse lone surrogates, and devices send either
_UNSTORABLE = re.compile("[\x00\\\\\ud800-\udfff]")
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
_DECODER = json.JSONDecoder()
_ESCAPED = re.compile(r"\\(\\|u[0-9a-f]{4})")
REMEMBERED = 1 << 12  # of what a column repeats so many are decoded once, and are one object in memory
NAIVE = "a time without a zone cannot be stored"
SHORT = 64  # characters of a value that is worth remembering


class Name(TypeDecorator[str]):
    """Text that this program made: ids, enum members, digests. Sorted by code point on both databases."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return Text(collation="C" if dialect.name == "postgresql" else None)


class ForeignText(TypeDecorator[str]):
    r"""Text that a device, a file or a person chose; a backslash is stored as \\, what cannot be stored as \uNNNN."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return Text(collation="C" if dialect.name == "postgresql" else None)

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        return storable(value)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> str | None:
        return unescaped(value)

    def bind_processor(self, _dialect: Dialect) -> Callable[[str | None], str | None]:
        return storable  # at once: the type below has nothing to do, and each fact has three such texts

    def result_processor(self, _dialect: Dialect, _coltype: object) -> Callable[[str | None], str | None]:
        return unescaped


class CanonicalJson(TypeDecorator[Any]):
    """A JSON document as ASCII text with sorted keys, the same bytes on every database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Dialect) -> str | None:
        return None if value is None else canonical(value)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


class Digests(CanonicalJson):
    """A list of digests as canonical JSON; hexadecimal needs no quoting."""

    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:  # noqa: ARG002  the same for all
        return _json_of_digests


class Evidence(CanonicalJson):
    """What a finding rests on, put in as rows of `packing`; put together by hand, since there are millions."""

    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:  # noqa: ARG002  the same for all
        return _json_of_evidence


class FactValue(TypeDecorator[Value]):
    """The value of a fact as canonical JSON. Raises ValueError for a document that is no value."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Value | None, _dialect: Dialect) -> str | None:
        return quoted(value) if value.__class__ is str else None if value is None else _json_of(value)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Value | None:
        text = value or "null"
        return _short_value(text) if len(text) <= SHORT else _value_in(text)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, kept and returned in UTC. A naive time is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(NAIVE)
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)  # SQLite drops the zone

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        if dialect.name == "sqlite":
            return _sqlite_time
        encode = super().bind_processor(dialect)
        return lru_cache(REMEMBERED)(encode) if encode else None

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        decode = super().result_processor(dialect, coltype)
        return lru_cache(REMEMBERED)(decode) if decode else None


def canonical(document: object) -> str:
    """The one JSON text of a document: sorted keys, no spaces, ASCII."""
    return _ENCODER.encode(document)


def value_of(document: Any) -> Value:
    """A fact's value from its JSON form, which has lists where we have tuples."""
    if isinstance(document, list):
        return tuple(str(item) for item in document)
    if isinstance(document, str | int):
        return document
    raise ValueError(f"a value cannot be {type(document).__name__}")


def _json_of_digests(digests: list[str]) -> str:
    return '["' + '","'.join(digests) + '"]' if digests else "[]"


def _json_of_evidence(rows: Iterable[tuple[Any, ...]]) -> str:
    return "[" + ",".join(map(_json_of_because, rows)) + "]"


def _json_of_because(row: tuple[Any, ...]) -> str:
    subject, key, value, source, evidence, at, reason = row
    known = f'"evidence":{quoted(evidence)},"key":{quoted(key)},"observed_at":{quoted(at) if at else "null"}'
    said = f'"source":{quoted(source)},"subject":{quoted(subject)},"value":{quoted(value)}'
    return f'{{{known},"reason":{quoted(reason)},{said}}}'


@lru_cache(REMEMBERED)  # facts of one scan have one time
def _sqlite_time(value: datetime | None) -> str | None:
    """A time as SQLAlchemy writes it for SQLite, which knows no zone. A naive time is refused."""
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(NAIVE)
    utc = value if value.tzinfo is UTC else value.astimezone(UTC)
    return utc.isoformat(" ", "microseconds")[:26]


@lru_cache(REMEMBERED, typed=True)  # 1 is not true
def _json_of(value: Value) -> str:
    return canonical(value)


def _value_in(text: str) -> Value:
    """`json.loads` would look for spaces, which canonical JSON has none of. Raises ValueError."""
    document, end = _DECODER.raw_decode(text)
    if end != len(text):
        raise ValueError(f"more than one value: {text!r:.40}")
    return value_of(document)


_short_value: Callable[[str], Value] = lru_cache(REMEMBERED)(_value_in)


def storable(value: str | None) -> str | None:
    """Foreign text as it is stored."""
    if value is None or (value.isascii() and "\\" not in value and "\0" not in value):
        return value
    return _UNSTORABLE.sub(_escaped, value)


def unescaped(value: str | None) -> str | None:
    """Foreign text as it was before it was stored."""
    return value if value is None or "\\" not in value else _ESCAPED.sub(_unescaped, value)


def _escaped(match: re.Match[str]) -> str:
    return "\\\\" if match[0] == "\\" else f"\\u{ord(match[0]):04x}"


def _unescaped(match: re.Match[str]) -> str:
    return "\\" if match[1] == "\\" else chr(int(match[1][1:], 16))
