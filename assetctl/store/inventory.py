"""Assets and their facts read; they are derived from the observations, so a realm is always replaced as a whole."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter

from sqlalchemy import ColumnElement, Connection, func, select, true

from assetctl.garbage import uncollected
from assetctl.model import Asset, Fact
from assetctl.packing import PackedFacts
from assetctl.store.asset_rows import read_asset, read_facts
from assetctl.store.database import Database, decoding
from assetctl.store.identities import current_id
from assetctl.store.tables import ASSET, FACT


def assets(store: Database, realm: str | None = None, *, packed: bool = False) -> tuple[Asset, ...]:
    """All assets, of one realm when named, by id. packed: for whoever goes through all sites, see `PackedFacts`."""
    with store.reading() as connection, uncollected():
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
        found = _read(connection, ASSET.c.id == known, FACT.c.asset == known, store.where)
    return found[0] if found else None


def facts(store: Database, *, key: str | None = None, realm: str | None = None) -> Iterator[Fact]:
    """Facts of all assets, of one key or realm when named, by asset and place; read it before closing."""
    of_key = true() if key is None else FACT.c.key == key
    of_realm = true() if realm is None else FACT.c.realm == realm
    with store.reading() as connection, decoding(store.where):
        yield from read_facts(connection, of_key, of_realm)


def _of_realm(realm: str | None) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Which assets and which facts are meant."""
    return (true(), true()) if realm is None else (ASSET.c.realm == realm, FACT.c.realm == realm)


def _read(
    connection: Connection,
    meant: ColumnElement[bool],
    of_them: ColumnElement[bool],
    where: str,
    *,
    packed: bool = False,
) -> tuple[Asset, ...]:
    """Assets by id. meant: which. of_them: which facts are theirs."""
    with decoding(where):
        found = connection.execute(select(ASSET).where(meant).order_by(ASSET.c.id)).all()
        owned: dict[str, Sequence[Fact]] = {}
        kept = PackedFacts if packed else tuple
        for owner, told in groupby(read_facts(connection, of_them), attrgetter("subject.asset")):
            owned[owner] = kept(told)
        return tuple(read_asset(row, owned.get(row.id, ())) for row in found)
