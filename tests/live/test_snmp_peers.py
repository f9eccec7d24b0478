"""SNMP against net-snmp's agent and snmpsim's recorded devices, on loopback."""

import asyncio
from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from assetctl.model import Address, Claim, Outcome, Transport
from assetctl.protocol import Context, Credential
from assetctl.protocols.snmp import PROTOCOL, codec, objects
from assetctl.safety.permit import Permit, Seal
from assetctl.scope import Vantage
from assetctl.secrets.credentials import Community, Secret, UsmUser
from assetctl.talk import Ask, Open, Reply
from assetctl.transport.community import envelope
from assetctl.transport.datagram import DatagramConnection, open_datagram
from assetctl.transport.snmpv3 import Snmpv3Connection, open_snmpv3
from tests.live.snmp_agents import HOST, SNMPD, SNMPSIM, free_port, snmpd, snmpsim

pytestmark = pytest.mark.live
needs_snmpd = pytest.mark.skipif(SNMPD is None, reason="net-snmp's snmpd is not installed")
needs_snmpsim = pytest.mark.skipif(SNMPSIM is None or find_spec("snmpsim_data") is None, reason="snmpsim is missing")

APC = "snmpsim_data/data/UPS/apc-8932.snmprec"
LINUX = "snmpsim/data/recorded/linux-full-walk.snmprec"
TABLES = frozenset({"snmp.tables"})
V2C = Community("ro", "v2c", b"plantread")
USERS = [
    UsmUser("md5-des", "u_md5_des", "MD5", "authpass123", "DES", "privpass123"),
    UsmUser("sha-aes", "u_sha_aes", "SHA", "authpass123", "AES128", "privpass123"),
    UsmUser("sha224", "u_sha224", "SHA224", "authpass123"),
    UsmUser("sha256-aes", "u_sha256_aes", "SHA256", "authpass123", "AES128", "privpass123"),
    UsmUser("sha-aes192", "u_sha_aes192", "SHA", "authpass123", "AES192", "privpass123"),
    UsmUser("sha384-aes192", "u_sha384_aes192", "SHA384", "authpass123", "AES192", "privpass123"),
    UsmUser("sha256-aes256", "u_sha256_aes256", "SHA256", "authpass123", "AES256", "privpass123"),
    UsmUser("sha512-aes256", "u_sha512_aes256", "SHA512", "authpass123", "AES256", "privpass123"),
    UsmUser("open", "u_open"),
]
_NET_SNMP = {"SHA224": "SHA-224", "SHA256": "SHA-256", "SHA384": "SHA-384", "SHA512": "SHA-512"}
_NET_SNMP |= {"AES128": "AES", "AES192": "AES-192", "AES256": "AES-256"}
_NET_SNMP |= {"AES192-REEDER": "AES-192-C", "AES256-REEDER": "AES-256-C"}
ALL_PAIRS = [
    UsmUser(f"{auth}-{priv}", f"p_{auth}_{priv}", auth, "authpass123", priv, "privpass123")
    for auth in ("MD5", "SHA", "SHA224", "SHA256", "SHA384", "SHA512")
    for priv in ("DES", "AES128", "AES192", "AES256", "AES192-REEDER", "AES256-REEDER")
]


def _recording(path: str) -> str:
    """Text of a recording that a snmpsim package brings."""
    spec = find_spec(path.split("/", 1)[0])
    assert spec is not None
    assert spec.origin is not None
    return (Path(spec.origin).parent.parent / path).read_text("latin-1")


def created(user: UsmUser) -> str:
    """Lines of snmpd.conf for a user."""
    auth = f' {_NET_SNMP.get(user.auth_protocol, user.auth_protocol)} "{user.auth_key}"' if user.auth_protocol else ""
    priv = f' {_NET_SNMP.get(user.priv_protocol, user.priv_protocol)} "{user.priv_key}"' if user.priv_protocol else ""
    level = "authPriv" if priv else "authNoPriv" if auth else "noauth"
    return f"createUser {user.user}{auth}{priv}\nrouser {user.user} {level}\n"


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with snmpd(tmp_path_factory.mktemp("snmpd"), "".join(map(created, [*USERS, *ALL_PAIRS]))) as port:
        yield port


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    records = {"apc": _recording(APC), "linux": _recording(LINUX)}
    with snmpsim(tmp_path_factory.mktemp("snmpsim"), records) as port:
        yield port


def permit(port: int, payload: bytes = b"", *, datagrams: int = 1) -> Permit:
    return Permit(
        Seal(),
        address=Address("plant", ip_address(HOST)),
        transport=Transport.UDP,
        port=port,
        payload=payload,
        request=PROTOCOL.vet(payload) if payload else "connect",
        action="unit" if payload else "connect",
        step="s",
        sequence=1,
        datagrams=datagrams,
    )


