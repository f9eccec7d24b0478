"""May this Crimson message leave? Only the reads of two registers may. Written without the codec, on purpose."""

from assetctl.errors import Refusal

_LIST = {b"\x00\x04\x01\x2b\x1b\x00": "read-manufacturer", b"\x00\x04\x01\x2a\x1a\x00": "read-model"}


def vet(unit: bytes) -> str:
    """Name of the request that a message is; raises Refusal for any other."""
    if unit not in _LIST:
        raise Refusal(f"crimson: {unit[:8].hex()} is not on the list")
    return _LIST[unit]
