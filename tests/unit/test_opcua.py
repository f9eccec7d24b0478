"""OPC UA discovery: units, endpoints, and the conversation."""

from datetime import UTC, datetime, timedelta
from functools import partial
from struct import pack

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from assetctl.errors import Refusal, WireError
from assetctl.model import Outcome
from assetctl.protocol import Context
from assetctl.protocols.opcua import PROTOCOL, binary, claims, codec, discovery
from assetctl.wire import Reader
from tests.unit import opcua_server as served

ANONYMOUS, USER_NAME = 0, 1
NONE, SIGN, ENCRYPT = 1, 2, 3
CONTEXT = Context(port=4840, host="192.0.2.1")
GOOD = {"find-servers": served.servers(served.application())}


def _read(**messages: bytes | Outcome | list[bytes]) -> tuple[dict[str, object], list[str]]:
    server = served.Server(PROTOCOL, {**GOOD, **{name.replace("_", "-"): told for name, told in messages.items()}})
    return server.run(PROTOCOL.probe(CONTEXT)), server.heard


def _endpoints(*rows: bytes) -> dict[str, object]:
    return _read(get_endpoints=served.endpoints(*rows))[0]


def _certificate(uri: str) -> bytes:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime(2026, 1, 1, tzinfo=UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "plc")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1).public_key(key.public_key())
    made = made.not_valid_before(now).not_valid_after(now + timedelta(days=9))
    names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri), x509.DNSName("plc.example")])
    signed = made.add_extension(names, critical=False).sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.DER)


def test_the_url_of_an_ipv6_address_has_brackets_and_no_zone() -> None:
    assert codec.endpoint_url("fe80::1%eth0", 4840) == "opc.tcp://[fe80::1]:4840"
    assert codec.endpoint_url("192.0.2.1", 48020) == "opc.tcp://192.0.2.1:48020"


@pytest.mark.parametrize(
    "body", [served.endpoints(served.endpoint(NONE, "None", served.token(0))), GOOD["find-servers"]]
)
def test_every_prefix_of_a_message_is_refused(body: bytes) -> None:
    decode = discovery.decode_get_endpoints if body[2:4] == b"\xaf\x01" else discovery.decode_find_servers
    assert decode(body)
    for size in range(len(body)):
        with pytest.raises(WireError):
            decode(body[:size])
    with pytest.raises(WireError, match="too many"):
        decode(body + b"\0")


@given(st.binary(max_size=200))
def test_arbitrary_bytes_give_a_value_or_a_wire_error(data: bytes) -> None:
    readers = (
        codec.decode_acknowledge,
        partial(codec.decode_open, number=1),
        partial(codec.decode_chunk, channel=1, number=1),
        discovery.decode_find_servers,
        discovery.decode_get_endpoints,
    )
    for read in readers:
        try:
            read(data)
        except WireError:
            continue


def test_an_array_of_absurd_length_is_refused_before_it_is_read() -> None:
    with pytest.raises(WireError, match="1000 items at most"):
        binary.strings(Reader(pack("<I", 0x7FFFFFFF)), "names")


def test_a_null_array_and_a_null_string_are_empty() -> None:
    assert binary.strings(Reader(binary.NULL), "names") == ()
    assert binary.string(Reader(binary.NULL), "name") == ""


def test_diagnostics_inside_one_another_are_stepped_over_and_bounded() -> None:
    inner = b"\x7f" + 4 * pack("<I", 1) + served.text("more") + pack("<I", 0x80000000)
    r = Reader(inner + b"\0" + b"rest")
    binary.diagnostic_info(r)
    assert r.rest() == b"rest"
    with pytest.raises(WireError, match="inside one another"):
        binary.diagnostic_info(Reader(b"\x40" * 100))


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        (b"\x00\x2a", 42),
        (b"\x01\x00\x8d\x01", 397),
        (b"\x02\x00\x00\x8d\x01\x00\x00", 397),
        (b"\x01\x02\x8d\x01", None),
        (b"\x03\x01\x00\x02\x00\x00\x00ab", None),
        (b"\x04\x01\x00" + bytes(16), None),
        (b"\x05\x01\x00\x02\x00\x00\x00ab", None),
    ],
)
def test_a_node_id_is_kept_as_it_was_encoded(raw: bytes, number: int | None) -> None:
    assert binary.node_id(Reader(raw), "node") == binary.NodeId(raw, number)


