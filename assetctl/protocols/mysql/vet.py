"""May this unit leave to a MySQL server? No unit may: no login, no command, no request for TLS."""

from assetctl.errors import Refusal


def vet(unit: bytes) -> str:
    """Raises Refusal for every unit."""
    raise Refusal(f"mysql: it only listens, these {len(unit)} bytes may not leave")
