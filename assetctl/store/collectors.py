"""What a centre and its collectors share: a schema of its own in the centre's PostgreSQL, apart from the inventory.

It holds the queue of procrastinate, the enrolled sites and the results. It is made and brought up to date by
`prepare`, not by the migrations of the inventory: a centre without collectors has no need of it, and a collector's
role gets rights here and nowhere else.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import BigInteger, Column, DateTime, LargeBinary, MetaData, Table, Text, select, text
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from assetctl.errors import EnvironmentFault, InputError
from assetctl.store.database import address, connect, shown, transaction
from assetctl.store.faults import raise_fault
from assetctl.store.schema import ADVISORY_LOCK

SCHEMA = "collectors"
WAIT_S = 10.0
_META = MetaData(schema=SCHEMA)
_VERSION = Table("version", _META, Column("migration", Text, primary_key=True))
_SITE = Table(
    "site", _META,
    Column("name", Text, primary_key=True),
    Column("key", Text, nullable=False),
    Column("realms", JSONB, nullable=False),
    Column("enrolled", DateTime(timezone=True), nullable=False),
    Column("by", Text, nullable=False),
    Column("heard", DateTime(timezone=True)),
)  # fmt: skip
_RESULT = Table(
    "result", _META,
    Column("job", BigInteger, primary_key=True, autoincrement=False),
    Column("site", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("bundle", LargeBinary),
    Column("merged", Text),
)  # fmt: skip
_RIGHTS = (
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
    "REVOKE ALL ON {schema}.site, {schema}.result, {schema}.version FROM {role}",
    "GRANT SELECT, UPDATE (heard) ON {schema}.site TO {role}",
    "GRANT SELECT, INSERT ON {schema}.result TO {role}",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
)


@dataclass(frozen=True, slots=True)
class Site:
    """A connected site. key: fingerprint that its bundles are signed with. realms: its name -> ours."""

    name: str
    key: str
    realms: Mapping[str, str]
    enrolled: datetime
    by: str
    heard: datetime | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """How a job ended. merged: None until it was looked at, "" when taken in, else why not."""

    job: int
    site: str
    state: str
    note: str
    at: datetime
    merged: str | None = None


class Centre:
    """The shared schema of one PostgreSQL. Raises the faults of `transaction`."""

    def __init__(self, url: str) -> None:
        self.url = address(url)
        if self.url.get_backend_name() != "postgresql":
            raise InputError("collectors need the centre's store on PostgreSQL; for others: assetctl bundle write")
        self.where = f"database {shown(self.url)}"
        self.engine = connect(self.url, wait_s=WAIT_S)

    def close(self) -> None:
        self.engine.dispose()

    @property
    def dsn(self) -> str:
        """The address as libpq reads it, with its password."""
        return self.url.set(drivername="postgresql").render_as_string(hide_password=False)

    def prepare(self) -> None:
        """Make the schema, or bring it to what the installed procrastinate needs.

        Each migration is done whole or not at all, and the next try goes on after the last one: PostgreSQL does not let
        one transaction make a new state of jobs and use it.
        """
        from procrastinate.schema import SchemaManager, migrations_path

        known = sorted(path.name for path in migrations_path.iterdir() if path.suffix == ".sql")
        with self._preparing() as connection:
            connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
            _META.create_all(connection)
            found = _version(connection)
            if found is not None and found not in known:
                raise EnvironmentFault(f"{self.where}: its queue is of a newer assetctl; install that")
            if found is None:
                _bring(connection, SchemaManager.get_schema(), known[-1])
        for name in known:
            with self._preparing() as connection:
                if name > str(_version(connection)):
                    _bring(connection, (migrations_path / name).read_text("utf-8"), name)

    @contextmanager
    def _preparing(self) -> Iterator[Connection]:
        """A transaction that changes the schema; others who would wait for its end."""
        with transaction(self.engine, self.where, writes=True) as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ADVISORY_LOCK})
            yield connection

    def grant(self, role: str) -> None:
        """Give a role what a collector needs: its queue, its results; nothing of the inventory."""
        with transaction(self.engine, self.where, writes=True) as connection:
            quoted = connection.dialect.identifier_preparer.quote(role)
            for line in _RIGHTS:
                connection.exec_driver_sql(line.format(schema=SCHEMA, role=quoted).replace("%", "%%"))

    def enrol(self, site: Site) -> None:
        """Put a site in, or give it another key and other realms."""
        row = {"key": site.key, "realms": dict(site.realms), "enrolled": site.enrolled, "by": site.by}
        put = insert(_SITE).values(name=site.name, **row).on_conflict_do_update(index_elements=["name"], set_=row)
        with transaction(self.engine, self.where, writes=True) as connection:
            connection.execute(put)

    def sites(self) -> tuple[Site, ...]:
        with self._reading() as connection:
            return tuple(
                Site(row.name, row.key, row.realms, row.enrolled, row.by, row.heard)
                for row in connection.execute(select(_SITE).order_by(_SITE.c.name))
            )

    def site(self, name: str) -> Site:
        """An enrolled site. Raises InputError."""
        found = next((one for one in self.sites() if one.name == name), None)
        if found is None:
            raise InputError(f"{name}: no such site is enrolled; see: assetctl collector list")
        return found

    def moment(self) -> datetime:
        """The time by the server's clock, by which jobs become due."""
        with transaction(self.engine, self.where, writes=False) as connection:
            return cast("datetime", connection.execute(text("SELECT now()")).scalar_one())

    def hear(self, name: str) -> None:
        """Note that the collector of a site is alive, by the server's clock."""
        with transaction(self.engine, self.where, writes=True) as connection:
            connection.execute(_SITE.update().where(_SITE.c.name == name).values(heard=text("now()")))

    def put_result(self, result: Result, bundle: bytes | None) -> None:
        """Keep how a job ended; the first word stays."""
        row = {name: getattr(result, name) for name in ("job", "site", "state", "note", "at")}
        with transaction(self.engine, self.where, writes=True) as connection:
            connection.execute(insert(_RESULT).values(bundle=bundle, **row).on_conflict_do_nothing())

    def results(self) -> tuple[Result, ...]:
        columns = [column for column in _RESULT.columns if column.name != "bundle"]
        with self._reading() as connection:
            return tuple(Result(**row) for row in connection.execute(select(*columns).order_by("job")).mappings())

    def bundle(self, job: int) -> bytes | None:
        """The bundle of a result that was not looked at yet."""
        with self._reading() as connection:
            wanted = select(_RESULT.c.bundle).where(_RESULT.c.job == job)
            return cast("bytes | None", connection.execute(wanted).scalar())

    def mark_merged(self, job: int, objection: str) -> None:
        """Note that a result was taken in, or why not; its bytes go once it is in the inventory."""
        values: dict[str, Any] = {"merged": objection} | ({} if objection else {"bundle": None})
        with transaction(self.engine, self.where, writes=True) as connection:
            connection.execute(_RESULT.update().where(_RESULT.c.job == job).values(**values))

    @contextmanager
    def only_one(self, site: str) -> Iterator[None]:
        """Hold the place of the one collector of a site, for as long as this connection lives."""
        connection = self._place_of(site)
        try:
            yield
        finally:
            connection.invalidate()  # the place is the connection's, which must not live on in the pool
            connection.close()

    def _place_of(self, site: str) -> Connection:
        """A connection that holds the place of a site. Raises EnvironmentFault when another one holds it."""
        number = int.from_bytes(hashlib.sha256(site.encode()).digest()[:7], "big")
        try:
            connection = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            for name, value in (("idle", 30), ("interval", 10), ("count", 3)):  # so that a dead line lets go
                connection.exec_driver_sql(f"SET tcp_keepalives_{name} = {value}")
            if connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": number}).scalar():
                return connection
        except DBAPIError as error:
            raise_fault(error, self.where)
        connection.close()
        raise EnvironmentFault(f"a collector of {site} is running already; one site has one")

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with transaction(self.engine, self.where, writes=False) as connection:
            if not connection.execute(text("SELECT to_regclass(:name)"), {"name": f"{SCHEMA}.result"}).scalar():
                raise InputError(f"{self.where}: no site is enrolled there yet; run: assetctl collector enrol")
            yield connection


def _version(connection: Connection) -> str | None:
    return connection.execute(select(_VERSION.c.migration)).scalar()


def _bring(connection: Connection, script: str, version: str) -> None:
    """Run several statements with percent signs in them as they are, past SQLAlchemy, and note where they lead to."""
    from psycopg import Error

    connection.exec_driver_sql(f"SET LOCAL search_path TO {SCHEMA}")
    driver: Any = connection.connection.driver_connection
    try:
        driver.execute(script)
    except Error as error:
        raise_fault(error, f"its queue, at {version},")
    connection.execute(_VERSION.delete())
    connection.execute(_VERSION.insert().values(migration=version))
