"""Agents with the quirks of real ones, and agents that refuse: what is asked of them next, and what is not claimed."""

from collections.abc import Generator
from typing import Any

import pytest
from pyasn1.codec.ber import decoder
from pysnmp.proto import rfc1905
from pysnmp.proto.api import v2c

from assetctl.model import Claim, Outcome
from assetctl.protocol import Context, Credential
from assetctl.protocols.snmp import PROTOCOL, depth, objects, probe
from assetctl.talk import Ask, Open, Reply
from tests.unit.snmp_agent import Agent, Oid, Talked, talk_to

V1, V2C = Credential("old", "snmp-v1"), Credential("ro", "snmp-v2c")
LOW, HIGH = Credential("low", "snmp-v3"), Credential("high", "snmp-v3")
LEVELS = {"level/low": "authNoPriv", "level/high": "authPriv"}
TABLES = frozenset({"snmp.tables"})


def text(value: str) -> Any:
    return v2c.OctetString(value.encode())


def interfaces(count: int, *, description: str = "port") -> dict[Oid, Any]:
    found: dict[Oid, Any] = {objects.SYS_DESCR: text("Some switch"), objects.SYS_UP_TIME: v2c.TimeTicks(100)}
    for index in range(1, count + 1):
        found[*objects.IF_DESCR, index] = text(f"{description} {index}")
        found[*objects.IF_TYPE, index] = v2c.Integer(6)
    return found | {(1, 3, 6, 1, 4, 1, 99999, 1, 0): text("end")}


def ask(agent: Agent, *credentials: Credential, names: frozenset[str] = TABLES, **known: str) -> Talked:
    context = Context(port=161, seed=7, credentials=credentials or (V2C,), depth=names, known=known)
    return talk_to(probe.probe(context), {one.name: agent for one in credentials or (V2C,)})


def told_interfaces(said: Talked) -> int:
    return sum(claim.key == "interface_description" for claim in said.claims)


def drive(talk: Generator[Open | Ask, Reply, tuple[Claim, ...]], *replies: Reply) -> dict[str, Any]:
    """Answer the questions in turn, and every Open; the claims at the end by key."""
    rest = list(replies)
    step = next(talk)
    try:
        while True:
            step = talk.send(Reply(Outcome.ANSWERED) if isinstance(step, Open) else rest.pop(0))
    except StopIteration as end:
        assert not rest
        return {claim.key: claim.value for claim in end.value}


def usm(words: str) -> Reply:
    return Reply(Outcome.REFUSED, detail=f"usm: {words}")


def test_an_agent_that_names_no_object_in_its_refusal_is_asked_for_halves() -> None:
    class Nameless(Agent):
        def answer(self, unit: bytes) -> Reply:
            reply = super().answer(unit)
            whole = bytearray(reply.frames[0])
            status_at = whole.index(b"\x02\x01\x02\x02\x01") if b"\x02\x01\x02\x02\x01" in whole[:20] else 0
            if status_at:
                whole[status_at + 5] = 0
            return Reply(reply.outcome, (bytes(whole),))

    said = ask(Nameless(interfaces(2), is_v1=True), V1, names=frozenset())
    assert said.value("description") == "Some switch"
    assert said.value("sys_uptime_s") == 1


def test_the_first_question_of_every_table_is_getnext() -> None:
    agent = Agent(interfaces(60))
    said = ask(agent)
    depth_names = [name for name in said.requests if name.startswith(("walk-", "bulk-"))]
    tables = dict.fromkeys(name.partition("-")[2] for name in depth_names)
    for table in tables:
        assert next(name for name in depth_names if name.endswith(table)) == f"walk-{table}"
    assert told_interfaces(said) == 60


@pytest.mark.parametrize("length", [10, 200, 800])
def test_an_answer_to_a_bulk_question_fits_one_datagram(length: int) -> None:
    agent = Agent(interfaces(60, description="x" * length))
    sizes: list[int] = []
    plain = agent.answer

    def measured(unit: bytes) -> Reply:
        reply = plain(unit)
        if unit[0] == 0xA5:
            sizes.append(len(reply.frames[0]))
        return reply

    agent.answer = measured  # type: ignore[method-assign]
    assert told_interfaces(ask(agent)) == 60
    assert max(sizes) < 1400