class Talked:
    """What a probe claimed, what it asked, and how many datagrams an SNMPv3 transport sent for it."""

    def __init__(self) -> None:
        self.claims: tuple[Claim, ...] = ()
        self.asked: list[str] = []
        self.replies: list[Reply] = []
        self.sent = 0

    def value(self, key: str, local_key: str = "") -> Any:
        return next((c.value for c in self.claims if (c.key, c.local_key) == (key, local_key)), None)


async def converse(
    port: int, secrets: tuple[Secret, ...], depth: frozenset[str], kinds: dict[str, str], known: dict[str, str]
) -> Talked:
    """Drive the probe over real sockets, with a permit for each unit."""
    by_name = {secret.name: secret for secret in secrets}
    credentials = tuple(Credential(name, kinds[name]) for name in by_name)
    talk = PROTOCOL.probe(Context(port=port, credentials=credentials, depth=depth, answer_s=1.0, known=known))
    done, reply = Talked(), None
    connection: DatagramConnection | Snmpv3Connection | None = None
    try:
        while True:
            try:
                step = next(talk) if reply is None else talk.send(reply)
            except StopIteration as end:
                done.claims = tuple(end.value)
                return done
            if isinstance(step, Open):
                await _close(connection, done)
                connection = await _opened(port, by_name[step.envelope])
                reply = Reply(Outcome.ANSWERED)
                continue
            assert connection is not None
            done.asked.append(PROTOCOL.vet(step.payload))
            reply = (await connection.ask(permit(port, step.payload), step)).reply
            done.replies.append(reply)
    finally:
        await _close(connection, done)


async def _opened(port: int, secret: Secret) -> DatagramConnection | Snmpv3Connection:
    if isinstance(secret, UsmUser):
        return (await open_snmpv3(permit(port, datagrams=2), Vantage("plant"), secret))[0]
    return open_datagram(permit(port), Vantage("plant"), envelope(secret))


async def _close(connection: DatagramConnection | Snmpv3Connection | None, done: Talked) -> None:
    if connection is not None:
        done.sent += getattr(connection, "sent", 0)
        await connection.close()


def talk_to(
    port: int, *secrets: Secret, depth: frozenset[str] = frozenset(), known: dict[str, str] | None = None
) -> Talked:
    kinds = {s.name: "snmp-v3" if isinstance(s, UsmUser) else f"snmp-{s.version}" for s in secrets}
    return asyncio.run(converse(port, secrets, depth, kinds, known or {}))


def is_the_switch(done: Talked) -> bool:
    return (
        done.value("description") == "Cisco IOS Software, IE 3000 Software, Version 15.2(4)E"
        and done.value("hostname") == "sw-ie3000-01"
        and done.value("physical_location_address") == "hall 2, cabinet 14"
        and done.value("sys_object_id") == "1.3.6.1.4.1.9.1.958"
        and done.value("snmp_enterprise_number") == 9
    )


@needs_snmpd
@pytest.mark.parametrize("version", ["v1", "v2c"])
def test_net_snmp_tells_who_it_is(agent: int, version: str) -> None:
    done = talk_to(agent, Community("ro", version, b"plantread"))
    assert is_the_switch(done)
    assert done.value("snmp_versions_answered") == (version,)
    assert set(done.asked) <= {"get-system", "next-entity", "next-interface", "get-vendor"}


@needs_snmpd
def test_net_snmp_gives_its_whole_tables_and_its_loopback_has_no_hardware_address(agent: int) -> None:
    done = talk_to(agent, V2C, depth=TABLES)
    assert is_the_switch(done)
    assert done.value("interface_name", "if/1") == "lo"
    assert done.value("mac_address", "if/1") is None
    assert done.value("interface_type", "if/1") == 24
    assert {"walk-interface", "walk-ip-address"} <= set(done.asked)
    assert "walk-entity" not in done.asked, "an agent without the table is not asked for it again"


@needs_snmpd
def test_a_wrong_community_looks_like_silence_and_the_next_credential_is_tried(agent: int) -> None:
    done = talk_to(agent, Community("wrong", "v2c", b"guess"), V2C)
    assert done.replies[0].outcome is Outcome.SILENT
    assert is_the_switch(done)


@needs_snmpd
@pytest.mark.parametrize("user", USERS, ids=lambda user: user.name)
def test_every_pair_of_algorithms_answers_with_one_datagram_more_than_questions(agent: int, user: UsmUser) -> None:
    done = talk_to(agent, user)
    assert is_the_switch(done)
    assert done.value("snmp_versions_answered") == ("v3",)
    assert done.sent == len(done.asked) + 1


@needs_snmpd
@pytest.mark.parametrize("user", ALL_PAIRS, ids=lambda user: user.name)
def test_every_authentication_goes_with_every_privacy_in_both_key_variants(agent: int, user: UsmUser) -> None:
    assert is_the_switch(talk_to(agent, user))


