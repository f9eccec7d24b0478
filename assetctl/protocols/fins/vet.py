"""May this FINS frame leave? Only controller data read and controller status read may. Written without the codec."""

from assetctl.errors import Refusal

_COMMANDS = {b"\x05\x01\x00": "controller-data-read", b"\x06\x01": "controller-status-read"}


def vet(unit: bytes) -> str:
    """Name of the request that a unit is; raises Refusal for any other unit. FINS/UDP: the receiver itself is asked."""
    if unit[4:5] != b"\x00":
        raise Refusal("fins: another node than the receiver is not asked")
    return frame(unit)


def frame(unit: bytes) -> str:
    """The same for a frame to any node."""
    if len(unit) not in (12, 13) or unit[:4] != b"\x80\x00\x02\x00":
        raise Refusal("fins: a command frame of 12 or 13 bytes in the local network is expected")
    if unit[4] == 255 or unit[5] or unit[6] or unit[8]:
        raise Refusal("fins: a CPU unit of the local network is asked, never all nodes")
    if not 1 <= unit[7] <= 254:
        raise Refusal(f"fins: source node {unit[7]} is none")
    name = _COMMANDS.get(unit[10:])
    if name is None:
        raise Refusal(f"fins: command {unit[10:].hex()} is not on the list")
    return name
