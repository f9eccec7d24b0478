"""The security negotiation of RDP: bytes to values and back, nothing else.

Source: [MS-RDPBCGR], sections 2.2.1.1 (connection request), 2.2.1.2 (connection confirm); ITU-T T.123 (TPKT), X.224.
"""

from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.wire import Length, Reader

FRAMING = Length(header=4, offset=2, width=2, plus=0, most=512)

RDP, TLS, CREDSSP = 0, 1, 2
TLS_OR_CREDSSP = TLS | CREDSSP
SSL_REQUIRED, SSL_NOT_ALLOWED, NO_CERTIFICATE, HYBRID_REQUIRED = 1, 2, 3, 5

_CONFIRM = 0xD0
_RESPONSE, _FAILURE = 2, 3


@dataclass(frozen=True, slots=True)
class Selected:
    """The security that the server chose: 0 that of RDP itself, 1 TLS, 2 CredSSP. A server of old knows RDP alone."""

    security: int


@dataclass(frozen=True, slots=True)
class Failed:
    """A refusal; code as in [MS-RDPBCGR] 2.2.1.2.2, such as 5: CredSSP is demanded."""

    code: int


def encode(*, security: int) -> bytes:
    """The connection request that offers these: RDP, TLS, CREDSSP or TLS_OR_CREDSSP. No cookie, so no user name."""
    return b"\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0" + security.to_bytes(4, "little")


def decode(unit: bytes, *, security: int) -> Selected | Failed:
    """Read a connection confirm. security: what was offered.

    Raises WireError if it is none, or chooses what was not offered.
    """
    r = Reader(unit)
    r.expect(b"\x03\0", "TPKT")
    if r.u16("TPKT length") != len(unit):
        raise WireError("TPKT length: does not match the unit")
    body = r.part(r.u8("X.224 length"), "X.224")
    r.end("connection confirm")
    if (code := body.u8("X.224 code")) != _CONFIRM:
        raise WireError(f"X.224 code: 0x{_CONFIRM:02x} expected, 0x{code:02x} found")
    body.take(5, "references and class")
    return _negotiated(body, security) if body.left() else Selected(RDP)


def _negotiated(r: Reader, security: int) -> Selected | Failed:
    kind = r.u8("negotiation type")
    r.u8("flags")
    r.expect(b"\x08\0", "negotiation length")
    value = r.u32("negotiation value", "little")
    r.end("negotiation")
    if kind == _FAILURE:
        return Failed(value)
    if kind != _RESPONSE or value not in (RDP, TLS, CREDSSP) or (value and not value & security):
        raise WireError(f"negotiation: type {kind}, value {value} answers no offer of {security}")
    return Selected(value)
