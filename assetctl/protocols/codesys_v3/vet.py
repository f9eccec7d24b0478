"""May this CODESYS V3 datagram leave? Only the question which node has an address. Written without the codec."""

from assetctl.errors import Refusal

_HEADS = (b"\xc5\x7c\x40\x03\x00\x10", b"\xc5\x7c\x40\x03\x00\x20")  # own address of one word, of two
_RESOLVE = b"\x02\xc2\x00\x04"


def vet(unit: bytes) -> str:
    """Name of the request that a datagram is; raises Refusal for any other."""
    if len(unit) != 20 or unit[:6] not in _HEADS:
        raise Refusal("codesys_v3: a question to the name service with an own address and no other is expected")
    if unit[5] == 0x10 and unit[10:12] != b"\x00\x00":
        raise Refusal("codesys_v3: zero bytes are expected behind an address of one word")
    if unit[12:16] != _RESOLVE or unit[18:] != b"\x00\x00":
        raise Refusal(f"codesys_v3: package {unit[12:16].hex()} is not on the list")
    return "resolve-address"
