"""The block driver of CODESYS V3 over TCP: a magic number, the length of the whole, and a datagram.

The datagram of the question is that with which two public tools get their answers: from port 11743 of 127.0.0.1 to
port 11740, as the engineering tool on the controller itself would ask. The answer comes back on the connection.
"""

from assetctl.errors import WireError
from assetctl.wire import Length, Reader

_MAGIC = bytes.fromhex("000117e8")
_HEADER = 8
FRAMING = Length(header=_HEADER, offset=4, width=4, plus=0, most=1024, order="little")

_SEED = 0


def encode_resolve() -> bytes:
    """The question which node has this address."""
    head = bytes.fromhex("c56b40030043")  # 13 hops, 3 words of head, name request, addresses of 3 and 4 words
    receiver = (11740).to_bytes(2) + bytes(4)
    sender = (11743).to_bytes(2) + bytes((127, 0, 0, 1)) + b"\x83\x01"
    package = bytes.fromhex("02c20004") + _SEED.to_bytes(4, "little")
    datagram = head + receiver + sender + package
    return _MAGIC + (_HEADER + len(datagram)).to_bytes(4, "little") + datagram


def decode_block(unit: bytes) -> bytes:
    """The datagram in a block. Raises WireError when it is none."""
    r = Reader(unit)
    r.expect(_MAGIC, "magic")
    if (length := r.u32("length", "little")) != len(unit):
        raise WireError(f"length: {len(unit)} expected, {length} found")
    return r.rest()
