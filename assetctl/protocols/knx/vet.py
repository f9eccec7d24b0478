"""May this KNXnet/IP datagram leave? Only the description request with an empty endpoint may: no search, no connect, no
device configuration, no tunnelled or routed telegram. Written without the codec, on purpose."""

from assetctl.errors import Refusal


def vet(unit: bytes) -> str:
    """Name of the request that a unit is; raises Refusal for any other unit."""
    if unit[:2] != b"\x06\x10" or len(unit) != 14:
        raise Refusal("knx: a question has 14 bytes and begins with 0610")
    if unit[2:4] != b"\x02\x03":
        raise Refusal(f"knx: service 0x{unit[2:4].hex()} is not on the list")
    if unit[4:] != b"\x00\x0e\x08\x01\x00\x00\x00\x00\x00\x00":
        raise Refusal("knx: the length 14 and the endpoint 0.0.0.0:0 over UDP expected")
    return "description-request"
