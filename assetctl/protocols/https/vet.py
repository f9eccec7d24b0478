"""May this HTTP unit leave in TLS? Only what `http` may ask in the clear; it is read before it is sealed."""

from assetctl.protocols.http import vet as http


def vet(unit: bytes) -> str:
    """Name of the request that a unit is; raises Refusal for any other unit."""
    return http.vet(unit)
