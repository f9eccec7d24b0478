"""May this CODESYS V2 message leave? Only the question with which a talk begins. Written without the codec."""

from assetctl.errors import Refusal

_BEGIN = b"\xbb\xbb\x01\x00\x00\x00\x01"


def vet(unit: bytes) -> str:
    """Name of the request that a message is; raises Refusal for any other."""
    if unit != _BEGIN:
        raise Refusal(f"codesys_v2: {unit[:8].hex()} is not on the list")
    return "begin"