def test_an_agent_that_cuts_its_bulk_answers_still_gives_every_row() -> None:
    for cut in (1, 7, 11):
        assert told_interfaces(ask(Agent(interfaces(25), cut=cut))) == 25


def test_an_agent_that_never_answers_bulk_is_asked_in_bulk_once() -> None:
    said = ask(Agent(interfaces(25), drops=lambda pdu: isinstance(pdu, rfc1905.GetBulkRequestPDU)))
    assert sum(name.startswith("bulk-") for name in said.requests) == 1
    assert told_interfaces(said) == 25


def test_an_agent_that_fits_few_objects_is_asked_for_fewer() -> None:
    said = ask(Agent(interfaces(8), most=4))
    assert told_interfaces(said) == 8


def test_names_that_do_not_grow_are_told_as_the_reason_for_the_end() -> None:
    said = ask(Agent(interfaces(30), loops=True))
    assert any("do not grow" in entry for entry in said.value("snmp_tables_cut"))


def test_silence_in_a_table_ends_the_talk_and_the_rest_is_not_asked() -> None:
    def deaf(pdu: Any) -> bool:
        names = [tuple(name) for name, _ in v2c.apiPDU.get_varbinds(pdu)]
        return int(v2c.apiPDU.get_request_id(pdu)) >= 0x60000000 and names[0][:8] == (1, 3, 6, 1, 2, 1, 4, 34)

    said = ask(Agent(interfaces(3), drops=deaf), names=frozenset({"snmp.tables", "snmp.arp"}))
    assert said.requests[-1] == "walk-ip-address"
    assert said.value("snmp_tables_cut") == (
        "ip-address: no answer",
        "ipv4-address: not asked",
        "snmp.arp: not asked",
    )
    assert told_interfaces(said) == 3


@pytest.mark.parametrize(
    "description",
    [
        "Siemens, SIMATIC S7, CPU 1516-3 PN/DP, 6ES7 516-3AN01-0AB0, HW: Version 4, FW: Version V2.8.1",
        "SIMATIC NET, CP 343-1 Lean, 6GK7 343-1CX10-0XE0, HW: Version 2, FW: Version V2.4.0",
        "Siemens, SIMATIC ET 200SP, IM155-6PN",
        "Rockwell Automation 1756-EN2T/D",
        "Schneider Electric BMX NOE 0100",
        "WAGO 750-8212 PFC200",
    ],
)
def test_a_controller_that_tells_so_is_not_asked_for_tables_in_the_first_talk(description: str) -> None:
    agent = Agent({**interfaces(3), objects.SYS_DESCR: text(description)})
    said = ask(agent, names=frozenset(depth.QUESTIONS))
    assert not [name for name in said.requests if name.startswith(("walk-", "bulk-", "get-host"))]
    assert set(said.value("snmp_tables_cut")) == {f"{name}: not asked of a controller" for name in depth.QUESTIONS}


@pytest.mark.parametrize(
    "description",
    [
        "Siemens, SIMATIC NET, SCALANCE X208, 6GK5 208-0BA10-2AA3, HW: 4, FW: V04.04",
        "Cisco IOS Software, IE 3000 Software, Version 15.2(4)E",
        "Modicon Managed Switch MCSESM083F23F0",
        "Linux station 6.1.0-18-amd64",
    ],
)
def test_switches_and_computers_are(description: str) -> None:
    said = ask(Agent({**interfaces(3), objects.SYS_DESCR: text(description)}))
    assert "walk-interface" in said.requests


@pytest.mark.parametrize("role", ["plc", "remote-io", "Remote IO", "communication-module", "drive"])
def test_a_known_role_counts_however_it_is_written(role: str) -> None:
    said = ask(Agent(interfaces(3)), asset_role_type=role)
    assert not [name for name in said.requests if name.startswith(("walk-", "bulk-"))]


