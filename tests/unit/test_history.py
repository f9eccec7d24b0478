"""assets history and diff: scans, times, golden files and inventories tell the same differences."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest

from assetctl.errors import Exit
from assetctl.model import Address, Claim, Observation, SubjectKind
from assetctl.work.ingest import Declared, ingest
from assetctl.work.stays import tenants
from assetctl.zones import read_register, read_zones
from tests.live.killed_plant import NETWORK
from tests.unit.command import Desk, Said
from tests.unit.scanned import scanned_once, servers, store_of
from tests.unit.test_golden_command import planted_once

__all__ = ["planted_once", "scanned_once", "servers"]

FIRST = f"{NETWORK}.1"
NOW = datetime(2026, 3, 1, tzinfo=UTC)
OPEN = Claim("port_state", "open", SubjectKind.SERVICE, "tcp/23")


@pytest.fixture
def plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, planted_once: Path) -> Desk:
    folder = tmp_path / "desk"
    shutil.copytree(planted_once, folder)
    return Desk(folder, monkeypatch)


def scanned_again(
    desk: Desk, change: Callable[[Observation], Observation | None], *, scan: str = "later", days: int = 1
) -> None:
    """The same scan a day or more later, each observation as it is changed; None for one that was not made."""
    with store_of(desk) as store:
        (first,) = store.scans()
        day = timedelta(days=days)
        store.begin_scan(
            replace(first, id=scan, started=first.started + day, ended=(first.ended or first.started) + day)
        )
        every = (change(one) for one in list(store.observations(scan=first.id)))
        store.put_observations(
            replace(
                one,
                id=one.id.replace(first.id, scan),
                scan=scan,
                started=one.started + day,
                ended=one.ended + day,
                exchanges=(),
            )
            for one in every
            if one is not None
        )
        zones = read_zones(desk.folder / "zones.yaml", now=first.started).zones
        path = desk.folder / "register.yaml"
        register = read_register(path, now=first.started) if path.exists() else ()
        ingest(store, "plant", Declared(zones, register))


def with_claim(one: Observation, claim: Claim, ip: str = FIRST) -> Observation:
    if one.target is None or str(one.target.ip) != ip or not one.claims:
        return one
    kept = tuple(c for c in one.claims if (c.key, c.local_key) != (claim.key, claim.local_key))
    return replace(one, claims=(*kept, claim))


def renewed(one: Observation) -> Observation:
    return with_claim(one, Claim("firmware_software_version", "V9.9"))


def rows(said: Said) -> list[dict[str, str]]:
    return list(json.loads(said.out)["data"])


def diff(desk: Desk, before: str, after: str) -> list[tuple[str, str, str]]:
    said = desk.call("--format", "json", "diff", before, after)
    assert said.code in (Exit.DONE, Exit.DRIFT), said.err
    found = rows(said)
    assert (said.code == Exit.DRIFT) == bool(found)
    return [(row["change"], row["field"], row["after"]) for row in found]


def scan_of(desk: Desk) -> str:
    with store_of(desk) as store:
        return store.scans()[0].id


CHANGED = [("changed", "firmware_software_version", "V9.9")]


def test_every_side_tells_the_same_change(plant: Desk) -> None:
    first = scan_of(plant)
    assert plant.call("assets", "export", "before.json").code == 0
    scanned_again(plant, renewed)
    assert plant.call("assets", "export", "after.json").code == 0
    with store_of(plant) as store:
        moment = (store.scans()[0].ended or store.scans()[0].started).isoformat()
    for before in (first, moment, "before.json", "golden/cell-1.yaml"):
        for after in ("later", "after.json"):
            assert diff(plant, before, after) == CHANGED, (before, after)
    listed = plant.call("--format", "json", "assets", "list")
    plant.write("listed.json", listed.out)
    assert diff(plant, "listed.json", "after.json") == []
    assert plant.call("scans", "diff", first, "later").code == Exit.DRIFT


def test_what_one_scan_did_not_ask_is_no_difference(plant: Desk) -> None:
    first = scan_of(plant)
    scanned_again(plant, lambda one: replace(one, claims=tuple(c for c in one.claims if c.key != "model")))
    assert diff(plant, first, "later") == []


def test_an_asset_that_only_one_side_has_is_new_or_not_seen_or_gone(plant: Desk) -> None:
    first = scan_of(plant)
    assert plant.call("assets", "export", "all.json").code == 0
    held = json.loads((plant.folder / "all.json").read_text("utf-8"))
    plant.write("fewer.json", json.dumps([row for row in held if FIRST not in row["ip_address"]]))
    scanned_again(plant, lambda one: None if one.target and str(one.target.ip) == FIRST else one)
    assert diff(plant, first, "later") == [("not seen", "", "")]
    assert diff(plant, "later", first) == [("new", "", "")]
    assert diff(plant, "all.json", "fewer.json") == [("gone", "", "")]
    assert diff(plant, "golden/cell-1.yaml", "fewer.json") == [("gone", "", "")]


def test_a_port_counts_when_it_is_open(plant: Desk) -> None:
    plant.call("assets", "export", "before.json")
    scanned_again(plant, lambda one: with_claim(one, OPEN))
    plant.call("assets", "export", "after.json")
    assert diff(plant, "before.json", "after.json") == [("changed", "tcp/23", "open")]
    assert diff(plant, "golden/cell-1.yaml", "after.json") == [("changed", "tcp/23", "open")]


def test_tags_and_notes_stand_beside_the_difference(plant: Desk) -> None:
    settings = plant.folder / "assetctl.toml"
    settings.write_text(settings.read_text("utf-8") + 'register = "register.yaml"\n', "utf-8")
    assert (
        plant.call("assets", "add", "PRESS-1", "--ip", FIRST, "tags=critical,press", "notes_description=ask Kim").code
        == 0
    )
    plant.call("assets", "export", "before.json")
    scanned_again(plant, renewed)
    said = plant.call("--format", "json", "diff", scan_of(plant), "later")
    (row,) = rows(said)
    assert (row["position"], row["tags"], row["note"]) == ("PRESS-1", "critical, press", "ask Kim")
    markdown = plant.call("--format", "markdown", "diff", scan_of(plant), "later").out
    assert "| `critical, press` | `ask Kim` |" in markdown


def test_the_history_tells_each_value_from_when_to_when_and_by_whom(plant: Desk) -> None:
    first = scan_of(plant)
    scanned_again(plant, renewed)
    said = plant.call("--format", "json", "assets", "history", FIRST, "--field", "firmware_software_version")
    old, new = [row for row in rows(said) if row["source"].startswith("probe")]
    assert (old["value"] != "V9.9", old["is_current"], new["value"], new["is_current"]) == (True, False, "V9.9", True)
    assert old["to"] < new["from"]
    assert old["evidence"].startswith(first)
    changes = rows(plant.call("--format", "json", "assets", "history", FIRST, "--changes"))
    assert {row["field"] for row in changes} == {"firmware_software_version"}
    whole = rows(plant.call("--format", "json", "assets", "history", FIRST))
    assert {"value", "id"} <= {row["what"] for row in whole}
    assert any(row["what"] == "id" and row["field"] == "key" for row in whole)


PLACES = f"""schema: 1
positions:
  - id: PRESS-1
    match: {{ip_address: {FIRST}}}
    retired: {{by: A. Example, on: 2026-01-31, reason: line taken out}}
  - id: PRESS-2
    match: {{ip_address: {NETWORK}.77}}
