"""How long a value stands, how far a clock is off, whom a name means, who is known, and what is gone."""

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address, ip_network

import pytest

from assetctl.errors import InputError
from assetctl.model import Fact, Position, Scan, ScanState, SubjectKind, Zone
from assetctl.policy.belonging import is_known_device, names_asset, seen_within
from assetctl.policy.context import Context, Group
from assetctl.policy.coverage import covers, looks_at
from assetctl.policy.expression import compile_expression
from assetctl.policy.for_each import Scope
from assetctl.policy.history import clock_offset_s, distinct, held_days
from assetctl.policy.plant import Plant
from assetctl.policy.reach import answers_outside, has_switch_port
from assetctl.policy.survey import Survey
from assetctl.policy.values import Operand, Reason, Span, Unknown
from tests.unit.policy_plants import NOW, asset, asset_of, fact

MONTH = timedelta(days=30)
CELL = Zone("cell", "plant", (ip_network("10.0.0.0/24"),))
OFFICE = Zone("office", "plant", (ip_network("10.0.2.0/24"),))


def context(*facts: Fact, plant: Plant | None = None, part: str = "", **more: object) -> Context:
    survey = Survey(plant or Plant((asset(*facts),)), NOW)
    return Context(survey, MONTH, survey.views.get("a1"), part, **more)  # type: ignore[arg-type]


def held(*facts: Fact) -> Operand:
    found = context(*facts)
    return held_days(found, found.seen, SubjectKind.ASSET, "", "slot")


def lasting(value: int, *, since: float, until: float = 0) -> Fact:
    return replace(fact("slot", value, days=until), first_seen=NOW - timedelta(days=since))


def test_a_value_stands_at_least_since_it_was_first_told() -> None:
    found = held(lasting(1, since=9))
    assert isinstance(found, Span)
    assert (found.low, found.high) == (9, float("inf"))
    assert held(fact("slot", 1)) == Span(0, float("inf"))


def test_what_was_told_before_bounds_how_long_a_value_stands() -> None:
    assert held(lasting(1, since=9), lasting(2, since=40, until=12)) == Span(9, 12)


def test_without_a_value_nothing_stands() -> None:
    found = held()
    assert isinstance(found, Unknown)
    assert found.reason is Reason.NOT_PROBED


def offset(told: str, *, days: float = 0) -> Operand:
    found = context(fact("host_time", told, days=days))
    return clock_offset_s(found, found.seen, SubjectKind.ASSET, "", "host_time")


def test_a_clock_is_compared_with_ours_at_the_time_of_reading() -> None:
    assert offset("2026-03-01T08:00:30+00:00") == 30
    assert offset("2026-03-01T09:59:00+02:00") == 60
    assert offset("2026-02-27T08:00:00+00:00", days=2) == 0
    for odd in ("2026-03-01T08:00:00", "noon", ""):
        assert isinstance(offset(odd), Unknown)


def test_a_look_up_of_texts_refuses_another_type() -> None:
    with pytest.raises(InputError, match="of a text"):
        compile_expression("clock_offset_s(asset.slot) <= 3", Scope("asset"))
    with pytest.raises(InputError, match="cannot be asked"):
        compile_expression("distinct(asset.slot) == 1", Scope("asset"))
    with pytest.raises(InputError, match="cannot be asked"):
        compile_expression("uses_tls()", Scope("certificate"))
    assert compile_expression('service.service_name == "opcua"', Scope("certificate")).type == "flag"


def test_a_member_without_a_value_may_add_another() -> None:
    views = Survey(Plant((asset_of({"slot": 1}), asset_of({"slot": 1}, id="a2"), asset(id="a3"))), NOW).views
    found = context()
    found.group = Group("x", 2, (), ((views["a1"], ""), (views["a2"], "")))
    assert distinct(found, views["a1"], SubjectKind.ASSET, "", "slot") == 1
    found.group = Group("x", 3, (), tuple((view, "") for view in views.values()))
    assert distinct(found, views["a1"], SubjectKind.ASSET, "", "slot") == Span(1, 2)


@pytest.mark.parametrize(
    ("host", "names", "expected"),
    [
        ("plc1", ("PLC1.plant.example",), True),
        ("plc1.plant.example", ("*.plant.example",), True),
        ("plc1.plant.example", ("plc1.other.example",), False),
        ("plc1", ("plc2",), False),
        ("plc1", (), False),
        ("plc1", ("*.plant.example",), None),
        ("plc1", ("10.0.0.9",), None),
        ("plc1", ("plc2", "10.0.0.5"), True),
    ],
)
def test_a_name_is_that_of_the_asset_or_not_or_open(host: str, names: tuple[str, ...], expected: bool | None) -> None:
    found = names_asset(context(fact("hostname", host), fact("if1 ip_address", "10.0.0.5")), names)
    assert (None if isinstance(found, Unknown) else found) is expected


def test_without_a_host_name_no_name_is_wrong() -> None:
    assert isinstance(names_asset(context(), ("x",)), Unknown)


def neighbour(**told: str) -> tuple[Fact, ...]:
    return tuple(fact(f"p1/x {key}", value) for key, value in told.items())


def test_a_device_that_was_only_heard_of_is_not_known() -> None:
    mac = "00:11:22:33:44:55"
    told = neighbour(neighbour_mac_address=mac)
    heard = asset(fact("if1 mac_address", mac, asset="a2", confidence=60), id="a2")
    asked = asset(fact("if1 mac_address", mac, asset="a2"), id="a2")
    for other, expected in ((heard, False), (asked, True), (replace(heard, position="P-1"), True)):
        plant = Plant((asset(*told), other))
        assert is_known_device(context(plant=plant, part="p1/x")) is expected
    assert isinstance(is_known_device(context(*neighbour(neighbour_port="3"), part="p1/x")), Unknown)


