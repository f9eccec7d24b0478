"""An approval is an envelope: what lies outside is refused before a packet, in one line that says in what respect."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assetctl import protocols
from assetctl.errors import Exit
from assetctl.work import ordering
from tests.live.killed_plant import DEVICES, NETWORK, Plant, plant, settings
from tests.unit.command import Desk, Said

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def servers() -> Iterator[Plant]:
    with plant() as running:
        yield running


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, servers: Plant) -> Desk:
    """An IT network of three devices, where nothing is sent without an approval."""
    folder = tmp_path / "desk"
    folder.mkdir()
    settings(folder, servers.port)
    path = folder / "assetctl.toml"
    path.write_text(path.read_text("utf-8").replace(f"{NETWORK}.{DEVICES}", f"{NETWORK}.3"), "utf-8")
    servers.clear()
    return Desk(folder, monkeypatch)


def signed(desk: Desk, *changes: tuple[str, str], by: str = '["A. Owner, plant"]') -> None:
    """The draft of today's plan with names under it, and changes by pattern."""
    assert desk.call("plan", "--approval", "approval.toml").code == 0
    path = desk.folder / "approval.toml"
    text = re.sub(r"approved_by = \[\].*", f"approved_by = {by}", path.read_text("utf-8"))
    for pattern, instead in changes:
        text, count = re.subn(pattern, instead, text)
        assert count == 1, pattern
    path.write_text(text, "utf-8")


def scan(desk: Desk, *more: str) -> Said:
    return desk.call("-q", "scan", "--approval", "approval.toml", *more)


def refused(said: Said, servers: Plant, *words: str) -> None:
    assert said.code == Exit.USAGE, said.err
    assert len(said.errors) == 1
    assert "outside the approval" in said.errors[0]
    for word in words:
        assert word in said.errors[0]
    assert not servers.connects


def moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def test_what_was_approved_is_asked_and_on_record(desk: Desk, servers: Plant) -> None:
    signed(desk, ('ticket = ""', 'ticket = "CHG-1"'))
    said = desk.call("--format", "json", "scan", "--approval", "approval.toml")
    assert said.code == 0, said.err
    assert len(servers.connects) == 3
    name = json.loads(said.out)["data"]["id"]
    record = json.loads(desk.call("--format", "json", "scans", "show", name).out)["data"]
    assert "A. Owner, plant (as stated by the operator, not verified)" in record["approval"]
    assert "CHG-1" in record["approval"]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (("networks = .*", f'networks = ["{NETWORK}.1/32"]'), "outside the approved networks"),
        (("classes = .*", 'classes = ["depth"]'), "class identity"),
        (("probes = .*", 'probes = ["s7"]'), "probe modbus"),
        (("realm = .*", 'realm = "cell-2"'), "realm plant instead of cell-2"),
        (("most_devices = .*", "most_devices = 2"), "3 devices, approved are 2"),
        (("most_units = .*", "most_units = 38"), "39 units, approved are 38"),
        (("most_packets = .*", "most_packets = 1"), "packets, approved are 1"),
        (("packets_per_second = .*", "packets_per_second = 10"), "packets a second, approved are 10"),
        (("modbus = .*", 'modbus = "0000"'), "request list of modbus"),
        (("valid_until = .*", f'valid_until = "{moment(datetime.now(UTC) - DAY)}"'), "valid from"),
        (("valid_from = .*", f'valid_from = "{moment(datetime.now(UTC) + DAY)}"'), "valid from"),
        (("runs = 1", "runs = 0"), "approved for 0 runs"),
    ],
)
def test_a_plan_outside_in_one_respect_is_refused(
    desk: Desk, servers: Plant, change: tuple[str, str], word: str
) -> None:
    signed(desk, change)
    refused(scan(desk), servers, word)
    refused(scan(desk, "--yes"), servers, word)


def test_more_than_was_approved_on_the_command_line_is_refused(desk: Desk, servers: Plant) -> None:
    signed(desk)
    refused(scan(desk, f"{NETWORK}.1-{NETWORK}.4"), servers, "4 devices", "outside the approved networks")
    refused(scan(desk, "10.0.0.1"), servers, "10.0.0.1 is outside the approved networks")
    refused(scan(desk, f"cell-2/{NETWORK}.1"), servers, "realm cell-2")


def test_less_than_was_approved_is_asked(desk: Desk, servers: Plant) -> None:
    signed(desk)
    assert scan(desk, f"{NETWORK}.2").code == 0
    assert set(servers.connects) == {f"{NETWORK}.2"}


def test_an_approval_is_used_up(desk: Desk, servers: Plant) -> None:
    signed(desk, ("runs = 1", "runs = 2"))
    assert scan(desk, f"{NETWORK}.1").code == 0
    assert scan(desk, f"{NETWORK}.2").code == 0
    servers.clear()
    refused(scan(desk, f"{NETWORK}.3"), servers, "approved for 2 runs, all used")


def test_a_draft_without_names_allows_nothing(desk: Desk, servers: Plant) -> None:
    signed(desk, by="[]")
    refused(scan(desk), servers, "0 names")


def test_two_persons_are_two(desk: Desk, servers: Plant) -> None:
    path = desk.folder / "assetctl.toml"
    path.write_text(path.read_text("utf-8") + "[approval]\npersons = 2\n", "utf-8")
    for by in ('["A. Owner"]', '["A. Owner", " a. owner "]', '["A. Owner", ""]'):
        (desk.folder / "approval.toml").unlink(missing_ok=True)
        signed(desk, by=by)
        refused(scan(desk), servers, "1 name under approved_by", "2 needed")
    said = desk.call("-q", "scan")
    assert said.code == Exit.USAGE
    assert "two persons" in said.errors[0]
    (desk.folder / "approval.toml").unlink()
    signed(desk, by='["A. Owner", "B. Safety"]')
    assert scan(desk).code == 0


def test_a_request_that_joined_the_list_ends_an_old_approval(
    desk: Desk, servers: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed(desk)
    known = protocols.registry()
    old = known["modbus"]
    more = replace(old.requests[0], name="report-server-id")
    changed = replace(old, requests=(*old.requests, more))
    monkeypatch.setattr(ordering, "registry", lambda: known | {"modbus": changed})
    refused(scan(desk), servers, "request list of modbus is not the approved one")


def test_a_signed_file_is_not_written_over(desk: Desk) -> None:
    signed(desk)
    before = (desk.folder / "approval.toml").read_bytes()
    said = desk.call("plan", "--approval", "approval.toml")
    assert said.code == Exit.USAGE
    assert "not overwritten" in said.errors[0]
    assert (desk.folder / "approval.toml").read_bytes() == before


def test_the_profile_and_exclusions_of_the_day_may_only_narrow(desk: Desk, servers: Plant) -> None:
    signed(desk)
    assert scan(desk, "--exclude", f"{NETWORK}.1-{NETWORK}.2").code == 0
    assert set(servers.connects) == {f"{NETWORK}.3"}
