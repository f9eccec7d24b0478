"""The SNMPv3 transport against agents on loopback that are silent, rude or absent; it stays within its permits."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder, encoder
from pyasn1.type import univ
from pysnmp.proto import rfc1905
from pysnmp.proto.api import v2c
from pysnmp.proto.mpmod.rfc3412 import SNMPv3Message

from assetctl.errors import Refusal, SecretFault, WireError
from assetctl.model import Address, Outcome, Transport
from assetctl.protocols.snmp import codec, objects
from assetctl.safety.permit import Permit, Seal
from assetctl.scope import Vantage
from assetctl.secrets.credentials import UsmUser
from assetctl.talk import Ask
from assetctl.transport import snmpv3
from assetctl.transport.sockets import Heard

USER = UsmUser("usm", "reader", "SHA256", "authpass123", "AES128", "privpass123")
QUESTION = codec.encode_get(request_id=0x40000001, objects=objects.SCALARS)
AGENT = ("127.0.0.1", 161, 0)
UNKNOWN_ENGINE_IDS = (1, 3, 6, 1, 6, 3, 15, 1, 1, 4, 0)


@cache
def engine() -> snmpv3.Engine:
    return snmpv3.Engine(USER)


def permit(port: int, payload: bytes = b"", *, datagrams: int = 1) -> Permit:
    return Permit(
        Seal(),
        address=Address("plant", ip_address("127.0.0.1")),
        transport=Transport.UDP,
        port=port,
        payload=payload,
        request="get-system" if payload else "connect",
        action="unit" if payload else "connect",
        step="s",
        sequence=1,
        datagrams=datagrams,
    )


def question(wait_s: float = 0.2) -> Ask:
    accepts = partial(codec.is_answer, request_id=0x40000001)
    return Ask(QUESTION, codec.FRAMING, wait_s=wait_s, accepts=accepts)


@contextmanager
def bound_socket() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind(("127.0.0.1", 0))
        made.setblocking(False)
        yield made


def received(made: socket.socket) -> list[bytes]:
    found = []
    while True:
        try:
            found.append(made.recv(65535))
        except BlockingIOError:
            return found


async def asked(port: int, *, times: int = 1) -> list[Heard]:
    connection, _ = await snmpv3.open_snmpv3(permit(port, datagrams=2), Vantage("plant"), USER)
    try:
        return [await connection.ask(permit(port, QUESTION), question()) for _ in range(times)]
    finally:
        await connection.close()


def test_opening_alone_sends_nothing() -> None:
    with bound_socket() as agent:
        asyncio.run(asked(agent.getsockname()[1], times=0))
        assert received(agent) == []


def test_a_silent_agent_gets_one_discovery_a_question_and_it_names_nobody() -> None:
    with bound_socket() as agent:
        heard = asyncio.run(asked(agent.getsockname()[1], times=2))
        datagrams = received(agent)
    assert [h.reply.outcome for h in heard] == [Outcome.SILENT] * 2
    assert len(datagrams) == 2
    assert not any(b"reader" in datagram for datagram in datagrams)


def test_a_closed_port_is_refused() -> None:
    with bound_socket() as agent:
        port = agent.getsockname()[1]
    (heard,) = asyncio.run(asked(port))
    assert heard.reply.outcome is Outcome.REFUSED
    assert not heard.reply.detail.startswith("usm:")


@pytest.mark.parametrize("answer", [b"\x30", b"not SNMP at all", bytes(40), b"\x30\x82\xff\xff\x02\x01\x03"])
def test_an_agent_that_talks_rubbish_is_garbled(answer: bytes) -> None:
    async def talk() -> Heard:
        with bound_socket() as agent:
            loop = asyncio.get_running_loop()
            going = asyncio.ensure_future(asked(agent.getsockname()[1]))
            _, peer = await loop.sock_recvfrom(agent, 65535)
            await loop.sock_sendto(agent, answer, peer)
            return (await going)[0]

    heard = asyncio.run(talk())
    assert heard.reply.outcome is Outcome.GARBLED
    assert heard.reply.detail


def report(discovery: bytes, engine_id: bytes, boots: int, seconds: int) -> bytes:
    """An agent's answer to a discovery message, written with pysnmp's types."""
    message = decoder.decode(discovery, asn1Spec=SNMPv3Message())[0]
    pdu = rfc1905.ReportPDU()
    v2c.apiPDU.set_defaults(pdu)
    v2c.apiPDU.set_varbinds(pdu, [(UNKNOWN_ENGINE_IDS, v2c.Counter32(1))])
    parameters = univ.Sequence()
    for at, value in enumerate(
        (univ.OctetString(engine_id), univ.Integer(boots), univ.Integer(seconds), *[univ.OctetString(b"")] * 3)
    ):
        parameters.setComponentByPosition(at, value)
    message[1]["msgFlags"] = b"\0"
    message[2] = encoder.encode(parameters)
    scoped = message[3].getComponent()
    scoped["contextEngineId"] = engine_id
    scoped["data"].setComponentByType(rfc1905.ReportPDU.tagSet, pdu, verifyConstraints=False, matchTags=False)
    return bytes(encoder.encode(message))


@pytest.mark.parametrize(
    ("engine_id", "boots", "seconds"),
    [
        (bytes.fromhex("80001f8803001122334455"), 5, 1000),
        (bytes.fromhex("80001f8803001122334455"), 2**31 - 1, 2**31 - 1),
        (bytes.fromhex("80001f8803001122334455"), 2**40, -(2**40)),
        (b"\x80", 0, 0),
        (b"", 0, 0),
        (bytes(12), 0, 0),
        (b"\xff" * 32, 0, 0),
        (b"\xff" * 33, 0, 0),
        (b"\xff" * 300, 0, 0),
    ],
)
def test_whatever_an_agent_says_of_itself_a_question_ends_as_an_outcome(
    engine_id: bytes, boots: int, seconds: int
) -> None:
    async def talk() -> Heard:
        with bound_socket() as agent:
            loop = asyncio.get_running_loop()
            going = asyncio.ensure_future(asked(agent.getsockname()[1]))
            discovery, peer = await loop.sock_recvfrom(agent, 65535)
            await loop.sock_sendto(agent, report(discovery, engine_id, boots, seconds), peer)
            return (await going)[0]

    assert asyncio.run(talk()).reply.outcome in (Outcome.SILENT, Outcome.GARBLED, Outcome.REFUSED)


def test_an_answer_from_another_address_is_not_taken() -> None:
    async def talk() -> Heard:
        with bound_socket() as agent, bound_socket() as stranger:
            loop = asyncio.get_running_loop()
            going = asyncio.ensure_future(asked(agent.getsockname()[1]))
            _, peer = await loop.sock_recvfrom(agent, 65535)
            await loop.sock_sendto(stranger, b"not SNMP at all", peer)
            return (await going)[0]

    heard = asyncio.run(talk())
    assert (heard.reply.outcome, heard.strays) == (Outcome.SILENT, 1)


def test_beyond_the_permits_nothing_is_sent() -> None:
    async def talk(port: int) -> None:
        connection, _ = await snmpv3.open_snmpv3(permit(port, datagrams=0), Vantage("plant"), USER)
        try:
            with pytest.raises(Refusal, match="permit"):
                await connection.ask(permit(port, QUESTION, datagrams=0), question())
        finally:
            await connection.close()
        assert connection.sent == 0

    with bound_socket() as agent:
        asyncio.run(talk(agent.getsockname()[1]))
        assert received(agent) == []


def test_a_permit_serves_once() -> None:
    async def talk(port: int) -> None:
        connection, _ = await snmpv3.open_snmpv3(permit(port, datagrams=2), Vantage("plant"), USER)
        leave = permit(port, QUESTION)
        try:
            await connection.ask(leave, question(0.01))
            with pytest.raises(Refusal, match="one unit"):
                await connection.ask(leave, question(0.01))
        finally:
            await connection.close()

    with bound_socket() as agent:
        asyncio.run(talk(agent.getsockname()[1]))


@given(st.binary(max_size=200))
def test_arbitrary_messages_are_wire_errors_or_reports_and_nothing_else(message: bytes) -> None:
    with pytest.raises((WireError, snmpv3.Reported)):
        engine().open(message, AGENT)


@given(st.data())
def test_changed_discovery_messages_are_never_an_answer(data: st.DataObject) -> None:
    message, handle = engine().seal(snmpv3.read_pdu(QUESTION), AGENT)
    changed = bytearray(message)
    for _ in range(data.draw(st.integers(0, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    with pytest.raises((WireError, snmpv3.Reported)):
        engine().open(bytes(changed), AGENT)
    engine().forget(handle)


def test_an_engine_is_replaced_after_its_number_of_agents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snmpv3, "MOST_AGENTS", 3)
    user = UsmUser("short", "short-lived", "SHA", "authpass123")
    engines = [snmpv3.engine_for(user) for _ in range(7)]
    assert [engines.index(one) for one in engines] == [0, 0, 0, 3, 3, 3, 6]


def test_each_user_has_an_engine_of_its_own() -> None:
    other = UsmUser("usm2", "reader", "SHA256", "another-key")
    assert snmpv3.engine_for(USER) is not snmpv3.engine_for(other)


@pytest.mark.parametrize(
    "user",
    [
        UsmUser("x", "u", "SHA3", "authpass123"),
        UsmUser("x", "u", "SHA", "authpass123", "BLOWFISH", "privpass123"),
        UsmUser("x", "u", "", "", "AES128", "privpass123"),
    ],
)
def test_protocols_that_do_not_exist_are_faults_of_the_credential_that_show_no_key(user: UsmUser) -> None:
    with pytest.raises(SecretFault, match="credential x") as fault:
        snmpv3.engine_for(user)
    assert "pass123" not in str(fault.value)
    assert "pass123" not in repr(user)
