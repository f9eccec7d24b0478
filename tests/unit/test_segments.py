"""Laws of segments: named or not at all, asked as a whole, and every station a device of its own."""

import tomllib
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from assetctl import fingerprint, merge
from assetctl.approval import draft, objections, read
from assetctl.errors import InputError, Refusal, SafetyStop
from assetctl.model import Address, Claim, NetworkKind, Observation, Outcome, Segment, SubjectKind, Transport
from assetctl.plan import Step, steps
from assetctl.protocol import Context
from assetctl.protocols import registry
from assetctl.protocols.profinet_dcp import codec
from assetctl.safety.gate import Gate
from assetctl.safety.ledger import read as lines_of
from assetctl.safety.permit import Permit, Refused
from assetctl.scope import NamedSegment, Scope, Vantage, Window
from assetctl.scoping.build import build_scope
from assetctl.settings import load_settings
from assetctl.sightings import sightings, split
from assetctl.talk import Ask, Open
from assetctl.transport.link import LinkConnection
from assetctl.transport.route import check_segment
from assetctl.work import contexts, ledgers
from assetctl.work.plan_text import lines
from tests.unit.plants import NOW, Clock, gate, plan_of, target

CELL = Segment("plant", "eth1")
NAMED = NamedSegment(CELL, "A. Engineer", "the line stands still", name="cell 1")
SCOPE = Scope(segments=(NAMED,), probes=("profinet_dcp", "lldp"))
OPEN = Open(Transport.LINK, codec.ETHER_TYPE)
GOOD = Ask(codec.encode_identify_all(xid=7, delay_factor=300), codec.FRAMING)
SETTINGS = """
[targets]
include = ["10.20.1.7"]
[[segments]]
interface = "eth1"
name = "cell-1"
by = "A. Engineer"
reason = "the line stands still"
[[segments]]
interface = "eth2"
realm = "hall2"
by = "A. Engineer"
reason = "the line stands still"
"""


def step_of(scope: Scope = SCOPE, protocol: str = "profinet_dcp") -> Step:
    (_, todo), *_ = steps(plan_of(scope), registry(), CELL)
    return next(step for step in todo if step.protocol == protocol)


def gated(folder: Path, scope: Scope = SCOPE, **rules: Any) -> Gate:
    return gate(plan_of(scope), folder, **rules)


def settings_scope(folder: Path, content: str = SETTINGS, **flags: Any) -> Scope:
    path = folder / "assetctl.toml"
    path.write_text(content)
    return build_scope(load_settings(path, cwd=folder, environ={}), **flags)


def heard(*claims: Claim, scan: str = "s1", step: str = "profinet_dcp") -> Observation:
    at = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    return Observation(
        id=f"{scan}/{step}@{CELL}", scan=scan, source="probe", reader=f"{step}/1", realm="plant", target=None,
        vantage="eth1/any", outcome=Outcome.ANSWERED if claims else Outcome.SILENT, started=at, ended=at,
        exchanges=(), claims=claims, port=codec.ETHER_TYPE, transport=Transport.LINK,
    )  # fmt: skip


def station(mac: str, ip: str = "", **texts: str) -> tuple[Claim, ...]:
    part = f"station/{mac}"
    found = [Claim("mac_address", mac, SubjectKind.INTERFACE, mac, part)]
    found += [Claim("ip_address", ip, SubjectKind.INTERFACE, mac, part)] if ip else []
    return (*found, *(Claim(key, value, part=part) for key, value in texts.items()))


# --- who may be asked -------------------------------------------------------------------------------------------------


def test_without_a_named_segment_no_frame_is_planned() -> None:
    plan = plan_of(Scope(targets=(target("10.20.1.7"),)))
    assert not plan.segments
    assert all(row.transport is not Transport.LINK for row in plan.rows)


