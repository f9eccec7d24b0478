"""A day of a site's schedule while its clock is stepped and summer time ends; and a centre that is lost in between."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from procrastinate.schema import migrations_path

from assetctl.errors import EnvironmentFault, Exit
from assetctl.model import ScanState
from assetctl.safety.ledger import read
from assetctl.store.collectors import Centre
from assetctl.work.collecting import _do, run
from assetctl.work.collecting_centre import Times
from assetctl.work.collecting_queue import Later, Work, listed, request
from tests.live.collector_here import Connected, Moved, at, connected
from tests.live.postgres_server import Server, database, server

__all__ = ["database", "server"]

pytestmark = pytest.mark.live
BERLIN = ZoneInfo("Europe/Berlin")
OPEN = ((time(22), time(2, 30)), (time(12), time(12, 20)))
NTP = {  # true time -> by how much the clock of the site is wrong from then on
    "2026-10-24 17:00": timedelta(seconds=-25),
    "2026-10-24 21:00": timedelta(hours=1),
    "2026-10-25 00:10": timedelta(minutes=-70),
    "2026-10-25 02:00": timedelta(seconds=3),
    "2026-10-25 11:05": timedelta(minutes=-12),
    "2026-10-25 11:30": timedelta(),
}


@dataclass
class Queue:
    """Jobs by the server's clock, which is never wrong; one at a time, as the lock of a realm has it."""

    site: Connected
    due: dict[int, tuple[datetime, dict[str, str]]]
    delays: Counter[int] = field(default_factory=Counter)

    def go_on(self, until: datetime) -> None:
        """Do everything that is due before a time."""
        clock = self.site.clock
        while ready := [number for number, (when, _) in self.due.items() if when < until]:
            number = min(ready, key=lambda one: (self.due[one][0], one))
            when, carried = self.due.pop(number)
            clock.true = max(clock.true, when)
            clock.off = next((off for since, off in reversed(NTP.items()) if at(since) <= clock.true), timedelta())
            work = Work(number, carried)
            _do(self.site.collector, work)
            fault = work.done.exception()
            if fault is not None:
                assert isinstance(fault, Later), fault
                self.delays[number] += 1
                assert self.delays[number] < 20, self.site.said
                self.due[number] = clock.true + max(fault.after, timedelta(seconds=1)), carried


def moments(site: Connected, scan: str) -> list[datetime]:
    """When anything left in a run, by the clock of the site."""
    lines = read(site.collector.place.ledgers / f"{scan}.jsonl")
    return [datetime.fromisoformat(one.entry["at"]) for one in lines if one.entry["do"] == "permit"]


def test_a_day_of_jobs_keeps_to_windows_and_approval_whatever_the_clock_does_and_forgets_none(
    server: Server, database: str, tmp_path: Path
) -> None:
    begins, ends = at("2026-10-24 16:00"), at("2026-10-25 16:00")
    approved = at("2026-10-25 11:15")
    rows = "".join(f'[[windows]]\nstart = "{a:%H:%M}"\nend = "{b:%H:%M}"\n' for a, b in OPEN)
    clock = Moved(begins, tick=timedelta(seconds=2))
    with connected(tmp_path, server.url(database), clock, until=approved, more=rows, zone="Europe/Berlin") as site:
        wanted = Times(begins, timedelta(hours=3), 8, timedelta(hours=12)).each()
        due = {
            number: (when or begins, site.job(when or begins, timedelta(hours=12)))
            for number, when in enumerate(wanted)
        }
        queue = Queue(site, due)
        queue.go_on(ends)
        results = {one.job: one for one in site.centre.results()}
        scans = site.collector.store.scans("plant")
        assert not queue.due
        assert results.keys() == set(range(8))  # every job has its word, and one only
        told = {number: (one.state, one.note) for number, one in results.items()}
        done = [number for number, one in results.items() if one.state == "done"]
        assert len(done) >= 4, told
        assert all("approval" in one.note for one in results.values() if one.state == "refused"), told
        assert results[7].state == "refused", told
        asked = [moment for scan in scans for moment in moments(site, scan.id)]
        for moment in asked:
            shown = moment.astimezone(BERLIN).time()
            assert any(a <= shown < b or (b < a and not b <= shown < a) for a, b in OPEN), moment
        assert max(asked) <= approved
        assert site.plc.questions == len(done)  # the device has one thing to say
        assert {scan.state for scan in scans} <= {ScanState.DONE, ScanState.PARTIAL}
        assert max(queue.delays.values()) <= 2, queue.delays


@pytest.fixture
def site(server: Server, database: str, tmp_path: Path) -> Iterator[Connected]:
    clock = Moved(datetime.now(UTC))
    with connected(tmp_path, server.url(database), clock, until=clock.true + timedelta(days=9)) as one:
        yield one


def ask(site: Connected, begins: datetime, lasts: timedelta = timedelta(hours=1), when: datetime | None = None) -> int:
    return request(site.centre, "north", site.job(begins, lasts), same=f"{begins}", at=when)


