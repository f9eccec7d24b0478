"""The two questions of discovery and their answers: which servers are known, and where and how this one is entered.

Source: OPC 10000-4 release 1.05, 5.5.2 (FindServers), 5.5.4 (GetEndpoints), 7.2 (ApplicationDescription), 7.14
(EndpointDescription), 7.41 (UserTokenPolicy); their order of fields on the wire is that of their tables.
"""

from dataclasses import dataclass

from assetctl.protocols.opcua import binary, codec
from assetctl.wire import Reader

FIND_SERVERS, FOUND_SERVERS = 422, 425
GET_ENDPOINTS, GOT_ENDPOINTS = 428, 431

APPLICATION_TYPES = ("Server", "Client", "ClientAndServer", "DiscoveryServer")
SECURITY_MODES = ("Invalid", "None", "Sign", "SignAndEncrypt")
TOKEN_TYPES = ("Anonymous", "UserName", "Certificate", "IssuedToken")


@dataclass(frozen=True, slots=True)
class Application:
    """What an application says of itself. type: by name, or the number where the standard names none."""

    uri: str
    product_uri: str
    name: str
    type: str
    discovery_urls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UserToken:
    """One way to log in. policy_id: as encoded. security_policy: "" where that of the endpoint holds."""

    policy_id: bytes
    type: str
    security_policy: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One way to enter a server. certificate: DER, maybe with those of its issuers behind it; b"" for none."""

    url: str
    server: Application
    certificate: bytes
    mode: str
    policy: str
    tokens: tuple[UserToken, ...]
    transport: str
    level: int


def encode_find_servers(*, channel: int, token: int, number: int, url: str) -> bytes:
    """Which servers are known at this place. Every locale, every server."""
    body = codec.encode_header(FIND_SERVERS, number) + binary.encode_bytes(url.encode()) + 2 * codec.EMPTY
    return codec.encode_message(channel=channel, token=token, number=number, body=body)


def encode_get_endpoints(*, channel: int, token: int, number: int, url: str) -> bytes:
    """How this server is entered. Every locale, every transport."""
    body = codec.encode_header(GET_ENDPOINTS, number) + binary.encode_bytes(url.encode()) + 2 * codec.EMPTY
    return codec.encode_message(channel=channel, token=token, number=number, body=body)


def decode_find_servers(message: bytes) -> tuple[Application, ...] | codec.Failed:
    """Read the whole answer, its chunks joined."""
    r = codec.decode_service(Reader(message), FOUND_SERVERS)
    if isinstance(r, codec.Failed):
        return r
    servers = binary.array(r, "servers", _application)
    r.end("answer to FindServers")
    return servers


def decode_get_endpoints(message: bytes) -> tuple[Endpoint, ...] | codec.Failed:
    """Read the whole answer, its chunks joined."""
    r = codec.decode_service(Reader(message), GOT_ENDPOINTS)
    if isinstance(r, codec.Failed):
        return r
    endpoints = binary.array(r, "endpoints", _endpoint)
    r.end("answer to GetEndpoints")
    return endpoints


def _application(r: Reader) -> Application:
    uri = binary.string(r, "application uri")
    product_uri = binary.string(r, "product uri")
    name = binary.localized_text(r, "application name")
    kind = _named(APPLICATION_TYPES, r.u32("application type", "little"))
    binary.byte_string(r, "gateway server uri")
    binary.byte_string(r, "discovery profile uri")
    return Application(uri, product_uri, name, kind, binary.strings(r, "discovery urls"))


def _endpoint(r: Reader) -> Endpoint:
    return Endpoint(
        url=binary.string(r, "endpoint url"),
        server=_application(r),
        certificate=binary.byte_string(r, "server certificate"),
        mode=_named(SECURITY_MODES, r.u32("security mode", "little")),
        policy=binary.string(r, "security policy uri"),
        tokens=binary.array(r, "user identity tokens", _user_token),
        transport=binary.string(r, "transport profile uri"),
        level=r.u8("security level"),
    )


def _user_token(r: Reader) -> UserToken:
    policy_id = binary.byte_string(r, "policy id")
    kind = _named(TOKEN_TYPES, r.u32("token type", "little"))
    binary.byte_string(r, "issued token type")
    binary.byte_string(r, "issuer endpoint url")
    return UserToken(policy_id, kind, binary.string(r, "security policy uri of the token"))


def _named(names: tuple[str, ...], number: int) -> str:
    return names[number] if number < len(names) else str(number)
