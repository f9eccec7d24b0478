"""May this ProConOS message leave? Only the question for the information. Written without the codec, on purpose."""

from assetctl.errors import Refusal

_INFORMATION = b"\xcc\x01\x00\x0b\x40\x02\x00\x00\x47\xee"


def vet(unit: bytes) -> str:
    """Name of the request that a message is; raises Refusal for any other."""
    if unit != _INFORMATION:
        raise Refusal(f"proconos: function 0x{unit[2:4].hex()} in this form is not on the list")
    return "read-information"
