"""Laws of changing the zones file: a difference first, comments kept, nothing else changed, never a broken file."""

import json
import re
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from assetctl.errors import InputError
from assetctl.model import Asset, Capture, Conduit, Flow, Zone
from assetctl.store.repo import open_store
from assetctl.topology import End, Link, Topology
from assetctl.work.zone_lint import advice
from assetctl.work.zone_suggestions import suggest, with_zones
from assetctl.work.zoning import add_zone, allowed, assign, levels, propose, put_conduit, write
from assetctl.zones import read_zones
from tests.unit.command import Desk
from tests.unit.policy_plants import asset, fact

NOW = datetime(2026, 9, 2, tzinfo=UTC)
FILE = """\
# The plant.
schema: 2   # the form
zones:
  # the hall
  - id: production   # owner: works council
    networks: [10.20.0.0/16]
    level: "3"
    owner: no
    positions: [P0]
  - {id: dmz, networks: [10.30.0.0/24], trust: semi}
conduits:
  # to the history
  - id: c1
    from: production
    to: dmz
    opens: from   # never the other way
    allow: [{proto: opcua}]
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "zones.yaml"
    found.write_text(FILE)
    return found


def comments(text: str) -> list[str]:
    return re.findall(r"#[^\n]*", text)


@pytest.mark.parametrize(
    "change",
    [
        add_zone("cell", {"parent": "production", "networks": ["10.20.3.0/24"], "level": "1", "sl_t": {"IAC": "2"}}),
        assign("dmz", positions=["P1"], assets=["a-1"]),
        assign("dmz", positions=["P0"], move=True),
        assign("production", positions=["P0", "P2"]),
        put_conduit("c1", {"tunnel": "IPsec", "opens": "both"}),
        put_conduit("c2", {"from": "dmz", "to": "production", "opens": "to", "allow": [allowed("dns")]}),
    ],
)
def test_a_change_keeps_comments_and_every_other_line(path, change):
    proposal = propose(path, change, now=NOW)
    assert path.read_text() == FILE, "nothing is written before it is shown"
    assert comments(proposal.after) == comments(FILE)
    gone = [line for line in proposal.difference.splitlines() if line.startswith("-") and not line.startswith("---")]
    assert len(gone) <= 2
    write(proposal)
    assert read_zones(path, now=NOW) == proposal.file


def test_what_was_assigned_and_declared_is_in_the_file(path):
    write(propose(path, assign("dmz", positions=["P0"], assets=["0123"], move=True), now=NOW))
    write(propose(path, put_conduit("c1", {"allow": [allowed("modbus:tcp/503"), allowed("icmp")]}), now=NOW))
    found = read_zones(path, now=NOW)
    assert [zone.positions for zone in found.zones] == [(), ("P0",)]
    assert found.zones[1].assets == ("0123",)
    assert [(one.protocol, one.transport, one.ports) for one in found.conduits[0].allow] == [
        ("modbus", "tcp", (503, 503)),
        ("icmp", "icmp", (0, 0)),
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (add_zone("dmz", {}), "zone dmz stands in the file already"),
        (add_zone("c1", {}), 'the zone id "c1"|conduit id "c1" is that of a zone'),
        (
            add_zone("cell", {"networks": ["10.20.3.0/24"]}),
            r"zones\.yaml:\d+: 10\.20\.3\.0/24 .* write parent: production",
        ),
        (add_zone("cell", {"networks": ["10.20.3.7/24"]}), "write 10.20.3.0/24"),
        (add_zone("cell", {"parent": "prodution"}), 'did you mean "production"'),
        (assign("production ", positions=["P1"]), "no such zone"),
        (assign("dmz", positions=["P0"]), "is in zone production and in zone dmz"),
        (put_conduit("c9", {"from": "dmz"}), "conduit c9 is new: give --to, --opens"),
        (put_conduit("c1", {"to": "nowhere"}), 'there is no zone "nowhere"'),
    ],
)
def test_a_change_that_would_break_the_file_is_refused_and_nothing_is_written(path, change, said):
    with pytest.raises(InputError, match=said):
        propose(path, change, now=NOW)
    assert path.read_text() == FILE


def test_a_file_that_was_changed_meanwhile_is_not_overwritten(path):
    proposal = propose(path, add_zone("cell", {}), now=NOW)
    path.write_text(FILE + "# somebody else\n")
    with pytest.raises(InputError, match="was changed meanwhile"):
        write(proposal)
    assert path.read_text() == FILE + "# somebody else\n"


def test_a_file_of_schema_1_becomes_one_of_schema_2(tmp_path):
    path = tmp_path / "zones.yaml"
    path.write_text("# old\nzones:\n  - {id: a, networks: [10.0.0.0/8]}\n")
    write(propose(path, assign("a", positions=["P1"]), now=NOW))
    assert path.read_text().startswith("# old\n")
    assert read_zones(path, now=NOW).zones[0].positions == ("P1",)


def test_a_file_that_is_not_there_yet_is_begun(tmp_path):
    path = tmp_path / "zones.yaml"
    write(propose(path, add_zone("a", {"networks": ["10.0.0.0/8"]}), now=NOW))
    assert [zone.id for zone in read_zones(path, now=NOW).zones] == ["a"]


@pytest.mark.parametrize("text", ["", "tcp", "opcua:", "tcp/x", "a b", "opcua:sctp/9", "tcp/4840/7"])
def test_what_is_no_line_of_allow_is_refused(text):
    with pytest.raises(InputError, match="--allow"):
        allowed(text)


@pytest.mark.parametrize(("text", "found"), [("2", "2"), ("IAC=2, RA=0", {"IAC": "2", "RA": "0"})])
def test_a_target_is_one_number_or_a_vector(text, found):
    assert levels(text) == found


@pytest.mark.parametrize("text", ["5", "IAC", "IAC=5", "IAC=1,", "IAC=1,IAC=2", ""])
def test_what_is_no_target_is_refused(text):
    with pytest.raises(InputError, match="--sl-t"):
        levels(text)


class TestLint:
    def test_what_is_missing_is_told_with_its_line(self, path):
        told = [f"{one.place.rpartition('/')[2]}: {one.said}" for one in advice(read_zones(path), (), ())]
        assert "zones.yaml:5: zone production: no trust; checks about the side trusted less stay unknown" in told
        assert any(line.startswith("zones.yaml:13: conduit c1: no boundary") for line in told)
        assert "zones.yaml: nobody approved the system" in told

    def test_a_document_that_is_not_the_approved_one_is_told(self, tmp_path):
        (tmp_path / "ra.pdf").write_bytes(b"new")
        path = tmp_path / "zones.yaml"
        approval = "{by: J. Doe, date: 2026-01-01, document: ra.pdf, sha256: " + "0" * 64 + "}"
        path.write_text(f"schema: 2\nzones:\n  - {{id: a, approvals: [{approval}]}}\n")
        assert any("is not the one that J. Doe approved" in one.said for one in advice(read_zones(path), (), ()))

    def test_a_boundary_that_nobody_knows_is_told_and_a_known_one_is_not(self, tmp_path):
        path = tmp_path / "zones.yaml"
        conduit = "{id: c, from: a, to: b, opens: to, boundary: [FW-1, fw-2]}"
        path.write_text(f"schema: 2\nzones: [{{id: a}}, {{id: b}}]\nconduits: [{conduit}]\n")
        known = (asset(fact("hostname", "fw-1")),)
        said = [one.said for one in advice(read_zones(path), known, ()) if "inventory" in one.said]
        assert said == ["conduit c: the boundary device fw-2 is not in the inventory"]


def _device(name: str, address: str, role: str = "", **more: str) -> Asset:
    facts = [fact("e ip_address", address, asset=name)]
    facts += [fact("asset_role_type", role, asset=name)] if role else []
    facts += [fact(key, value, asset=name) for key, value in more.items()]
    return asset(*facts, id=name)


def _flow(source: str, target: str, port: int, service: str = "") -> Flow:
    ends = ip_address(source), ip_address(target)
    return Flow("f-1", "plant", *ends, "tcp", port, service, NOW, NOW, 2, 2, 2, 10, "tap")


NONE = Topology((), (), ())
ZONES = (
    Zone("cell", "plant", (ip_network("10.0.0.0/24"),)),
    Zone("dmz", "plant", (ip_network("10.0.1.0/24"),), level="3.5"),
)


class TestSuggestions:
    def test_a_subnet_without_a_zone_becomes_one_with_its_reasons(self):
        devices = [_device(f"a{n}", f"10.9.0.{n}", "plc" if n < 4 else "hmi", vlan="209") for n in range(1, 6)]
        (one,) = suggest(devices, ZONES, (), (), NONE)
        assert one.kind == "zone"
        assert one.proposal == "assetctl zones add net-10-9-0-0 --realm plant --network 10.9.0.0/24 --level 1"
        assert one.reason == (
            "5 devices of no zone in this subnet; 3 plc, 2 hmi; VLAN 209; level 1 by most of their roles"
        )

    def test_a_mask_that_a_device_told_says_how_large_its_subnet_is(self):
        facts = (fact("e ip_address", "10.9.0.200"), fact("e interface_netmask", "255.255.255.128"))
        (one,) = suggest([asset(*facts)], (), (), (), NONE)
        assert "--network 10.9.0.128/25" in one.proposal

    def test_a_device_of_no_zone_goes_where_the_others_on_its_switch_are(self):
        devices = [_device(f"a{n}", f"10.0.0.{n}") for n in (1, 2)] + [asset(id="lost"), asset(id="sw")]
        links = tuple(Link(End("sw", str(n)), End(name), ("fdb",)) for n, name in enumerate(("a1", "a2", "lost")))
        found = suggest(devices, ZONES, (), (), Topology(links, (), (), frozenset({"sw"})))
        assert [(one.kind, one.proposal) for one in found] == [("member", "assetctl zones assign cell lost")]

    def test_a_level_is_suggested_only_where_most_roles_agree_and_none_is_declared(self):
        devices = with_zones([_device("a1", "10.0.0.1", "plc"), _device("a2", "10.0.1.1", "plc")], ZONES)
        assert [(one.subject, one.proposal) for one in suggest(devices, ZONES, (), (), NONE)] == [("cell", "level: 1")]
        mixed = with_zones([_device("a1", "10.0.0.1", "plc"), _device("a2", "10.0.0.2", "hmi")], ZONES)
        assert suggest(mixed, ZONES, (), (), NONE) == ()

    def test_a_device_in_two_zones_is_a_boundary_or_a_bridge_unless_a_conduit_names_it(self):
        facts = (fact("e ip_address", "10.0.0.9"), fact("f ip_address", "10.0.1.9"), fact("hostname", "fw"))
        (one,) = suggest([asset(*facts)], ZONES, (), (), NONE)
        assert one.kind == "boundary"
        assert "undeclared bridge" in one.reason
        assert suggest([asset(*facts)], ZONES, (Conduit("c", "cell", "dmz", "to", boundary=("FW",)),), (), NONE) == ()

    def test_flows_without_a_conduit_suggest_one_and_say_that_seen_is_not_allowed(self):
        flows = [_flow("10.0.0.1", "10.0.1.1", 4840, "opcua"), _flow("10.0.0.1", "10.0.1.1", 9999)]
        flows += [_flow("10.0.0.1", "10.0.0.2", 502), _flow("10.0.0.1", "10.7.0.2", 502)]
        (one,) = suggest((), ZONES, (), flows, NONE)
        assert one.proposal == (
            "assetctl zones conduit cell-dmz --from cell --to dmz --opens from --allow opcua:tcp/4840 --allow tcp/9999"
        )
        assert one.reason.endswith("allow only what is meant to be")
        assert suggest((), ZONES, (Conduit("c", "dmz", "cell", "to"),), flows, NONE) == ()

    def test_what_was_seen_once_while_others_stayed_is_perhaps_temporary(self):
        guest = _device("guest", "10.0.0.8")
        stayed = _device("plc", "10.0.0.1")
        later = stayed.last_seen + timedelta(days=20)
        moved = [guest, Asset(**{**{k: getattr(stayed, k) for k in Asset.__slots__}, "last_seen": later})]
        found = suggest(with_zones(moved, ZONES), ZONES, (), (), NONE)
        assert [one.subject for one in found if one.kind == "temporary"] == ["10.0.0.8"]

    def test_a_proposed_command_is_one_that_the_file_takes(self, path):
        devices = [_device("a1", "10.9.0.1", "plc")]
        (one,) = suggest(devices, (), (), (), NONE)
        words = one.proposal.split()
        name, network = words[3], words[words.index("--network") + 1]
        assert propose(path, add_zone(name, {"networks": [network], "level": "1"}), now=NOW).file.zones[-1].id == name


class TestCommands:
    @pytest.fixture
    def desk(self, tmp_path, monkeypatch):
        folder = tmp_path / "desk"
        folder.mkdir()
        desk = Desk(folder, monkeypatch)
        desk.write("assetctl.toml", '[files]\nzones = "zones.yaml"\n')
        desk.write("zones.yaml", FILE)
        return desk

    def test_a_difference_comes_before_anything_is_written(self, desk):
        said = desk.call("zones", "add", "cell", "--network", "10.40.0.0/24", "--dry-run")
        assert said.code == 0
        assert "+  - id: cell" in said.out
        assert (desk.folder / "zones.yaml").read_text() == FILE
        said = desk.call("zones", "add", "cell", "--network", "10.40.0.0/24")
        assert (said.code, said.errors) == (2, ["error: no terminal to ask on; give --yes, or --dry-run to look only"])
        assert (desk.folder / "zones.yaml").read_text() == FILE
        assert desk.call("zones", "add", "cell", "--network", "10.40.0.0/24", "--yes").code == 0
        assert "cell" in desk.call("zones", "list").out

    def test_every_mistake_of_a_file_is_one_row_and_returns_2(self, desk):
        desk.write("zones.yaml", "schema: 2\nzones:\n  - {id: a, parent: b}\n  - {id: b, parent: a, realm: X}\n")
        said = desk.call("-f", "jsonl", "zones", "lint")
        assert said.code == 2
        assert "zones.yaml:4" in said.out

    def test_a_zone_and_a_conduit_are_shown_and_an_unknown_one_is_told(self, desk):
        assert "production" in desk.call("zones", "show", "dmz").out
        assert "opcua tcp/4840" in desk.call("zones", "show", "c1").out
        assert desk.call("zones", "show", "dmx").errors == [
            'error: dmx: no such zone or conduit, did you mean "dmz"?; `assetctl zones list` shows them'
        ]

    def test_a_drawing_needs_no_database_and_is_the_same_every_time(self, desk):
        assert desk.call("zones", "draw", "--out", "a.svg").code == 0
        assert (desk.folder / "a.svg").read_text() == desk.call("zones", "draw").out

    def test_flows_are_taken_in_judged_and_suggested_from(self, desk):
        seen = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
        desk.write(
            "flows.csv",
            "src,dst,proto,port,start,service\n"
            f"10.20.0.5,10.30.0.9,tcp,445,{seen},smb\n10.20.0.5,8.8.8.8,udp,53,2026-01-01T00:00Z,\nx,10.30.0.9,tcp,1,{seen},\n",
        )
        said = desk.call("import", "flows", "flows.csv", "--sensor", "tap-3", "--covers", "dmz")
        assert said.code == 0
        assert 'flows.csv:4: "x" is not an address; the line is left out' in said.err
        assert "2 records of csv, 2 flows" in said.err
        assert "1 flow with an end in no declared zone" in said.err
        assert desk.call("zones", "suggest").code == 0
        with open_store(f"sqlite:///{desk.folder}/assetctl.db") as store:
            (capture,) = store.captures()
        assert isinstance(capture, Capture)
        assert (capture.sensor, capture.covers, capture.skipped) == ("tap-3", ("10.30.0.0/24",), 1)
        checked = desk.call("-f", "jsonl", "check", "--policy", "CON-002", "--policy", "CON-001")
        found = [json.loads(line) for line in checked.out.splitlines()]
        (failed,) = [one for one in found if one["result"] == "fail"]
        assert (failed["check"], failed["subject"], failed["evidence"][0]) == ("CON-002", "c1", capture.id)
        assert "10.20.0.5 to 10.30.0.9 tcp/445" in failed["statement"]
        assert {one["reason"] for one in found if one["check"] == "CON-001"} == {"no-flow-coverage"}
