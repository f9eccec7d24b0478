"""Assets and facts as rows and back; facts a page at a time by whole columns: a large inventory has millions."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from sys import intern
from typing import Any

from sqlalchemy import ColumnElement, Connection, Dialect, Row, select, type_coerce
from sqlalchemy.types import NULLTYPE

from assetctl.model import Asset, Fact, Join, Source, Subject, SubjectKind, Value
from assetctl.store.columns import unescaped
from assetctl.store.tables import FACT

PAGE = 2000
REPEATED = 1 << 12  # subjects and sources of one asset follow each other
KINDS = {kind.value: kind for kind in SubjectKind}
_READ = [
    type_coerce(column, NULLTYPE).label(column.name)
    for column in FACT.columns
    if column.name not in ("ordinal", "realm")
]
"""As the driver gives them: SQLAlchemy would call a function for each value of each row."""

_Decode = Callable[[Any], Any]


def asset_row(one: Asset) -> Sequence[Any]:
    """An asset in the order of the table's columns."""
    joins = [[join.key, join.value, join.observations] for join in one.joins]
    seen = one.first_seen, one.last_seen, one.confidence, one.aliases
    return one.id, one.realm, *seen, one.site, one.position, one.parent, one.zone, joins, one.observations


def read_asset(row: Row[Any], facts: Sequence[Fact]) -> Asset:
    """An asset with its facts. Raises what a row that makes no sense raises, see `decoding`."""
    fields = dict(row._mapping)
    fields["id"] = intern(row.id)
    fields["aliases"] = tuple(row.aliases)
    fields["joins"] = tuple(Join(key, value, tuple(held)) for key, value, held in row.joins)
    fields["observations"] = tuple(row.observations)
    return Asset(facts=facts, **fields)


def fact_row(realm: str, ordinal: int, fact: Fact) -> Sequence[Any]:
    """A fact in the order of the table's columns. ordinal: its place in the asset's facts."""
    subject, source = fact.subject, fact.source
    what = (subject.asset, ordinal, realm, subject.kind.value, subject.local_key, fact.key, fact.value)
    said = (source.kind, source.name, source.evidence, fact.vantage, fact.first_seen, fact.last_seen, fact.confidence)
    return what + said


def read_facts(connection: Connection, *where: ColumnElement[bool]) -> Iterator[Fact]:
    """Facts by asset and place. Raises what a row that makes no sense raises, see `decoding`."""
    chosen = select(*_READ).where(*where).order_by(FACT.c.asset, FACT.c.ordinal)
    rows = connection.execute(chosen, execution_options={"yield_per": PAGE})
    value_in, moment_in = _decoders(connection.dialect)
    for page in rows.partitions():
        assets, kinds, parts, keys, values, *sources, vantages, first, last, confidence = zip(*page, strict=True)
        yield from map(
            Fact,
            map(_subject, kinds, assets, parts),
            map(intern, keys),
            map(value_in, values),
            map(_source, *sources),
            map(_vantage, vantages),
            map(moment_in, first),
            map(moment_in, last),
            confidence,
        )


@lru_cache(2)
def _decoders(dialect: Dialect) -> tuple[Callable[[Any], Value], Callable[[Any], datetime]]:
    """What makes values and times of what the driver gives."""
    value, moment = (_decoder(dialect, name) for name in ("value", "last_seen"))
    return value, moment


def _decoder(dialect: Dialect, name: str) -> _Decode:
    decode = FACT.columns[name].type.dialect_impl(dialect).result_processor(dialect, None)
    assert decode is not None, "both types have their own"
    return decode


@lru_cache(REPEATED)
def _subject(kind: str, asset: str, local_key: str) -> Subject:
    return Subject(KINDS[kind], intern(asset), intern(_text(local_key)))


@lru_cache(REPEATED)
def _source(kind: str, name: str, evidence: str) -> Source:
    return Source(intern(kind), intern(_text(name)), evidence)


@lru_cache(REPEATED)
def _vantage(text: str) -> str:
    return intern(_text(text))


def _text(stored: str) -> str:
    return str(unescaped(stored))
