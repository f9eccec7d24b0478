"""The judgement: results, reasons, ids, groups and what is kept."""

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.model import Asset, Finding, Position, Result, Scan, ScanState, Source, Value, Zone
from assetctl.packing import packed
from assetctl.policy.coverage import Questions
from assetctl.policy.evaluation import BROKEN
from assetctl.policy.judge import AT_ONCE, Judgement, judge
from assetctl.policy.load import checks_folder, load_check, load_checks
from assetctl.policy.plant import DeclaredNetwork, Plant
from tests.unit.policy_plants import NOW, asset, asset_of, check_of, fact

FOLDER = checks_folder()


def only(judgement: Judgement) -> Finding:
    assert len(judgement.findings) == 1
    return judgement.findings[0]


def by_id(name: str, plant: Plant) -> Judgement:
    return judge([load_check(FOLDER / f"{name}.yaml")], plant, now=NOW)


def test_a_failure_says_what_was_seen_and_points_at_its_evidence(tmp_path: Path) -> None:
    plant = Plant((asset_of({"hostname": "plc-1", "tcp/23 port_state": "open"}),))
    finding = only(judge([check_of(tmp_path)], plant, now=NOW))
    assert finding.result is Result.FAIL
    assert finding.statement == "plc-1 has tcp/23 port_state = open."
    (because,) = finding.because
    assert (because.subject, because.key, because.value) == ("a1 service tcp/23", "port_state", "open")
    assert (because.source, because.evidence, because.observed_at) == ("probe snmp", "scan:1", NOW)


def test_an_unknown_carries_its_reason_and_no_value(tmp_path: Path) -> None:
    plant = Plant((asset(fact("tcp/23 port_state", "closed", days=90)),))
    finding = only(judge([check_of(tmp_path)], plant, now=NOW))
    assert (finding.result, finding.reason) == (Result.UNKNOWN, "stale")
    assert finding.statement == "a1: tcp/23 port_state: the evidence is older than the check allows."
    assert [(b.reason, b.observed_at) for b in finding.because] == [("stale", NOW - timedelta(days=90))]


def test_passes_are_counted_and_kept_as_ids_with_their_newest_evidence(tmp_path: Path) -> None:
    closed = Plant((asset(fact("tcp/23 port_state", "closed", days=2)),))
    opened = Plant((asset(fact("tcp/23 port_state", "open")),))
    check = check_of(tmp_path)
    found = judge([check], closed, now=NOW)
    assert found.findings == ()
    assert found.counts == {("TST-001", Result.PASS): 1}
    assert found.passed == {only(judge([check], opened, now=NOW)).id: NOW - timedelta(days=2)}


def test_a_check_does_not_apply_only_when_that_is_certain(tmp_path: Path) -> None:
    check = check_of(tmp_path, ("assert:", 'applies_to: asset.asset_role_type == "plc"\nassert:'))
    plant = Plant(
        (
            asset_of({"asset_role_type": "switch"}),
            asset_of({"tcp/23 port_state": "closed"}, id="a2"),
            asset_of({"asset_role_type": "plc", "tcp/23 port_state": "closed"}, id="a3"),
        )
    )
    found = judge([check], plant, now=NOW)
    assert found.counts == {
        ("TST-001", Result.NOT_APPLICABLE): 1,
        ("TST-001", Result.UNKNOWN): 1,
        ("TST-001", Result.PASS): 1,
    }
    assert only(found).subject == "a2"
    assert len(found.not_applicable) == 1


def test_a_broken_fact_is_an_error_of_the_check_and_stops_no_other(tmp_path: Path) -> None:
    check = check_of(tmp_path, ('port(23) == "closed"', "asset.slot == 1"))
    plant = Plant((asset_of({"slot": "one"}), asset_of({"slot": 2}, id="a2")))
    found = judge([check], plant, now=NOW)
    assert [(f.subject, f.result, f.reason) for f in found.findings] == [
        ("a1", Result.ERROR, BROKEN),
        ("a2", Result.FAIL, ""),
    ]
    assert "number expected" in found.findings[0].statement


