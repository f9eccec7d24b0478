"""May this ADS datagram leave? Only the information query may: no route is added, none deleted.

Written without the codec, on purpose.
"""

from assetctl.errors import Refusal


def vet(unit: bytes) -> str:
    """Name of the request that a unit is; raises Refusal for any other unit."""
    if len(unit) != 24 or unit[:4] != b"\x03\x66\x14\x71":
        raise Refusal("ads: a question has 24 bytes and begins with 03661471")
    if unit[8:12] != b"\x01\x00\x00\x00":
        raise Refusal(f"ads: service {int.from_bytes(unit[8:12], 'little')} is not on the list")
    if any(unit[4:8]) or any(unit[12:]):
        raise Refusal("ads: invoke id, address and tag count must be 0")
    return "server-info"