def test_times_outside_the_calendar_are_none() -> None:
    for ticks in (0, -1, 2**63 - 1):
        assert binary.date_time(Reader(pack("<q", ticks)), "time") is None
    assert binary.date_time(Reader(pack("<q", 133589952000000000)), "time") == datetime(2024, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("mode", "policy", "token_policy", "shown"),
    [
        (NONE, "None", "", True),
        (NONE, "None", "None", True),
        (NONE, "None", "Basic256Sha256", False),
        (SIGN, "Basic256Sha256", "None", True),
        (SIGN, "Basic256Sha256", "", False),
        (ENCRYPT, "Basic256Sha256", "None", False),
    ],
)
def test_a_password_shows_where_neither_token_nor_message_is_encrypted(
    mode: int, policy: str, token_policy: str, shown: bool
) -> None:
    told = _endpoints(served.endpoint(mode, policy, served.token(USER_NAME, token_policy)))
    assert told["opcua_unprotected_passwords"] is shown
    assert told["anonymous_access"] is False


def test_nobody_is_kept_out_or_let_in_by_an_endpoint_without_tokens() -> None:
    assert "anonymous_access" not in _endpoints(served.endpoint(NONE, "None"))
    assert _endpoints(served.endpoint(NONE, "None"), served.endpoint(NONE, "None", served.token(ANONYMOUS)))[
        "anonymous_access"
    ]


def test_an_endpoint_over_https_brings_no_mode_and_no_policy() -> None:
    https = "http://opcfoundation.org/UA-Profile/Transport/https-uabinary"
    row = served.endpoint(NONE, "None", served.token(USER_NAME), url="https://plc:443", transport=https)
    told = _endpoints(row)
    assert told["opcua_endpoints"] == ("https://plc:443 None None UserName",)
    assert not {"opcua_security_modes", "opcua_security_policies", "opcua_unprotected_passwords"} & set(told)


def test_what_the_standard_does_not_name_is_told_by_its_number() -> None:
    told = _endpoints(served.endpoint(9, "None", served.token(8)))
    assert told["opcua_security_modes"] == ("9",)
    assert told["opcua_user_token_types"] == ("8",)


@pytest.mark.parametrize(("uri", "named"), [("urn:plc", True), ("urn:other", False)])
def test_a_certificate_names_the_application_or_not(uri: str, named: bool) -> None:
    der = _certificate(uri)
    told = _endpoints(
        served.endpoint(SIGN, "Basic256Sha256", served.token(USER_NAME), der=der + _certificate("urn:ca"))
    )
    assert told["opcua_application_uri_certified"] is named
    assert told["certificate_uris"] == (uri,)
    assert told["certificate_names"] == ("plc.example",)


def test_of_an_unreadable_certificate_only_the_fingerprint_is_told() -> None:
    told = _endpoints(served.endpoint(SIGN, "Basic256Sha256", served.token(USER_NAME), der=b"none"))
    assert "certificate_fingerprint" in told
    assert "opcua_application_uri_certified" not in told


def test_the_first_of_several_certificates_is_cut_by_its_own_length() -> None:
    assert claims.leaf(b"\x30\x81\x02ab\x30\x81\x01c") == b"\x30\x81\x02ab"
    assert claims.leaf(b"\x30\x82\x00\x02ab--") == b"\x30\x82\x00\x02ab"
    assert claims.leaf(b"what") == b"what"


