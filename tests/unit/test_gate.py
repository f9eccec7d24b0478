import ast
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path

import pytest

import assetctl
from assetctl.errors import Refusal
from assetctl.model import NetworkKind, Outcome, RequestClass, Transport
from assetctl.plan import Step
from assetctl.protocols.modbus import codec
from assetctl.safety import limits
from assetctl.safety.gate import Gate
from assetctl.safety.ledger import Ledger, read
from assetctl.safety.permit import Permit, Refused, Seal, Wait
from assetctl.safety.rules import Rules
from assetctl.scope import Window
from assetctl.talk import Ask, Open
from tests.unit.plants import NOW, Clock, address, first_step, gate, plan_of, scope, target

OPEN = Open(Transport.TCP, 502)
GOOD = Ask(codec.encode(transaction=1, unit_id=255, read_code=1, object_id=0), codec.FRAMING)
WRITE = Ask(bytes.fromhex("000100000006ff0600010003"), codec.FRAMING)


def made(tmp_path: Path, **rules: object) -> tuple[Gate, Step, Clock]:
    clock = Clock()
    plan = plan_of(scope(target("10.20.1.1", "10.20.1.9")))
    return gate(plan, tmp_path, clock=clock, **rules), first_step(plan), clock


def reason(answer: object) -> str:
    assert isinstance(answer, Refused)
    return answer.reason


def test_a_permit_holds_the_bytes_and_its_line_is_in_the_ledger_first(tmp_path: Path) -> None:
    g, step, _ = made(tmp_path)
    permit = g.permit(step, OPEN, opened=OPEN)
    assert isinstance(permit, Permit)
    (line,) = read(tmp_path / "ledger")
    assert line.number == permit.sequence
    assert line.entry["do"] == "permit"
    assert line.entry["request"] == "connect"
    assert line.entry["to"] == "plant/10.20.1.1"


def test_a_unit_off_the_list_is_refused_and_recorded(tmp_path: Path) -> None:
    g, step, _ = made(tmp_path)
    assert "11 bytes" in reason(g.permit(step, WRITE, opened=OPEN))
    assert [line.entry["do"] for line in read(tmp_path / "ledger")] == ["refuse"]


@pytest.mark.parametrize(("name", "envelope"), [("modbus", "tls"), ("https", ""), ("https", "plant-read")])
def test_a_connection_is_wrapped_as_its_protocol_declares_or_refused(tmp_path: Path, name: str, envelope: str) -> None:
    plan = plan_of(scope(target("10.20.1.1"), probes=(name,)))
    step = first_step(plan)
    opened = Open(Transport.TCP, step.port, envelope=envelope)
    answer = gate(plan, tmp_path).permit(step, opened, opened=opened)
    assert isinstance(answer, Refused)
    assert "does not travel in it" in answer.reason


def test_an_address_outside_the_plan_is_refused(tmp_path: Path) -> None:
    g, step, _ = made(tmp_path)
    assert "not in the plan" in reason(g.permit(replace(step, address=address("10.20.1.77")), OPEN, opened=OPEN))


def test_a_protocol_or_port_outside_the_plan_is_refused(tmp_path: Path) -> None:
    g, step, _ = made(tmp_path)
    assert "not in the plan" in reason(g.permit(replace(step, protocol="s7"), OPEN, opened=OPEN))
    elsewhere = Open(Transport.TCP, 503)
    assert "not the planned one" in reason(g.permit(step, elsewhere, opened=elsewhere))


def test_an_exclusion_that_appears_during_the_run_counts_at_once(tmp_path: Path) -> None:
    excluded: list[object] = []
    g, step, _ = made(tmp_path, exclusions=lambda: tuple(excluded))
    assert isinstance(g.permit(step, OPEN, opened=OPEN), Permit)
    excluded.append(target("10.20.1.1"))
    assert reason(g.permit(step, OPEN, opened=OPEN)) == "excluded"


