"""OPC UA connection protocol and secure conversation without security: units to values and back.

A channel is opened with security policy None and no certificate; every question carries a zero time, since times in
request headers are for the server's log alone. A question's number is its sequence number, request id and handle.
Source: OPC 10000-6, 6.7 (secure conversation), 7.1 (connection protocol); OPC 10000-4, 5.6.2 and 5.6.3
(OpenSecureChannel, CloseSecureChannel), 7.32 and 7.33 (request and response header), all of release 1.05; numbers of
the encodings from the NodeIds table of OPC 10000-6, A.3.
"""

from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.protocols.opcua import binary
from assetctl.wire import Length, Reader

MOST_MESSAGE = 1 << 20  # bytes of one answer over all its chunks, told to the server
MOST_CHUNKS = 128
_BUFFER = 0xFFFF
# a chunk above what we said we take breaks the standard and harms nobody
FRAMING = Length(header=8, offset=4, width=4, plus=0, most=MOST_MESSAGE, order="little")

SERVICE_FAULT = 397
OPEN_CHANNEL, OPENED_CHANNEL, CLOSE_CHANNEL = 446, 449, 452
_POLICY_NONE = b"http://opcfoundation.org/UA/SecurityPolicy#None"
_LIFETIME_MS = 60_000  # an hour is usual; a channel that we could not close need not stay as long
NO_TOKEN = b"\x00\x00"  # the null NodeId: no session
EMPTY = bytes(4)  # an array without items