def test_a_named_segment_is_counted_frame_by_frame_and_says_that_nobody_can_be_left_out() -> None:
    plan = plan_of(SCOPE)
    rows = {row.protocol: row for row in plan.rows}
    assert {name: (row.packets, row.listen_s) for name, row in rows.items()} == {
        "profinet_dcp": (1, 4.0),
        "lldp": (0, 35.0),
    }
    assert "no address can be excluded" in rows["profinet_dcp"].why
    assert "A. Engineer: the line stands still" in rows["profinet_dcp"].why
    assert (plan.packets, plan.devices, plan.segments) == (1, 0, (CELL,))
    shown = "\n".join(lines(plan, vantage=Vantage("plant")))
    assert "1 frame to all stations, listens 4 s" in shown
    assert "sends nothing, listens 35 s" in shown
    assert "no address can be excluded" in shown


def test_the_chosen_probes_hold_on_a_segment_too() -> None:
    plan = plan_of(replace(SCOPE, probes=("modbus",)))
    assert not plan.rows
    assert {why for _, why in plan.left_out} >= {"profinet_dcp: not among the chosen probes"}


@pytest.mark.parametrize("told", ["0", "-1", "601", "4,5", "x", "1e2", "nan"])
def test_a_listening_time_that_is_none_is_refused(told: str) -> None:
    with pytest.raises(InputError, match="listen_s"):
        plan_of(replace(SCOPE, parameters={"lldp": {"listen_s": told}}))


def test_the_listening_time_of_the_scope_reaches_the_talk_and_its_replay() -> None:
    scope = replace(SCOPE, parameters={"lldp": {"listen_s": "90"}})
    context = contexts.context_for(step_of(scope, "lldp"), "s1", scope)
    assert step_of(scope, "lldp").listen_s == 90
    assert contexts.read(contexts.written(context)) == context
    assert context.parameters["listen_s"] == "90"
    assert context.host == "eth1"


