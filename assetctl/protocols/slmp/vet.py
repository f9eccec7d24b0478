"""May this SLMP unit leave? Only read type name (0101) of the station itself may. Written without the codec."""

from assetctl.errors import Refusal

_ROUTE_AND_LENGTH = b"\x00\xff\xff\x03\x00\x06\x00"


def vet(unit: bytes) -> str:
    """Name of the request that a unit is; raises Refusal for any other unit."""
    if unit[:2] == b"\x50\x00":
        rest = unit[2:]
    elif unit[:2] == b"\x54\x00" and unit[4:6] == b"\x00\x00":
        rest = unit[6:]
    else:
        raise Refusal("slmp: the request is neither a 3E nor a 4E frame in binary code")
    if len(rest) != 13 or rest[:7] != _ROUTE_AND_LENGTH:
        raise Refusal("slmp: six bytes for the connected station are expected")
    if rest[7:9] != b"\x04\x00":
        raise Refusal("slmp: a monitoring timer of one second is expected")
    if rest[9:] != b"\x01\x01\x00\x00":
        command, sub = int.from_bytes(rest[9:11], "little"), int.from_bytes(rest[11:], "little")
        raise Refusal(f"slmp: command {command:04X} subcommand {sub:04X} is not on the list")
    return "read-type-name"
