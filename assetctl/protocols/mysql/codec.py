"""The greeting of a MySQL or MariaDB server: bytes to values, nothing else; there is no question to encode.

Source: MySQL internals, client/server protocol: "Protocol::Packet", "Protocol::HandshakeV10", "ERR_Packet"; MariaDB,
"Connecting". Fields are little-endian.
"""

import re
from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.wire import Length, Reader, decode_text

# three bytes of length and one of sequence, which is 0 in the first packet, so that four bytes are the length too
FRAMING = Length(header=4, offset=0, width=4, plus=4, most=4096, order="little")

_HANDSHAKE_V10, _ERROR = 10, 0xFF
_TLS, _PLUGIN = 0x0800, 0x0008_0000
_MARIADB = re.compile(r"(?:5\.5\.5-)?([0-9]{1,3}(?:\.[0-9]{1,3}){1,3})-MariaDB")
_VERSION = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){1,3}")
MOST_TEXT = 256


@dataclass(frozen=True, slots=True)
class Greeting:
    """text: the version as the server writes it. has_tls: it offers TLS. plugin: its authentication, "" untold."""

    text: str
    has_tls: bool
    plugin: str

    @property
    def is_mariadb(self) -> bool:
        return _MARIADB.match(self.text) is not None

    @property
    def version(self) -> str:
        """The number alone. MariaDB puts 5.5.5 before its own, for the sake of old clients."""
        found = _MARIADB.match(self.text)
        if found:
            return found[1]
        plain = _VERSION.match(self.text)
        return plain[0] if plain else ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The server does not talk to this address, such as 1130: host is not allowed, 1129: host is blocked."""

    code: int
    text: str


def decode(unit: bytes) -> Greeting | Refused:
    """Read the first packet of a server. Raises WireError if it is no greeting of protocol 10 and no error."""
    r = Reader(unit)
    if r.u32("length and sequence", "little") != r.left():
        raise WireError("packet length: does not match the unit")
    kind = r.u8("protocol version")
    if kind == _ERROR:
        code = r.u16("error code", "little")
        return Refused(code, decode_text(r.rest())[:MOST_TEXT])
    if kind != _HANDSHAKE_V10:
        raise WireError(f"protocol version: {_HANDSHAKE_V10} expected, {kind} found")
    return _greeting(r)


def _greeting(r: Reader) -> Greeting:
    text = decode_text(_terminated(r, "server version"))
    if not _VERSION.match(text) or not text.isprintable():
        raise WireError("server version: a number expected")
    r.take(4 + 8, "thread id and first part of the challenge")
    r.expect(b"\0", "filler")
    capabilities = r.u16("capabilities", "little")
    if not r.left():
        return Greeting(text[:MOST_TEXT], bool(capabilities & _TLS), "")
    r.take(1 + 2, "character set and status")
    capabilities |= r.u16("further capabilities", "little") << 16
    size = r.u8("length of the challenge")
    r.take(10, "reserved")
    plugin = ""
    if capabilities & _PLUGIN:
        r.take(max(13, size - 8), "second part of the challenge")
        plugin = decode_text(r.rest())
    return Greeting(text[:MOST_TEXT], bool(capabilities & _TLS), plugin if plugin.isprintable() else "")


def _terminated(r: Reader, field: str) -> bytes:
    """The bytes before the next NUL."""
    found = bytearray()
    while byte := r.u8(field):
        found.append(byte)
    return bytes(found)