def test_segments_come_from_the_settings_alone_and_follow_the_targets(tmp_path: Path) -> None:
    by_file = settings_scope(tmp_path)
    assert [str(one.segment) for one in by_file.segments] == ["plant/link:eth1"]
    assert not settings_scope(tmp_path, targets=["10.20.1.9"]).segments
    named = settings_scope(tmp_path, targets=["link:cell-1", "link:eth1"])
    assert [str(one.segment) for one in named.segments] == ["plant/link:eth1"]
    assert not named.targets
    with pytest.raises(InputError, match=r"no .*segments.* allows it, did you mean"):
        settings_scope(tmp_path, targets=["link:cell-2"])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('interface = "eth1"', "by"),
        ('interface = "a name far too long"\nby = "x"\nreason = "y"', "interface"),
        ('interface = "eth1"\nby = " "\nreason = "y"', "by"),
        (
            'interface = "eth1"\nby = "x"\nreason = "y"\n[[segments]]\ninterface = "eth1"\nby = "x"\nreason = "y"',
            "twice",
        ),
    ],
)
def test_a_segment_without_interface_name_and_reason_is_refused(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        settings_scope(tmp_path, f"[[segments]]\n{line}\n")


def test_a_profile_tightens_a_segment(tmp_path: Path) -> None:
    marked = SETTINGS.replace('name = "cell-1"', 'name = "cell-1"\nkind = "lab"')
    assert settings_scope(tmp_path, marked).network_of(CELL).kind is NetworkKind.LAB
    assert settings_scope(tmp_path, marked, profile="ot-safe").network_of(CELL).kind is NetworkKind.OT


def test_an_approval_names_each_segment() -> None:
    plan = plan_of(SCOPE)
    text = draft(plan, now=NOW, until=NOW + timedelta(days=1), realm="plant").replace("[]  #", '["A. Example"]  #')
    signed = read(tomllib.loads(text), text.encode(), "approval.toml")
    assert objections(plan, signed, now=NOW, runs_used=0, realm="plant") == ()
    other = replace(signed, segments=frozenset({"plant/link:eth9"}))
    assert "segment plant/link:eth1 is not approved" in objections(plan, other, now=NOW, runs_used=0, realm="plant")


def test_a_segment_lies_behind_the_declared_interface() -> None:
    check_segment(Vantage("plant", "eth1", declared=True), "eth1")
    check_segment(Vantage("plant"), "eth1")
    with pytest.raises(SafetyStop, match="not on eth0"):
        check_segment(Vantage("plant", "eth0", declared=True), "eth1")


# --- what may leave ---------------------------------------------------------------------------------------------------


def test_a_frame_takes_a_permit_and_its_line_comes_first(tmp_path: Path) -> None:
    g, step = gated(tmp_path), step_of()
    assert isinstance(g.permit(step, OPEN, opened=OPEN), Permit)
    permit = g.permit(step, GOOD, opened=OPEN)
    assert isinstance(permit, Permit)
    opened, asked = [line.entry for line in lines_of(tmp_path / "ledger")]
    assert (opened["packets"], asked["packets"], asked["units"]) == (0, 1, 1)
    assert asked["to"] == "plant/link:eth1"
    assert ledgers.destination(asked["to"]) == CELL
    assert permit.payload == GOOD.payload


def test_what_is_no_identify_and_what_is_sent_elsewhere_is_refused(tmp_path: Path) -> None:
    g, step = gated(tmp_path), step_of()
    bad = bytearray(GOOD.payload)
    bad[16] = 4  # DCP Set
    assert isinstance(g.permit(step, replace(GOOD, payload=bytes(bad)), opened=OPEN), Refused)
    elsewhere = replace(step, address=Segment("plant", "eth9"))
    assert isinstance(g.permit(elsewhere, GOOD, opened=OPEN), Refused)
    address = Address("plant", ip_address("10.20.1.7"))
    assert isinstance(g.permit(replace(step, address=address), GOOD, opened=OPEN), Refused)
    udp = Open(Transport.UDP, codec.ETHER_TYPE)
    assert isinstance(g.permit(step, udp, opened=udp), Refused)


def test_frames_do_not_leave_to_an_address_that_is_planned(tmp_path: Path) -> None:
    plan = plan_of(Scope(targets=(target("10.20.1.7"),), probes=("modbus",)))
    step = next(iter(steps(plan, registry(), plan.targets[0])))[1][0]
    link = Open(Transport.LINK, 502)
    refused = gate(plan, tmp_path).permit(step, link, opened=link)
    assert isinstance(refused, Refused)
    assert "named segment" in refused.reason


def test_nothing_leaves_after_a_stop_or_outside_the_window(tmp_path: Path) -> None:
    stopped = gated(tmp_path, stop=lambda: "ctrl-c")
    assert isinstance(stopped.permit(step_of(), OPEN, opened=OPEN), Refused)
    night = Window(tuple(range(7)), time(1, 0), time(2, 0))
    for kind, allowed in ((NetworkKind.OT, False), (NetworkKind.LAB, True)):
        scope = replace(SCOPE, windows=(night,), segments=(replace(NAMED, kind=kind),))
        folder = tmp_path / kind
        folder.mkdir()
        begun = gated(folder, scope).begin(step_of(scope), worst_s=1.0)
        assert (begun is None) is allowed


def test_the_budget_of_a_segment_ends_the_asking(tmp_path: Path) -> None:
    clock = Clock()
    g, step = gated(tmp_path, clock=clock), step_of()
    for _ in range(24):
        assert isinstance(g.permit(step, GOOD, opened=OPEN), Permit)
        clock.seconds += 1
    refused = g.permit(step, GOOD, opened=OPEN)
    assert isinstance(refused, Refused)
    assert "budget" in refused.reason


def test_silence_on_a_segment_is_no_sign_of_harm(tmp_path: Path) -> None:
    g, step = gated(tmp_path), step_of()
    permit = g.permit(step, GOOD, opened=OPEN)
    assert isinstance(permit, Permit)
    assert g.answered(step, permit, Outcome.ANSWERED, (b"x",), 5.0, "") == ""
    for payload in (b"1", b"2", b"3"):
        permit.payload = payload
        assert g.answered(step, permit, Outcome.SILENT, (), None, "") == ""
    assert not g.tripped


def test_a_permit_for_a_segment_opens_no_socket_to_an_address(tmp_path: Path) -> None:
    permit = gated(tmp_path).permit(step_of(), OPEN, opened=OPEN)
    assert isinstance(permit, Permit)
    with pytest.raises(Refusal, match="none for an address"):
        _ = permit.ip


@pytest.mark.parametrize("spoiled", [b"", GOOD.payload[:12] + b"\x08\x00" + GOOD.payload[14:], b"\xff" * 60])
def test_the_transport_sends_only_frames_of_its_type_and_without_a_source(spoiled: bytes) -> None:
    connection = LinkConnection.__new__(LinkConnection)
    connection._ether_type, connection._own = codec.ETHER_TYPE, bytes.fromhex("001c06000001")
    with pytest.raises(Refusal):
        connection._framed(spoiled)
    sent = connection._framed(GOOD.payload)
    assert (sent[:6], sent[6:12], sent[12:]) == (codec.EVERYBODY, connection._own, GOOD.payload[12:])


# --- what came of it --------------------------------------------------------------------------------------------------


def test_every_station_is_an_observation_with_its_mac_and_its_address() -> None:
    whole = heard(*station("28:63:36:AB:CD:01", "10.20.1.7"), *station("AC:64:17:01:02:03"))
    first, second = split(whole)
    assert (first.record, first.target) == ("28:63:36:AB:CD:01", Address("plant", ip_address("10.20.1.7")))
    assert (second.record, second.target) == ("AC:64:17:01:02:03", None)
    assert {claim.part for claim in (*first.claims, *second.claims)} == {""}
    assert split(heard()) == ()


@pytest.mark.parametrize("ip", ["0.0.0.0", "127.0.0.1", "224.0.0.1", "169.254.3.4", "fe80::1"])
def test_an_address_that_is_nobodys_own_does_not_tie(ip: str) -> None:
    (one,) = split(heard(*station("28:63:36:AB:CD:01", ip)))
    assert one.target is None


def test_a_talk_that_nobody_answered_shows_no_device() -> None:
    assert merge.cluster(sightings([heard()], derive=fingerprint.derive)) == ()


def test_a_station_is_joined_by_mac_with_what_other_protocols_heard_and_by_address_with_what_was_asked() -> None:
    dcp = heard(*station("28:63:36:AB:CD:01", "10.20.1.7", hostname="plc-line1"), *station("AC:64:17:01:02:03"))
    lldp = heard(*station("28:63:36:AB:CD:01", description="CPU"), step="lldp")
    asked = replace(
        heard(Claim("model", "M340")), id="s1/modbus@x", target=Address("plant", ip_address("10.20.1.7")),
        transport=Transport.TCP, port=502,
    )  # fmt: skip
    clusters = merge.cluster(sightings([dcp, lldp, asked]))
    assert sorted(len(one.sightings) for one in clusters) == [1, 3]
    reasons = {join.key for one in clusters for join in one.joins}
    assert reasons == {"mac_address", "address"}


def test_two_stations_of_one_talk_stay_two_even_when_they_tell_one_address() -> None:
    both = heard(*station("28:63:36:AB:CD:01", "10.20.1.7"), *station("AC:64:17:01:02:03", "10.20.1.7"))
    assert len(merge.cluster(sightings([both]))) == 2


def test_two_stations_are_one_device_where_another_source_knows_both_mac_addresses() -> None:
    macs = ("28:63:36:AB:CD:01", "28:63:36:AB:CD:02")
    both = heard(*station(macs[0]), *station(macs[1]))
    asked = replace(
        heard(*(Claim("mac_address", mac, SubjectKind.INTERFACE, mac) for mac in macs)), id="s1/snmp@x",
        target=Address("plant", ip_address("10.20.1.7")), transport=Transport.UDP, port=161,
    )  # fmt: skip
    (one,) = merge.cluster(sightings([both, asked]))
    assert len(one.sightings) == 3


def test_the_order_of_the_stations_changes_nothing() -> None:
    one, other = station("28:63:36:AB:CD:01", "10.20.1.7"), station("AC:64:17:01:02:03", "10.20.1.8")
    assert merge.cluster(sightings([heard(*one, *other)])) == merge.cluster(sightings([heard(*other, *one)]))


def test_a_link_protocol_takes_no_other_transport() -> None:
    for name in ("profinet_dcp", "lldp"):
        first = next(registry()[name].probe(Context(port=codec.ETHER_TYPE)))
        assert isinstance(first, Open)
        assert first.transport is Transport.LINK
