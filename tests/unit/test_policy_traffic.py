"""Laws of flows in judgement: which conduit holds, who could have seen what, and that less sight never decides more."""

import random
from datetime import timedelta
from ipaddress import ip_address, ip_network

import pytest

from assetctl.model import Allowed, Capture, Conduit, Flow, Result, Source, Zone
from assetctl.policy.evaluation import verdicts
from assetctl.policy.judge import judge
from assetctl.policy.load import checks_folder, load_checks
from assetctl.policy.plant import Plant
from assetctl.policy.survey import Survey
from assetctl.policy.traffic import Traffic
from tests.unit.policy_plants import NOW, asset, fact

DAY = timedelta(days=1)
CHECKS = {one.id: one for one in load_checks([checks_folder()])}
ABOUT_FLOWS = [one for name, one in CHECKS.items() if name.startswith("CON-") or "watched(" in one.assertion.text]


def zone(name: str, *networks: str, parent: str = "", level: str = "", trust: str = "") -> Zone:
    return Zone(name, "plant", tuple(map(ip_network, networks)), level, parent=parent, trust=trust)


def flow(source: str, target: str, port: int = 502, *, transport: str = "tcp", days: float = 1, **more: object) -> Flow:
    seen = NOW - days * DAY
    told = {"service": "", "connections": 1, "answered": 1, "opened": 1, "size_bytes": 9, "sensor": "tap", **more}
    ends = ip_address(source), ip_address(target)
    return Flow("f-1", "plant", *ends, transport, port, first_seen=seen, last_seen=seen, **told)  # type: ignore[arg-type]


def capture(*covers: str, since: float = 30, until: float = 0, name: str = "f-1", realm: str = "plant") -> Capture:
    return Capture(name, realm, "tap", "zeek", "x", "", NOW - since * DAY, NOW - until * DAY, NOW, covers)


def traffic(*flows: Flow, zones: tuple[Zone, ...], conduits: tuple[Conduit, ...] = (), **more: object) -> Traffic:
    return Traffic(Survey(Plant((), zones, flows=flows, conduits=conduits, **more), NOW))  # type: ignore[arg-type]


NESTED = (
    zone("plant", "10.0.0.0/16"),
    zone("cell-1", "10.0.1.0/24", parent="plant"),
    zone("cell-2", "10.0.2.0/24", parent="plant"),
    zone("dmz", "10.9.0.0/24"),
)
ANY = (Allowed("", "tcp", (1, 65535)),)


@pytest.mark.parametrize(
    ("ends", "declared", "holds"),
    [
        (("10.0.1.5", "10.9.0.5"), ("plant", "dmz"), True),
        (("10.9.0.5", "10.0.1.5"), ("plant", "dmz"), True),
        (("10.0.1.5", "10.9.0.5"), ("cell-1", "dmz"), True),
        (("10.0.1.5", "10.9.0.5"), ("cell-2", "dmz"), False),
        (("10.0.0.5", "10.9.0.5"), ("cell-1", "dmz"), False),
        (("10.0.1.5", "10.0.2.5"), ("cell-1", "cell-2"), True),
        (("10.0.1.5", "10.0.2.5"), ("cell-1", "plant"), False),
        (("10.0.1.5", "10.0.0.5"), ("cell-1", "plant"), True),
        (("10.0.1.5", "10.0.1.6"), ("cell-1", "plant"), False),
        (("10.0.1.5", "8.8.8.8"), ("cell-1", "dmz"), False),
    ],
)
def test_a_conduit_holds_for_its_zones_and_what_lies_inside_them(ends, declared, holds):
    found = traffic(flow(*ends), zones=NESTED, conduits=(Conduit("c", *declared, "both", ANY),))
    assert (found.flows[0].conduit is not None) is holds


def test_the_nearest_conduit_counts_and_of_several_the_one_that_allows():
    near = Conduit("near", "cell-1", "dmz", "both")
    far = Conduit("far", "plant", "dmz", "both", ANY)
    assert traffic(flow("10.0.1.5", "10.9.0.5"), zones=NESTED, conduits=(far, near)).flows[0].conduit == near
    other = Conduit("other", "dmz", "cell-1", "both", ANY)
    assert traffic(flow("10.0.1.5", "10.9.0.5"), zones=NESTED, conduits=(near, other)).flows[0].conduit == other


