"""What people decide about identity holds over later scans, is explained, and can be undone."""

import json

import pytest

from assetctl.errors import Exit
from tests.live.killed_plant import NETWORK
from tests.unit.command import Desk
from tests.unit.scanned import desk, scanned_once, servers

__all__ = ["desk", "scanned_once", "servers"]

ONE, TWO, THREE = (f"{NETWORK}.{number}" for number in (1, 2, 3))
WORD = ("--by", "A. Example", "--reason", "one box with two cards")


def assets(desk: Desk) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(desk.call("--format", "json", "assets", "list").out)["data"]
    return found


def addresses(desk: Desk) -> list[list[str]]:
    return sorted(sorted(map(str, record["ip_address"])) for record in assets(desk))  # type: ignore[call-overload]


def decisions(desk: Desk, *flags: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(desk.call("--format", "json", "assets", "decisions", *flags).out)["data"]
    return found


def test_two_assets_become_one_and_stay_so_over_a_scan(desk: Desk) -> None:
    assert desk.call("assets", "merge", ONE, TWO, *WORD).code == 0
    assert addresses(desk) == [[ONE, TWO], [THREE]]
    assert desk.call("-q", "scan", "--yes").code == 0
    assert addresses(desk) == [[ONE, TWO], [THREE]]
    assert "joined by pin" in desk.call("assets", "why", ONE).out


def test_undoing_gives_the_old_ids_back_and_the_decision_stays_as_history(desk: Desk) -> None:
    before = assets(desk)
    desk.call("assets", "merge", ONE, TWO, *WORD)
    (held,) = decisions(desk)
    assert (held["kind"], held["by"], held["reason"]) == ("join", "A. Example", "one box with two cards")
    assert desk.call("assets", "undo", held["id"], "--by", "B", "--reason", "was wrong").code == 0
    assert [(a["id"], a["ip_address"]) for a in assets(desk)] == [(a["id"], a["ip_address"]) for a in before]
    assert decisions(desk) == []
    (past,) = decisions(desk, "--revoked")
    assert (past["revoked_by"], past["revoked_reason"]) == ("B", "was wrong")
    assert desk.call("assets", "undo", held["id"], "--by", "B", "--reason", "again").code == Exit.USAGE


def test_what_a_decision_joined_is_parted_by_undoing_it(desk: Desk) -> None:
    desk.call("assets", "merge", ONE, TWO, *WORD)
    said = desk.call("assets", "split", ONE, ONE, TWO, *WORD)
    assert said.code == Exit.USAGE
    assert "a decision joined them" in said.errors[0]
    (held,) = decisions(desk)
    desk.call("assets", "undo", held["id"], *WORD)
    assert addresses(desk) == [[ONE], [TWO], [THREE]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("merge", ONE, ONE, *WORD), "already"),
        (("merge", ONE, "127.9.9.9", *WORD), "no such asset"),
        (("merge", ONE, TWO, "--by", " ", "--reason", "x"), "a name and a reason"),
        (("split", ONE, ONE, "10.0.0.1", *WORD), "is no key of"),
        (("split", ONE, ONE, ONE, *WORD), "the same key"),
        (("undo", "nothing", *WORD), "no such decision"),
    ],
)
def test_what_cannot_be_decided_is_one_line(desk: Desk, arguments: tuple[str, ...], said: str) -> None:
    answer = desk.call("assets", *arguments)
    assert answer.code == Exit.USAGE
    assert len(answer.errors) == 1
    assert said in answer.errors[0]
    assert decisions(desk) == []


MAC = "00:0E:8C:10:00:0%d"


def known_by_nmap(desk: Desk, **macs: str) -> None:
    """An imported report with one host for each last octet, as "h1" for 10.9.0.1, and its MAC address."""
    hosts = "".join(
        f'<host><status state="up" reason="arp-response"/><address addr="10.9.0.{name[1:]}" addrtype="ipv4"/>'
        f'<address addr="{mac}" addrtype="mac"/></host>'
        for name, mac in macs.items()
    )
    report = f'<?xml version="1.0"?><nmaprun scanner="nmap" start="1767000000">{hosts}</nmaprun>'
    desk.write("report.xml", report)
    assert desk.call("import", "nmap", "report.xml").code == 0


def imported(desk: Desk) -> list[list[str]]:
    return [one for one in addresses(desk) if one[0].startswith("10.9.")]


def test_a_hardware_address_that_two_devices_share_is_parted_and_stays_parted(desk: Desk) -> None:
    known_by_nmap(desk, h1=MAC % 1, h2=MAC % 1)
    assert imported(desk) == [["10.9.0.1", "10.9.0.2"]]
    assert desk.call("assets", "split", "10.9.0.1", "10.9.0.1", "10.9.0.2", *WORD).code == 0
    assert imported(desk) == [["10.9.0.1"], ["10.9.0.2"]]
    said = desk.call("assets", "merge", "10.9.0.1", "10.9.0.2", *WORD)
    assert said.code == Exit.USAGE
    assert "parted by a decision" in said.errors[0]


REGISTER = """\
# The press line.
schema: 1
positions:
  - id: PRESS-1  # spare in cabinet 4
    match: {mac_address: "00:0E:8C:10:00:01", ip_address: 10.9.0.1}
    declared:
      asset_criticality: high
"""


def test_an_exchange_changes_what_means_the_piece_and_nothing_else(desk: Desk) -> None:
    desk.write("register.yaml", REGISTER)
    desk.write("assetctl.toml", (desk.folder / "assetctl.toml").read_text() + '[files]\nregister = "register.yaml"\n')
    known_by_nmap(desk, h1=MAC % 2)
    assert desk.call("assets", "replace", "PRESS-1", "--with", "10.9.0.1").code == Exit.USAGE, "nobody said yes"
    assert (desk.folder / "register.yaml").read_text() == REGISTER
    assert desk.call("assets", "replace", "PRESS-1", "--with", "10.9.0.1", "--yes").code == 0
    assert (desk.folder / "register.yaml").read_text() == REGISTER.replace(MAC % 1, MAC % 2)
    record = json.loads(desk.call("--format", "json", "assets", "show", "10.9.0.1").out)["data"]
    assert record["position"] == "PRESS-1"
    assert "nothing to change" in desk.call("assets", "replace", "PRESS-1", "--with", "10.9.0.1").err
    assert desk.call("assets", "replace", "PRES-1", "--with", "10.9.0.1").code == Exit.USAGE
    assert desk.call("assets", "replace", "PRESS-1", "--with", ONE, "--yes").code == Exit.USAGE, (
        "it told no hardware address"
    )


def test_a_register_that_would_not_load_after_an_exchange_stays_as_it_was(desk: Desk) -> None:
    """Another position is already matched by the piece that is put in its place."""
    twin = REGISTER + f'  - id: PRESS-2\n    match: {{mac_address: "{MAC % 2}", ip_address: 10.9.0.1}}\n'
    desk.write("register.yaml", twin)
    desk.write("assetctl.toml", (desk.folder / "assetctl.toml").read_text() + '[files]\nregister = "register.yaml"\n')
    known_by_nmap(desk, h1=MAC % 2)
    said = desk.call("assets", "replace", "PRESS-1", "--with", "10.9.0.1", "--yes")
    assert said.code == Exit.USAGE
    assert "stands there twice" in said.err
    assert (desk.folder / "register.yaml").read_text() == twin