def test_a_finding_belongs_to_the_position_and_survives_a_spare(tmp_path: Path) -> None:
    check = check_of(tmp_path)

    def finding(name: str, position: str | None) -> str:
        plant = Plant((asset_of({"tcp/23 port_state": "open"}, id=name, position=position),))
        return only(judge([check], plant, now=NOW)).id

    assert finding("a1", "P-101") == finding("a2", "P-101")
    assert finding("a1", None) != finding("a2", None)
    assert finding("a1", "P-101") != finding("a1", "P-102")


def test_the_order_of_assets_and_facts_changes_nothing() -> None:
    facts = {"hostname": "h", "tcp/23 port_state": "open", "tcp/23 service_name": "telnet", "slot": 3}
    one, two = asset_of(facts), asset_of({"manufacturer": "m", "serial_number": "1"}, id="a2")
    turned = replace(one, facts=one.facts[::-1])
    checks = load_checks([FOLDER])
    assert judge(checks, Plant((one, two)), now=NOW) == judge(checks, Plant((two, turned)), now=NOW)


def test_how_many_assets_are_remembered_at_a_time_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    shared: dict[str, Value] = {
        "hostname": "h",
        "serial_number": "S1",
        "manufacturer": "m",
        "tcp/22 ssh_host_key_fingerprints": ("x",),
    }
    told = {"tcp/23 port_state": "open", "tcp/443 port_state": "open", "tcp/443 service_tunnel": "ssl"}
    assets = tuple(asset_of({**shared, **told, "slot": number}, id=f"a{number}") for number in range(7))
    checks = load_checks([FOLDER])
    whole = judge(checks, Plant(assets), now=NOW)
    assert {one.subject for one in whole.findings if one.check == "AUT-004"} == {one.id for one in assets}
    for count in (1, 3, 7):
        monkeypatch.setattr("assetctl.policy.judge.AT_ONCE", count)
        assert judge(checks, Plant(assets), now=NOW) == whole


def test_the_snapshot_tells_any_change_of_a_fact() -> None:
    def snapshot(model: str) -> str:
        return judge([], Plant((asset_of({"model": model}),)), now=NOW).snapshot_hash

    assert snapshot("x") == snapshot("x")
    assert snapshot("x") != snapshot("y")


def test_a_test_that_was_not_permitted_says_so() -> None:
    opened = asset_of({"udp/161 port_state": "open"})
    assert only(by_id("SNM-002", Plant((opened,)))).reason == "not-permitted"
    allowed = Plant((opened,), permitted=frozenset({"default-community"}))
    assert only(by_id("SNM-002", allowed)).reason == "not-probed"


def test_no_zones_is_one_unknown_and_not_nothing() -> None:
    finding = only(by_id("ZON-008", Plant((asset(),))))
    assert (finding.subject, finding.result, finding.reason) == ("inventory", Result.UNKNOWN, "not-declared")


def test_a_shared_serial_number_fails_for_each_holder_and_names_the_other() -> None:
    same = {"manufacturer": "m", "serial_number": "1"}
    found = by_id(
        "INV-008", Plant((asset_of(same), asset_of(same, id="a2"), asset_of({**same, "serial_number": "2"}, id="a3")))
    )
    assert [(f.subject, f.result) for f in found.findings] == [("a1", Result.FAIL), ("a2", Result.FAIL)]
    assert "a2" in found.findings[0].statement
    assert {b.subject for b in found.findings[0].because} >= {"a1", "a2"}


def test_equal_serial_numbers_of_two_makers_are_two_numbers() -> None:
    plant = Plant(
        (
            asset_of({"manufacturer": "m", "serial_number": "1"}),
            asset_of({"manufacturer": "n", "serial_number": "1"}, id="a2"),
        )
    )
    assert by_id("INV-008", plant).counts == {("INV-008", Result.PASS): 2}


