"""May this FINS/TCP unit leave? Only the request for a node address and the frames of fins may."""

from assetctl.errors import Refusal
from assetctl.protocols.fins.vet import frame


def vet(unit: bytes) -> str:
    """Name of the request that a unit is; raises Refusal for any other unit."""
    if unit == b"FINS\x00\x00\x00\x0c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00":
        return "node-address"
    if unit[:16] != b"FINS\x00\x00\x00" + bytes((len(unit) - 8 & 0xFF,)) + b"\x00\x00\x00\x02\x00\x00\x00\x00":
        raise Refusal("fins_tcp: neither the request for a node address nor a FINS frame")
    if unit[20:21] == b"\x00":
        raise Refusal("fins_tcp: the destination is the unit's own node address")
    return frame(unit[16:])