def test_a_level_that_is_refused_is_told_and_one_that_works_is_not() -> None:
    context = Context(port=161, credentials=(LOW, HIGH), known=LEVELS)
    talk = probe.probe(context)
    agent = Agent(interfaces(1))
    step, opened, replies = next(talk), "", iter([usm("unsupported security level")])
    try:
        while True:
            if isinstance(step, Open):
                opened = step.envelope
                step = talk.send(Reply(Outcome.ANSWERED))
            else:
                step = talk.send(next(replies) if opened == "low" else agent.answer(step.payload))
    except StopIteration as end:
        told = {claim.key: claim.value for claim in end.value}
    assert told["snmp_levels_refused"] == ("authNoPriv",)
    assert told["snmp_security_level"] == "authPriv"
    assert told["snmp_versions_tried"] == ("v3",)


@pytest.mark.parametrize(
    ("words", "tried", "levels"),
    [
        ("unsupported security level", ("v3",), ("authNoPriv",)),
        ("wrong digest, the authentication key or protocol differs", ("v3",), None),
        ("unknown user name", None, None),
        ("not in time window", None, None),
    ],
)
def test_only_a_refusal_that_shows_the_user_to_be_known_says_that_the_version_was_tried(
    words: str, tried: tuple[str, ...] | None, levels: tuple[str, ...] | None
) -> None:
    told = drive(probe.probe(Context(port=161, credentials=(LOW,), known=LEVELS)), usm(words))
    assert told.get("snmp_versions_tried") == tried
    assert told.get("snmp_levels_refused") == levels
    assert "snmp_versions_answered" not in told
    assert told["service_name"] == "snmp"


def test_silence_to_a_community_says_nothing_about_the_version() -> None:
    assert drive(probe.probe(Context(port=161, credentials=(V2C, V1))), *[Reply(Outcome.SILENT)] * 2) == {}


def test_a_version_that_answered_was_tried() -> None:
    said = ask(Agent(interfaces(1)), Credential("wrong", "snmp-v1"), names=frozenset())
    assert said.value("snmp_versions_tried") == said.value("snmp_versions_answered") == ("v1",)


def test_who_may_read_nothing_is_let_go_and_the_next_credential_is_tried() -> None:
    denied = Agent(interfaces(1))

    def refuse(unit: bytes) -> Reply:
        question = decoder.decode(unit, asn1Spec=rfc1905.PDUs())[0].getComponent()
        frame = bytearray(Agent({}).answer(unit).frames[0])
        assert int(v2c.apiPDU.get_request_id(question))
        at = frame.index(b"\x02\x01\0\x02\x01\0")
        frame[at + 2] = 16  # authorizationError
        return Reply(Outcome.ANSWERED, (bytes(frame),))

    denied.answer = refuse  # type: ignore[method-assign]
    context = Context(port=161, credentials=(LOW, HIGH), known=LEVELS)
    said = talk_to(probe.probe(context), {"low": denied, "high": Agent(interfaces(1))})
    assert said.opens == ("low", "high")
    assert said.value("snmp_levels_refused") == ("authNoPriv",)
    assert said.value("description") == "Some switch"
    alone = talk_to(probe.probe(Context(port=161, credentials=(LOW,), known=LEVELS)), {"low": denied})
    assert alone.value("snmp_versions_answered") is None
    assert len(alone.requests) == 1


def test_engine_boots_and_time_come_with_the_engine_id_in_the_same_question() -> None:
    engine = {
        objects.ENGINE_ID: v2c.OctetString(bytes.fromhex("80003f3103001122334455")),
        objects.ENGINE_BOOTS: v2c.Integer(7),
        objects.ENGINE_TIME: v2c.Integer(4711),
    }
    said = ask(Agent(interfaces(1) | engine), names=frozenset())
    assert said.requests.count("get-system") == 1
    assert (said.value("snmp_engine_boots"), said.value("snmp_engine_time_s")) == (7, 4711)
    assert len(objects.SCALARS) <= 10
    assert PROTOCOL.cost.units <= 24
