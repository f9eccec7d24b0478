"""May this SQL Server unit leave? Only one PRELOGIN may, byte for byte: no login, no batch, no handshake of TLS.

Written without the codec, on purpose.
"""

from assetctl.errors import Refusal

_PRELOGIN = (
    "1201002f00000100"  # PRELOGIN, end of message, 47 bytes, packet 1
    "00001a0006" + "0100200001" + "0200210001" + "0300220004" + "0400260001" + "ff"  # five options and where they stand
    "000000000000" + "00" + "00" + "00000000" + "00"  # version 0, encryption off, no instance, no thread, no MARS
)


def vet(unit: bytes) -> str:
    """Name of the request that a unit is; raises Refusal for any other unit."""
    if unit.hex() != _PRELOGIN:
        raise Refusal(f"mssql: only one PRELOGIN is on the list, not these {len(unit)} bytes")
    return "prelogin"