"""


def test_a_device_that_was_moved_shows_both_places_and_a_place_its_earlier_device(plant: Desk) -> None:
    settings = plant.folder / "assetctl.toml"
    settings.write_text(settings.read_text("utf-8") + 'register = "register.yaml"\n', "utf-8")
    plant.write("register.yaml", PLACES)
    with store_of(plant) as store:
        first = store.scans()[0].id
        told = next(one for one in store.observations(scan=first) if one.target and str(one.target.ip) == FIRST)
        known = (Claim("manufacturer", "Acme"), Claim("serial_number", "S-4711-0815"))
        store.put_observations([replace(told, id=f"{first}/serial", claims=known, exchanges=())])

    def moved(one: Observation) -> Observation:
        is_it = one.target is not None and str(one.target.ip) == FIRST
        return replace(one, target=Address("plant", ip_address(f"{NETWORK}.77"))) if is_it else one

    scanned_again(plant, moved, days=2)
    told = rows(plant.call("--format", "json", "assets", "history", f"{NETWORK}.77"))
    places = {row["field"]: row for row in told if row["what"] == "position"}
    assert (places["position"]["value"], places["earlier position"]["value"]) == ("PRESS-2", "PRESS-1")
    earlier = places["earlier position"]
    assert earlier["note"] == "retired by A. Example: line taken out"
    assert earlier["from"] <= earlier["to"] < max(row["from"] for row in told)
    with store_of(plant) as store:
        asset = next(one for one in store.assets("plant") if one.position == "PRESS-2")
        (place,) = [one for one in read_register(plant.folder / "register.yaml", now=NOW) if one.id == "PRESS-1"]
        assert [stay.asset for stay in tenants(place, store.assets("plant"))] == [asset.id]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("nothing", "", ("scan id", "golden file")),
        ("2999-01-01", "", ("future",)),
        ("x.json", "{", ("x.json", "JSON")),
        ("x.json", "{}", ("x.json", "no list of assets")),
        ("x.json", '[{"id": 7}]', ("x.json", "row 1")),
        ("x.json", '["a"]', ("x.json", "row 1")),
        ("x.yaml", "golden: 9", ("x.yaml:1", "expected")),
        ("absent.yaml", "", ("absent.yaml", "cannot be read")),
    ],
)
def test_a_side_that_is_none_is_one_line(plant: Desk, name: str, content: str, words: tuple[str, ...]) -> None:
    if content:
        plant.write(name, content)
    said = plant.call("diff", scan_of(plant), name)
    assert said.code == Exit.USAGE
    (line,) = said.errors
    assert all(word in line for word in words), line
