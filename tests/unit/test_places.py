import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from assetctl.model import Address, NetworkKind, Outcome, Transport
from assetctl.plan import Plan, Step, steps
from assetctl.protocols import registry
from assetctl.protocols.modbus import codec
from assetctl.safety.gate import Gate
from assetctl.safety.permit import Permit, Refused, Wait
from assetctl.safety.places import RECONNECT_S, Places
from assetctl.scope import Limits
from assetctl.talk import Ask, Open
from tests.unit.plants import Clock, address, gate, plan_of, scope, target

OPEN = Open(Transport.TCP, 502)
GOOD = Ask(codec.encode(transaction=1, unit_id=255, read_code=1, object_id=0), codec.FRAMING)
BYTES_FOR_A_SILENT_ADDRESS = 160


def made(tmp_path: Path, kind: NetworkKind = NetworkKind.OT, **rules: object) -> tuple[Gate, list[Step], Clock]:
    clock = Clock()
    plan = plan_of(scope(target("10.20.1.1", "10.20.1.60"), kind=kind))
    return gate(plan, tmp_path, clock=clock, **rules), list(every_step(plan)), clock


def every_step(plan: Plan) -> Iterator[Step]:
    for _, some in steps(plan, registry(), plan.rows[0].target):
        yield some[0]


def permitted(g: Gate, step: Step, clock: Clock, action: Open | Ask = OPEN) -> Permit:
    while isinstance(answer := g.permit(step, action, opened=OPEN), Wait):
        clock.seconds += answer.seconds
    assert isinstance(answer, Permit), answer
    return answer


def left(g: Gate, step: Step, clock: Clock) -> None:
    clock.seconds += RECONNECT_S
    g.leave(step.address)


def until_refused(g: Gate, step: Step, clock: Clock, *, leaving: bool) -> tuple[int, str]:
    for count in range(100):
        while isinstance(answer := g.permit(step, OPEN, opened=OPEN), Wait):
            clock.seconds += answer.seconds
        if isinstance(answer, Refused):
            return count, answer.reason
        if leaving:
            left(g, step, clock)
    raise AssertionError("never refused")


def test_what_was_sent_to_a_silent_device_counts_after_it_was_left(tmp_path: Path) -> None:
    found = []
    for leaving in (False, True):
        folder = tmp_path / str(leaving)
        folder.mkdir()
        g, (step, *_), clock = made(folder)
        found.append(until_refused(g, step, clock, leaving=leaving))
    assert found[0] == found[1]
    assert found[0][0] == Limits().identity_units


def test_what_earlier_runs_sent_counts(tmp_path: Path) -> None:
    g, (step, *_), clock = made(tmp_path)
    most = Limits().identity_units
    again = Gate(
        g.plan, g.rules, g.ledger, now=g._now, monotonic=clock, spent={step.address: {"identity": most - 3, "x": 9}}
    )
    assert until_refused(again, step, clock, leaving=True)[0] == 3


def test_the_pace_holds_for_a_device_that_was_just_left(tmp_path: Path) -> None:
    g, (step, *_), clock = made(tmp_path)
    permitted(g, step, clock)
    g.leave(step.address)
    clock.seconds += RECONNECT_S - 0.5
    g.leave(step.address)
    again = g.permit(step, OPEN, opened=OPEN)
    assert isinstance(again, Wait)
    assert again.seconds == pytest.approx(0.5)


def test_a_device_that_tripped_stays_known_after_it_was_left(tmp_path: Path) -> None:
    g, (step, *_), clock = made(tmp_path)
    permitted(g, step, clock)
    g.trip(step, "it restarted")
    left(g, step, clock)
    again = g.permit(step, OPEN, opened=OPEN)
    assert isinstance(again, Refused)
    assert "it restarted" in again.reason
    assert g.tripped == {step.address: "it restarted"}


def test_what_a_device_answered_is_held_against_its_later_silence(tmp_path: Path) -> None:
    g, (step, *_), clock = made(tmp_path)
    permitted(g, step, clock)
    g.answered(step, permitted(g, step, clock, GOOD), Outcome.ANSWERED, (b"\x01",), 3.0, "")
    left(g, step, clock)
    other = Ask(codec.encode(transaction=1, unit_id=255, read_code=2, object_id=0), codec.FRAMING)
    reasons = [g.answered(step, permitted(g, step, clock, one), Outcome.SILENT, (), None, "") for one in (GOOD, other)]
    assert [bool(one) for one in reasons] == [False, True]


def test_an_it_host_that_showed_an_ot_fact_stays_ot_after_it_was_left(tmp_path: Path) -> None:
    g, (step, *_), clock = made(tmp_path, NetworkKind.IT)
    g.tighten(step.address)
    permitted(g, step, clock)
    left(g, step, clock)
    assert g.kind(step.address) is NetworkKind.OT


def test_a_device_with_two_addresses_has_one_budget_after_both_were_left(tmp_path: Path) -> None:
    main, further = address("10.20.1.1"), address("10.20.1.2")
    g, (one, other, *_), clock = made(tmp_path, same_device={further: main})
    asked = 0
    for step in (one, other, one):
        for _ in range(5):
            permitted(g, step, clock)
            left(g, step, clock)
            asked += 1
    assert until_refused(g, other, clock, leaving=True)[0] == Limits().identity_units - asked


def test_a_zone_counts_a_device_that_comes_back_once(tmp_path: Path) -> None:
    g, every, clock = made(tmp_path, zone_of=lambda _: "cell")
    for step in every[:40]:
        for _ in range(2):
            permitted(g, step, clock)
            left(g, step, clock)
    assert g.trip(every[0], "slow")
    assert not g.stopped_zones
    g.trip(every[1], "slow")  # 2 of 40 are 5 %, of 80 they were not
    assert "cell" in g.stopped_zones


def test_a_silent_address_costs_next_to_nothing_once_it_was_left() -> None:
    whole = scope(target("10.20.0.0", "10.20.255.255"), kind=NetworkKind.LAB)
    count = 4096
    names = [f"10.20.{number >> 8}.{number & 255}" for number in range(count)]
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        places = Places(whole, {})
        for name in names:
            place: Address = address(name)
            places.of(place).device.units["identity"] = 2
            places.leave(place, now_s=1000.0)
        held = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert places.of(address(names[7])).device.units == {"identity": 2}
    assert held / count < BYTES_FOR_A_SILENT_ADDRESS
