"""May this DNP3 unit leave? Only Request Link Status to one outstation may. Written without the codec, on purpose."""

from assetctl.errors import Refusal


def vet(unit: bytes) -> str:
    """Name of the request that a unit is; raises Refusal for any other unit."""
    if len(unit) != 10 or unit[:3] != b"\x05\x64\x05":
        raise Refusal("dnp3: a request is one frame of 10 bytes without user data")
    if unit[3] != 0xC9:
        raise Refusal(f"dnp3: control octet 0x{unit[3]:02x} is not on the list, only 0xc9 (request link status)")
    destination, source = unit[4] | unit[5] << 8, unit[6] | unit[7] << 8
    if destination > 65519 and destination != 65532:
        raise Refusal(f"dnp3: destination {destination} is reserved or a broadcast")
    if source > 65519:
        raise Refusal(f"dnp3: source {source} is no address of a station")
    if unit[8] | unit[9] << 8 != _check(unit[:8]):
        raise Refusal("dnp3: the check of the header is wrong")
    return "request-link-status"


def _check(header: bytes) -> int:
    """IEEE 1815 CRC by division from the left, lowest bit of each octet first."""
    remainder = 0
    for octet in header:
        for bit in range(8):
            carry = remainder >> 15 ^ octet >> bit & 1
            remainder = remainder << 1 & 0xFFFF
            remainder ^= 0x3D65 if carry else 0
    return int(f"{remainder:016b}"[::-1], 2) ^ 0xFFFF
