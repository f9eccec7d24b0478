"""May this MQTT unit leave? Only a CONNECT without user, password and will, under a client id of ours, and DISCONNECT.

No PUBLISH, no SUBSCRIBE. Written without the codec, on purpose.
"""

import re

from assetctl.errors import Refusal

_CONNECT = re.compile(
    rb"\x10(?:\x18\x00\x04MQTT\x04\x02\x00\x0a|\x19\x00\x04MQTT\x05\x02\x00\x0a\x00)"  # clean session, 10 s
    rb"\x00\x0cassetctl[0-9a-f]{4}"
)


def vet(unit: bytes) -> str:
    """Name of the request that a unit is; raises Refusal for any other unit."""
    if unit == b"\xe0\x00":
        return "disconnect"
    if not _CONNECT.fullmatch(unit):
        raise Refusal(f"mqtt: these {len(unit)} bytes are neither our CONNECT nor DISCONNECT")
    return "client-connect"
