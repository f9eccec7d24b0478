"""May this frame leave? Only the one question to all stations who they are may; there is no DCP Set.

Written without the codec, on purpose.
"""

from assetctl.errors import Refusal


def vet(unit: bytes) -> str:
    """Name of the request that a unit is; raises Refusal for any other unit."""
    if len(unit) != 60 or any(unit[30:]):
        raise Refusal("profinet_dcp: the frame is 60 bytes, zero behind its one block")
    if unit[:6] != b"\x01\x0e\xcf\x00\x00\x00" or any(unit[6:12]):
        raise Refusal("profinet_dcp: the frame goes to the Identify multicast address, its source is left to be filled")
    if unit[12:18] != b"\x88\x92\xfe\xfe\x05\x00":
        raise Refusal("profinet_dcp: only Identify may leave, never Get, Set or Hello")
    if not 1 <= int.from_bytes(unit[22:24]) <= 6400:
        raise Refusal("profinet_dcp: the delay factor is 1 to 6400")
    if unit[24:30] != b"\x00\x04\xff\xff\x00\x00":
        raise Refusal("profinet_dcp: the one block asks all stations, without a filter")
    return "identify-all"
