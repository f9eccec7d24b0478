"""Protocols of offices and plants alike: where they are planned, in which turn, and that no port is looked at twice."""

from assetctl.model import NetworkKind
from assetctl.plan import NMAP, PORT_FINDER, Plan, Row
from assetctl.planning import FINDER_PORTS, make
from assetctl.protocols import registry
from assetctl.talk import HANDSHAKE_UNITS
from tests.unit.plants import scope, target

EVERYWHERE = {name for name, protocol in registry().items() if protocol.everywhere}
ONE = target("10.20.1.1")


def planned(kind: NetworkKind, *, nmap: bool = False, **changes: object) -> Plan:
    return make(scope(ONE, kind=kind, **{"probes": (), **changes}), registry(), nmap=nmap)


def names(plan: Plan) -> list[str]:
    return [row.protocol for row in plan.rows]


def row(plan: Plan, name: str) -> Row:
    return next(row for row in plan.rows if row.protocol == name)


def test_the_services_of_every_office_are_among_them() -> None:
    assert {"ssh", "http", "tls", "greeting"} <= EVERYWHERE
    assert EVERYWHERE.isdisjoint({"modbus", "s7", "enip", "bacnet", "snmp"})


def test_in_an_ot_network_they_are_asked_after_the_plants_own() -> None:
    rows = planned(NetworkKind.OT).rows
    found = [row.protocol for row in rows if row.protocol != PORT_FINDER and not row.hinted]
    split = len(found) - len(EVERYWHERE & set(found))
    assert set(found[split:]) <= EVERYWHERE
    assert {"modbus", "s7", "enip"} <= set(found[:split])


def test_in_an_it_network_without_nmap_they_are_asked_and_the_plants_own_are_not() -> None:
    assert set(names(planned(NetworkKind.IT))) == EVERYWHERE


def test_where_nmap_is_planned_they_are_left_out_with_the_reason() -> None:
    plan = planned(NetworkKind.IT, nmap=True)
    assert set(names(plan)) == {NMAP}
    reasons = {reason.partition(":")[0]: reason for _, reason in plan.left_out}
    assert all("nmap looks at its ports" in reasons[name] for name in EVERYWHERE)


def test_naming_probes_without_nmap_asks_them_where_nmap_is_installed() -> None:
    assert names(planned(NetworkKind.IT, nmap=True, probes=("tls",))) == ["tls"]


def test_no_port_of_a_device_is_connected_to_twice() -> None:
    for kind in (NetworkKind.OT, NetworkKind.LAB):
        rows = [row for row in planned(kind).rows if not row.hinted]
        ports = [(one.transport, port) for one in rows for port in one.ports]
        assert len(ports) == len(set(ports))


def test_the_plan_counts_the_handshakes_of_a_page_behind_tls() -> None:
    plain, wrapped = (row(planned(NetworkKind.OT), name) for name in ("http", "https"))
    assert wrapped.hinted
    assert wrapped.units == plain.units + 2 * HANDSHAKE_UNITS
    assert wrapped.packets == plain.packets + 2 * 4 * 5, "each of two handshakes: four flights, each resent thrice"


def test_the_finder_looks_where_no_planned_protocol_connects() -> None:
    assert PORT_FINDER not in names(planned(NetworkKind.OT)), "all of its ports are asked by a protocol"
    only = planned(NetworkKind.OT, probes=("ssh", PORT_FINDER))
    assert row(only, PORT_FINDER).ports == tuple(port for port in FINDER_PORTS if port != 22)
    named = planned(NetworkKind.OT, ports={PORT_FINDER: (22, 8000)})
    assert row(named, PORT_FINDER).ports == (8000,)


def test_their_ports_together_leave_half_of_the_budget_of_a_device_that_has_none_of_them() -> None:
    plan = planned(NetworkKind.OT)
    closed = sum(len(one.ports) for one in plan.rows if one.protocol in EVERYWHERE and not one.hinted)
    assert closed <= plan.scope.limits.identity_units / 2
