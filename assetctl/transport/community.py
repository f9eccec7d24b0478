"""SNMP v1 and v2c messages: a PDU inside a community. The community is known here and nowhere in the evidence.

Sources: RFC 1157 section 4, RFC 1901 section 3, RFC 3417 section 8.
"""

from functools import lru_cache, partial

from assetctl.errors import WireError
from assetctl.secrets.credentials import Community
from assetctl.transport.datagram import Envelope
from assetctl.wire import Reader

_VERSIONS = {"v1": 0, "v2c": 1}


def envelope(secret: Community) -> Envelope:
    """How a datagram connection wraps PDUs for this community."""
    return Envelope(partial(wrap, secret=secret), partial(unwrap, secret=secret))


def wrap(pdu: bytes, secret: Community) -> bytes:
    """A message with the PDU inside."""
    return _tlv(0x30, _head(secret) + pdu)


@lru_cache(maxsize=64)
def _head(secret: Community) -> bytes:
    """What stands before every PDU."""
    return bytes((0x02, 1, _VERSIONS[secret.version])) + _tlv(0x04, secret.community)


def unwrap(message: bytes, secret: Community) -> bytes:
    """The PDU inside a message. Raises WireError when layout, version or community are not ours; no text shows it."""
    whole = Reader(message)
    whole.expect(b"\x30", "message type")
    size = _length(whole, "message")
    head, at = _head(secret), whole.position
    if at + size == len(message) and message.startswith(head, at):  # as we would write it, which nearly all agents do
        return message[at + len(head) :]
    r = whole.part(size, "message")
    whole.end("message")
    r.expect(b"\x02", "version type")
    version = int.from_bytes(r.take(_length(r, "version"), "version"))
    if version != _VERSIONS[secret.version]:
        raise WireError(f"version: {_VERSIONS[secret.version]} expected, {version} found")
    r.expect(b"\x04", "community type")
    if r.take(_length(r, "community"), "community") != secret.community:
        raise WireError("community: not the one we asked with")
    return r.rest()


def _tlv(tag: int, body: bytes) -> bytes:
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    width = (size.bit_length() + 7) // 8
    return bytes((tag, 0x80 | width)) + size.to_bytes(width) + body


def _length(r: Reader, field: str) -> int:
    """A length in the short form or the long form of up to four bytes."""
    first = r.u8(f"{field} length")
    if first < 0x80:
        return first
    if not 1 <= first & 0x7F <= 4:
        raise WireError(f"{field} length: form 0x{first:02x} is not usable")
    return int.from_bytes(r.take(first & 0x7F, f"{field} length"))
