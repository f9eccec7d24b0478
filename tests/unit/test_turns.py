"""What tells of others is asked first, then what is known to be there, and what is only guessed comes last."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, combinations
from typing import Any

from assetctl.model import Address, Claim, Destination, Segment, SubjectKind
from assetctl.plan import Plan, Row, steps
from assetctl.planning import make
from assetctl.protocols import registry
from assetctl.scope import CredentialEntry, NamedSegment, Target
from assetctl.work.knowledge import Knowledge
from assetctl.work.turns import turns
from tests.unit.plants import address, scope, target
from tests.unit.stored import observation

CELL, OFFICE = target("10.20.1.1", "10.20.1.6"), target("10.30.1.1", "10.30.1.2")
WIDE = 4
READ_ONLY = CredentialEntry("ro", "snmp-v2c", "plant", (), {})


def planned(*targets: Target, known: tuple[str, ...] = (), **changes: Any) -> Plan:
    changes = {"probes": ("snmp",), "depth": frozenset({"snmp.arp"}), "credentials": (READ_ONLY,)} | changes
    return make(scope(*targets, **changes), registry(), known=frozenset(map(address, known)))


def knowing(**roles: str) -> Knowledge:
    """What is known of hosts of 10.20.1.0/24, by the last number of their addresses."""
    knowledge = Knowledge()
    for number, role in roles.items():
        knowledge.expect(address(f"10.20.1.{number.strip('_')}"), {"asset_role_type": role})
    return knowledge


def asked(plan: Plan, knowledge: Knowledge) -> list[list[list[str]]]:
    """Places of each lane of each turn; lanes that share their places once."""
    return [
        [[_last(place) for place, _ in lane] for lane in dict.fromkeys(lanes)]
        for lanes in turns(plan, registry(), knowledge, wide=WIDE)
    ]


def _last(place: Destination) -> str:
    return place.interface if isinstance(place, Segment) else str(place.ip).removeprefix("10.").replace("20.1.", "")


def test_switches_of_several_networks_are_asked_side_by_side_but_no_more_than_may_be() -> None:
    singles = tuple(target(f"10.20.{network}.{host}") for network in range(1, 9) for host in (1, 2))
    knowledge = Knowledge()
    for one in singles:
        knowledge.expect(Address("plant", one.first), {"asset_role_type": "switch"})
    lanes = [
        [_last(place) for place, _ in lane] for lane in next(turns(planned(*singles), registry(), knowledge, wide=3))
    ]
    assert len(lanes) == 3
    assert sorted(chain.from_iterable(lanes)) == sorted(_last(Address("plant", one.first)) for one in singles)
    for lane in lanes:
        blocks = [name.rpartition(".")[0] for name in lane]
        assert blocks == sorted(blocks), "the switches of one /24 stand in one lane, one after another"
    assert not any(
        {name.rpartition(".")[0] for name in a} & {name.rpartition(".")[0] for name in b}
        for a, b in combinations(lanes, 2)
    )


def test_known_switches_come_first_and_one_of_a_network_after_another() -> None:
    assert asked(planned(CELL, OFFICE), knowing(_5="switch", _2="router", _4="plc")) == [
        [["2", "5"]],
        [["4"]],
        [["1", "30.1.1", "3", "30.1.2", "6"]],
    ]


def test_whom_a_switch_names_is_asked_before_what_is_guessed() -> None:
    knowledge = knowing(_5="switch")
    order: list[str] = []
    for lanes in turns(planned(CELL), registry(), knowledge, wide=WIDE):
        for place, _ in lanes[0] if lanes else ():
            order.append(_last(place))
            named = Claim("neighbour_addresses", ("10.20.1.4", "10.99.9.9"), SubjectKind.NEIGHBOUR, "1/a")
            if _last(place) == "5":
                knowledge.hear(replace(observation(1), target=address("10.20.1.5"), claims=(named,)))
    assert order == ["5", "4", "1", "2", "3", "6"]


def test_what_earlier_evidence_found_is_asked_before_the_sweep() -> None:
    assert asked(planned(CELL, known=("10.20.1.6",)), knowing()) == [[], [["6"]], [["1", "2", "3", "4", "5"]]]


def test_a_switch_whose_tables_are_not_read_comes_with_the_other_known_devices() -> None:
    assert asked(planned(CELL, depth=frozenset()), knowing(_5="switch", _2="plc"))[:2] == [[], [["2", "5"]]]


def test_without_knowledge_all_networks_are_swept_in_turn() -> None:
    assert asked(planned(CELL, OFFICE), knowing()) == [[], [[]], [["1", "30.1.1", "2", "30.1.2", "3", "4", "5", "6"]]]


def test_an_excluded_address_is_asked_in_no_turn() -> None:
    plan = planned(CELL, known=("10.20.1.6",), excluded=(target("10.20.1.5", "10.20.1.6"),))
    assert asked(plan, knowing(_5="switch")) == [[], [[]], [["1", "2", "3", "4"]]]


def test_every_place_is_asked_once_with_the_same_steps_whatever_is_known() -> None:
    cell = NamedSegment(Segment("plant", "eth-cell"), "A. Person", "commissioning")
    plan = planned(CELL, OFFICE, known=("10.20.1.6",), probes=(), segments=(cell,))
    knowledge = knowing(_5="switch", _2="router", _4="plc")

    def steps_of(known: Knowledge) -> list[str]:
        every = turns(plan, registry(), known, wide=1)
        return [step.id for lanes in every for lane in lanes for _, todo in lane for step in todo]

    assert len(steps_of(knowledge)) == len(set(steps_of(knowledge)))
    assert sorted(steps_of(knowledge)) == sorted(steps_of(Knowledge()))


class Rows(tuple[Row, ...]):
    """Rows that count how often somebody goes through them."""

    passes = 0

    def __iter__(self) -> Iterator[Row]:
        type(self).passes += 1
        return super().__iter__()


def test_the_rows_of_a_plan_are_gone_through_once_however_many_targets_it_has() -> None:
    singles = tuple(target(f"10.20.1.{host}") for host in range(1, 40))
    made = planned(*singles, CELL, OFFICE)
    plain = {one: tuple(row for row in made.rows if row.target == one) for one in made.targets}
    Rows.passes = 0
    counted = replace(made, rows=Rows(made.rows))
    before = Rows.passes
    found = {one: tuple(steps(counted, registry(), one)) for one in counted.targets}
    assert counted.by_target == plain
    assert counted.units > 0
    assert Rows.passes - before == 1
    for one, places in found.items():
        ports = [(row.protocol, port) for row in plain[one] for port in row.ports]
        assert all([(step.protocol, step.port) for step in asked] == ports for _, asked in places)


def test_the_rows_at_a_place_are_those_whose_target_holds_it() -> None:
    made = planned(target("10.20.1.7"), CELL, target("10.20.1.4"), OFFICE)
    cell, strange = Address("plant", CELL.first), Address("elsewhere", CELL.first)
    places = [place for one in made.targets for place, _ in steps(made, registry(), one)]
    assert cell in places
    for place in (*places, strange):
        assert made.rows_at(place) == [row for row in made.rows if place in row.target]
