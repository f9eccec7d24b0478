"""SSH before its encryption: identification line and key exchange lists, bytes to values and back.

Source: RFC 4253, sections 4.2 (identification), 6 (binary packet) and 7.1 (SSH_MSG_KEXINIT).
"""

import re
from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.wire import Delimiter, Length, Reader

LINE = Delimiter(mark=b"\n", most=1024)
PACKET = Length(header=6, offset=0, width=4, plus=4, most=35000)

MOST_LINE_BYTES = 255  # with CR and LF
MOST_LIST_BYTES = 8192
KEXINIT = 20

_VERSION = re.compile(r"SSH-([0-9]{1,2}\.[0-9]{1,2})-")
_NAME = re.compile(r"[!-+\--~]{1,64}\Z")  # RFC 4251, 6: printable US-ASCII without comma and blank


@dataclass(frozen=True, slots=True)
class Identification:
    """line: without its line end. version: such as "2.0", or "1.99" for both."""

    line: str
    version: str


@dataclass(frozen=True, slots=True)
class Algorithms:
    """What a server offers, each list in its order of preference; both directions of a list drawn together."""

    kex: tuple[str, ...]
    host_key: tuple[str, ...]
    encryption: tuple[str, ...]
    mac: tuple[str, ...]


def encode() -> bytes:
    """Our identification line."""
    return b"SSH-2.0-assetctl\r\n"


def is_identification(line: bytes) -> bool:
    """Whether a line is the identification; a server may say other lines before it."""
    return line.startswith(b"SSH-")


def decode_identification(line: bytes) -> Identification:
    """Read an identification line with its line end. Raises WireError when it is none."""
    if not line.endswith(b"\n") or len(line) > MOST_LINE_BYTES:
        raise WireError(f"identification: one line of at most {MOST_LINE_BYTES} bytes expected, {len(line)} found")
    text = line.rstrip(b"\r\n").decode("utf-8", "replace")
    found = _VERSION.match(text)
    if found is None:
        raise WireError("identification: no protocol version")
    return Identification(text, found[1])


def is_algorithms(packet: bytes) -> bool:
    """Whether a packet is SSH_MSG_KEXINIT; SSH_MSG_IGNORE and SSH_MSG_DEBUG may stand before it."""
    return len(packet) > PACKET.header - 1 and packet[5] == KEXINIT


def decode_algorithms(packet: bytes) -> Algorithms:
    """Read SSH_MSG_KEXINIT, a whole unencrypted packet. Raises WireError if its layout is broken."""
    r = Reader(packet)
    if r.u32("packet length") != r.left():
        raise WireError("packet length: does not match the unit")
    padding = r.u8("padding length")
    payload = r.part(r.left() - padding, "payload")
    if (message := payload.u8("message")) != KEXINIT:
        raise WireError(f"message: {KEXINIT} expected, {message} found")
    payload.take(16, "cookie")
    lists = [_names(payload) for _ in range(10)]
    payload.u8("first kex packet follows")
    payload.u32("reserved")
    payload.end("key exchange lists")
    kex, host_key, cipher_in, cipher_out, mac_in, mac_out, *_ = lists
    return Algorithms(
        kex, host_key, tuple(dict.fromkeys(cipher_in + cipher_out)), tuple(dict.fromkeys(mac_in + mac_out))
    )


def _names(r: Reader) -> tuple[str, ...]:
    """A name-list, RFC 4251, section 5. An empty one has no name."""
    size = r.u32("name-list length")
    if size > MOST_LIST_BYTES:
        raise WireError(f"name-list length: at most {MOST_LIST_BYTES} expected, {size} stated")
    names = r.take(size, "name-list").decode("latin-1").split(",") if size else []
    for name in names:
        if not _NAME.match(name):
            raise WireError(f"name-list: {name[:64]!r} is no name")
    return tuple(dict.fromkeys(names))