@pytest.mark.parametrize(
    ("target", "inside"),
    [
        ("10.0.1.9", True),
        ("10.0.1.255", True),
        ("255.255.255.255", True),
        ("224.0.0.251", True),
        ("169.254.7.7", True),
        ("10.0.2.9", False),
        ("8.8.8.8", False),
    ],
)
def test_what_goes_to_a_group_or_to_all_stays_in_its_zone(target, inside):
    assert traffic(flow("10.0.1.5", target), zones=NESTED).flows[0].stays_inside is inside


def test_flows_of_several_captures_are_one_with_all_they_told():
    rows = (flow("10.0.1.5", "10.9.0.5", days=3, service="http"), flow("10.0.1.5", "10.9.0.5", service="modbus"))
    (one,) = traffic(*rows, zones=NESTED).flows
    assert one.service == "http,modbus"
    assert one.last_seen == NOW - DAY


def test_an_asset_put_into_a_zone_by_name_has_its_flows_there():
    plant = Plant((asset(fact("e ip_address", "10.0.1.5"), zone="dmz"),), NESTED, flows=(flow("10.0.1.5", "10.0.2.5"),))
    found = Traffic(Survey(plant, NOW)).flows[0]
    assert found.from_zone is not None
    assert found.from_zone.id == "dmz"


def test_time_in_sight_is_counted_once_and_only_where_everything_was_in_sight():
    captures = (
        capture("10.0.1.0/24", since=10, until=6),
        capture("10.0.0.0/16", since=8, until=5, name="f-2"),
        capture("10.0.1.0/25", since=5, until=0, name="f-3"),
        capture("10.0.1.0/24", since=5, until=0, name="f-4", realm="other"),
    )
    found = traffic(zones=NESTED, captures=captures)
    assert found.watched(NESTED[1], NOW - 30 * DAY) == 5 * DAY
    assert found.watched(NESTED[1], NOW - 7 * DAY) == 2 * DAY
    assert found.watched(NESTED[3], NOW - 30 * DAY) == 0 * DAY


def test_a_zone_without_ranges_is_in_sight_with_all_its_devices():
    device = asset(fact("e ip_address", "10.5.0.1"), zone="named")
    zones = (Zone("named", "plant", (), assets=("a1",)),)
    seen = Traffic(Survey(Plant((device,), zones, captures=(capture("10.5.0.0/24"),)), NOW))
    assert seen.watched(zones[0], NOW - 30 * DAY) == 30 * DAY
    unseen = Traffic(Survey(Plant((), zones, captures=(capture("0.0.0.0/0"),)), NOW))
    assert unseen.watched(zones[0], NOW - 30 * DAY) == 0 * DAY, "a zone of which no device is known"


def test_a_device_outside_the_ranges_of_its_zone_must_be_in_sight_too():
    device = asset(fact("e ip_address", "10.5.0.1"), zone="cell-1")
    for covers, days in ((("10.0.1.0/24",), 0), (("10.0.1.0/24", "10.5.0.0/30"), 30)):
        seen = Traffic(Survey(Plant((device,), NESTED, captures=(capture(*covers),)), NOW))
        assert seen.watched(NESTED[1], NOW - 30 * DAY) == days * DAY


@pytest.mark.parametrize(("state", "result"), [("open", Result.FAIL), ("closed", Result.PASS)])
def test_what_was_mended_since_does_not_answer_the_business_network_any_more(state: str, result: Result) -> None:
    asked = [("open", "s7", 9), (state, "ports", 1)]
    facts = [
        fact("tcp/102 port_state", value, source=Source("probe", source), days=days, vantage="eth0/10.4.0.2")
        for value, source, days in asked
    ]
    zones = (zone("cell", "10.0.1.0/24", level="1"), zone("office", "10.4.0.0/24", level="4"))
    plc = asset(fact("10.0.1.5 ip_address", "10.0.1.5", days=1), *facts, zone="cell")
    plant = Plant((plc,), zones, captures=(capture("10.0.0.0/8"),))
    found = {v.target.subject: v.result for v in verdicts(CHECKS["CON-006"], Survey(plant, NOW))}
    assert found["cell"] is result