@needs_snmpd
@pytest.mark.parametrize(("here", "there"), [("AES256-REEDER", "AES256"), ("AES192", "AES192-REEDER")])
def test_the_other_key_variant_is_a_wrong_key(agent: int, here: str, there: str) -> None:
    """Where the digest is shorter than the key; with a longer one both variants are the same key."""
    done = talk_to(agent, UsmUser("x", f"p_SHA_{there}", "SHA", "authpass123", here, "privpass123"))
    assert done.value("hostname") is None
    assert [claim.key for claim in done.claims if claim.key == "snmp_versions_answered"] == []


@needs_snmpd
def test_a_user_below_its_level_is_refused_and_that_is_told(agent: int) -> None:
    low = UsmUser("low", "u_sha_aes", "SHA", "authpass123")
    known = {"level/low": "authNoPriv", "level/sha-aes": "authPriv"}
    done = talk_to(agent, low, USERS[1], known=known)
    assert is_the_switch(done)
    assert done.value("snmp_levels_refused") == ("authNoPriv",)
    assert done.value("snmp_security_level") == "authPriv"


@needs_snmpd
def test_an_encrypted_walk_gives_what_the_plain_one_gives(agent: int) -> None:
    volatile = {"sys_uptime_s", "snmp_engine_time_s", "snmp_versions_answered", "snmp_versions_tried"}
    plain = {c for c in talk_to(agent, V2C, depth=TABLES).claims if c.key not in volatile}
    sealed = {c for c in talk_to(agent, USERS[3], depth=TABLES).claims if c.key not in volatile}
    assert plain == sealed


@needs_snmpd
@pytest.mark.parametrize(
    ("user", "reason"),
    [
        (UsmUser("a", "nobody", "SHA", "authpass123"), "unknown user name"),
        (UsmUser("b", "u_sha_aes", "SHA", "wrongpass123", "AES128", "privpass123"), "wrong digest"),
        (UsmUser("c", "u_sha224", "SHA224", "authpass123", "AES128", "privpass123"), "unsupported security level"),
    ],
)
def test_what_is_wrong_with_a_user_is_told(agent: int, user: UsmUser, reason: str) -> None:
    done = talk_to(agent, user)
    assert done.replies[0].outcome is Outcome.REFUSED
    assert reason in done.replies[0].detail
    assert {c.key for c in done.claims} <= {"service_name", "service_source", "snmp_versions_tried"}
    assert (done.value("snmp_versions_tried") is None) == (reason == "unknown user name")
    assert done.sent == 2


@needs_snmpd
def test_a_restarted_agent_is_asked_once_more_in_its_new_time(tmp_path: Path) -> None:
    """The spare datagram of the opening permit pays for it; after a second restart the report is the outcome."""
    user, port = USERS[3], free_port()
    unit = codec.encode_get(request_id=codec.REQUEST_ID_BASE, objects=(objects.SYS_NAME,))
    accepts = partial(codec.is_answer, request_id=codec.REQUEST_ID_BASE)
    question = Ask(unit, codec.FRAMING, wait_s=1.0, accepts=accepts)

    async def over_restarts() -> list[tuple[Outcome, int]]:
        connection, _ = await open_snmpv3(permit(port, datagrams=2), Vantage("plant"), user)
        found = []
        for boots in (5, 6, 7):
            with snmpd(
                tmp_path, f"{created(user)}oldEngineID 0x80000009030011223344aa\nengineBoots {boots}\n", port=port
            ):
                reply = (await connection.ask(permit(port, unit), question)).reply
                found.append((reply.outcome, connection.sent))
        await connection.close()
        return found

    found = asyncio.run(over_restarts())
    assert found == [(Outcome.ANSWERED, 2), (Outcome.ANSWERED, 4), (Outcome.REFUSED, 5)]


@needs_snmpsim
def test_a_recorded_power_distribution_unit_tells_who_it_is(recorded: int) -> None:
    done = talk_to(recorded, Community("apc", "v2c", b"apc"))
    assert "APC Web/SNMP Management Card" in done.value("description")
    assert done.value("snmp_enterprise_number") == 318


@needs_snmpsim
def test_a_recorded_linux_machine_gives_every_interface_of_its_recording(recorded: int) -> None:
    done = talk_to(recorded, Community("linux", "v2c", b"linux"), depth=TABLES)
    rows = [line for line in _recording(LINUX).splitlines() if line.startswith("1.3.6.1.2.1.2.2.1.2.")]
    assert rows
    told = {c.local_key: c.value for c in done.claims if c.key == "interface_description"}
    assert told == {f"if/{row.split('|')[0].rsplit('.', 1)[1]}": row.split("|", 2)[2] for row in rows}
