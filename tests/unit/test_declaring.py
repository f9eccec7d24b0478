"""Declared facts: typed, written into the register with its comments kept, for positions that exist or are proposed."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assetctl.documents import parse_yaml
from assetctl.errors import Exit, InputError
from assetctl.work.declaring import written
from assetctl.zones import register_of
from tests.live.killed_plant import NETWORK
from tests.unit.command import Desk
from tests.unit.scanned import desk, scanned_once, servers

__all__ = ["desk", "scanned_once", "servers"]

ONE, TWO = f"{NETWORK}.1", f"{NETWORK}.2"
REGISTER = f"""\
# The press line.
schema: 1
positions:
  - id: PRESS-1  # spare in cabinet 4
    match: {{ip_address: {ONE}}}
    declared:
      asset_criticality: high  # since the audit
      tags: [press, old]
      slot: 0

# the filling line follows
"""


@pytest.fixture
def plant(desk: Desk) -> Desk:
    desk.write("assetctl.toml", (desk.folder / "assetctl.toml").read_text() + '[files]\nregister = "register.yaml"\n')
    desk.write("register.yaml", REGISTER)
    return desk


def register(desk: Desk) -> str:
    return (desk.folder / "register.yaml").read_text()


def declared(desk: Desk, name: str) -> dict[str, Any]:
    (one,) = [row for row in parse_yaml(register(desk), Path("r")).root["positions"] if row["id"] == name]
    return dict(one)


def test_a_fact_is_declared_and_the_inventory_knows_it_at_once(plant: Desk) -> None:
    said = plant.call("assets", "edit", ONE, "department_owner=Press shop", "asset_criticality=low")
    assert (said.code, said.err) == (0, f"written: position PRESS-1 in {plant.folder / 'register.yaml'}\n")
    text = register(plant)
    for kept in (
        "# The press line.",
        "PRESS-1  # spare in cabinet 4",
        "# since the audit",
        "# the filling line follows",
    ):
        assert kept in text
    assert text.index("department_owner") < text.index("# the filling line follows")
    facts = {**declared(plant, "PRESS-1")["declared"]}
    assert facts == {
        "asset_criticality": "low",
        "tags": ["press", "old"],
        "department_owner": "Press shop",
        "slot": "0",
    }
    record = json.loads(plant.call("--format", "json", "assets", "show", ONE).out)["data"]
    assert record["position"] == "PRESS-1"
    assert record["facts"]["department_owner"] == "Press shop"


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ("asset_criticality=urgent", "one of high, medium, low is expected"),
        ("slot=three", "a whole number is expected"),
        ("asset_owner=x", "did you mean"),
        ("asset_criticality", "KEY=VALUE is expected"),
        ("port_state=open", "is unknown"),
    ],
)
def test_a_fact_of_the_wrong_type_is_refused_and_nothing_is_written(plant: Desk, fact: str, said: str) -> None:
    refused = plant.call("assets", "edit", "PRESS-1", fact)
    assert refused.code == Exit.USAGE
    assert said in refused.errors[0]
    assert register(plant) == REGISTER
    refused = plant.call("assets", "edit", TWO, fact, "--yes")
    assert refused.code == Exit.USAGE
    assert register(plant) == REGISTER, "no half-made position either"


def test_a_device_without_a_position_gets_one_by_its_address_when_somebody_agrees(plant: Desk) -> None:
    assert plant.call("assets", "edit", TWO, "department_owner=X").code == Exit.USAGE, "nobody said yes"
    assert register(plant) == REGISTER
    assert plant.call("assets", "note", TWO, "key switch is broken", "--yes").code == 0
    assert declared(plant, f"P-{TWO}") == {
        "id": f"P-{TWO}",
        "match": {"ip_address": TWO},
        "declared": {"notes_description": "key switch is broken"},
    }
    assert plant.call("assets", "tag", f"{NETWORK}.3", "a", "--position", "PRESS-3", "--yes").code == 0
    assert declared(plant, "PRESS-3")["declared"] == {"tags": ["a"]}


def test_tags_come_and_go(plant: Desk) -> None:
    assert "tags press, old, noisy" in plant.call("assets", "tag", "PRESS-1", "noisy", "press").err
    assert sorted(declared(plant, "PRESS-1")["declared"]["tags"]) == ["noisy", "old", "press"]
    assert plant.call("assets", "tag", "PRESS-1", "--remove", "old", "--remove", "noisy").code == 0
    assert declared(plant, "PRESS-1")["declared"]["tags"] == ["press"]
    assert "has no tag old" in plant.call("assets", "tag", "PRESS-1", "--remove", "old").errors[0]
    assert plant.call("assets", "tag", "PRESS-1", "--remove", "press").code == 0
    assert "tags" not in declared(plant, "PRESS-1")["declared"]
    assert plant.call("assets", "edit", "PRESS-1", "--unset", "slot").code == 0
    assert register(plant).endswith("\n\n# the filling line follows\n"), "what is written below a key outlives it"
    assert "declares no slot" in plant.call("assets", "edit", "PRESS-1", "--unset", "slot").errors[0]


def test_a_position_is_added_before_anything_was_seen_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "desk").mkdir()
    desk = Desk(tmp_path / "desk", monkeypatch)
    desk.write("assetctl.toml", '[files]\nregister = "register.yaml"\n')
    mac = "00:0e:8c:10:00:01"
    said = desk.call("assets", "add", "FILL-1", "tags=a, b", "slot=0x3", "--mac", mac, "--realm", "line-2")
    assert "a whole number is expected" in said.errors[0]
    assert not (desk.folder / "register.yaml").exists()
    assert desk.call("assets", "add", "FILL-1", "tags=a, b", "--mac", mac, "--realm", "line-2").code == 0
    (one,) = register_of(parse_yaml(register(desk), Path("r")), now=datetime.now(UTC))
    assert (one.id, one.realm, one.match["mac_address"], one.declared) == (
        "FILL-1",
        "line-2",
        "00:0E:8C:10:00:01",
        {"tags": ("a", "b")},
    )
    assert "stands there twice" in desk.call("assets", "add", "FILL-1", "--ip", "10.0.0.1").errors[0]
    assert "at least one of" in desk.call("assets", "add", "FILL-2").errors[0]
    assert not (desk.folder / "assetctl.db").exists()


def test_what_is_retired_is_judged_no_more_and_warned_of_when_it_answers_again(plant: Desk) -> None:
    def open_at_press() -> list[str]:
        rows = plant.call("--format", "jsonl", "findings", "list").out.splitlines()
        return [row["id"] for row in map(json.loads, rows) if row["position"] == "PRESS-1"]

    plant.call("check", "--fail-on", "never")
    before = open_at_press()
    assert before
    assert plant.call("assets", "retire", "PRESS-1", "--by", "A. Example", "--reason", "sold").code == 0
    assert "is retired already" in plant.call("assets", "retire", ONE, "--by", "B", "--reason", "x").errors[0]
    said = plant.call("check", "--fail-on", "never")
    assert "answers there again" not in said.err
    assert open_at_press() == []
    shown = json.loads(plant.call("--format", "json", "findings", "show", before[0]).out)["data"]
    last = shown["history"][-1]
    assert (last["what"], last["by"]) == ("withdrawn", "A. Example")
    assert "sold" in last["reason"]
    today = datetime.now(UTC).date()
    text = register(plant).replace(f"on: {today}", f"on: {today - timedelta(days=2)}")
    plant.write("register.yaml", text)
    again = plant.call("check", "--fail-on", "never")
    assert "PRESS-1 was retired on" in again.err
    assert "answers there again" in again.err
    assert open_at_press() == before
    plant.write("register.yaml", text.replace(f"on: {today - timedelta(days=2)}", "on: 2999-01-01"))
    assert "lies in the future" in plant.call("check").errors[0]


def test_values_are_read_by_the_type_of_their_key() -> None:
    assert written(["tags=a,b , c", "department_owner=A, B"]) == {
        "tags": ["a", "b", "c"],
        "department_owner": "A, B",
    }
    with pytest.raises(InputError, match="lists them"):
        written(["no_such=1"])
