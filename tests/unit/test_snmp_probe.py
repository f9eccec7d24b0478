"""The SNMP conversation with agents that have the quirks of real ones."""

from typing import Any

import pytest
from pysnmp.proto import rfc1905
from pysnmp.proto.api import v2c

from assetctl.model import Outcome, SubjectKind, Transport
from assetctl.protocol import Context, Credential
from assetctl.protocols.snmp import PROTOCOL, objects, probe
from assetctl.talk import Open, Reply
from tests.unit.snmp_agent import Agent, Oid, talk_to

V2C = Credential("ro", "snmp-v2c")
V1 = Credential("old", "snmp-v1")
V3 = Credential("usm", "snmp-v3")
TABLES = frozenset({"snmp.tables"})


def text(value: str) -> Any:
    return v2c.OctetString(value.encode())


def system() -> dict[Oid, Any]:
    return {
        objects.SYS_DESCR: text("Westermo Lynx-210-F2G, WeOS 4.33.1"),
        objects.SYS_OBJECT_ID: v2c.ObjectIdentifier((1, 3, 6, 1, 4, 1, 16177, 1, 200)),
        objects.SYS_UP_TIME: v2c.TimeTicks(123456),
        objects.SYS_CONTACT: text("plant electricians"),
        objects.SYS_NAME: text("ring-1"),
        objects.SYS_LOCATION: text(""),
        objects.SYS_SERVICES: v2c.Integer(2),
        objects.IF_NUMBER: v2c.Integer(3),
        objects.ENGINE_ID: v2c.OctetString(bytes.fromhex("80003f3103001122334455")),
    }


def entity(index: int, klass: int, within: int, position: int, *, serial: str = "", model: str = "") -> dict[Oid, Any]:
    values = {
        objects.ENT_DESCR: text(f"entity {index}"),
        objects.ENT_CONTAINED_IN: v2c.Integer(within),
        objects.ENT_CLASS: v2c.Integer(klass),
        objects.ENT_PARENT_REL_POS: v2c.Integer(position),
        objects.ENT_HARDWARE_REV: text("V02"),
        objects.ENT_FIRMWARE_REV: text("boot 1.2"),
        objects.ENT_SOFTWARE_REV: text("4.33.1"),
        objects.ENT_SERIAL_NUM: text(serial),
        objects.ENT_MFG_NAME: text("Westermo"),
        objects.ENT_MODEL_NAME: text(model),
    }
    return {(*column, index): value for column, value in values.items()}


def interface(index: int, mac: bytes, *, mbit: int = 1000) -> dict[Oid, Any]:
    values = {
        objects.IF_DESCR: text(f"port {index}"),
        objects.IF_TYPE: v2c.Integer(6),
        objects.IF_SPEED: v2c.Gauge32(min(mbit * 10**6, 2**32 - 1)),
        objects.IF_PHYS_ADDRESS: v2c.OctetString(mac),
        objects.IF_ADMIN_STATUS: v2c.Integer(1),
        objects.IF_OPER_STATUS: v2c.Integer(7),
        objects.IF_NAME: text(f"eth{index}"),
        objects.IF_HIGH_SPEED: v2c.Gauge32(mbit),
        objects.IF_ALIAS: text("to cell 4"),
    }
    return {(*column, index): value for column, value in values.items()}


def switch(*, interfaces: int = 3) -> dict[Oid, Any]:
    found = system() | entity(1, 3, 0, -1, serial="LX12345", model="Lynx-210")
    found |= entity(2, 5, 1, 4) | entity(3, 9, 2, 0, serial="MOD77", model="SFP") | entity(4, 6, 1, 0)
    for index in range(1, interfaces + 1):
        found |= interface(index, bytes((0x00, 0x07, 0x7C, 0, 1, index)) if index > 1 else bytes(6))
    found[(*objects.IPV4_IF_INDEX, 10, 20, 1, 5)] = v2c.Integer(2)
    found[(*objects.IPV4_IF_INDEX, 127, 0, 0, 1)] = v2c.Integer(1)
    found[(1, 3, 6, 1, 4, 1, 16177, 9, 9, 0)] = text("last of the MIB")
    return found


