"""May this NTP unit leave? Only a client's question of 48 bytes may: no control message (mode 6), no private one
(mode 7), no broadcast, no offer to be a peer. Written without the codec, on purpose."""

from assetctl.errors import Refusal


def vet(unit: bytes) -> str:
    """Name of the request that a unit is; raises Refusal for any other unit."""
    if len(unit) != 48:
        raise Refusal(f"ntp: a question has 48 bytes, this one {len(unit)}")
    if unit[0] != 0x23:
        raise Refusal(f"ntp: version 4 and mode 3 expected, not 0x{unit[0]:02x}")
    if any(unit[1:40]) or unit[40:46] != b"\x61\x73\x73\x65\x74\x63":
        raise Refusal("ntp: fields are set that no question of ours holds")
    return "client"
