"""May this message to a tank gauge leave? Only the question for the revision report. Written without the codec."""

from assetctl.errors import Refusal

_REVISION = b"\x01i90200"


def vet(unit: bytes) -> str:
    """Name of the request that a message is; raises Refusal for any other."""
    if unit != _REVISION:
        raise Refusal(f"veeder_root: {unit[:8].hex()} is not on the list")
    return "revision-report"
