"""May this SRTP message leave? Only the begin of a connection and the question for the controller type may.

Written without the codec, on purpose.
"""

from assetctl.errors import Refusal

_TYPE = bytes.fromhex(
    "0200010000000000" + "0001000000000000" + "0001000000000000" + "00000000000001c0"
    "00000000100e0000" + "0101430000000000" + "0000000000000000"
)  # fmt: skip
_LIST = {bytes(56): "begin", _TYPE: "return-controller-type"}


def vet(unit: bytes) -> str:
    """Name of the request that a message is; raises Refusal for any other."""
    if unit not in _LIST:
        raise Refusal(f"srtp: service 0x{unit[42:43].hex()} in this form is not on the list")
    return _LIST[unit]
