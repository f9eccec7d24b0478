"""The server's part of a TLS handshake as far as it is in clear: bytes to values, nothing else.

Source: RFC 5246, sections 6.2.1 (record), 7.2 (alert), 7.4 (handshake); RFC 8446, sections 4.1.3 (ServerHello), 4.2.8
(key share), 4.4.2 (Certificate).
A handshake message may be cut over records and a record may hold several, so messages are read from a stream.
"""

from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.wire import Length, Reader

RECORD = Length(header=5, offset=3, width=2, plus=5, most=5 + 16384 + 2048)

MOST_MESSAGE_BYTES = 65536
MOST_CHAIN = 20
CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA = 20, 21, 22, 23
SERVER_HELLO, CERTIFICATE, SERVER_HELLO_DONE = 2, 11, 14
FATAL = 2
HANDSHAKE_FAILURE, PROTOCOL_VERSION, INSUFFICIENT_SECURITY = 40, 70, 71  # RFC 5246, 7.2.2

_VERSIONS_EXT, _KEY_SHARE_EXT = 0x002B, 0x0033
_RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")  # RFC 8446, 4.1.3
_CONTENT_TYPES = (CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA)


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
    """version: the one that the server chose, from its extension where TLS 1.3 puts it. suite: as IANA numbers it.

    group, share: the server's key for TLS 1.3, 0 and b"" when there is none. is_retry: it wants another hello.
    """

    version: int
    suite: int
    group: int = 0
    share: bytes = b""
    is_retry: bool = False


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
    is_retry = r.take(32, "random") == _RETRY
    r.take(r.u8("session id length"), "session id")
    suite = r.u16("cipher suite")
    r.u8("compression method")
    chosen, group, share = 0, 0, b""
    if r.left():
        extensions = r.part(r.u16("extensions length"), "extensions")
        r.end("server hello")
        chosen, group, share = _extensions(extensions, is_retry=is_retry)
    version = chosen or version
    if version >> 8 != 3 or version & 0xFF > 4:
        raise WireError(f"server version: SSL 3.0 to TLS 1.3 expected, 0x{version:04x} found")
    return ServerHello(version, suite, group, share, is_retry)


def _extensions(r: Reader, *, is_retry: bool) -> tuple[int, int, bytes]:
    """The version, group and key that extensions choose, RFC 8446, 4.2.1 and 4.2.8; 0, 0 and b"" when they do not."""
    chosen, group, share = 0, 0, b""
    while r.left():
        number = r.u16("extension type")
        data = r.part(r.u16("extension length"), "extension")
        if number == _VERSIONS_EXT:
            chosen = data.u16("selected version")
            data.end("selected version")
        elif number == _KEY_SHARE_EXT:
            group = data.u16("group")
            share = b"" if is_retry else data.take(data.u16("key length"), "key")
            data.end("key share")
    return chosen, group, share


def decode_chain(body: bytes, *, is_1_3: bool = False) -> tuple[bytes, ...]:
    """The certificates of a Certificate message, the server's own first, each in DER.

    is_1_3: a context stands before them, and extensions behind each.
    """
    r = Reader(body)
    if is_1_3:
        r.take(r.u8("context length"), "context")
    chain = r.part(int.from_bytes(r.take(3, "chain length")), "chain")
    r.end("certificate message")
    found: list[bytes] = []
    while chain.left():
        if len(found) == MOST_CHAIN:
            raise WireError(f"chain: at most {MOST_CHAIN} certificates expected")
        found.append(chain.take(int.from_bytes(chain.take(3, "certificate length")), "certificate"))
        if is_1_3:
            chain.take(chain.u16("extensions length"), "extensions")
    return tuple(found)
