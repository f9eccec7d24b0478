"""Assets and their facts: derived from the observations, so a realm is always replaced as a whole."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from sys import intern
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, select

from assetctl.model import Asset, Fact, Join, Source, Subject, SubjectKind
from assetctl.packing import PackedFacts
from assetctl.store.database import Database, decoding
from assetctl.store.identities import current_id, insert_aliases
from assetctl.store.statements import in_chunks, insert_all
from assetctl.store.tables import ALIAS, ASSET, FACT

PAGE = 2000
REPEATED = 1 << 12  # subjects and sources of one asset follow each other
KINDS = {kind.value: kind for kind in SubjectKind}


def replace_assets(store: Database, realm: str, assets: Iterable[Asset]) -> tuple[Asset, ...]:
    """Make these the assets of the realm, in one transaction; their aliases stay known for ever.

    Yields the assets that were there before. The rows of one that is stored just so already are not touched. The
    iterable must not itself write to this store. Raises ValueError for an asset of another realm, or with a fact about
    another asset.
    """
    with store.writing() as connection:
        before = _read(connection, *_of_realm(realm), store.where)
        left = {one.id: one for one in before}
        aliases: dict[str, str] = {}
        for chunk in in_chunks(assets):
            _require_own(realm, chunk)
            fresh = [one for one in chunk if left.get(one.id) != one]
            _delete(connection, [one.id for one in fresh if one.id in left])
            _insert(connection, realm, fresh)
            for one in chunk:
                left.pop(one.id, None)
                aliases |= {alias: min(one.id, aliases.get(alias, one.id)) for alias in one.aliases}
        _delete(connection, left)
        insert_aliases(connection, aliases)
        own_ids = select(ASSET.c.id).where(ASSET.c.realm == realm)
        connection.execute(delete(ALIAS).where(ALIAS.c.alias.in_(own_ids)))  # else two could stand for each other
    return before


def assets(store: Database, realm: str | None = None, *, packed: bool = False) -> tuple[Asset, ...]:
    """All assets, of one realm when named, by id. packed: for whoever goes through all sites, see `PackedFacts`."""
    with store.reading() as connection:
        return _read(connection, *_of_realm(realm), store.where, packed=packed)


def count_assets(store: Database, realm: str | None = None) -> int:
    """How many assets there are, in one realm when named."""
    counted = select(func.count()).select_from(ASSET)
    if realm is not None:
        counted = counted.where(ASSET.c.realm == realm)
    with store.reading() as connection:
        return int(connection.execute(counted).scalar_one())


def asset(store: Database, id_or_alias: str) -> Asset | None:
    """The asset with this id, or the one for which this id stands now; None when there is none."""
    with store.reading() as connection:
        there = connection.execute(select(ASSET.c.id).where(ASSET.c.id == id_or_alias)).scalar_one_or_none()
        known = there or current_id(connection, id_or_alias)
        rows = select(ASSET).where(ASSET.c.id == known)
        facts = select(FACT).where(FACT.c.asset == known).order_by(FACT.c.ordinal)
        found = _read(connection, rows, facts, store.where)
    return found[0] if found else None


def facts(store: Database, *, key: str | None = None, realm: str | None = None) -> Iterator[Fact]:
    """Facts of all assets, of one key or realm when named, by asset and place; read it before closing."""
    chosen = select(FACT).order_by(FACT.c.asset, FACT.c.ordinal)
    if key is not None:
        chosen = chosen.where(FACT.c.key == key)
    if realm is not None:
        chosen = chosen.where(FACT.c.realm == realm)
    with store.reading() as connection, decoding(store.where):
        yield from map(_fact, connection.execution_options(yield_per=PAGE).execute(chosen))


def _of_realm(realm: str | None) -> tuple[Select[Any], Select[Any]]:
    rows, facts = select(ASSET).order_by(ASSET.c.id), select(FACT).order_by(FACT.c.asset, FACT.c.ordinal)
    if realm is not None:
        rows, facts = rows.where(ASSET.c.realm == realm), facts.where(FACT.c.realm == realm)
    return rows, facts


def _require_own(realm: str, chunk: list[Asset]) -> None:
    strangers = [one.id for one in chunk if one.realm != realm or any(f.subject.asset != one.id for f in one.facts)]
    if strangers:
        raise ValueError(f"asset {strangers[0]} is not of realm {realm}, or holds a fact about another asset")


def _insert(connection: Connection, realm: str, chunk: list[Asset]) -> None:
    if chunk:
        connection.execute(ASSET.insert(), [_row(one) for one in chunk])
    insert_all(connection, FACT, (_fact_row(realm, at, fact) for one in chunk for at, fact in enumerate(one.facts)))


def _delete(connection: Connection, ids: Iterable[str]) -> None:
    for chunk in in_chunks(ids):
        connection.execute(delete(FACT).where(FACT.c.asset.in_(chunk)))
        connection.execute(delete(ASSET).where(ASSET.c.id.in_(chunk)))


def _read(
    connection: Connection, rows: Select[Any], facts: Select[Any], where: str, *, packed: bool = False
) -> tuple[Asset, ...]:
    with decoding(where):
        found = connection.execute(rows).all()
        known = connection.execute(facts, execution_options={"yield_per": PAGE})
        owned: dict[str, Sequence[Fact]] = {}
        for owner, group in groupby(known, lambda row: row.asset):
            told = map(_fact, group)
            owned[owner] = PackedFacts(told) if packed else tuple(told)
        return tuple(_asset(row, owned.get(row.id, ())) for row in found)


def _row(one: Asset) -> dict[str, Any]:
    return {
        "id": one.id,
        "realm": one.realm,
        "first_seen": one.first_seen,
        "last_seen": one.last_seen,
        "confidence": one.confidence,
        "aliases": one.aliases,
        "site": one.site,
        "position": one.position,
        "parent": one.parent,
        "zone": one.zone,
        "joins": [[join.key, join.value, join.observations] for join in one.joins],
        "observations": one.observations,
    }


def _fact_row(realm: str, ordinal: int, fact: Fact) -> Sequence[Any]:
    subject, source = fact.subject, fact.source
    what = (subject.asset, ordinal, realm, subject.kind.value, subject.local_key, fact.key, fact.value)
    said = (source.kind, source.name, source.evidence, fact.vantage, fact.first_seen, fact.last_seen, fact.confidence)
    return what + said


def _asset(row: Row[Any], facts: Sequence[Fact]) -> Asset:
    fields = dict(row._mapping)
    fields["id"] = intern(row.id)
    fields["aliases"] = tuple(row.aliases)
    fields["joins"] = tuple(Join(key, value, tuple(held)) for key, value, held in row.joins)
    fields["observations"] = tuple(row.observations)
    return Asset(facts=facts, **fields)


def _fact(row: Sequence[Any]) -> Fact:
    # by place, and what repeats itself as one object, since a large inventory has millions of facts
    asset, _, _, kind, local_key, key, value, source_kind, source_name, evidence, vantage, first, last, confidence = row
    subject, source = _subject(kind, asset, local_key), _source(source_kind, source_name, evidence)
    return Fact(subject, intern(key), value, source, intern(vantage), first, last, confidence)


@lru_cache(REPEATED)
def _subject(kind: str, asset: str, local_key: str) -> Subject:
    return Subject(KINDS[kind], intern(asset), intern(local_key))


@lru_cache(REPEATED)
def _source(kind: str, name: str, evidence: str) -> Source:
    return Source(intern(kind), intern(name), evidence)