def states(site: Connected) -> list[tuple[str, str | None]]:
    return [(one.state, one.result.state if one.result else None) for one in listed(site.centre)]


def test_a_job_of_later_waits_for_its_time_and_one_of_a_slow_clock_is_not_refused(site: Connected) -> None:
    now = site.clock.true
    ask(site, now + timedelta(hours=1), when=now + timedelta(hours=1))
    ask(site, now + timedelta(seconds=90))
    assert run(site.collector, once=True) is Exit.DONE
    assert states(site) == [("todo", None), ("todo", None)]
    assert [line for line in site.said if "s by the clock here" in line]
    planned = [one.scheduled for one in listed(site.centre)]
    assert planned[1] is not None
    assert timedelta(seconds=60) < planned[1] - now < timedelta(seconds=300)
    assert site.plc.questions == 0


def test_what_was_found_while_the_centre_was_lost_is_told_later_and_once(
    site: Connected, server: Server, database: str
) -> None:
    def lose() -> None:
        server.sql(f"ALTER DATABASE {database} ALLOW_CONNECTIONS false")
        server.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname='{database}'")

    site.plc.heard = lose
    ask(site, site.clock.true)
    with pytest.raises(EnvironmentFault, match="start the collector again"):
        run(site.collector, once=True)
    assert site.plc.questions == 1
    assert [scan.state for scan in site.collector.store.scans()] == [ScanState.DONE]
    server.sql(f"ALTER DATABASE {database} ALLOW_CONNECTIONS true")
    assert states(site) == [("doing", None)]
    site.clock.off = timedelta(hours=5)  # the job is over; what it found is not
    site.plc.heard = lambda: None
    for _ in range(2):
        assert run(site.collector, once=True) is Exit.DONE
    assert states(site) == [("succeeded", "done")]
    assert site.plc.questions == 1
    assert len([line for line in site.said if "told now" in line]) == 1
    assert site.centre.bundle(listed(site.centre)[0].number)


def test_a_job_that_nobody_could_end_is_given_up_in_words(site: Connected) -> None:
    number = ask(site, site.clock.true)
    with site.centre.engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL search_path TO collectors")
        connection.exec_driver_sql("UPDATE procrastinate_jobs SET status = 'doing', attempts = 5")
    assert run(site.collector, once=True) is Exit.DONE
    (result,) = site.centre.results()
    assert (result.job, result.state, result.note) == (number, "failed", "begun 6 times and never ended")
    assert states(site) == [("failed", "failed")]


def test_a_site_has_one_collector(site: Connected) -> None:
    with site.centre.only_one("north"), pytest.raises(EnvironmentFault, match="running already"):
        run(site.collector, once=True)


OLD = "02.00.03_01_add_job_priority.sql"


def shape(centre: Centre) -> list[tuple[str, ...]]:
    """Columns, functions, indexes and triggers of the queue."""
    lines = (
        "SELECT table_name, column_name, data_type, column_default FROM information_schema.columns"
        " WHERE table_schema = 'collectors'",
        "SELECT p.proname, pg_get_function_identity_arguments(p.oid), md5(p.prosrc) FROM pg_proc p"
        " JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'collectors'",
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'collectors'",
        "SELECT trigger_name, event_manipulation, action_statement FROM information_schema.triggers"
        " WHERE trigger_schema = 'collectors'",
    )
    with centre.engine.begin() as connection:
        return sorted(tuple(map(str, row)) for line in lines for row in connection.exec_driver_sql(line))


def test_a_queue_of_an_earlier_version_is_brought_to_todays_with_its_jobs(
    site: Connected, server: Server, database: str
) -> None:
    today = shape(site.centre)
    ask(site, site.clock.true)
    server.sql("DROP SCHEMA collectors CASCADE", database)
    server.sql("CREATE SCHEMA collectors", database)
    for path in sorted(migrations_path.glob("*.sql")):
        if path.name <= OLD:
            server.sql(f"SET search_path TO collectors; {path.read_text('utf-8')}", database)
    server.sql(
        "SET search_path TO collectors; INSERT INTO procrastinate_jobs (queue_name, task_name, lock, args) VALUES"
        " ('north', 'assetctl.scan', 'north/plant', '{}')",
        database,
    )
    server.sql(
        "CREATE TABLE collectors.version (migration text PRIMARY KEY);"
        f" INSERT INTO collectors.version VALUES ('{OLD}')",
        database,
    )
    site.centre.prepare()
    site.centre.prepare()
    assert shape(site.centre) == today
    assert [(one.site, one.state) for one in listed(site.centre)] == [("north", "todo")]


def test_a_queue_of_a_newer_version_is_left_alone(site: Connected, server: Server, database: str) -> None:
    server.sql("UPDATE collectors.version SET migration = '99.00.00_01_later.sql'", database)
    before = shape(site.centre)
    with pytest.raises(EnvironmentFault, match="newer assetctl"):
        site.centre.prepare()
    assert shape(site.centre) == before