def test_an_address_may_repeat_in_another_realm() -> None:
    here = asset_of({"if1 ip_address": "192.168.0.1"})
    there = replace(asset_of({"if1 ip_address": "192.168.0.1"}, id="a2"), realm="cell-2")
    assert by_id("INV-006", Plant((here, there))).counts == {("INV-006", Result.PASS): 2}


SHIPPED = load_checks([checks_folder()])


def wild(number: int) -> Asset:
    """One of a few dozen kinds of assets, some of which share what should be one device's own."""
    told: dict[str, Value] = {"tcp/23 port_state": "open" if number % 3 else "closed", "manufacturer": "m"}
    told |= {"serial_number": str(number % 40), "hostname": f"h{number % 7}"} if number % 4 else {}
    return replace(asset_of(told, id=f"a{number:04}"), realm="north" if number % 2 else "south")


def test_packed_facts_are_judged_as_loose_ones() -> None:
    loose = tuple(wild(number) for number in range(60))
    one, other = (judge(SHIPPED, Plant(assets), now=NOW) for assets in (loose, tuple(map(packed, loose))))
    assert one == other
    assert {finding.result for finding in one.findings} == {Result.FAIL, Result.UNKNOWN}


def test_where_a_stride_ends_changes_nothing() -> None:
    alone = tuple(check for check in SHIPPED if check.id in ("SVC-001", "INV-001", "INV-003"))
    assets = tuple(wild(number) for number in range(2 * AT_ONCE + 3))
    whole = judge(alone, Plant(assets), now=NOW)
    each = [judge(alone, Plant((one,)), now=NOW) for one in assets]
    by_check = {check.id: [f for one in each for f in one.findings if f.check == check.id] for check in alone}
    assert list(whole.findings) == [finding for check in alone for finding in by_check[check.id]]
    assert whole.passed == {id: at for one in each for id, at in one.passed.items()}


@given(st.lists(st.sampled_from(("", "1", "2", "2 ", "3")), min_size=1, max_size=12))
def test_groups_say_what_counting_by_hand_says(serials: list[str]) -> None:
    assets = tuple(
        asset_of(
            {"manufacturer": "m", "hostname": f"h{-at % 5}"} | ({"serial_number": one} if one else {}), id=f"a{at:02}"
        )
        for at, one in enumerate(serials)
    )
    found = {finding.subject: finding for finding in by_id("INV-008", Plant(assets)).findings}
    for at, serial in enumerate(serials):
        others = sorted(f"h{-n % 5}" for n, one in enumerate(serials) if n != at and one.strip() == serial.strip())
        result = Result.UNKNOWN if not serial else Result.FAIL if others else None
        finding = found.get(f"a{at:02}")
        assert (finding.result if finding else None) == result
        if finding and result is Result.FAIL:
            assert f"{len(others) + 1} devices" in finding.statement
            assert ", ".join(others) in finding.statement


def test_a_replaced_certificate_closes_the_finding_of_its_port() -> None:
    old = fact("tcp/443/aa certificate_not_after", "2026-01-01T00:00:00+00:00", days=10)
    new = fact("tcp/443/bb certificate_not_after", "2029-01-01T00:00:00+00:00")
    before = only(by_id("TLS-009", Plant((asset(old),))))
    after = by_id("TLS-009", Plant((asset(old, new),)))
    assert after.findings == ()
    assert list(after.passed) == [before.id]


def test_a_closed_port_is_no_service() -> None:
    plant = Plant((asset_of({"tcp/22 port_state": "closed", "tcp/23 port_state": "filtered"}),))
    assert by_id("SSH-001", plant).counts == {}


