"""OPC UA against asyncua, and our codec against asyncua's, value for value."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import nodeid_from_binary, struct_from_binary, struct_to_binary
from cryptography import x509

from assetctl.model import Outcome, SubjectKind
from assetctl.protocol import Context
from assetctl.protocols import opcua, opcua_session
from assetctl.protocols.opcua import claims, discovery
from assetctl.protocols.opcua_session import codec
from tests.live.driver import Driven, drive, free_port, peer

pytestmark = pytest.mark.live

HOST = "127.77.60.1"
PEERS = Path(__file__).parent / "peers"
CURRENT_SESSION_COUNT = "i=2277"  # Server.ServerDiagnostics.ServerDiagnosticsSummary.CurrentSessionCount


def _asyncua(kind: str, folder: Path, port: int) -> list[str]:
    return [sys.executable, str(PEERS / "asyncua_server.py"), HOST, str(port), kind, str(folder)]


@contextmanager
def _served(kind: str, folder: Path) -> Iterator[Context]:
    port = free_port(HOST)
    with peer(_asyncua(kind, folder, port), HOST, port):
        yield Context(port=port, host=HOST)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("opcua")


@pytest.fixture(scope="module", params=["plain", "secured", "wordy"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Context]]:
    with _served(request.param, tmp_path_factory.mktemp(request.param)) as context:
        yield request.param, context


def _names(driven: Driven) -> list[str]:
    return [name for name, _, _ in driven.recording]


def _answer(driven: Driven, request: str) -> bytes:
    """The message that answered a request: its chunks without their heads."""
    at = _names(driven).index(request)
    frames = list(driven.recording[at][2].frames)
    for name, _, reply in driven.recording[at + 1 :]:
        if name != "listen":
            break
        frames += reply.frames
    return b"".join(frame[24:] for frame in frames)


def _theirs(driven: Driven, request: str, kind: type) -> object:
    """The same answer as asyncua reads it."""
    return struct_from_binary(kind, Buffer(_answer(driven, request)))


def _same_application(ours: discovery.Application, theirs: ua.ApplicationDescription) -> None:
    assert ours.uri == (theirs.ApplicationUri or "")
    assert ours.product_uri == (theirs.ProductUri or "")
    assert ours.name == (theirs.ApplicationName.Text or "").strip()
    assert ours.type == theirs.ApplicationType.name
    assert ours.discovery_urls == tuple(theirs.DiscoveryUrls)


def test_every_value_of_discovery_is_as_asyncua_reads_it(server: tuple[str, Context]) -> None:
    driven = drive(opcua.PROTOCOL, server[1], HOST)
    servers = discovery.decode_find_servers(_answer(driven, "find-servers"))
    endpoints = discovery.decode_get_endpoints(_answer(driven, "get-endpoints"))
    assert isinstance(servers, tuple)
    assert isinstance(endpoints, tuple)
    found = _theirs(driven, "find-servers", ua.FindServersResponse)
    got = _theirs(driven, "get-endpoints", ua.GetEndpointsResponse)
    for ours, theirs in zip(servers, found.Servers, strict=True):  # type: ignore[attr-defined]
        _same_application(ours, theirs)
    for one, other in zip(endpoints, got.Endpoints, strict=True):  # type: ignore[attr-defined]
        _same_application(one.server, other.Server)
        assert (one.url, one.policy, one.transport) == (
            other.EndpointUrl,
            other.SecurityPolicyUri,
            other.TransportProfileUri,
        )
        assert one.mode == other.SecurityMode.name.rstrip("_")
        assert one.level == other.SecurityLevel
        assert one.certificate == (other.ServerCertificate or b"")
        for token, policy in zip(one.tokens, other.UserIdentityTokens, strict=True):
            assert token.policy_id == policy.PolicyId.encode()
            assert token.type == policy.TokenType.name
            assert token.security_policy == (policy.SecurityPolicyUri or "")


REQUESTS = {
    "open-secure-channel": (ua.OpenSecureChannelRequest, 79),
    "find-servers": (ua.FindServersRequest, 24),
    "get-endpoints": (ua.GetEndpointsRequest, 24),
    "create-session": (ua.CreateSessionRequest, 24),
    "activate-session": (ua.ActivateSessionRequest, 24),
    "read-build-info": (ua.ReadRequest, 24),
    "close-session": (ua.CloseSessionRequest, 24),
    "close-secure-channel": (ua.CloseSecureChannelRequest, 24),
}


def test_asyncua_reads_our_requests_to_their_end_and_encodes_the_same_bytes(folder: Path) -> None:
    with _served("plain", folder) as context:
        recordings = [drive(protocol, context, HOST).recording for protocol in (opcua.PROTOCOL, opcua_session.PROTOCOL)]
    units = {name: unit for recording in recordings for name, unit, _ in recording if name in REQUESTS}
    assert set(units) == set(REQUESTS)
    for name, (kind, head) in REQUESTS.items():
        stream = Buffer(units[name][head:])
        request = struct_from_binary(kind, stream)
        assert len(stream) == 0, name
        assert struct_to_binary(request) == units[name][head:], name
        again = Buffer(units[name][head:])
        assert nodeid_from_binary(again).Identifier == request.TypeId.Identifier


def test_a_secured_server_is_read_with_its_certificate(tmp_path: Path) -> None:
    with _served("secured", tmp_path) as context:
        read = drive(opcua.PROTOCOL, context, HOST)
    assert read.value("opcua_application_uri") == "urn:acme:plant"
    assert read.value("opcua_product_uri") == "urn:acme:products:plc900"
    assert read.value("opcua_security_modes") == ("Sign", "SignAndEncrypt")
    assert read.value("opcua_security_policies") == ("Aes256_Sha256_RsaPss", "Basic256Sha256")
    assert read.value("opcua_user_token_types") == ("UserName",)
    assert read.value("anonymous_access") is False
    assert read.value("opcua_unprotected_passwords") is False
    assert read.value("opcua_application_uri_certified") is True
    stored = x509.load_der_x509_certificate((tmp_path / "certificate.der").read_bytes())
    assert read.value("certificate_not_after") == stored.not_valid_after_utc.isoformat()
    assert read.value("certificate_uris") == ("urn:acme:plant",)
    assert read.value("certificate_names") == ("plc900",)
    assert len({claim.local_key for claim in read.claims if claim.kind is SubjectKind.CERTIFICATE}) == 1


def test_an_answer_of_many_chunks_is_read_whole(tmp_path: Path) -> None:
    with _served("wordy", tmp_path) as context:
        read = drive(opcua.PROTOCOL, context, HOST)
    assert "listen" in _names(read)
    assert len(read.value("opcua_endpoints")) == 3  # type: ignore[arg-type]
    assert len(str(read.value("opcua_application_name"))) == claims.MOST_TEXT


def test_discovery_stays_within_its_cost_and_takes_leave(server: tuple[str, Context]) -> None:
    read = drive(opcua.PROTOCOL, server[1], HOST)
    assert read.units == opcua.PROTOCOL.cost.units
    assert _names(read)[-1] == "close-secure-channel"
    assert {reply.outcome for name, _, reply in read.recording if name != "close-secure-channel"} == {Outcome.ANSWERED}


BUILDS = {
    "plain": ("ACME PLC 900", "http://acme.example/plc", "ACME", "4.2.1", "1234", "2024-05-01T00:00:00+00:00"),
}
KEYS = (
    "service_product",
    "opcua_build_product_uri",
    "opcua_manufacturer_name",
    "service_version",
    "opcua_build_number",
    "opcua_build_date",
)


def test_build_information_is_read_only_where_anybody_may_enter(server: tuple[str, Context]) -> None:
    kind, context = server
    read = drive(opcua_session.PROTOCOL, context, HOST)
    if kind in BUILDS:
        assert tuple(read.value(key) for key in KEYS) == BUILDS[kind]
        assert _names(read)[-2:] == ["close-session", "close-secure-channel"]
        assert read.units == opcua_session.PROTOCOL.cost.units
        ours = codec.decode_read(_answer(read, "read-build-info"))
        theirs = _theirs(read, "read-build-info", ua.ReadResponse)
        assert isinstance(ours, dict)
        assert list(ours.values()) == [value.Value.Value for value in theirs.Results]  # type: ignore[attr-defined]
    else:
        assert "create-session" not in _names(read)
        assert _names(read)[-1] == "close-secure-channel"
