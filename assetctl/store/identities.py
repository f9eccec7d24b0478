"""Which id each key was given, and which ids now stand for others. Never derived again: it is how ids stay."""

from collections.abc import Iterable, Mapping
from hashlib import sha256

from sqlalchemy import Connection, select

from assetctl.store.database import Database
from assetctl.store.statements import Rows, put
from assetctl.store.tables import ALIAS, IDENTITY

MOST_HOPS = 32


def put_identities(store: Database, identities: Mapping[str, str]) -> None:
    """Store the id of each key; a key that has one gets the new one."""
    rows: Rows = [
        {"digest": sha256(key.encode("utf-8", "surrogatepass")).hexdigest(), "key": key, "asset": asset}
        for key, asset in sorted(identities.items())
    ]
    with store.writing() as connection:
        put(connection, IDENTITY, rows)


def identities(store: Database, *, realm: str | None = None, assets: Iterable[str] | None = None) -> Mapping[str, str]:
    """The id of every key; of the keys of one realm when named, or of those that have one of these ids."""
    chosen = select(IDENTITY.c.key, IDENTITY.c.asset)
    if realm is not None:
        chosen = chosen.where(IDENTITY.c.key.startswith(f"{realm} ", autoescape=True))
    if assets is not None:
        chosen = chosen.where(IDENTITY.c.asset.in_(tuple(assets)))
    with store.reading() as connection:
        return {key: asset for key, asset in connection.execute(chosen)}


def put_aliases(store: Database, aliases: Mapping[str, str]) -> None:
    """Store for which id each earlier id now stands."""
    with store.writing() as connection:
        insert_aliases(connection, aliases)


def aliases(store: Database) -> Mapping[str, str]:
    """For which id each earlier id now stands."""
    with store.reading() as connection:
        return {alias: asset for alias, asset in connection.execute(select(ALIAS.c.alias, ALIAS.c.asset))}


def insert_aliases(connection: Connection, aliases: Mapping[str, str]) -> None:
    """Store aliases within a transaction."""
    put(connection, ALIAS, [{"alias": alias, "asset": asset} for alias, asset in sorted(aliases.items())])


def current_id(connection: Connection, alias: str) -> str:
    """The id at the end of a chain of aliases, the given one when it is none."""
    for _ in range(MOST_HOPS):
        found: str | None = connection.execute(select(ALIAS.c.asset).where(ALIAS.c.alias == alias)).scalar_one_or_none()
        if found is None:
            break
        alias = found
    return alias
