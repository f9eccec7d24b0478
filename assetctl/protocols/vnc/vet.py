"""May this RFB unit leave? Only a version may: no choice of security, no answer to a challenge, no ClientInit.

Written without the codec, on purpose.
"""

from assetctl.errors import Refusal


def vet(unit: bytes) -> str:
    """Name of the request that a unit is; raises Refusal for any other unit."""
    if unit not in (b"RFB 003.003\n", b"RFB 003.007\n", b"RFB 003.008\n"):
        raise Refusal(f"vnc: only a version is on the list, not these {len(unit)} bytes")
    return "protocol-version"
