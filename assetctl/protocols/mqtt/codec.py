"""MQTT's CONNECT, CONNACK and DISCONNECT: bytes to values and back, nothing else.

Source: MQTT 3.1.1, sections 3.1, 3.2, 3.14; MQTT 5.0, sections 3.1, 3.2, 2.4 (reason codes).
"""

from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.wire import Length, Reader

FRAMING = Length(header=2, offset=1, width=1, plus=2, most=2 + 127)  # lengths above 127 would have a second byte

V3_1_1, V5 = 4, 5
ACCEPTED, BAD_LEVEL, BAD_LOGIN, NOT_AUTHORISED = 0, 1, 4, 5
V5_BAD_LEVEL, V5_BAD_LOGIN, V5_NOT_AUTHORISED, V5_BAD_METHOD = 0x84, 0x86, 0x87, 0x8C

DISCONNECT = b"\xe0\0"

_CONNECT, _CONNACK = 0x10, 0x20
_CLEAN = 0x02
_KEEP_ALIVE_S = 10


@dataclass(frozen=True, slots=True)
class Answer:
    """code: 0 accepted; others as section 3.2.2.3 of 3.1.1, or 2.4 of 5.0, has them."""

    code: int


def encode(*, level: int, seed: int) -> bytes:
    """CONNECT with a clean session and a client id of our own: no user, no password, no will.

    level: V3_1_1 or V5. seed: 0 to 65535, makes the client id, so that no other client of the broker has it.
    """
    client = b"assetctl%04x" % seed
    body = b"\0\x04MQTT" + bytes((level, _CLEAN)) + _KEEP_ALIVE_S.to_bytes(2) + (b"\0" if level == V5 else b"")
    body += len(client).to_bytes(2) + client
    return bytes((_CONNECT, len(body))) + body


def decode(unit: bytes, *, level: int) -> Answer:
    """Read a CONNACK. level: that of our CONNECT; a broker without version 5 answers it in the older form.

    Raises WireError if it is another packet, or broken.
    """
    r = Reader(unit)
    if (kind := r.u8("packet type")) != _CONNACK:
        raise WireError(f"packet type: 0x{_CONNACK:02x} expected, 0x{kind:02x} found")
    if r.u8("remaining length") != r.left():
        raise WireError("remaining length: does not match the unit")
    if (flags := r.u8("acknowledge flags")) > 1:
        raise WireError(f"acknowledge flags: 0 or 1 expected, {flags} found")
    code = r.u8("return code")
    if level == V5 and r.left():
        r.part(r.u8("property length"), "properties")
    elif level != V5 and code > NOT_AUTHORISED:
        raise WireError(f"return code: 0 to {NOT_AUTHORISED} expected, {code} found")
    r.end("CONNACK")
    return Answer(code)
