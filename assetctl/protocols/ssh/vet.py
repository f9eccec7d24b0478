"""May this SSH unit leave? Only one identification line may, byte for byte; no packet of any kind, so neither a key
exchange nor a login. Written without the codec, on purpose."""

from assetctl.errors import Refusal


def vet(unit: bytes) -> str:
    """Name of the request that a unit is; raises Refusal for any other unit."""
    if unit != bytes.fromhex("5353482d322e302d617373657463746c0d0a"):
        raise Refusal(f"ssh: only the identification line is on the list, not these {len(unit)} bytes")
    return "identification"
