"""The few services that read a server's build information in an anonymous session: bytes to values and back.

No identity but the anonymous one can be encoded. Source: OPC 10000-4 release 1.05, 5.7.2 to 5.7.4 (CreateSession,
ActivateSession, CloseSession), 5.11.2 (Read), 7.40.3 (AnonymousIdentityToken); OPC 10000-6, 5.2.2.16 and 5.2.2.17
(Variant, DataValue); OPC 10000-5, 12.4 (BuildInfo), its nodes in OPC 10000-6, A.3.
"""

import struct
from dataclasses import dataclass
from datetime import datetime

from assetctl.errors import WireError
from assetctl.protocols.opcua import binary, codec
from assetctl.wire import Reader

CREATE_SESSION, CREATED_SESSION = 461, 464
ACTIVATE_SESSION, ACTIVATED_SESSION = 467, 470
CLOSE_SESSION = 473
READ, HAVE_READ = 631, 634
ANONYMOUS_TOKEN = 321

PRODUCT_NAME, PRODUCT_URI, MANUFACTURER_NAME = 2261, 2262, 2263
SOFTWARE_VERSION, BUILD_NUMBER, BUILD_DATE = 2264, 2265, 2266
NODES = (PRODUCT_NAME, PRODUCT_URI, MANUFACTURER_NAME, SOFTWARE_VERSION, BUILD_NUMBER, BUILD_DATE)

MOST_TOKEN = 256  # bytes of an authentication token or a policy id that we are ready to echo
_VALUE = 13  # the attribute
_NEITHER = 3  # no time stamps
_SESSION_MS = 10_000.0
_NAME = b"assetctl"
_STRING, _DATE_TIME, _LOCALIZED_TEXT = 12, 13, 21

BuildValue = str | datetime | None
"""A value of BuildInfo; None where the server did not give it."""


@dataclass(frozen=True, slots=True)
class Session:
    """authentication: the token as the server encoded it, to be echoed in every request."""

    authentication: bytes


def encode_create_session(*, channel: int, token: int, number: int, url: str) -> bytes:
    """A session of ten seconds, without nonce and certificate as there is no security. Source: 5.7.2.2."""
    named = binary.encode_bytes(b"urn:assetctl") + binary.encode_bytes(_NAME)
    client = named + b"\x02" + binary.encode_bytes(_NAME)  # application and product URI; a name without locale
    client += b"\x01\x00\x00\x00" + 2 * binary.NULL + codec.EMPTY  # a client; no gateway, profile, discovery URLs
    body = codec.encode_header(CREATE_SESSION, number) + client + binary.NULL + binary.encode_bytes(url.encode())
    body += binary.encode_bytes(_NAME) + 2 * binary.NULL  # session name, nonce, certificate
    body += struct.pack("<dI", _SESSION_MS, codec.MOST_MESSAGE)
    return codec.encode_message(channel=channel, token=token, number=number, body=body)


def encode_activate_session(*, channel: int, token: int, number: int, authentication: bytes, policy_id: bytes) -> bytes:
    """Enter the session as nobody. policy_id: of the endpoint's anonymous token. Source: 5.7.3.2."""
    unsigned = 2 * binary.NULL
    identity = b"\x01\x00" + ANONYMOUS_TOKEN.to_bytes(2, "little") + b"\x01"
    identity += binary.encode_bytes(binary.encode_bytes(policy_id))
    body = codec.encode_header(ACTIVATE_SESSION, number, authentication)
    body += unsigned + 2 * codec.EMPTY + identity + unsigned  # no software certificates, no locales
    return codec.encode_message(channel=channel, token=token, number=number, body=body)


def encode_read_build_info(*, channel: int, token: int, number: int, authentication: bytes) -> bytes:
    """The values of the six variables of ServerStatus.BuildInfo. Source: 5.11.2.2."""
    body = codec.encode_header(READ, number, authentication)
    body += struct.pack("<dII", 0.0, _NEITHER, len(NODES))
    for node in NODES:
        body += b"\x01\x00" + struct.pack("<HI", node, _VALUE) + binary.NULL + bytes(2) + binary.NULL
    return codec.encode_message(channel=channel, token=token, number=number, body=body)


def encode_close_session(*, channel: int, token: int, number: int, authentication: bytes) -> bytes:
    """The end of the session and of all that might belong to it. Source: 5.7.4.2."""
    body = codec.encode_header(CLOSE_SESSION, number, authentication) + b"\x01"
    return codec.encode_message(channel=channel, token=token, number=number, body=body)


def decode_create_session(message: bytes) -> Session | codec.Failed:
    """Read the answer up to the token: a session that exists must be ended, whatever stands behind."""
    r = codec.decode_service(Reader(message), CREATED_SESSION)
    if isinstance(r, codec.Failed):
        return r
    binary.node_id(r, "session id")
    authentication = binary.node_id(r, "authentication token").raw
    if len(authentication) > MOST_TOKEN:
        raise WireError(f"authentication token: {MOST_TOKEN} bytes at most, {len(authentication)} found")
    return Session(authentication)


def decode_activate_session(message: bytes) -> bool:
    """Whether the session may be used."""
    return not isinstance(codec.decode_service(Reader(message), ACTIVATED_SESSION), codec.Failed)


def decode_read(message: bytes) -> dict[int, BuildValue] | codec.Failed:
    """The values by node number. Raises WireError unless there are as many as were asked for."""
    r = codec.decode_service(Reader(message), HAVE_READ)
    if isinstance(r, codec.Failed):
        return r
    values = binary.array(r, "results", _data_value)
    if len(values) != len(NODES):
        raise WireError(f"results: {len(NODES)} expected, {len(values)} found")
    binary.array(r, "diagnostic infos", binary.diagnostic_info)
    r.end("answer to Read")
    return dict(zip(NODES, values, strict=True))


def _data_value(r: Reader) -> BuildValue:
    mask = r.u8("mask of data value")
    value = _variant(r) if mask & 0x01 else None
    status = r.u32("status", "little") if mask & 0x02 else 0
    for bit, size in ((0x04, 8), (0x10, 2), (0x08, 8), (0x20, 2)):  # times, each with its picoseconds
        if mask & bit:
            r.take(size, "time stamp")
    return None if codec.is_bad(status) else value


def _variant(r: Reader) -> BuildValue:
    """A scalar of the types that BuildInfo has; LocalizedText is how some servers give their names."""
    match r.u8("type of value"):
        case 0:
            return None
        case kind if kind == _STRING:
            return binary.string(r, "value")
        case kind if kind == _DATE_TIME:
            return binary.date_time(r, "value")
        case kind if kind == _LOCALIZED_TEXT:
            return binary.localized_text(r, "value")
        case kind:
            raise WireError(f"type of value: String or DateTime expected, {kind} found")