def test_a_server_whose_endpoints_are_not_told_is_the_only_one_it_knows() -> None:
    told, heard = _read(get_endpoints=served.answer_header(397, status=0x800B0000))
    assert told["opcua_application_uri"] == "urn:plc"
    assert heard[-1] == "close-secure-channel"
    two = served.servers(served.application("urn:a"), served.application("urn:b"))
    told, _ = _read(find_servers=two, get_endpoints=Outcome.SILENT)
    assert "opcua_application_uri" not in told
    assert told["opcua_known_servers"] == ("urn:a Server", "urn:b Server")


def test_an_answer_that_never_ends_is_left_with_a_goodbye() -> None:
    part = served.chunk(bytes(30), number=3, kind=b"MSGC")
    told, heard = _read(get_endpoints=[part] * 1000)
    assert heard == ["hello", "open-secure-channel", "find-servers", "get-endpoints", "close-secure-channel"]
    assert "opcua_endpoints" not in told
    huge = served.chunk(bytes(codec.MOST_MESSAGE // 4), number=3, kind=b"MSGC")
    assert "opcua_endpoints" not in _read(get_endpoints=[huge] * 1000)[0]


def test_a_chunk_of_another_channel_or_question_ends_the_talk() -> None:
    for strange in (
        served.chunk(GOOD["find-servers"], number=2, channel=1),
        served.chunk(GOOD["find-servers"], number=9),
    ):
        told, heard = _read(find_servers=[strange])
        assert heard == ["hello", "open-secure-channel", "find-servers", "close-secure-channel"]
        assert set(told) == {"service_name", "service_source"}


def test_a_channel_with_another_policy_is_not_used() -> None:
    other = served.opened().replace(b"#None", b"#Nine")
    assert _read(open_secure_channel=[other])[1] == ["hello", "open-secure-channel"]


def test_no_goodbye_follows_an_error_or_a_reset() -> None:
    for told in ([served.error(0x80820000, "busy")], Outcome.RESET, Outcome.DENIED):
        assert _read(find_servers=told)[1] == ["hello", "open-secure-channel", "find-servers"]


def test_an_error_to_the_hello_is_opc_ua_too() -> None:
    assert _read(hello=[served.error(0x80830000)])[0]["service_name"] == "opcua"


def _question(kind: int, rest: bytes) -> bytes:
    return codec.encode_message(channel=1, token=1, number=2, body=codec.encode_header(kind, 2) + rest)


@pytest.mark.parametrize(
    "kind",
    [
        437,  # RegisterServer
        461,  # CreateSession
        467,  # ActivateSession
        488,  # AddNodes
        500,  # DeleteNodes
        527,  # Browse
        631,  # Read
        673,  # Write
        700,  # HistoryUpdate
        712,  # Call
        787,  # CreateSubscription
        841,  # TransferSubscriptions
    ],
)
def test_vet_refuses_every_other_service(kind: int) -> None:
    with pytest.raises(Refusal, match=f"service {kind} is not on the list"):
        PROTOCOL.vet(_question(kind, bytes(8)))


@pytest.mark.parametrize(
    "url",
    [
        "opc.tcp://plc:4840",
        "opc.tcp://192.0.2.1:0",
        "opc.tcp://192.0.2.1:04840",
        "opc.tcp://192.0.2.1",
        "http://192.0.2.1:1",
        "opc.tcp://192.0.2.1:4840/path",
        "opc.tcp://[fe80::1%eth0]:4840",
        "opc.tcp://[2001:DB8::1]:4840",
        "opc.tcp://:4840",
    ],
)
def test_vet_refuses_a_url_that_is_no_address_and_port_in_the_usual_spelling(url: str) -> None:
    with pytest.raises(Refusal):
        PROTOCOL.vet(codec.encode_hello(url=url))
    with pytest.raises(Refusal):
        PROTOCOL.vet(discovery.encode_get_endpoints(channel=1, token=1, number=2, url=url))


def test_vet_refuses_a_question_out_of_number() -> None:
    for number in (0, 17, 1 << 31):
        with pytest.raises(Refusal):
            PROTOCOL.vet(codec.encode_close(channel=1, token=1, number=number))