def ask(agent: Agent, *credentials: Credential, depth: frozenset[str] = frozenset(), **known: str) -> Any:
    context = Context(port=161, seed=7, credentials=credentials or (V2C,), depth=depth, known=known)
    return talk_to(probe.probe(context), {c.name: agent for c in credentials or (V2C,)})


def test_identity_is_the_system_group_the_chassis_and_one_hardware_address() -> None:
    said = ask(Agent(switch()))
    assert said.requests == ("get-system", "next-entity", "next-interface", "next-interface")
    assert said.value("hostname") == "ring-1"
    assert said.value("sys_object_id") == "1.3.6.1.4.1.16177.1.200"
    assert said.value("snmp_enterprise_number") == 16177
    assert said.value("sys_uptime_s") == 1234
    assert said.value("snmp_engine_id") == "80003f3103001122334455"
    assert said.value("physical_location_address") is None
    assert said.value("serial_number") == "LX12345"
    assert said.value("firmware_software_version") == "4.33.1"
    assert said.value("mac_address", local_key="if/1") is None
    assert said.value("mac_address", local_key="if/2") == "00:07:7C:00:01:02"
    assert said.value("snmp_versions_answered") == ("v2c",)
    assert said.value("service_name", local_key="udp/161") == "snmp"


def test_depth_reads_parts_interfaces_and_addresses() -> None:
    agent = Agent(switch(interfaces=30))
    said = ask(agent, depth=TABLES)
    assert said.value("serial_number") == "LX12345"
    assert said.value("serial_number", part="entity/3") == "MOD77"
    assert said.value("entity_class", part="entity/3") == "module"
    assert said.value("slot", part="entity/3") == 4
    assert said.value("part_of", part="entity/3") is None
    assert {c.local_key for c in said.claims if c.key == "interface_index"} == {f"if/{n}" for n in range(1, 31)}
    assert said.value("interface_name", local_key="if/30") == "eth30"
    assert said.value("interface_oper_status", local_key="if/30") == "lowerLayerDown"
    assert [(c.local_key, c.value) for c in said.claims if c.key == "ip_address"] == [("if/2", "10.20.1.5")]
    assert all(c.kind is SubjectKind.INTERFACE for c in said.claims if c.local_key.startswith("if/"))


def test_typed_addresses_of_both_families_are_read() -> None:
    v6 = (0xFD, *[0] * 14, 9)
    rows = {(1, 4, 10, 9, 8, 7): 2, (2, 16, *v6): 2, (1, 4, 169, 254, 1, 1): 2, (4, 20, *v6, 0, 0, 0, 1): 2}
    found = switch()
    for index, at in rows.items():
        found |= {(*objects.IP_IF_INDEX, *index): v2c.Integer(at), (*objects.IP_TYPE, *index): v2c.Integer(1)}
    broadcast = (1, 4, 10, 9, 8, 255)
    found |= {(*objects.IP_IF_INDEX, *broadcast): v2c.Integer(2), (*objects.IP_TYPE, *broadcast): v2c.Integer(3)}
    said = ask(Agent(found), depth=TABLES)
    assert {c.value for c in said.claims if c.key == "ip_address"} == {"10.9.8.7", "fd00::9"}
    assert "walk-ipv4-address" not in said.requests


def test_speeds_that_do_not_fit_are_taken_from_the_wide_column() -> None:
    said = ask(Agent(system() | interface(1, b"\0\7\x7c\0\1\1", mbit=10_000)), depth=TABLES)
    assert said.value("interface_speed_bps", local_key="if/1") == 10_000_000_000


def test_a_getnext_comes_before_the_first_getbulk_and_no_question_is_larger_than_ten() -> None:
    agent = Agent(switch(interfaces=80))
    ask(agent, depth=TABLES)
    kinds = [unit[0] for unit in agent.asked]
    assert 0xA1 in kinds[: kinds.index(0xA5)]


