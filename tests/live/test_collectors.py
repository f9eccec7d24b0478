"""Connected and air-gapped sites give the centre what a scan on the spot gives; a job is done once, or stopped."""

import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import pytest

from tests.live.collector_world import Place, World, heard, world
from tests.live.namespace import Unable, end

pytestmark = [pytest.mark.live, pytest.mark.slow]
LOCAL = ("id", "aliases", "realm", "first_seen", "last_seen", "site")
SLOW = ("--config", "west.toml")


@pytest.fixture(scope="module")
def made() -> Iterator[World]:
    try:
        with world() as one:
            yield one
    except Unable as reason:
        pytest.skip(str(reason))


def inventory(place: Place, realm: str) -> list[str]:
    """The devices of a realm without what a realm and a moment give them."""
    found = [one for one in place.rows("assets", "list") if one["realm"] == realm]
    for one in found:
        for source in one["sources"].values():
            del source["evidence"], source["last_seen"]  # they name the run and its moment
    plain = [{key: value for key, value in one.items() if key not in LOCAL} for one in found]
    return sorted(json.dumps(one, sort_keys=True) for one in plain)


def last(centre: Place, site: str) -> dict[str, Any]:
    return centre.rows("collector", "status", site)[-1]


def test_a_connected_site_and_one_by_bundle_give_the_inventory_of_a_direct_scan(made: World) -> None:
    centre, north, south, direct = made["centre"], made["north"], made["south"], made["direct"]
    direct.call("scan", "--yes")
    south.call("scan", "--yes")
    south.call("bundle", "write", "south.bundle", "--key", "own")
    centre.call("bundle", "merge", str(south.folder / "south.bundle"), "--as", "plant=south")
    centre.call("collector", "request", "north", "--key", "own")
    refused = centre.call("collector", "request", "north", "--key", "own", code=2)
    assert "the same job waits already" in refused.stderr
    north.call("collector", "run", "--once")
    told = last(centre, "north")
    assert (told["state"], told["result"], told["merged"]) == ("succeeded", "done", None), told
    assert [one["objection"] for one in centre.rows("collector", "merge")] == [""]
    expected = inventory(direct, "plant")
    assert len(expected) == 3
    assert inventory(centre, "north") == expected
    assert inventory(centre, "south") == expected
    assert centre.rows("collector", "merge") == []
    assert [one["heard"] is not None for one in centre.rows("collector", "list")] == [True, False]


def test_what_the_local_approval_does_not_cover_is_refused_and_told(made: World) -> None:
    centre, north = made["centre"], made["north"]
    before = len(north.rows("scans", "list"))
    centre.call("collector", "request", "north", "127.20.1.3", "--key", "own")
    north.call("collector", "run", "--once")
    told = last(centre, "north")
    assert told["result"] == "refused"
    assert "127.20.1.3 is outside the approved networks" in told["note"].replace("/32", ""), told
    assert len(north.rows("scans", "list")) == before


def test_a_job_that_another_key_signed_is_refused(made: World) -> None:
    centre, north = made["centre"], made["north"]
    (centre.folder / "north.toml").write_text(
        (centre.folder / "assetctl.toml").read_text().replace("own.pem", str(made["south"].folder / "own.pem"))
    )
    centre.call("--config", "north.toml", "collector", "request", "north", "--key", "own")
    north.call("collector", "run", "--once")
    told = last(centre, "north")
    assert told["result"] == "refused"
    assert "not the centre's" in told["note"]


def test_a_cancelled_job_stops_within_a_second_and_a_killed_collector_s_job_is_taken_up_again(made: World) -> None:
    centre, west = made["centre"], made["west"]
    asked = centre.call(*SLOW, "collector", "request", "west", "--key", "own", "--sweep")
    collector = west.start("collector", "run")
    try:
        heard(collector, "begins")
        _sending(west)
        centre.call("collector", "cancel", asked.stderr.split("job ")[1].split()[0])
        told_at = datetime.now(UTC)
        heard(collector, "cancelled")
        assert _last_sent(west) < told_at + timedelta(seconds=1)
        centre.call(*SLOW, "collector", "request", "west", "--key", "own", "--sweep")
        heard(collector, "begins")
        _sending(west)
        collector.send_signal(signal.SIGKILL)
        collector.wait(10)
    finally:
        end(collector)  # type: ignore[arg-type]
        collector.communicate()
    assert [one["state"] for one in centre.rows("collector", "status", "west")] == ["aborted", "doing"]
    said = west.call("collector", "run", "--once").stderr
    assert "its job is taken up again" in said
    told = last(centre, "west")
    assert (told["state"], told["attempts"], told["result"]) == ("succeeded", 2, "done"), told
    runs = [one for one in west.rows("scans", "list") if one["state"] == "done"]
    assert len(runs) == 1
    assert [one["objection"] for one in centre.rows("collector", "merge") if one["site"] == "west"] == [""]
    assert len(inventory(centre, "west")) == 3


def _last_sent(place: Place) -> datetime:
    """When the newest run last let a unit out, by its own ledger."""
    path = max(place.folder.glob("assetctl.ledgers/*.jsonl"), key=lambda one: one.stat().st_mtime_ns)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return max(datetime.fromisoformat(one["at"]) for one in lines if one["do"] == "permit")


def _sending(place: Place) -> None:
    """Wait until a run of this place wrote that it sent something."""
    until = monotonic() + 60
    while monotonic() < until:
        ledgers = sorted(place.folder.glob("assetctl.ledgers/*.jsonl"), key=lambda path: path.stat().st_mtime_ns)
        if ledgers and ledgers[-1].stat().st_size > 600:
            return
    raise AssertionError("nothing was sent")
