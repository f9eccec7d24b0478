"""May this ISO-on-TCP unit leave? A connection request by name, one question for a session, and that session's end.

Written without the codec, on purpose. The end of a session is let go only where the object that goes is the session
in whose name it is asked, so that nothing else of a CPU can be deleted.
"""

from assetctl.errors import Refusal

_CONNECT = bytes.fromhex("030000241fe00000000100c0010ac1020600c21053494d415449432d524f4f542d484d49")
_CREATE_HEAD = bytes.fromhex("030000b702f080720100a831000004ca0000")
_CREATE_REST = bytes.fromhex(
    "00000120360000011d00040000000000a1000000d3821f0000a38169001508617373657463746ca38221001511313a3a3a362e303a3a61"
    "7373657463746ca38228001508617373657463746ca38229001500a3822a001508617373657463746ca3822b000401a3822c001280c3c9"
    "01a3822d001500a1000000d3817f0000a38169001515537562736372697074696f6e436f6e7461696e6572a2a20000000072010000"
)
_DELETE_HEAD = bytes.fromhex("0300003d02f0807201002e31000004d40000")
_DELETE_REST = bytes.fromhex("00000004e88969001200000000896a001300896b000400000000000072010000")
_CONTAINER, _NO_SESSION = 285, 288


def vet(unit: bytes) -> str:
    """Name of the request that a unit is; raises Refusal for any other unit."""
    if unit == _CONNECT:
        return "cotp-connect"
    head, rest = unit[:18], unit[20:]  # between them: the sequence number
    if (head, rest) == (_CREATE_HEAD, _CREATE_REST):
        return "create-session"
    if head == _DELETE_HEAD and rest[9:] == _DELETE_REST and rest[4:5] == b"\x34" and rest[:4] == rest[5:9]:
        if int.from_bytes(rest[:4]) in (0, _CONTAINER, _NO_SESSION):
            raise Refusal("s7plus: only a session of our own is deleted")
        return "delete-session"
    raise Refusal(f"s7plus: {unit[7:18].hex()} is not on the list")