def test_a_device_is_no_neighbour_of_itself() -> None:
    own = (fact("hostname", "sw1"), *neighbour(neighbour_name="sw1"))
    assert is_known_device(context(*own, part="p1/x")) is False


POSITION = Position("P-1", "plant", {"ip_address": "10.0.0.5"}, {}, "register.yaml", NOW)


def scan(days: float, *coverage: str, state: ScanState = ScanState.DONE, excluded: tuple[str, ...] = ()) -> Scan:
    at = NOW - timedelta(days=days)
    return Scan("s1", "plant", state, at, at, "eth0", coverage=coverage, excluded=excluded)


def gone(*scans: Scan, days: float = 60, confidence: int = 90) -> Operand:
    seen = fact("if1 ip_address", "10.0.0.5", days=days, confidence=confidence)
    plant = Plant((replace(asset(seen), position="P-1"),), positions=(POSITION,), scans=scans)
    return seen_within(context(plant=plant, position=POSITION), 30)


def test_a_device_is_missed_only_where_a_whole_run_asked_for_it() -> None:
    assert gone(days=3) is True
    assert gone(scan(1, "10.0.0.0/24")) is False
    for less in (
        gone(),
        gone(scan(40, "10.0.0.0/24")),
        gone(scan(1, "10.0.9.0/24")),
        gone(scan(1, "10.0.0.0/24", state=ScanState.PARTIAL)),
        gone(scan(1, "10.0.0.0/24", excluded=("10.0.0.5",))),
        gone(scan(1, "10.0.0.0/24"), confidence=50),
    ):
        assert isinstance(less, Unknown)


def test_what_a_run_excluded_it_did_not_look_at() -> None:
    whole = scan(1, "plant/10.0.0.0/25", "10.0.0.128-10.0.0.255", "nmap report.xml")
    assert covers([whole], ip_network("10.0.0.0/24"))
    holed = replace(whole, excluded=("10.0.0.7",))
    assert not covers([holed], ip_network("10.0.0.0/24"))
    assert [looks_at(holed, ip_address(ip)) for ip in ("10.0.0.6", "10.0.0.7", "10.0.1.1", "::1")] == [
        *(True, False, False, False)
    ]


def outside(*facts: Fact, zones: tuple[Zone, ...] = (CELL, OFFICE)) -> Operand:
    plant = Plant((asset(fact("if1 ip_address", "10.0.0.5"), *facts, zone="cell"),), zones=zones)
    return answers_outside(context(plant=plant), ("tcp/502", "udp/161"))


def asked(port: str, state: str, vantage: str = "eth0/10.0.2.9") -> Fact:
    return fact(f"{port} port_state", state, vantage=vantage)


def test_silence_of_a_udp_port_is_no_answer_to_another_zone() -> None:
    shut = asked("tcp/502", "filtered")
    assert outside(shut, asked("udp/161", "closed")) is False
    assert isinstance(outside(shut, asked("udp/161", "filtered")), Unknown)
    assert outside(asked("tcp/502", "open")) is True


def test_only_another_zone_is_outside() -> None:
    inside = asked("tcp/502", "open", "eth0/10.0.0.9"), asked("udp/161", "open", "eth0/10.0.0.9")
    assert isinstance(outside(*inside), Unknown)
    part = replace(OFFICE, parent="cell")
    assert isinstance(outside(asked("tcp/502", "open"), zones=(CELL, part)), Unknown)
    assert isinstance(outside(asked("tcp/502", "open", "eth0/any")), Unknown)


def port_told(
    *, seen_days: float = 0, links: tuple[tuple[str, str], ...] = (("a2", "sw"),), is_switch: bool = False
) -> Operand:
    """Of a1, which stands in a zone with a2 and the switch sw that was read today."""
    old = NOW - timedelta(days=seen_days)
    one = replace(asset(fact("model", "x", days=seen_days), id="a1", zone="cell"), first_seen=old, last_seen=old)
    others = (asset(id="a2", zone="cell"), asset(id="sw", zone="cell"))
    switches = frozenset({"sw", "a1"} if is_switch else {"sw"})
    plant = Plant((one, *others), (CELL,), links=links, switches=switches)
    return has_switch_port(context(plant=plant))


def test_a_device_that_no_table_holds_has_no_known_port() -> None:
    assert port_told() is False
    assert port_told(links=(("a1", "sw"),)) is True


def test_a_device_that_was_gone_when_the_tables_were_read_cannot_stand_in_them() -> None:
    assert port_told(seen_days=9) == Unknown(Reason.STALE, "presence")


def test_what_passes_frames_on_is_found_by_its_cable_alone() -> None:
    assert port_told(is_switch=True) == Unknown(Reason.NOT_COVERED, "switches")
    assert port_told(is_switch=True, links=(("a1", "sw"), ("a2", "sw"))) is True


def test_whether_a_device_was_seen_rests_on_the_last_look_at_it() -> None:
    seen = fact("model", "x", days=50)
    plant = Plant((asset(seen, fact("slot", 1, days=60), position="P-1"),))
    found = context(plant=plant, position=POSITION)
    seen_within(found, 30)
    assert [reading.facts for reading in found.trace] == [(seen,)]
