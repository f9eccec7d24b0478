"""PRELOGIN of Microsoft SQL Server: bytes to values and back, nothing else.

Source: [MS-TDS], sections 2.2.3.1 (packet header), 2.2.6.5 (PRELOGIN) and 4.1, 4.2 (examples). Fields are big-endian.
"""

from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.wire import Length, Reader

FRAMING = Length(header=8, offset=2, width=2, plus=0, most=4096)

VERSION, ENCRYPTION, INSTANCE, THREAD, MARS, TERMINATOR = 0, 1, 2, 3, 4, 0xFF
ENCRYPTIONS = {0: "off", 1: "on", 2: "not supported", 3: "required"}

_PRELOGIN, _TABULAR, _END_OF_MESSAGE = 0x12, 0x04, 0x01
_OURS = ((VERSION, bytes(6)), (ENCRYPTION, b"\0"), (INSTANCE, b"\0"), (THREAD, bytes(4)), (MARS, b"\0"))
MOST_OPTIONS = 32


@dataclass(frozen=True, slots=True)
class Prelogin:
    """version: such as "15.0.2000". encryption: 0 off, 1 on, 2 not supported, 3 required; None untold."""

    version: str
    encryption: int | None


def encode() -> bytes:
    """The question for version and encryption: no instance, no thread, no MARS, encryption off as far as we go."""
    offset, table, data = 5 * len(_OURS) + 1, b"", b""
    for token, value in _OURS:
        table += bytes((token,)) + (offset + len(data)).to_bytes(2) + len(value).to_bytes(2)
        data += value
    body = table + bytes((TERMINATOR,)) + data
    return bytes((_PRELOGIN, _END_OF_MESSAGE)) + (8 + len(body)).to_bytes(2) + bytes((0, 0, 1, 0)) + body


def decode(unit: bytes) -> Prelogin:
    """Read the answer. Raises WireError if it is no whole PRELOGIN answer that tells a version."""
    r = Reader(unit)
    if (kind := r.u8("packet type")) != _TABULAR:
        raise WireError(f"packet type: {_TABULAR} expected, {kind} found")
    if not r.u8("status") & _END_OF_MESSAGE:
        raise WireError("status: an answer in one packet expected")
    if r.u16("length") != len(unit):
        raise WireError("length: does not match the unit")
    r.take(4, "SPID, packet id and window")
    options = _options(r.rest())
    version = Reader(options.get(VERSION, b""))
    major, minor = version.u8("major version"), version.u8("minor version")
    build = version.u16("build")
    version.take(2, "sub build")  # in practice 0, and its byte order is not settled
    encryption = options.get(ENCRYPTION, b"")
    return Prelogin(f"{major}.{minor}.{build}", encryption[0] if len(encryption) == 1 else None)


def _options(body: bytes) -> dict[int, bytes]:
    """The options of a PRELOGIN body by token. Their offsets count from its beginning."""
    r = Reader(body)
    found: dict[int, bytes] = {}
    for _ in range(MOST_OPTIONS):
        token = r.u8("option token")
        if token == TERMINATOR:
            return found
        offset, size = r.u16("option offset"), r.u16("option length")
        whole = Reader(body)
        whole.take(offset, "option offset")
        found[token] = whole.take(size, "option data")
    raise WireError(f"options: at most {MOST_OPTIONS} expected")