def test_a_network_is_covered_by_complete_runs_together() -> None:
    zone = Zone("cell", "plant", (ip_network("10.0.0.0/24"),))
    assert only(by_id("INV-016", Plant((asset(),), zones=(zone,)))).reason == "not-declared"


def test_hostile_device_text_stays_on_one_line(tmp_path: Path) -> None:
    name = "plc\n\x1b[2J{params.secret}{asset.id}" + "x" * 5000
    plant = Plant((asset_of({"hostname": name, "tcp/23 port_state": "open"}),))
    statement = only(judge([check_of(tmp_path)], plant, now=NOW)).statement
    assert "\x1b" not in statement
    assert "\n" not in statement
    assert "{asset.id}" in statement
    assert len(statement) < 700


@pytest.mark.parametrize("name", ["INV-003", "INV-013"])
def test_what_is_missing_is_named(name: str) -> None:
    declared = Source("declared", "register.yaml")
    finding = only(by_id(name, Plant((asset(fact("asset_criticality", "high", source=declared)),))))
    assert "asset_criticality" not in finding.statement
    assert ("department_owner" if name == "INV-013" else "logging") in finding.statement


def test_an_open_port_that_was_seen_long_ago_does_not_hide_behind_a_fresh_one() -> None:
    fresh, old = fact("tcp/80 port_state", "open"), fact("tcp/23 port_state", "open", days=90)
    assert only(by_id("INV-017", Plant((asset(fresh, old),)))).result is Result.FAIL
    for gone in (fact("tcp/23 port_state", "closed"), fact("tcp/8 port_state", "closed", days=90)):
        facts = (fresh, old, gone) if gone.subject == old.subject else (fresh, gone)
        assert by_id("INV-017", Plant((asset(*facts),))).counts == {("INV-017", Result.PASS): 1}


def run_of(asked: Questions | None, **fields: Any) -> dict[str, Any]:
    """A run of yesterday over the whole network, and what it was planned to ask."""
    at = NOW - timedelta(days=1)
    scan = Scan("s1", "plant", ScanState.DONE, at, at, "v", coverage=("plant/10.0.0.0/24 (ot)",))
    return {"scans": (scan,), "asked": lambda _: asked, **fields}


def questions(*said: str, limited: bool = False) -> Questions:
    return Questions((("plant/10.0.0.0/24 (ot)", frozenset(said)),), limited)


MISSED = (fact("e1 ip_address", "10.0.0.5", days=60), fact("model", "X", days=60))


@pytest.mark.parametrize(
    ("asked", "result"),
    [
        (None, Result.FAIL),
        (questions("snmp", "udp/161"), Result.FAIL),
        (questions("modbus", "tcp/502", limited=True), Result.UNKNOWN),
    ],
)
def test_a_device_is_missed_only_by_a_run_that_asked_what_it_answers(asked: Questions | None, result: Result) -> None:
    place = Position("P-1", "plant", {}, {}, "register.yaml", NOW)
    stands = asset(*MISSED, position="P-1")
    assert only(by_id("INV-002", Plant((stands,), positions=(place,), **run_of(asked)))).result is result
    zone = Zone("cell", "plant", (ip_network("10.0.0.0/24"),), level="1")
    long_ago = NOW - timedelta(days=60)
    guest = replace(asset(*MISSED, zone="cell"), first_seen=long_ago, last_seen=long_ago)
    assert only(by_id("ZON-006", Plant((guest,), positions=(place,), **run_of(asked, zones=(zone,))))).result is result


def test_a_run_that_was_limited_to_some_probes_covers_no_network() -> None:
    network = (DeclaredNetwork("plant", ip_network("10.0.0.0/24")),)
    whole = by_id("INV-016", Plant((), networks=network, **run_of(questions("modbus"))))
    assert whole.counts == {("INV-016", Result.PASS): 1}
    limited = by_id("INV-016", Plant((), networks=network, **run_of(questions("modbus", limited=True))))
    assert only(limited).result is Result.UNKNOWN
