"""DNP3 data link frames: bytes to values and back, for the one question that no application layer sees.

Source: IEEE 1815-2012, 9.2.3 and 9.2.4 (header, control octet, function codes, addresses), 9.2.4.3 (CRC),
13.2 (frames on TCP and UDP).
"""

from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.wire import Length, Reader

FRAMING = Length(header=10, offset=2, width=1, plus=5, most=292, block=16, check=2)

HIGHEST_ADDRESS = 0xFFEF
SELF_ADDRESS = 0xFFFC
LINK_STATUS, NOT_SUPPORTED = 11, 15

_START = b"\x05\x64"
_REQUEST_LINK_STATUS = 0xC9  # DIR from a master, PRM, function 9
_HEADER_COUNT = 5  # control and addresses; the length octet counts neither itself nor any CRC
_BLOCK = 16
_REVERSED_POLYNOMIAL = 0xA6BC


@dataclass(frozen=True, slots=True)
class LinkFrame:
    """The header of one frame whose checks are right.

    from_master, primary: DIR and PRM. function: 0 to 15, its meaning depends on `primary`. data: octets of user data.
    """

    from_master: bool
    primary: bool
    function: int
    destination: int
    source: int
    data: int


def encode_request(*, destination: int, source: int) -> bytes:
    """Request Link Status. destination: 0 to 65519, or 65532. source: 0 to 65519."""
    header = _START + bytes((_HEADER_COUNT, _REQUEST_LINK_STATUS))
    header += destination.to_bytes(2, "little") + source.to_bytes(2, "little")
    return header + crc(header)


def decode(frame: bytes) -> LinkFrame:
    """Read one frame of 10 to 292 bytes. Raises WireError if its layout or one of its checks is wrong."""
    r = Reader(frame)
    r.expect(_START, "start")
    length = r.u8("length")
    if length < _HEADER_COUNT:
        raise WireError(f"length: at least {_HEADER_COUNT} expected, {length} found")
    control = r.u8("control")
    destination, source = r.u16("destination", "little"), r.u16("source", "little")
    r.expect(crc(frame[:8]), "check of the header")
    left = length - _HEADER_COUNT
    while left:
        block = r.take(min(left, _BLOCK), "user data")
        r.expect(crc(block), "check of the user data")
        left -= len(block)
    r.end("frame")
    function = control & 0x0F
    return LinkFrame(bool(control & 0x80), bool(control & 0x40), function, destination, source, length - _HEADER_COUNT)


def crc(block: bytes) -> bytes:
    """The check of a header or of a block of at most 16 octets, as it stands behind it."""
    remainder = 0
    for octet in block:
        remainder ^= octet
        for _ in range(8):
            remainder = remainder >> 1 ^ (_REVERSED_POLYNOMIAL if remainder & 1 else 0)
    return (remainder ^ 0xFFFF).to_bytes(2, "little")