def test_a_stop_a_quarantine_a_hold_and_a_wrong_vantage_each_refuse(tmp_path: Path) -> None:
    for number, rules in enumerate(
        (
            {"stop": lambda: "ctrl-c"},
            {"quarantined": {address("10.20.1.1"): "slowed down"}},
            {"held": lambda _a, _p, request: "known to fault" if request == "connect" else ""},
            {"vantage_fault": "wrong interface"},
        )
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        g, step, _ = made(folder, **rules)
        assert isinstance(g.permit(step, OPEN, opened=OPEN), Refused)


def test_the_second_unit_to_an_ot_device_waits_half_a_second(tmp_path: Path) -> None:
    g, step, clock = made(tmp_path)
    assert isinstance(g.permit(step, OPEN, opened=OPEN), Permit)
    answer = g.permit(step, GOOD, opened=OPEN)
    assert isinstance(answer, Wait)
    assert answer.seconds == pytest.approx(0.5)
    clock.seconds += 0.5
    assert isinstance(g.permit(step, GOOD, opened=OPEN), Permit)


def test_the_budget_of_a_device_ends_its_units_and_counts_earlier_runs(tmp_path: Path) -> None:
    plan = plan_of(scope(target("10.20.1.1")))
    clock = Clock()
    g = gate(plan, tmp_path, clock=clock)
    again = Gate(plan, g.rules, g.ledger, now=g._now, monotonic=clock, spent={address("10.20.1.1"): {"identity": 20}})
    step, allowed = first_step(plan), 0
    while isinstance(answer := again.permit(step, GOOD, opened=OPEN), Permit):
        allowed += 1
        clock.seconds += 1
    assert allowed == 4
    assert "budget" in reason(answer)


def test_only_four_ot_devices_of_a_24_are_asked_at_once(tmp_path: Path) -> None:
    g, step, _ = made(tmp_path)
    seats = [g.begin(replace(step, address=address(f"10.20.1.{n}")), worst_s=1) for n in range(1, 6)]
    assert seats[:4] == [None] * 4
    assert isinstance(seats[4], Wait)
    g.finish(address("10.20.1.2"))
    assert g.begin(replace(step, address=address("10.20.1.5")), worst_s=1) is None


def test_two_addresses_of_one_device_share_seat_pace_budget_and_breaker(tmp_path: Path) -> None:
    same = {address("10.20.1.2"): address("10.20.1.1")}
    g, step, clock = made(tmp_path, same_device=same)
    other = replace(step, address=address("10.20.1.2"))
    assert g.begin(step, worst_s=1) is None
    assert isinstance(g.begin(other, worst_s=1), Wait)
    assert isinstance(g.permit(step, OPEN, opened=OPEN), Permit)
    assert isinstance(g.permit(other, OPEN, opened=OPEN), Wait)
    clock.seconds += 1
    g.trip(step, "slowed down")
    assert "tripped" in reason(g.permit(other, OPEN, opened=OPEN))


def test_nothing_leaves_after_the_approval_has_ended_not_even_to_it_hosts(tmp_path: Path) -> None:
    for kind in (NetworkKind.OT, NetworkKind.IT):
        plan = plan_of(scope(target("10.20.1.1"), kind=kind))
        step = first_step(plan)
        ended = gate(plan, tmp_path, until=NOW - timedelta(seconds=1))
        assert "the approval ends" in reason(ended.permit(step, OPEN, opened=OPEN))
        ending = gate(plan, tmp_path, until=NOW + timedelta(seconds=60))
        assert "the approval ends" in reason(ending.begin(step, worst_s=90))
        assert ending.begin(step, worst_s=30) is None
        assert isinstance(ending.permit(step, OPEN, opened=OPEN), Permit)


def test_no_device_is_begun_that_cannot_finish_inside_the_window(tmp_path: Path) -> None:
    windows = (Window(days=(0,), start=time(11), end=time(12, 1)),)  # a minute is left at noon
    plan = plan_of(scope(target("10.20.1.1"), windows=windows))
    g, step = gate(plan, tmp_path), first_step(plan)
    assert "60 s are left" in reason(g.begin(step, worst_s=90))
    assert g.begin(step, worst_s=30) is None
    closed = replace(plan, scope=replace(plan.scope, windows=(Window((1,), time(11), time(13)),)))
    assert "outside the window" in reason(gate(closed, tmp_path).permit(step, OPEN, opened=OPEN))


def test_depth_and_stateful_requests_need_to_be_named(tmp_path: Path) -> None:
    g, step, _ = made(tmp_path)
    for klass in (RequestClass.DEPTH, RequestClass.STATEFUL):
        g.rules.classes["modbus"] = {"read-device-identification": klass}  # type: ignore[index]
        assert "was not" in reason(g.permit(step, GOOD, opened=OPEN))


def test_a_tripped_device_is_asked_nothing_more_and_two_trips_stop_the_24(tmp_path: Path) -> None:
    g, step, clock = made(tmp_path)
    for last in (1, 2):
        there = replace(step, address=address(f"10.20.1.{last}"))
        assert isinstance(g.permit(there, OPEN, opened=OPEN), Permit)
        clock.seconds += 1
        g.trip(there, "slowed down")
        assert "tripped" in reason(g.permit(there, OPEN, opened=OPEN))
    assert "zone stopped" in reason(g.permit(replace(step, address=address("10.20.1.7")), OPEN, opened=OPEN))
    assert set(g.tripped) == {address("10.20.1.1"), address("10.20.1.2")}


def test_an_it_host_that_shows_an_ot_fact_is_treated_as_ot(tmp_path: Path) -> None:
    plan = plan_of(scope(target("10.30.1.1"), kind=NetworkKind.IT))
    g, step = gate(plan, tmp_path), first_step(plan)
    assert g.kind(step.address) is NetworkKind.IT
    g.tighten(step.address)
    assert g.kind(step.address) is NetworkKind.OT


def test_lab_has_neither_pace_nor_budget(tmp_path: Path) -> None:
    plan = plan_of(scope(target("127.0.0.1"), kind=NetworkKind.LAB))
    g, step = gate(plan, tmp_path), first_step(plan)
    assert all(isinstance(g.permit(step, GOOD, opened=OPEN), Permit) for _ in range(100))


def test_a_permit_is_good_for_one_unit_and_nobody_else_can_make_one(tmp_path: Path) -> None:
    g, step, _ = made(tmp_path)
    permit = g.permit(step, OPEN, opened=OPEN)
    assert isinstance(permit, Permit)
    permit.use()
    with pytest.raises(Refusal):
        permit.use()
    with pytest.raises(Refusal):
        Permit(
            object(),  # type: ignore[arg-type]
            address=step.address,
            transport=Transport.TCP,
            port=502,
            payload=b"",
            request="connect",
            action="connect",
            step="s",
            sequence=1,
        )


def test_only_the_gate_makes_seals_and_only_transport_opens_sockets_and_starts_programs() -> None:
    """Names are resolved by targets.py; secrets/references.py starts the user's own password program, printing.py a
    browser that is kept from every network, and awake.py what keeps the machine from sleeping; nothing else."""
    starting = ("secrets/references.py", "work/printing.py", "work/awake.py")
    allowed = {"targets.py": {"socket"}} | {where: {"subprocess"} for where in starting}
    root = Path(assetctl.__file__).parent
    for path in root.rglob("*.py"):
        where = path.relative_to(root).as_posix()
        tree = ast.parse(path.read_text("utf-8"))
        if where not in ("safety/gate.py", "safety/permit.py"):
            assert Seal.__name__ not in {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}, where
        if not where.startswith(("transport/", "demo/")):
            assert not (_imported(tree) & {"socket", "subprocess", "nmap"}) - allowed.get(where, set()), where


def _imported(tree: ast.Module) -> set[str]:
    plain = {a.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    return plain | {
        (n.module or "").split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and not n.level
    }


def test_an_answer_is_noted_before_anybody_reads_it(tmp_path: Path) -> None:
    g, step, _ = made(tmp_path)
    permit = g.permit(step, OPEN, opened=OPEN)
    assert isinstance(permit, Permit)
    g.answered(step, permit, Outcome.ANSWERED, (b"abc",), 1.0, "")
    assert [line.entry["do"] for line in read(tmp_path / "ledger")] == ["permit", "answer"]


def test_each_depth_question_has_a_cap_of_its_own_over_24_hours_whatever_else_is_named_with_it(tmp_path: Path) -> None:
    one = scope(target("10.20.1.1"), probes=("s7",), depth=frozenset({"s7.details"}))
    both = replace(one, depth=frozenset({"s7.details", "s7.modules"}))
    alone, together = (first_step(plan_of(s)) for s in (one, both))
    assert alone.allowance < together.allowance
    spent = {alone.address: {alone.purse: alone.allowance}}
    made = Gate(
        plan_of(one),
        Rules(vets={}, classes={}),
        Ledger(tmp_path / "a"),
        now=lambda: NOW,
        monotonic=Clock(),
        spent=spent,
    )
    answer = made.permit(alone, Open(Transport.TCP, 102), opened=Open(Transport.TCP, 102))
    assert isinstance(answer, Refused)
    assert "budget" in answer.reason
    state = limits.DeviceState(units=dict(spent[alone.address]))
    assert state.spent(together.purse) == alone.allowance, "a purse with the same question in it is the same money"
    assert state.spent("identity") == 0
