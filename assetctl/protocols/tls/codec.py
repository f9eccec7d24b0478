"""The server's part of a TLS handshake as far as it is in clear: bytes to values, nothing else.

Source: RFC 5246, sections 6.2.1 (record), 7.2 (alert), 7.4 (handshake); RFC 8446, section 4.1.3 (ServerHello).
A handshake message may be cut over records and a record may hold several, so messages are read from a stream.
"""

from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.wire import Length, Reader

RECORD = Length(header=5, offset=3, width=2, plus=5, most=5 + 16384 + 2048)

MOST_MESSAGE_BYTES = 65536
MOST_CHAIN = 20
ALERT, HANDSHAKE = 21, 22
SERVER_HELLO, CERTIFICATE, SERVER_HELLO_DONE = 2, 11, 14
FATAL = 2
PROTOCOL_VERSION = 70  # RFC 5246, 7.2.2: recognised but not supported

_VERSIONS_EXT = 0x002B
_CONTENT_TYPES = (20, ALERT, HANDSHAKE, 23)


@dataclass(frozen=True, slots=True)
class Record:
    """One record. version: as it stands in the header, 0x0300 to 0x0304."""

    content_type: int
    version: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Alert:
    level: int
    description: int


@dataclass(frozen=True, slots=True)
class ServerHello:
    """version: the one that the server chose, from its extension where TLS 1.3 puts it. suite: as IANA numbers it."""

    version: int
    suite: int


def decode_record(unit: bytes) -> Record:
    """Read one whole record. Raises WireError when it is none of SSL 3.0 to TLS 1.3."""
    r = Reader(unit)
    content_type = r.u8("content type")
    version = r.u16("record version")
    if content_type not in _CONTENT_TYPES or version >> 8 != 3 or version & 0xFF > 4:
        raise WireError(f"record: no TLS, type {content_type}, version 0x{version:04x}")
    if r.u16("record length") != r.left():
        raise WireError("record length: does not match the unit")
    return Record(content_type, version, r.rest())


def decode_alert(record: Record) -> Alert:
    """Read an alert in clear. Raises WireError when it is none."""
    r = Reader(record.data)
    alert = Alert(r.u8("alert level"), r.u8("alert description"))
    r.end("alert")
    return alert


def messages(stream: bytes) -> tuple[tuple[int, bytes], ...]:
    """Type and body of each whole handshake message so far; the last may still be incomplete.

    Raises WireError when a message states more than 64 KiB.
    """
    r = Reader(stream)
    found = []
    while r.left() >= 4:
        kind = r.u8("message type")
        size = int.from_bytes(r.take(3, "message length"))
        if size > MOST_MESSAGE_BYTES:
            raise WireError(f"message length: at most {MOST_MESSAGE_BYTES} expected, {size} stated")
        if size > r.left():
            break
        found.append((kind, r.take(size, "message")))
    return tuple(found)


def decode_server_hello(body: bytes) -> ServerHello:
    """Read a ServerHello or HelloRetryRequest. Raises WireError if its layout is broken."""
    r = Reader(body)
    version = r.u16("server version")
    r.take(32, "random")
    r.take(r.u8("session id length"), "session id")
    suite = r.u16("cipher suite")
    r.u8("compression method")
    if r.left():
        extensions = r.part(r.u16("extensions length"), "extensions")
        r.end("server hello")
        version = _chosen(extensions) or version
    if version >> 8 != 3 or version & 0xFF > 4:
        raise WireError(f"server version: SSL 3.0 to TLS 1.3 expected, 0x{version:04x} found")
    return ServerHello(version, suite)


def _chosen(extensions: Reader) -> int:
    """The version in the supported_versions extension, RFC 8446, section 4.2.1; 0 when it is not there."""
    chosen = 0
    while extensions.left():
        number = extensions.u16("extension type")
        data = extensions.part(extensions.u16("extension length"), "extension")
        if number == _VERSIONS_EXT:
            chosen = data.u16("selected version")
            data.end("selected version")
    return chosen


def decode_chain(body: bytes) -> tuple[bytes, ...]:
    """The certificates of a Certificate message up to TLS 1.2, the server's own first, each in DER."""
    r = Reader(body)
    chain = r.part(int.from_bytes(r.take(3, "chain length")), "chain")
    r.end("certificate message")
    found: list[bytes] = []
    while chain.left():
        if len(found) == MOST_CHAIN:
            raise WireError(f"chain: at most {MOST_CHAIN} certificates expected")
        found.append(chain.take(int.from_bytes(chain.take(3, "certificate length")), "certificate"))
    return tuple(found)
