"""May this unit leave after a greeting? No unit may: no command, no login, no answer to a negotiation."""

from assetctl.errors import Refusal


def vet(unit: bytes) -> str:
    """Raises Refusal for every unit."""
    raise Refusal(f"greeting: it only listens, these {len(unit)} bytes may not leave")
