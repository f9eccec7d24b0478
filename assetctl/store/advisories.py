"""Advisories with their products, the catalogue of exploited vulnerabilities and life cycles, each with its file."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from assetctl.advisory.records import (
    Advisory,
    Catalogue,
    Exploited,
    Feed,
    FeedKind,
    LifeCycle,
    Naming,
    Product,
    Status,
    Vulnerability,
)
from assetctl.store.database import Database, decoding
from assetctl.store.statements import in_chunks, put
from assetctl.store.tables import ADVISORY, ADVISORY_PRODUCT, EXPLOITED, FEED, LIFE_CYCLE

_HEAD = ("id", "sha256", "title", "publisher", "revision", "state", "issued", "current")


def put_advisory(store: Database, feed: Feed, advisory: Advisory) -> bool:
    """Store an advisory, or replace an older one of its id. False, and nothing changed, when a newer one is there."""
    with store.writing() as connection:
        chosen = select(ADVISORY.c.sha256, ADVISORY.c.current).where(ADVISORY.c.id == advisory.id)
        held = connection.execute(chosen).one_or_none()
        if held is not None and held.current > advisory.current:
            return False
        connection.execute(delete(ADVISORY).where(ADVISORY.c.id == advisory.id))
        if held is not None and held.sha256 != feed.sha256:
            _forget(connection, held.sha256)
        put(connection, FEED, [asdict(feed)])
        flaws = [_flaw_row(flaw) for flaw in advisory.vulnerabilities]
        head = {name: getattr(advisory, name) for name in _HEAD}
        put(connection, ADVISORY, [head | {"vulnerabilities": flaws}])
        for chunk in in_chunks(enumerate(advisory.products)):
            put(connection, ADVISORY_PRODUCT, [_product_row(advisory.id, at, one) for at, one in chunk])
    return True


def put_catalogue(store: Database, feed: Feed, found: Catalogue) -> bool:
    """Make this the catalogue. False, and nothing changed, when a newer one is there."""
    with store.writing() as connection:
        chosen = select(FEED).where(FEED.c.kind == FeedKind.KEV, FEED.c.sha256 != feed.sha256)
        older = connection.execute(chosen).all()
        if any(row.as_of > feed.as_of for row in older):
            return False
        connection.execute(delete(EXPLOITED))
        connection.execute(delete(FEED).where(FEED.c.sha256.in_([row.sha256 for row in older])))
        put(connection, FEED, [asdict(feed)])
        for chunk in in_chunks(found.entries):
            put(connection, EXPLOITED, [_exploited_row(feed.sha256, one) for one in chunk])
    return True


def put_life_cycles(store: Database, feed: Feed, rows: Iterable[LifeCycle]) -> None:
    """Make these the rows of a list; those of an earlier state of the same file go."""
    with store.writing() as connection:
        same = (FEED.c.kind == FeedKind.LIFE_CYCLE, FEED.c.file == feed.file)
        connection.execute(delete(FEED).where(*same))
        put(connection, FEED, [asdict(feed)])
        for chunk in in_chunks(enumerate(rows)):
            put(connection, LIFE_CYCLE, [_life_cycle_row(feed.sha256, at, one) for at, one in chunk])


def feeds(store: Database) -> tuple[Feed, ...]:
    """The files that were loaded, by kind and name."""
    chosen = select(FEED).order_by(FEED.c.kind, FEED.c.file, FEED.c.sha256)
    with store.reading() as connection, decoding(store.where):
        return tuple(Feed(**{**row._mapping, "kind": FeedKind(row.kind)}) for row in connection.execute(chosen))


def advisories(store: Database) -> tuple[Advisory, ...]:
    """All advisories by id."""
    products: dict[str, list[Product]] = {}
    namings: dict[Naming, Naming] = {}
    chosen = select(ADVISORY_PRODUCT).order_by(ADVISORY_PRODUCT.c.advisory, ADVISORY_PRODUCT.c.ordinal)
    with store.reading() as connection, decoding(store.where):
        for row in connection.execute(chosen):
            products.setdefault(row.advisory, []).append(_product(row, namings))
        rows = connection.execute(select(ADVISORY).order_by(ADVISORY.c.id))
        return tuple(_advisory(row, tuple(products.get(row.id, ()))) for row in rows)


def catalogue(store: Database) -> Catalogue | None:
    """The catalogue of exploited vulnerabilities, None when none was loaded."""
    with store.reading() as connection, decoding(store.where):
        feed = connection.execute(select(FEED).where(FEED.c.kind == FeedKind.KEV)).one_or_none()
        if feed is None:
            return None
        rows = connection.execute(select(EXPLOITED).order_by(EXPLOITED.c.cve))
        return Catalogue("", feed.as_of, tuple(map(_exploited, rows)), feed.sha256)


def life_cycles(store: Database) -> tuple[LifeCycle, ...]:
    """The rows of all lists, by list and place in it."""
    chosen = select(LIFE_CYCLE).order_by(LIFE_CYCLE.c.sha256, LIFE_CYCLE.c.ordinal)
    with store.reading() as connection, decoding(store.where):
        return tuple(map(_life_cycle, connection.execute(chosen)))


def _forget(connection: Connection, sha256: str) -> None:
    """Drop a file that no advisory is of any more."""
    held = connection.execute(select(ADVISORY.c.id).where(ADVISORY.c.sha256 == sha256)).first()
    if held is None:
        connection.execute(delete(FEED).where(FEED.c.sha256 == sha256))


def _flaw_row(flaw: Vulnerability) -> dict[str, Any]:
    return {
        "cve": flaw.cve,
        "title": flaw.title,
        "status": {str(status): list(ids) for status, ids in flaw.status.items()},
        "fixes": sorted(flaw.fixes),
        "unfixed": sorted(flaw.unfixed),
        "score": flaw.score,
        "vector": flaw.vector,
        "weakness": flaw.weakness,
    }


def _product_row(advisory: str, at: int, product: Product) -> dict[str, Any]:
    naming = {name: value for name, value in asdict(product.naming).items() if value and name != "maker"}
    return {
        "advisory": advisory,
        "ordinal": at,
        "id": product.id,
        "name": product.name,
        "maker": product.naming.maker,
        "naming": naming,
        "versions": product.versions,
        "hardware": product.hardware,
        "is_whole": product.is_whole,
    }


def _exploited_row(sha256: str, entry: Exploited) -> dict[str, Any]:
    days = {"added": entry.added.isoformat(), "due": entry.due.isoformat() if entry.due else ""}
    return {**asdict(entry), **days, "sha256": sha256}


def _life_cycle_row(sha256: str, at: int, row: LifeCycle) -> dict[str, Any]:
    sale, support = (day.isoformat() if day else "" for day in (row.end_of_sale, row.end_of_support))
    return {**asdict(row), "end_of_sale": sale, "end_of_support": support, "sha256": sha256, "ordinal": at}


def _advisory(row: Row[Any], products: tuple[Product, ...]) -> Advisory:
    head = {name: row._mapping[name] for name in _HEAD}
    return Advisory(**head, products=products, vulnerabilities=tuple(map(_flaw, row.vulnerabilities)))


def _flaw(row: dict[str, Any]) -> Vulnerability:
    return Vulnerability(
        cve=row["cve"],
        title=row["title"],
        status={Status(status): tuple(ids) for status, ids in row["status"].items()},
        fixes=frozenset(row["fixes"]),
        unfixed=frozenset(row["unfixed"]),
        score=row["score"],
        vector=row["vector"],
        weakness=row.get("weakness", ""),  # advisories that were loaded before it was read
    )


def _product(row: Row[Any], namings: dict[Naming, Naming]) -> Product:
    """Equal namings are one value, since most products of a maker share theirs with others."""
    lists = {name: tuple(value) for name, value in row.naming.items() if isinstance(value, list)}
    naming = Naming(**{"maker": row.maker, "names": (), "condition": row.naming.get("condition", ""), **lists})
    return Product(row.id, row.name, namings.setdefault(naming, naming), row.versions, row.hardware, row.is_whole)


def _exploited(row: Row[Any]) -> Exploited:
    due = date.fromisoformat(row.due) if row.due else None
    added = date.fromisoformat(row.added)
    return Exploited(row.cve, row.maker, row.product, added, due, row.action, row.ransomware)


def _life_cycle(row: Row[Any]) -> LifeCycle:
    sale, support = (date.fromisoformat(text) if text else None for text in (row.end_of_sale, row.end_of_support))
    return LifeCycle(row.maker, row.product, sale, support, row.source, row.place)
