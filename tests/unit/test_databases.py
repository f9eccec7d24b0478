"""What database servers say before a login: versions, TLS, refusals; that nothing of a login may leave."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.errors import Refusal, WireError
from assetctl.model import Outcome
from assetctl.protocol import Context, Protocol
from assetctl.protocols.mssql import PROTOCOL as MSSQL
from assetctl.protocols.mssql import codec as mssql
from assetctl.protocols.mssql import vet as mssql_vet
from assetctl.protocols.mysql import PROTOCOL as MYSQL
from assetctl.protocols.mysql import codec as mysql
from assetctl.protocols.mysql import vet as mysql_vet
from assetctl.protocols.postgres import PROTOCOL as POSTGRES
from assetctl.protocols.postgres import codec as postgres
from assetctl.protocols.postgres import vet as postgres_vet
from assetctl.talk import Reply, replay


def greeting(version: bytes, *, capabilities: int = 0, rest: bytes = b"") -> bytes:
    """The beginning of HandshakeV10, up to the lower capabilities, and what follows."""
    body = b"\x0a" + version + b"\0" + bytes(4) + b"abcdefgh\0" + capabilities.to_bytes(2, "little") + rest
    return len(body).to_bytes(3, "little") + b"\0" + body


def claimed(protocol: Protocol, request: str, sent: bytes, answer: bytes) -> dict[str, object]:
    recording = [("connect", b"", Reply(Outcome.ANSWERED)), (request, sent, Reply(Outcome.ANSWERED, (answer,)))]
    claims = replay(protocol.probe(Context(port=protocol.ports[0])), recording).claims
    return {claim.key: claim.value for claim in claims}


# --- MySQL ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "product", "version"),
    [
        (b"5.5.5-10.11.19-MariaDB-0+deb12u1", "MariaDB", "10.11.19"),
        (b"11.4.2-MariaDB-log", "MariaDB", "11.4.2"),
        (b"8.0.36", None, "8.0.36"),
        (b"5.7.44-48-log", None, "5.7.44"),
    ],
)
def test_the_version_is_mariadbs_own_and_a_maker_is_named_only_where_the_server_does(
    text: bytes, product: str | None, version: str
) -> None:
    claims = claimed(MYSQL, "listen", b"", greeting(text))
    assert claims.get("service_product") == product
    assert claims["service_version"] == version
    assert claims["service_banner"] == text.decode()


@pytest.mark.parametrize(("capabilities", "has_tls"), [(0x0800, True), (0xF7FF, False)])
def test_tls_is_one_bit_of_the_capabilities(capabilities: int, has_tls: bool) -> None:
    said = mysql.decode(greeting(b"8.0.1", capabilities=capabilities))
    assert isinstance(said, mysql.Greeting)
    assert said.has_tls is has_tls


@pytest.mark.parametrize(
    "unit",
    [
        greeting(b"8.0.1")[:-1],
        greeting(b"8.0.1") + b"\0",
        greeting(b"not a version"),
        greeting(b"8.0.1\x1b[31m"),
        greeting(b"8.0.1").replace(b"\x0a8", b"\x098", 1),
        b"\x00\x00\x00\x00",
    ],
)
def test_what_is_no_greeting_is_refused(unit: bytes) -> None:
    with pytest.raises(WireError):
        mysql.decode(unit)


# --- SQL Server -------------------------------------------------------------------------------------------------------


def prelogin(version: bytes, encryption: bytes) -> bytes:
    table = bytes.fromhex("00000b0006010011") + len(encryption).to_bytes(2) + b"\xff"
    body = table + version + encryption
    return b"\x04\x01" + (8 + len(body)).to_bytes(2) + bytes(4) + body


@pytest.mark.parametrize(("byte", "word"), [(0, "off"), (1, "on"), (2, "not supported"), (3, "required"), (9, None)])
def test_encryption_is_told_where_the_standard_has_a_word_for_it(byte: int, word: str | None) -> None:
    answer = prelogin(bytes.fromhex("100003e80000"), bytes((byte,)))
    claims = claimed(MSSQL, "prelogin", mssql.encode(), answer)
    assert claims["service_version"] == "16.0.1000"
    assert claims.get("mssql_encryption") == word


@pytest.mark.parametrize(
    "unit",
    [
        prelogin(b"\x10\0", b"\0"),
        prelogin(bytes(6), b"\0").replace(b"\x04\x01", b"\x12\x01", 1),
        prelogin(bytes(6), b"\0").replace(b"\x04\x01", b"\x04\x00", 1),
        prelogin(bytes(6), b"\0")[:-1],
        b"\x04\x01\x00\x09\0\0\0\0\xff",
    ],
)
def test_an_answer_without_a_whole_version_is_refused(unit: bytes) -> None:
    with pytest.raises(WireError):
        mssql.decode(unit)


@given(body=st.binary(max_size=120))
def test_any_option_table_is_read_or_refused(body: bytes) -> None:
    unit = b"\x04\x01" + (8 + len(body)).to_bytes(2) + bytes(4) + body
    try:
        assert mssql.decode(unit).version
    except WireError:
        return


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("answer", "has_tls"), [(b"S", True), (b"N", False), (b"E\0\0\0\x06S\0", None)])
def test_one_byte_says_whether_tls_is_spoken(answer: bytes, has_tls: bool | None) -> None:
    claims = claimed(POSTGRES, "ssl-request", postgres.encode(), answer)
    assert claims["service_name"] == "postgresql"
    assert claims.get("postgres_tls") is has_tls


@pytest.mark.parametrize("answer", [b"SS", b"Y", b"SSH-2.0-x\r\n", b"N\r\n", b"E", b"E\0\0\0\xffS", b"ERR no\r\n"])
def test_other_servers_are_not_taken_for_postgresql(answer: bytes) -> None:
    assert claimed(POSTGRES, "ssl-request", postgres.encode(), answer) == {}


# --- all of them ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", [MYSQL, MSSQL, POSTGRES], ids=lambda p: p.name)
def test_a_database_is_asked_unnamed_only_where_its_port_is_known_open(protocol: Protocol) -> None:
    assert protocol.wants is not None
    port = f"tcp/{protocol.ports[0]}"
    assert not protocol.wants.suggested({"manufacturer": "Microsoft"}, port=port)
    assert protocol.wants.suggested({"open_ports": port}, port=port)


def test_no_login_may_leave() -> None:
    login7 = b"\x10\x01" + mssql.encode()[2:]
    startup = bytes.fromhex("0000000e0003000075736572007800") + b"\0"
    cancel = bytes.fromhex("0000001004d2162e0000000100000002")
    for vet, unit in (
        (mssql_vet.vet, login7),
        (mssql_vet.vet, mssql.encode()[:-1] + b"\x01"),
        (postgres_vet.vet, startup),
        (postgres_vet.vet, cancel),
        (mysql_vet.vet, b"\x01\0\0\0\x01"),
    ):
        with pytest.raises(Refusal):
            vet(unit)
