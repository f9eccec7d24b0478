"""What is known of a device decides what it is asked: rarer protocols want a hint, open ports come first."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from assetctl.model import Claim, Outcome, SubjectKind
from assetctl.plan import Plan, Step, steps
from assetctl.planning import make
from assetctl.protocol import OPEN_PORTS, TLS_PORTS, Protocol, Wants
from assetctl.protocols import registry
from assetctl.work.knowledge import Knowledge, in_turn, is_wanted
from assetctl.work.plan_text import plan_record
from tests.unit import policy_plants, stored
from tests.unit.plants import address, scope, target

ONE = target("10.20.1.1")
HERE = address("10.20.1.1")
MODBUS = registry()["modbus"]
S7 = registry()["s7"]


def protocols(**wants: Wants | None) -> Mapping[str, Protocol]:
    return {name: replace(registry()[name], wants=hint) for name, hint in wants.items()}


def planned(known: Mapping[str, Protocol], **changes: object) -> tuple[Plan, tuple[Step, ...]]:
    plan = make(scope(ONE, **{"probes": (), **changes}), known)
    return plan, next(iter(steps(plan, known, ONE)))[1]


def wanted(hint: Wants, knows: Mapping[str, str], *, named: bool = False) -> bool:
    known = protocols(modbus=hint)
    plan, taken = planned(known, probes=("modbus",) if named else ())
    return is_wanted(next(s for s in taken if s.protocol == "modbus"), known["modbus"], plan.scope, knows)


@pytest.mark.parametrize(
    ("knows", "asked"),
    [
        ({}, False),
        ({"manufacturer": "Moxa"}, True),
        ({"mac_maker": "MOXA"}, True),
        ({"manufacturer": "Siemens"}, False),
        ({OPEN_PORTS: "tcp/80 tcp/502"}, True),
        ({OPEN_PORTS: "tcp/5020 udp/502"}, False),
    ],
)
def test_a_rarer_protocol_is_asked_where_maker_or_port_suggests_it(knows: Mapping[str, str], asked: bool) -> None:
    assert wanted(Wants(frozenset({"Moxa"})), knows) is asked


@pytest.mark.parametrize(
    ("knows", "asked"),
    [
        ({}, False),
        ({OPEN_PORTS: "tcp/502"}, False),
        ({OPEN_PORTS: "tcp/502", TLS_PORTS: "tcp/8443"}, False),
        ({OPEN_PORTS: "tcp/502", TLS_PORTS: "tcp/502"}, True),
    ],
)
def test_what_travels_in_tls_is_asked_only_where_tls_was_spoken(knows: Mapping[str, str], asked: bool) -> None:
    assert wanted(Wants(frozenset(), tunnelled=True), knows) is asked


def test_after_tls_was_spoken_the_page_behind_it_is_asked() -> None:
    known = {name: registry()[name] for name in ("tls", "https")}
    plan, taken = planned(known)
    assert [step.protocol for step in taken][:2] == ["tls", "https"]
    knowledge = Knowledge()
    assert not is_wanted(taken[1], known["https"], plan.scope, knowledge.of(HERE))
    service = SubjectKind.SERVICE
    claims = (Claim("port_state", "open", service, "tcp/443"), Claim("service_tunnel", "ssl", service, "tcp/443"))
    spoken = replace(stored.observation(1), target=HERE, transport=taken[0].transport, port=443, claims=claims)
    knowledge.hear(replace(spoken, outcome=Outcome.ANSWERED))
    assert is_wanted(taken[1], known["https"], plan.scope, knowledge.of(HERE))
    assert not knowledge.is_strange(taken[1])


def test_naming_it_asks_everywhere_unless_the_makers_are_a_condition() -> None:
    assert wanted(Wants(frozenset({"Moxa"})), {}, named=True)
    strict = Wants(frozenset({"Moxa"}), strict=True)
    assert not wanted(strict, {OPEN_PORTS: "tcp/502"}, named=True)
    assert wanted(strict, {"manufacturer": "Moxa"})


def test_the_plan_says_which_protocols_want_a_hint_and_counts_them() -> None:
    plan, taken = planned(protocols(modbus=Wants(frozenset({"Moxa"})), s7=None))
    told = {row["protocol"]: (row["hinted"], row["why"]) for row in plan_record(plan)["rows"]}
    assert told["modbus"] == (True, "blind sweep, where evidence suggests it")
    assert told["s7"][0] is False
    assert [step.protocol for step in taken][:2] == ["s7", "modbus"], "what wants a hint comes last"
    assert plan.packets > make(plan.scope, protocols(s7=None)).packets


def test_ports_known_to_be_open_come_first() -> None:
    _, taken = planned(protocols(modbus=None, s7=None))
    assert [s.protocol for s in in_turn(taken, {})][:2] == ["modbus", "s7"]
    assert [s.protocol for s in in_turn(taken, {OPEN_PORTS: "tcp/102"})][:2] == ["s7", "modbus"]


def test_answers_teach_and_what_was_told_first_stays() -> None:
    knowledge = Knowledge()
    service = SubjectKind.SERVICE
    knowledge.learn(HERE, [Claim("manufacturer", "Moxa Inc."), Claim("port_state", "open", service, "tcp/502")])
    knowledge.learn(HERE, [Claim("manufacturer", "Siemens"), Claim("model", "CP", part="slot/3")])
    knowledge.learn(HERE, [Claim("port_state", "closed", service, "tcp/80"), Claim("sys_uptime_s", 7)])
    assert knowledge.of(HERE) == {"manufacturer": "Moxa", OPEN_PORTS: "tcp/502"}
    assert knowledge.of(address("10.20.1.2")) == {}


def test_a_port_that_a_server_of_the_device_names_counts_as_open_there_and_at_no_other_device() -> None:
    knowledge = Knowledge()
    v6 = address("2001:db8::7")
    urls = (
        "opc.tcp://10.20.1.1:48010/plant",
        "opc.tcp://10.20.1.2:49320",
        "opc.tcp://server:53530",
        "http://10.20.1.1:80",
    )
    known = (
        "urn:a Server opc.tcp://10.20.1.1:62541 opc.tcp://10.20.1.1:70000",
        "urn:b Server opc.tcp://10.20.1.11:51210",
    )
    knowledge.learn(HERE, [Claim("opcua_discovery_urls", urls, SubjectKind.SERVICE, "tcp/4840")])
    knowledge.learn(HERE, [Claim("opcua_known_servers", known, SubjectKind.SERVICE, "tcp/4840")])
    knowledge.learn(
        v6, [Claim("opcua_discovery_urls", ("opc.tcp://[2001:DB8::7]:48020/",), SubjectKind.SERVICE, "tcp/4840")]
    )
    assert knowledge.by_address == {HERE: {OPEN_PORTS: "tcp/48010 tcp/62541"}, v6: {OPEN_PORTS: "tcp/48020"}}


def test_opc_ua_on_a_further_port_is_asked_only_where_it_is_open_or_named() -> None:
    elsewhere = registry()["opcua-elsewhere"]
    swept, taken = planned({elsewhere.name: elsewhere})
    known = {OPEN_PORTS: "tcp/48010 tcp/4840"}
    taken = tuple(one for one in taken if one.protocol == elsewhere.name)
    assert [one.port for one in taken] == [*elsewhere.ports]
    assert [one.port for one in taken if is_wanted(one, elsewhere, swept.scope, known)] == [48010]
    named, taken = planned({elsewhere.name: elsewhere}, probes=(elsewhere.name,))
    assert all(is_wanted(one, elsewhere, named.scope, {}) for one in taken)


def test_a_stored_device_is_known_at_each_of_its_addresses() -> None:
    knowledge = Knowledge()
    told = {"manufacturer": "Siemens", "tcp/102 port_state": "open", "tcp/80 port_state": "closed"}
    told |= {"tcp/443 port_state": "open", "tcp/443 service_tunnel": "ssl"}
    places = {"eth0 ip_address": "10.20.1.1", "eth1 ip_address": "10.20.1.9"}
    knowledge.recall(policy_plants.asset_of({**told, **places}))
    expected = {"manufacturer": "Siemens", OPEN_PORTS: "tcp/102 tcp/443", TLS_PORTS: "tcp/443"}
    assert knowledge.by_address == {HERE: expected, address("10.20.1.9"): expected}


@pytest.mark.parametrize(
    ("outcome", "claims", "strange"),
    [
        (Outcome.GARBLED, (), True),
        (Outcome.ANSWERED, (), True),
        (Outcome.ANSWERED, (Claim("service_name", "modbus", SubjectKind.SERVICE, "tcp/502"),), False),
    ],
)
def test_after_an_unknown_answer_no_second_protocol_is_tried_on_that_port(
    outcome: Outcome, claims: tuple[Claim, ...], strange: bool
) -> None:
    _, taken = planned(protocols(modbus=None, s7=None))
    modbus, s7 = taken[0], taken[1]
    heard = replace(
        stored.observation(1), target=HERE, transport=modbus.transport, port=502, outcome=outcome, claims=claims
    )
    knowledge = Knowledge()
    knowledge.hear(heard)
    assert knowledge.is_strange(modbus) is strange
    assert not knowledge.is_strange(s7)
