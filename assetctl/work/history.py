"""What was said of an asset and when: values over all scans, its keys, why records were joined, what was declared."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from assetctl.baseline import as_text
from assetctl.facts import vocabulary
from assetctl.model import Asset, Position
from assetctl.settle import DECLARED, current
from assetctl.store.repo import Store
from assetctl.work.stays import Stay, stays, tenants

Row = dict[str, Any]
COLUMNS = ("what", "field", "value", "from", "to", "source")


def history(store: Store, asset: Asset, positions: Iterable[Position], *, volatile: bool = False) -> list[Row]:
    """Rows of one kind after another, each in order of field and time. volatile: also what changes by itself."""
    declared = tuple(positions)
    held = [one for one in declared if one.id == asset.position and one.realm == asset.realm]
    places = [*map(_position, held), *_places(store, asset, declared, held)]
    return [*_values(asset, volatile), *places, *_keys(store, asset), *_joins(store, asset)]


def changed(rows: Iterable[Row]) -> list[Row]:
    """The rows of values of which the same source once said something else."""
    every = list(rows)
    said: dict[tuple[str, str], set[str]] = {}
    for row in every:
        said.setdefault((row["field"], row["source"]), set()).add(row["value"])
    return [row for row in every if row["what"] == "value" and len(said[row["field"], row["source"]]) > 1]


def _values(asset: Asset, volatile: bool) -> Iterator[Row]:
    now = {id(fact) for fact in current(asset.facts)}
    for fact in sorted(asset.facts, key=lambda one: (one.key, one.subject.local_key, one.first_seen, one.last_seen)):
        known = vocabulary().get(fact.key)
        if not volatile and known is not None and known.volatile:
            continue
        field = f"{fact.subject.local_key}: {fact.key}" if fact.subject.local_key else fact.key
        row = _row("declared" if fact.source.kind == DECLARED else "value", field, as_text(fact.value))
        span = {"from": _time(fact.first_seen), "to": _time(fact.last_seen), "is_current": id(fact) in now}
        source = f"{fact.source.kind} {fact.source.name}"
        yield row | span | {"source": source, "vantage": fact.vantage, "evidence": fact.source.evidence}


def _position(one: Position) -> Row:
    row = _row("position", "position", one.id) | {"from": _time(one.declared_at), "source": one.source}
    if one.retired is None:
        return row
    return row | {"to": one.retired.on.isoformat(), "is_current": False, "note": _retired(one)}


def _retired(one: Position) -> str:
    return f"retired by {one.retired.by}: {one.retired.reason}" if one.retired else ""


def _places(store: Store, asset: Asset, declared: Sequence[Position], held: Sequence[Position]) -> Iterator[Row]:
    """The positions at which the device stood before, and the devices that stood at its position before."""
    for stay in stays(asset, declared):
        if stay.position.id != asset.position:
            yield _stay("earlier position", stay.position.id, stay) | {"note": _retired(stay.position)}
    for one in held:
        for stay in tenants(one, store.assets(asset.realm)):
            if stay.asset != asset.id:
                yield _stay("earlier device", stay.asset, stay)


def _stay(field: str, value: str, stay: Stay) -> Row:
    span = {"from": _time(stay.first_seen), "to": _time(stay.last_seen), "is_current": False}
    return _row("position", field, value) | span | {"source": stay.tie}


def _keys(store: Store, asset: Asset) -> Iterator[Row]:
    """The keys by which the asset has its id, and the ids that it had before."""
    for name in sorted(asset.aliases):
        yield _row("id", "alias", name) | {"is_current": False}
    for key in sorted(_own_keys(store, asset)):
        yield _row("id", "key", key)


def _own_keys(store: Store, asset: Asset) -> set[str]:
    return set(store.identities(assets=(asset.id, *asset.aliases)))


def _joins(store: Store, asset: Asset) -> Iterator[Row]:
    """Why records were taken for this asset, with the scans that hold them, and what people decided."""
    for join in sorted(asset.joins, key=lambda one: (one.key, one.value)):
        scans = sorted({name.partition("/")[0] for name in join.observations})
        yield _row("join", join.key, join.value) | {"source": ", ".join(scans)}
    mine = _own_keys(store, asset)
    for one in sorted(store.decisions(asset.realm), key=lambda one: (one.at, one.id)):
        if {one.left, one.right} & mine:
            span = {"from": _time(one.at), "to": _time(one.revoked_at) if one.revoked_at else ""}
            told = {"source": one.by, "note": one.reason, "is_current": one.revoked_at is None}
            yield _row("decision", one.kind, f"{one.left} {one.right}") | span | told


def _row(what: str, field: str, value: str) -> Row:
    empty = {"from": "", "to": "", "source": "", "vantage": "", "evidence": "", "note": ""}
    return {"what": what, "field": field, "value": value, "is_current": True} | empty


def _time(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
