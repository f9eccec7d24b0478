"""SMB negotiation: bytes to values and back, nothing else.

Source: [MS-SMB2], sections 2.1 (framing), 2.2.1 (header), 2.2.3 and 2.2.4 (NEGOTIATE), 2.2.5 and 2.2.6
(SESSION_SETUP); [MS-CIFS], sections 2.2.3.1 (header) and 2.2.4.52 (SMB_COM_NEGOTIATE). Fields are little-endian, the
four bytes of framing before them are not.
"""

from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.wire import Length, Reader, decode_text

FRAMING = Length(header=4, offset=0, width=4, plus=4, most=4 + 0x1FFFF)

DIALECTS = (0x0202, 0x0210, 0x0300, 0x0302, 0x0311)
SIGNING_REQUIRED = 0x02
SUCCESS, MORE_PROCESSING_REQUIRED = 0, 0xC0000016
NOT_SUPPORTED = 0xFFFF  # dialect index of SMB 1: none of those that were offered

_CLIENT_GUID = bytes.fromhex("617373657463746c8000000000000001")  # the same for every server: no session outlives us
_HEADER_BYTES = 64
_IS_RESPONSE = 0x01


@dataclass(frozen=True, slots=True)
class Negotiated:
    """What a server of SMB 2 or 3 agrees to.

    dialect: the highest of ours that it speaks, such as 0x0311. security_mode: bit 0 signing enabled, bit 1 required.
    boot_filetime, system_filetime: when the server started and what time it has, in 100 ns since 1601; the first is 0
    when it does not say. token: its SPNEGO token.
    """

    dialect: int
    security_mode: int
    server_guid: bytes
    boot_filetime: int
    system_filetime: int
    token: bytes


@dataclass(frozen=True, slots=True)
class NegotiatedV1:
    """What a server answers to the one dialect of SMB 1.

    is_spoken: whether it speaks it. domain, server: the names it gives itself, "" when it says none.
    """

    is_spoken: bool
    signing_required: bool = False
    domain: str = ""
    server: str = ""


@dataclass(frozen=True, slots=True)
class Challenge:
    """A SESSION_SETUP answer: the token of the server's security layer, SPNEGO or bare NTLMSSP."""

    status: int
    token: bytes


