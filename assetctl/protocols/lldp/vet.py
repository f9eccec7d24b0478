"""May this frame leave? No frame may: LLDP is listened to, and a frame of ours would change the neighbours' tables."""

from assetctl.errors import Refusal


def vet(unit: bytes) -> str:
    """Raises Refusal for every unit."""
    raise Refusal(f"lldp: it only listens, these {len(unit)} bytes may not leave")
