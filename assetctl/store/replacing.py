"""The assets of a realm put in place of those that are stored, of which only what is different is written.

Rows are compared as the driver takes and gives them, since making facts of them again would cost more than storing all
of them. Of a device that is seen again most rows stay at their place with another time in them, and what one answer
told has one time and one evidence: all rows of such an answer are one statement.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table, delete, select, type_coerce
from sqlalchemy.types import NULLTYPE

from assetctl.garbage import uncollected
from assetctl.model import Asset
from assetctl.store.asset_rows import asset_row, fact_row
from assetctl.store.database import Database
from assetctl.store.identities import insert_aliases
from assetctl.store.records import Replaced
from assetctl.store.statements import encoded, hold, in_chunks, insert_encoded, update_encoded, update_where
from assetctl.store.tables import ALIAS, ASSET, FACT

Row = tuple[Any, ...]

_of_asset = itemgetter(0)
_key = itemgetter(FACT.columns.keys().index("key"))
_told = itemgetter(*(FACT.columns.keys().index(name) for name in ("local_key", "key", "value")))
SEEN = ("evidence", "last_seen")
"""What of a fact is new when a device is seen again and says the same."""
_seen = itemgetter(*(FACT.columns.keys().index(name) for name in SEEN))
_lasting = itemgetter(*(at for at, name in enumerate(FACT.columns.keys()) if name not in SEEN))


@dataclass(frozen=True, slots=True)
class _Held:
    """An asset as it is stored."""

    row: Row
    facts: list[Row]


@dataclass(frozen=True, slots=True)
class _Changes:
    """What a chunk of assets changes. emptied: ids of those whose facts are written anew. retold: see `Replaced`.

    again: when and by which evidence something was seen, new and before, with the asset between them; see `_again`.
    """

    assets: dict[bool, list[Row]] = field(default_factory=lambda: defaultdict(list))  # by whether it is there
    emptied: list[str] = field(default_factory=list)
    facts: list[Row] = field(default_factory=list)
    moved: list[Row] = field(default_factory=list)
    again: list[Row] = field(default_factory=list)
    retold: list[str] = field(default_factory=list)

    def note(self, row: Row, told: list[Row], held: _Held | None) -> None:
        """Note what is different of one asset. held: None for a new one."""
        if held is None or row != held.row:
            self.assets[held is not None].append(row)
        if held is None:
            self.facts.extend(told)
        elif told != held.facts:
            self._note_facts(row[0], told, held.facts)

    def _note_facts(self, id: str, told: list[Row], held: list[Row]) -> None:
        says_the_same = list(map(_lasting, told)) == list(map(_lasting, held))
        if says_the_same or list(map(_key, told)) == list(map(_key, held)):
            again = _again(told, held, says_the_same=says_the_same)
            self.again.extend((*now, id, *before) for before, now in again.items())
            self.moved.extend(
                row for row, was in zip(told, held, strict=True) if row != was and _seen(was) not in again
            )
        else:
            self.emptied.append(id)
            self.facts.extend(told)
        if not says_the_same and set(map(_told, told)) != set(map(_told, held)):
            self.retold.append(id)


def _again(told: list[Row], held: list[Row], *, says_the_same: bool) -> dict[Row, Row]:
    """As when and by which evidence rows stand -> as when they are to stand, where that is all that is new of them.

    Only what all rows that stand so have in common. Where one becomes what another one was, a statement for all of them
    would take along what an earlier one has just changed.
    """
    steps = dict.fromkeys(zip(map(_seen, held), map(_seen, told), strict=True))
    told_of = Counter(before for before, _ in steps)
    pairs = () if says_the_same else zip(told, held, strict=True)
    mixed = {_seen(was) for row, was in pairs if _lasting(row) != _lasting(was)}
    alike = {old: new for old, new in steps if new != old and told_of[old] == 1 and old not in mixed}
    chained = alike.keys() & set(alike.values())
    return {old: new for old, new in alike.items() if old not in chained and new not in chained}


def replace_assets(store: Database, realm: str, assets: Iterable[Asset]) -> Replaced:
    """Make these the assets of the realm, in one transaction; their aliases stay known for ever.

    The rows of what is stored just so already are not touched. The iterable must not itself write to this store.
    Raises ValueError for an asset of another realm, or with a fact about another asset.
    """
    with store.writing() as connection, uncollected():
        hold(connection, f"assets of {realm}")  # what is compared must stay until it is written
        held = _held(connection, realm)
        before, retold = frozenset(held), list[str]()
        aliases: dict[str, str] = {}
        for chunk in in_chunks(assets):
            _require_own(realm, chunk)
            retold += _put(connection, realm, chunk, held)
            for one in chunk:
                aliases |= {alias: min(one.id, aliases.get(alias, one.id)) for alias in one.aliases}
        _empty(connection, held)
        for ids in in_chunks(held):
            connection.execute(delete(ASSET).where(ASSET.c.id.in_(ids)))
        insert_aliases(connection, aliases)
        own_ids = select(ASSET.c.id).where(ASSET.c.realm == realm)
        connection.execute(delete(ALIAS).where(ALIAS.c.alias.in_(own_ids)))  # else two could stand for each other
    return Replaced(before, frozenset(retold))


def _put(connection: Connection, realm: str, chunk: list[Asset], held: dict[str, _Held]) -> list[str]:
    """Store some assets, and take those out of what is held. Yields the ids of those with other values."""
    rows = encoded(connection, ASSET, map(asset_row, chunk))
    facts = iter(
        encoded(connection, FACT, (fact_row(realm, at, fact) for one in chunk for at, fact in enumerate(one.facts)))
    )
    changes = _Changes()
    for one, row in zip(chunk, rows, strict=True):
        changes.note(row, [next(facts) for _ in one.facts], held.pop(one.id, None))
    _empty(connection, changes.emptied)
    insert_encoded(connection, ASSET, changes.assets[False])
    update_encoded(connection, ASSET, changes.assets[True])
    insert_encoded(connection, FACT, changes.facts)
    update_where(connection, FACT, changes.again, changed=SEEN, held=("asset", *SEEN))
    update_encoded(connection, FACT, changes.moved)  # last: these rows stand as they are written
    return changes.retold


def _held(connection: Connection, realm: str) -> dict[str, _Held]:
    facts = {id: list(rows) for id, rows in groupby(_rows(connection, FACT, realm), _of_asset)}
    return {row[0]: _Held(row, facts.get(row[0], [])) for row in _rows(connection, ASSET, realm)}


def _rows(connection: Connection, table: Table, realm: str) -> list[Row]:
    """The rows of a realm in the order of their primary key, as the driver gives them."""
    columns = [type_coerce(column, NULLTYPE).label(column.name) for column in table.columns]
    found = connection.execute(select(*columns).where(table.c.realm == realm))
    assert found.cursor is not None, "a select has one"
    by_key = itemgetter(*(table.columns.keys().index(column.name) for column in table.primary_key))
    return sorted(found.cursor.fetchall(), key=by_key)  # they are nearly so already; the database would sort them whole


def _empty(connection: Connection, ids: Iterable[str]) -> None:
    for chunk in in_chunks(ids):
        connection.execute(delete(FACT).where(FACT.c.asset.in_(chunk)))


def _require_own(realm: str, chunk: list[Asset]) -> None:
    strangers = [one.id for one in chunk if one.realm != realm or any(f.subject.asset != one.id for f in one.facts)]
    if strangers:
        raise ValueError(f"asset {strangers[0]} is not of realm {realm}, or holds a fact about another asset")