def negotiate() -> bytes:
    """The question for the highest common dialect of 2.0.2 to 3.1.1."""
    body = _words(36, len(DIALECTS), 1, 0) + (0x7F).to_bytes(4, "little") + _CLIENT_GUID
    contexts = (_context(1, _words(1, 32, 1) + bytes(range(32))), _context(2, _words(4, 2, 1, 4, 3)))
    offset = -(-(_HEADER_BYTES + len(body) + 8 + 2 * len(DIALECTS)) // 8) * 8
    body += offset.to_bytes(4, "little") + _words(len(contexts), 0, *DIALECTS)
    padded = body.ljust(offset - _HEADER_BYTES, b"\0") + contexts[0].ljust(-(-len(contexts[0]) // 8) * 8, b"\0")
    return _framed(_header(command=0, message_id=0) + padded + contexts[1])


def session_setup(token: bytes) -> bytes:
    """The first step of a session setup: a token of the security layer, no name and no password."""
    body = _words(25) + b"\0\x01" + bytes(4) + bytes(4) + _words(_HEADER_BYTES + 24, len(token)) + bytes(8)
    return _framed(_header(command=1, message_id=1) + body + token)


def negotiate_v1() -> bytes:
    """The question whether "NT LM 0.12", the last dialect of SMB 1, is spoken.

    Extended security is not asked for, so that the answer holds the names of server and domain.
    """
    header = b"\xffSMB\x72" + bytes(4) + b"\x18" + _words(0xC041) + bytes(12) + _words(0, 0xFEFF, 0, 0)
    dialects = b"\x02NT LM 0.12\0"
    return _framed(header + b"\0" + _words(len(dialects)) + dialects)


def is_smb(unit: bytes) -> bool:
    """Whether a unit is a message of any SMB, a refusal too."""
    return unit[4:8] in (b"\xfeSMB", b"\xffSMB")


def decode_negotiated(unit: bytes) -> Negotiated:
    """Read the answer to `negotiate`. Raises WireError if it is another message, an error, or broken."""
    message = _message(unit)
    r = _answer(message, command=0, wanted=SUCCESS)
    if (size := r.u16("structure size", "little")) != 65:
        raise WireError(f"structure size: 65 expected, {size} found")
    security_mode = r.u16("security mode", "little")
    dialect = r.u16("dialect revision", "little")
    if dialect not in DIALECTS:
        raise WireError(f"dialect revision: 0x{dialect:04x} was not offered")
    r.take(2, "context count")
    server_guid = r.take(16, "server guid")
    r.take(4 + 3 * 4, "capabilities and largest sizes")
    now = int.from_bytes(r.take(8, "system time"), "little")
    boot = int.from_bytes(r.take(8, "server start time"), "little")
    return Negotiated(dialect, security_mode, server_guid, boot, now, _buffer(r, message))


def decode_challenge(unit: bytes) -> Challenge:
    """Read the answer to `session_setup`. Raises WireError if it is another message or broken."""
    message = _message(unit)
    r = _answer(message, command=1, wanted=MORE_PROCESSING_REQUIRED)
    if (size := r.u16("structure size", "little")) != 9:
        raise WireError(f"structure size: 9 expected, {size} found")
    r.u16("session flags", "little")
    return Challenge(MORE_PROCESSING_REQUIRED, _buffer(r, message))


def decode_negotiated_v1(unit: bytes) -> NegotiatedV1:
    """Read the answer to `negotiate_v1`. Raises WireError if it is another message, an error, or broken."""
    r = Reader(_message(unit))
    r.expect(b"\xffSMB\x72", "protocol and command")
    if status := r.u32("status", "little"):
        raise WireError(f"status: 0x{status:08x}")
    if not r.u8("flags") & 0x80:
        raise WireError("flags: a request, not an answer")
    is_unicode = bool(r.u16("flags2", "little") & 0x8000)
    r.take(20, "rest of the header")
    words = r.part(2 * r.u8("word count"), "words")
    data = r.part(r.u16("byte count", "little"), "data")
    if words.u16("dialect index", "little") == NOT_SUPPORTED:
        return NegotiatedV1(False)
    mode = words.u8("security mode")
    words.take(30, "limits, capabilities, time")
    data.take(words.u8("challenge length"), "challenge")
    domain, server = _names(data, is_unicode)
    return NegotiatedV1(True, bool(mode & 0x08), domain, server)


def _names(data: Reader, is_unicode: bool) -> tuple[str, str]:
    """Domain and server name at the end of an SMB 1 answer, as far as they are there."""
    raw = data.rest()
    if is_unicode:
        text = raw[: len(raw) // 2 * 2].decode("utf-16-le", "replace")
        found = text.split("\0")
    else:
        found = [decode_text(part) for part in raw.split(b"\0")]
    domain, server, *_ = [*found, "", ""]
    return domain, server


def _message(unit: bytes) -> bytes:
    """A unit without its framing, [MS-SMB2] 2.1."""
    r = Reader(unit)
    if r.u32("length") != r.left():
        raise WireError("length: does not match the unit")
    return r.rest()


def _answer(message: bytes, *, command: int, wanted: int) -> Reader:
    """The body of an SMB 2 answer with this command and status."""
    r = Reader(message)
    r.expect(b"\xfeSMB\x40\0", "protocol and header size")
    r.u16("credit charge", "little")
    status = r.u32("status", "little")
    if (found := r.u16("command", "little")) != command:
        raise WireError(f"command: {command} expected, {found} found")
    r.u16("credits", "little")
    if not r.u32("flags", "little") & _IS_RESPONSE:
        raise WireError("flags: a request, not an answer")
    r.take(_HEADER_BYTES - r.position, "rest of the header")
    if status != wanted:
        raise WireError(f"status: 0x{wanted:08x} expected, 0x{status:08x} found")
    return r


def _buffer(r: Reader, message: bytes) -> bytes:
    """The security buffer whose offset, from the header's start, and length stand next."""
    offset, length = r.u16("buffer offset", "little"), r.u16("buffer length", "little")
    whole = Reader(message)
    whole.take(offset if length else 0, "security buffer offset")
    return whole.take(length, "security buffer")


def _header(*, command: int, message_id: int) -> bytes:
    """[MS-SMB2] 2.2.1.2, of a request that belongs to no tree and no session."""
    start = b"\xfeSMB" + _words(_HEADER_BYTES, 1) + bytes(4) + _words(command, 1) + bytes(8)
    return start + message_id.to_bytes(8, "little") + bytes(8 + 8 + 16)


def _context(kind: int, data: bytes) -> bytes:
    """A negotiate context, [MS-SMB2] 2.2.3.1: 1 preauthentication integrity, 2 encryption."""
    return _words(kind, len(data)) + bytes(4) + data


def _words(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(2, "little") for number in numbers)


def _framed(message: bytes) -> bytes:
    return len(message).to_bytes(4) + message
