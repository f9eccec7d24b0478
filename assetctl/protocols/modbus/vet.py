"""May this Modbus/TCP unit leave? Only function 43, MEI type 14, and function 17 may.

Written without the codec, on purpose.
"""

from assetctl.errors import Refusal


def vet(unit: bytes) -> str:
    """Name of the request that a unit is; raises Refusal for any other unit."""
    if len(unit) not in (8, 11):
        raise Refusal(f"modbus: a request has 8 or 11 bytes, this one {len(unit)}")
    if unit[2:4] != b"\x00\x00" or unit[4:6] != bytes((0, len(unit) - 6)):
        raise Refusal("modbus: protocol id 0 and the unit's length expected")
    if unit[7:] == b"\x11":
        return "report-server-id"
    if unit[7:9] != b"\x2b\x0e" or len(unit) != 11:
        raise Refusal(f"modbus: function 0x{unit[7]:02x} is not on the list")
    if unit[9] not in (1, 2, 3, 4):
        raise Refusal(f"modbus: read code {unit[9]} is not on the list")
    return "read-device-identification"