def test_the_first_credential_that_is_answered_ends_the_search_and_each_is_tried_once() -> None:
    context = Context(port=161, credentials=(Credential("a", "snmp-v2c"), Credential("b", "snmp-v1"), V2C))
    said = talk_to(probe.probe(context), {"b": Agent(switch()), "ro": Agent(switch())})
    assert said.opens == ("a", "b")
    assert said.requests[:2] == ("get-system", "get-system")
    assert said.value("snmp_versions_answered") == ("v1",)


def test_without_a_credential_nothing_is_asked() -> None:
    assert talk_to(probe.probe(Context(port=161)), {}).opens == ()


def test_a_closed_port_ends_the_search() -> None:
    talk = probe.probe(Context(port=161, credentials=(V2C, V1)))
    assert next(talk) == Open(Transport.UDP, 161, envelope="ro")
    talk.send(Reply(Outcome.ANSWERED))
    with pytest.raises(StopIteration) as end:
        talk.send(Reply(Outcome.REFUSED, detail="Connection refused"))
    assert end.value.value == ()


def test_an_agent_that_refuses_a_user_is_there_and_the_next_credential_is_tried() -> None:
    talk = probe.probe(Context(port=161, credentials=(V3, V2C)))
    next(talk)
    talk.send(Reply(Outcome.ANSWERED))
    assert talk.send(Reply(Outcome.REFUSED, detail="usm: unknown user name")) == Open(Transport.UDP, 161, envelope="ro")
    talk.send(Reply(Outcome.ANSWERED))
    with pytest.raises(StopIteration) as end:
        talk.send(Reply(Outcome.SILENT))
    assert [claim.key for claim in end.value.value] == ["service_name", "service_source"]


def test_v1_agents_are_asked_again_without_the_object_they_refuse() -> None:
    found = switch()
    del found[objects.SYS_SERVICES]
    agent = Agent(found, is_v1=True)
    said = ask(agent, V1, depth=TABLES)
    assert said.requests[:2] == ("get-system", "get-system")
    assert said.value("hostname") == "ring-1"
    assert said.value("serial_number", part="entity/3") == "MOD77"
    assert not any(unit[0] == 0xA5 for unit in agent.asked)


def test_tables_at_the_end_of_a_v1_mib_are_read_to_their_last_row() -> None:
    found = {oid: value for oid, value in switch().items() if oid < (1, 3, 6, 1, 4)}
    said = ask(Agent(found, is_v1=True), V1, depth=TABLES)
    assert said.value("interface_name", local_key="if/3") == "eth3"
    assert said.value("serial_number", part="entity/3") == "MOD77"


def test_an_answer_that_is_too_big_is_asked_for_in_halves() -> None:
    said = ask(Agent(switch(), most=5), depth=TABLES)
    assert said.value("hostname") == "ring-1"
    assert said.value("sys_services") == 2
    assert said.value("serial_number") == "LX12345"
    assert said.value("interface_name", local_key="if/3") == "eth3"
    assert said.value("interface_speed_bps", local_key="if/3") == 1_000_000_000


def test_an_agent_that_drops_bulk_questions_is_walked_one_row_at_a_time() -> None:
    agent = Agent(switch(), drops=lambda pdu: isinstance(pdu, rfc1905.GetBulkRequestPDU))
    said = ask(agent, depth=TABLES)
    assert sum(unit[0] == 0xA5 for unit in agent.asked) == 1
    assert said.value("interface_name", local_key="if/3") == "eth3"


@pytest.mark.parametrize("cut", [1, 4, 9, 10, 13, 36])
def test_bulk_answers_cut_anywhere_lose_nothing(cut: int) -> None:
    whole = ask(Agent(switch(interfaces=12)), depth=TABLES)
    assert set(ask(Agent(switch(interfaces=12), cut=cut), depth=TABLES).claims) == set(whole.claims)


def test_a_sparse_column_loses_no_row() -> None:
    found = switch(interfaces=40)
    for index in range(1, 41):
        if index % 13:
            del found[(*objects.IF_ALIAS, index)]
            del found[(*objects.IF_NAME, index)]
    said = ask(Agent(found), depth=TABLES)
    assert sum(c.key == "interface_index" for c in said.claims) == 40
    assert {c.local_key for c in said.claims if c.key == "interface_name"} == {"if/13", "if/26", "if/39"}


