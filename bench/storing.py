"""Our store beside sqlite3 bare: the same rows into the same tables, and all of them read again.

Run as a program it is one round of all sides: `python -m bench.storing ASSETS` prints its figures as JSON, seconds of
CPU each. Bare means rows made beforehand and one executemany for each table. Every device has ten facts of its own and
five services. With "alone" behind the number only our side is taken, from a stream, so that memory holds.
"""

import json
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine, select

from assetctl.model import Asset, Fact, Source, Subject, SubjectKind
from assetctl.store.repo import Store, open_store
from assetctl.store.tables import ASSET, FACT
from bench.memory import peak_kib

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
LATER = datetime(2026, 3, 2, 8, tzinfo=UTC)
REALM = "plant"
SERVICES = (22, 80, 102, 443, 502)
OWN = ("manufacturer", "model", "order_code", "serial_number", "firmware_software_version", "hardware_version")
MORE = ("asset_role_type", "hostname", "operating_system", "snmp_contact")
TABLES = ("asset", "fact")

Rows = dict[str, list[tuple[object, ...]]]
Columns = dict[str, list[tuple[str, int]]]


def assets(count: int) -> Iterator[Asset]:
    return (_asset(number) for number in range(count))


def _asset(number: int) -> Asset:
    name, source = f"a{number:06}", Source("probe", "snmp", f"s:{number}")
    own = Subject(SubjectKind.ASSET, name)

    def fact(subject: Subject, key: str, value: str) -> Fact:
        return Fact(subject, key, value, source, "eth0/any", NOW, NOW, 90)

    facts = [fact(own, key, f"{key} {number % 1000}") for key in (*OWN, *MORE)]
    services = (Subject(SubjectKind.SERVICE, name, f"tcp/{port}") for port in SERVICES)
    facts += [fact(service, "port_state", "open") for service in services]
    return Asset(name, REALM, tuple(facts), NOW, NOW, 90, zone=f"line-{IPv4Address(number).packed[2]}")


def _seen_later(asset: Asset) -> Asset:
    facts = (replace(fact, last_seen=LATER) for fact in asset.facts)
    return replace(asset, facts=tuple(facts), last_seen=LATER)


def took_s(work: Callable[[], object]) -> float:
    began_s = time.process_time()
    work()
    return time.process_time() - began_s


def bare(database: Path, rows: Rows, columns: Columns) -> None:
    """Upsert rows that stand ready. columns: of each table, the names with their places in its key, 0 for none."""
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA synchronous=NORMAL")
        for name in TABLES:
            names, key = [one for one, _ in columns[name]], [one for one, place in columns[name] if place]
            changed = ", ".join(f"{one}=excluded.{one}" for one in names if one not in key)
            connection.executemany(
                f"INSERT INTO {name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))}) "
                f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changed}",
                rows[name],
            )
    connection.close()


def _content(database: Path) -> tuple[Rows, Columns]:
    connection = sqlite3.connect(database)
    rows = {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in TABLES}
    columns = {name: [(row[1], row[5]) for row in connection.execute(f"PRAGMA table_info({name})")] for name in TABLES}
    connection.close()
    return rows, columns


def _core(database: Path) -> int:
    """Every row as SQLAlchemy core gives it, with nothing made of it."""
    engine = create_engine(f"sqlite:///{database}")
    with engine.connect() as connection:
        found = len(connection.execute(select(ASSET)).all()) + len(connection.execute(select(FACT)).all())
    engine.dispose()
    return found


def side_by_side(folder: Path, count: int) -> dict[str, float]:
    made, figures = tuple(assets(count)), {}
    with open_store(f"sqlite:///{folder / 'ours.db'}") as store:
        figures["insert"] = took_s(lambda: store.replace_assets(REALM, made))
        figures["update"] = took_s(lambda: store.replace_assets(REALM, made))
        figures["read"] = took_s(store.assets)
        if store.assets() != made:
            raise SystemExit("bench: the store gives other assets than it was given")
        later = tuple(map(_seen_later, made))
        figures["later"] = took_s(lambda: store.replace_assets(REALM, later))
        if store.assets() != later:
            raise SystemExit("bench: the store does not hold what was seen later")
    rows, columns = _content(folder / "ours.db")
    open_store(f"sqlite:///{folder / 'bare.db'}").close()
    for name in ("bare insert", "bare update"):
        figures[name] = took_s(lambda: bare(folder / "bare.db", rows, columns))
    _core(folder / "bare.db")  # what SQLAlchemy does once is not what is measured
    figures["core read"] = took_s(lambda: _core(folder / "ours.db"))
    return figures


def alone(folder: Path, count: int) -> dict[str, float]:
    with open_store(f"sqlite:///{folder / 'ours.db'}") as store:
        return {"insert": took_s(lambda: _fill(store, count)), "update": took_s(lambda: _fill(store, count))}


def _fill(store: Store, count: int) -> None:
    store.replace_assets(REALM, assets(count))


def main(arguments: Iterable[str]) -> None:
    number, *told = arguments
    with TemporaryDirectory() as folder:
        figures = (alone if told else side_by_side)(Path(folder), int(number))
    print(json.dumps(figures | {"kib": peak_kib()}))


if __name__ == "__main__":
    main(sys.argv[1:])
