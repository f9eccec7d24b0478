"""May this PC Worx message leave? Only the two halves of opening a session and the question for the information may.

Written without the codec, on purpose.
"""

from assetctl.errors import Refusal

# name of the message by its bytes; the one that holds the session number stands as 0 here
_LIST = {
    b"\x01\x01\x00\x1a\x00\x00\x00\x00\x78\x80\x00\x03\x00\x0cIBETH01N0_M\x00": "open-session",
    b"\x01\x05\x00\x16\x00\x01\x00\x00\x78\x80\x00\x00\x00\x00\x00\x06\x00\x04\x02\x95\x00\x00": "begin-session",
    b"\x01\x06\x00\x0e\x00\x02\x00\x00\x00\x00\x00\x00\x04\x00": "read-information",
}


def vet(unit: bytes) -> str:
    """Name of the request that a message is; raises Refusal for any other."""
    plain = unit[:11] + b"\x00" + unit[12:] if unit[1:2] in (b"\x05", b"\x06") and len(unit) > 12 else unit
    if plain not in _LIST:
        raise Refusal(f"pcworx: service 0x{unit[1:2].hex()} in this form is not on the list")
    return _LIST[plain]
