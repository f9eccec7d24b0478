"""What the answers of discovery say about the service: one reading of endpoints for people and for checks.

Modes, policies and the fate of passwords are those of opc.tcp alone, since an endpoint over HTTPS may have no mode of
its own and still be protected. An endpoint without any way to log in leaves open who may enter.
"""

from collections.abc import Iterable, Iterator

from assetctl.model import Claim, SubjectKind, Value
from assetctl.protocols.opcua.discovery import TOKEN_TYPES, Application, Endpoint
from assetctl.protocols.tls import certificate

MOST_CERTIFICATES = 8
MOST_TEXT = 512
_BINARY_TRANSPORT = "/uatcp-uasc-uabinary"
_POLICY_PREFIX = "http://opcfoundation.org/UA/SecurityPolicy#"
_CLEAR = ("", "None")


def spoken(port: int) -> tuple[Claim, ...]:
    """OPC UA was spoken on a port."""
    service = SubjectKind.SERVICE, f"tcp/{port}"
    return Claim("service_name", "opcua", *service), Claim("service_source", "probed", *service)


def claims(servers: tuple[Application, ...], endpoints: tuple[Endpoint, ...], port: int) -> tuple[Claim, ...]:
    """Everything the two lists say, without what is blank."""
    service = f"tcp/{port}"
    own = _own(servers, endpoints)
    told = [*_application(own), *_entrances(endpoints), *_access(endpoints)]
    told.append(("opcua_known_servers", tuple(_server(one) for one in servers if own is None or one.uri != own.uri)))
    shown = tuple(dict.fromkeys(leaf(one.certificate) for one in endpoints if one.certificate))[:MOST_CERTIFICATES]
    uris = [certificate.uris(der) for der in shown]
    if own is not None and own.uri and uris and all(uris):
        told.append(("opcua_application_uri_certified", all(own.uri in named for named in uris)))
    found = [Claim(key, value, SubjectKind.SERVICE, service) for key, value in told if value not in ("", ())]
    for der, named in zip(shown, uris, strict=True):
        found += _certificate(der, named, service)
    return tuple(found)


def leaf(chain: bytes) -> bytes:
    """The first of several certificates that stand one behind the other; what is no DER sequence stays as it is."""
    if len(chain) < 4 or chain[0] != 0x30 or not 0x81 <= chain[1] <= 0x83:
        return chain
    width = chain[1] & 0x0F
    size = 2 + width + int.from_bytes(chain[2 : 2 + width], "big")
    return chain[:size]


def _own(servers: tuple[Application, ...], endpoints: tuple[Endpoint, ...]) -> Application | None:
    """The server itself: its endpoints name it, or it is the only one it knows."""
    if endpoints:
        return endpoints[0].server
    return servers[0] if len(servers) == 1 else None


def _application(own: Application | None) -> Iterator[tuple[str, Value]]:
    if own is None:
        return
    yield "opcua_application_uri", own.uri[:MOST_TEXT]
    yield "opcua_application_name", own.name[:MOST_TEXT]
    yield "opcua_application_type", own.type
    yield "opcua_product_uri", own.product_uri[:MOST_TEXT]
    yield "opcua_discovery_urls", _texts(own.discovery_urls)


def _entrances(endpoints: tuple[Endpoint, ...]) -> Iterator[tuple[str, Value]]:
    over_tcp = [one for one in endpoints if is_binary_tcp(one)]
    yield "opcua_endpoints", _texts(sorted(_endpoint(one) for one in endpoints))
    yield "opcua_security_modes", _texts(sorted({one.mode for one in over_tcp}))
    yield "opcua_security_policies", _texts(sorted({_policy(one.policy) for one in over_tcp if one.policy}))
    if over_tcp:
        yield "opcua_unprotected_passwords", any(_shows_passwords(one) for one in over_tcp)


def _access(endpoints: tuple[Endpoint, ...]) -> Iterator[tuple[str, Value]]:
    kinds = _kinds(endpoints)
    yield "opcua_user_token_types", kinds
    if "Anonymous" in kinds:
        yield "anonymous_access", True
    elif endpoints and all(one.tokens for one in endpoints):
        yield "anonymous_access", False


def _kinds(endpoints: tuple[Endpoint, ...]) -> tuple[str, ...]:
    """The ways to log in, in the order of the standard."""
    found = {token.type for one in endpoints for token in one.tokens}
    return (*(kind for kind in TOKEN_TYPES if kind in found), *sorted(found - set(TOKEN_TYPES)))


def _shows_passwords(endpoint: Endpoint) -> bool:
    """Whether a password can be read on the wire: neither the token nor the message is encrypted."""
    if endpoint.mode == "SignAndEncrypt":
        return False
    policies = (one.security_policy or endpoint.policy for one in endpoint.tokens if one.type == "UserName")
    return any(_policy(uri) in _CLEAR for uri in policies)


def is_binary_tcp(endpoint: Endpoint) -> bool:
    """Whether an endpoint is of the binary protocol over plain TCP, whose modes protect it or do not."""
    if endpoint.transport:
        return endpoint.transport.endswith(_BINARY_TRANSPORT)
    return endpoint.url.startswith("opc.tcp:")


def _endpoint(endpoint: Endpoint) -> str:
    tokens = ",".join(_kinds((endpoint,))) or "-"
    return f"{endpoint.url[:MOST_TEXT]} {endpoint.mode} {_policy(endpoint.policy) or '-'} {tokens}"


def _server(server: Application) -> str:
    return " ".join((server.uri, server.type, *server.discovery_urls))[:MOST_TEXT]


def _policy(uri: str) -> str:
    """The policy's name; the whole URI of one that is not the foundation's."""
    return uri.removeprefix(_POLICY_PREFIX)[:MOST_TEXT]


def _texts(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text[:MOST_TEXT] for text in texts if text))


def _certificate(der: bytes, uris: tuple[str, ...], service: str) -> list[Claim]:
    found = list(certificate.claims(der, service))
    if uris:
        found.append(Claim("certificate_uris", uris, SubjectKind.CERTIFICATE, found[0].local_key))
    return found
