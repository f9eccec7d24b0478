"""May this PostgreSQL unit leave? Only SSLRequest may: no startup message, so no user, no database, no cancel request.

Written without the codec, on purpose.
"""

from assetctl.errors import Refusal


def vet(unit: bytes) -> str:
    """Name of the request that a unit is; raises Refusal for any other unit."""
    if unit.hex() != "0000000804d2162f":
        raise Refusal(f"postgres: only SSLRequest is on the list, not these {len(unit)} bytes")
    return "ssl-request"