def test_a_name_that_does_not_grow_ends_the_table() -> None:
    agent = Agent(switch(interfaces=60), loops=True)
    ask(agent, depth=TABLES)
    assert len(agent.asked) < 12


def test_a_table_without_an_end_stays_within_the_cost() -> None:
    found = system()
    for index in range(1, 3000):
        found |= {(*objects.IF_DESCR, index): text("x"), (*objects.ENT_SERIAL_NUM, index): text("y")}
    agent = Agent(found, drops=lambda pdu: isinstance(pdu, rfc1905.GetBulkRequestPDU))
    context = Context(port=161, credentials=(V2C,), depth=TABLES)
    talk_to(probe.probe(context), {"ro": agent})
    limit = PROTOCOL.limit(context)
    assert 300 < len(agent.asked) <= limit.units - limit.connections
    assert PROTOCOL.depths["snmp.tables"].units <= 400


def test_a_controller_is_never_asked_for_tables() -> None:
    said = ask(Agent(switch()), depth=TABLES, asset_role_type="plc")
    assert not [name for name in said.requests if name.startswith("walk-")]


def test_a_hold_on_tables_leaves_identity() -> None:
    context = Context(port=161, credentials=(V2C,), depth=TABLES, held=TABLES)
    said = talk_to(probe.probe(context), {"ro": Agent(switch())})
    assert said.value("serial_number") == "LX12345"
    assert not [name for name in said.requests if name.startswith("walk-")]


def test_of_a_stack_the_first_member_is_the_device_and_the_others_are_parts() -> None:
    found = system() | entity(1, 11, 0, -1)
    found |= entity(1001, 3, 1, 1, serial="FOC1", model="C9300") | entity(2001, 3, 1, 2, serial="FOC2", model="C9300")
    found |= entity(2002, 9, 2001, 0, serial="NM8")
    for depth in (frozenset[str](), TABLES):
        said = ask(Agent(found), depth=depth)
        assert said.value("serial_number") == "FOC1"
        assert said.value("serial_number", part="entity/2001") == "FOC2"
    assert said.value("part_of", part="entity/2002") == "entity/2001"


def test_words_for_nothing_are_no_values() -> None:
    found = system() | entity(1, 3, 0, -1, serial="N/A", model="To be filled by O.E.M.")
    said = ask(Agent(found))
    assert said.value("serial_number") is None
    assert said.value("model") is None
    assert said.value("manufacturer") == "Westermo"


def test_parts_that_contain_each_other_end() -> None:
    found = system() | entity(1, 3, 0, -1, serial="A") | entity(5, 9, 6, 0, serial="B") | entity(6, 5, 5, 0)
    said = ask(Agent(found), depth=TABLES)
    assert said.value("serial_number", part="entity/5") == "B"
    assert said.value("part_of", part="entity/5") is None


def test_how_the_agent_let_us_in_is_claimed_where_the_scan_knows_it() -> None:
    known = {"level/usm": "authPriv", "auth/usm": "SHA256", "priv/usm": "AES128", "default-community/ro": "yes"}
    said = ask(Agent(switch()), V3, **known)
    assert said.value("snmp_security_level") == "authPriv"
    assert said.value("snmp_auth_protocol") == "SHA256"
    assert said.value("snmp_priv_protocol") == "AES128"
    assert said.value("snmp_default_community_accepted") is None
    assert ask(Agent(switch()), V2C, **known).value("snmp_default_community_accepted") is True


def test_identity_and_depth_questions_are_told_apart_by_their_class() -> None:
    said = ask(Agent(switch()), depth=TABLES)
    identity = [name for name in said.requests if PROTOCOL.classes[name] == "identity"]
    assert identity == ["get-system", "next-entity", "next-interface", "next-interface"]
    assert said.requests[: len(identity)] == tuple(identity)
