"""May this unit leave? Only two may: function 43 for the basic texts, and UMAS 0x02 without a session.

Written without the codec, on purpose. Everything else of UMAS (reservations, memory blocks, variables, transfers,
start and stop) is refused.
"""

from assetctl.errors import Refusal

_BODIES = {
    b"\x00\x05": (b"\x2b\x0e\x01\x00", "read-device-identification"),
    b"\x00\x04": (b"\x5a\x00\x02", "read-plc-id"),
}


def vet(unit: bytes) -> str:
    """Name of the request that a unit is; raises Refusal for any other unit."""
    if unit[2:4] != b"\x00\x00" or unit[4:6] not in _BODIES or unit[6:7] not in (b"\xff", b"\x00"):
        raise Refusal("umas: a Modbus/TCP header with length 4 or 5 and unit 255 or 0 expected")
    body, name = _BODIES[unit[4:6]]
    if unit[7:] != body:
        raise Refusal(f"umas: {unit[7:11].hex()} is not on the list")
    return name