def _random_plant(r: random.Random) -> Plant:
    levels, trusts = ("0", "1", "3.5", "4", ""), ("trusted", "semi", "untrusted", "")
    zones = tuple(
        zone(f"z{n}", f"10.{n}.0.0/24", level=r.choice(levels), trust=r.choice(trusts)) for n in range(r.randint(1, 4))
    )
    names = [one.id for one in zones]
    lines = [Allowed("modbus", "tcp", (502, 502)), Allowed("", "tcp", (443, 443)), Allowed("http", "tcp", (80, 80))]
    conduits = tuple(
        Conduit(f"c{n}", *r.sample(names, 2), r.choice(("from", "to", "both")), tuple(r.sample(lines, r.randint(0, 3))))
        for n in range(r.randint(0, 3) if len(names) > 1 else 0)
    )
    ends = [f"10.{n}.0.{host}" for n in range(5) for host in (1, 2)] + ["8.8.8.8"]
    flows = tuple(
        flow(
            *r.sample(ends, 2),
            r.choice((502, 443, 80, 25, 3389, 53)),
            transport=r.choice(("tcp", "udp")),
            days=r.choice((1, 3, 60)),
            service=r.choice(("", "modbus", "http", "ssl", "smtp", "rdp", "dns")),
            answered=r.randint(0, 1),
            opened=r.randint(0, 1),
        )
        for _ in range(r.randint(0, 4))
    )
    devices = tuple(
        asset(
            fact("e ip_address", f"10.{n}.0.1", asset=f"a{n}"),
            fact("asset_role_type", r.choice(("plc", "hmi", "phone")), asset=f"a{n}"),
            id=f"a{n}",
            zone=f"z{n}",
        )
        for n in range(len(zones))
    )
    captures = tuple(
        capture(f"10.{n}.0.0/{r.choice((24, 25))}", since=r.choice((3, 20, 90)), until=r.choice((0, 2)), name=f"f-{n}")
        for n in range(5)
        if r.random() < 0.8
    )
    return Plant(devices, zones, conduits=conduits, flows=flows, captures=captures)


def test_less_sight_never_decides_more_nor_otherwise() -> None:
    """What is definite without a capture stays the same with it, over every check that goes over flows."""
    r = random.Random(7)
    definite = 0
    for _ in range(160):
        whole = _random_plant(r)
        kept = tuple(one for one in whole.captures if r.random() < 0.5)
        less = Plant(whole.assets, whole.zones, conduits=whole.conduits, flows=whole.flows, captures=kept)
        for check in ABOUT_FLOWS:
            full = {v.target.key: v.result for v in verdicts(check, Survey(whole, NOW))}
            for verdict in verdicts(check, Survey(less, NOW)):
                if verdict.result in (Result.PASS, Result.FAIL):
                    definite += 1
                    assert full[verdict.target.key] is verdict.result, (check.id, verdict.target.key)
    assert definite > 500


def test_the_order_of_flows_and_captures_changes_nothing() -> None:
    whole = _random_plant(random.Random(3))
    turned = Plant(
        whole.assets[::-1],
        whole.zones[::-1],
        conduits=whole.conduits[::-1],
        flows=whole.flows[::-1],
        captures=whole.captures[::-1],
    )
    assert judge(ABOUT_FLOWS, turned, now=NOW) == judge(ABOUT_FLOWS, whole, now=NOW)


def test_many_flows_are_judged_in_bounded_time_and_loops_in_loops_are_not() -> None:
    flows = tuple(flow(f"10.0.1.{n % 250}", f"10.9.{n // 250}.5", 502, days=1) for n in range(12_000))
    zones = (zone("cell", "10.0.1.0/24"), zone("far", "10.9.0.0/16"))
    plant = Plant((), zones, flows=flows, captures=(capture("10.0.0.0/8"),))
    found = judge([CHECKS["CON-001"]], plant, now=NOW)
    assert {one.result for one in found.findings} == {Result.FAIL}
    declared = Plant(
        (), zones, flows=flows, captures=plant.captures, conduits=(Conduit("c", "cell", "far", "both", ANY),)
    )
    assert judge([CHECKS["CON-001"]], declared, now=NOW).counts == {("CON-001", Result.PASS): 2}