@dataclass(frozen=True, slots=True)
class Failed:
    """The server said no, in an ERR unit, an abort chunk or a fault. status: OPC 10000-4, 7.38.2."""

    status: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of one answer. is_final: nothing follows."""

    is_final: bool
    body: bytes


@dataclass(frozen=True, slots=True)
class Opened:
    """A secure channel and the token to use in it."""

    channel: int
    token: int


def endpoint_url(host: str, port: int) -> str:
    """Where a server is reached. host: an address as text; a zone means nothing to others and stays here."""
    address = host.partition("%")[0]
    return f"opc.tcp://[{address}]:{port}" if ":" in address else f"opc.tcp://{address}:{port}"


def encode_hello(*, url: str) -> bytes:
    """The first unit of a connection. Source: OPC 10000-6, 7.1.2.3."""
    limits = (0, _BUFFER, _BUFFER, MOST_MESSAGE, MOST_CHUNKS)  # protocol version, buffers to receive and send, ...
    body = b"".join(number.to_bytes(4, "little") for number in limits) + binary.encode_bytes(url.encode())
    return b"HELF" + (8 + len(body)).to_bytes(4, "little") + body


def encode_open(*, number: int) -> bytes:
    """A channel without security. Source: OPC 10000-6, 6.7.2.3; OPC 10000-4, 5.6.2.2."""
    policy = binary.encode_bytes(_POLICY_NONE) + binary.NULL + binary.NULL  # no certificate, no thumbprint of theirs
    body = encode_header(OPEN_CHANNEL, number) + bytes(4)  # protocol version 0
    body += bytes(4) + b"\x01\x00\x00\x00"  # issue a token; mode None
    body += binary.NULL + _LIFETIME_MS.to_bytes(4, "little")  # no nonce
    unit = bytes(4) + policy + 2 * number.to_bytes(4, "little") + body
    return b"OPNF" + (8 + len(unit)).to_bytes(4, "little") + unit


def encode_close(*, channel: int, token: int, number: int) -> bytes:
    """The end of the channel; nothing answers it. Source: OPC 10000-6, 7.1.4."""
    return _unit(b"CLOF", channel, token, number, encode_header(CLOSE_CHANNEL, number))


def encode_header(kind: int, number: int, authentication: bytes = NO_TOKEN) -> bytes:
    """The number of a request's encoding and its header. authentication: the session's token as it was encoded."""
    head = b"\x01\x00" + kind.to_bytes(2, "little") + authentication + bytes(8) + number.to_bytes(4, "little")
    return head + bytes(4) + binary.NULL + bytes(4) + bytes(3)  # no diagnostics, audit id, time-out, further header


def encode_message(*, channel: int, token: int, number: int, body: bytes) -> bytes:
    """A question in one chunk. Source: OPC 10000-6, 6.7.2."""
    return _unit(b"MSGF", channel, token, number, body)


def _unit(head: bytes, channel: int, token: int, number: int, body: bytes) -> bytes:
    numbers = (24 + len(body), channel, token, number, number)
    return head + b"".join(one.to_bytes(4, "little") for one in numbers) + body


def decode_acknowledge(frame: bytes) -> Failed | None:
    """Read the answer to a hello, None where it is taken. Raises WireError if it is neither ACK nor ERR."""
    r = Reader(frame)
    kind = r.take(4, "message type")
    r.take(4, "message size")
    if kind == b"ERRF":
        return _failed(r)
    if kind != b"ACKF":
        raise WireError(f"message type: ACK or ERR expected, {kind.hex()} found")
    r.take(20, "version, buffers and limits")
    r.end("acknowledge")
    return None


def decode_open(frame: bytes, *, number: int) -> Opened | Failed:
    """Read the answer to the opening of a channel."""
    r = Reader(frame)
    kind = r.take(4, "message type")
    r.take(4, "message size")
    if kind == b"ERRF":
        return _failed(r)
    if kind != b"OPNF":
        raise WireError(f"message type: OPN or ERR expected, {kind.hex()} found")
    r.take(4, "secure channel id")
    if binary.byte_string(r, "security policy") != _POLICY_NONE:
        raise WireError("security policy: not the one that was asked for")
    binary.byte_string(r, "sender certificate")
    binary.byte_string(r, "receiver thumbprint")
    _numbered(r, number)
    body = decode_service(r, OPENED_CHANNEL)
    return body if isinstance(body, Failed) else _token(body)


def _token(r: Reader) -> Opened:
    r.u32("server protocol version", "little")
    opened = Opened(channel=r.u32("channel id", "little"), token=r.u32("token id", "little"))
    r.take(12, "time of creation and lifetime")
    binary.byte_string(r, "server nonce")
    r.end("answer to the opening")
    return opened


def decode_chunk(frame: bytes, *, channel: int, number: int) -> Chunk | Failed:
    """Read one chunk of the answer to question `number`. Raises WireError if it belongs to another."""
    r = Reader(frame)
    kind = r.take(4, "message type")
    r.take(4, "message size")
    if kind == b"ERRF":
        return _failed(r)
    if kind not in (b"MSGF", b"MSGC", b"MSGA"):
        raise WireError(f"message type: MSG or ERR expected, {kind.hex()} found")
    found = r.u32("secure channel id", "little")
    if found != channel:
        raise WireError(f"secure channel id: {channel} expected, {found} found")
    r.u32("token id", "little")
    _numbered(r, number)
    return _failed(r) if kind == b"MSGA" else Chunk(kind == b"MSGF", r.rest())


def decode_service(r: Reader, kind: int) -> Reader | Failed:
    """What follows the header of the answer `kind`, or the failure that it or a fault tells."""
    found = binary.node_id(r, "type of the answer").number
    if found not in (kind, SERVICE_FAULT):
        raise WireError(f"type of the answer: {kind} expected, {found} found")
    r.take(12, "time and request handle")
    status = r.u32("service result", "little")
    binary.diagnostic_info(r)
    binary.strings(r, "string table")
    binary.extension_object(r, "additional header")
    return Failed(status) if found == SERVICE_FAULT or is_bad(status) else r


def is_bad(status: int) -> bool:
    """Whether a status code tells of a failure: its top bit."""
    return bool(status & 0x80000000)


def _numbered(r: Reader, number: int) -> None:
    r.u32("sequence number", "little")
    found = r.u32("request id", "little")
    if found != number:
        raise WireError(f"request id: {number} expected, {found} found")


def _failed(r: Reader) -> Failed:
    failed = Failed(r.u32("error", "little"), binary.string(r, "reason"))
    r.end("error")
    return failed
